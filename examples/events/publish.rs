//! Publishes an event for each thing a customer orders: `cargo run --example events-publish -- Ada tea coffee`.

mod event;

use event::Placed;
use micro::prelude::*;

#[micro::main]
async fn main() -> Result<()> {
    let app = micro::client().await?;
    let placed: Publisher<Placed> = app.get()?;

    let mut words = std::env::args().skip(1);
    let customer = words.next().unwrap_or_else(|| "Ada".into());
    for item in words {
        placed.publish(&Placed { customer: customer.clone(), item }).await?;
    }
    // Whatever is still on its way is handed over first.
    app.stop().await
}
