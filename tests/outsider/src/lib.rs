//! Extensions of micro from an external crate. Available when linked: a registry, a broker and a config source, with the URLs
//! `ledger://`, `office://` and `board://hall`, the codec `mirror`, and a new kind of plug, counters. Added explicitly: the
//! balancer `Weighted`, the protocol `line/1` with its connector, and the parameter `Tenant`.

mod board;
pub mod counter;
mod ledger;
mod line;
mod mirror;
mod office;
mod tenant;
mod weighted;

pub use board::Board;
pub use ledger::Ledger;
pub use line::{LINE, LineConnector, LineProtocol};
pub use office::Office;
pub use tenant::Tenant;
pub use weighted::Weighted;
