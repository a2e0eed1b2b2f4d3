//! What can be set when a program starts, by flag and by environment: default < code < environment < flag.

mod read;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(super) use read::{Outcome, Source, read};

use crate::app::identity::Rename;
use crate::registry::Ttl;
use crate::telemetry::Logging;
use crate::transport::http::Compress;
use crate::util::duration;

/// What the start-up of a program ends with that was only asked for its `--help`.
pub(super) const HELP: &str = "help was asked for";

/// Every setting of the framework, with its default.
///
/// ```
/// use std::time::Duration;
///
/// let app = micro::app().set(|settings| {
///     settings.address = "127.0.0.1:8080".into();
///     settings.shutdown_timeout = Duration::from_secs(5);
///     settings.metadata.insert("zone".into(), "b".into());
/// });
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// Where to listen, `host:port`; port 0 picks a free one. Default: `127.0.0.1:0`, so nobody gets in who was not invited.
    pub address: String,
    /// Only these of the services that are linked are built and served, by the names they are listed under before they are
    /// renamed. Default: all.
    pub services: BTreeSet<String>,
    /// The names services are listed under, where not those of their contracts.
    pub names: Vec<Rename>,
    /// The version the nodes are listed with. Default: that of the contract.
    pub version: Option<String>,
    /// What tells this node from the others. Default: a random id.
    pub id: Option<String>,
    /// What else the nodes say about themselves, for filters and people.
    pub metadata: BTreeMap<String, String>,
    /// What others are told to connect to. Default: the address bound.
    pub advertise: Option<String>,
    /// Where nodes are listed, as a URL. Default: `auto`, which is `local`.
    pub registry: String,
    /// How long an entry in the registry lives without renewal, and how often it is renewed. Default: 30 s and 10 s.
    pub register: Ttl,
    /// How long unary calls wait where nobody says otherwise. Default: 30 s.
    pub request_timeout: Duration,
    /// How often the health checks of the program run. Default: 5 s.
    pub check_interval: Duration,
    /// How long a call with a stream may wait, on either side, while nothing moves on it. Default: no limit.
    pub idle_timeout: Option<Duration>,
    /// How large an incoming message may be, in bytes. Default: 4 MiB.
    pub message_limit: usize,
    /// Which calls over HTTP are compressed. Default: none.
    pub compress: Compress,
    /// How long to go on serving after leaving the registry, until all clients have heard of it. Default: 0.
    pub drain_delay: Duration,
    /// How long calls in flight may take to finish at shutdown. Default: 25 s.
    pub shutdown_timeout: Duration,
    /// Whether tools may ask which services and messages there are, by gRPC server reflection. Default: yes.
    pub reflection: bool,
    /// What is logged, and how. Default: `info`, as text.
    pub logging: Logging,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            address: "127.0.0.1:0".into(),
            services: BTreeSet::new(),
            names: Vec::new(),
            version: None,
            id: None,
            metadata: BTreeMap::new(),
            advertise: None,
            registry: "auto".into(),
            register: Ttl { ttl: Duration::from_secs(30), interval: Duration::from_secs(10) },
            request_timeout: Duration::from_secs(30),
            check_interval: Duration::from_secs(5),
            idle_timeout: None,
            message_limit: 4 * 1024 * 1024,
            compress: Compress::Never,
            drain_delay: Duration::ZERO,
            shutdown_timeout: Duration::from_secs(25),
            reflection: true,
            logging: Logging::default(),
        }
    }
}

impl Settings {
    /// What is wrong between settings that are each right by themselves.
    fn conflicts(&self) -> Vec<String> {
        let mut conflicts = Vec::new();
        let Ttl { ttl, interval } = self.register;
        if interval >= ttl {
            conflicts.push(format!(
                "`--register-interval` ({}) must be shorter than `--register-ttl` ({})",
                duration::show(interval),
                duration::show(ttl)
            ));
        }
        if let Err(error) = self.logging.check() {
            conflicts.push(error.message().to_owned());
        }
        conflicts
    }
}
