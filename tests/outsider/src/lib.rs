//! What a stranger adds to micro by being linked: a registry reached by the URL `ledger://`, the codec `mirror`, and a kind of
//! plug of its own, counters.

pub mod counter;
mod ledger;
mod mirror;

pub use ledger::Ledger;
