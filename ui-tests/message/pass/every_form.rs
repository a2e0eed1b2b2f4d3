//! Structs, enums with and without data, and the options on them.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use micro::message::{Message as _, UnknownFields};

/// What a customer wants.
#[micro::message(package = "shop.v1", name = "Order", reserved(2, 20..=29, "price"))]
#[derive(Clone, Debug, PartialEq)]
pub struct CustomersOrder {
    #[message(tag = 1)]
    pub id: u64,
    #[message(tag = 3, json = "articles")]
    pub items: Vec<Item>,
    #[message(tag = 4, key(fixed), value(sint))]
    pub prices: HashMap<u32, i64>,
    #[message(oneof(5, 6, 7))]
    pub paid: Option<Paid>,
    #[message(tag = 8)]
    pub color: Color,
    #[message(tag = 9)]
    pub previous: Option<Box<Self>>,
    #[message(tag = 10)]
    pub within: Duration,
    #[message(unknown)]
    pub rest: UnknownFields,
}

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    sku: String,
    picture: Bytes,
    labels: BTreeMap<String, String>,
}

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
pub enum Paid {
    InCash(u64),
    At(SystemTime),
    #[message(default)]
    NotYet,
}

#[micro::message]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Color {
    Red,
    Green,
    Unknown(i32),
}

#[micro::message]
struct Nothing {}

#[micro::message]
struct Unit;

fn main() {
    fn local() -> Vec<u8> {
        #[micro::message]
        struct Inside {
            n: u32,
        }
        Inside { n: 1 }.encode_to_vec()
    }
    assert_eq!(local(), [8, 1]);
    assert_eq!(CustomersOrder::DESC.name, "shop.v1.Order");
    assert_eq!(Unit.encode_to_vec(), Nothing {}.encode_to_vec());
}
