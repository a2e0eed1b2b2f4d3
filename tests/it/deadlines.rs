//! A deadline holds from hop to hop, and a silent stream ends on either side.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use micro::client::CallOptions;
use micro::prelude::*;
use micro::registry::Registry;

use crate::contract::{Echo, EchoClient, EchoServer, Mirror, Text, calling, serving};

/// How long the handlers of all hops have lived.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Duration>>>);

impl Log {
    /// Waits until three handlers are gone, and forgets them.
    async fn all_gone(&self) -> Vec<Duration> {
        let begun = Instant::now();
        loop {
            {
                let mut stays = self.0.lock().unwrap();
                if stays.len() == 3 {
                    return std::mem::take(&mut stays);
                }
                assert!(begun.elapsed() < Duration::from_secs(10), "handlers still run: {stays:?}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Writes down how long it lived.
struct Stay(Log, Instant);

impl Drop for Stay {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().push(self.1.elapsed());
    }
}

/// Asks the next hop, or waits for ever at the last.
struct Hop {
    next: Option<EchoClient>,
    log: Log,
}

impl Hop {
    fn stay(&self) -> Stay {
        Stay(self.log.clone(), Instant::now())
    }
}

#[micro::handler(manual)]
impl Echo for Hop {
    async fn say(&self, text: Text) -> Result<Text> {
        let _stay = self.stay();
        match &self.next {
            // The middle hop answers with a stream, which outlives its method.
            Some(next) => next.letters(text).await?.next().await.unwrap_or_else(|| Err(Error::internal("no letters"))),
            None => std::future::pending().await,
        }
    }

    async fn letters(&self, text: Text) -> Result<Streaming<Text>> {
        let (stay, next) = (self.stay(), self.next.clone());
        Ok(Streaming::new(futures_util::stream::once(async move {
            let _stay = stay;
            match next {
                Some(next) => next.say(text).await,
                None => std::future::pending().await,
            }
        })))
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_handler_of_three_hops_outlives_a_deadline_of_200_ms() {
    let log = Log::default();
    let registries = [Registry::memory(), Registry::memory(), Registry::memory()];
    let last = serving(&registries[2], Hop { next: None, log: log.clone() }).await;
    let middle = Hop { next: Some(calling(&registries[2]).await), log: log.clone() };
    let middle = serving(&registries[1], middle).await;
    let first = Hop { next: Some(calling(&registries[1]).await), log: log.clone() };
    let first = serving(&registries[0], first).await;
    let echo = calling(&registries[0]).await;

    // Once without a tight deadline, so that what is measured is the deadline and not the first connections.
    echo.nothing().await.unwrap();
    let warm = CallOptions::new().with_timeout(Duration::from_millis(500));
    let _ = echo.with(warm).say(Text::new("a")).await;
    log.all_gone().await;

    // A timer beside the call says how late timers fire on this machine just now.
    let timer = tokio::spawn(async {
        let begun = Instant::now();
        tokio::time::sleep(Duration::from_millis(200)).await;
        begun.elapsed()
    });
    let options = CallOptions::new().with_timeout(Duration::from_millis(200));
    let error = echo.with(options).say(Text::new("a")).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    let stays = log.all_gone().await;
    let bound = timer.await.unwrap() + Duration::from_millis(20);
    assert!(stays.iter().all(|stay| *stay <= bound), "{stays:?} where {bound:?} was allowed");
    for app in [first, middle, last] {
        app.stop().await.unwrap();
    }
}

/// A stream of requests that sends one and then nothing more, and never ends.
fn one_and_silence() -> Streaming<Text> {
    use futures_util::StreamExt;
    Streaming::new(futures_util::stream::iter([Ok(Text::new("a"))]).chain(futures_util::stream::pending()))
}

#[tokio::test]
async fn a_silent_stream_ends_on_the_side_that_says_so() {
    let short = Duration::from_millis(150);
    let patient = Registry::memory();
    let usual = serving(&patient, Mirror::default()).await;
    let impatient = Registry::memory();
    let server = micro::app()
        .registry(impatient.clone())
        .settings(|settings| settings.idle_timeout = Some(short))
        .serve(EchoServer::new(Mirror::default()))
        .start()
        .await
        .unwrap();
    let by_client = calling(&patient).await.with(CallOptions::new().with_idle_timeout(short));
    let by_server = calling(&impatient).await;
    let local = usual.get::<EchoClient>().unwrap().with(CallOptions::new().with_idle_timeout(short));
    for echo in [by_client, by_server, local] {
        let begun = Instant::now();
        let mut replies = echo.shout(one_and_silence()).await.unwrap();
        assert_eq!(replies.next().await.unwrap().unwrap(), Text::new("A"));
        let error = replies.next().await.unwrap().unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
        assert!(error.message().contains("nothing moved"), "{error}");
        let error = echo.join(one_and_silence()).await.unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
        assert!(begun.elapsed() >= short && begun.elapsed() < Duration::from_secs(10));
        // What has no stream is left alone.
        assert_eq!(echo.say(Text::new("a")).await.unwrap(), Text::new("a"));
    }
    for app in [usual, server] {
        app.stop().await.unwrap();
    }
}
