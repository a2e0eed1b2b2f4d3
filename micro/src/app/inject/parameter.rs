//! Parameters of a subscriber after its event: injected values, and the acknowledgement of the event.

use std::fmt;
use std::marker::PhantomData;

use super::{Ask, Inject, Prefixed, Resolver, Topical};
use crate::broker::Publisher;
use crate::broker::handling::{Ack, EventRequest};
use crate::config::Config;
use crate::errors::Result;

/// A parameter of type `T` of a subscriber: `Parameter::<T>::prepare(resolver)?`, once, and then `take(&given)` for every event. Any
/// type is taken by way of [`AnyParameter`], as it is injected elsewhere.
pub struct Parameter<T>(PhantomData<T>);

impl<T> fmt::Debug for Parameter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Take")
    }
}

impl Parameter<Ack> {
    /// `true` for the acknowledgement of an event.
    pub const IS_ACK: bool = true;

    /// Prepares nothing: the acknowledgement is part of each event.
    ///
    /// # Errors
    ///
    /// Never; others have some.
    pub fn prepare(_: &Resolver) -> Result<AckParameter> {
        Ok(AckParameter)
    }
}

impl<T> Parameter<Config<T>> {
    /// `true` for the acknowledgement of an event.
    pub const IS_ACK: bool = false;

    /// The settings.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::Code::NotFound) when nothing provides them.
    pub fn prepare(resolver: &Resolver) -> Result<InjectedParameter<Config<T>>>
    where
        T: Prefixed,
    {
        Ask::<Config<T>>::of(resolver).map(InjectedParameter::new)
    }
}

impl<E> Parameter<Publisher<E>> {
    /// `true` for the acknowledgement of an event.
    pub const IS_ACK: bool = false;

    /// The publisher.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::Code::NotFound) when nothing provides it.
    pub fn prepare(resolver: &Resolver) -> Result<InjectedParameter<Publisher<E>>>
    where
        E: Topical,
    {
        resolver.get().map(InjectedParameter::new)
    }
}

/// The fallback of [`Parameter`].
pub trait AnyParameter {
    /// The type.
    type Value;

    /// `true` for the acknowledgement of an event.
    const IS_ACK: bool = false;

    /// A copy of the value of the type.
    ///
    /// # Errors
    ///
    /// As [`Resolver::get`].
    fn prepare(resolver: &Resolver) -> Result<InjectedParameter<Self::Value>>
    where
        Self::Value: Inject,
    {
        resolver.get().map(InjectedParameter::new)
    }
}

impl<T> AnyParameter for Parameter<T> {
    type Value = T;
}

/// A value that is the same for all events. It knows how it is copied, so that only [`prepare`](AnyParameter::prepare) asks whether it
/// can be, and only one message says that it cannot.
#[derive(Clone)]
pub struct InjectedParameter<T> {
    value: T,
    copy: fn(&T) -> T,
}

impl<T> InjectedParameter<T> {
    fn new(value: T) -> Self
    where
        T: Inject,
    {
        InjectedParameter { value, copy: T::clone }
    }

    /// A copy of it.
    pub fn take(&self, _: &EventRequest) -> T {
        (self.copy)(&self.value)
    }
}

impl<T> fmt::Debug for InjectedParameter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Taken")
    }
}

/// The [`Ack`] of each event.
#[derive(Clone, Copy, Debug)]
pub struct AckParameter;

impl AckParameter {
    /// That of this event. There is one; a second says, when it is used, that the event is in other hands.
    pub fn take(&self, given: &EventRequest) -> Ack {
        given.ack().unwrap_or_else(Ack::late)
    }
}
