//! A deadline holds from hop to hop.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use micro::client::CallOptions;
use micro::prelude::*;
use micro::registry::Registry;

use crate::contract::{Echo, EchoClient, Text, calling, serving};

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

    let options = CallOptions::new().with_timeout(Duration::from_millis(200));
    let error = echo.with(options).say(Text::new("a")).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    let stays = log.all_gone().await;
    assert!(stays.iter().all(|stay| *stay <= Duration::from_millis(220)), "{stays:?}");
    for app in [first, middle, last] {
        app.stop().await.unwrap();
    }
}
