//! A small saga: an order is placed, paid and shipped, each step by a subscriber of its own, and undone where one says no.
//!
//! ```text
//! placed ─ payment ─┬─ paid ─ shipping ── shipped
//!                   ├─ refused ─ cancelling        the business said no: what was done is undone
//!                   └─ orders.placed.dlq ─ support nobody could say anything: a dead letter, for people
//! ```
//!
//! `cargo run --example orders` runs it on the default broker. On JetStream every step outlives the death of its process:
//!
//! ```sh
//! nats-server -js &
//! cargo run --example orders --features broker-nats -- --broker 'nats://127.0.0.1:4222?stream=orders'
//! ```

use std::sync::Arc;

use micro::broker::Event;
use micro::prelude::*;
use tokio::sync::Semaphore;

#[micro::event(topic = "orders.placed", package = "orders", key = order)]
pub struct Placed {
    pub order: u64,
    pub card: String,
    pub cents: u64,
}

#[micro::event(topic = "orders.paid", package = "orders", key = order)]
pub struct Paid {
    pub order: u64,
}

#[micro::event(topic = "orders.refused", package = "orders", key = order)]
pub struct Refused {
    pub order: u64,
    pub reason: String,
}

#[micro::event(topic = "orders.shipped", package = "orders", key = order)]
pub struct Shipped {
    pub order: u64,
}

/// Takes the money. That the bank says no is an event like others; that it says nothing is an error, which is tried again.
#[micro::subscriber(queue = "payment", durable, retry(max = 3, backoff = "50ms"))]
async fn payment(event: Placed, paid: Publisher<Paid>, refused: Publisher<Refused>, ctx: &Context) -> Result<()> {
    let attempt = ctx.event().map_or(1, |event| event.attempt());
    println!("order {}: asks the bank for {} cents, try {attempt}", event.order, event.cents);
    match &*event.card {
        "torn" => Err(Error::unavailable("the bank does not answer")),
        _ if event.cents > 10_000 => {
            let reason = format!("{} cents are too much for one day", event.cents);
            refused.publish(&Refused { order: event.order, reason }).await
        }
        _ => paid.publish(&Paid { order: event.order }).await,
    }
}

#[micro::subscriber(queue = "shipping", durable)]
async fn shipping(event: Paid, shipped: Publisher<Shipped>) -> Result<()> {
    shipped.publish(&Shipped { order: event.order }).await
}

/// Undoes what was done for an order.
#[micro::subscriber(queue = "cancelling", durable)]
async fn cancelling(event: Refused, ended: Ended) -> Result<()> {
    println!("order {}: cancelled, {}", event.order, event.reason);
    ended.one();
    Ok(())
}

#[micro::subscriber(queue = "doorbell", durable)]
async fn doorbell(event: Shipped, ended: Ended) -> Result<()> {
    println!("order {}: shipped", event.order);
    ended.one();
    Ok(())
}

/// Dead letters say where they are from and what was wrong.
#[micro::subscriber(topic = "orders.placed.dlq", queue = "support", durable)]
async fn support(letter: Event, ended: Ended) -> Result<()> {
    let said = |name| letter.metadata.get(name).unwrap_or("nothing");
    let order: Placed = letter.read()?;
    println!(
        "order {}: for people, after {} tries: {}",
        order.order,
        said("micro-dead-tries"),
        said("micro-dead-reason")
    );
    ended.one();
    Ok(())
}

/// Counts orders that have come to an end, so that this program comes to one.
#[derive(Clone)]
struct Ended(Arc<Semaphore>);

impl Ended {
    fn one(&self) {
        self.0.add_permits(1);
    }
}

#[micro::main]
async fn main() -> Result<()> {
    let ended = Ended(Arc::new(Semaphore::new(0)));
    let app = micro::app().linked().environment().provide(ended.clone()).after_start(async |app| {
        let placed: Publisher<Placed> = app.get()?;
        for (order, card, cents) in [(1, "fine", 1_999), (2, "fine", 99_900), (3, "torn", 500)] {
            placed.publish(&Placed { order, card: card.into(), cents }).await?;
        }
        Ok(())
    });
    app.run_until(async move { drop(ended.0.acquire_many(3).await) }).await
}
