//! What a stranger adds to micro by being linked: a registry reached by the URL `ledger://`, and the codec
//! `mirror`; and what it adds by a line of its own: the protocol `line/1`.

mod ledger;
mod line;
mod mirror;

pub use ledger::Ledger;
pub use line::{LINE, LineConnector, LineProtocol};
