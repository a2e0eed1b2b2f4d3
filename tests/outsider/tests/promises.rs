//! A stranger's registry, codec and balancer keep the promises of ours.

use std::sync::Arc;

use micro::codec::Codec;
use micro::prelude::*;
use micro::registry::{Node, Registry};
use micro::selector::{Balancer, PickOptions, Selector};
use micro_outsider::Weighted;

// Linking it is all it takes.
micro::link!(micro_outsider);

#[tokio::test]
async fn the_registry_passes_the_suite_of_its_room() {
    micro::testing::suite::registry(|| async { Registry::connect("ledger://").await.unwrap() }).await;
}

#[test]
fn the_balancer_passes_the_suite_of_its_room_and_gives_each_node_its_share() {
    micro::testing::suite::balancer(|| Balancer::new(Weighted::default()));
    let node = |id: &str, weight: &str| {
        Arc::new(Node::new("echo", format!("10.0.0.1:{weight}")).with_id(id).with_metadata("weight", weight))
    };
    let nodes = [node("light", "1"), node("heavy", "3")];
    let candidates = Selector::with_balancer(Balancer::new(Weighted::default())).candidates(&nodes);
    let picked = (0..40).map(|_| candidates.pick(&PickOptions::new()).unwrap());
    assert_eq!(picked.filter(|pick| pick.node().id == "heavy").count(), 30);
}

#[micro::message(package = "outsider")]
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub text: String,
}

#[micro::service(name = "echo", package = "outsider")]
pub trait Echo {
    async fn say(&self, text: Text) -> Result<Text>;
    async fn twice(&self, text: Text) -> Result<Streaming<Text>>;
}

struct Plain;

#[micro::handler(manual)]
impl Echo for Plain {
    async fn say(&self, text: Text) -> Result<Text> {
        Ok(text)
    }

    async fn twice(&self, text: Text) -> Result<Streaming<Text>> {
        Ok(Streaming::iter([text.clone(), text]))
    }
}

#[tokio::test]
async fn the_registry_and_the_codec_serve_a_program() {
    let registry = Registry::connect("ledger").await.unwrap();
    let app = micro::app().registry(registry.clone()).serve(EchoServer::new(Plain)).start().await.unwrap();
    let caller = micro::app().registry(registry).start().await.unwrap();
    let mirror = Codec::named("mirror").expect("linked");
    let echo = caller.get::<EchoClient>().unwrap().with(CallOptions::new().with_codec(mirror));
    let text = Text { text: "palindrome".into() };
    assert_eq!(echo.say(text.clone()).await.unwrap(), text);
    assert_eq!(echo.twice(text.clone()).await.unwrap().try_collect().await.unwrap(), [text.clone(), text]);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_program_without_handlers_is_told_how_to_link_them() {
    let error = micro::app().registry(Registry::memory()).everything().start().await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert!(error.message().contains("`micro::link!(that_crate);`"), "{error}");
}
