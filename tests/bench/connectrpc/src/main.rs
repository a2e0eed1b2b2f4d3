//! connectrpc with its generated code, speaking gRPC.

#[allow(clippy::all, dead_code, rust_2018_idioms, unused_imports)]
#[rustfmt::skip]
mod generated;

use std::net::SocketAddr;
use std::ops::ControlFlow;

use connectrpc::client::{ClientConfig, HttpClient};
use connectrpc::{
    ConnectRpcService, Encodable, InboundStream, Protocol, RequestContext, Response, Server, ServiceRequest,
    ServiceResult, ServiceStream,
};
use futures::{StreamExt, stream};
use generated::{Bench, BenchClient, BenchServer, Many, Number, Text};
use harness::{Pace, Result};

struct Handler;

impl Bench for Handler {
    async fn say<'a>(
        &'a self,
        _: RequestContext,
        request: ServiceRequest<'_, Text>,
    ) -> ServiceResult<impl Encodable<Text> + Send + use<'a>> {
        Response::ok(request.to_owned_message())
    }

    async fn count(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, Many>,
    ) -> ServiceResult<ServiceStream<impl Encodable<Number> + Send + use<>>> {
        let many = request.to_owned_message();
        let numbers = stream::iter((0..many.items).map(|value| Ok(Number { value, ..Default::default() })));
        let numbers: ServiceStream<Number> = if many.yielding {
            Box::pin(numbers.then(async |number| {
                tokio::task::yield_now().await;
                number
            }))
        } else {
            Box::pin(numbers)
        };
        Response::ok(numbers)
    }

    async fn echo(
        &self,
        _: RequestContext,
        requests: InboundStream<Text>,
    ) -> ServiceResult<ServiceStream<impl Encodable<Text> + Send + use<>>> {
        let texts: ServiceStream<Text> = Box::pin(requests.map(|text| Ok(text?.to_owned_message())));
        Response::ok(texts)
    }
}

#[derive(Clone)]
struct Client(std::sync::Arc<BenchClient<HttpClient>>);

impl harness::Client for Client {
    async fn connect(address: SocketAddr) -> Result<Self> {
        let config = ClientConfig::new(format!("http://{address}").parse()?).with_protocol(Protocol::Grpc);
        Ok(Client(BenchClient::new(HttpClient::plaintext_http2_only(), config).into()))
    }

    async fn say(&mut self, text: String) -> Result<String> {
        Ok(self.0.say(Text { text, ..Default::default() }).await?.into_owned().text)
    }

    async fn count(
        &mut self,
        items: u64,
        pace: Pace,
        mut each: impl FnMut(u64) -> ControlFlow<()> + Send,
    ) -> Result<()> {
        let many = Many { items, yielding: pace == Pace::Yielding, ..Default::default() };
        let mut numbers = self.0.count(many).await?;
        while let Some(number) = numbers.message::<Number>().await? {
            if each(number.view().value).is_break() {
                break;
            }
        }
        Ok(())
    }

    async fn echo(&mut self, mut next: impl FnMut() -> Option<String> + Send) -> Result<()> {
        let mut stream = self.0.echo().await?;
        while let Some(text) = next() {
            stream.send(Text { text, ..Default::default() }).await?;
            stream.message::<Text>().await?.ok_or("the stream ended")?;
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
    let server = Server::from_listener(harness::listen().await?);
    Ok(server.serve_with_service(ConnectRpcService::new(BenchServer::new(Handler))).await?)
}
