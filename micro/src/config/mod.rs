//! Layered settings: merged, typed, with an origin for every value, and changed while the program runs.
//!
//! A struct marked [`#[micro::config]`](macro@crate::config) declares settings, and a [`Config`] of it holds the values in
//! force. The [guide](crate::guide::configuration) shows how to use them; this page is about where they come from.
//!
//! # A source
//!
//! A [`Source`] is a place that settings are read from: a directory of files, a bucket on a server, a vault. It provides three
//! things:
//!
//! - its [`Layer`], which decides what its values win over: default < code < file < remote < environment < flag. Sources of
//!   one layer win over those that were added before them;
//! - a name for operators, without credentials: it appears in logs, in `/readyz` and in error messages;
//! - [`updates`](Source::updates), a stream of everything the place holds. The first item is the state at some moment after the
//!   call, and another one follows every change. An item is the whole, never a difference, so a source cannot get out of step:
//!   a change that was missed is part of the next item.
//!
//! An item is a [`Table`] of [`Node`]s: each has a [`Value`] and an [`Origin`], the line, key or variable it was written at.
//! Origins are shown by `--print-config` and in every message about a value. A value that must not be shown is marked with
//! [`Node::secret`]; text that may stand for a number or a list, as in a variable, is a [`Value::Text`].
//!
//! A source parses what it reads and nothing else. An item that is an `Err` reports that the place cannot be read now: the
//! values in force stay, the problem is logged once and shown in `/readyz` until the next good item. When the stream ends after
//! an error, it is opened again after a pause that grows from 100 ms to 5 s; a stream that ends after a good item belongs to a
//! place that never changes. Dropping the stream must end everything it has started.
//!
//! Everything else is done once for all sources by [`Configuration`]: it merges the layers, reads every struct that is in use
//! from the result, and puts a change in force for all of them or, if one cannot take it, for none. A change that is refused is
//! kept: it is tried again together with the next change of any source, as two files are often changed together.
//!
//! [`Memory`] is the reference, [`Files`] reads TOML, JSON and YAML, and `Nats`, with the feature `config-nats`, a bucket on a
//! server. A [scheme](crate::scheme!) makes a source known by URL, for `--config`. [`testing::suite!`](macro@crate::testing::suite)
//! makes a test of each promise of sources.
//!
//! ```
//! use futures_util::stream;
//! use micro::config::{Configuration, Layer, Requirement, Node, Origin, Source, Table, Updates, put};
//! use tokio::sync::watch;
//!
//! /// The switches of a feature service, whose client keeps them up to date.
//! #[derive(Debug)]
//! struct Features(watch::Receiver<Vec<(String, bool)>>);
//!
//! impl Source for Features {
//!     fn layer(&self) -> Layer {
//!         Layer::Remote
//!     }
//!
//!     fn name(&self) -> String {
//!         "features".into()
//!     }
//!
//!     fn updates(&self) -> Updates {
//!         let mut switches = self.0.clone();
//!         switches.mark_changed();
//!         Box::pin(stream::unfold(switches, |mut switches| async {
//!             switches.changed().await.ok()?;
//!             let table = table(&switches.borrow_and_update());
//!             Some((Ok(table), switches))
//!         }))
//!     }
//! }
//!
//! fn table(switches: &[(String, bool)]) -> Table {
//!     let mut table = Table::new();
//!     for (name, is_on) in switches {
//!         let origin = Origin::new(Layer::Remote, format!("features/{name}"));
//!         put(&mut table, &format!("features.{name}"), Node::new(*is_on, origin));
//!     }
//!     table
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
//! let (service, switches) = watch::channel(vec![("search".to_owned(), false)]);
//! let configuration = Configuration::new();
//! configuration.add(Features(switches), Requirement::Required).await?;
//! assert_eq!(configuration.get("features.search")?, Some(false));
//!
//! let mut search = configuration.watch("features.search");
//! service.send_replace(vec![("search".to_owned(), true)]);
//! let changed = search.changed().await.expect("it is still set");
//! assert_eq!((changed.to_string(), changed.origin.to_string()), ("true".into(), "features/search".into()));
//! # Ok(()) }
//! ```
//!
//! # What lives here
//!
//! - [`Config`]: the settings of a struct, as they are and as they change; [`Snapshot`]: those of one moment.
//! - [`Configuration`]: all settings of an app by key, and the sources they come from.
//! - [`Setting`]: a type that a setting can have; [`Secret`], [`ByteSize`].
//!
//! From the outside in: `load` takes in the surroundings of a program (`env`, `args`), [`Configuration`] merges them in
//! `layers`, the `engine` puts a change in force or refuses it, and each `section_state` reads its struct with a [`Reader`].

#[doc(hidden)]
pub mod __private;
pub(crate) mod args;
pub mod check;
mod code;
mod configuration;
mod declaration;
mod engine;
mod env;
mod extract;
mod fields;
mod file;
mod follow;
mod format;
mod handle;
mod layers;
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
mod schema;
mod secret;
mod section;
mod section_state;
mod setting;
mod size;
mod source;
mod value;

pub(crate) use code::CodeOverrides;
pub use configuration::{Configuration, SetOutcome, Watched};
pub use declaration::{Choice, Field, Kind, Reload, SectionDesc};
pub use fields::{Check, Fields};
pub use file::Files;
pub use follow::Requirement;
pub use handle::{Config, Snapshot, Watching};
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
pub use setting::{FieldCodec, FieldFns, SerdeFallback, SerdeSetting, Setting};
pub use size::ByteSize;
pub use source::{Source, Updates};
pub use value::{Node, Table, Value, from_json, merge, put};

#[cfg(test)]
mod tests;
