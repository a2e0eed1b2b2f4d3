//! One port: who comes in, and what they speak.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use super::drain::{Drained, lingering};
use super::encrypted::{self, Encryption, Plaintext};
use crate::errors::{Code, Error, Result};
use crate::transport::http::HttpServer;
use crate::transport::native::NativeServer;
use crate::transport::tls::ServerTls;
use crate::util::clock;
use crate::util::lifecycle::{Lifecycle, State};
use crate::util::net::{self, TcpListener, TcpStream};
use crate::util::spawn::{self, Task};

/// The first byte of a TLS handshake.
const TLS: u8 = 0x16;
/// The first byte of `micro/1`.
const NATIVE: u8 = 0x00;
/// How long accepting rests after it has failed; out of file descriptors, it fails again at once.
const REST: Duration = Duration::from_millis(20);
/// How long a connection that has said nothing yet is kept once the server drains.
const LAST_CALL: Duration = Duration::from_millis(500);

/// A port that is bound and not served yet: what connects meanwhile waits.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    options: ListenOptions,
    native: Option<NativeServer>,
    encryption: Option<Encryption>,
}

/// How a [`Listener`] treats connections.
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// How many connections are served at a time; more wait to be accepted: 10,000.
    pub connections: usize,
    /// Within what time the first byte must come: 5 s.
    pub first_byte: Duration,
    /// Within what time hands must be shaken, where TLS is spoken: 5 s.
    pub handshake: Duration,
    /// How long calls in flight may take to finish once the server drains: 25 s.
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
    /// [`Code::InvalidArgument`] when the address is none, [`Code::AlreadyExists`] when somebody listens there,
    /// [`Code::PermissionDenied`] or [`Code::Unavailable`] as the operating system says.
    pub async fn bind(address: &str, options: ListenOptions) -> Result<Self> {
        let socket = net::listen(address).await.map_err(|error| unbound(address, error))?;
        let address = socket.local_addr()?;
        Ok(Listener { socket, address, options, native: None, encryption: None })
    }

    /// The same, which also speaks `micro/1`.
    #[must_use]
    pub fn with_native(mut self, native: NativeServer) -> Self {
        self.native = Some(native);
        self
    }

    /// The same, which speaks all of that inside TLS.
    #[must_use]
    pub fn with_tls(mut self, tls: ServerTls, plaintext: Plaintext) -> Self {
        self.encryption = Some(Encryption { tls, plaintext });
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
        let Listener { socket, options, native, encryption, .. } = self;
        let (most, drain) = (options.connections, options.drain);
        let spoken = Spoken { http, native, encryption };
        let mut open = Connections { spoken, lifecycle, options, tasks: FuturesUnordered::new() };
        open.accept(&socket, most).await;
        // What waits in the queue has connected, and may have sent a call: closing the port would reset it.
        while let Some(Ok((stream, peer))) = socket.accept().now_or_never() {
            open.add(stream, peer);
        }
        drop(socket);
        open.finish(drain).await
    }
}

/// Why an address could not be bound, and what to do about it.
fn unbound(address: &str, error: io::Error) -> Error {
    let (code, hint) = match error.kind() {
        io::ErrorKind::AddrInUse => (Code::AlreadyExists, ": another program listens there"),
        io::ErrorKind::AddrNotAvailable => (Code::InvalidArgument, ": no interface of this machine has that address"),
        io::ErrorKind::PermissionDenied => (Code::PermissionDenied, ": ports below 1024 need privileges"),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => (Code::InvalidArgument, ": expected `host:port`"),
        _ => (Code::Unavailable, ""),
    };
    Error::new(code, format!("cannot listen at `{address}`{hint}")).from_source(error)
}

/// What is spoken on a port.
#[derive(Clone)]
struct Spoken {
    http: HttpServer,
    native: Option<NativeServer>,
    encryption: Option<Encryption>,
}

/// The connections of a port. Each is a task that ends when this is dropped.
struct Connections {
    spoken: Spoken,
    lifecycle: Lifecycle,
    options: ListenOptions,
    tasks: FuturesUnordered<Task<()>>,
}

impl Connections {
    async fn accept(&mut self, socket: &TcpListener, most: usize) {
        let lifecycle = self.lifecycle.clone();
        let mut draining = pin!(lifecycle.wait_for(State::Draining));
        let mut leaving = pin!(lifecycle.wait_for(State::LameDuck));
        let mut left = false;
        loop {
            tokio::select! {
                biased;
                () = draining.as_mut() => return self.spoken.http.leave(),
                () = leaving.as_mut(), if !left => {
                    left = true;
                    self.spoken.http.leave();
                }
                Some(_) = self.tasks.next() => {}
                accepted = socket.accept(), if self.tasks.len() < most => match accepted {
                    Ok((stream, peer)) => self.add(stream, peer),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        clock::sleep(REST).await;
                    }
                },
            }
        }
    }

    fn add(&self, stream: TcpStream, peer: SocketAddr) {
        let connection = connection(stream, peer, self.spoken.clone(), self.lifecycle.clone(), self.options.clone());
        self.tasks.push(spawn::spawn(connection));
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

async fn connection(stream: TcpStream, peer: SocketAddr, spoken: Spoken, lifecycle: Lifecycle, options: ListenOptions) {
    if let Err(error) = stream.set_nodelay(true) {
        return tracing::debug!(%peer, %error, "connection lost");
    }
    // One that has said nothing when the server drains has little time to do so.
    let draining = async {
        lifecycle.wait_for(State::Draining).await;
        clock::sleep(LAST_CALL).await;
    };
    let first = tokio::select! {
        first = clock::timeout(options.first_byte, peek(&stream)) => first,
        () = draining => Ok(None),
    };
    let first = match first {
        Ok(Some(first)) => first,
        Ok(None) => return tracing::debug!(%peer, "connection closed before it said anything"),
        Err(_) => return tracing::debug!(%peer, "connection closed: nothing came within the time"),
    };
    match (first, spoken.encryption.clone()) {
        (TLS, None) => tracing::debug!(%peer, "connection closed: TLS is not configured"),
        (TLS, Some(encryption)) => {
            Box::pin(shake(stream, peer, spoken, encryption.tls, lifecycle, options.handshake)).await;
        }
        (_, Some(Encryption { plaintext: Plaintext::Refuse, .. })) => {
            Box::pin(encrypted::refuse(stream, peer, first)).await;
        }
        (NATIVE, _) => match spoken.native {
            // Boxed, so that a connection takes the room of what is spoken on it and not of the other.
            Some(native) => {
                let serving = native.serve_connection(stream, peer, lifecycle.wait_for(State::Draining));
                Box::pin(serving).await;
            }
            None => tracing::debug!(%peer, "connection closed: `micro/1` is not spoken here"),
        },
        _ => {
            let (io, left) = lingering(stream);
            Box::pin(spoken.http.serve_connection(io, peer, lifecycle.wait_for(State::Draining))).await;
            left.close().await;
        }
    }
}

/// Serves what is spoken inside TLS, once hands are shaken.
async fn shake(
    stream: TcpStream,
    peer: SocketAddr,
    spoken: Spoken,
    tls: ServerTls,
    lifecycle: Lifecycle,
    limit: Duration,
) {
    let draining = async {
        lifecycle.wait_for(State::Draining).await;
        clock::sleep(LAST_CALL).await;
    };
    let (io, left) = lingering(stream);
    let shaken = tokio::select! {
        shaken = clock::timeout(limit, tls.accept(io, spoken.native.is_some())) => shaken,
        () = draining => return tracing::debug!(%peer, "connection closed in the handshake of TLS"),
    };
    match (shaken, spoken.native) {
        (Ok(Ok(io)), Some(native)) if io.is_native() => {
            let (io, session) = io.into_parts();
            let serving = native.serve_encrypted(io.release(), session, peer, lifecycle.wait_for(State::Draining));
            Box::pin(serving).await;
        }
        (Ok(Ok(io)), _) => {
            Box::pin(spoken.http.serve_connection(io, peer, lifecycle.wait_for(State::Draining))).await;
            left.close().await;
        }
        (Ok(Err(error)), _) => {
            tracing::debug!(%peer, %error, "connection closed: no TLS");
            // So that the peer gets to read why.
            left.close().await;
        }
        (Err(_), _) => tracing::debug!(%peer, "connection closed: no handshake of TLS within the time"),
    }
}

/// The first byte, which stays unread. `None` when the connection ended without one.
async fn peek(stream: &TcpStream) -> Option<u8> {
    let mut byte = [0];
    match stream.peek(&mut byte).await {
        Ok(1) => Some(byte[0]),
        _ => None,
    }
}
