//! The connections to one address.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::route::PoolRoute;
use crate::errors::{Error, Result};
use crate::transport::connection_stats::{ConnectionStats, Permit};
use crate::transport::connector::{ConnectError, Connection, Connector, PoolLimits};
use crate::transport::not_sent;
use crate::transport::tls::TlsMode;
use crate::util::backoff::Backoff;
use crate::util::clock::{self, Instant};
use crate::util::spawn::{self, Task};

/// Time an address rests after it could not be reached.
const MIN_REST: Duration = Duration::from_millis(10);
const MAX_REST: Duration = Duration::from_millis(320);
/// Time an address rests after a failed TLS handshake, which costs both sides.
const REFUSED_REST: Duration = Duration::from_secs(1);
/// Time a connector is not tried again with a peer that speaks another protocol.
const FOREIGN_REST: Duration = Duration::from_secs(60);
/// Time the failures of an address are remembered without a call to it.
const FAILURE_TTL: Duration = Duration::from_secs(2);
/// So many connections in a row may end before a call got onto them, until it fails.
const MAX_DIALS: usize = 3;

/// The connections to one address, over the connectors that reach it.
pub(super) struct PoolEntry {
    address: String,
    security: TlsMode,
    route: PoolRoute,
    /// The preferred one first; its place here is the rank of its connections.
    connectors: Box<[Arc<dyn Connector>]>,
    own: Weak<PoolEntry>,
    owner: Weak<dyn LeaseOwner>,
    // Changed with the state locked, and read without.
    up: ArcSwap<Vec<Arc<Pooled>>>,
    state: Mutex<State>,
}

/// Has the entries, and drops those that are of no use.
pub(super) trait LeaseOwner: Send + Sync {
    fn drop_if_spent(&self, entry: &Arc<PoolEntry>);
}

/// A connection that is up.
struct Pooled {
    connection: Arc<dyn Connection>,
    stats: Arc<ConnectionStats>,
    wire: &'static str,
    limits: PoolLimits,
    rank: usize,
    // Retires it when it is not used. It ends with the connection.
    idle: OnceLock<Task<()>>,
}

/// A connection for one call.
pub(in crate::transport) struct Lease {
    pub(in crate::transport) connection: Arc<dyn Connection>,
    pub(in crate::transport) permit: Permit,
    /// The name of the connector.
    pub(in crate::transport) wire: &'static str,
}

type Outcome = Option<Result<(), Error>>;

struct State {
    dial: Option<Dial>,
    resting: Option<Resting>,
    backoff: Backoff,
    /// Until when connectors are not tried, by rank.
    foreign: Vec<(usize, Instant)>,
}

/// A connection that is being opened, for all who wait for one: so a dead address costs each of them one timeout.
struct Dial {
    outcome: watch::Receiver<Outcome>,
    _task: Task<()>,
}

/// The address could not be reached, and is left alone for a moment.
struct Resting {
    why: Error,
    until: Instant,
}

/// Next step of a caller that wants a lease.
enum DialStep {
    Go(Lease),
    Fail(Error),
    AwaitDial(watch::Receiver<Outcome>),
    AwaitPermit(Arc<Pooled>),
}

impl Dial {
    fn is_over(&self) -> bool {
        // A connector may have panicked: then there is no outcome, and will not be one.
        self.outcome.borrow().is_some() || self.outcome.has_changed().is_err()
    }
}

impl State {
    fn is_resting(&self) -> bool {
        self.resting.as_ref().is_some_and(|resting| clock::now() < resting.until)
    }

    fn rest(&mut self, error: &ConnectError) {
        let rest = match error {
            ConnectError::Refused(_) => REFUSED_REST,
            ConnectError::Unreachable(_) | ConnectError::Foreign(_) => self.backoff.next_delay(),
        };
        self.resting = Some(Resting { why: error.error().clone(), until: clock::after(rest) });
    }

    fn is_foreign(&self, rank: usize) -> bool {
        self.foreign.iter().any(|(known, until)| *known == rank && clock::now() < *until)
    }

    fn note_foreign(&mut self, rank: usize) {
        self.foreign.retain(|(known, _)| *known != rank);
        self.foreign.push((rank, clock::after(FOREIGN_REST)));
    }
}

impl Pooled {
    fn lease(&self, permit: Permit) -> Lease {
        Lease { connection: self.connection.clone(), permit, wire: self.wire }
    }
}

impl PoolEntry {
    pub(super) fn new(
        address: &str,
        security: TlsMode,
        route: PoolRoute,
        connectors: Box<[Arc<dyn Connector>]>,
        owner: Weak<dyn LeaseOwner>,
    ) -> Arc<Self> {
        let backoff = Backoff::new(MIN_REST, MAX_REST);
        let state = State { dial: None, resting: None, backoff, foreign: Vec::new() };
        Arc::new_cyclic(|own| PoolEntry {
            address: address.to_owned(),
            security,
            route,
            connectors,
            own: own.clone(),
            owner,
            up: ArcSwap::default(),
            state: Mutex::new(state),
        })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn owner(&self) -> &Weak<dyn LeaseOwner> {
        &self.owner
    }

    /// Returns `true` if the entry is for calls with this TLS mode over these connectors.
    pub(super) fn is_for(&self, security: TlsMode, route: PoolRoute) -> bool {
        (self.security, self.route) == (security, route)
    }

    /// Returns `true` if the entry holds nothing worth keeping.
    pub(super) fn is_spent(&self) -> bool {
        let state = self.state();
        self.up.load().is_empty() && state.dial.as_ref().is_none_or(Dial::is_over) && !state.is_resting()
    }

    /// The least busy connection, if that takes a call at once. Others are opened as the load asks for them.
    pub(super) fn ready(&self) -> Option<Lease> {
        let up = self.up.load();
        let idlest = idlest(&up)?;
        if wants_more(idlest, &up) {
            self.dial_more(&mut self.state());
        }
        if idlest.rank > 0 {
            self.dial_preferred(idlest.rank);
        }
        idlest.stats.try_acquire().map(|permit| idlest.lease(permit))
    }

    /// The least busy connection, opened or waited for if need be.
    ///
    /// # Errors
    ///
    /// Why there is none; nothing was sent.
    pub(super) async fn lease(&self) -> Result<Lease> {
        let mut dials = 0;
        loop {
            match self.step() {
                DialStep::Go(lease) => return Ok(lease),
                DialStep::Fail(error) => return Err(error),
                DialStep::AwaitDial(_) if dials == MAX_DIALS => {
                    let words = format!("connections to `{}` end before a call is sent", self.address);
                    return Err(not_sent(words));
                }
                DialStep::AwaitDial(mut outcome) => {
                    dials += 1;
                    // Where others are up, their calls will end sooner or later.
                    if let Err(error) = dialed(&mut outcome).await
                        && idlest(&self.up.load()).is_none()
                    {
                        return Err(error);
                    }
                }
                DialStep::AwaitPermit(pooled) => {
                    if let Some(permit) = pooled.stats.acquire().await {
                        return Ok(pooled.lease(permit));
                    }
                }
            }
        }
    }

    fn step(&self) -> DialStep {
        let mut state = self.state();
        let up = self.up.load();
        let Some(idlest) = idlest(&up) else {
            if let Some(resting) = state.resting.as_ref().filter(|resting| clock::now() < resting.until) {
                return DialStep::Fail(resting.why.clone());
            }
            return DialStep::AwaitDial(self.dial(&mut state, self.connectors.len()));
        };
        let more = if wants_more(idlest, &up) { self.dial_more(&mut state) } else { None };
        match (idlest.stats.try_acquire(), more) {
            (Some(permit), _) => DialStep::Go(idlest.lease(permit)),
            (None, Some(outcome)) => DialStep::AwaitDial(outcome),
            (None, None) => DialStep::AwaitPermit(idlest.clone()),
        }
    }

    // Opens one more, unless that failed just now.
    fn dial_more(&self, state: &mut State) -> Option<watch::Receiver<Outcome>> {
        (!state.is_resting()).then(|| self.dial(state, self.connectors.len()))
    }

    // Tries the connectors before `rank` again, once they have rested.
    fn dial_preferred(&self, rank: usize) {
        let mut state = self.state();
        if !state.is_resting() && (0..rank).any(|rank| !state.is_foreign(rank)) {
            self.dial(&mut state, rank);
        }
    }

    // Starts opening a connection over the connectors before `end`, unless one is being opened.
    fn dial(&self, state: &mut State, end: usize) -> watch::Receiver<Outcome> {
        if let Some(dial) = state.dial.as_ref().filter(|dial| !dial.is_over()) {
            return dial.outcome.clone();
        }
        let last = self.connectors.len() - 1;
        let ranked = self.connectors.iter().cloned().enumerate().take(end);
        let connectors: Vec<_> = ranked.filter(|(rank, _)| *rank == last || !state.is_foreign(*rank)).collect();
        let (tell, outcome) = watch::channel(None);
        let (entry, address, security) = (self.own.clone(), self.address.clone(), self.security);
        let task = spawn::spawn(async move {
            let connected = connect(connectors, &entry, &address, security).await;
            let failed = connected.is_err();
            let told = connected.as_ref().map(|_| ()).map_err(|error| error.error().clone());
            if let Some(entry) = entry.upgrade() {
                match connected {
                    Ok((rank, connection)) => entry.add(rank, connection),
                    // One that was only to be better than what there is.
                    Err(_) if end <= last => {
                        let mut state = entry.state();
                        (0..end).for_each(|rank| state.note_foreign(rank));
                    }
                    Err(error) => entry.state().rest(&error),
                }
            }
            // First what was opened, then that nothing is being opened: no call in between opens another.
            tell.send_replace(Some(told));
            if failed {
                clock::sleep(FAILURE_TTL).await;
            }
            tidy(&entry);
        });
        state.dial = Some(Dial { outcome: outcome.clone(), _task: task });
        outcome
    }

    fn add(&self, rank: usize, connection: Arc<dyn Connection>) {
        let connector = &self.connectors[rank];
        let (stats, limits) = (connection.stats().clone(), connector.limits());
        let wire = connector.name();
        let pooled = Arc::new(Pooled { connection, stats, wire, limits, rank, idle: OnceLock::new() });
        let _ = pooled.idle.set(spawn::spawn(retire_when_idle(Arc::downgrade(&pooled), limits.idle)));
        {
            let mut state = self.state();
            let up = self.up.load();
            self.up.store(Arc::new(up.iter().chain([&pooled]).cloned().collect()));
            state.resting = None;
            state.backoff.reset();
        }
        let own = self.own.clone();
        pooled.stats.when_closed(move || tidy(&own));
    }

    #[cfg(test)]
    pub(super) fn connections(&self) -> usize {
        self.up.load().len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks one connector after the other. A peer that does not speak the protocol of one may speak that of the next.
async fn connect(
    connectors: Vec<(usize, Arc<dyn Connector>)>,
    entry: &Weak<PoolEntry>,
    address: &str,
    security: TlsMode,
) -> Result<(usize, Arc<dyn Connection>), ConnectError> {
    let mut foreign = ConnectError::unreachable(format!("no transport reaches `{address}`"));
    for (rank, connector) in connectors {
        match connector.connect(address, security).await {
            Ok(connection) => return Ok((rank, connection)),
            Err(ConnectError::Foreign(error)) => {
                tracing::debug!(address, wire = connector.name(), %error, "the peer speaks another protocol");
                if let Some(entry) = entry.upgrade() {
                    entry.state().note_foreign(rank);
                }
                foreign = ConnectError::Foreign(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(foreign)
}

async fn dialed(outcome: &mut watch::Receiver<Outcome>) -> Result<()> {
    let known = outcome.wait_for(Option::is_some).await;
    let outcome = known.ok().and_then(|outcome| outcome.clone());
    outcome.unwrap_or_else(|| Err(not_sent("the attempt to connect was given up")))
}

async fn retire_when_idle(pooled: Weak<Pooled>, idle: Duration) {
    loop {
        clock::sleep(idle).await;
        let Some(pooled) = pooled.upgrade() else { return };
        if pooled.stats.is_unused() {
            return pooled.connection.retire();
        }
    }
}

/// The best connection that takes calls: of the preferred connector, and then the one with the fewest calls.
fn idlest(up: &[Arc<Pooled>]) -> Option<&Arc<Pooled>> {
    let mut usable = up.iter().filter(|pooled| !pooled.stats.is_retired());
    let first = usable.next()?;
    // One alone is not weighed: its load changes with every call, wherever it is made.
    Some(usable.fold(first, |one, other| {
        let better = other.rank < one.rank || (other.rank == one.rank && other.stats.load() < one.stats.load());
        if better { other } else { one }
    }))
}

fn wants_more(idlest: &Pooled, up: &[Arc<Pooled>]) -> bool {
    if !idlest.stats.is_busy() {
        return false;
    }
    let PoolLimits { connections, most_connections, .. } = idlest.limits;
    let wanted = if idlest.stats.is_nearly_full() { most_connections } else { connections };
    up.iter().filter(|pooled| pooled.rank == idlest.rank && !pooled.stats.is_retired()).count() < wanted
}

/// Drops what is over, and the entry with it when nothing is left: addresses come and go.
fn tidy(entry: &Weak<PoolEntry>) {
    let Some(entry) = entry.upgrade() else { return };
    let mut state = entry.state();
    let dial = state.dial.take_if(|dial| dial.is_over());
    let up: Vec<_> = entry.up.load().iter().filter(|pooled| !pooled.stats.is_closed()).cloned().collect();
    let over = entry.up.swap(Arc::new(up));
    drop(state);
    if let Some(owner) = entry.owner.upgrade() {
        owner.drop_if_spent(&entry);
    }
    // Outside the locks, and last: either may hold the last word of the task that does this.
    drop((dial, over));
}
