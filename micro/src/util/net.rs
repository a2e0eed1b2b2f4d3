//! Sockets, through one door.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
pub use tokio::net::{TcpListener, TcpStream};

/// Listens at `address`, `host:port`; port 0 picks a free one.
///
/// # Errors
///
/// Whatever the operating system says.
pub async fn listen(address: &str) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
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

/// Returns `true` if an address can be reached from this machine only.
pub fn is_loopback(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}

/// The address of this machine on its default route; loopback where it has none. Nothing is sent.
pub fn outbound_ip(v6: bool) -> IpAddr {
    let (any, far): (IpAddr, IpAddr) = if v6 {
        (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into())
    } else {
        (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into())
    };
    // Connecting a datagram socket only asks the routing table; the peers are addresses reserved for documentation.
    let chosen = std::net::UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((far, 9))?;
        socket.local_addr()
    });
    let loopback = if v6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    chosen.map_or(loopback, |address| address.ip())
}
