//! A port: accepts connections, and hands each to the protocol that owns it.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use super::drain::Drained;
use super::plaintext::{self, Plaintext, PortTls};
use super::protocols::{MAX_PREFIX, Owner, Protocols};
use crate::errors::{Code, Error, Result};
use crate::transport::http::HttpServer;
use crate::transport::linger::lingering;
use crate::transport::tls::ServerTls;
use crate::transport::{Accepted, Io, Protocol};
use crate::util::backoff::Backoff;
use crate::util::clock;
use crate::util::lifecycle::{Lifecycle, State};
use crate::util::net::{self, TcpListener, TcpStream};
use crate::util::spawn::{self, Task};

/// Delay before accepting again after it failed; without it a process out of file descriptors would fail in a loop.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(20);
/// Delay between two looks at a connection whose first bytes fit several protocols.
const MIN_SNIFF_DELAY: Duration = Duration::from_millis(1);
const MAX_SNIFF_DELAY: Duration = Duration::from_millis(50);
/// Time a connection that has not sent anything is kept once the server drains.
const LAST_CALL: Duration = Duration::from_millis(500);

/// A port that is bound and not served yet: what connects meanwhile waits.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    options: ListenOptions,
    protocols: Protocols,
    encryption: Option<PortTls>,
}

/// Options of a [`Listener`].
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// Maximum number of connections served at a time; more wait to be accepted. Default: 10,000.
    pub connections: usize,
    /// Within what time the first byte must come, and as many as tell what is spoken: 5 s.
    pub first_byte: Duration,
    /// Within what time hands must be shaken, where TLS is spoken: 5 s.
    pub handshake: Duration,
    /// Time calls in flight may take to finish once the server drains. Default: 25 s.
    pub drain: Duration,
}

impl Default for ListenOptions {
    fn default() -> Self {
        let patience = Duration::from_secs(5);
        ListenOptions { connections: 10_000, first_byte: patience, handshake: patience, drain: Duration::from_secs(25) }
    }
}

impl Listener {
    /// Binds `address`: `127.0.0.1:0` picks a free port.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`] when the address is not valid, [`Code::AlreadyExists`] when it is in use,
    /// [`Code::PermissionDenied`] or [`Code::Unavailable`] as the operating system says.
    pub async fn bind(address: &str, options: ListenOptions) -> Result<Self> {
        let socket = net::listen(address).await.map_err(|error| unbound(address, error))?;
        let address = socket.local_addr()?;
        Ok(Listener { socket, address, options, protocols: Protocols::default(), encryption: None })
    }

    /// Speaks a protocol beside HTTP: `micro/1`, or one of another crate.
    ///
    /// # Errors
    ///
    /// [`Code::AlreadyExists`] when it claims the first bytes or the id in TLS that another protocol claims,
    /// [`Code::InvalidArgument`] when it claims nothing, or first bytes that are not 1 to 32.
    pub fn with_protocol(mut self, protocol: Arc<dyn Protocol>) -> Result<Self> {
        self.protocols.add(protocol)?;
        Ok(self)
    }

    /// Speaks everything inside TLS.
    #[must_use]
    pub fn with_tls(mut self, tls: ServerTls, plaintext: Plaintext) -> Self {
        self.encryption = Some(PortTls { tls, plaintext });
        self
    }

    /// The address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `lifecycle` says [`State::Draining`], and then until every connection has ended, or the time is up, or the
    /// lifecycle says [`State::Stopped`].
    ///
    /// Dropping the future drops the port and every connection at once.
    pub async fn serve(self, http: HttpServer, lifecycle: Lifecycle) -> Drained {
        let Listener { socket, options, protocols, encryption, .. } = self;
        let (most, drain) = (options.connections, options.drain);
        let port = Arc::new(Port { alpn: protocols.alpn(), protocols, http: Arc::new(http), encryption, options });
        let mut open = Connections { port, lifecycle, tasks: FuturesUnordered::new() };
        open.accept(&socket, most).await;
        // What waits in the queue has connected, and may have sent a call: closing the port would reset it.
        while let Some(Ok((stream, peer))) = socket.accept().now_or_never() {
            open.add(stream, peer);
        }
        drop(socket);
        open.finish(drain).await
    }
}

/// Explains why an address could not be bound, and what to do about it.
fn unbound(address: &str, error: io::Error) -> Error {
    let (code, hint) = match error.kind() {
        io::ErrorKind::AddrInUse => (Code::AlreadyExists, ": another program listens there"),
        io::ErrorKind::AddrNotAvailable => (Code::InvalidArgument, ": no interface of this machine has that address"),
        io::ErrorKind::PermissionDenied => (Code::PermissionDenied, ": ports below 1024 need privileges"),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => (Code::InvalidArgument, ": expected `host:port`"),
        _ => (Code::Unavailable, ""),
    };
    Error::new(code, format!("cannot listen at `{address}`{hint}")).with_source(error)
}

/// The connections of a port. Each is a task that ends when this is dropped.
struct Connections {
    port: Arc<Port>,
    lifecycle: Lifecycle,
    tasks: FuturesUnordered<Task<()>>,
}

impl Connections {
    async fn accept(&mut self, socket: &TcpListener, most: usize) {
        let lifecycle = self.lifecycle.clone();
        let mut draining = pin!(lifecycle.wait_for(State::Draining));
        loop {
            tokio::select! {
                biased;
                () = draining.as_mut() => return,
                Some(_) = self.tasks.next() => {}
                accepted = socket.accept(), if self.tasks.len() < most => match accepted {
                    Ok((stream, peer)) => self.add(stream, peer),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        clock::sleep(ACCEPT_RETRY_DELAY).await;
                    }
                },
            }
        }
    }

    fn add(&self, stream: TcpStream, peer: SocketAddr) {
        let (port, lifecycle) = (self.port.clone(), self.lifecycle.clone());
        self.tasks.push(spawn::spawn(async move { port.serve(stream, peer, lifecycle).await }));
    }

    async fn finish(mut self, bound: Duration) -> Drained {
        let lifecycle = self.lifecycle.clone();
        let all = async { while self.tasks.next().await.is_some() {} };
        tokio::select! {
            () = all => {}
            () = lifecycle.wait_for(State::Stopped) => {}
            () = clock::sleep(bound) => {}
        }
        lifecycle.advance(State::Stopped);
        match self.tasks.len() {
            0 => Drained::Clean,
            open => Drained::Forced(open),
        }
    }
}

/// Protocols of a port.
struct Port {
    protocols: Protocols,
    http: Arc<dyn Protocol>,
    /// ALPN identifiers offered in TLS.
    alpn: Vec<&'static [u8]>,
    encryption: Option<PortTls>,
    options: ListenOptions,
}

impl Port {
    /// Serves a connection with the protocol that owns its first bytes.
    async fn serve(&self, stream: TcpStream, peer: SocketAddr, lifecycle: Lifecycle) {
        if let Err(error) = stream.set_nodelay(true) {
            return tracing::debug!(%peer, %error, "connection lost");
        }
        let mut first = [0; MAX_PREFIX];
        let sniffed = tokio::select! {
            sniffed = clock::timeout(self.options.first_byte, self.sniff(&stream, &mut first)) => sniffed,
            () = last_call(&lifecycle) => Ok(None),
        };
        let (owner, count) = match sniffed {
            Ok(Some(sniffed)) => sniffed,
            Ok(None) => return tracing::debug!(%peer, "connection closed before it said anything"),
            Err(_) => return tracing::debug!(%peer, "connection closed: nothing came within the time"),
        };
        // Boxed, so that a connection takes the room of what is spoken on it and not of everything else.
        let protocol = match (owner, &self.encryption) {
            (Owner::Tls, None) => return tracing::debug!(%peer, "connection closed: TLS is not configured"),
            (Owner::Tls, Some(encryption)) => {
                return Box::pin(self.serve_encrypted(stream, peer, &encryption.tls, lifecycle)).await;
            }
            (_, Some(PortTls { plaintext: Plaintext::Refuse, .. })) => {
                return Box::pin(plaintext::refuse(stream, peer, &first[..count])).await;
            }
            (Owner::Protocol(protocol), _) => protocol,
            (Owner::Http | Owner::Undecided, _) => self.http.clone(),
        };
        let (stream, end) = lingering(stream);
        protocol.serve(Accepted::new(Io::plain(stream), peer, lifecycle)).await;
        end.close().await;
    }

    /// Serves a connection with the protocol that is agreed on in the handshake of TLS.
    async fn serve_encrypted(&self, stream: TcpStream, peer: SocketAddr, tls: &ServerTls, lifecycle: Lifecycle) {
        let (stream, end) = lingering(stream);
        let shaken = tokio::select! {
            shaken = clock::timeout(self.options.handshake, tls.accept(stream, &self.alpn)) => shaken,
            () = last_call(&lifecycle) => return tracing::debug!(%peer, "connection closed in the handshake of TLS"),
        };
        match shaken {
            Ok(Ok(stream)) => {
                let protocol = self.protocols.agreed(stream.alpn()).unwrap_or_else(|| self.http.clone());
                protocol.serve(Accepted::new(Io::encrypted(stream), peer, lifecycle)).await;
                end.close().await;
            }
            Ok(Err(error)) => {
                tracing::debug!(%peer, %error, "connection closed: no TLS");
                // So that the peer gets to read why.
                end.close().await;
            }
            Err(_) => tracing::debug!(%peer, "connection closed: no handshake of TLS within the time"),
        }
    }

    /// Looks at the first bytes until their owner is known. They stay unread. `None` when the connection ended without one.
    async fn sniff(&self, stream: &TcpStream, first: &mut [u8; MAX_PREFIX]) -> Option<(Owner, usize)> {
        let mut pauses = Backoff::new(MIN_SNIFF_DELAY, MAX_SNIFF_DELAY);
        let longest = self.protocols.longest();
        loop {
            let count = stream.peek(&mut first[..longest]).await.ok().filter(|count| *count > 0)?;
            match self.protocols.owner(&first[..count]) {
                // There is no waiting for more than is there without reading it.
                Owner::Undecided => clock::sleep(pauses.next_delay()).await,
                owner => return Some((owner, count)),
            }
        }
    }
}

/// Completes when a connection that has said nothing yet is not waited for any more: the server drains.
async fn last_call(lifecycle: &Lifecycle) {
    lifecycle.wait_for(State::Draining).await;
    clock::sleep(LAST_CALL).await;
}
