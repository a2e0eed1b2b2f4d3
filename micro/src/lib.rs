//! A framework for distributed services: annotate a contract and an implementation; micro does the wiring.
//!
//! ```no_run
//! use micro::prelude::*;
//!
//! #[micro::message]
//! pub struct HelloRequest {
//!     pub name: String,
//! }
//!
//! #[micro::message]
//! pub struct HelloReply {
//!     pub greeting: String,
//! }
//!
//! #[micro::service(name = "greeter")]
//! pub trait Greeter {
//!     /// Greets a person by name.
//!     async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
//! }
//!
//! #[derive(Default)]
//! struct English;
//!
//! #[micro::handler]
//! impl Greeter for English {
//!     async fn hello(&self, req: HelloRequest) -> Result<HelloReply> {
//!         Ok(HelloReply { greeting: format!("Hello, {}!", req.name) })
//!     }
//! }
//!
//! #[micro::main]
//! async fn main() -> Result<()> {
//!     micro::run().await
//! }
//! ```
//!
//! The [`guide`] explains the ideas one by one.
//!
//! # Modules
//!
//! Each module has one idea, and depends only on modules of the rows above its own; `tests/tidy` checks that.
//!
//! | Module | Contents |
//! |---|---|
//! | [`errors`](mod@errors) | the error type of all modules: code, message, details, source |
//! | [`metadata`](mod@metadata), [`context`](mod@context) | headers of a call or an event; its deadline, cancellation, trace and caller |
//! | [`util`](mod@util) | clock, spawning, randomness, sockets, back-off |
//! | [`message`](mod@message), [`codec`](mod@codec) | messages as protobuf, JSON and schema; encoding by content type |
//! | [`rpc`](mod@rpc) | descriptions of services and methods, the method table, streams, interceptors |
//! | [`plug`](mod@plug), [`link`](mod@link) | pluggable backends chosen by URL; connections to servers that several backends share |
//! | [`transport`](mod@transport) | calls between two addresses: in process, `micro/1`, HTTP; TLS, connection pool |
//! | [`registry`](mod@registry), [`broker`](mod@broker), [`config`](mod@config) | service discovery; publish and subscribe; layered settings |
//! | [`telemetry`](mod@telemetry) | logs |
//! | [`selector`](mod@selector), [`debug`](mod@debug) | load balancing and outlier ejection; health and reflection services |
//! | [`client`](mod@client), [`server`](mod@server) | making calls; accepting and dispatching them |
//! | [`bridge`](mod@bridge) | the `direct` broker, which sends events between programs without a server |
//! | [`app`](mod@app) | collection, injection, life cycle, [`run`] |
//! | `testing` | clusters in one process, captured logs, contract tests, test suites for backends (feature `testing`) |

#![warn(missing_docs, unreachable_pub)]

// Generated code says `::micro`, also where it is expanded inside this crate.
#[allow(unused_extern_crates)]
extern crate self as micro;

#[doc(hidden)]
pub mod __private;
pub mod app;
pub mod bridge;
pub mod broker;
pub mod client;
pub mod codec;
pub mod config;
pub mod context;
pub mod debug;
pub mod errors;
pub mod guide;
pub mod link;
pub mod message;
pub mod metadata;
pub mod plug;
pub mod prelude;
pub mod registry;
pub mod rpc;
pub mod selector;
pub mod server;
pub mod telemetry;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod transport;
pub mod util;

pub use app::{App, app, client, main, run};
pub use client::CallOptions;
pub use context::{Context, JoinSet, spawn};
pub use errors::{Code, Error, Result};
#[doc(no_inline)]
pub use inventory;
pub use micro_macros::{Error, config, event, handler, init, main, message, provider, service, subscriber};
pub use rpc::Streaming;

/// Keeps a crate whose handlers are to be served: one that the program never names is dropped by the linker.
///
/// `micro::link!(greeter_service, billing_service);` is `use greeter_service as _;` and so on.
#[macro_export]
macro_rules! link {
    ($($krate:ident),+ $(,)?) => {
        $(use $krate as _;)+
    };
}
