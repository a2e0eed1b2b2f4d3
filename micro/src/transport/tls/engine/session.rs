//! The two halves of a socket with TLS in it, for tasks that write as soon as the socket accepts bytes instead of waiting.

use std::io::{self, BufRead, IoSlice, Read, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio_rustls::rustls::Connection;

use crate::util::net::{OwnedReadHalf, OwnedWriteHalf, TcpStream};

/// State of a TLS session, and its encrypted bytes on their way.
#[derive(Debug)]
pub(crate) struct TlsSession(Connection);

impl TlsSession {
    pub(super) fn new(connection: Connection) -> Self {
        TlsSession(connection)
    }
}

#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<Connection>>);

/// The half of the one task that drives the connection: it reads, and it writes too.
#[derive(Debug)]
pub(in crate::transport) struct Reading {
    tcp: OwnedReadHalf,
    session: Shared,
    ended: bool,
}

/// The half of those who write beside it. Dropping it says that nothing more comes.
#[derive(Debug)]
pub(in crate::transport) struct Writing {
    tcp: OwnedWriteHalf,
    session: Shared,
}

/// The halves of a socket on which hands were shaken.
pub(in crate::transport) fn halves(stream: TcpStream, session: TlsSession) -> (Reading, Writing) {
    let (reading, writing) = stream.into_split();
    let session = Shared(Arc::new(Mutex::new(session.0)));
    (Reading { tcp: reading, session: session.clone(), ended: false }, Writing { tcp: writing, session })
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Encrypts what fits, and writes of it what the socket takes. What it does not take yet is written before anything else.
    fn try_write(&self, tcp: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
        let mut session = self.lock();
        flush(&mut session, tcp)?;
        let count = session.writer().write(bytes)?;
        match flush(&mut session, tcp) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(count),
        }
    }
}

/// Writes what is encrypted.
fn flush(session: &mut Connection, tcp: &TcpStream) -> io::Result<()> {
    while session.wants_write() {
        session.write_tls(&mut RawSession(tcp))?;
    }
    Ok(())
}

impl Reading {
    /// Waits until there is something to read: bytes, the end, or why there is none of either.
    pub(in crate::transport) fn poll_ready(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut session = self.session.lock();
            let tcp: &TcpStream = self.tcp.as_ref();
            let state = session.process_new_packets().map_err(|error| {
                // The peer is told why, if it can be.
                let _ = flush(&mut session, tcp);
                io::Error::new(io::ErrorKind::InvalidData, error)
            })?;
            if self.ended || state.plaintext_bytes_to_read() > 0 || state.peer_has_closed() {
                return Poll::Ready(Ok(()));
            }
            match session.read_tls(&mut RawSession(tcp)) {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    drop(session);
                    ready!(tcp.poll_read_ready(cx))?;
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    pub(in crate::transport) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.session.try_write(self.tcp.as_ref(), bytes)
    }

    pub(in crate::transport) fn poll_write_ready(&self, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        AsRef::<TcpStream>::as_ref(&self.tcp).poll_write_ready(cx)
    }

    /// Waits until the socket has taken everything that is encrypted.
    pub(in crate::transport) fn poll_flush(&self, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        loop {
            match flush(&mut self.session.lock(), self.tcp.as_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
            ready!(self.poll_write_ready(cx))?;
        }
    }

    /// The socket, on which nothing is read any more but its end.
    pub(in crate::transport) fn into_tcp(self) -> OwnedReadHalf {
        self.tcp
    }
}

impl AsyncRead for Reading {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Cx<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_ready(cx))?;
        let mut session = self.session.lock();
        let mut reader = session.reader();
        let before = buf.filled().len();
        while buf.remaining() > 0 {
            let chunk = match reader.fill_buf() {
                Ok([]) => break,
                Ok(chunk) => chunk,
                // What was there has been read; whatever else happened shows itself the next time.
                Err(_) if buf.filled().len() > before => break,
                Err(error) => return Poll::Ready(Err(error)),
            };
            let count = chunk.len().min(buf.remaining());
            buf.put_slice(&chunk[..count]);
            reader.consume(count);
        }
        Poll::Ready(Ok(()))
    }
}

impl Writing {
    pub(in crate::transport) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.session.try_write(self.tcp.as_ref(), bytes)
    }

    /// Returns `true` if encrypted bytes have not been accepted by the socket yet.
    pub(in crate::transport) fn wants_flush(&self) -> bool {
        self.session.lock().wants_write()
    }
}

impl Drop for Writing {
    // Before the socket's own end, which comes with the field: a peer that has heard it knows that nothing was cut off.
    fn drop(&mut self) {
        let mut session = self.session.lock();
        session.send_close_notify();
        let _ = flush(&mut session, self.tcp.as_ref());
    }
}

/// A socket that is read and written as far as it goes.
struct RawSession<'a>(&'a TcpStream);

impl Read for RawSession<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(bytes)
    }
}

impl Write for RawSession<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, bytes: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
