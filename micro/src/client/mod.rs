//! RPC clients: discovery, balancing, retries and deadlines.
//!
//! Generated clients wrap a [`Client`]. The client decides for each call if the service runs in this process or in another;
//! the caller sees no difference.
//!
//! A call that leaves the process passes through these steps:
//!
//! 1. The deadline: the timeout of [`CallOptions`], else of the method, else 30 s for calls without streams. The deadline of
//!    the handler that makes the call takes precedence if it is earlier.
//! 2. The [interceptors](crate::rpc::Interceptor), which wrap the call as a whole.
//! 3. Discovery: the nodes that the registry lists. A service is looked up once and followed from then on. If no node is
//!    accepted, the call waits for the time set by [`CallOptions::with_wait_for_ready`].
//! 4. The [balancer](crate::selector), which picks a node.
//! 5. The attempt: the interceptors that wrap attempts, and then the [`Outbound`] transport. The outcome is reported to the
//!    balancer and to outlier ejection.
//! 6. A retry at another node, if the failure is [`Unavailable`](crate::Code::Unavailable) and the method cannot have run or
//!    is idempotent. A call has at most three attempts. A budget limits retries to a fifth of the calls plus ten per second.
//!
//! An [`Outbound`] is a transport to other processes; a remote client is built from an outbound transport and a registry:
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

/// A client for services of this and other processes. Cloning is cheap and shares the statistics of the nodes.
///
/// Generated clients wrap a `Client`. Without a contract, use [`DynamicClient`], which calls methods by path with encoded
/// messages.
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

/// State shared by a client and all clients derived from it.
struct Core {
    local: LocalTransport,
    remote: Option<Remote>,
    interceptors: Interceptors,
    // In nanoseconds. Atomic: read by every call, rarely changed.
    timeout: AtomicU64,
    idle: Option<Duration>,
    selector: Selector,
    budget: Budget,
}

/// Access to other processes.
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
    // The service that was called first; most clients call no other.
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
    /// Creates a builder for a client of the services that `local` serves in this process. Default unary timeout: 30 s.
    pub fn new(local: LocalTransport) -> Self {
        let (interceptors, timeout) = (Interceptors::default(), Duration::from_secs(30));
        Builder { local, remote: None, interceptors, timeout, idle: None, balancer: Balancer::default() }
    }

    /// Adds the processes that `registry` lists, reached through `outbound`.
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

    /// Sets the default idle timeout of calls with a stream: the maximum time without an item in either direction. Default: no
    /// limit.
    #[must_use]
    pub fn with_idle_timeout(mut self, limit: Option<Duration>) -> Self {
        self.idle = limit;
        self
    }

    /// Sets the balancer of calls that set none. Default: [`Balancer::least_loaded`].
    #[must_use]
    pub fn with_balancer(mut self, balancer: Balancer) -> Self {
        self.balancer = balancer;
        self
    }

    /// Sets the interceptors that wrap every call.
    #[must_use]
    pub fn with_interceptors(mut self, interceptors: Interceptors) -> Self {
        self.interceptors = interceptors;
        self
    }

    /// Builds the client.
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
    /// Creates a client for a single service in this process, for tests.
    pub fn of(service: Service) -> Self {
        let local = LocalTransport::new();
        local.serve(Arc::new(SingleService::new(&service)));
        Builder::new(local).build()
    }

    /// Sets the default timeout of unary calls for this client, its clones and all clients derived from the same builder.
    pub fn set_timeout(&self, timeout: Duration) {
        self.core.timeout.store(nanoseconds(timeout), Ordering::Relaxed);
    }

    /// Returns a client for the service listed as `name`.
    #[must_use]
    pub fn named(&self, name: impl Into<String>) -> Self {
        self.aimed(|target| target.name = Some(name.into()))
    }

    /// Returns a client for the process at `address`, `host:port`. Calls bypass the registry.
    /// `https://host:port` uses TLS and verifies the host; `http://host:port` is plaintext, like an address without a scheme.
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
