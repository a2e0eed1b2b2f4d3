//! Layered settings: merged, typed, with an origin for every value, and changed while the program runs.
//!
//! - [`Source`]: a place settings come from; [`Scheme`]: one that is reached by URL.
//! - [`Node`], [`Value`], [`Table`]: what a source holds; [`Origin`] and [`Layer`]: where it was written, and what that
//!   wins over.
//! - [`Secret`]: a setting that is shown nowhere.

mod origin;
mod secret;
mod source;
mod value;

pub use origin::{Layer, Origin};
pub use secret::Secret;
pub use source::{Scheme, Source, Updates};
pub use value::{Node, Table, Value, from_json, merge, put};
