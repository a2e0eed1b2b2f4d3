//! Sockets, through one door.

use std::net::SocketAddr;

pub use tokio::net::{TcpListener, TcpStream};

use crate::errors::{Code, Error, Result};

/// Listens at `address`: `127.0.0.1:0` picks a free port.
///
/// # Errors
///
/// [`Code::InvalidArgument`] when the address is none, [`Code::AlreadyExists`] when somebody listens there,
/// [`Code::PermissionDenied`] or [`Code::Unavailable`] as the operating system says.
pub async fn listen(address: &str) -> Result<TcpListener> {
    let failed = |error: std::io::Error| {
        let (code, hint) = match error.kind() {
            std::io::ErrorKind::AddrInUse => (Code::AlreadyExists, ": another program listens there"),
            std::io::ErrorKind::PermissionDenied => (Code::PermissionDenied, ": ports below 1024 need privileges"),
            std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => {
                (Code::InvalidArgument, ": expected `host:port`")
            }
            _ => (Code::Unavailable, ""),
        };
        Error::new(code, format!("cannot listen at `{address}`{hint}")).from_source(error)
    };
    TcpListener::bind(address).await.map_err(failed)
}

/// Connects to `address`, `host:port`; names are resolved. Small writes leave at once.
///
/// # Errors
///
/// Whatever the operating system says.
pub async fn connect(address: &str) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Whether an address can be reached from this machine only.
pub fn is_loopback(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}
