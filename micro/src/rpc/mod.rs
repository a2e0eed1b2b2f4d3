//! The grammar of a call: what a service is, how its methods are reached, and what travels.
//!
//! The macros turn a contract into a static [`ServiceDesc`] and one thin adapter per method. Both meet in a [`Service`]: a value with its methods
//! behind one erased table, which every transport serves. A call is an [`Exchange`] of a request for a reply, held either as the
//! Rust values themselves or as bytes, and turned from one into the other only when one side asks.
//!
//! # The road of a call
//!
//! 1. The client makes the [`Context`](crate::Context) of the call, and a [`Call`] that holds it beside the exchange.
//! 2. The [`Interceptor`]s of the client run, the first one added outermost. Each may change the context or end the call.
//! 3. A call that leaves the process is attempted at one node after another, and each attempt passes through
//!    [`Interceptor::attempt`]. The reply metadata of an attempt that fails is dropped.
//! 4. A transport carries it. Where it arrives, [`transport::Dispatcher`](crate::transport::Dispatcher) makes the context that it is answered in.
//!    A call within the process goes from 2 to 5 at once: its context is the same on both sides.
//! 5. The interceptors of the server run, and the handler at their end.
//! 6. The reply goes back the same way. Streams are read in the context of the call, end at its deadline, and turn a panic
//!    into an error. When the call is over, at the end of its stream where it has one, [`Interceptor::end`] runs, innermost first.
//!
//! All contexts of a call, however often interceptors replace them, share the reply metadata and the cancellation. A deadline that an
//! interceptor shortens counts from there on. Dropping the future of a call, or its stream, drops the handler.
//!
//! # What an interceptor provides
//!
//! As little as one method. This one lets only local callers in:
//!
//! ```
//! use micro::context::Peer;
//! use micro::prelude::*;
//! use micro::rpc::{Call, Interceptor, Next};
//!
//! struct LocalOnly;
//!
//! impl Interceptor for LocalOnly {
//!     async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
//!         match call.context().peer() {
//!             Some(Peer::Local) => next.run(call).await,
//!             _ => Err(Error::permission_denied("not from outside")),
//!         }
//!     }
//! }
//!
//! let app = micro::app::App::new().server_interceptor(LocalOnly);
//! ```
//!
//! The page of [`Interceptor`] has authentication, metrics, logging and limits: the ones of micro itself use nothing else.
//!
//! # Depth
//!
//! Handlers of one process that call each other run in the task of the first caller. A hundred calls may wait for one another
//! ([`MAX_NESTED_CALLS`]); one more fails with [`ResourceExhausted`](crate::Code::ResourceExhausted) and names the chain, so a handler that calls itself without end
//! fails and not the process. Every eighth goes on in a task of its own, which ends with its caller.

mod attempt;
mod body;
mod call;
mod description;
mod exchange;
mod guard;
mod idle;
mod interceptor;
pub(crate) mod nesting;
mod outcome;
mod payload;
mod report;
pub mod schema;
mod service;
mod service_error;
mod streaming;

/// A boxed future, as the erased faces of this house return it.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub use attempt::Attempt;
pub(crate) use attempt::{AttemptEndpoint, AttemptHead};
pub use body::{Body, MethodResult};
pub use call::{Call, CallEndpoint};
pub use description::{Description, Extensions, Idempotency, MethodDesc, MethodDescription, MethodInfo};
pub use description::{MethodSpec, ServiceDesc};
pub use exchange::{EncodedExchange, Exchange, TypedExchange};
pub(crate) use guard::Requests;
pub(crate) use idle::Idle;
pub use interceptor::{EndedCall, Interceptor, Interceptors, Interest, Next, NextAttempt};
pub use nesting::MAX_NESTED_CALLS;
pub use outcome::CallOutcome;
pub use payload::Payload;
pub use service::{Method, MethodVTable, Service};
pub use service_error::ServiceError;
#[doc(hidden)]
pub use streaming::Wrap;
pub use streaming::{Sender, Streaming};
