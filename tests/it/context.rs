//! What a call carries along by itself.

use std::time::Duration;

use futures_util::StreamExt;
use micro::client::CallOptions;
use micro::context::{Peer, Trace};
use micro::prelude::*;
use micro::registry::Registry;

use crate::contract::{Echo, EchoClient, Mirror, Text, calling, serving};

/// Passes everything on to another echo: directly, from inside a stream it returns, and from a task.
struct Relay(EchoClient);

#[micro::handler(manual)]
impl Echo for Relay {
    async fn say(&self, text: Text) -> Result<Text> {
        self.0.say(text).await
    }

    async fn letters(&self, text: Text) -> Result<Streaming<Text>> {
        let echo = self.0.clone();
        // Runs when the stream is read, long after this method has returned.
        Ok(Streaming::new(futures_util::stream::once(async move { echo.say(text).await })))
    }

    async fn join(&self, mut texts: Streaming<Text>) -> Result<Text> {
        let text = texts.next().await.unwrap_or_else(|| Err(Error::invalid_argument("no text")))?;
        let echo = self.0.clone();
        micro::spawn(async move { echo.say(text).await }).await?
    }

    async fn shout(&self, texts: Streaming<Text>) -> Result<Streaming<Text>> {
        let echo = self.0.clone();
        Ok(Streaming::new(texts.then(move |text| {
            let echo = echo.clone();
            async move { echo.say(text?).await }
        })))
    }

    async fn nothing(&self) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn deadline_and_trace_go_along_from_calls_streams_and_tasks_and_metadata_stays() {
    let (inner, outer) = (Registry::memory(), Registry::memory());
    let mirror = Mirror::default();
    let last = serving(&inner, mirror.clone()).await;
    let first = serving(&outer, Relay(calling(&inner).await)).await;
    let echo = calling(&outer).await;

    let options =
        CallOptions::new().with_timeout(Duration::from_secs(5)).with_metadata("authorization", "secret").unwrap();
    let echo = echo.with(options);
    let trace = Trace::start();
    let one = || Streaming::iter([Text::new("a")]);
    Context::new()
        .with_trace(trace)
        .scope(async {
            echo.say(Text::new("a")).await.unwrap();
            echo.letters(Text::new("a")).await.unwrap().try_collect().await.unwrap();
            echo.join(one()).await.unwrap();
            echo.shout(one()).await.unwrap().try_collect().await.unwrap();
        })
        .await;

    let seen = mirror.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 4);
    for context in seen {
        let left = context.remaining().expect("a deadline went along");
        assert!(left <= Duration::from_secs(5), "{left:?}");
        let here = context.trace().expect("a trace went along");
        assert_eq!(here.trace_id(), trace.trace_id());
        assert_ne!(here.span_id(), trace.span_id());
        assert!(context.metadata().get("authorization").is_none(), "credentials do not travel on by themselves");
        assert!(matches!(context.peer(), Some(Peer::Remote(_))), "{:?}", context.peer());
    }
    first.stop().await.unwrap();
    last.stop().await.unwrap();
}

#[tokio::test]
async fn a_request_stream_is_read_in_the_context_of_its_caller() {
    let registry = Registry::memory();
    let app = serving(&registry, Mirror::default()).await;
    for echo in [calling(&registry).await, app.get::<EchoClient>().unwrap()] {
        let trace = Trace::start();
        let joined = Context::new().with_trace(trace).scope(async {
            let texts = futures_util::stream::once(async {
                Ok(Text::new(format!("{:x}", Context::current().trace().map_or(0, |trace| trace.span_id()))))
            });
            echo.join(Streaming::new(texts)).await.unwrap()
        });
        assert_eq!(joined.await.text, format!("{:x}", trace.span_id()));
    }
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_handler_and_its_tasks_learn_that_the_caller_has_gone() {
    struct Waiting(tokio::sync::mpsc::UnboundedSender<&'static str>);
    struct OnDrop(tokio::sync::mpsc::UnboundedSender<&'static str>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            let _ = self.0.send("handler dropped");
        }
    }
    #[micro::handler(manual)]
    impl Echo for Waiting {
        async fn say(&self, _: Text, ctx: &Context) -> Result<Text> {
            let _dropped = OnDrop(self.0.clone());
            let (context, told) = (ctx.clone(), self.0.clone());
            micro::spawn(async move {
                context.cancelled().await;
                let _ = told.send("task told");
            });
            let _ = self.0.send("running");
            std::future::pending().await
        }
        async fn letters(&self, _: Text) -> Result<Streaming<Text>> {
            Err(Error::unimplemented("not here"))
        }
        async fn join(&self, _: Streaming<Text>) -> Result<Text> {
            Err(Error::unimplemented("not here"))
        }
        async fn shout(&self, _: Streaming<Text>) -> Result<Streaming<Text>> {
            Err(Error::unimplemented("not here"))
        }
        async fn nothing(&self) -> Result<()> {
            Ok(())
        }
    }
    let registry = Registry::memory();
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let app = serving(&registry, Waiting(told)).await;
    for echo in [calling(&registry).await, app.get::<EchoClient>().unwrap()] {
        let call = tokio::spawn(async move { echo.say(Text::new("a")).await });
        assert_eq!(hears.recv().await, Some("running"));
        call.abort();
        let mut heard = [hears.recv().await.unwrap(), hears.recv().await.unwrap()];
        heard.sort_unstable();
        assert_eq!(heard, ["handler dropped", "task told"]);
    }
    app.stop().await.unwrap();
}
