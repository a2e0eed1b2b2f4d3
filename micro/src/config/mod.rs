//! Layered settings: merged, typed, with an origin for every value, and changed while the program runs.
//!
//! A struct marked [`#[micro::config]`](macro@crate::config) says what can be set, and a [`Config`] of it has what is in
//! force. The [guide](crate::guide::configuration) shows how; this is what lives here.
//!
//! - [`Config`]: the settings of a struct, as they are and as they change; [`Snapshot`]: those of one moment.
//! - [`Configuration`]: all settings of an app by key, and the places they come from.
//! - [`Source`]: such a place. [`Memory`] is the reference, [`Files`] reads TOML, JSON and YAML, and `Nats` a bucket on a
//!   server, with the feature `config-nats`. [`Scheme`] makes one known by URL.
//! - [`Node`], [`Value`], [`Table`]: what a source holds; [`Origin`] and [`Layer`]: where it was written, and what that
//!   wins over.
//! - [`Setting`]: a type that a setting can have; [`Secret`], [`ByteSize`].
//!
//! From the outside in: `load` takes in what surrounds a program (`env`, `args`), [`Configuration`] merges it in `layers`,
//! the `engine` puts a change in force or refuses it, and each `cell` reads its struct with a [`Reader`].

pub(crate) mod args;
mod catalogue;
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
mod linked;
pub(crate) mod load;
mod memory;
#[cfg(feature = "config-nats")]
mod nats;
mod origin;
mod print;
mod problem;
mod queue;
mod reader;
mod reference;
mod secret;
mod section;
mod section_state;
mod setting;
mod show;
mod size;
mod source;
mod value;

pub(crate) use code::Code;
pub use configuration::{Configuration, Effect, Watched};
pub use declaration::{Choice, Field, Kind, Reload, SectionDesc};
pub use fields::{Check, Fields};
pub use file::Files;
pub use follow::Need;
pub use handle::{Config, Snapshot, Watching};
pub use lend::{Lend, lend};
pub use linked::SectionEntry;
pub(crate) use linked::linked;
pub use memory::Memory;
#[cfg(feature = "config-nats")]
pub use nats::Nats;
pub use origin::{Layer, Origin};
pub use reader::Reader;
pub use reference::{Row, rows};
pub use secret::Secret;
pub use section::{Section, declared_default, write_section};
pub use setting::{Driver, Of, OfPlain, Plain, Setting};
pub use size::ByteSize;
pub(crate) use source::open;
pub use source::{Scheme, Source, Updates};
pub use value::{Node, Table, Value, from_json, merge, put};

#[cfg(test)]
mod tests;
