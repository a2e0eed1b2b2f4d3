//! Two services in one process that call each other without leaving it: `cargo run --example one-or-many`.
//!
//! The same program as two processes, with no code changed:
//! `cargo run --example one-or-many -- --services stock` and `cargo run --example one-or-many -- --services orders`.

use std::sync::Mutex;

use micro::prelude::*;

#[micro::message(package = "shop")]
#[derive(Clone, Debug)]
pub struct Item {
    pub name: String,
    pub count: u32,
}

#[micro::message(package = "shop")]
#[derive(Clone, Debug)]
pub struct Left {
    pub count: u32,
}

/// Knows what is there.
#[micro::service(name = "stock", package = "shop")]
pub trait Stock {
    /// Takes something out.
    async fn take(&self, item: Item) -> Result<Left>;
}

struct Shelf {
    count: Mutex<u32>,
}

impl Default for Shelf {
    fn default() -> Self {
        Shelf { count: Mutex::new(100) }
    }
}

#[micro::handler]
impl Stock for Shelf {
    async fn take(&self, item: Item) -> Result<Left> {
        let mut count = self.count.lock().expect("nobody panics while holding it");
        let left = count.checked_sub(item.count);
        *count = left.ok_or_else(|| Error::failed_precondition(format!("only {count} of `{}` are left", item.name)))?;
        Ok(Left { count: *count })
    }
}

#[micro::message(package = "shop")]
#[derive(Clone, Debug)]
pub struct Receipt {
    pub text: String,
}

/// Takes orders.
#[micro::service(name = "orders", package = "shop")]
pub trait Orders {
    /// Places one.
    async fn place(&self, item: Item) -> Result<Receipt>;
}

struct Desk {
    stock: StockClient,
}

impl Desk {
    #[micro::init]
    fn new(stock: StockClient) -> Result<Self> {
        Ok(Desk { stock })
    }
}

#[micro::handler]
impl Orders for Desk {
    async fn place(&self, item: Item, ctx: &Context) -> Result<Receipt> {
        let text = format!("{} × {}", item.count, item.name);
        let left = self.stock.take(item).await?.count;
        tracing::info!(trace = ctx.trace().map(|trace| trace.to_string()), "sold");
        Ok(Receipt { text: format!("{text}, {left} left") })
    }
}

#[micro::main]
async fn main() -> Result<()> {
    micro::run().await
}

#[test]
fn the_contract_is_kept() {
    micro::testing::contract!("one-or-many/contract.proto");
}
