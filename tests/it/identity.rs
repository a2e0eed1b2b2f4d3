//! Under which names and as whom programs are listed.

use micro::client::CallOptions;
use micro::prelude::*;
use micro::registry::Registry;
use micro::selector::Filter;

use crate::contract::{Echo, EchoClient, EchoServer, Mirror, Text, calling};

/// Answers with a word of its own.
struct Word(&'static str);

#[micro::handler(manual)]
impl Echo for Word {
    async fn say(&self, _: Text) -> Result<Text> {
        Ok(Text::new(self.0))
    }

    async fn letters(&self, _: Text) -> Result<Streaming<Text>> {
        Ok(Streaming::empty())
    }

    async fn join(&self, _: Streaming<Text>) -> Result<Text> {
        self.say(Text::new("")).await
    }

    async fn shout(&self, texts: Streaming<Text>) -> Result<Streaming<Text>> {
        Ok(texts)
    }

    async fn nothing(&self) -> Result<()> {
        Ok(())
    }
}

async fn word(echo: &EchoClient) -> String {
    echo.say(Text::new("")).await.unwrap().text
}

#[tokio::test]
async fn two_implementations_of_one_contract_live_under_two_names_on_one_port() {
    let registry = Registry::memory();
    let app = micro::app()
        .registry(registry.clone())
        .serve(EchoServer::new(Word("stable")))
        .serve_as("echo-canary", EchoServer::new(Word("canary")))
        .start()
        .await
        .unwrap();
    for echo in [calling(&registry).await, app.get::<EchoClient>().unwrap()] {
        assert_eq!(word(&echo).await, "stable");
        assert_eq!(word(&echo.named("echo-canary")).await, "canary");
    }
    let twice = micro::app()
        .registry(registry)
        .serve(EchoServer::new(Word("a")))
        .serve(EchoServer::new(Word("b")))
        .start()
        .await
        .unwrap_err();
    assert!(twice.message().contains("served twice under the name `echo`"), "{twice}");
    app.stop().await.unwrap();
}

#[micro::service(name = "second", package = "it")]
pub trait Second {
    async fn second(&self) -> Result<()>;
}

#[derive(Default)]
struct Both;

#[micro::handler]
impl Second for Both {
    async fn second(&self) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn two_contracts_live_under_one_name_and_are_one_node() {
    let registry = Registry::memory();
    let app = micro::app()
        .registry(registry.clone())
        .serve_as("both", EchoServer::new(Mirror::default()))
        .mount_as::<Both>("both")
        .start()
        .await
        .unwrap();
    let nodes = registry.nodes("both").await.unwrap();
    assert_eq!(nodes.len(), 1);
    assert!(nodes[0].serves("/it.Echo/Say") && nodes[0].serves("/it.Second/Second"), "{nodes:?}");
    let second: SecondClient = micro::app().registry(registry).start().await.unwrap().get().unwrap();
    second.named("both").second().await.unwrap();
    app.stop().await.unwrap();
}

#[tokio::test]
async fn version_id_labels_and_name_are_set_when_the_program_starts() {
    let registry = Registry::memory();
    let start = |version: &'static str, zone: &'static str| {
        let app = micro::app().registry(registry.clone()).serve(EchoServer::new(Word(version)));
        let app = app.settings(|settings| {
            settings.server_version = Some(version.into());
            settings.server_id = Some(format!("node-{version}"));
            settings.server_metadata.insert("zone".into(), zone.into());
            settings.server_name = vec![micro::app::Rename { from: None, to: "reverb".into() }];
        });
        app.start()
    };
    let (one, two) = (start("1", "a").await.unwrap(), start("2", "b").await.unwrap());
    let echo = calling(&registry).await.named("reverb");
    let by = |filter| echo.with(CallOptions::new().with_filter(filter));
    for _ in 0..10 {
        assert_eq!(word(&by(Filter::default().with_version("1"))).await, "1");
        assert_eq!(word(&by(Filter::default().with_label("zone", "b"))).await, "2");
    }
    let ids: Vec<_> = registry.nodes("reverb").await.unwrap().into_iter().map(|node| node.id).collect();
    assert_eq!(ids, ["node-1", "node-2"]);
    one.stop().await.unwrap();
    two.stop().await.unwrap();
}

#[tokio::test]
async fn only_the_services_that_are_named_are_served_and_built() {
    let registry = Registry::memory();
    let only = |name: &'static str| {
        let app = micro::app().registry(registry.clone()).linked();
        app.settings(move |settings| settings.services = [name.to_owned()].into()).start()
    };
    // `needy` is linked too and cannot be built; it is left alone.
    let app = only("second").await.unwrap();
    assert_eq!(app.services().map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), ["second"]);
    app.stop().await.unwrap();
    let error = only("secnd").await.unwrap_err();
    assert!(error.message().contains("did you mean `second`?"), "{error}");
}
