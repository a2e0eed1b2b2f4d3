//! What a crate of its own adds to micro. By being linked: a registry reached by the URL `ledger://`, the codec `mirror`, and a kind
//! of plug, counters. By a line of its own: the balancer `Weighted`, and the protocol `line/1` with its connector.

pub mod counter;
mod ledger;
mod line;
mod mirror;
mod weighted;

pub use ledger::Ledger;
pub use line::{LINE, LineConnector, LineProtocol};
pub use weighted::Weighted;
