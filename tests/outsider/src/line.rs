use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use micro::codec::Codec;
use micro::context::Peer;
use micro::errors::Execution;
use micro::prelude::*;
use micro::rpc::{BoxFuture, Call, EncodedExchange, Payload};
use micro::transport::tls::{Alpn, ClientTls, TlsMode};
use micro::transport::{
    Accepted, CallHead, ConnectError, Connection, ConnectionStats, Connector, Destination, Dialer, Inbound, Io, Permit,
    PoolLimits, Protocol, Reach, Request,
};
use micro::util::lifecycle::State;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::sync::Mutex;

/// Name of the protocol in the metadata of nodes.
pub const LINE: &str = "line/1";

/// Maximum size of a message, in bytes.
const MAX_MESSAGE: usize = 1024 * 1024;
/// Maximum length of a line, in bytes.
const MAX_LINE: u64 = 1024;

/// The server side of a line protocol. A request is `LINE <path> <codec> <length>` and a message; the response is
/// `OK <length>` and a message, or `ERR <code> <length>` and a text. One call at a time, and no streams.
#[derive(Clone)]
pub struct LineProtocol(Arc<dyn Inbound>);

impl LineProtocol {
    /// Creates a protocol that dispatches calls to `inbound`.
    pub fn new(inbound: Arc<dyn Inbound>) -> Self {
        LineProtocol(inbound)
    }

    async fn answer(&self, path: &str, codec: &str, message: Bytes, context: Context) -> Result<Bytes> {
        let codec = Codec::named(codec).ok_or_else(|| Error::invalid_argument("no such codec"))?;
        let route = self.0.route(&CallHead { path, service: None, node: None })?;
        let mut exchange = EncodedExchange::new(Payload::One(message), codec);
        let mut call = Call::new(route.name(), route.method(), context, &mut exchange);
        self.0.call(&route, &mut call).await?;
        match exchange.into_reply()? {
            Payload::One(reply) => Ok(reply),
            Payload::Many(_) => Err(Error::unimplemented("`line/1` has no streams")),
        }
    }

    async fn serve_line(&self, line: &str, peer: &Peer, io: &mut BufStream<Io>) -> io::Result<()> {
        let [_, path, codec, length] = words(line)?;
        let message = read_message(io, length).await?;
        match self.answer(path, codec, message, Context::new().with_peer(peer.clone()).with_wire(LINE)).await {
            Ok(reply) => write(io, &format!("OK {}\n", reply.len()), &reply).await,
            Err(error) => {
                let (code, words) = (error.code().number(), error.message());
                write(io, &format!("ERR {code} {}\n", words.len()), words.as_bytes()).await
            }
        }
    }
}

impl Protocol for LineProtocol {
    fn name(&self) -> &'static str {
        LINE
    }

    fn prefixes(&self) -> &'static [&'static [u8]] {
        &[b"LINE "]
    }

    fn alpn(&self) -> &'static [&'static [u8]] {
        &[b"line/1"]
    }

    fn serve(&self, connection: Accepted) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let peer = Peer::Remote(connection.peer().to_string().into());
            let (io, lifecycle) = connection.into_parts();
            let mut io = BufStream::new(io);
            loop {
                let line = tokio::select! {
                    line = read_line(&mut io) => line,
                    () = lifecycle.wait_for(State::Draining) => return,
                };
                let Ok(line) = line else { return };
                if self.serve_line(&line, &peer, &mut io).await.is_err() {
                    return;
                }
            }
        })
    }
}

impl fmt::Debug for LineProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LineProtocol")
    }
}

/// The client side of the line protocol, for nodes that list the wire `line/1`.
#[derive(Clone, Debug)]
pub struct LineConnector {
    dialer: Dialer,
    limits: PoolLimits,
}

impl LineConnector {
    /// Creates a connector that trusts the servers that `tls` trusts.
    pub fn new(tls: ClientTls, limits: PoolLimits) -> Self {
        LineConnector { dialer: Dialer::new(tls, Alpn::Required(b"line/1"), Duration::from_secs(5)), limits }
    }
}

impl Connector for LineConnector {
    fn name(&self) -> &'static str {
        LINE
    }

    fn reach(&self, to: &Destination<'_>) -> Reach {
        if to.lists_wire(LINE) { Reach::Listed } else { Reach::Unsupported }
    }

    fn limits(&self) -> PoolLimits {
        self.limits
    }

    fn connect<'a>(
        &'a self,
        address: &'a str,
        security: TlsMode,
    ) -> BoxFuture<'a, Result<Arc<dyn Connection>, ConnectError>> {
        Box::pin(async move {
            let io = Mutex::new(BufStream::new(self.dialer.dial(address, security).await?));
            Ok(Arc::new(LineConnection { io, stats: Arc::new(ConnectionStats::limited(1, 1)) }) as Arc<dyn Connection>)
        })
    }
}

/// A connection with one call at a time.
#[derive(Debug)]
struct LineConnection {
    io: Mutex<BufStream<Io>>,
    stats: Arc<ConnectionStats>,
}

impl LineConnection {
    async fn exchange(&self, path: &str, codec: Codec, message: &[u8]) -> io::Result<Result<Payload>> {
        let mut io = self.io.lock().await;
        write(&mut io, &format!("LINE {path} {} {}\n", codec.name(), message.len()), message).await?;
        let line = read_line(&mut io).await?;
        if line.starts_with("OK ") {
            let [_, length] = words(&line)?;
            return Ok(Ok(Payload::One(read_message(&mut io, length).await?)));
        }
        let [_, code, length] = words(&line)?;
        let words = read_message(&mut io, length).await?;
        let code = code.parse().ok().and_then(Code::from_number).unwrap_or(Code::Unknown);
        Ok(Err(Error::new(code, String::from_utf8_lossy(&words).into_owned())))
    }
}

impl Connection for LineConnection {
    fn stats(&self) -> &Arc<ConnectionStats> {
        &self.stats
    }

    fn call<'a>(self: Arc<Self>, request: Request<'a>, permit: Permit) -> BoxFuture<'a, Result<Payload>> {
        Box::pin(async move {
            let Payload::One(message) = request.payload else {
                return Err(Error::unimplemented("`line/1` has no streams").with_execution(Execution::NotStarted));
            };
            // A call dropped halfway leaves the connection unusable.
            let unfinished = CloseOnDrop(Some(self.stats.clone()));
            let exchange = self.exchange(request.method.path, request.codec, &message);
            let outcome = match request.context.remaining() {
                Some(left) => {
                    let late = |_| Error::new(Code::DeadlineExceeded, "no answer in time");
                    tokio::time::timeout(left, exchange).await.map_err(late)?
                }
                None => exchange.await,
            };
            let answer = outcome.map_err(|error| Error::unavailable("the connection was lost").with_source(error))?;
            unfinished.defuse();
            drop(permit);
            answer
        })
    }
}

struct CloseOnDrop(Option<Arc<ConnectionStats>>);

impl CloseOnDrop {
    fn defuse(mut self) {
        self.0 = None;
    }
}

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        if let Some(stats) = &self.0 {
            stats.close();
        }
    }
}

fn wrong() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn words<const N: usize>(line: &str) -> io::Result<[&str; N]> {
    let words: Vec<_> = line.split(' ').collect();
    words.try_into().map_err(|_| wrong())
}

async fn read_line(io: &mut BufStream<Io>) -> io::Result<String> {
    let mut line = String::new();
    io.take(MAX_LINE).read_line(&mut line).await?;
    line.strip_suffix('\n').map(str::to_owned).ok_or_else(wrong)
}

async fn read_message(io: &mut BufStream<Io>, length: &str) -> io::Result<Bytes> {
    let length = length.parse().ok().filter(|length| *length <= MAX_MESSAGE).ok_or_else(wrong)?;
    let mut message = vec![0; length];
    io.read_exact(&mut message).await?;
    Ok(message.into())
}

async fn write(io: &mut BufStream<Io>, line: &str, message: &[u8]) -> io::Result<()> {
    io.write_all(line.as_bytes()).await?;
    io.write_all(message).await?;
    io.flush().await
}
