//! Layered settings: merged, typed, with an origin for every value, and changed while the program runs.
//!
//! - [`Source`]: a place settings come from; [`Scheme`]: one that is reached by URL.
//! - [`Node`], [`Value`], [`Table`]: what a source holds; [`Origin`] and [`Layer`]: where it was written, and what that
//!   wins over.
//! - [`Files`]: settings in TOML, JSON and YAML, watched.
//! - [`Secret`]: a setting that is shown nowhere.
//! - [`Memory`]: the source for programs and tests, and the reference; `Nats`: a bucket on a server, with the feature
//!   `config-nats`.

pub(crate) mod args;
mod catalogue;
mod cell;
pub mod check;
mod code;
mod configuration;
mod declaration;
mod engine;
mod env;
mod fields;
mod file;
mod follow;
mod handle;
mod layers;
mod lend;
pub(crate) mod load;
mod memory;
#[cfg(feature = "config-nats")]
mod nats;
mod origin;
mod print;
mod problem;
mod queue;
mod reader;
mod secret;
mod section;
mod setting;
mod show;
mod size;
mod source;
mod value;

pub use catalogue::{Row, rows};
pub(crate) use code::Code;
pub use configuration::{Configuration, Effect, Watched};
pub use declaration::{Choice, Field, Kind, Reload, SectionDesc};
pub use fields::{Check, Fields};
pub use file::Files;
pub use follow::Need;
pub use handle::{Config, Snapshot, Watching};
pub use lend::{Lend, lend};
pub use memory::Memory;
#[cfg(feature = "config-nats")]
pub use nats::Nats;
pub use origin::{Layer, Origin};
pub use reader::Reader;
pub use secret::Secret;
pub(crate) use section::linked;
pub use section::{Section, SectionEntry, declared_default, write_section};
pub use setting::{Driver, Of, OfPlain, Plain, Setting};
pub use size::ByteSize;
pub(crate) use source::open;
pub use source::{Scheme, Source, Updates};
pub use value::{Node, Table, Value, from_json, merge, put};

#[cfg(test)]
mod tests;
