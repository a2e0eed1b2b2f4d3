use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use super::handle::Handle;
use super::health::{Critical, HealthCheck};
use super::hooks::{self, Hooks};
use super::inject::{AnyArc, Inject, SubscriberEntry};
use super::layers::HttpLayers;
use super::plan::{AppServices, Mounted, PlannedHandler};
use super::plugs::Plugs;
use super::settings::Settings;
use super::sources::Sources;
use super::transports::Transports;
use crate::broker::{self, Broker, ConsumerOptions, Subscription};
use crate::config::load::ProcessEnv;
use crate::config::{Requirement, Section, Source, Value};
use crate::errors::Result;
use crate::plug::Plug;
use crate::registry::Registry;
use crate::rpc::{Interceptor, Service};
use crate::selector::Balancer;
use crate::server::{self, Fallback};
use crate::transport::memory::Network;
use crate::transport::tls::{ClientTls, ServerTls};
use crate::transport::{Connector, Inbound, Protocol};

/// A program before it runs: what it serves, what it provides, and how it is set.
///
/// ```
/// use micro::prelude::*;
///
/// #[micro::message]
/// #[derive(Clone, Debug, PartialEq)]
/// pub struct Number {
///     pub value: u32,
/// }
///
/// #[micro::service(name = "doubler")]
/// pub trait Doubler {
///     async fn double(&self, number: Number) -> Result<Number>;
/// }
///
/// struct Twice;
///
/// #[micro::handler(manual)]
/// impl Doubler for Twice {
///     async fn double(&self, number: Number) -> Result<Number> {
///         Ok(Number { value: number.value * 2 })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let running = micro::app().registry(micro::registry::Registry::memory()).serve(DoublerServer::new(Twice)).start().await?;
/// let doubler: DoublerClient = running.get()?;
/// assert_eq!(doubler.double(Number { value: 21 }).await?.value, 42);
/// running.stop().await?;
/// # Ok(()) }
/// ```
#[must_use = "an app does nothing until it is started"]
#[derive(Default)]
pub struct App {
    pub(super) sources: Sources,
    pub(super) services: AppServices,
    pub(super) plugs: Plugs,
    pub(super) transports: Transports,
    pub(super) layers: HttpLayers,
    pub(super) hooks: Hooks,
}

impl App {
    /// An app that serves nothing yet and reads neither environment nor flags.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves every handler that is linked into the program.
    pub fn linked(mut self) -> Self {
        self.services.everything = true;
        self
    }

    /// Also reads the environment and the command line, over what the program sets.
    pub fn environment(mut self) -> Self {
        self.sources.environment = Some(ProcessEnv::process());
        self
    }

    /// Lets variables of the environment that begin with `prefix` set any key: with `SHOP` it is `SHOP_GREETER__SALUTATION`
    /// that sets `greeter.salutation`. Keys of a struct have a variable of their own anyway.
    ///
    /// It reads the environment where the app does.
    pub fn environment_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.sources.environment_prefix = Some(prefix.into());
        self
    }

    /// Changes micro's own settings in code. Files, servers, environment and flags, where they are read, win over it.
    #[track_caller]
    pub fn settings(self, change: impl FnOnce(&mut Settings)) -> Self {
        self.configure(change)
    }

    /// Changes a `#[micro::config]` struct in code, as [`settings`](Self::settings) does for micro's own.
    ///
    /// ```
    /// #[micro::config(prefix = "greeter")]
    /// pub struct GreeterConfig {
    ///     #[config(default = "Hello")]
    ///     pub salutation: String,
    /// }
    ///
    /// let app = micro::app().configure(|config: &mut GreeterConfig| config.salutation = "Hi".into());
    /// ```
    #[track_caller]
    pub fn configure<T: Section + Default>(mut self, change: impl FnOnce(&mut T)) -> Self {
        self.sources.code.change(change);
        self
    }

    /// Sets one key in code, `greeter.salutation`, whether a struct has it or not.
    #[track_caller]
    pub fn setting(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.sources.code.set(path, value);
        self
    }

    /// Reads a source of settings: [`config::Memory`](crate::config::Memory), [`config::Files`](crate::config::Files), or one
    /// of the program's own. Among sources of one layer the later wins; those the settings name come last.
    pub fn config_source(mut self, source: impl Source, need: Requirement) -> Self {
        self.sources.added.push((Box::new(source), need));
        self
    }

    /// Lists and finds nodes in `registry`, whatever the settings say.
    pub fn registry(self, registry: Registry) -> Self {
        self.plug(registry)
    }

    /// Publishes and subscribes at `broker`, whatever the settings say.
    pub fn broker(self, broker: Broker) -> Self {
        self.plug(broker)
    }

    /// Adds a broker beside the usual one: `#[micro::subscriber(broker = "audit")]` subscribes there, and
    /// [`Brokers`](crate::broker::Brokers) has it. It takes the place of `micro.brokers.audit` in the settings.
    pub fn named_broker(self, name: impl Into<String>, broker: Broker) -> Self {
        self.named_plug(name, broker)
    }

    /// Uses `handle` as the default instance of a [`Plug`], whatever the settings say.
    pub fn plug<P: Plug>(mut self, handle: P) -> Self {
        self.plugs.give(None, handle);
        self
    }

    /// Adds an instance of a [`Plug`] beside the default one. It takes the place of `micro.NAMES.name` in the settings.
    pub fn named_plug<P: Plug>(mut self, name: impl Into<String>, handle: P) -> Self {
        self.plugs.give(Some(name.into()), handle);
        self
    }

    /// Serves and calls on a network within the process, without sockets: for tests, also under paused time. Routes,
    /// probes and layers around HTTP are not served there.
    pub fn network(mut self, network: Network) -> Self {
        self.transports.network = Some(network);
        self
    }

    /// Serves with TLS, whatever the settings say of certificates.
    pub fn server_tls(mut self, tls: ServerTls) -> Self {
        self.transports.server_tls = Some(tls);
        self
    }

    /// Calls with TLS as this says, whatever the settings say, where nodes or addresses ask for it.
    pub fn client_tls(mut self, tls: ClientTls) -> Self {
        self.transports.client_tls = Some(tls);
        self
    }

    /// Speaks another protocol on the port, beside HTTP and `micro/1`. `make` is given what answers the calls; nodes list the
    /// [name](Protocol::name) of the protocol, by which a [`connector`](Self::connector) elsewhere finds them.
    ///
    /// The start fails with [`AlreadyExists`](crate::Code::AlreadyExists) when two protocols claim the same first bytes.
    pub fn protocol<P: Protocol>(mut self, make: impl FnOnce(Arc<dyn Inbound>) -> P + Send + 'static) -> Self {
        self.transports.protocols.push(Box::new(|server| Arc::new(make(server))));
        self
    }

    /// Calls nodes over another protocol, where the nodes list it and neither `micro/1` nor a connector added before reaches
    /// them as well. The setting `micro.wire` limits calls to one of micro's own.
    pub fn connector(mut self, connector: impl Connector) -> Self {
        self.transports.connectors.push(Arc::new(connector));
        self
    }

    /// Chooses among the nodes of a service by this, whatever the settings say.
    /// [`CallOptions::with_balancer`](crate::client::CallOptions::with_balancer) chooses for a single call.
    pub fn balancer(mut self, balancer: Balancer) -> Self {
        self.transports.balancer = Some(balancer);
        self
    }

    /// Provides a value for injection, in the place of a `#[micro::provider]` of the same type.
    pub fn provide<T: Inject>(mut self, value: T) -> Self {
        self.services.provided.put(TypeId::of::<T>(), Arc::new(value));
        self
    }

    /// Serves a value: every contract its type was registered for with `#[micro::handler]`, or the one service that a
    /// generated `XServer::new(..)` has made of it.
    pub fn serve<T: Any + Send + Sync>(self, value: T) -> Self {
        self.add(value_of(value), None)
    }

    /// Serves a value under another name than the contract's: several implementations of one contract can coexist.
    pub fn serve_as<T: Any + Send + Sync>(self, name: impl Into<String>, value: T) -> Self {
        self.add(value_of(value), Some(name.into()))
    }

    /// Serves a type that is built by injection: every contract it was registered for with `#[micro::handler]`.
    pub fn mount<T: Any + Send + Sync>(self) -> Self {
        self.add(type_of::<T>(), None)
    }

    /// Serves a type under another name than the contract's.
    pub fn mount_as<T: Any + Send + Sync>(self, name: impl Into<String>) -> Self {
        self.add(type_of::<T>(), Some(name.into()))
    }

    /// Runs a function marked `#[micro::subscriber]` for its events.
    ///
    /// The app does not start when the function is not marked.
    ///
    /// ```
    /// use micro::prelude::*;
    ///
    /// #[micro::event(topic = "greeter.greeted")]
    /// pub struct Greeted {
    ///     pub name: String,
    /// }
    ///
    /// #[micro::subscriber(manual)]
    /// async fn audit(event: Greeted) -> Result<()> {
    ///     println!("{} was greeted", event.name);
    ///     Ok(())
    /// }
    ///
    /// let app = micro::app().subscribe(audit);
    /// ```
    pub fn subscribe<F: Any>(mut self, _function: F) -> Self {
        self.services.subscribers.push(SubscriberEntry::find::<F>());
        self
    }

    /// Runs `handler` for the events of `subscription`, which may be of topics that only the start of the program knows.
    ///
    /// ```
    /// use micro::broker::{ConsumerOptions, Subscription, handling};
    ///
    /// # fn example() -> micro::Result<()> {
    /// let everything = Subscription::new("orders.>".parse()?).with_queue("archive");
    /// let app = micro::app().handle_events(everything, ConsumerOptions::default(), handling::handler_fn(|given| async move {
    ///     println!("{} on {}", given.event().id, given.event().topic);
    ///     Ok(())
    /// }));
    /// # Ok(()) }
    /// ```
    pub fn handle_events(
        mut self,
        subscription: Subscription,
        handling: ConsumerOptions,
        handler: Arc<dyn broker::Handler>,
    ) -> Self {
        self.services.handled_events.push((subscription, handling, handler));
        self
    }

    /// Answers the calls of methods that no service here has: for proxies, and for what is known only at run time.
    pub fn fallback(mut self, fallback: impl Fallback) -> Self {
        self.services.fallback = Some(server::into_endpoint(fallback));
        self
    }

    fn add(mut self, handler: PlannedHandler, name: Option<String>) -> Self {
        self.services.handlers.push(Mounted { handler, name });
        self
    }

    /// Serves routes of the program's own on the same port. They come before the services; what they do not match goes on.
    pub fn routes(mut self, router: axum::Router) -> Self {
        self.layers.routes.push(router);
        self
    }

    /// Wraps everything the port serves, calls too, in layers of `tower`: `.layer_http(|router| router.layer(..))`.
    ///
    /// They see HTTP and nothing else; what is to see calls of every transport is an [`Interceptor`].
    pub fn layer_http(mut self, layers: impl FnOnce(axum::Router) -> axum::Router + Send + 'static) -> Self {
        self.layers.http.push(Box::new(layers));
        self
    }

    /// Looks regularly whether the program can do its work. While a critical check fails, `/readyz` says so and the node is
    /// withdrawn from the registry.
    ///
    /// ```
    /// use micro::app::Critical;
    /// # let database = || async { micro::Result::Ok(()) };
    ///
    /// let app = micro::app().health_check("database", Critical::Yes, database);
    /// ```
    pub fn health_check<F>(
        mut self,
        name: impl Into<String>,
        critical: Critical,
        look: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.hooks.checks.push(HealthCheck { name: name.into(), critical, run: Box::new(move || Box::pin(look())) });
        self
    }

    /// Does something when everything is built and nothing is served yet. A failure ends the start.
    pub fn before_start<F>(mut self, run: impl FnOnce(Handle) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.hooks.before_start.push(hooks::hook(run));
        self
    }

    /// Does something when others can find it. A failure ends the start.
    pub fn after_start<F>(mut self, run: impl FnOnce(Handle) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.hooks.after_start.push(hooks::hook(run));
        self
    }

    /// Does something when it is to stop and everything is still served.
    pub fn before_stop<F>(mut self, run: impl FnOnce(Handle) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.hooks.before_stop.push(hooks::hook(run));
        self
    }

    /// Does something when the last call has ended.
    pub fn after_stop<F>(mut self, run: impl FnOnce(Handle) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.hooks.after_stop.push(hooks::hook(run));
        self
    }

    /// Wraps every call this app makes, inside of the interceptors that are there.
    pub fn client_interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.layers.calls.push(interceptor);
        self
    }

    /// Wraps every call this app answers, inside of the interceptors that are there.
    pub fn server_interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.layers.handlers.push(interceptor);
        self
    }

    /// Wraps everything this app publishes, and every try of its subscribers, inside of the interceptors that are there.
    pub fn event_interceptor(mut self, interceptor: impl broker::Interceptor) -> Self {
        self.layers.events.push(interceptor);
        self
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("handlers", &self.services.handlers.len()).finish()
    }
}

fn value_of<T: Any + Send + Sync>(value: T) -> PlannedHandler {
    let value: AnyArc = Arc::new(value);
    match value.downcast::<Service>() {
        Ok(service) => PlannedHandler::Service(Service::clone(&service)),
        Err(value) => PlannedHandler::Value { id: TypeId::of::<T>(), name: std::any::type_name::<T>(), value },
    }
}

fn type_of<T: Any>() -> PlannedHandler {
    PlannedHandler::Type { id: TypeId::of::<T>(), name: std::any::type_name::<T>() }
}
