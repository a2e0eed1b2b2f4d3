//! Checks, hooks, and the end of a program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro::app::Critical;
use micro::prelude::*;
use micro::registry::Registry;

use crate::contract::{EchoServer, Mirror, Text, calling};

async fn listed(registry: &Registry, count: usize) {
    let mut following = registry.follow("echo");
    following.ready().await;
    while following.nodes().len() != count {
        following.changed().await;
    }
}

#[tokio::test]
async fn a_failing_critical_check_withdraws_the_node_until_it_passes_again() {
    let registry = Registry::memory();
    let (well, tidy) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(true)));
    let look = |flag: &Arc<AtomicBool>, words: &'static str| {
        let flag = flag.clone();
        move || {
            let outcome = if flag.load(Ordering::Relaxed) { Ok(()) } else { Err(Error::unavailable(words)) };
            std::future::ready(outcome)
        }
    };
    let app = micro::app()
        .registry(registry.clone())
        .serve(EchoServer::new(Mirror::default()))
        .health_check("database", Critical::Yes, look(&well, "the database is away"))
        .health_check("cache", Critical::No, look(&tidy, "the cache is away"))
        .settings(|settings| settings.check_interval = Duration::from_millis(5))
        .start()
        .await
        .unwrap();
    assert!(app.is_ready());
    listed(&registry, 1).await;

    tidy.store(false, Ordering::Relaxed);
    well.store(false, Ordering::Relaxed);
    listed(&registry, 0).await;
    assert!(!app.is_ready());
    let probe = get(app.address().unwrap(), "/readyz").await;
    assert!(probe.starts_with("HTTP/1.1 503"), "{probe}");
    assert!(probe.contains("database (critical): the database is away"), "{probe}");

    well.store(true, Ordering::Relaxed);
    listed(&registry, 1).await;
    assert!(app.is_ready(), "what is not critical does not count");
    assert_eq!(calling(&registry).await.say(Text::new("a")).await.unwrap(), Text::new("a"));
    app.stop().await.unwrap();
}

async fn get(address: std::net::SocketAddr, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn hooks_run_in_their_order_and_see_the_app() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let say = |word: &'static str| {
        let said = said.clone();
        move |app: micro::app::Handle| async move {
            said.lock().unwrap().push(format!("{word}, ready: {}", app.is_ready()));
            Ok(())
        }
    };
    let app = micro::app()
        .registry(Registry::memory())
        .serve(EchoServer::new(Mirror::default()))
        .before_start(say("before start"))
        .after_start(say("after start"))
        .before_stop(say("before stop"))
        .after_stop(say("after stop"))
        .start()
        .await
        .unwrap();
    app.stop().await.unwrap();
    let expected = [
        "before start, ready: false",
        "after start, ready: true",
        "before stop, ready: true",
        "after stop, ready: false",
    ];
    assert_eq!(*said.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_hook_that_fails_ends_the_start_and_leaves_nothing_behind() {
    let registry = Registry::memory();
    let error = micro::app()
        .registry(registry.clone())
        .serve(EchoServer::new(Mirror::default()))
        .after_start(|_| async { Err(Error::failed_precondition("no migration has run")) })
        .start()
        .await
        .unwrap_err();
    assert_eq!(error.message(), "no migration has run");
    listed(&registry, 0).await;
}

#[tokio::test]
async fn a_program_can_end_by_a_signal_of_its_own() {
    let registry = Registry::memory();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let app = micro::app().registry(registry.clone()).serve(EchoServer::new(Mirror::default()));
    let program = tokio::spawn(app.run_until(async { drop(ended.await) }));
    listed(&registry, 1).await;
    end.send(()).unwrap();
    program.await.unwrap().unwrap();
    listed(&registry, 0).await;
}
