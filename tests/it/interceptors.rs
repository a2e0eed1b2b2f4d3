//! Interceptors see a call, each attempt of it, and the end of its stream.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro::app::App;
use micro::prelude::*;
use micro::registry::{LeaseOptions, Node};
use micro::rpc::{Attempt, EndedCall, Interceptor, Interest, NextAttempt};
use micro::testing::Cluster;

use crate::contract::{Echo, EchoClient, EchoServer, Text};
use crate::roads::roads;

/// The side, the method and the code of a call that ended.
type Seen = (&'static str, String, Option<Code>);

/// Keeps how calls ended.
#[derive(Clone, Default)]
struct Ends {
    side: &'static str,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Interceptor for Ends {
    fn interest(&self) -> Interest {
        Interest::ENDS
    }

    fn end(&self, call: &EndedCall<'_>) {
        assert_eq!(call.service(), "echo");
        assert!(call.outcome().latency() < Duration::from_secs(600));
        let method = call.path().rsplit_once('/').unwrap().1.to_owned();
        self.seen.lock().unwrap().push((self.side, method, call.outcome().code()));
    }
}

impl Ends {
    /// What was seen since the last time, of one side, once there are `count`.
    async fn take(&self, count: usize, side: &str) -> Vec<(String, Option<Code>)> {
        let bound = tokio::time::Instant::now() + Duration::from_secs(20);
        while self.seen.lock().unwrap().iter().filter(|seen| seen.0 == side).count() < count {
            assert!(tokio::time::Instant::now() < bound, "{side}: {:?}", self.seen.lock().unwrap());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut seen = self.seen.lock().unwrap();
        let (taken, left) = std::mem::take(&mut *seen).into_iter().partition::<Vec<_>, _>(|seen| seen.0 == side);
        *seen = left;
        taken.into_iter().map(|(_, method, code)| (method, code)).collect()
    }
}

struct Termination;

#[micro::handler(manual)]
impl Echo for Termination {
    async fn say(&self, text: Text) -> Result<Text> {
        match text.text.as_str() {
            "fail" => Err(Error::not_found("no such text")),
            "wait" => std::future::pending().await,
            _ => Ok(text),
        }
    }

    async fn letters(&self, text: Text) -> Result<Streaming<Text>> {
        use futures_util::StreamExt;
        if text.text == "refuse" {
            return Err(Error::permission_denied("not for you"));
        }
        let letters = futures_util::stream::iter([Ok(text.clone()), Ok(text.clone())]);
        Ok(match text.text.as_str() {
            "fail" => Streaming::new(letters.chain(futures_util::stream::iter([Err(Error::not_found("no more"))]))),
            "wait" => Streaming::new(letters.chain(futures_util::stream::pending())),
            _ => Streaming::new(letters),
        })
    }

    async fn join(&self, texts: Streaming<Text>) -> Result<Text> {
        let texts = texts.try_collect().await?;
        Ok(Text::new(texts.len().to_string()))
    }

    async fn shout(&self, texts: Streaming<Text>) -> Result<Streaming<Text>> {
        Ok(texts)
    }

    async fn nothing(&self) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_end_of_every_call_is_seen_once_on_either_side_and_that_of_a_stream_behind_its_last_item() {
    let server = Ends { side: "server", ..Ends::default() };
    let client = Ends { side: "client", seen: server.seen.clone() };
    let serve = |app: App| app.serve(EchoServer::new(Termination)).server_interceptor(server.clone());
    for road in roads(serve, |app| app.client_interceptor(client.clone())).await {
        let (echo, name) = (&road.echo, road.name);
        echo.say(Text::new("a")).await.unwrap();
        echo.say(Text::new("fail")).await.unwrap_err();
        echo.join(Streaming::iter([Text::new("a")])).await.unwrap();
        let expected = [("Say".to_owned(), None), ("Say".to_owned(), Some(Code::NotFound)), ("Join".to_owned(), None)];
        for side in ["client", "server"] {
            assert_eq!(server.take(3, side).await, expected, "{name}, {side}");
        }

        let mut letters = echo.letters(Text::new("a")).await.unwrap();
        letters.next().await.unwrap().unwrap();
        assert!(!server.seen.lock().unwrap().iter().any(|seen| seen.0 == "client"), "{name}: the stream goes on");
        while letters.next().await.is_some() {}
        echo.letters(Text::new("fail")).await.unwrap().try_collect().await.unwrap_err();
        echo.letters(Text::new("refuse")).await.map(drop).unwrap_err();
        let expected = [None, Some(Code::NotFound), Some(Code::PermissionDenied)];
        let expected = expected.map(|code| ("Letters".to_owned(), code));
        for side in ["client", "server"] {
            assert_eq!(server.take(3, side).await, expected, "{name}, {side}");
        }

        let mut letters = echo.letters(Text::new("wait")).await.unwrap();
        letters.next().await.unwrap().unwrap();
        drop(letters);
        let given_up = tokio::time::timeout(Duration::from_millis(50), echo.say(Text::new("wait"))).await;
        assert!(given_up.is_err());
        let late = CallOptions::new().with_timeout(Duration::from_millis(50));
        echo.with(late).say(Text::new("wait")).await.unwrap_err();
        let codes = |seen: Vec<(String, Option<Code>)>| seen.into_iter().map(|(_, code)| code).collect::<Vec<_>>();
        let expected = [Code::Cancelled, Code::Cancelled, Code::DeadlineExceeded].map(Some);
        assert_eq!(codes(server.take(3, "client").await), expected, "{name}");
        // A server may learn that the caller has gone before its own time is up.
        let codes = codes(server.take(3, "server").await);
        let given_up = |code: &Option<Code>| matches!(code, Some(Code::Cancelled | Code::DeadlineExceeded));
        assert!(codes.len() == 3 && codes.iter().all(given_up), "{name}: {codes:?}");
        road.close().await;
    }
}

/// The number, the address and the code of an attempt.
type Made = (usize, String, Option<Code>);

/// Keeps each attempt and its outcome, gives each a token of its own, and breaks the circuit to one node.
#[derive(Clone, Default)]
struct Attempts {
    seen: Arc<Mutex<Vec<Made>>>,
    broken: Arc<Mutex<Option<String>>>,
}

impl Interceptor for Attempts {
    fn interest(&self) -> Interest {
        Interest::ATTEMPTS
    }

    async fn attempt(&self, attempt: &mut Attempt<'_>, next: NextAttempt<'_>) -> Result<()> {
        assert_eq!((attempt.service(), attempt.method().path()), ("echo", "/it.Echo/Say"));
        let address = attempt.address().to_owned();
        let mut metadata = attempt.context().metadata().clone();
        metadata.insert("x-token", format!("for {address}"))?;
        attempt.set_context(attempt.context().clone().with_metadata(metadata));
        let broken = self.broken.lock().unwrap().as_ref() == Some(&address);
        let result = match broken {
            true => Err(Error::unavailable("the circuit is open").with_execution(micro::errors::Execution::NotStarted)),
            false => next.run(attempt).await,
        };
        let code = result.as_ref().err().map(Error::code);
        self.seen.lock().unwrap().push((attempt.number(), address, code));
        result
    }
}

#[tokio::test]
async fn every_attempt_is_seen_with_its_number_its_node_and_its_outcome() {
    let cluster = Cluster::new();
    let mirror = crate::contract::Mirror::default();
    let app = cluster.app().serve(EchoServer::new(mirror.clone())).start().await.unwrap();
    let good = cluster.registry().nodes("echo").await.unwrap()[0].address.clone();
    // Nobody serves there.
    let nobody = Node::new("echo", "127.0.0.1:60999").with_id("nobody");
    let _listed = cluster.registry().register(nobody, LeaseOptions::default()).await.unwrap();
    let attempts = Attempts::default();
    let client = cluster.app().client_interceptor(attempts.clone()).start().await.unwrap();
    let echo: EchoClient = client.get().unwrap();
    for _ in 0..20 {
        echo.say(Text::new("header")).await.unwrap();
    }
    let seen = attempts.seen.lock().unwrap().clone();
    assert!(seen.contains(&(1, "127.0.0.1:60999".to_owned(), Some(Code::Unavailable))), "{seen:?}");
    assert!(seen.contains(&(2, good.clone(), None)), "{seen:?}");
    assert!(seen.contains(&(1, good.clone(), None)), "the unreachable one is ejected: {seen:?}");
    let token = mirror.seen.lock().unwrap()[0].metadata().get("x-token").map(str::to_owned);
    assert_eq!(token, Some(format!("for {good}")));

    *attempts.broken.lock().unwrap() = Some(good);
    let error = echo.say(Text::new("a")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    app.stop().await.unwrap();
}
