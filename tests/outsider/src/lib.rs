//! What a crate of its own adds to micro. By being linked: a registry reached by the URL `ledger://`, the codec `mirror`, and a kind
//! of plug, counters. By being named: the balancer `Weighted`.

pub mod counter;
mod ledger;
mod mirror;
mod weighted;

pub use ledger::Ledger;
pub use weighted::Weighted;
