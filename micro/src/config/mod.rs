//! Layered settings: merged, typed, with an origin for every value, and changed while the program runs.
//!
//! - [`Source`]: a place settings come from; [`Scheme`]: one that is reached by URL.
//! - [`Node`], [`Value`], [`Table`]: what a source holds; [`Origin`] and [`Layer`]: where it was written, and what that
//!   wins over.
//! - [`Secret`]: a setting that is shown nowhere.

pub(crate) mod args;
mod cell;
pub mod check;
mod configuration;
mod env;
mod follow;
mod handle;
mod layers;
pub(crate) mod load;
mod origin;
mod queue;
mod reader;
mod secret;
mod section;
mod setting;
mod show;
mod source;
mod value;

pub use configuration::{Configuration, Effect, Watched};
pub use follow::Need;
pub use handle::{Config, Snapshot, Watching};
pub use origin::{Layer, Origin};
pub use reader::{Check, Fields, Reader};
pub use secret::Secret;
pub use section::{Field, Reload, Section, SectionDesc, SectionEntry, write_section};
pub use setting::{Choice, Driver, Kind, Of, OfPlain, Plain, Setting};
pub use show::{Row, rows};
pub use source::{Scheme, Source, Updates};
pub use value::{Node, Table, Value, from_json, merge, put};
