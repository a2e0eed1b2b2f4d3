//! The grammar of a call: what a service is, how its methods are reached, and what travels.
//!
//! The macros turn a contract into a static [`ServiceDesc`] and one thin adapter per method. Both meet in a [`Service`]: a
//! value with its methods behind one erased table, which every transport serves. A call is an [`Exchange`] of a request for
//! a reply, held either as the Rust values themselves or as bytes, and turned from one into the other only when somebody
//! asks. [`Interceptor`]s see it on both sides.

mod description;
mod exchange;
mod fault;
mod guard;
mod idle;
mod interceptor;
mod part;
mod payload;
mod report;
pub mod schema;
mod service;
mod streaming;

/// A boxed future, as the erased faces of this house return it.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub use description::{Description, Extensions, Idempotency, MethodDesc, MethodDescription, MethodInfo};
pub use description::{MethodSpec, ServiceDesc};
pub use exchange::{Bytes as BytesExchange, Exchange, Slot};
pub use fault::Fault;
#[doc(hidden)]
pub use idle::Watch;
pub(crate) use idle::{Idle, WatchedExchange};
pub use interceptor::{Call, Endpoint, Interceptor, Interceptors, Next};
pub use part::{Outcome, Part};
pub use payload::Payload;
pub use service::{Entry, Method, Service};
pub use streaming::{Sender, Streaming};
