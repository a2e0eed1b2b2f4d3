//! Injection: providers, handlers and handles, joined by type.
//!
//! Every injected thing is an entry by its [`TypeId`]: what a `#[micro::provider]` returns, what a program provides by
//! hand, and the handles micro itself makes (generated clients, [`Registry`](crate::registry::Registry), and so on). Two
//! values of one type therefore need a newtype. Handles are leaves: they need nothing and are resolved when they are used,
//! so two services may hold each other's clients.

mod entries;
mod graph;
mod parameter;
mod subscriber;

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

pub use entries::{
    Building, Built, ClientEntry, Component, HandlerEntry, Provided, ProviderEntry, PublisherEntry, SourceLocation,
};
pub(super) use graph::{Graph, Leaves};
pub use parameter::{AckParameter, AnyParameter, InjectedParameter, Parameter};
pub use subscriber::{Handled, OrderKey, SubscriberDesc, SubscriberEntry, Topical};

use super::plugs::OpenPlugs;
use crate::broker::Broker;
use crate::client::Client;
use crate::config::{Config, Configuration, Section, linked};
use crate::errors::{Error, Result};
use crate::rpc::{BoxFuture, Service, ServiceDesc};
pub use crate::util::types::Dep;
use crate::util::types::short;

/// Any shared value.
pub type AnyArc = Arc<dyn Any + Send + Sync>;

/// An injectable type: anything that can be cloned and shared.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be injected",
    label = "injected values are `Clone + Send + Sync + 'static`",
    note = "wrap it in an `Arc`"
)]
pub trait Inject: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Inject for T {}

/// Handles of micro itself.
pub(super) struct Handles<'a> {
    pub(super) client: &'a Client,
    pub(super) broker: &'a Broker,
    pub(super) plugs: &'a OpenPlugs,
    pub(super) configuration: &'a Configuration,
}

/// The values there are.
#[derive(Default)]
pub struct Resolver {
    values: HashMap<TypeId, AnyArc>,
    configuration: Option<Configuration>,
}

impl Resolver {
    /// A copy of the value of type `T`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::Code::NotFound) when nothing provides it; [`InvalidArgument`](crate::Code::InvalidArgument) when
    /// it is settings that cannot be used.
    pub fn get<T: Inject>(&self) -> Result<T> {
        let value = self.any(TypeId::of::<T>())?;
        let value = value.as_ref().and_then(|value| value.downcast_ref::<T>());
        value.cloned().ok_or_else(|| Error::not_found(format!("nothing provides `{}`", short(type_name::<T>()))))
    }

    /// The value of a type that is known by its id only.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when it is settings that cannot be used.
    pub(super) fn any(&self, id: TypeId) -> Result<Option<AnyArc>> {
        match self.values.get(&id) {
            Some(value) => Ok(Some(value.clone())),
            None => self.settings(id),
        }
    }

    fn settings(&self, id: TypeId) -> Result<Option<AnyArc>> {
        let Some(configuration) = &self.configuration else { return Ok(None) };
        let entry = linked().into_iter().find(|entry| (entry.config)() == id);
        entry.map(|entry| (entry.open)(configuration)).transpose()
    }

    /// Adds micro's own handles, leaves of the graph.
    pub(super) fn with_handles(mut self, handles: &Handles<'_>) -> Self {
        let Handles { client, broker, plugs, configuration } = handles;
        self.put_unless_given::<Client>((*client).clone());
        for (id, value) in plugs.injected() {
            self.values.entry(id).or_insert(value);
        }
        self.put_unless_given::<Configuration>((*configuration).clone());
        self.configuration = Some((*configuration).clone());
        for entry in inventory::iter::<ClientEntry> {
            self.values.entry(entry.out().id()).or_insert_with(|| entry.make(client));
        }
        for entry in inventory::iter::<PublisherEntry> {
            self.values.entry(entry.out().id()).or_insert_with(|| entry.make(broker));
        }
        self
    }

    /// The types of all values there are.
    fn ids(&self) -> impl Iterator<Item = TypeId> {
        self.values.keys().copied()
    }

    pub(super) fn put(&mut self, id: TypeId, value: AnyArc) {
        self.values.insert(id, value);
    }

    fn put_unless_given<T: Inject>(&mut self, value: T) {
        self.values.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(value));
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resolver({} values)", self.values.len())
    }
}

/// Settings that can be injected. It stands between, so that the message does not list every struct of settings there is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no configuration prefix",
    label = "expected a struct marked `#[micro::config(prefix = \"..\")]`"
)]
pub trait Prefixed: Section {}

#[diagnostic::do_not_recommend]
impl<T: Section> Prefixed for T {}

/// A parameter of type `T`, asked for: `Ask::<T>::of(resolver)`. Any type is asked for by way of [`AskAny`]; only settings
/// know more about what may be missing.
#[derive(Debug)]
pub struct Ask<T>(PhantomData<T>);

impl<T> Ask<Config<T>> {
    /// The settings.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::Code::NotFound) when nothing provides them.
    pub fn of(resolver: &Resolver) -> Result<Config<T>>
    where
        T: Prefixed,
    {
        resolver.get()
    }
}

/// The fallback of [`Ask`].
pub trait AskAny {
    /// The type.
    type Value;

    /// A copy of the value of the type.
    ///
    /// # Errors
    ///
    /// As [`Resolver::get`].
    fn of(resolver: &Resolver) -> Result<Self::Value>
    where
        Self::Value: Inject,
    {
        resolver.get()
    }
}

impl<T> AskAny for Ask<T> {
    type Value = T;
}

/// Constructor of a value of type `T`, and its dependencies.
pub struct Init<T> {
    /// Dependencies.
    pub deps: &'static [Dep],
    /// Builds the value once they are available.
    pub build: for<'a> fn(&'a Resolver) -> BoxFuture<'a, Result<T>>,
}

impl<T> fmt::Debug for Init<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Init").field("deps", &self.deps).finish()
    }
}

/// A type that can be built without an init function: it implements `Default`.
#[diagnostic::on_unimplemented(
    message = "micro does not know how to build `{Self}`",
    label = "no `#[micro::init]` function and no `Default`",
    note = "write `#[micro::init] async fn new(..) -> Result<Self>` in an `impl {Self}`, or derive `Default`, or write `#[micro::handler(manual)]` and serve a value with `micro::app().serve(..)`"
)]
pub trait Buildable: Sized {
    /// Returns the constructor.
    fn fallback() -> Init<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Default + 'static> Buildable for T {
    fn fallback() -> Init<T> {
        Init { deps: &[], build: |_| Box::pin(async { Ok(T::default()) }) }
    }
}

/// Gives every type a hidden `only_one_init_function`, which an inherent one of the same name, from `#[micro::init]`, wins over.
pub trait InitFallback: Sized {
    #[doc(hidden)]
    fn only_one_init_function() -> Init<Self>
    where
        Self: Buildable,
    {
        <Self as Buildable>::fallback()
    }
}

impl<T> InitFallback for T {}

/// A type with a function in whose `impl` the attribute stands. Nothing implements it: it is there for its message.
#[diagnostic::on_unimplemented(
    message = "`#[micro::init]` builds `{Self}` outside of `impl {Self}`",
    label = "expected `Result<Self>`",
    note = "an init function builds the type it belongs to: `impl {Self} {{ #[micro::init] fn new(..) -> Result<Self> {{ .. }} }}`"
)]
pub trait BuiltHere {}

/// Gives every type a hidden `only_one_init_function`, which its own wins over: one that finds this in the place of itself stands
/// elsewhere.
pub trait OutsideOfItsImpl: Sized {
    #[doc(hidden)]
    fn only_one_init_function() -> Init<Self>
    where
        Self: BuiltHere,
    {
        unreachable!("nothing is `BuiltHere`")
    }
}

impl<T> OutsideOfItsImpl for T {}

/// Marker of traits with `#[micro::service]`. Never implemented: it exists for its message.
#[diagnostic::on_unimplemented(
    message = "a handler implements a contract, and this trait is none",
    label = "expected a trait marked `#[micro::service]`"
)]
pub trait ServiceContract {}

/// Gives every type a hidden `__micro_service` and `__micro_desc`, which those of a contract win over.
pub trait ContractFallback: Sized {
    #[doc(hidden)]
    fn __micro_service(_: Arc<Self>) -> Service
    where
        Arc<Self>: ServiceContract,
    {
        unreachable!("nothing is a `Contract`")
    }

    // Without a bound: `__micro_service` is asked for beside it, and its message is enough.
    #[doc(hidden)]
    fn __micro_desc() -> &'static ServiceDesc {
        unreachable!("nothing is a `Contract`")
    }
}

impl<T> ContractFallback for T {}
