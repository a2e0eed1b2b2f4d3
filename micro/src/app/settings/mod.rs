//! Settings of micro itself: a struct of settings like any other, at the prefix `micro`.

mod load;
mod tls;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(super) use load::{Answered, load};
pub use tls::TlsSettings;
pub use types::{Address, Rename};

use crate::config::ByteSize;
use crate::selector::Balancer;
use crate::server::Plaintext;
use crate::telemetry::{Format, Logging, check_filter};
use crate::transport::Wire;
use crate::transport::http::Compress;
use crate::util::duration;

/// Every setting of the framework, with its default.
///
/// ```
/// use std::time::Duration;
///
/// let app = micro::app().settings(|settings| {
///     settings.address = "127.0.0.1:8080".into();
///     settings.shutdown_timeout = Duration::from_secs(5);
///     settings.server_metadata.insert("zone".into(), "b".into());
/// });
/// ```
#[micro_macros::config(prefix = "micro", validate = Settings::agree, crate = crate::config)]
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// Address to listen on; port 0 picks a free port.
    ///
    /// Default: a free port of the loopback interface, which other machines cannot reach.
    #[config(default = "127.0.0.1:0", env = "MICRO_SERVER_ADDRESS", reload = "restart")]
    pub address: Address,
    /// Address that other programs connect to. Default: the bound address.
    #[config(env = "MICRO_SERVER_ADVERTISE", reload = "restart")]
    pub advertise: Option<Address>,
    /// Build and serve only these of the services that are linked, by the names of their contracts.
    #[config(default, reload = "restart")]
    pub services: BTreeSet<String>,
    /// The name services are listed under; `OLD=NEW` where there are several.
    #[config(default, reload = "restart")]
    pub server_name: Vec<Rename>,
    /// The version nodes are listed with; that of the contract where not given.
    #[config(validate(length(1..)), reload = "restart")]
    pub server_version: Option<String>,
    /// Id of this node. Default: random.
    #[config(validate(length(1..)), reload = "restart")]
    pub server_id: Option<String>,
    /// Metadata of this program's nodes.
    #[config(default, reload = "restart")]
    pub server_metadata: BTreeMap<String, String>,
    /// Registry of nodes: `auto`, `local`, `memory`, or a URL.
    #[config(default = "auto", validate(length(1..)), reload = "restart")]
    pub registry: String,
    /// Address of the registry, if `registry` names only its kind, as in Go Micro.
    #[config(reload = "restart")]
    pub registry_address: Option<String>,
    /// Lifetime of an entry in the registry without renewal.
    #[config(default = "30s", validate(range("1ms"..)), reload = "restart")]
    pub register_ttl: Duration,
    /// Interval at which entries in the registry are renewed.
    #[config(default = "10s", validate(range("1ms"..)), reload = "restart")]
    pub register_interval: Duration,
    /// Broker of events: `direct`, from program to program; `memory`; or a URL.
    #[config(default = "direct", validate(length(1..)), reload = "restart")]
    pub broker: String,
    /// Address of the broker, if `broker` names only its kind, as in Go Micro.
    #[config(reload = "restart")]
    pub broker_address: Option<String>,
    /// More brokers, by the names that subscribers and publishers call them by.
    #[config(default, reload = "restart")]
    pub brokers: BTreeMap<String, String>,
    /// Policy for subscribers that require more than their broker supports: durable queues, order of keys across processes,
    /// replay. Without it the program does not start, unless no broker was chosen and the address is a loopback one: then it
    /// warns.
    #[config(reload = "restart")]
    pub downgrade: Option<Downgrade>,
    /// Default timeout of unary calls.
    #[config(default = "30s", env = "MICRO_CLIENT_REQUEST_TIMEOUT", validate(range("1ms"..)))]
    pub request_timeout: Duration,
    /// Load balancing among the nodes of a service: `least_loaded`, `random`, `round_robin`, `consistent_hash`, or
    /// `consistent_hash:KEY` for a key of the metadata.
    #[config(
        default = "least_loaded",
        env = "MICRO_CLIENT_BALANCER",
        validate(with(known_balancer)),
        reload = "restart"
    )]
    pub balancer: String,
    /// Interval of the health checks of the program.
    #[config(default = "5s", validate(range("1ms"..)))]
    pub check_interval: Duration,
    /// Time a call with a stream may wait while nothing moves on it, on either side. Default, and with 0: no limit.
    #[config(reload = "restart")]
    pub idle_timeout: Option<Duration>,
    /// Maximum size of an incoming message.
    #[config(default = "4MiB", validate(with(at_least_a_byte)), reload = "restart")]
    pub message_limit: ByteSize,
    /// Protocol spoken to other micro processes.
    #[config(default = Wire::Auto, reload = "restart")]
    pub wire: Wire,
    /// Number of connections to one node, opened as its calls require; over HTTP twice as many under heavy load.
    #[config(default = 2, validate(range(1..=64)), reload = "restart")]
    pub connections: u16,
    /// Compression of calls over HTTP: none, replies, or requests too from a size on, like `16KiB`.
    #[config(default = Compress::Never, reload = "restart")]
    pub compress: Compress,
    /// TLS of the port and of clients.
    #[config(default)]
    pub tls: TlsSettings,
    /// Policy for plaintext connections if `tls.certificate` is set.
    #[config(default = Plaintext::Refuse, reload = "restart")]
    pub plaintext: Plaintext,
    /// Time to continue serving after leaving the registry, until all clients are notified.
    #[config(default = "0s")]
    pub drain_delay: Duration,
    /// Time calls in flight may take to finish at shutdown.
    #[config(default = "25s", reload = "restart")]
    pub shutdown_timeout: Duration,
    /// Serves gRPC server reflection, for tools like grpcurl.
    #[config(default = true, reload = "restart")]
    pub reflection: bool,
    /// Filter of log lines: a level, or levels by target like `info,micro=debug`.
    #[config(default = "info", env = "MICRO_LOG_LEVEL", validate(with(check_filter)))]
    pub log: String,
    /// Format of log lines.
    #[config(default = Format::Text, reload = "restart")]
    pub log_format: Format,
    /// Further sources of settings: files, directories of files, and URLs, each over those before it. Add `?required=no` to start
    /// without a source that does not exist.
    #[config(default, reload = "restart")]
    pub config: Vec<String>,
    /// Profile of the files that are read in addition: with `dev`, `app.dev.toml` over `app.toml`.
    #[config(validate(regex("^[A-Za-z0-9_-]+$")), reload = "restart")]
    pub profile: Option<String>,
    /// Policy for unknown keys.
    #[config(default = UnknownKeys::Warn, reload = "restart")]
    pub unknown_keys: UnknownKeys,
}

/// Policy for unknown keys.
#[micro_macros::config(crate = crate::config)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownKeys {
    /// Say so in the log, with the key that was probably meant.
    Warn,
    /// Do not start.
    Refuse,
    /// Ignored.
    Ignore,
}

/// Policy for subscribers that require more than their broker supports.
#[micro_macros::config(crate = crate::config)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Downgrade {
    /// Start without it, with a warning.
    Allow,
    /// Do not start.
    Refuse,
}

impl Settings {
    /// Checks settings against one another that are each valid.
    fn agree(&self) -> Result<(), String> {
        self.tls.agree()?;
        if self.register_interval < self.register_ttl {
            return Ok(());
        }
        Err(format!(
            "`register_interval` ({}) must be shorter than `register_ttl` ({})",
            duration::show(self.register_interval),
            duration::show(self.register_ttl)
        ))
    }

    /// Returns the idle timeout of calls with a stream, if there is one.
    pub(super) fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout.filter(|time| !time.is_zero())
    }

    /// Returns the configuration of logs.
    pub(super) fn logging(&self) -> Logging {
        Logging { filter: self.log.clone(), format: self.log_format }
    }
}

fn known_balancer(name: &str) -> Result<(), String> {
    Balancer::named(name).map(drop).map_err(|error| error.message().to_owned())
}

fn at_least_a_byte(size: &ByteSize) -> Result<(), &'static str> {
    if size.bytes() > 0 { Ok(()) } else { Err("at least one byte") }
}

#[cfg(test)]
mod tests;
