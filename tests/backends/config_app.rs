//! A whole app on settings from NATS: what it starts with, and what it does when the server comes, goes and comes back.

use std::time::Duration;

use micro::Code;
use micro::app::App;
use micro::config::Config;
use micro::registry::Registry;
use micro_tests::PATIENCE;
use micro_tests::servers::nats::installed;
use tokio::time::Instant;

use crate::config_nats::Bucket;

/// How the app greets.
#[micro::config(prefix = "backends_greeter")]
#[derive(Debug)]
pub struct Greeting {
    /// What stands before the name.
    #[config(default = "Hello", validate(length(1..=40)))]
    pub salutation: String,
}

/// An app that reads a bucket, as `--config` would name it.
fn app(url: &str) -> App {
    micro::app().registry(Registry::memory()).setting("micro.config", serde_json::json!([url]))
}

async fn greets(config: &Config<Greeting>, salutation: &str, within: Duration) -> Duration {
    let begun = Instant::now();
    let seen = async {
        while config.get().salutation != salutation {
            config.changed().await;
        }
    };
    tokio::time::timeout(within, seen).await.unwrap_or_else(|_| panic!("`{salutation}` is not seen"));
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_on_the_server_is_seen_by_the_app_also_after_a_restart() {
    for (name, program) in installed() {
        let bucket = Bucket::start(&program).await;
        bucket.put("backends_greeter.salutation", "Servus").await;
        let app = app(&bucket.url()).start().await.unwrap();
        let config: Config<Greeting> = app.get().unwrap();
        assert_eq!(config.get().salutation, "Servus");

        bucket.put("backends_greeter.salutation", "Moin").await;
        println!("{name}: a change is seen after {:?}", greets(&config, "Moin", Duration::from_millis(500)).await);
        bucket.put("backends_greeter.salutation", "x".repeat(41)).await;
        let mut troubles = app.configuration().troubles();
        let refused =
            troubles.wait_for(|troubles| troubles.values().any(|words| words.contains("at most 40 characters")));
        drop(tokio::time::timeout(PATIENCE, refused).await.expect("it is refused"));
        assert_eq!(config.get().salutation, "Moin");

        bucket.down();
        let gone = troubles.wait_for(|troubles| troubles.values().any(|words| words.contains("cannot be read")));
        drop(tokio::time::timeout(PATIENCE, gone).await.expect("it is noticed"));
        bucket.back().await;
        bucket.put("backends_greeter.salutation", "Grüezi").await;
        println!("{name}: a change after a restart is seen after {:?}", greets(&config, "Grüezi", PATIENCE).await);
        drop(
            tokio::time::timeout(PATIENCE, troubles.wait_for(|troubles| troubles.is_empty()))
                .await
                .expect("all is well"),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_down_at_start_ends_it_or_is_taken_in_when_it_comes() {
    for (_, program) in installed() {
        let bucket = Bucket::start(&program).await;
        bucket.put("backends_greeter.salutation", "Servus").await;
        bucket.down();
        let error = app(&bucket.url()).start().await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable, "{error}");

        let app = app(&format!("{}?required=no", bucket.url())).start().await.unwrap();
        let config: Config<Greeting> = app.get().unwrap();
        assert_eq!(config.get().salutation, "Hello");
        assert!(app.configuration().troubles().borrow().values().any(|words| words.contains("cannot be read")));
        bucket.back().await;
        greets(&config, "Servus", PATIENCE).await;
    }
}
