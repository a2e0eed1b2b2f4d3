//! Layered configuration: typed settings, merged from several sources, with an origin for every value and live reload.
//!
//! A struct marked [`#[micro::config]`](macro@crate::config) declares settings; a [`Config`] of this struct holds the values in
//! force. The [guide](crate::guide::configuration) shows how to use settings; this page describes sources.
//!
//! # Sources
//!
//! A [`Source`] is a place that settings are read from: a directory of files, a bucket on a server, a vault. Each source provides
//! three things:
//!
//! - its [`Layer`], which sets the precedence of its values: default < code < file < remote < environment < flag. Within a layer,
//!   a source that was added later overrides earlier ones;
//! - a name for operators, without credentials, which appears in logs, in `/readyz` and in error messages;
//! - [`updates`](Source::updates), a stream of complete states. The first item is the state at some moment after the call, and
//!   another item follows every change. An item holds all values, never a difference, so a source cannot get out of sync: the
//!   next item includes any missed change.
//!
//! An item is a [`Table`] of [`Node`]s. Each node has a [`Value`] and an [`Origin`]: the line, key or variable where the value
//! was set. `--print-config` and every message about a value show its origin. Values that must not be shown are marked with
//! [`Node::secret`]; text that may represent a number or a list, as in a variable, is a [`Value::Text`].
//!
//! A source only parses what it reads. An item that is an `Err` reports that the source cannot be read now: the values in force
//! stay, and the error is logged once and listed in `/readyz` until the next `Ok` item. A stream that ends after an error is
//! opened again after a pause that grows from 100 ms to 5 s; a stream that ends after an `Ok` item belongs to a source that never
//! changes. Dropping the stream must stop everything that it has started.
//!
//! [`Configuration`] does everything else for all sources: it merges the layers, reads every struct in use from the result, and
//! commits a change for all of them or, if one struct rejects it, for none. A rejected change is kept and retried together with
//! the next change of any source, because two files are often changed together.
//!
//! [`Memory`] is the reference implementation, [`Files`] reads TOML, JSON and YAML, and `Nats`, with the feature `config-nats`,
//! reads a bucket on a server. A [scheme](crate::scheme!) registers a source by URL, for `--config`.
//! [`testing::suite!`](macro@crate::testing::suite) generates a test for each guarantee of a source.
//!
//! ```
//! use futures_util::stream;
//! use micro::config::{Configuration, Layer, Requirement, Node, Origin, Source, Table, Updates, put};
//! use tokio::sync::watch;
//!
//! /// The flags of a feature service, kept up to date by its client.
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
//! let changed = search.changed().await.expect("still set");
//! assert_eq!((changed.to_string(), changed.origin.to_string()), ("true".into(), "features/search".into()));
//! # Ok(()) }
//! ```
//!
//! # Contents
//!
//! - [`Config`]: the current settings of a struct, and their changes; [`Snapshot`]: the settings at one moment.
//! - [`Configuration`]: all settings of an app by key, and their sources.
//! - [`Setting`]: a type of a setting; [`Secret`], [`ByteSize`].
//!
//! From the outside in: `load` reads the environment and the command line (`env`, `args`), [`Configuration`] merges the sources
//! in `layers`, the `engine` commits or rejects a change, and each `section_state` reads its struct with a [`Reader`].

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
