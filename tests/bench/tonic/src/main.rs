//! tonic as its users have it: generated code over its `Channel` and its `Server`.

mod generated;

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::pin::Pin;

use generated::bench_client::BenchClient;
use generated::bench_server::{Bench, BenchServer};
use generated::{Many, Number, Text};
use harness::{Pace, Result};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};

#[cfg(feature = "count")]
#[global_allocator]
static ALLOCATOR: harness::Counting = harness::Counting;

struct Handler;

type Answer<T> = std::result::Result<Response<T>, Status>;
type Items<T> = Pin<Box<dyn Stream<Item = std::result::Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl Bench for Handler {
    async fn say(&self, request: Request<Text>) -> Answer<Text> {
        Ok(Response::new(request.into_inner()))
    }

    type CountStream = Items<Number>;

    async fn count(&self, request: Request<Many>) -> Answer<Self::CountStream> {
        let many = request.into_inner();
        let numbers = tokio_stream::iter((0..many.items).map(|value| Ok(Number { value })));
        if !many.yielding {
            return Ok(Response::new(Box::pin(numbers)));
        }
        Ok(Response::new(Box::pin(numbers.then(async |number| {
            tokio::task::yield_now().await;
            number
        }))))
    }

    type EchoStream = Streaming<Text>;

    async fn echo(&self, request: Request<Streaming<Text>>) -> Answer<Self::EchoStream> {
        Ok(Response::new(request.into_inner()))
    }
}

#[derive(Clone)]
struct Client(BenchClient);

impl harness::Client for Client {
    async fn connect(address: SocketAddr) -> Result<Self> {
        let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
        Ok(Client(BenchClient::new(channel)))
    }

    async fn say(&mut self, text: String) -> Result<String> {
        Ok(self.0.say(Text { text }).await?.into_inner().text)
    }

    async fn count(
        &mut self,
        items: u64,
        pace: Pace,
        mut each: impl FnMut(u64) -> ControlFlow<()> + Send,
    ) -> Result<()> {
        let mut numbers = self.0.count(Many { items, yielding: pace == Pace::Yielding }).await?.into_inner();
        while let Some(number) = numbers.message().await? {
            if each(number.value).is_break() {
                break;
            }
        }
        Ok(())
    }

    async fn echo(&mut self, mut next: impl FnMut() -> Option<String> + Send) -> Result<()> {
        let (sender, texts) = mpsc::channel(1);
        let mut replies = self.0.echo(ReceiverStream::new(texts)).await?.into_inner();
        while let Some(text) = next() {
            sender.send(Text { text }).await?;
            replies.message().await?.ok_or("the stream ended")?;
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    if !harness::serves() {
        harness::call::<Client>().await;
        return Ok(());
    }
    let incoming = TcpIncoming::from(harness::listen().await?).with_nodelay(Some(true));
    Ok(Server::builder().add_service(BenchServer::new(Handler)).serve_with_incoming(incoming).await?)
}
