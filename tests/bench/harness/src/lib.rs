//! What the programs of the comparison share: a client that every peer implements in its own words, the scenarios that
//! drive it, and how figures reach `run.py`.
//!
//! A program started without words serves: it prints its address and lives until its input ends. Started with words such as
//! `address=127.0.0.1:80 scenario=unary in-flight=64` it calls: it prints `begin` when the measured time begins, a line of
//! JSON when that is over, and keeps its connections until its input ends.

mod allocations;
mod events;
mod histogram;
mod idle;
mod load;
mod process;
mod words;

use std::net::SocketAddr;
use std::ops::ControlFlow;

pub use allocations::Counting;
pub use events::{Events, Happened, Heard, Hearing, events};
pub use process::{announce, listen};

use words::Words;

/// Why a scenario could not be measured, in whatever words the peer has for it.
#[derive(Debug)]
pub struct Problem(String);

pub type Result<T> = std::result::Result<T, Problem>;

// Not every peer's error is an `Error` of the standard library; this takes any that can be shown, and so must not be one.
impl<T: ToString> From<T> for Problem {
    fn from(why: T) -> Self {
        Problem(why.to_string())
    }
}

/// How the items of a stream become ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// All of them at once.
    Ready,
    /// One per wake-up: the handler yields before each.
    Yielding,
}

/// A client of one peer; clones share its connection.
pub trait Client: Clone + Send + Sync + 'static {
    /// Opens one connection, as far as the peer lets its user say so.
    fn connect(address: SocketAddr) -> impl Future<Output = Result<Self>> + Send;

    /// One text for the same text.
    fn say(&mut self, text: String) -> impl Future<Output = Result<String>> + Send;

    /// A stream of numbers from zero. `each` hears of every one and may have heard enough.
    fn count(
        &mut self,
        _items: u64,
        _pace: Pace,
        _each: impl FnMut(u64) -> ControlFlow<()> + Send,
    ) -> impl Future<Output = Result<()>> + Send {
        async { Err("this peer has no streams".into()) }
    }

    /// A stream for a stream: sends what `next` gives and awaits its return before asking again, until there is no more.
    fn echo(&mut self, _next: impl FnMut() -> Option<String> + Send) -> impl Future<Output = Result<()>> + Send {
        async { Err("this peer has no streams in both directions".into()) }
    }
}

/// Whether the program was started to serve.
pub fn serves() -> bool {
    Words::of_process().is_empty()
}

/// Calls as the words of the process say, and prints what it took.
pub async fn call<C: Client>() {
    let words = Words::of_process();
    match load::run::<C>(&words).await {
        Ok(figures) => println!("{figures}"),
        Err(Problem(why)) => println!("{{\"error\": {}}}", process::quoted(&why)),
    }
    process::until_input_ends();
}
