//! Calling: find the nodes of a service, pick one, reach it, and try another where that is safe.
//!
//! A [`Client`] is what the generated clients hold. Whether the service lives in this process or in another is decided
//! call by call, and the caller cannot tell.
//!
//! The order of things, for a call that leaves the process:
//!
//! 1. The deadline: that of [`CallOptions`], else of the method, else 30 s for calls without streams. That of the handler which
//!    makes the call goes before all of them, when it is earlier.
//! 2. The [interceptors](crate::rpc::Interceptor), which see the call as a whole.
//! 3. The nodes, as the registry lists them. A service is looked up once and followed from then on. Where no node is accepted the
//!    call waits as long as [`CallOptions::with_wait_for_ready`] says.
//! 4. The [balancer](crate::selector), which picks one.
//! 5. The attempt, through the interceptors that see attempts, by an [`Outbound`]. Its outcome goes to the balancer and to outlier ejection.
//! 6. Another attempt at another node, three in all, when the failure is [`Unavailable`](crate::Code::Unavailable) and
//!    the method cannot have run, or may run twice. A budget bounds them: a fifth of the calls, and ten a second.
//!
//! A way out of the process is an [`Outbound`]; a client is built of one and a registry:
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use micro::client::Builder;
//! use micro::registry::Registry;
//! use micro::selector::Balancer;
//! use micro::transport::local::LocalTransport;
//! use micro::transport::memory::Network;
//!
//! let client = Builder::new(LocalTransport::new())
//!     .with_remote(Registry::memory(), Arc::new(Network::new()))
//!     .with_timeout(Duration::from_secs(5))
//!     .with_balancer(Balancer::round_robin())
//!     .build();
//! let greeter = client.dynamic("greeter");
//! ```

mod attempts;
mod call;
mod dynamic;
mod options;
mod response_metadata;
mod retry;
mod service_client;
mod services;
mod single;
mod target;
mod target_addr;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use dynamic::DynamicClient;
pub use options::{CallOptions, Retry};
pub use response_metadata::ResponseMetadata;
pub use service_client::{ServiceClient, Wraps};

use retry::Budget;
use services::{ServiceEntry, Services};
use single::SingleService;
use target_addr::TargetAddr;

use crate::registry::Registry;
use crate::rpc::{Interceptors, Service};
use crate::selector::{Balancer, Selector};
use crate::transport::Outbound;
use crate::transport::local::LocalTransport;

/// Calls services by contract. Cloning is cheap and shares what was learned of the nodes.
///
/// It is what generated clients hold; by itself it calls by names and bytes, see [`DynamicClient`].
///
/// ```
/// # async fn example(app: micro::app::Running) -> micro::Result<()> {
/// let greeter = app.client().at("127.0.0.1:8080").dynamic("greeter");
/// let reply = greeter.json("/greeter.Greeter/Hello", r#"{"name": "Ada"}"#).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    core: Arc<Core>,
    target: Arc<ClientTarget>,
}

/// State shared by all clients of a program.
struct Core {
    local: LocalTransport,
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

/// Destination and options of one client.
#[derive(Clone, Debug, Default)]
struct ClientTarget {
    name: Option<String>,
    address: Option<TargetAddr>,
    options: CallOptions,
    // The service that was called first, which is the only one as a rule.
    entry: OnceLock<Arc<ServiceEntry>>,
}

/// Builds a [`Client`].
#[derive(Debug)]
pub struct Builder {
    local: LocalTransport,
    remote: Option<(Registry, Arc<dyn Outbound>)>,
    interceptors: Interceptors,
    timeout: Duration,
    idle: Option<Duration>,
    balancer: Balancer,
}

impl Builder {
    /// A client that reaches services of its own process, as `local` knows them.
    pub fn new(local: LocalTransport) -> Self {
        let (interceptors, timeout) = (Interceptors::default(), Duration::from_secs(30));
        Builder { local, remote: None, interceptors, timeout, idle: None, balancer: Balancer::default() }
    }

    /// Also reaches other processes, which `registry` lists, through `outbound`.
    #[must_use]
    pub fn with_remote(mut self, registry: Registry, outbound: Arc<dyn Outbound>) -> Self {
        self.remote = Some((registry, outbound));
        self
    }

    /// Sets the default timeout of unary calls. Default: 30 s.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the default idle timeout of calls with a stream: the time nothing may move in either direction. Default: no limit.
    #[must_use]
    pub fn with_idle_timeout(mut self, limit: Option<Duration>) -> Self {
        self.idle = limit;
        self
    }

    /// Sets how nodes are chosen, where a call does not bring its own balancer. Default: [`Balancer::least_loaded`].
    #[must_use]
    pub fn with_balancer(mut self, balancer: Balancer) -> Self {
        self.balancer = balancer;
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
            selector: Selector::with_balancer(self.balancer),
            budget: Budget::new(),
        };
        Client { core: Arc::new(core), target: Arc::default() }
    }
}

impl Client {
    /// A client of one service in this process and of nothing else, for tests.
    pub fn of(service: Service) -> Self {
        let local = LocalTransport::new();
        local.serve(Arc::new(SingleService::new(&service)));
        Builder::new(local).build()
    }

    /// Sets the default timeout of unary calls, for this client and its clones.
    pub fn set_timeout(&self, timeout: Duration) {
        self.core.timeout.store(nanoseconds(timeout), Ordering::Relaxed);
    }

    /// Returns a client for the service listed as `name`.
    #[must_use]
    pub fn named(&self, name: impl Into<String>) -> Self {
        self.aimed(|target| target.name = Some(name.into()))
    }

    /// Returns a client for the process at `address`, `host:port`, which is called without asking the registry.
    /// `https://host:port` uses TLS and verifies the host; `http://host:port` is plaintext, as without a scheme.
    #[must_use]
    pub fn at(&self, address: impl Into<String>) -> Self {
        self.aimed(|target| target.address = Some(TargetAddr::parse(&address.into())))
    }

    /// Returns a client with other options.
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        self.aimed(|target| target.options = options)
    }

    fn aimed(&self, change: impl FnOnce(&mut ClientTarget)) -> Self {
        let mut target = ClientTarget { entry: OnceLock::new(), ..(*self.target).clone() };
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
