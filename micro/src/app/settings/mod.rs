//! What can be set when a program starts, by flag and by environment: default < code < environment < flag.

mod read;
mod table;

use std::time::Duration;

pub(super) use read::{Outcome, Source, read};

use crate::registry::Ttl;
use crate::telemetry::Logging;
use crate::util::duration;

/// What the start-up of a program ends with that was only asked for its `--help`.
pub(super) const HELP: &str = "help was asked for";

/// Every setting of the framework, with its default.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// Where to listen, `host:port`; port 0 picks a free one. Default: `127.0.0.1:0`, so nobody gets in who was not invited.
    pub address: String,
    /// What others are told to connect to. Default: the address bound.
    pub advertise: Option<String>,
    /// Where nodes are listed, as a URL. Default: `auto`, which is `local`.
    pub registry: String,
    /// How long an entry in the registry lives without renewal, and how often it is renewed. Default: 30 s and 10 s.
    pub register: Ttl,
    /// How long unary calls wait where nobody says otherwise. Default: 30 s.
    pub request_timeout: Duration,
    /// How large an incoming message may be, in bytes. Default: 4 MiB.
    pub message_limit: usize,
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
            advertise: None,
            registry: "auto".into(),
            register: Ttl { ttl: Duration::from_secs(30), interval: Duration::from_secs(10) },
            request_timeout: Duration::from_secs(30),
            message_limit: 4 * 1024 * 1024,
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
