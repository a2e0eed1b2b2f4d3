//! micro the way a user writes it: handler and generated client, an app on each side with its defaults, and a registry
//! between them. Which wire they speak is the app's choice, or that of `MICRO_WIRE`.

mod contract;

use std::net::SocketAddr;
use std::ops::ControlFlow;

use contract::{Bench, BenchClient, Many, Number, Text};
use futures::{StreamExt, stream};
use harness::Pace;
use micro::prelude::*;

#[cfg(feature = "count")]
#[global_allocator]
static ALLOCATOR: harness::Counting = harness::Counting;

#[derive(Default)]
struct Server;

#[micro::handler]
impl Bench for Server {
    async fn say(&self, text: Text) -> Result<Text> {
        Ok(text)
    }

    async fn count(&self, many: Many) -> Result<Streaming<Number>> {
        let numbers = (0..many.items).map(|value| Number { value });
        if !many.yielding {
            return Ok(Streaming::iter(numbers));
        }
        Ok(Streaming::new(stream::iter(numbers).then(async |number| {
            tokio::task::yield_now().await;
            Ok(number)
        })))
    }

    async fn echo(&self, texts: Streaming<Text>) -> Result<Streaming<Text>> {
        Ok(texts)
    }
}

#[derive(Clone)]
struct Client(BenchClient);

impl harness::Client for Client {
    async fn connect(_: SocketAddr) -> harness::Result<Self> {
        let app = micro::client().await?;
        let client = Client(app.get()?);
        // The process ends when all has been measured, and nobody stops the app before.
        std::mem::forget(app);
        Ok(client)
    }

    async fn say(&mut self, text: String) -> harness::Result<String> {
        Ok(self.0.say(Text { text }).await?.text)
    }

    async fn count(
        &mut self,
        items: u64,
        pace: Pace,
        mut each: impl FnMut(u64) -> ControlFlow<()> + Send,
    ) -> harness::Result<()> {
        let mut numbers = self.0.count(Many { items, yielding: pace == Pace::Yielding }).await?;
        while let Some(number) = numbers.next().await {
            if each(number?.value).is_break() {
                break;
            }
        }
        Ok(())
    }

    async fn echo(&mut self, mut next: impl FnMut() -> Option<String> + Send) -> harness::Result<()> {
        let (sender, texts) = Streaming::channel(1);
        let mut replies = self.0.echo(texts).await?;
        while let Some(text) = next() {
            sender.send(Text { text }).await;
            replies.next().await.ok_or("the stream ended")??;
        }
        Ok(())
    }
}

#[micro::main]
async fn main() -> Result<()> {
    if !harness::serves() {
        harness::call::<Client>().await;
        return Ok(());
    }
    let app = micro::app().linked().environment();
    let announced = app.after_start(async |handle| {
        harness::announce(handle.address().expect("an app that serves listens"));
        Ok(())
    });
    announced.run().await
}
