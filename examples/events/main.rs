//! Two subscribers, for programs that share some of their work: run `cargo run --example events` in two terminals, and
//! `cargo run --example events-publish -- Ada tea coffee` in a third.
//!
//! Every event comes to the audit of both programs, and to the mailer of one of them: the same one for all that Ada orders, so
//! her mails go out in the order of her orders, and not coffee last because it needs a second try. Nothing is installed: the
//! programs find each other as services do, and events go straight from one to the other. With NATS they go over its server,
//! and nothing else changes: `cargo run --example events --features broker-nats -- --broker nats://127.0.0.1:4222`.

mod event;

use event::Placed;
use micro::prelude::*;

/// One of all mailers gets an event, and those of one customer are mailed one after the other. One that fails is tried twice
/// more, and then is a dead letter on `shop.placed.dlq`.
#[micro::subscriber(queue = "mailer", ordered_by, retry(max = 3, backoff = "100ms"))]
async fn mailer(event: Placed, ctx: &Context) -> Result<()> {
    let attempt = ctx.event().map_or(1, |event| event.attempt());
    if event.item == "coffee" && attempt == 1 {
        return Err(Error::unavailable("the mail server is out of coffee"));
    }
    println!("mail to {}: your {} is on its way (try {attempt})", event.customer, event.item);
    Ok(())
}

/// Without a queue, every program gets every event.
#[micro::subscriber]
async fn audit(event: Placed) -> Result<()> {
    println!("audit: {} ordered {}", event.customer, event.item);
    Ok(())
}

#[micro::main]
async fn main() -> Result<()> {
    micro::run().await
}
