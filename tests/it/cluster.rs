//! The testing room, as an outsider uses it.

use std::time::Duration;

use micro::client::CallOptions;
use micro::prelude::*;
use micro::testing::{Cluster, LogCapture};

use crate::contract::{Echo, EchoClient, EchoServer, Mirror, Text};

/// Answers after an hour.
struct Slow;

#[micro::handler(manual)]
impl Echo for Slow {
    async fn say(&self, text: Text) -> Result<Text> {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        Ok(text)
    }

    async fn letters(&self, text: Text) -> Result<Streaming<Text>> {
        Ok(Streaming::new(futures_util::stream::once(async move {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            Ok(text)
        })))
    }

    async fn join(&self, _: Streaming<Text>) -> Result<Text> {
        Err(Error::unimplemented("not here"))
    }

    async fn shout(&self, texts: Streaming<Text>) -> Result<Streaming<Text>> {
        Ok(texts)
    }

    async fn nothing(&self) -> Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn hours_pass_in_no_time_between_apps_of_a_world() {
    let cluster = Cluster::new();
    let app = cluster.app().serve(EchoServer::new(Slow)).start().await.unwrap();
    cluster.registered("echo").await;
    let echo: EchoClient = cluster.client().await.unwrap();
    let begun = tokio::time::Instant::now();

    let error = echo.say(Text::new("a")).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert_eq!(begun.elapsed().as_secs(), 30);

    let patient = echo.with(CallOptions::new().with_timeout(Duration::from_secs(7200)));
    assert_eq!(patient.say(Text::new("a")).await.unwrap(), Text::new("a"));
    assert_eq!(patient.letters(Text::new("a")).await.unwrap().try_collect().await.unwrap(), [Text::new("a")]);
    app.stop().await.unwrap();
    cluster.gone("echo").await;
}

#[tokio::test(start_paused = true)]
async fn calls_of_a_world_are_as_on_a_wire() {
    let cluster = Cluster::new();
    let mirror = Mirror::default();
    let app = cluster.app().serve(EchoServer::new(mirror.clone())).start().await.unwrap();
    let echo: EchoClient = cluster.client().await.unwrap();
    let options = CallOptions::new().with_metadata("x-tenant", "acme").unwrap();
    let missing = echo.with(options).say(Text::new("missing")).await.unwrap_err();
    assert_eq!((missing.code(), missing.message()), (Code::NotFound, "no such text"));
    assert_eq!(missing.context().count(), 0, "what is kept for the log does not travel");
    assert_eq!(mirror.seen.lock().unwrap()[0].metadata().get("x-tenant"), Some("acme"));
    assert_eq!(echo.shout(Streaming::iter([Text::new("a")])).await.unwrap().try_collect().await.unwrap()[0].text, "A");
    app.stop().await.unwrap();
    let gone = echo.say(Text::new("a")).await.unwrap_err();
    assert_eq!(gone.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_withheld_error_is_found_in_the_log_by_its_id() {
    let logs = LogCapture::capture();
    let cluster = Cluster::new();
    let app = cluster.app().serve(EchoServer::new(Mirror::default())).start().await.unwrap();
    let echo: EchoClient = cluster.client().await.unwrap();
    let error = echo.say(Text::new("foreign")).await.unwrap_err();
    let (_, id) = error.message().split_once('`').unwrap();
    let id = id.trim_end_matches('`');
    let text = logs.text();
    let line = text.lines().find(|line| line.contains(id)).unwrap_or_else(|| panic!("{id} is not in:\n{text}"));
    assert!(line.contains("password is hunter2") && line.contains("ERROR"), "{line}");
    app.stop().await.unwrap();
}
