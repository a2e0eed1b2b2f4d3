//! A shop, for clients in other languages: every shape, most kinds of fields, errors with details, a method for GET.

mod contract;

use std::collections::BTreeMap;

use contract::{Grade, Item, Receipt, Shop, Shortage, Sku};
use futures_util::StreamExt;
use micro::prelude::*;

fn item(sku: impl Into<String>) -> Item {
    Item {
        sku: sku.into(),
        count: 2,
        price_cents: 9_007_199_254_740_993,
        photo: vec![0, 0xff, 0x80],
        tags: vec!["new".into(), "gr\u{fc}n".into()],
        grade: Grade::Fine,
        notes: BTreeMap::from([("made in".into(), "Jena".into())]),
        weight: Some(0.5),
    }
}

fn missing(sku: &str) -> Error {
    let shortage = Shortage { sku: sku.to_owned(), left: 0 };
    Error::not_found(format!("no `{sku}` here, s\u{f6}rry: 100%")).with_detail(&shortage)
}

impl Receipt {
    fn add(&mut self, item: &Item) {
        self.items += 1;
        self.total_cents = self.total_cents.saturating_add(item.price_cents.saturating_mul(i64::from(item.count)));
    }
}

#[derive(Default)]
struct Corner;

#[micro::handler]
impl Shop for Corner {
    async fn find(&self, sku: Sku, ctx: &Context) -> Result<Item> {
        ctx.reply_header("x-shelf", "7")?;
        ctx.reply_trailer("x-till", "closed")?;
        match sku.sku.as_str() {
            "" | "missing" => Err(missing(&sku.sku)),
            "slow" => std::future::pending().await,
            "large" => Ok(Item { photo: vec![7; 100_000], ..item("large") }),
            _ => Ok(item(sku.sku)),
        }
    }

    async fn order(&self, item: Item) -> Result<Receipt> {
        if item.count > 100 {
            let shortage = Shortage { sku: item.sku, left: 100 };
            return Err(Error::failed_precondition("not enough").with_detail(&shortage));
        }
        let mut receipt = Receipt { items: 0, total_cents: 0 };
        receipt.add(&item);
        Ok(receipt)
    }

    async fn echo(&self, item: Item) -> Result<Item> {
        Ok(item)
    }

    async fn list(&self, sku: Sku) -> Result<Streaming<Item>> {
        let letters: Vec<char> = sku.sku.chars().collect();
        let items = letters.into_iter().map(|letter| if letter == '!' { Err(missing("!")) } else { Ok(item(letter)) });
        Ok(Streaming::new(futures_util::stream::iter(items)))
    }

    async fn total(&self, mut items: Streaming<Item>) -> Result<Receipt> {
        let mut receipt = Receipt { items: 0, total_cents: 0 };
        while let Some(item) = items.try_next().await? {
            receipt.add(&item);
        }
        Ok(receipt)
    }

    async fn tally(&self, items: Streaming<Item>) -> Result<Streaming<Receipt>> {
        let mut receipt = Receipt { items: 0, total_cents: 0 };
        Ok(Streaming::new(items.map(move |item| {
            receipt.add(&item?);
            Ok(receipt.clone())
        })))
    }
}

#[micro::main]
async fn main() -> Result<()> {
    micro::run().await
}
