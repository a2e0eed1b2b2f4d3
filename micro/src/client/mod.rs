//! Calling: find the nodes of a service, pick one, reach it, and try another where that is safe.
//!
//! A [`Client`] is what the generated clients hold. Whether the service lives in this process or in another is decided
//! call by call, and the caller cannot tell.

mod at;
mod known;
mod options;
mod replies;
mod retry;
mod service_client;
mod untyped;
mod way;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use options::{CallOptions, Retry};
pub use replies::Replies;
pub use service_client::{ServiceClient, Wraps};
pub use untyped::Untyped;

use at::At;
use known::{Known, Services};
use retry::Budget;
use way::{Sole, Way};

use crate::context::Context;
use crate::errors::Result;
use crate::registry::Registry;
use crate::rpc::Slot;
use crate::rpc::{
    BoxFuture, Call, Exchange, Fault, Idle, Interceptors, MethodInfo, MethodSpec, Outcome, Part, Service,
};
use crate::selector::Selector;
use crate::transport::Outbound;
use crate::transport::local::Local;
use crate::util::clock;

/// Calls services by contract. Cloning is cheap and shares what was learned of the nodes.
///
/// It is what generated clients hold; by itself it calls by names and bytes, see [`Untyped`].
///
/// ```
/// # async fn example(app: micro::app::Running) -> micro::Result<()> {
/// let greeter = app.client().at("127.0.0.1:8080").untyped("greeter");
/// let reply = greeter.json("/greeter.Greeter/Hello", r#"{"name": "Ada"}"#).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    core: Arc<Core>,
    target: Arc<Target>,
}

/// What all clients of a program share.
struct Core {
    local: Local,
    remote: Option<Remote>,
    interceptors: Interceptors,
    // In nanoseconds: read at every call, and changed hardly ever.
    timeout: AtomicU64,
    idle: Option<Duration>,
    selector: Selector,
    budget: Budget,
}

/// The way out of the process.
struct Remote {
    registry: Registry,
    services: Services,
    outbound: Arc<dyn Outbound>,
}

impl Core {
    fn timeout(&self) -> Duration {
        Duration::from_nanos(self.timeout.load(Ordering::Relaxed))
    }
}

fn nanoseconds(timeout: Duration) -> u64 {
    u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX)
}

/// Whom one client calls, and how.
#[derive(Clone, Debug, Default)]
struct Target {
    name: Option<String>,
    address: Option<At>,
    options: CallOptions,
    // The service that was called first, which is the only one as a rule.
    known: OnceLock<Arc<Known>>,
}

/// What a client is made of.
#[derive(Debug)]
pub struct Builder {
    local: Local,
    remote: Option<(Registry, Arc<dyn Outbound>)>,
    interceptors: Interceptors,
    timeout: Duration,
    idle: Option<Duration>,
}

impl Builder {
    /// A client that reaches services of its own process, as `local` knows them.
    pub fn new(local: Local) -> Self {
        let (interceptors, timeout) = (Interceptors::default(), Duration::from_secs(30));
        Builder { local, remote: None, interceptors, timeout, idle: None }
    }

    /// Also reaches other processes, which `registry` lists, through `outbound`.
    #[must_use]
    pub fn with_remote(mut self, registry: Registry, outbound: Arc<dyn Outbound>) -> Self {
        self.remote = Some((registry, outbound));
        self
    }

    /// How long unary calls wait where nobody says otherwise. Default: 30 s.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long calls with a stream may wait while nothing moves in either direction. Default: no limit.
    #[must_use]
    pub fn with_idle_timeout(mut self, limit: Option<Duration>) -> Self {
        self.idle = limit;
        self
    }

    /// Wraps every call.
    #[must_use]
    pub fn with_interceptors(mut self, interceptors: Interceptors) -> Self {
        self.interceptors = interceptors;
        self
    }

    /// The client.
    pub fn build(self) -> Client {
        let core = Core {
            local: self.local,
            remote: self.remote.map(|(registry, outbound)| Remote {
                registry,
                services: Services::default(),
                outbound,
            }),
            interceptors: self.interceptors,
            timeout: AtomicU64::new(nanoseconds(self.timeout)),
            idle: self.idle,
            selector: Selector::new(),
            budget: Budget::new(),
        };
        Client { core: Arc::new(core), target: Arc::default() }
    }
}

impl Client {
    /// A client of one service in this process and of nothing else, for tests.
    pub fn of(service: Service) -> Self {
        let local = Local::new();
        local.serve(Arc::new(Sole::new(&service)));
        Builder::new(local).build()
    }

    /// Changes how long unary calls wait where nobody says otherwise, for this client and all that share its way out.
    pub fn set_timeout(&self, timeout: Duration) {
        self.core.timeout.store(nanoseconds(timeout), Ordering::Relaxed);
    }

    /// The same for the service listed as `name`.
    #[must_use]
    pub fn named(&self, name: impl Into<String>) -> Self {
        self.aimed(|target| target.name = Some(name.into()))
    }

    /// The same for the process at `address`, `host:port`, without asking the registry. `https://host:port` is called with TLS,
    /// and has to prove that it is that host; `http://host:port` is as without.
    #[must_use]
    pub fn at(&self, address: impl Into<String>) -> Self {
        self.aimed(|target| target.address = Some(At::parse(&address.into())))
    }

    /// The same with other options.
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        self.aimed(|target| target.options = options)
    }

    /// Calls the method `M`.
    ///
    /// Dropping the future drops the handler, wherever it runs.
    ///
    /// # Errors
    ///
    /// What the handler fails with. [`DeadlineExceeded`](crate::Code::DeadlineExceeded) when time runs out, and
    /// [`Unavailable`](crate::Code::Unavailable) when there is no node or none can be reached.
    // That the future is `Send` is said here, or every mistake in a signature would be explained a second time by way of it.
    #[allow(clippy::manual_async_fn)]
    pub fn call<M: MethodSpec>(&self, input: M::In) -> impl Future<Output = M::Out> + Send {
        async move { M::Out::from_result(self.run::<M>(input).await.map_err(Fault::from_error)) }
    }

    async fn run<M: MethodSpec>(&self, input: M::In) -> Result<<M::Out as Outcome>::Ok> {
        let method = MethodInfo::from(&M::SERVICE.method_descs()[M::INDEX]);
        let service = self.target.name.as_deref().unwrap_or(M::SERVICE.name());
        let caller = Context::current();
        let idle = self.idle(method);
        // A request stream is the caller's: it is read with the caller's context, wherever it is read.
        let mut input = input.guarded(&caller);
        if let Some(idle) = &idle {
            input = input.watched(idle.requests());
        }
        let mut slot = Slot::<M::In, <M::Out as Outcome>::Ok>::new(input);
        self.exchange(service, method, &caller, &mut slot, idle.as_ref()).await?;
        let reply = slot.into_reply()?;
        Ok(match &idle {
            Some(idle) => reply.watched(idle.replies()),
            None => reply,
        })
    }

    /// Exchanges a request for a reply, within the deadline and through the interceptors.
    async fn exchange(
        &self,
        service: &str,
        method: MethodInfo<'_>,
        caller: &Context,
        exchange: &mut dyn Exchange,
        idle: Option<&Idle>,
    ) -> Result<()> {
        let way = Way::find(self, service, method);
        let context = self.context(caller, method, &way);
        if let Some(replies) = &self.target.options.replies {
            replies.begin(&context);
        }
        let (deadline, local) = (context.deadline(), way.is_local());
        let mut call = Call::new(service, method, context, exchange);
        let run = self.core.interceptors.run(&mut call, &way);
        let run: BoxFuture<'_, Result<()>> = match idle {
            Some(idle) => Box::pin(idle.bound(run)),
            None => run,
        };
        match deadline {
            // The way out of the process keeps the deadline itself, without a timer for each call.
            Some(_) if self.core.interceptors.is_empty() && !local => run.await,
            Some(deadline) => {
                let run = clock::within(deadline, run).await;
                run.unwrap_or_else(|_| Err(Context::deadline_exceeded()))
            }
            None => run.await,
        }
    }

    fn idle(&self, method: MethodInfo<'_>) -> Option<Idle> {
        let timeout = self.target.options.idle.or(self.core.idle);
        timeout.filter(|_| method.has_stream()).map(Idle::new)
    }

    fn context(&self, caller: &Context, method: MethodInfo<'_>, way: &Way<'_>) -> Context {
        let options = &self.target.options;
        let usual = (!method.has_stream()).then(|| self.core.timeout());
        let timeout = options.timeout.or(method.timeout()).or(usual);
        match way {
            Way::Local(inbound, _) => caller.calling_here(timeout, &options.metadata, inbound.extensions()),
            Way::Remote(_) => caller.calling(timeout, &options.metadata),
        }
    }

    fn aimed(&self, change: impl FnOnce(&mut Target)) -> Self {
        let mut target = Target { known: OnceLock::new(), ..(*self.target).clone() };
        change(&mut target);
        Client { core: self.core.clone(), target: Arc::new(target) }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registry = self.core.remote.as_ref().map(|remote| &remote.registry);
        f.debug_struct("Client").field("target", &self.target).field("registry", &registry).finish()
    }
}
