//! Building what is served.

use micro::prelude::*;
use micro::registry::Registry;

#[micro::message(package = "it")]
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    pub count: u32,
}

#[micro::service(name = "ping", package = "it")]
pub trait Ping {
    async fn ping(&self, count: Count) -> Result<Count>;
}

#[micro::service(name = "pong", package = "it")]
pub trait Pong {
    async fn pong(&self, count: Count) -> Result<Count>;
}

/// Two services that hold each other's clients.
struct Left {
    pong: PongClient,
    step: Step,
}

struct Right {
    ping: PingClient,
}

#[derive(Clone)]
struct Step(u32);

#[micro::provider]
async fn step() -> Result<Step> {
    Ok(Step(1))
}

impl Left {
    #[micro::init]
    async fn new(pong: PongClient, step: Step) -> Result<Self> {
        Ok(Left { pong, step })
    }
}

impl Right {
    #[micro::init]
    fn new(ping: PingClient) -> Result<Self> {
        Ok(Right { ping })
    }
}

#[micro::handler]
impl Ping for Left {
    async fn ping(&self, count: Count) -> Result<Count> {
        match count.count.checked_sub(self.step.0) {
            Some(count) => self.pong.pong(Count { count }).await,
            None => Ok(count),
        }
    }
}

#[micro::handler]
impl Pong for Right {
    async fn pong(&self, count: Count) -> Result<Count> {
        self.ping.ping(count).await
    }
}

#[tokio::test]
async fn two_services_may_hold_each_others_clients() {
    let app = micro::app().registry(Registry::memory()).mount::<Left>().mount::<Right>().start().await.unwrap();
    let ping: PingClient = app.get().unwrap();
    assert_eq!(ping.ping(Count { count: 3 }).await.unwrap(), Count { count: 0 });
    app.stop().await.unwrap();
}

#[tokio::test]
async fn what_an_app_provides_takes_the_place_of_a_provider() {
    let app = micro::app()
        .registry(Registry::memory())
        .provide(Step(5))
        .mount::<Left>()
        .mount::<Right>()
        .start()
        .await
        .unwrap();
    let ping: PingClient = app.get().unwrap();
    assert_eq!(ping.ping(Count { count: 7 }).await.unwrap(), Count { count: 2 });
    app.stop().await.unwrap();
}

#[derive(Clone)]
struct Missing;
#[derive(Clone)]
struct Lost;

struct Needy;

impl Needy {
    #[micro::init]
    async fn new(_: Missing, _: Lost) -> Result<Self> {
        Ok(Needy)
    }
}

#[micro::service(name = "needy", package = "it")]
pub trait Need {
    async fn need(&self) -> Result<()>;
}

#[micro::handler]
impl Need for Needy {
    async fn need(&self) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn everything_that_is_missing_is_said_at_once() {
    let error = micro::app().registry(Registry::memory()).mount::<Needy>().start().await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    let message = error.message();
    assert!(message.contains("2 problems"), "{message}");
    assert!(message.contains("`impl Need for Needy` at tests/it/injection.rs:"), "{message}");
    assert!(message.contains("needs `Missing`, which nothing provides"), "{message}");
    assert!(message.contains("needs `Lost`, which nothing provides"), "{message}");
}

#[tokio::test]
async fn a_type_that_serves_nothing_is_answered_with_what_to_write() {
    let error = micro::app().registry(Registry::memory()).mount::<Missing>().start().await.unwrap_err();
    assert!(error.message().contains("write `#[micro::handler]` on an `impl Contract for"), "{error}");
}
