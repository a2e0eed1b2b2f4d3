//! Subscribers that ask for more than their broker does.

use micro::App;
use micro::broker::{Backend, Broker, Capabilities, Deliveries, Event, Subscription};
use micro::prelude::*;
use micro::testing::{Cluster, LogCapture};

/// Something has come in.
#[micro::event(topic = "it.downgrades.arrived", key = name, package = "it.downgrades")]
#[derive(Clone, Debug)]
pub struct Arrived {
    name: String,
}

#[micro::subscriber(queue = "ledger", durable, manual)]
async fn ledger(_: Arrived) -> Result<()> {
    Ok(())
}

#[micro::subscriber(from = "earliest", manual)]
async fn history(_: Arrived) -> Result<()> {
    Ok(())
}

#[micro::subscriber(queue = "line", ordered_by, manual)]
async fn in_line(_: Arrived) -> Result<()> {
    Ok(())
}

#[micro::subscriber(queue = "line", ordered_by = event.name.len(), manual)]
async fn by_length(event: Arrived) -> Result<()> {
    drop(event);
    Ok(())
}

#[micro::subscriber(ordered_by, manual)]
async fn alone_in_line(_: Arrived) -> Result<()> {
    Ok(())
}

/// A broker that promises nothing.
#[derive(Debug)]
struct Plain;

impl Backend for Plain {
    fn name(&self) -> String {
        "plain".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn publish(&self, _: &[Event]) -> Result<()> {
        Ok(())
    }

    async fn subscribe(&self, subscription: &Subscription) -> Result<Deliveries> {
        assert!(!subscription.durable && !subscription.ordered, "checked before: {subscription:?}");
        Ok(Deliveries::new(futures_util::stream::pending()))
    }
}

fn on_plain() -> App {
    Cluster::new().app().broker(Broker::new(Plain))
}

/// What the start of an app fails with.
async fn refused(app: App) -> Error {
    match app.start().await {
        Ok(app) => panic!("it starts, with {:?}", app.address()),
        Err(error) => error,
    }
}

async fn starts(app: App) -> String {
    let logs = LogCapture::capture();
    app.start().await.unwrap().stop().await.unwrap();
    logs.text()
}

fn is_refused_for(error: &Error, subscriber: &str, broker: &str, missing: &str) {
    assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
    for part in [
        &format!("`{subscriber}` asks for {missing}"),
        &format!("broker `{broker}`"),
        "MICRO_BROKER",
        "micro.downgrade",
        "allow",
    ] {
        assert!(error.message().contains(part), "`{part}` in {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_does_not_start_where_a_chosen_broker_lacks_what_a_subscriber_asks_for() {
    is_refused_for(&refused(on_plain().subscribe(ledger)).await, "ledger", "plain", "`durable`");
    is_refused_for(&refused(on_plain().subscribe(history)).await, "history", "plain", "earlier events");
    is_refused_for(&refused(on_plain().subscribe(in_line)).await, "in-line", "plain", "the order of each key");
    // All of them at once.
    let error = refused(on_plain().subscribe(ledger).subscribe(history)).await;
    is_refused_for(&error, "ledger", "plain", "`durable`");
    is_refused_for(&error, "history", "plain", "earlier events");
}

#[tokio::test(start_paused = true)]
async fn order_that_no_broker_can_keep_and_order_of_one_who_is_alone_are_no_matter_of_the_broker() {
    starts(on_plain().subscribe(by_length).subscribe(alone_in_line)).await;
}

#[tokio::test(start_paused = true)]
async fn a_downgrade_that_is_allowed_is_a_warning() {
    let all = || on_plain().subscribe(ledger).subscribe(history).subscribe(in_line);
    let logs = starts(all().setting("micro.downgrade", "allow")).await;
    for (subscriber, missing) in
        [("ledger", "`durable`"), ("history", "earlier events"), ("in-line", "the order of each key")]
    {
        let line = logs.lines().find(|line| line.contains("WARN") && line.contains(&format!("`{subscriber}`")));
        assert!(line.is_some_and(|line| line.contains(missing) && line.contains("`plain`")), "{subscriber}: {logs}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_was_not_chosen_warns_on_loopback_and_refuses_beyond() {
    let app = || Cluster::new().app().subscribe(ledger);
    let logs = starts(app()).await;
    assert!(logs.contains("`ledger` goes without `durable`") && logs.contains("`direct`"), "{logs}");

    let beyond = app().settings(|settings| settings.address = "0.0.0.0:0".into());
    is_refused_for(&refused(beyond).await, "ledger", "direct", "`durable`");
    let strict = app().setting("micro.downgrade", "refuse");
    is_refused_for(&refused(strict).await, "ledger", "direct", "`durable`");
    let chosen = app().setting("micro.broker", "direct");
    is_refused_for(&refused(chosen).await, "ledger", "direct", "`durable`");
    let allowed = app().settings(|settings| settings.address = "0.0.0.0:0".into()).setting("micro.downgrade", "allow");
    starts(allowed).await;
}

#[micro::subscriber(queue = "ledger", durable, broker = "audit", manual)]
async fn at_audit(_: Arrived) -> Result<()> {
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_broker_with_a_name_was_chosen_and_one_that_can_is_asked() {
    let named = Cluster::new().app().named_broker("audit", Broker::new(Plain)).subscribe(at_audit);
    is_refused_for(&refused(named).await, "at-audit", "plain", "`durable`");
    let can = Cluster::new().app().broker(Broker::memory());
    starts(can.subscribe(ledger).subscribe(history).subscribe(in_line)).await;
}

#[tokio::test(start_paused = true)]
async fn events_handled_by_a_closure_are_checked_alike() {
    let handled = |subscription: Subscription, handling| {
        on_plain().handle_events(subscription, handling, micro::broker::handling::handler_fn(|_| async { Ok(()) }))
    };
    let queue = || Subscription::new("it.downgrades.>".parse().unwrap()).with_queue("closure");
    let handling = || micro::broker::ConsumerOptions::default().with_name("closure");
    is_refused_for(&refused(handled(queue().durable(), handling())).await, "closure", "plain", "`durable`");
    let in_order = handled(queue(), handling().in_order());
    is_refused_for(&refused(in_order).await, "closure", "plain", "the order of each key");
}
