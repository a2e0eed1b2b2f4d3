//! What a stranger adds to micro by being linked: a registry reached by the URL `ledger://`, and the codec `mirror`.

mod ledger;
mod mirror;

pub use ledger::Ledger;
