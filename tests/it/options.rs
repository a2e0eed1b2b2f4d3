//! What is written in `#[micro::service(..)]` and `#[method(..)]` reaches the description, and does what it says.

use std::time::Duration;

use micro::prelude::*;
use micro::registry::Registry;
use micro::rpc::Idempotency;

use crate::contract::{Text, calling_as, posted, serving_as};

/// Everything there is to say.
#[micro::service(
    name = "told-all",
    package = "it.options.v2",
    version = "2.1.0",
    extension("team" = "doors", "limits" = { "calls": [1, 2.5], "burst": null })
)]
pub trait Told {
    #[method(name = "Say", timeout = "1500ms", idempotent, extension("auth.scope" = "admin", "tool" = true))]
    async fn speak(&self, text: Text) -> Result<Text>;

    #[method(no_side_effects, deprecated = "use `speak`")]
    async fn say_old(&self, text: Text) -> Result<Text>;

    async fn plain(&self) -> Result<()>;
}

#[test]
fn options_reach_the_description() {
    struct Teller;
    #[micro::handler(manual)]
    impl Told for Teller {
        async fn speak(&self, text: Text) -> Result<Text> {
            Ok(text)
        }
        async fn say_old(&self, text: Text) -> Result<Text> {
            Ok(text)
        }
        async fn plain(&self) -> Result<()> {
            Ok(())
        }
    }

    let service = ToldServer::new(Teller);
    let desc = service.desc();
    assert_eq!((desc.name(), desc.service_version(), desc.contract()), ("told-all", "2.1.0", "Told"));
    assert_eq!(desc.full_name(), "it.options.v2.Told");
    assert_eq!(desc.extension("team"), Some("\"doors\""));
    assert_eq!(desc.extension("limits"), Some(r#"{"calls":[1,2.5],"burst":null}"#));
    assert_eq!(desc.extension("other"), None);

    let [speak, say_old, plain] = desc.method_descs() else { panic!("three methods") };
    assert_eq!((speak.name(), speak.path()), ("Say", "/it.options.v2.Told/Say"));
    assert_eq!(speak.timeout(), Some(Duration::from_millis(1500)));
    assert_eq!((speak.extension("auth.scope"), speak.extension("tool")), (Some("\"admin\""), Some("true")));
    assert_eq!(say_old.deprecation(), Some("use `speak`"));
    let idempotency = [speak, say_old, plain].map(|method| method.idempotency());
    assert_eq!(idempotency, [Idempotency::Idempotent, Idempotency::NoSideEffects, Idempotency::Unknown]);
    assert_eq!((plain.timeout(), plain.deprecation(), plain.extension("tool")), (None, None, None));
    assert_eq!(desc.description().methods[1].deprecated.as_deref(), Some("use `speak`"));
}

/// One contract as two programs may know it: only one of them has heard of the deadline.
mod patient {
    use super::*;

    #[micro::service(name = "slow", package = "it")]
    pub trait Slow {
        async fn wait(&self, text: Text) -> Result<Text>;
    }
}

mod hasty {
    use super::*;

    #[micro::service(name = "slow", package = "it")]
    pub trait Slow {
        #[method(timeout = "50ms")]
        async fn wait(&self, text: Text) -> Result<Text>;
    }
}

/// Waits for ever, or says how much time it was given.
struct Waits;

async fn wait(text: Text, ctx: &Context) -> Result<Text> {
    if text.text == "how long?" {
        let left = ctx.deadline().map(|deadline| deadline.saturating_duration_since(tokio::time::Instant::now()));
        return Ok(Text::new(format!("{}", left.unwrap_or_default().as_millis())));
    }
    std::future::pending().await
}

#[micro::handler(manual)]
impl patient::Slow for Waits {
    async fn wait(&self, text: Text, ctx: &Context) -> Result<Text> {
        wait(text, ctx).await
    }
}

#[micro::handler(manual)]
impl hasty::Slow for Waits {
    async fn wait(&self, text: Text, ctx: &Context) -> Result<Text> {
        wait(text, ctx).await
    }
}

#[tokio::test]
async fn a_timeout_applies_on_the_side_that_knows_it_and_travels() {
    // The client knows, and tells a server that does not.
    let registry = Registry::memory();
    let app = serving_as(&registry, patient::SlowServer::new(Waits)).await;
    let hasty: hasty::SlowClient = calling_as(&registry).await;
    let left = hasty::Slow::wait(&hasty, Text::new("how long?")).await.unwrap();
    assert!((1..=50).contains(&left.text.parse().unwrap()), "{left:?}");
    let error = hasty::Slow::wait(&hasty, Text::new("")).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    app.stop().await.unwrap();

    // The server knows, and applies it to a caller that says nothing.
    let app = serving_as(&Registry::memory(), hasty::SlowServer::new(Waits)).await;
    let (status, error) = posted(&app, "/it.Slow/Wait", "{}").await;
    assert_eq!((status, &error["code"]), (504, &"deadline_exceeded".into()));

    // So does a call that stays in the process.
    let local = hasty::SlowClient::of(Waits);
    assert_eq!(hasty::Slow::wait(&local, Text::new("")).await.unwrap_err().code(), Code::DeadlineExceeded);
    app.stop().await.unwrap();
}
