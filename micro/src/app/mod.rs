//! The object that puts the rooms together: it collects what the attributes registered, injects, serves, and stops.
//!
//! There are two roads and one table. [`run`] serves everything that is linked into the program. [`App`] says the same
//! explicitly, which is the way for tests and for several independent apps in one process. Nothing is global.

mod banner;
mod brokers;
mod build;
pub mod entry;
mod health;
mod hooks;
mod identity;
pub mod inject;
mod life;
mod listing;
mod plan;
mod probes;
mod serve;
mod services;
mod settings;
mod subscribers;

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use entry::{app, client, main, run};
pub use health::Critical;
pub use identity::Rename;
pub use life::{Handle, Running};
pub use settings::{Address, Settings, Tls, UnknownKeys};

use health::Check;
use hooks::Hooks;
use inject::{AnyArc, Inject, Resolver, SubscriberEntry};
use plan::{Handler, Mounted};

use crate::broker::{self, Broker, Handling, Subscription};
use crate::config::load::Surroundings;
use crate::config::{Code, Need, Section, Source, Value};
use crate::errors::Result;
use crate::registry::Registry;
use crate::rpc::{Endpoint, Interceptor, Interceptors, Service};
use crate::server::{self, Fallback};
use crate::transport::memory::Network;
use crate::transport::tls::{ClientTls, ServerTls};

/// What goes around everything the port serves.
type AroundHttp = Box<dyn FnOnce(axum::Router) -> axum::Router + Send>;

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
    code: Code,
    sources: Vec<(Box<dyn Source>, Need)>,
    surroundings: Option<Surroundings>,
    environment_prefix: Option<String>,
    logs: bool,
    given: Resolver,
    handlers: Vec<Mounted>,
    subscribers: Vec<Result<SubscriberEntry>>,
    handled_events: Vec<(Subscription, Handling, Arc<dyn broker::Handler>)>,
    everything: bool,
    fallback: Option<Arc<dyn Endpoint>>,
    routes: Vec<axum::Router>,
    around_http: Vec<AroundHttp>,
    checks: Vec<Check>,
    hooks: Hooks,
    registry: Option<Registry>,
    broker: Option<Broker>,
    named_brokers: BTreeMap<String, Broker>,
    network: Option<Network>,
    server_tls: Option<ServerTls>,
    client_tls: Option<ClientTls>,
    around_calls: Interceptors,
    around_handlers: Interceptors,
    around_events: broker::Interceptors,
}

impl App {
    /// An app that serves nothing yet and reads neither environment nor flags.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves every handler that is linked into the program.
    pub fn everything(mut self) -> Self {
        self.everything = true;
        self
    }

    /// Also reads the environment and the command line, over what the program sets.
    pub fn with_environment(mut self) -> Self {
        self.surroundings = Some(Surroundings::process());
        self
    }

    /// Lets variables of the environment that begin with `prefix` set any key: with `SHOP` it is `SHOP_GREETER__SALUTATION`
    /// that sets `greeter.salutation`. Keys of a struct have a variable of their own anyway.
    ///
    /// It reads the environment where the app does.
    pub fn environment_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.environment_prefix = Some(prefix.into());
        self
    }

    /// Changes micro's own settings in code. Files, servers, environment and flags, where they are read, win over it.
    #[track_caller]
    pub fn set(self, change: impl FnOnce(&mut Settings)) -> Self {
        self.configure(change)
    }

    /// Changes a `#[micro::config]` struct in code, as [`set`](Self::set) does for micro's own.
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
        self.code.change(change);
        self
    }

    /// Sets one key in code, `greeter.salutation`, whether a struct has it or not.
    #[track_caller]
    pub fn setting(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.code.set(path, value);
        self
    }

    /// Reads a source of settings: [`config::Memory`](crate::config::Memory), [`config::Files`](crate::config::Files), or one
    /// of the program's own. Among sources of one layer the later wins; those the settings name come last.
    pub fn config_from(mut self, source: impl Source, need: Need) -> Self {
        self.sources.push((Box::new(source), need));
        self
    }

    /// Lists and finds nodes in `registry`, whatever the settings say.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Publishes and subscribes at `broker`, whatever the settings say.
    pub fn broker(mut self, broker: Broker) -> Self {
        self.broker = Some(broker);
        self
    }

    /// Adds a broker beside the usual one: `#[micro::subscriber(broker = "audit")]` subscribes there, and
    /// [`Brokers`](crate::broker::Brokers) has it. It takes the place of `micro.brokers.audit` in the settings.
    pub fn named_broker(mut self, name: impl Into<String>, broker: Broker) -> Self {
        self.named_brokers.insert(name.into(), broker);
        self
    }

    /// Serves and calls on a network within the process, without sockets: for tests, also under paused time. Routes,
    /// probes and layers around HTTP are not served there.
    pub fn network(mut self, network: Network) -> Self {
        self.network = Some(network);
        self
    }

    /// Serves with TLS, whatever the settings say of certificates.
    pub fn server_tls(mut self, tls: ServerTls) -> Self {
        self.server_tls = Some(tls);
        self
    }

    /// Calls with TLS as this says, whatever the settings say, where nodes or addresses ask for it.
    pub fn client_tls(mut self, tls: ClientTls) -> Self {
        self.client_tls = Some(tls);
        self
    }

    /// Provides a value for injection, in the place of a `#[micro::provider]` of the same type.
    pub fn provide<T: Inject>(mut self, value: T) -> Self {
        self.given.put(TypeId::of::<T>(), Arc::new(value));
        self
    }

    /// Serves a value: every contract its type was registered for with `#[micro::handler]`, or the one service that a
    /// generated `XServer::new(..)` has made of it.
    pub fn serve<T: Any + Send + Sync>(self, value: T) -> Self {
        self.add(value_of(value), None)
    }

    /// The same, listed under another name than the contract's: several implementations of one contract can coexist.
    pub fn serve_as<T: Any + Send + Sync>(self, name: impl Into<String>, value: T) -> Self {
        self.add(value_of(value), Some(name.into()))
    }

    /// Serves a type that is built by injection: every contract it was registered for with `#[micro::handler]`.
    pub fn mount<T: Any + Send + Sync>(self) -> Self {
        self.add(type_of::<T>(), None)
    }

    /// The same, listed under another name than the contract's.
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
        self.subscribers.push(SubscriberEntry::find::<F>());
        self
    }

    /// Runs `handler` for the events of `subscription`, which may be of topics that only the start of the program knows.
    ///
    /// ```
    /// use micro::broker::{Handling, Subscription, handling};
    ///
    /// # fn example() -> micro::Result<()> {
    /// let everything = Subscription::new("orders.>".parse()?).with_queue("archive");
    /// let app = micro::app().handle_events(everything, Handling::default(), handling::function(|given| async move {
    ///     println!("{} on {}", given.raw().id, given.raw().topic);
    ///     Ok(())
    /// }));
    /// # Ok(()) }
    /// ```
    pub fn handle_events(
        mut self,
        subscription: Subscription,
        handling: Handling,
        handler: Arc<dyn broker::Handler>,
    ) -> Self {
        self.handled_events.push((subscription, handling, handler));
        self
    }

    /// Answers the calls of methods that no service here has: for proxies, and for what is known only at run time.
    pub fn fallback(mut self, fallback: impl Fallback) -> Self {
        self.fallback = Some(server::open(fallback));
        self
    }

    fn add(mut self, handler: Handler, name: Option<String>) -> Self {
        self.handlers.push(Mounted { handler, name });
        self
    }

    /// Serves routes of the program's own on the same port. They come before the services; what they do not match goes on.
    pub fn routes(mut self, router: axum::Router) -> Self {
        self.routes.push(router);
        self
    }

    /// Wraps everything the port serves, calls too, in layers of `tower`: `.around_http(|router| router.layer(..))`.
    ///
    /// They see HTTP and nothing else; what is to see calls of every transport is an [`Interceptor`].
    pub fn around_http(mut self, layers: impl FnOnce(axum::Router) -> axum::Router + Send + 'static) -> Self {
        self.around_http.push(Box::new(layers));
        self
    }

    /// Looks regularly whether the program can do its work. While a critical check fails, `/readyz` says so and the node is
    /// withdrawn from the registry.
    ///
    /// ```
    /// use micro::app::Critical;
    /// # let database = || async { micro::Result::Ok(()) };
    ///
    /// let app = micro::app().check("database", Critical::Yes, database);
    /// ```
    pub fn check<F>(
        mut self,
        name: impl Into<String>,
        critical: Critical,
        look: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.checks.push(Check { name: name.into(), critical, run: Box::new(move || Box::pin(look())) });
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
    pub fn around_calls(mut self, interceptor: impl Interceptor) -> Self {
        self.around_calls.push(interceptor);
        self
    }

    /// Wraps every call this app answers, inside of the interceptors that are there.
    pub fn around_handlers(mut self, interceptor: impl Interceptor) -> Self {
        self.around_handlers.push(interceptor);
        self
    }

    /// Wraps everything this app publishes, and every try of its subscribers, inside of the interceptors that are there.
    pub fn around_events(mut self, interceptor: impl broker::Interceptor) -> Self {
        self.around_events.push(interceptor);
        self
    }

    /// Starts it: builds what is to be served, listens, and registers. Returns when others can find it.
    ///
    /// Dropping the future undoes what was done.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) when there is nothing to serve or injection has problems;
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when settings are wrong; else what building, listening or
    /// registering failed with.
    pub async fn start(self) -> Result<Running> {
        build::start(self).await
    }

    /// Starts it as a program: logs go to stderr, and SIGTERM or ctrl-c stops it so that no call in flight is lost. A second
    /// signal ends the wait for those.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start) and [`Running::stop`].
    pub async fn run(self) -> Result<()> {
        life::run(self, std::future::pending()).await
    }

    /// The same, and also stops when `until` completes.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn run_until(self, until: impl Future<Output = ()>) -> Result<()> {
        life::run(self, until).await
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("handlers", &self.handlers.len()).finish()
    }
}

fn value_of<T: Any + Send + Sync>(value: T) -> Handler {
    let value: AnyArc = Arc::new(value);
    match value.downcast::<Service>() {
        Ok(service) => Handler::Service(Service::clone(&service)),
        Err(value) => Handler::Value { id: TypeId::of::<T>(), name: std::any::type_name::<T>(), value },
    }
}

fn type_of<T: Any>() -> Handler {
    Handler::Type { id: TypeId::of::<T>(), name: std::any::type_name::<T>() }
}
