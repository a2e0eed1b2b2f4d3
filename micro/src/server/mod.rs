//! Answering: accept loop, sniffing, dispatch, drain.

mod drain;
mod listen;

pub use drain::{Drained, Phase, Switch};
pub use listen::{ListenOptions, Listener};
