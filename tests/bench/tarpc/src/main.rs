//! tarpc over TCP with bincode. It has no streams.

use std::net::SocketAddr;

use futures::StreamExt;
use harness::Result;
use tarpc::server::{BaseChannel, Channel};
use tarpc::tokio_serde::formats::Bincode;
use tarpc::tokio_util::codec::{Framed, LengthDelimitedCodec};
use tarpc::{client, context, serde_transport};
use tokio::net::TcpStream;

#[tarpc::service]
trait Bench {
    /// The same text.
    async fn say(text: String) -> String;
}

#[derive(Clone)]
struct Handler;

impl Bench for Handler {
    async fn say(self, _: context::Context, text: String) -> String {
        text
    }
}

#[derive(Clone)]
struct Client(BenchClient);

impl harness::Client for Client {
    async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        // `serde_transport::tcp` leaves Nagle's algorithm on, which would wait for acknowledgements now and then.
        stream.set_nodelay(true)?;
        let transport = serde_transport::new(Framed::new(stream, LengthDelimitedCodec::new()), Bincode::default());
        Ok(Client(BenchClient::new(client::Config::default(), transport).spawn()))
    }

    async fn say(&mut self, text: String) -> Result<String> {
        Ok(self.0.say(context::current(), text).await?)
    }
}

async fn serve() -> Result<()> {
    let listener = harness::listen().await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let transport = serde_transport::new(Framed::new(stream, LengthDelimitedCodec::new()), Bincode::default());
        let calls = BaseChannel::with_defaults(transport).execute(Handler.serve());
        tokio::spawn(calls.for_each(async |call| {
            tokio::spawn(call);
        }));
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    if harness::serves() {
        return serve().await;
    }
    harness::call::<Client>().await;
    Ok(())
}
