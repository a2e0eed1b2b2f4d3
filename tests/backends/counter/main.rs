//! A program that counts, for the rehearsal of failure: it is killed again and again, and writes down what it handles before it
//! is done with it.
//!
//! `COUNTER_LEDGER` names the file. A number below zero is poison.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::Arc;

use micro::prelude::*;

/// A number to be counted.
#[micro::event(topic = "counter.counted", package = "counter")]
struct Counted {
    number: i64,
}

/// A line for each try, in one write: whatever becomes of the program, what it wrote is written.
#[derive(Clone)]
struct Ledger(Arc<File>);

impl Ledger {
    fn note(&self, number: i64, attempt: u32) -> Result<()> {
        Ok((&*self.0).write_all(format!("{number} {attempt}\n").as_bytes())?)
    }
}

#[micro::provider]
fn ledger() -> Result<Ledger> {
    let path =
        std::env::var_os("COUNTER_LEDGER").ok_or_else(|| Error::invalid_argument("COUNTER_LEDGER is not set"))?;
    Ok(Ledger(Arc::new(OpenOptions::new().append(true).create(true).open(path)?)))
}

#[micro::subscriber(queue = "counter", durable, concurrency = 64, retry(max = 3, backoff = "50ms"))]
async fn count(event: Counted, ctx: &Context, ledger: Ledger) -> Result<()> {
    ledger.note(event.number, ctx.event().map_or(0, |event| event.attempt()))?;
    if event.number < 0 { Err(Error::invalid_argument("it is poison")) } else { Ok(()) }
}

#[micro::main]
async fn main() -> Result<()> {
    micro::run().await
}
