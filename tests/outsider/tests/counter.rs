//! A kind of plug from a crate that micro does not know behaves as micro's own.

use micro::prelude::*;
use micro::registry::Registry;
use micro_outsider::counter::{Counter, Counters};

#[micro::message(package = "outsider")]
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    pub name: String,
}

#[micro::message(package = "outsider")]
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    pub count: u64,
}

#[micro::service(name = "visits", package = "outsider")]
pub trait Visits {
    async fn visit(&self, name: Name) -> Result<Count>;
}

struct Desk {
    counter: Counter,
    audit: Counter,
}

impl Desk {
    #[micro::init]
    async fn new(counter: Counter, all: Counters) -> Result<Self> {
        Ok(Desk { counter, audit: all.get("audit")?.clone() })
    }
}

#[micro::handler]
impl Visits for Desk {
    async fn visit(&self, name: Name) -> Result<Count> {
        self.audit.add("calls");
        Ok(Count { count: self.counter.add(&name.name) })
    }
}

fn app() -> micro::App {
    micro::app().registry(Registry::memory()).mount::<Desk>()
}

fn name(name: &str) -> Name {
    Name { name: name.into() }
}

#[tokio::test]
async fn it_is_set_injected_named_and_flushed() {
    let tape = std::env::temp_dir().join(format!("micro-outsider-{}", std::process::id()));
    let app = app().setting("micro.counters.audit", format!("tape://{}", tape.display())).start().await.unwrap();
    let visits: VisitsClient = app.get().unwrap();
    visits.visit(name("ada")).await.unwrap();
    assert_eq!(visits.visit(name("ada")).await.unwrap().count, 2);
    assert_eq!(app.get::<Counters>().unwrap().get("audit").unwrap().add("more"), 1);
    assert!(!tape.exists(), "nothing was flushed yet");
    app.stop().await.unwrap();
    assert_eq!(std::fs::read_to_string(&tape).unwrap(), "calls 1\ncalls 2\nmore 1\n");
    std::fs::remove_file(tape).unwrap();
}

#[tokio::test]
async fn mistakes_in_its_settings_are_answered() {
    let error = app().setting("micro.counter", "tap://x").start().await.unwrap_err();
    assert!(error.message().contains("no counter `tap` in this program, did you mean `tape`?"), "{error}");
    let error = app().setting("micro.counters.audit", "tape").start().await.unwrap_err();
    assert!(error.message().contains("`micro.counters.audit`: `tape://` needs the path"), "{error}");
    let error = app().start().await.unwrap_err();
    assert!(error.message().contains("no counter is called `audit`: add it with `micro.counters.audit"), "{error}");
    let error = app().setting("micro.counter", 7).start().await.unwrap_err();
    assert!(error.message().contains("micro.counter"), "{error}");
}

#[tokio::test]
async fn a_handle_of_the_program_takes_the_place_of_the_settings() {
    let counter: Counter = micro::plug::connect("memory").await.unwrap();
    assert_eq!(counter.add("ada"), 1);
    let app = app().plug(counter.clone()).named_plug("audit", counter.clone()).start().await.unwrap();
    let visits: VisitsClient = app.get().unwrap();
    assert_eq!(visits.visit(name("ada")).await.unwrap().count, 2);
    assert_eq!(counter.add("calls"), 2);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_is_opened_that_nothing_uses() {
    let app = micro::app().registry(Registry::memory()).start().await.unwrap();
    assert_eq!(app.get::<Counter>().unwrap_err().code(), micro::Code::NotFound);
    app.stop().await.unwrap();
    let app = micro::app().registry(Registry::memory()).setting("micro.counter", "memory").start().await.unwrap();
    assert_eq!(app.get::<Counter>().unwrap().add("ada"), 1);
    assert!(app.configuration().print().contains("counter = \"memory\""), "{}", app.configuration().print());
    app.stop().await.unwrap();
}
