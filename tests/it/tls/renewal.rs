//! Certificates that change while the program runs.

use std::time::Duration;

use micro::errors::Execution;
use micro::prelude::*;
use micro::registry::Registry;
use micro::testing::LogCapture;

use super::{Files, believe, calling, encrypt, serving};
use crate::contract::{Mirror, Text};

/// Files are looked at a second after they were looked at last, when somebody connects.
const LOOKED: Duration = Duration::from_millis(1100);

#[tokio::test]
async fn new_connections_see_the_new_certificate_and_a_broken_one_changes_nothing() {
    let logs = LogCapture::capture();
    let files = Files::new();
    let registry = Registry::memory();
    let app = serving(&registry, &Mirror::default(), encrypt(&files)).await;
    let address = format!("https://localhost:{}", app.address().unwrap().port());
    // A client of its own each time, or it would use the connection it has.
    let said = async || calling(&registry, believe(&files)).await.at(&address).say(Text::new("a")).await;
    said().await.unwrap();
    let open = calling(&registry, believe(&files)).await;
    open.say(Text::new("a")).await.unwrap();

    tokio::time::sleep(LOOKED).await;
    files.sign("server", &["127.0.0.1"]);
    let error = said().await.unwrap_err();
    assert!(
        error.message().contains("not one of `localhost`") && error.execution() == Execution::NotStarted,
        "{error:#}"
    );

    let (certificate, _) = files.identity("server");
    std::fs::write(certificate, "nothing").unwrap();
    for _ in 0..4 {
        tokio::time::sleep(LOOKED).await;
        said().await.unwrap_err();
    }
    let text = logs.text();
    let warned: Vec<_> = text.lines().filter(|line| line.contains("WARN") && line.contains("TLS")).collect();
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("there is no certificate in PEM in it"), "{}", warned[0]);

    files.sign("server", &["127.0.0.1", "localhost"]);
    tokio::time::sleep(LOOKED).await;
    said().await.unwrap();
    // What was open stays open.
    open.say(Text::new("a")).await.unwrap();
    app.stop().await.unwrap();
}

#[tokio::test]
async fn clients_believe_a_new_authority_without_a_restart() {
    let (before, after) = (Files::new(), Files::new());
    let registry = Registry::memory();
    let app = serving(&registry, &Mirror::default(), encrypt(&after)).await;
    let echo = calling(&registry, believe(&before)).await;
    assert_eq!(echo.say(Text::new("a")).await.unwrap_err().code(), Code::Unavailable);
    std::fs::copy(after.authority(), before.authority()).unwrap();
    tokio::time::sleep(LOOKED).await;
    echo.say(Text::new("a")).await.unwrap();
    app.stop().await.unwrap();
}
