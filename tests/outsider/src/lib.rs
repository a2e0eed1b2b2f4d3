//! What a stranger adds to micro: by being linked, a registry reached by the URL `ledger://` and the codec `mirror`; by being named,
//! the balancer `Weighted`.

mod ledger;
mod mirror;
mod weighted;

pub use ledger::Ledger;
pub use weighted::Weighted;
