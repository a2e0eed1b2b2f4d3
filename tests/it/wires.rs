//! What is spoken between two apps, and that a restart loses nothing on either wire.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro::app::Running;
use micro::prelude::*;
use micro::registry::Registry;
use micro::testing::LogCapture;
use micro::transport::Wire;

use crate::calls::all_shapes;
use crate::contract::{Echo, EchoClient, EchoServer, Mirror, Text};
use crate::tls::{Files, believe, encrypt};

async fn serving(registry: &Registry, mirror: &Mirror, wire: Wire) -> Running {
    let app = micro::app().registry(registry.clone()).settings(move |settings| settings.wire = wire);
    app.serve(EchoServer::new(mirror.clone())).start().await.unwrap()
}

async fn calling(registry: &Registry, wire: Wire) -> EchoClient {
    let app = micro::app().registry(registry.clone()).settings(move |settings| settings.wire = wire);
    app.start().await.unwrap().get().unwrap()
}

#[tokio::test]
async fn the_wire_is_what_both_sides_speak() {
    for (server, client, expected) in [
        (Wire::Auto, Wire::Auto, Some("micro/1")),
        (Wire::Auto, Wire::Http, Some("http")),
        (Wire::Http, Wire::Auto, Some("http")),
        (Wire::Native, Wire::Native, Some("micro/1")),
        (Wire::Http, Wire::Native, None),
    ] {
        let (registry, mirror) = (Registry::memory(), Mirror::default());
        let app = serving(&registry, &mirror, server).await;
        let listed = registry.nodes("echo").await.unwrap();
        assert_eq!(listed[0].metadata.get("wire").map(String::as_str), (server != Wire::Http).then_some("micro/1"));
        let echo = calling(&registry, client).await;
        let said = echo.say(Text::new("a")).await;
        let wire = mirror.seen.lock().unwrap().first().and_then(Context::wire);
        assert_eq!((wire, said.is_ok()), (expected, expected.is_some()));
        if expected.is_some() {
            all_shapes(&echo).await;
        }
        app.stop().await.unwrap();
    }
}

#[tokio::test]
async fn spans_of_calls_name_their_wire_on_both_sides() {
    let logs = LogCapture::with_spans();
    let (registry, mirror) = (Registry::memory(), Mirror::default());
    let app = serving(&registry, &mirror, Wire::Auto).await;
    for (wire, name) in [(Wire::Auto, "micro/1"), (Wire::Http, "http")] {
        calling(&registry, wire).await.say(Text::new("a")).await.unwrap();
        let (said, wire) = (logs.text(), format!("wire=\"{name}\""));
        for span in ["call{service=\"echo\" method=\"Say\"", "attempt{service=\"echo\" method=\"Say\""] {
            assert!(said.lines().any(|line| line.contains(span) && line.contains(&wire)), "{span} with {wire}: {said}");
        }
    }
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_node_gets_as_many_connections_as_are_set_and_asked_for() {
    for (wire, connections, most) in [(Wire::Auto, 1, 1), (Wire::Auto, 3, 3), (Wire::Http, 1, 2)] {
        let (registry, mirror) = (Registry::memory(), Mirror::default());
        let app = serving(&registry, &mirror, Wire::Auto).await;
        let client = micro::app().registry(registry.clone()).settings(move |settings| {
            settings.wire = wire;
            settings.connections = connections;
        });
        let echo: EchoClient = client.start().await.unwrap().get().unwrap();
        let mut open = Vec::new();
        // Each of them keeps its connection busy, and a further one is opened when all are.
        for _ in 0..300 {
            let (sender, texts) = Streaming::channel(1);
            open.push((sender, echo.shout(texts).await.unwrap()));
            echo.say(Text::new("who")).await.unwrap();
        }
        let peers = |seen: &[Context]| seen.iter().map(|context| format!("{:?}", context.peer())).collect();
        let peers: HashSet<String> = peers(&mirror.seen.lock().unwrap());
        assert_eq!(peers.len(), most, "{connections} over {wire:?}");
        drop(open);
        app.stop().await.unwrap();
    }
}

/// Counts how often it was asked what.
#[derive(Clone, Default)]
struct Ledger(Arc<Mutex<HashMap<String, u32>>>);

#[micro::handler(manual)]
impl Echo for Ledger {
    async fn say(&self, text: Text) -> Result<Text> {
        let times = {
            let mut entries = self.0.lock().unwrap();
            let times = entries.entry(text.text.clone()).or_default();
            *times += 1;
            *times
        };
        if text.text.len().is_multiple_of(3) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(Text::new(times.to_string()))
    }

    async fn letters(&self, text: Text) -> Result<Streaming<Text>> {
        Ok(Streaming::iter([text]))
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

/// Three servers, restarted one after the other, while calls go on that may not run twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rolling_restarts_lose_nothing_and_run_nothing_twice() {
    let files = Files::new();
    for (wire, tls) in [(Wire::Http, false), (Wire::Auto, false), (Wire::Http, true), (Wire::Auto, true)] {
        let (registry, ledger) = (Registry::memory(), Ledger::default());
        let app = || {
            let app = micro::app().registry(registry.clone()).settings(move |settings| settings.wire = wire);
            if tls { app.settings(encrypt(&files)).settings(believe(&files)) } else { app }
        };
        let start = || {
            let app = app();
            app.serve(EchoServer::new(ledger.clone())).start()
        };
        let mut servers = Vec::new();
        for _ in 0..3 {
            servers.push(start().await.unwrap());
        }
        let echo: EchoClient = app().start().await.unwrap().get().unwrap();
        let (stop, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let callers: Vec<_> = (0..16)
            .map(|_| {
                let (echo, stop, made) = (echo.clone(), stop.clone(), made.clone());
                tokio::spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        let name = format!("call {}", made.fetch_add(1, Ordering::Relaxed));
                        let times =
                            echo.say(Text::new(name.clone())).await.unwrap_or_else(|error| panic!("{name}: {error:#}"));
                        assert_eq!(times.text, "1", "{name} ran twice");
                    }
                })
            })
            .collect();
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(30)).await;
            servers.push(start().await.unwrap());
            servers.remove(0).stop().await.unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        for caller in callers {
            caller.await.unwrap();
        }
        let entries = ledger.0.lock().unwrap();
        assert_eq!(entries.len(), made.load(Ordering::Relaxed));
        assert!(entries.values().all(|times| *times == 1));
        println!("{wire:?}, TLS {tls}: {} calls over six restarts", entries.len());
    }
}
