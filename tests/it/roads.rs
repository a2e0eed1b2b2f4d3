//! The road of a call: what holds on every one of them, within the process, in memory, over `micro/1` and over HTTP.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use micro::app::{App, Running};
use micro::client::{CallOptions, ResponseMetadata};
use micro::context::Account;
use micro::prelude::*;
use micro::registry::{LeaseOptions, Node, Registry};
use micro::rpc::{Call, Interceptor, Next};
use micro::testing::Cluster;
use micro::transport::Wire;

use crate::contract::{Echo, EchoClient, EchoServer, Text};

/// A client and the apps it needs.
pub struct Road {
    pub name: &'static str,
    pub echo: EchoClient,
    apps: Vec<Running>,
}

impl Road {
    pub async fn close(self) {
        for app in self.apps {
            app.stop().await.unwrap();
        }
    }
}

/// Every road to an app that `serve` completes, from an app that `call` completes.
pub async fn roads(serve: impl Fn(App) -> App, call: impl Fn(App) -> App) -> Vec<Road> {
    let app = call(serve(micro::app().registry(Registry::memory()))).start().await.unwrap();
    let mut roads = vec![Road { name: "local", echo: app.get().unwrap(), apps: vec![app] }];
    let cluster = Cluster::new();
    let (server, client) = (serve(cluster.app()).start().await.unwrap(), call(cluster.app()).start().await.unwrap());
    roads.push(Road { name: "memory", echo: client.get().unwrap(), apps: vec![server, client] });
    for (name, wire) in [("native", Wire::Native), ("http", Wire::Http)] {
        let registry = Registry::memory();
        let app = || micro::app().registry(registry.clone()).settings(move |settings| settings.wire = wire);
        let (server, client) = (serve(app()).start().await.unwrap(), call(app()).start().await.unwrap());
        roads.push(Road { name, echo: client.get().unwrap(), apps: vec![server, client] });
    }
    roads
}

/// Says something beside each answer, and waits where it is asked to.
struct Talker;

#[micro::handler(manual)]
impl Echo for Talker {
    async fn say(&self, text: Text, ctx: &Context) -> Result<Text> {
        ctx.reply_header("x-ahead", "1")?;
        ctx.reply_trailer("x-behind", "2")?;
        if text.text == "wait" {
            std::future::pending::<()>().await;
        }
        if text.text == "fail" {
            return Err(Error::not_found("no such text"));
        }
        Ok(Text::new(ctx.account().map_or("nobody", |account| &account.id)))
    }

    async fn letters(&self, text: Text, ctx: &Context) -> Result<Streaming<Text>> {
        ctx.reply_header("x-ahead", "1")?;
        let (ctx, wait) = (ctx.clone(), text.text == "wait");
        Ok(Streaming::new(futures_util::stream::iter([Ok(text)]).chain(futures_util::stream::once(async move {
            if wait {
                std::future::pending::<()>().await;
            }
            ctx.reply_trailer("x-behind", "2")?;
            Ok(Text::new("last"))
        }))))
    }

    async fn join(&self, texts: Streaming<Text>) -> Result<Text> {
        let texts: Vec<_> = texts.try_collect().await?;
        Ok(Text::new(texts.into_iter().map(|text| text.text).collect::<String>()))
    }

    async fn shout(&self, texts: Streaming<Text>) -> Result<Streaming<Text>> {
        Ok(texts)
    }

    async fn nothing(&self) -> Result<()> {
        Ok(())
    }
}

/// What authentication does: it runs the rest of the call in a changed copy of its context.
#[derive(Clone)]
struct Changing(fn(Context) -> Context);

impl Interceptor for Changing {
    async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
        call.set_context((self.0)(call.context().clone()));
        next.run(call).await
    }
}

fn with_account(context: Context) -> Context {
    context.with_account(Arc::new(Account { id: "ada".into(), ..Account::default() }))
}

#[tokio::test]
async fn a_context_that_an_interceptor_of_the_server_changed_keeps_what_the_handler_says_beside_its_answer() {
    let serve = |app: App| app.serve(EchoServer::new(Talker)).server_interceptor(Changing(with_account));
    for road in roads(serve, |app| app).await {
        says_all_of_it(&road, "ada").await;
        road.close().await;
    }
}

#[tokio::test]
async fn a_context_that_an_interceptor_of_the_client_changed_keeps_what_the_handler_says_beside_its_answer() {
    let changing = Changing(|context| context.with_timeout(Duration::from_secs(20)));
    for road in roads(|app| app.serve(EchoServer::new(Talker)), |app| app.client_interceptor(changing.clone())).await {
        says_all_of_it(&road, "nobody").await;
        road.close().await;
    }
}

#[tokio::test]
async fn a_context_of_an_interceptors_own_belongs_to_the_call_it_is_set_on() {
    let fresh = Changing(|context| with_account(context.child()));
    for road in roads(|app| app.serve(EchoServer::new(Talker)).server_interceptor(fresh.clone()), |app| app).await {
        says_all_of_it(&road, "ada").await;
        road.close().await;
    }
}

async fn says_all_of_it(road: &Road, expected: &str) {
    let (name, replies) = (road.name, ResponseMetadata::new());
    let echo = road.echo.with(CallOptions::new().with_response_metadata(&replies));
    let beside = || {
        let (headers, trailers) = (replies.headers(), replies.trailers());
        (headers.get("x-ahead").map(str::to_owned), trailers.get("x-behind").map(str::to_owned))
    };
    let both = (Some("1".to_owned()), Some("2".to_owned()));
    assert_eq!(echo.say(Text::new("a")).await.unwrap().text, expected, "{name}");
    assert_eq!(beside(), both, "{name}");
    assert_eq!(echo.say(Text::new("fail")).await.unwrap_err().code(), Code::NotFound, "{name}");
    // gRPC answers a failure in one piece, and cannot tell one from the other there.
    assert!(beside().1.is_some(), "{name}");
    let mut letters = echo.letters(Text::new("a")).await.unwrap();
    letters.next().await.unwrap().unwrap();
    assert_eq!(beside().0, both.0, "{name}");
    while letters.next().await.transpose().unwrap().is_some() {}
    assert_eq!(beside(), both, "{name}");
}

#[tokio::test]
async fn a_deadline_that_an_interceptor_shortened_counts_on_either_side() {
    let soon = Changing(|context| context.with_timeout(Duration::from_millis(100)));
    let serve = |app: App| app.serve(EchoServer::new(Talker));
    let mut all = roads(|app| serve(app).server_interceptor(soon.clone()), |app| app).await;
    all.extend(roads(serve, |app| app.client_interceptor(soon.clone())).await);
    for road in all {
        let bound = Duration::from_secs(20);
        let said = tokio::time::timeout(bound, road.echo.say(Text::new("wait"))).await;
        let said = said.unwrap_or_else(|_| panic!("{}: the call does not end", road.name));
        assert_eq!(said.unwrap_err().code(), Code::DeadlineExceeded, "{}", road.name);
        let mut letters = road.echo.letters(Text::new("wait")).await.unwrap();
        letters.next().await.unwrap().unwrap();
        let late = tokio::time::timeout(bound, letters.next()).await;
        let late = late.unwrap_or_else(|_| panic!("{}: the stream does not end", road.name));
        assert_eq!(late.unwrap().unwrap_err().code(), Code::DeadlineExceeded, "{}", road.name);
        road.close().await;
    }
}

/// Adds a price to what it is asked; reading it twice is safe.
#[micro::service(name = "prices", package = "it")]
pub trait Prices {
    #[method(no_side_effects)]
    async fn price(&self, of: Text) -> Result<Text>;
}

/// Fails the first calls, and says who it is beside each answer.
struct Flaky {
    failures: Mutex<u32>,
}

#[micro::handler(manual)]
impl Prices for Flaky {
    async fn price(&self, of: Text, ctx: &Context) -> Result<Text> {
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            ctx.reply_header("x-failed", "ahead")?;
            ctx.reply_trailer("x-failed", "behind")?;
            return Err(Error::unavailable("not now"));
        }
        ctx.reply_header("x-answered", "1")?;
        Ok(of)
    }
}

#[tokio::test]
async fn what_a_failed_attempt_said_is_not_among_what_the_answer_says() {
    for wire in [None, Some("micro/1"), Some("http")] {
        let cluster = Cluster::new();
        let new = || match wire {
            None => cluster.app(),
            Some(_) => micro::app().registry(cluster.registry().clone()),
        };
        let prices = || PricesServer::new(Flaky { failures: Mutex::new(1) });
        let server = new().serve(prices()).start().await.unwrap();
        // The node is listed three times, so that there is another to try.
        let listed = cluster.registry().nodes("prices").await.unwrap()[0].clone();
        let mut twins = Vec::new();
        for twin in ["b", "c"] {
            let node = Node::new("prices", listed.address.clone()).with_id(twin);
            let node = wire.into_iter().fold(node, |node, wire| node.with_metadata("wire", wire));
            twins.push(cluster.registry().register(node, LeaseOptions::default()).await.unwrap());
        }
        let client: PricesClient = new().start().await.unwrap().get().unwrap();
        let replies = ResponseMetadata::new();
        let client = client.with(CallOptions::new().with_response_metadata(&replies));
        client.price(Text::new("a")).await.unwrap();
        assert_eq!(replies.headers().get("x-answered"), Some("1"), "{wire:?}");
        assert_eq!(replies.headers().get("x-failed"), None, "{wire:?}");
        assert_eq!(replies.trailers().get("x-failed"), None, "{wire:?}");
        server.stop().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_idle_limit_of_a_server_leaves_local_streams_alone_that_move() {
    let app = micro::app()
        .registry(Registry::memory())
        .settings(|settings| settings.idle_timeout = Some(Duration::from_secs(60)))
        .serve(EchoServer::new(Talker))
        .start()
        .await
        .unwrap();
    let echo: EchoClient = app.get().unwrap();
    let slow = |pause| {
        Streaming::new(futures_util::stream::iter(["a", "b", "c", "d"]).then(move |text| async move {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            Ok(Text::new(text))
        }))
    };
    assert_eq!(echo.join(slow(50)).await.unwrap().text, "abcd");
    assert_eq!(echo.shout(slow(50)).await.unwrap().try_collect().await.unwrap().len(), 4);
    let silent = echo.join(slow(70)).await.unwrap_err();
    assert_eq!(silent.code(), Code::DeadlineExceeded, "{silent}");
    app.stop().await.unwrap();
}

/// Reads nothing.
struct Deaf;

#[micro::handler(manual)]
impl Echo for Deaf {
    async fn say(&self, text: Text) -> Result<Text> {
        Ok(text)
    }

    async fn letters(&self, _: Text) -> Result<Streaming<Text>> {
        Ok(Streaming::empty())
    }

    async fn join(&self, texts: Streaming<Text>) -> Result<Text> {
        drop(texts);
        Ok(Text::new("enough"))
    }

    async fn shout(&self, texts: Streaming<Text>) -> Result<Streaming<Text>> {
        drop(texts);
        Ok(Streaming::empty())
    }

    async fn nothing(&self) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_caller_is_not_cancelled_because_the_handler_reads_no_more_of_its_requests() {
    for road in roads(|app| app.serve(EchoServer::new(Deaf)), |app| app).await {
        let caller = Context::new().with_timeout(Duration::from_secs(60));
        let endless = || Streaming::new(futures_util::stream::repeat_with(|| Ok(Text::new("a"))).take(100));
        let called = caller.clone().scope(async {
            road.echo.join(endless()).await.unwrap();
            road.echo.shout(endless()).await.unwrap().try_collect().await.unwrap();
        });
        called.await;
        assert!(!caller.is_cancelled(), "{}", road.name);
        road.close().await;
    }
}

/// Panics, where it is asked to.
#[derive(Clone)]
struct Panicking;

impl Interceptor for Panicking {
    async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
        assert!(call.context().metadata().get("panic").is_none(), "asked to");
        next.run(call).await
    }
}

#[tokio::test]
async fn an_interceptor_that_panics_fails_its_call_and_nothing_else() {
    let serve = |app: App| app.serve(EchoServer::new(Talker));
    let mut all = roads(|app| serve(app).server_interceptor(Panicking), |app| app).await;
    all.extend(roads(serve, |app| app.client_interceptor(Panicking)).await);
    for road in all {
        let asking = CallOptions::new().with_metadata("panic", "please").unwrap();
        let waiting = tokio::spawn({
            let echo = road.echo.with(CallOptions::new().with_timeout(Duration::from_millis(300)));
            async move { echo.say(Text::new("wait")).await }
        });
        let error = road.echo.with(asking).say(Text::new("a")).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal, "{}: {error}", road.name);
        // What else runs on the connection goes on.
        assert_eq!(waiting.await.unwrap().unwrap_err().code(), Code::DeadlineExceeded, "{}", road.name);
        assert_eq!(road.echo.say(Text::new("a")).await.unwrap().text, "nobody", "{}", road.name);
        road.close().await;
    }
}
