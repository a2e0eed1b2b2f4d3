//! The object that puts the rooms together: it collects what the attributes registered, injects, serves, and stops.
//!
//! There are two roads and one table. [`run`] serves everything that is linked into the program. [`App`] says the same
//! explicitly, which is the way for tests and for several independent apps in one process. Nothing is global.

mod banner;
mod builder;
mod construct;
mod downgrades;
mod handle;
mod health;
mod hooks;
mod identity;
pub mod inject;
mod layers;
mod plan;
mod plug_settings;
mod plugs;
mod probes;
mod registration;
mod run;
mod running;
pub mod runtime;
mod serve;
mod settings;
mod signals;
mod sources;
mod start;
mod steps;
mod stop;
mod subscribers;
mod transports;

pub use builder::App;
pub use handle::Handle;
pub use health::Critical;
#[doc(hidden)]
pub use plug_settings::plug_settings;
pub use running::Running;
pub use runtime::{app, client, main, run};
pub use settings::{Address, Downgrade, Rename, Settings, TlsSettings, UnknownKeys};
