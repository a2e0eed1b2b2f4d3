//! The registry, broker, source of settings, codec and balancer of another crate keep the promises of ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use micro::codec::Codec;
use micro::config::Config;
use micro::prelude::*;
use micro::registry::{Node, Registry};
use micro::selector::{Balancer, PickOptions, Selector};
use micro::testing::suite::{self, Server};
use micro_outsider::{Board, Ledger, Weighted};

// Linking it is all it takes.
micro::link!(micro_outsider);

/// A ledger that can be locked away.
struct Locked(Ledger);

impl suite::Fixture for Locked {
    fn server(&self) -> Server {
        Server::Controlled
    }

    async fn down(&self) {
        self.0.lock(true);
    }

    async fn up(&self) {
        self.0.lock(false);
    }
}

impl suite::registry::Fixture for Locked {
    async fn registry(&self) -> Registry {
        Registry::new(self.0.clone())
    }
}

mod registry {
    micro::testing::suite! {
        #[tokio::test]
        registry(super::Locked(micro_outsider::Ledger::default()))
    }
}

mod broker {
    use micro::broker::Broker;

    micro::testing::suite! {
        #[tokio::test(start_paused = true)]
        broker(Broker::connect("office").await.unwrap())
    }
}

/// A board that can be covered.
struct Covered(Board);

impl Covered {
    /// A board of its own.
    fn board() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Covered(Board::named(&format!("suite-{}", NEXT.fetch_add(1, Ordering::Relaxed))))
    }
}

impl suite::Fixture for Covered {
    fn server(&self) -> Server {
        Server::Controlled
    }

    async fn down(&self) {
        self.0.cover(true);
    }

    async fn up(&self) {
        self.0.cover(false);
    }
}

impl suite::config::Fixture for Covered {
    type Source = Board;

    fn source(&self) -> Board {
        self.0.clone()
    }

    async fn put(&self, path: &str, value: &str) {
        self.0.write(path, value);
    }

    async fn remove(&self, path: &str) {
        self.0.wipe(path);
    }

    fn unreachable(&self) -> Option<Board> {
        let board = Board::named("unreachable");
        board.cover(true);
        Some(board)
    }
}

mod config {
    micro::testing::suite! {
        #[tokio::test(start_paused = true)]
        config(super::Covered::board())
    }
}

#[micro::event(topic = "outsider.written", package = "outsider")]
#[derive(Clone, Debug)]
pub struct Written {
    pub text: String,
}

#[micro::subscriber(queue = "archive", durable, manual)]
async fn archive(_: Written) -> Result<()> {
    Ok(())
}

#[tokio::test]
async fn a_subscriber_that_asks_for_more_than_the_broker_does_keeps_the_program_from_starting() {
    let app = || micro::app().setting("micro.broker", "office").registry(Registry::memory()).subscribe(archive);
    let error = app().start().await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
    assert!(error.message().contains("`archive` asks for `durable`, which broker `office` does not have"), "{error}");
    let allowed = app().setting("micro.downgrade", "allow").start().await.unwrap();
    allowed.stop().await.unwrap();
}

#[micro::config(prefix = "outsider.hall")]
pub struct Hall {
    #[config(default = "closed")]
    state: String,
}

#[tokio::test]
async fn settings_are_read_from_the_board() {
    Board::named("hall").write("outsider.hall.state", "open");
    let app =
        micro::app().registry(Registry::memory()).settings(|settings| settings.config.push("board://hall".into()));
    let app = app.start().await.unwrap();
    let hall: Config<Hall> = app.get().unwrap();
    assert_eq!(hall.get().state, "open");
    Board::named("hall").write("outsider.hall.state", "full");
    let until = tokio::time::Instant::now() + Duration::from_secs(30);
    while hall.get().state != "full" {
        assert!(tokio::time::Instant::now() < until, "still {}", hall.get().state);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.stop().await.unwrap();
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
    let error = micro::app().registry(Registry::memory()).linked().start().await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert!(error.message().contains("`micro::link!(that_crate);`"), "{error}");
}
