//! What the shop and those who call it agree on; `proto/shop.proto` says the same.

use std::collections::BTreeMap;

use micro::prelude::*;

#[micro::message(package = "shop")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grade {
    Plain,
    Fine,
    Rare,
}

/// One kind of goods.
#[micro::message(package = "shop")]
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub sku: String,
    pub count: u32,
    pub price_cents: i64,
    pub photo: Vec<u8>,
    pub tags: Vec<String>,
    pub grade: Grade,
    pub notes: BTreeMap<String, String>,
    pub weight: Option<f64>,
}

#[micro::message(package = "shop")]
#[derive(Clone, Debug, PartialEq)]
pub struct Sku {
    pub sku: String,
}

#[micro::message(package = "shop")]
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    pub items: u32,
    pub total_cents: i64,
}

/// Why something cannot be had: a detail of an error.
#[micro::message(package = "shop")]
#[derive(Clone, Debug, PartialEq)]
pub struct Shortage {
    pub sku: String,
    pub left: u32,
}

/// Sells things.
#[micro::service(name = "shop", package = "shop")]
pub trait Shop {
    /// The item itself.
    #[method(no_side_effects)]
    async fn find(&self, sku: Sku) -> Result<Item>;
    /// Buys all of an item; fails with a detail for more than a hundred.
    async fn order(&self, item: Item) -> Result<Receipt>;
    /// Gives the same back, for whoever wants to see what arrives.
    async fn echo(&self, item: Item) -> Result<Item>;
    /// As many items as the name has letters; a name with an `!` fails there.
    async fn list(&self, sku: Sku) -> Result<Streaming<Item>>;
    /// The sum of all.
    async fn total(&self, items: Streaming<Item>) -> Result<Receipt>;
    /// The sum so far, for each.
    async fn tally(&self, items: Streaming<Item>) -> Result<Streaming<Receipt>>;
}
