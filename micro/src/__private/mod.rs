//! Items that generated code names, and internals that the project's own tests inspect. Not a public API: it changes without
//! notice.

mod error;

pub use std::borrow::Borrow;
pub use std::boxed::Box;
pub use std::future::Future;
use std::marker::PhantomData;
pub use std::option::Option;
pub use std::result::Result as StdResult;
pub use std::string::String;
pub use std::sync::Arc;

pub use error::{Other, fault, mapped, words};
pub use inventory;

pub use crate::app::inject::{
    AnyArc, AnyParameter, Ask, AskAny, Buildable, Building, Built, ClientEntry, Component, ContractFallback, Dep,
    Handled, HandlerEntry, Init, InitFallback, OrderKey, OutsideOfItsImpl, Parameter, Provided, ProviderEntry,
    PublisherEntry, Resolver, SourceLocation, SubscriberDesc, SubscriberEntry, Topical,
};
pub use crate::app::runtime::{Runtime, Termination, block_on as main};
pub use crate::broker::handling::{EventRequest, handler_fn as subscriber, keyed_handler_fn as keyed_subscriber};
pub use crate::broker::{Ack, Event, FromEvent, Handler, Publisher, Typed};
pub use crate::client::{Client, ServiceClient, Wraps};
pub use crate::config::__private::config;
pub use crate::context::{Context, FromContext};
pub use crate::errors::{Code, Error, ErrorConverter, Result};
pub use crate::message::__private::message;
pub use crate::message::Message;
pub use crate::rpc::{
    Body, BoxFuture, Method, MethodDesc, MethodResult, MethodSpec, MethodVTable, Service, ServiceDesc, ServiceError,
    Streaming,
};

pub use crate::transport::native::fuzz as frames;

/// The event in `raw`, for what needs it before its handler does.
///
/// # Errors
///
/// As [`Event::read`].
pub fn read_event<E: FromEvent>(raw: &Event) -> Result<E> {
    E::from_event(raw)
}

/// The answer of a method that could not even begin.
pub fn refused<O: MethodResult>(error: Error) -> O {
    O::from_result(Err(ServiceError::from_error(error)))
}

/// Types that a [`FromContext`] type needs of an app: `Needs::<T>::TYPES`. For a type that is not one, [`NoNeeds`] returns none,
/// so that the error is reported once.
#[derive(Debug)]
pub struct Needs<T>(PhantomData<T>);

impl<T: FromContext> Needs<T> {
    /// Their types.
    pub const TYPES: &'static [Dep] = T::NEEDS;
}

/// The fallback of [`Needs`].
pub trait NoNeeds {
    /// None.
    const TYPES: &'static [Dep] = &[];
}

impl<T> NoNeeds for Needs<T> {}

/// A value where the author's code has an error, so that the rest of it is looked at.
pub fn stand_in<T>() -> T {
    unreachable!("code with an error does not run")
}

/// The instance of a component, as the type it was built as.
pub fn downcast<T: Send + Sync + 'static>(instance: AnyArc) -> Arc<T> {
    instance.downcast().expect("an entry is given the instance of its own component")
}

/// The instance that a subscriber is a method of.
pub fn instance<T: Send + Sync + 'static>(instance: Option<AnyArc>) -> Arc<T> {
    downcast(instance.expect("an entry that is of a component is given its instance"))
}
