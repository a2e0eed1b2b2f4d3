//! Entries that the attributes register at link time.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use super::{AnyArc, Dep, Init, Inject, Resolver};
use crate::broker::Broker;
use crate::client::Client;
use crate::errors::Result;
use crate::rpc::{BoxFuture, Service, ServiceDesc, ServiceError};

/// Location in the author's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceLocation {
    file: &'static str,
    line: u32,
    what: &'static str,
}

impl SourceLocation {
    /// `what` at a line of a file.
    pub const fn new(file: &'static str, line: u32, what: &'static str) -> Self {
        SourceLocation { file, line, what }
    }
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` at {}:{}", self.what, self.file, self.line)
    }
}

type Build = dyn for<'a> Fn(&'a Resolver) -> BoxFuture<'a, Result<AnyArc>> + Send + Sync;

/// A type that serves something, and how it is built: one instance per type, whatever it serves.
pub struct Component {
    id: TypeId,
    deps: &'static [Dep],
    build: Box<Build>,
}

impl Component {
    /// The type `T`, built by `init`.
    pub fn new<T: Send + Sync + 'static>(init: Init<T>) -> Self {
        let build = init.build;
        Component {
            id: TypeId::of::<T>(),
            deps: init.deps,
            build: Box::new(move |resolver| {
                Box::pin(async move { Ok(Arc::new(build(resolver).await?) as Arc<dyn Any + Send + Sync>) })
            }),
        }
    }

    pub(in crate::app) fn id(&self) -> TypeId {
        self.id
    }

    pub(in crate::app) fn deps(&self) -> &'static [Dep] {
        self.deps
    }

    pub(in crate::app) fn build<'a>(&'a self, resolver: &'a Resolver) -> BoxFuture<'a, Result<AnyArc>> {
        (self.build)(resolver)
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component").field("deps", &self.deps).finish()
    }
}

/// A handler: a component, and how it becomes a service. Written by `#[micro::handler]`.
#[derive(Debug)]
pub struct HandlerEntry {
    component: fn() -> Component,
    service: fn(AnyArc) -> Service,
    desc: fn() -> &'static ServiceDesc,
    location: SourceLocation,
    taken: &'static [&'static [Dep]],
}

impl HandlerEntry {
    /// A handler: how it is built, how it becomes a service, what that service says about itself, and where it stands.
    pub const fn new(
        component: fn() -> Component,
        service: fn(AnyArc) -> Service,
        desc: fn() -> &'static ServiceDesc,
        location: SourceLocation,
    ) -> Self {
        HandlerEntry { component, service, desc, location, taken: &[] }
    }

    /// Adds the types that the methods' parameters need as extensions of the context.
    #[must_use]
    pub const fn taking(self, taken: &'static [&'static [Dep]]) -> Self {
        HandlerEntry { taken, ..self }
    }

    /// Returns the description of the service, known before it is built.
    pub fn desc(&self) -> &'static ServiceDesc {
        (self.desc)()
    }

    pub(in crate::app) fn component(&self) -> Component {
        (self.component)()
    }

    pub(in crate::app) fn service(&self, instance: AnyArc) -> Service {
        (self.service)(instance)
    }

    pub(in crate::app) fn location(&self) -> SourceLocation {
        self.location
    }

    /// Returns the types that have to be extensions of every context.
    pub(in crate::app) fn extensions(&self) -> impl Iterator<Item = Dep> {
        self.taken.iter().copied().flatten().copied()
    }
}

inventory::collect!(HandlerEntry);

/// A value others need, and how it is built. Written by `#[micro::provider]`.
pub struct ProviderEntry {
    out: Dep,
    deps: &'static [Dep],
    build: for<'a> fn(&'a Resolver) -> BoxFuture<'a, Result<AnyArc>>,
    location: SourceLocation,
}

impl ProviderEntry {
    /// A provider.
    pub const fn new(
        out: Dep,
        deps: &'static [Dep],
        build: for<'a> fn(&'a Resolver) -> BoxFuture<'a, Result<AnyArc>>,
        location: SourceLocation,
    ) -> Self {
        ProviderEntry { out, deps, build, location }
    }

    pub(in crate::app) fn out(&self) -> Dep {
        self.out
    }

    pub(in crate::app) fn deps(&self) -> &'static [Dep] {
        self.deps
    }

    pub(in crate::app) fn build<'a>(&self, resolver: &'a Resolver) -> BoxFuture<'a, Result<AnyArc>> {
        (self.build)(resolver)
    }

    pub(in crate::app) fn location(&self) -> SourceLocation {
        self.location
    }
}

impl fmt::Debug for ProviderEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderEntry").field("out", &self.out).field("deps", &self.deps).finish()
    }
}

inventory::collect!(ProviderEntry);

/// Return type of a provider.
#[diagnostic::on_unimplemented(
    message = "a provider returns a `Result`, found `{Self}`",
    label = "expected `Result<T>` with a `T` that is `Clone + Send + Sync + 'static`"
)]
pub trait Provided {
    /// Provided type.
    type Value: Inject;

    /// The value, with its type erased.
    ///
    /// # Errors
    ///
    /// What the provider failed with.
    fn into_any(self) -> Result<AnyArc>;
}

impl<T: Inject, E: ServiceError> Provided for Result<T, E> {
    type Value = T;

    fn into_any(self) -> Result<AnyArc> {
        self.map(|value| Arc::new(value) as AnyArc).map_err(ServiceError::into_error)
    }
}

/// Return type of an `#[micro::init]` function.
#[diagnostic::on_unimplemented(
    message = "`#[micro::init]` of `{T}` returns a `Result` of it, found `{Self}`",
    label = "expected `Result<Self>`"
)]
pub trait Built<T> {
    /// As micro's own `Result`.
    ///
    /// # Errors
    ///
    /// What building failed with.
    fn into_result(self) -> Result<T>;
}

impl<T, E: ServiceError> Built<T> for Result<T, E> {
    fn into_result(self) -> Result<T> {
        self.map_err(ServiceError::into_error)
    }
}

/// Return type of an `#[micro::init]` function that names the type it builds.
#[diagnostic::on_unimplemented(
    message = "`#[micro::init]` returns a `Result` of the value it builds, found `{Self}`",
    label = "expected `Result<Self>`"
)]
pub trait Building {
    /// The type it builds.
    type Type;
}

impl<T, E> Building for Result<T, E> {
    type Type = T;
}

/// A generated client, which can be injected. Written by `#[micro::service]`.
#[derive(Debug)]
pub struct ClientEntry {
    out: Dep,
    make: fn(&Client) -> AnyArc,
    desc: &'static ServiceDesc,
}

impl ClientEntry {
    /// A client of the contract `desc`.
    pub const fn new(out: Dep, make: fn(&Client) -> AnyArc, desc: &'static ServiceDesc) -> Self {
        ClientEntry { out, make, desc }
    }

    /// The client itself.
    pub fn out(&self) -> Dep {
        self.out
    }

    pub(in crate::app) fn make(&self, client: &Client) -> AnyArc {
        (self.make)(client)
    }

    /// The contract it calls.
    pub fn desc(&self) -> &'static ServiceDesc {
        self.desc
    }
}

inventory::collect!(ClientEntry);

/// Constructor of an injectable publisher of one type of events. Written by `#[micro::event]`.
#[derive(Debug)]
pub struct PublisherEntry {
    out: Dep,
    make: fn(&Broker) -> AnyArc,
}

impl PublisherEntry {
    /// The publisher `out`.
    pub const fn new(out: Dep, make: fn(&Broker) -> AnyArc) -> Self {
        PublisherEntry { out, make }
    }

    pub(in crate::app) fn out(&self) -> Dep {
        self.out
    }

    pub(in crate::app) fn make(&self, broker: &Broker) -> AnyArc {
        (self.make)(broker)
    }
}

inventory::collect!(PublisherEntry);
