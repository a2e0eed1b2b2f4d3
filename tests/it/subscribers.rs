//! Functions and methods that are run for events.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro::broker::{Ack, Broker, Event, PublishOptions, Publisher};
use micro::config::Config;
use micro::metadata::Metadata;
use micro::prelude::*;
use micro::testing::Cluster;
use tokio::sync::mpsc;

/// Somebody was greeted.
#[micro::event(topic = "it.greeted", package = "it.subscribers")]
#[derive(Clone, Debug, PartialEq)]
pub struct Greeted {
    name: String,
}

/// What an order went through.
#[micro::event(topic = "it.orders.moved", key = order, package = "it.subscribers")]
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    order: u32,
    step: u32,
}

#[micro::message(package = "it.subscribers")]
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    events: u32,
}

#[micro::config(prefix = "it.subscribers")]
pub struct AuditConfig {
    #[config(default = "Hello")]
    salutation: String,
}

/// Where subscribers write what they heard.
#[derive(Clone)]
struct Page(mpsc::UnboundedSender<String>);

impl Page {
    fn new() -> (Self, mpsc::UnboundedReceiver<String>) {
        let (page, lines) = mpsc::unbounded_channel();
        (Page(page), lines)
    }

    fn write(&self, line: impl Into<String>) {
        let _ = self.0.send(line.into());
    }
}

/// What apps have whose test provides none.
#[micro::provider]
async fn page() -> Result<Page> {
    Ok(Page::new().0)
}

async fn lines(lines: &mut mpsc::UnboundedReceiver<String>, count: usize) -> Vec<String> {
    let mut read = vec![];
    for _ in 0..count {
        let line = tokio::time::timeout(Duration::from_secs(60), lines.recv()).await;
        read.push(line.unwrap_or_else(|_| panic!("no more lines than {read:?}")).expect("the app has a page"));
    }
    read
}

fn greeted(name: &str) -> Greeted {
    Greeted { name: name.into() }
}

#[micro::subscriber(manual)]
async fn by_type(event: Greeted, page: Page) -> Result<()> {
    page.write(event.name);
    Ok(())
}

#[micro::subscriber(topic = "it.>", manual)]
async fn raw(event: Event, page: Page) -> Result<()> {
    page.write(format!("{} {} bytes", event.topic, event.body.len()));
    Ok(())
}

async fn unmarked(_: Greeted) -> Result<()> {
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn only_marked_functions_are_subscribed() {
    let error = Cluster::new().app().subscribe(unmarked).start().await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert!(error.message().contains("subscribers::unmarked` is not a subscriber: mark the function"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_event_is_taken_by_its_type_or_as_it_comes() {
    let (page, mut read) = Page::new();
    let app = Cluster::new().app().provide(page).subscribe(by_type).start().await.unwrap();
    app.get::<Publisher<Greeted>>().unwrap().publish(&greeted("Ada")).await.unwrap();
    assert_eq!(lines(&mut read, 1).await, ["Ada"]);
    app.stop().await.unwrap();

    let (page, mut read) = Page::new();
    let app = Cluster::new().app().provide(page).subscribe(raw).start().await.unwrap();
    app.broker().publish(Event::new("it.a.b".parse().unwrap(), "12345")).await.unwrap();
    app.broker().publish(Event::new("others.a".parse().unwrap(), "")).await.unwrap();
    app.broker().publish(Event::new("it.b".parse().unwrap(), "")).await.unwrap();
    assert_eq!(lines(&mut read, 2).await, ["it.a.b 5 bytes", "it.b 0 bytes"]);
    app.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_function_stays_what_it_is() {
    let (page, mut read) = Page::new();
    by_type(greeted("Ada"), page).await.unwrap();
    assert_eq!(lines(&mut read, 1).await, ["Ada"]);
}

#[micro::subscriber(topic = "it.*.counted", manual)]
async fn other_topics(ctx: &Context, Total { events }: Total, page: Page) -> Result<()> {
    let event = ctx.event().expect("an event is handled");
    page.write(format!("{events} on {}", event.topic()));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn topics_of_the_option_are_those_of_the_subscription() {
    let (page, mut read) = Page::new();
    let app = Cluster::new().app().provide(page).subscribe(other_topics).start().await.unwrap();
    for (topic, events) in [("it.east.counted", 1), ("it.counted", 2), ("it.west.counted", 3)] {
        let body = micro::codec::Codec::JSON.encode(&Total { events }).unwrap();
        let event = Event::new(topic.parse().unwrap(), body).with_content_type("application/json");
        app.broker().publish(event).await.unwrap();
    }
    assert_eq!(lines(&mut read, 2).await, ["1 on it.east.counted", "3 on it.west.counted"]);
    app.stop().await.unwrap();
}

#[micro::subscriber(retry(max = 2, backoff = "10s"), manual)]
async fn in_context(ctx: &Context, event: Greeted, page: Page, again: &AuditConfig) -> Result<()> {
    let happened = ctx.event().expect("an event is handled");
    let current = Context::current();
    assert_eq!(current.event().map(|event| event.id()), Some(happened.id()));
    page.write(format!(
        "{} {}: {} in {}, try {}, {}",
        again.salutation,
        event.name,
        happened.id(),
        happened.topic(),
        happened.attempt(),
        ctx.metadata().get("x-tenant").unwrap_or("nobody")
    ));
    match happened.attempt() {
        1 => Err(Error::unavailable("not yet")),
        _ => Ok(()),
    }
}

#[tokio::test(start_paused = true)]
async fn the_context_tells_which_event_it_is_and_which_try() {
    let (page, mut read) = Page::new();
    let app = Cluster::new().app().provide(page).configure::<AuditConfig>(|config| config.salutation = "Ahoy".into());
    let app = app.subscribe(in_context).start().await.unwrap();
    let mut metadata = Metadata::new();
    metadata.insert("x-tenant", "acme").unwrap();
    let options = PublishOptions::new().with_id("e-1").with_metadata(metadata);
    let begun = tokio::time::Instant::now();
    app.get::<Publisher<Greeted>>().unwrap().publish_with(&greeted("Ada"), options).await.unwrap();
    assert_eq!(
        lines(&mut read, 2).await,
        ["Ahoy Ada: e-1 in it.greeted, try 1, acme", "Ahoy Ada: e-1 in it.greeted, try 2, acme"]
    );
    assert_eq!(begun.elapsed().as_secs(), 10);
    app.stop().await.unwrap();
}

/// Hears of one thing and tells another.
#[micro::subscriber(queue = "forward", manual)]
async fn forward(event: Greeted, moved: Publisher<Moved>, config: Config<AuditConfig>, page: Page) -> Result<()> {
    page.write(format!("{} {}", config.get().salutation, event.name));
    moved.publish(&Moved { order: 7, step: 1 }).await
}

#[micro::subscriber(manual)]
async fn arrived(event: Moved, ctx: &Context, page: Page) -> Result<()> {
    page.write(format!("{} {:?}", event.step, ctx.event().and_then(|event| event.key())));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_injected_can_be_a_publisher_settings_or_a_value() {
    let (page, mut read) = Page::new();
    let app = Cluster::new().app().provide(page).subscribe(forward).subscribe(arrived).start().await.unwrap();
    app.get::<Publisher<Greeted>>().unwrap().publish(&greeted("Ada")).await.unwrap();
    assert_eq!(lines(&mut read, 2).await, ["Hello Ada", "1 Some(\"7\")"], "the key is the value of the field");
    app.stop().await.unwrap();
}

#[derive(Debug, micro::Error)]
#[error(package = "it.subscribers")]
pub enum AuditError {
    #[error(code = InvalidArgument, "`{0}` has no letters")]
    Nameless(String),
    #[error(other)]
    Other(micro::Error),
}

#[micro::subscriber(retry(max = 1), dead_letter = "it.dead", manual)]
async fn strict(event: Greeted, page: Page, publisher: Publisher<Moved>) -> std::result::Result<(), AuditError> {
    if event.name.is_empty() {
        return Err(AuditError::Nameless(event.name));
    }
    publisher.publish(&Moved { order: 1, step: 1 }).await?;
    page.write(event.name);
    Ok(())
}

#[micro::subscriber(topic = "it.dead", manual)]
async fn buried(event: Event, page: Page) -> Result<()> {
    page.write(format!("dead: {}", event.topic));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_enum_of_errors_is_an_error_like_others() {
    let (page, mut read) = Page::new();
    let app = Cluster::new().app().provide(page).subscribe(strict).subscribe(buried).start().await.unwrap();
    let publisher: Publisher<Greeted> = app.get().unwrap();
    publisher.publish(&greeted("")).await.unwrap();
    assert_eq!(lines(&mut read, 1).await, ["dead: it.dead"]);
    publisher.publish(&greeted("Ada")).await.unwrap();
    assert_eq!(lines(&mut read, 1).await, ["Ada"]);
    app.stop().await.unwrap();
}

/// Counts what it hears, and tells.
struct Counter {
    events: AtomicU32,
    page: Page,
}

#[micro::service(name = "it-counter", package = "it.subscribers")]
impl Counter {
    #[init]
    async fn new(page: Page) -> Result<Self> {
        page.write("built");
        Ok(Counter { events: AtomicU32::new(0), page })
    }

    #[handler]
    async fn total(&self) -> Result<Total> {
        Ok(Total { events: self.events.load(Ordering::SeqCst) })
    }

    #[subscriber(queue = "it-counter")]
    async fn greeted(&self, event: Greeted, ctx: &Context, config: &AuditConfig, page: Page) -> Result<()> {
        assert!(ctx.event().is_some());
        self.count();
        page.write(format!("{} {}", config.salutation, event.name));
        Ok(())
    }
}

#[micro::handler]
impl Counter {
    #[subscriber(topic = "it.orders.*")]
    async fn any_order(&self, event: Event) -> Result<()> {
        self.count();
        self.page.write(event.topic.as_str());
        Ok(())
    }
}

impl Counter {
    fn count(&self) {
        self.events.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn methods_share_the_one_instance_of_their_type() {
    let (page, mut read) = Page::new();
    let cluster = Cluster::new();
    let app = cluster.app().provide(page).mount::<Counter>().start().await.unwrap();
    app.get::<Publisher<Greeted>>().unwrap().publish(&greeted("Ada")).await.unwrap();
    app.get::<Publisher<Moved>>().unwrap().publish(&Moved { order: 1, step: 1 }).await.unwrap();
    let mut read = lines(&mut read, 3).await;
    read.sort();
    assert_eq!(read, ["Hello Ada", "built", "it.orders.moved"]);
    let counter: CounterClient = cluster.client().await.unwrap();
    assert_eq!(counter.total().await.unwrap(), Total { events: 2 });
    app.stop().await.unwrap();
}

/// A value that is served brings its subscribers along.
#[tokio::test(start_paused = true)]
async fn methods_are_run_on_a_value_that_is_served() {
    let (page, mut read) = Page::new();
    let counter = Counter { events: AtomicU32::new(40), page: page.clone() };
    let cluster = Cluster::new();
    let app = cluster.app().provide(page).serve(counter).start().await.unwrap();
    app.get::<Publisher<Greeted>>().unwrap().publish(&greeted("Ada")).await.unwrap();
    assert_eq!(lines(&mut read, 1).await, ["Hello Ada"]);
    let counter: CounterClient = cluster.client().await.unwrap();
    assert_eq!(counter.total().await.unwrap(), Total { events: 41 });
    app.stop().await.unwrap();
}

/// Who is at work.
#[derive(Clone, Default)]
struct Desk(Arc<Mutex<Vec<u32>>>);

#[micro::provider]
async fn desk() -> Result<Desk> {
    Ok(Desk::default())
}

impl Desk {
    async fn work(&self, line: u32, page: &Page, step: u32) {
        {
            let mut busy = self.0.lock().unwrap();
            assert!(!busy.contains(&line), "two events of line {line} at a time");
            busy.push(line);
        }
        // The later in its line, the quicker: without an order the last would end first.
        tokio::time::sleep(Duration::from_secs(u64::from(10 - step))).await;
        page.write(format!("{line}.{step}"));
        self.0.lock().unwrap().retain(|busy| *busy != line);
    }
}

#[micro::subscriber(ordered_by = event.order % 10, concurrency = 8, manual)]
async fn by_last_digit(event: Moved, desk: Desk, page: Page) -> Result<()> {
    desk.work(event.order % 10, &page, event.step).await;
    Ok(())
}

#[micro::subscriber(ordered_by, manual)]
async fn by_key(Moved { order, step }: Moved, desk: Desk, page: Page) -> Result<()> {
    desk.work(order, &page, step).await;
    Ok(())
}

async fn in_order(app: micro::App, orders: [[u32; 3]; 2]) -> Vec<String> {
    let (page, mut read) = Page::new();
    let app = app.provide(page).provide(Desk::default()).start().await.unwrap();
    let publisher: Publisher<Moved> = app.get().unwrap();
    for step in 0..3 {
        for order in orders {
            publisher.publish(&Moved { order: order[step], step: step as u32 }).await.unwrap();
        }
    }
    let read = lines(&mut read, 6).await;
    app.stop().await.unwrap();
    read
}

#[tokio::test(start_paused = true)]
async fn events_of_one_key_are_handled_in_their_order() {
    let of = |read: &[String], line: &str| -> Vec<String> {
        read.iter().filter(|read| read.starts_with(line)).cloned().collect()
    };
    let app = Cluster::new().app().subscribe(by_last_digit);
    let read = in_order(app, [[1, 11, 21], [2, 12, 22]]).await;
    assert_eq!(of(&read, "1."), ["1.0", "1.1", "1.2"]);
    assert_eq!(of(&read, "2."), ["2.0", "2.1", "2.2"]);
    assert_ne!(read[0].get(..2), read[1].get(..2), "the two lines are handled side by side: {read:?}");

    let app = Cluster::new().app().subscribe(by_key);
    let read = in_order(app, [[1, 1, 1], [2, 2, 2]]).await;
    assert_eq!(of(&read, "1."), ["1.0", "1.1", "1.2"]);
    assert_eq!(of(&read, "2."), ["2.0", "2.1", "2.2"]);
}

#[micro::subscriber(ack = "manual", retry(backoff = "5s"), manual)]
async fn settled_later(event: Greeted, ack: Ack, ctx: &Context, page: Page) -> Result<()> {
    let attempt = ctx.event().map_or(0, |event| event.attempt());
    page.write(format!("{} {attempt}", event.name));
    if attempt == 1 && event.name == "Ada" {
        return Ok(());
    }
    micro::spawn(async move {
        tokio::time::sleep(Duration::from_secs(3)).await;
        page.write("done");
        ack.done().await
    });
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_acknowledges_by_hand_may_do_so_after_returning() {
    let (page, mut read) = Page::new();
    let app = Cluster::new().app().provide(page).subscribe(settled_later).start().await.unwrap();
    let publisher: Publisher<Greeted> = app.get().unwrap();
    publisher.publish(&greeted("Grace")).await.unwrap();
    assert_eq!(lines(&mut read, 2).await, ["Grace 1", "done"]);
    publisher.publish(&greeted("Ada")).await.unwrap();
    assert_eq!(lines(&mut read, 3).await, ["Ada 1", "Ada 2", "done"], "an `Ack` that is dropped is a failed try");
    app.stop().await.unwrap();
}

#[micro::subscriber(name = "it-elsewhere", broker = "elsewhere", topic = "it.elsewhere")]
async fn elsewhere(event: Event, page: Page) -> Result<()> {
    page.write(event.topic.as_str());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_registered_runs_with_everything_and_can_be_chosen_by_name() {
    let (page, mut read) = Page::new();
    let broker = Broker::memory();
    let app = Cluster::new().app().linked().provide(page).named_broker("elsewhere", broker.clone());
    let app = app.settings(|settings| settings.services = ["it-elsewhere".to_owned()].into()).start().await.unwrap();
    broker.publish(Event::new("it.elsewhere".parse().unwrap(), "")).await.unwrap();
    app.get::<Publisher<Greeted>>().unwrap().publish(&greeted("nobody")).await.unwrap();
    assert_eq!(lines(&mut read, 1).await, ["it.elsewhere"]);
    app.stop().await.unwrap();
}

/// A broker whose way out is clogged.
#[derive(Debug)]
struct Clogged(Broker);

impl micro::broker::Backend for Clogged {
    fn name(&self) -> String {
        "clogged".into()
    }

    fn capabilities(&self) -> micro::broker::Capabilities {
        self.0.capabilities()
    }

    async fn publish(&self, events: &[Event]) -> Result<()> {
        self.0.publish_all(events).await
    }

    async fn subscribe(&self, subscription: &micro::broker::Subscription) -> Result<micro::broker::Deliveries> {
        self.0.subscribe(subscription.clone()).await
    }

    async fn flush(&self) {
        std::future::pending().await
    }
}

#[micro::subscriber(manual)]
async fn never_done(_event: Greeted, page: Page) -> Result<()> {
    page.write("begun");
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_stop_takes_no_longer_than_is_said_whatever_it_waits_for() {
    let (page, mut read) = Page::new();
    let app = Cluster::new().app().broker(Broker::new(Clogged(Broker::memory()))).provide(page).subscribe(never_done);
    let app = app.settings(|settings| settings.shutdown_timeout = Duration::from_secs(25)).start().await.unwrap();
    app.get::<Publisher<Greeted>>().unwrap().publish(&greeted("Ada")).await.unwrap();
    assert_eq!(lines(&mut read, 1).await, ["begun"]);
    let begun = tokio::time::Instant::now();
    let stopped = app.stop().await.unwrap_err();
    assert_eq!(stopped.code(), Code::DeadlineExceeded);
    assert!(stopped.message().contains("events were still being handled after 25s"), "{stopped}");
    assert!(begun.elapsed() < Duration::from_secs(26), "{:?}", begun.elapsed());
}
