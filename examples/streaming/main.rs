//! The four shapes of a method: one message or a stream of them, on either side. `cargo run --example streaming`
//!
//! The program serves on a free port and calls itself there, over the wire; with `--serve` it goes on serving.

use futures_util::StreamExt;
use micro::prelude::*;

#[micro::message(package = "counter")]
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    pub value: u32,
}

/// Counts, in every direction.
#[micro::service(name = "counter")]
pub trait Counter {
    /// One number for one number.
    async fn double(&self, number: Number) -> Result<Number>;
    /// A stream for one number: from it down to zero.
    async fn countdown(&self, from: Number) -> Result<Streaming<Number>>;
    /// One number for a stream: their sum.
    async fn sum(&self, numbers: Streaming<Number>) -> Result<Number>;
    /// A stream for a stream: the sum so far, as each number comes in.
    async fn running_sum(&self, numbers: Streaming<Number>) -> Result<Streaming<Number>>;
}

#[derive(Default)]
struct Abacus;

#[micro::handler]
impl Counter for Abacus {
    async fn double(&self, number: Number) -> Result<Number> {
        let value = number.value.checked_mul(2).ok_or_else(|| Error::invalid_argument("too large to double"))?;
        Ok(Number { value })
    }

    async fn countdown(&self, from: Number) -> Result<Streaming<Number>> {
        Ok(Streaming::iter((0..=from.value).rev().map(|value| Number { value })))
    }

    async fn sum(&self, mut numbers: Streaming<Number>) -> Result<Number> {
        let mut sum = Number { value: 0 };
        while let Some(number) = numbers.next().await {
            sum.value = sum.value.wrapping_add(number?.value);
        }
        Ok(sum)
    }

    async fn running_sum(&self, numbers: Streaming<Number>) -> Result<Streaming<Number>> {
        let mut sum = 0_u32;
        Ok(Streaming::new(numbers.map(move |number| {
            sum = sum.wrapping_add(number?.value);
            Ok(Number { value: sum })
        })))
    }
}

#[micro::main]
async fn main() -> Result<()> {
    if std::env::args().any(|argument| argument == "--serve") {
        return micro::app().mount::<Abacus>().run().await;
    }
    let app = micro::app().mount::<Abacus>().start().await?;
    let address = app.address().expect("an app that serves listens");

    // With an address the call leaves the process, even to come back to it.
    let counter = app.get::<CounterClient>()?.at(address.to_string());

    println!("double       {}", counter.double(Number { value: 21 }).await?.value);

    let mut countdown = counter.countdown(Number { value: 3 }).await?;
    while let Some(number) = countdown.next().await {
        println!("countdown    {}", number?.value);
    }

    let numbers = || Streaming::iter((1..=4).map(|value| Number { value }));
    println!("sum          {}", counter.sum(numbers()).await?.value);

    let mut sums = counter.running_sum(numbers()).await?;
    while let Some(number) = sums.next().await {
        println!("running sum  {}", number?.value);
    }
    app.stop().await
}

#[test]
fn the_contract_is_kept() {
    micro::testing::contract!("streaming/contract.proto");
}
