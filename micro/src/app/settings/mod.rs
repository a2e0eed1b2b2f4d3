//! What can be set of micro itself: a struct of settings like any other, at the prefix `micro`.

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
    /// Where to listen; port 0 picks a free one.
    ///
    /// By default nobody gets in who was not invited: it is a free port of the loopback interface.
    #[config(default = "127.0.0.1:0", env = "MICRO_SERVER_ADDRESS", reload = "restart")]
    pub address: Address,
    /// What others are told to connect to; the address bound where not given.
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
    /// What tells this node from the others; random where not given.
    #[config(validate(length(1..)), reload = "restart")]
    pub server_id: Option<String>,
    /// What else nodes say about themselves.
    #[config(default, reload = "restart")]
    pub server_metadata: BTreeMap<String, String>,
    /// Where nodes are listed: `auto`, `local`, `memory`, or a URL.
    #[config(default = "auto", validate(length(1..)), reload = "restart")]
    pub registry: String,
    /// Where the registry is, if `registry` names only its kind, as in Go Micro.
    #[config(reload = "restart")]
    pub registry_address: Option<String>,
    /// How long an entry in the registry lives without renewal.
    #[config(default = "30s", validate(range("1ms"..)), reload = "restart")]
    pub register_ttl: Duration,
    /// How often an entry in the registry is renewed.
    #[config(default = "10s", validate(range("1ms"..)), reload = "restart")]
    pub register_interval: Duration,
    /// Where events go: `direct`, from program to program; `memory`; or a URL.
    #[config(default = "direct", validate(length(1..)), reload = "restart")]
    pub broker: String,
    /// Where the broker is, if `broker` names only its kind, as in Go Micro.
    #[config(reload = "restart")]
    pub broker_address: Option<String>,
    /// More brokers, by the names that subscribers and publishers call them by.
    #[config(default, reload = "restart")]
    pub brokers: BTreeMap<String, String>,
    /// What to do where a subscriber asks for more than its broker does: a durable queue, the order of keys over processes,
    /// earlier events. Without it the program does not start, unless no broker was chosen and the address is a loopback one:
    /// then it warns.
    #[config(reload = "restart")]
    pub downgrade: Option<Downgrade>,
    /// How long unary calls wait where nobody says otherwise.
    #[config(default = "30s", env = "MICRO_CLIENT_REQUEST_TIMEOUT", validate(range("1ms"..)))]
    pub request_timeout: Duration,
    /// How clients choose among the nodes of a service: `least_loaded`, `random`, `round_robin`, `consistent_hash`, or
    /// `consistent_hash:KEY` for a key of the metadata.
    #[config(
        default = "least_loaded",
        env = "MICRO_CLIENT_BALANCER",
        validate(with(known_balancer)),
        reload = "restart"
    )]
    pub balancer: String,
    /// How often the health checks of the program run.
    #[config(default = "5s", validate(range("1ms"..)))]
    pub check_interval: Duration,
    /// How long a call with a stream may wait while nothing moves on it, on either side; no limit where not given, or 0.
    #[config(reload = "restart")]
    pub idle_timeout: Option<Duration>,
    /// How large an incoming message may be.
    #[config(default = "4MiB", validate(with(at_least_a_byte)), reload = "restart")]
    pub message_limit: ByteSize,
    /// What is spoken to other micro processes.
    #[config(default = Wire::Auto, reload = "restart")]
    pub wire: Wire,
    /// How many connections a node gets, as the calls to it ask for them; over HTTP twice as many under heavy load.
    #[config(default = 2, validate(range(1..=64)), reload = "restart")]
    pub connections: u16,
    /// What of calls over HTTP is compressed: nothing, replies, or requests too from a size on, like `16KiB`.
    #[config(default = Compress::Never, reload = "restart")]
    pub compress: Compress,
    /// How the port is encrypted, and whom clients believe.
    #[config(default)]
    pub tls: TlsSettings,
    /// What is done, where `tls.certificate` is given, with those who come without TLS.
    #[config(default = Plaintext::Refuse, reload = "restart")]
    pub plaintext: Plaintext,
    /// How long to go on serving after leaving the registry, until all clients have heard of it.
    #[config(default = "0s")]
    pub drain_delay: Duration,
    /// How long calls in flight may take to finish at shutdown.
    #[config(default = "25s", reload = "restart")]
    pub shutdown_timeout: Duration,
    /// Whether tools like grpcurl may ask what is served, by gRPC server reflection.
    #[config(default = true, reload = "restart")]
    pub reflection: bool,
    /// What is logged: a level, or levels by target like `info,micro=debug`.
    #[config(default = "info", env = "MICRO_LOG_LEVEL", validate(with(check_filter)))]
    pub log: String,
    /// How it is logged.
    #[config(default = Format::Text, reload = "restart")]
    pub log_format: Format,
    /// Where more settings come from: files, directories of files, and URLs, each over those before it. Add `?required=no` to
    /// start without one that is not there.
    #[config(default, reload = "restart")]
    pub config: Vec<String>,
    /// Which variant of the files also counts: with `dev`, `app.dev.toml` over `app.toml`.
    #[config(validate(regex("^[A-Za-z0-9_-]+$")), reload = "restart")]
    pub profile: Option<String>,
    /// What to do about keys that nothing in the program knows.
    #[config(default = UnknownKeys::Warn, reload = "restart")]
    pub unknown_keys: UnknownKeys,
}

/// What to do about keys that nothing in the program knows.
#[micro_macros::config(crate = crate::config)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownKeys {
    /// Say so in the log, with the key that was probably meant.
    Warn,
    /// Do not start.
    Refuse,
    /// Nothing.
    Ignore,
}

/// What to do where a subscriber asks for more than its broker does.
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
    /// What is wrong between settings that are each right by themselves.
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

    /// How long a call with a stream may wait while nothing moves on it, if there is a limit.
    pub(super) fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout.filter(|time| !time.is_zero())
    }

    /// What is logged, and how.
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
