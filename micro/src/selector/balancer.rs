use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::consistent_hash::ConsistentHash;
use super::endpoint::Endpoint;
use super::least_loaded::LeastLoaded;
use super::options::PickOptions;
use super::random::Random;
use super::round_robin::RoundRobin;
use super::strategy::{Endpoints, OutcomeStage, Strategy};
use crate::errors::Error;
use crate::rpc::CallOutcome;
use crate::util::text;

/// Chooses among the nodes of a service. Cloning it is cheap and shares what its strategy knows.
///
/// Default: [`least_loaded`](Self::least_loaded).
///
/// ```
/// use micro::client::CallOptions;
/// use micro::selector::Balancer;
///
/// let options = CallOptions::new().with_balancer(Balancer::consistent_hash("user-id"));
/// let by_name: Balancer = "round_robin".parse()?;
/// # Ok::<(), micro::Error>(())
/// ```
#[derive(Clone)]
pub struct Balancer {
    // The default is its own, so that the most common one costs no call through a table.
    strategy: Option<Arc<dyn Strategy>>,
    wants_outcomes: bool,
}

/// The strategies that have a name of their own.
const NAMES: [&str; 4] = ["least_loaded", "random", "round_robin", "consistent_hash"];

impl Balancer {
    /// A balancer with a strategy of your own.
    pub fn new(strategy: impl Strategy) -> Self {
        Balancer { wants_outcomes: strategy.wants_outcomes(), strategy: Some(Arc::new(strategy)) }
    }

    /// The one with less to do of two that are drawn at random: latency (peak EWMA) times calls in flight.
    pub fn least_loaded() -> Self {
        Balancer { strategy: None, wants_outcomes: false }
    }

    /// Any node, with equal chances.
    pub fn random() -> Self {
        Self::new(Random)
    }

    /// One after the other.
    pub fn round_robin() -> Self {
        Self::new(RoundRobin::default())
    }

    /// Sends calls with the same value of the metadata `key` to the same node as long as the node is available. A hash that the
    /// caller [sets](crate::client::CallOptions::with_hash) takes precedence. Calls with neither go to the least loaded node.
    pub fn consistent_hash(key: impl Into<String>) -> Self {
        Self::new(ConsistentHash::new(Some(key.into())))
    }

    /// The balancer of that name, as settings spell it: `least_loaded`, `random`, `round_robin`, `consistent_hash`, the
    /// last with a metadata key behind a colon: `consistent_hash:user-id`.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) for any other.
    pub fn named(name: &str) -> Result<Self, Error> {
        match name.split_once(':') {
            Some(("consistent_hash", key)) if !key.is_empty() => return Ok(Self::consistent_hash(key)),
            _ => {}
        }
        match name {
            "least_loaded" => Ok(Self::least_loaded()),
            "random" => Ok(Self::random()),
            "round_robin" => Ok(Self::round_robin()),
            "consistent_hash" => Ok(Self::new(ConsistentHash::new(None))),
            _ => {
                let near =
                    text::nearest(name, NAMES).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                Err(Error::invalid_argument(format!(
                    "no balancer `{}`: expected one of `{}`{near}",
                    name.escape_debug(),
                    NAMES.join("`, `")
                )))
            }
        }
    }

    /// The name of its strategy.
    pub fn name(&self) -> &str {
        self.strategy.as_ref().map_or(LeastLoaded.name(), |strategy| strategy.name())
    }

    /// The index of the endpoint that the call goes to, of two at least.
    pub(super) fn pick(&self, endpoints: &Endpoints<'_>, call: &PickOptions<'_>) -> usize {
        let index = match &self.strategy {
            None => LeastLoaded.pick(endpoints, call),
            Some(strategy) => strategy.pick(endpoints, call),
        };
        index.min(endpoints.len().saturating_sub(1))
    }

    pub(super) fn wants_outcomes(&self) -> bool {
        self.wants_outcomes
    }

    pub(super) fn record(&self, endpoint: &Endpoint, stage: OutcomeStage, outcome: &CallOutcome) {
        if let Some(strategy) = &self.strategy {
            strategy.record(endpoint, stage, outcome);
        }
    }
}

impl Default for Balancer {
    fn default() -> Self {
        Self::least_loaded()
    }
}

impl FromStr for Balancer {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::named(name)
    }
}

impl fmt::Debug for Balancer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Balancer({})", self.name())
    }
}
