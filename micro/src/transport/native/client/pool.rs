//! The connections to every address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::ClientOptions;
use super::connection::{Connection, Missing, not_sent};
use crate::transport::Security;
use crate::util::clock::{self, Instant};
use crate::util::spawn::{self, Task};

/// From so many addresses on, those that are of no use are looked for: they come and go.
const MANY: usize = 256;
/// How long an address is left alone after it could not be reached: twice as long each time, up to the longest.
const FIRST_REST: Duration = Duration::from_millis(10);
const LONGEST_REST: Duration = Duration::from_millis(320);

/// The connections of a client, by address.
#[derive(Clone)]
pub(super) struct Pools(Arc<Shared>);

struct Shared {
    options: ClientOptions,
    security: Security,
    pools: Mutex<HashMap<String, Arc<Pool>>>,
}

/// The connections to one address.
pub(super) struct Pool {
    address: String,
    own: Weak<Pool>,
    shared: Weak<Shared>,
    // Changed with the state locked, and read without.
    up: ArcSwap<Vec<Arc<Connection>>>,
    state: Mutex<State>,
}

type Outcome = Option<Result<Arc<Connection>, Missing>>;

#[derive(Default)]
struct State {
    opening: Option<Opening>,
    failed: Option<Failed>,
}

/// A connection that is being opened, for everybody who waits for one.
struct Opening {
    outcome: watch::Receiver<Outcome>,
    _task: Task<()>,
}

/// The address could not be reached, and is left alone for a moment.
struct Failed {
    why: Missing,
    until: Instant,
    rest: Duration,
}

impl Opening {
    fn is_over(&self) -> bool {
        self.outcome.borrow().is_some()
    }
}

impl Pools {
    pub(super) fn new(options: ClientOptions, security: Security) -> Self {
        Pools(Arc::new(Shared { options, security, pools: Mutex::default() }))
    }

    pub(super) fn options(&self) -> &ClientOptions {
        &self.0.options
    }

    /// The least busy connection, if there is one. More are opened as the load asks for them.
    pub(super) fn ready(&self, pool: &Pool) -> Option<Arc<Connection>> {
        let up = pool.up.load();
        let idlest = idlest(&up)?;
        if idlest.gauge.is_busy() && up.len() < self.0.options.connections {
            pool.open(&mut pool.state(), &self.0.options, self.0.security);
        }
        Some(idlest.clone())
    }

    /// A connection, opened if need be.
    pub(super) async fn connection(&self, pool: &Pool) -> Result<Arc<Connection>, Missing> {
        let mut outcome = {
            let mut state = pool.state();
            if let Some(connection) = idlest(&pool.up.load()) {
                return Ok(connection.clone());
            }
            if let Some(failed) = state.failed.as_ref().filter(|failed| clock::now() < failed.until) {
                return Err(failed.why.clone());
            }
            pool.open(&mut state, &self.0.options, self.0.security)
        };
        let known = outcome.wait_for(Option::is_some).await;
        let outcome = known.ok().and_then(|outcome| outcome.clone());
        outcome.unwrap_or_else(|| Err(Missing::Unreachable(not_sent("the client was closed".to_owned()))))
    }

    /// The pool of `address`. It is kept for as long as it is of use, or somebody holds it.
    pub(super) fn pool(&self, address: &str) -> Arc<Pool> {
        let mut pools = self.pools();
        if let Some(pool) = pools.get(address) {
            return pool.clone();
        }
        if pools.len() >= MANY {
            pools.retain(|_, pool| Arc::strong_count(pool) > 1 || !pool.is_spent(&pool.state()));
        }
        let pool = Arc::new_cyclic(|own| Pool {
            address: address.to_owned(),
            own: own.clone(),
            shared: Arc::downgrade(&self.0),
            up: ArcSwap::default(),
            state: Mutex::default(),
        });
        pools.entry(address.to_owned()).or_insert(pool).clone()
    }

    fn pools(&self) -> MutexGuard<'_, HashMap<String, Arc<Pool>>> {
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load(connection: &Arc<Connection>) -> usize {
    connection.gauge.load()
}

fn idlest(up: &[Arc<Connection>]) -> Option<&Arc<Connection>> {
    let mut usable = up.iter().filter(|connection| connection.is_usable());
    let first = usable.next()?;
    // One alone is not weighed: its load changes with every call, wherever it is made.
    let lighter = |one, other| if load(other) < load(one) { other } else { one };
    Some(usable.fold(first, lighter))
}

impl State {
    fn fail(&mut self, why: &Missing) {
        let rest = self.failed.take().map_or(FIRST_REST, |failed| (2 * failed.rest).min(LONGEST_REST));
        self.failed = Some(Failed { why: why.clone(), until: clock::after(rest), rest });
    }
}

impl Pool {
    /// Whether it holds nothing that would be missed.
    fn is_spent(&self, state: &State) -> bool {
        let resting = state.failed.as_ref().is_some_and(|failed| clock::now() < failed.until);
        self.up.load().is_empty() && state.opening.as_ref().is_none_or(Opening::is_over) && !resting
    }

    // Starts opening a connection, unless one is being opened.
    fn open(&self, state: &mut State, options: &ClientOptions, security: Security) -> watch::Receiver<Outcome> {
        if let Some(opening) = state.opening.as_ref().filter(|opening| !opening.is_over()) {
            return opening.outcome.clone();
        }
        let (told, outcome) = watch::channel(None);
        let (pool, options, address) = (self.own.clone(), options.clone(), self.address.clone());
        let task = spawn::spawn(async move {
            let ended = {
                let pool = pool.clone();
                move || tidy(&pool)
            };
            let opened = Connection::open(&address, security, &options, ended).await;
            if let Some(pool) = pool.upgrade() {
                let mut state = pool.state();
                match &opened {
                    Ok(connection) => {
                        let up = pool.up.load();
                        pool.up.store(Arc::new(up.iter().chain([connection]).cloned().collect()));
                        state.failed = None;
                    }
                    Err(why) => state.fail(why),
                }
            }
            told.send_replace(Some(opened));
            tidy(&pool);
        });
        state.opening = Some(Opening { outcome: outcome.clone(), _task: task });
        outcome
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops what is over, and the pool with it when nothing is left: addresses come and go.
fn tidy(pool: &Weak<Pool>) {
    let Some(pool) = pool.upgrade() else { return };
    let Some(shared) = pool.shared.upgrade() else { return };
    let mut pools = shared.pools.lock().unwrap_or_else(PoisonError::into_inner);
    let mut state = pool.state();
    let opening = state.opening.take_if(|opening| opening.is_over());
    let up: Vec<_> = pool.up.load().iter().filter(|connection| connection.is_usable()).cloned().collect();
    let over = pool.up.swap(Arc::new(up));
    let empty = pool.is_spent(&state);
    drop(state);
    // Once here and once in the map: whoever holds it besides comes back to it.
    let held = Arc::strong_count(&pool) > 2;
    if empty && !held && pools.get(&pool.address).is_some_and(|known| Arc::ptr_eq(known, &pool)) {
        pools.remove(&pool.address);
    }
    drop(pools);
    // Outside the locks: either may hold the last word of a task.
    drop((opening, over));
}
