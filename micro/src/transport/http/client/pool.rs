//! The connections to every address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use http::uri::Authority;
use tokio::sync::watch;

use super::ClientOptions;
use super::fate;
use super::link::{Link, Slot};
use super::packing::Packing;
use crate::errors::{Error, Fate, Result};
use crate::transport::Security;
use crate::util::spawn::{self, Task};

/// From so many calls on every connection a further one is worth its while.
const BUSY: usize = 8;

/// The connections of a client, by address.
#[derive(Clone)]
pub(super) struct Pools(Arc<Shared>);

struct Shared {
    options: ClientOptions,
    security: Security,
    packing: Packing,
    pools: Mutex<HashMap<String, Arc<Pool>>>,
}

/// The connections to one address.
pub(super) struct Pool {
    address: String,
    authority: Authority,
    shared: Weak<Shared>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    links: Vec<Arc<Link>>,
    opening: Option<Opening>,
}

/// A connection that is being opened, for everybody who waits for one: so a dead address costs each of them one timeout.
struct Opening {
    outcome: watch::Receiver<Option<Result<()>>>,
    _task: Task<()>,
}

impl Opening {
    fn is_over(&self) -> bool {
        self.outcome.borrow().is_some()
    }
}

/// What a caller has to do for a slot.
enum Step {
    Go(Slot),
    AwaitOpening(watch::Receiver<Option<Result<()>>>),
    AwaitSlot(Arc<Link>),
}

impl Pools {
    pub(super) fn new(options: ClientOptions, security: Security) -> Self {
        let packing = Packing::new(options.compress);
        Pools(Arc::new(Shared { options, security, packing, pools: Mutex::default() }))
    }

    pub(super) fn options(&self) -> &ClientOptions {
        &self.0.options
    }

    pub(super) fn security(&self) -> Security {
        self.0.security
    }

    pub(super) fn packing(&self) -> &Packing {
        &self.0.packing
    }

    /// The connections to `address`.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) when it is none.
    pub(super) fn pool(&self, address: &str) -> Result<Arc<Pool>> {
        let mut pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(address) {
            return Ok(pool.clone());
        }
        let authority = address.parse().map_err(|error| {
            Error::invalid_argument(format!("`{address}` is no address: {error}")).with_fate(Fate::Never)
        })?;
        let (address, shared) = (address.to_owned(), Arc::downgrade(&self.0));
        let pool = Arc::new(Pool { address: address.clone(), authority, shared, state: Mutex::default() });
        pools.insert(address, pool.clone());
        Ok(pool)
    }
}

async fn opened(outcome: &mut watch::Receiver<Option<Result<()>>>) -> Result<()> {
    let known = outcome.wait_for(Option::is_some).await;
    let outcome = known.ok().and_then(|outcome| outcome.clone());
    outcome.unwrap_or_else(|| Err(fate::not_sent("the client was closed".to_owned())))
}

impl Pool {
    /// The address as requests say it.
    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The right to one call, over whichever of the connections is least busy.
    ///
    /// # Errors
    ///
    /// [`Code::Unavailable`](crate::Code::Unavailable) when no connection can be opened; nothing was sent.
    pub(super) async fn slot(self: &Arc<Self>, options: &ClientOptions, security: Security) -> Result<Slot> {
        loop {
            match self.step(options, security) {
                Step::Go(slot) => return Ok(slot),
                Step::AwaitOpening(mut outcome) => opened(&mut outcome).await?,
                Step::AwaitSlot(link) => {
                    if let Some(slot) = link.slot().await {
                        return Ok(slot);
                    }
                }
            }
        }
    }

    fn step(self: &Arc<Self>, options: &ClientOptions, security: Security) -> Step {
        let mut state = self.state();
        state.links.retain(|link| link.is_usable());
        let idlest = state.links.iter().max_by_key(|link| link.free()).cloned();
        let count = state.links.len();
        let Some(idlest) = idlest else { return Step::AwaitOpening(self.open(&mut state, options, security)) };
        let wanted = if idlest.free() < idlest.in_use() / 2 { options.most_connections } else { options.connections };
        let grow = idlest.in_use() >= BUSY && count < wanted;
        let opening = grow.then(|| self.open(&mut state, options, security));
        match (idlest.try_slot(), opening) {
            (Ok(slot), _) => Step::Go(slot),
            (Err(_), Some(opening)) => Step::AwaitOpening(opening),
            (Err(_), None) => Step::AwaitSlot(idlest),
        }
    }

    // Starts opening a connection, unless one is being opened.
    fn open(
        self: &Arc<Self>,
        state: &mut State,
        options: &ClientOptions,
        security: Security,
    ) -> watch::Receiver<Option<Result<()>>> {
        if let Some(opening) = state.opening.as_ref().filter(|opening| !opening.is_over()) {
            return opening.outcome.clone();
        }
        let (told, outcome) = watch::channel(None);
        let (pool, options, address) = (Arc::downgrade(self), options.clone(), self.address.clone());
        let task = spawn::spawn(async move {
            let ended = {
                let pool = pool.clone();
                move || forget(&pool)
            };
            let opened = Link::open(&address, security, &options, ended).await;
            let opened = opened.map(|link| {
                if let Some(pool) = pool.upgrade() {
                    pool.state().links.push(link);
                }
            });
            // First what was opened, then that nothing is being opened: nobody in between opens another.
            told.send_replace(Some(opened));
            forget(&pool);
        });
        state.opening = Some(Opening { outcome: outcome.clone(), _task: task });
        outcome
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops what is over, and the pool with it when nothing is left: addresses come and go.
fn forget(pool: &Weak<Pool>) {
    let Some(pool) = pool.upgrade() else { return };
    let Some(shared) = pool.shared.upgrade() else { return };
    let mut pools = shared.pools.lock().unwrap_or_else(PoisonError::into_inner);
    let mut state = pool.state();
    let opening = state.opening.take_if(|opening| opening.is_over());
    let (used, unused): (Vec<_>, Vec<_>) = state.links.drain(..).partition(|link| link.is_usable());
    state.links = used;
    let empty = state.links.is_empty() && state.opening.is_none();
    drop(state);
    if empty && pools.get(&pool.address).is_some_and(|known| Arc::ptr_eq(known, &pool)) {
        pools.remove(&pool.address);
    }
    drop(pools);
    // Outside the locks: either may hold the last word of a task.
    drop((opening, unused));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::util::{clock, net};

    // Says what an HTTP/2 server says first, here that it takes a hundred calls at a time, and listens.
    async fn server() -> (String, Task<()>) {
        let listener = net::listen("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let task = spawn::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                open.push(spawn::spawn(async move {
                    let settings = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64";
                    stream.write_all(settings).await.unwrap();
                    while matches!(stream.read(&mut [0; 1024]).await, Ok(count) if count > 0) {}
                }));
            }
        });
        (address, task)
    }

    async fn slot(pools: &Pools, address: &str) -> Result<Slot> {
        pools.pool(address)?.slot(pools.options(), pools.security()).await
    }

    fn links(pools: &Pools) -> Vec<usize> {
        let pools = pools.0.pools.lock().unwrap();
        pools.values().map(|pool| pool.state().links.len()).collect()
    }

    async fn until(condition: impl Fn() -> bool) {
        let met = async {
            while !condition() {
                clock::sleep(Duration::from_millis(1)).await;
            }
        };
        clock::timeout(Duration::from_secs(5), met).await.expect("in time");
    }

    #[tokio::test]
    async fn connections_come_with_the_load_and_go_when_nobody_needs_them() {
        let (address, _server) = server().await;
        let pools = Pools::new(
            ClientOptions { idle: Duration::from_millis(50), ..ClientOptions::default() },
            Security::Unencrypted,
        );
        let mut slots = vec![slot(&pools, &address).await.unwrap()];
        assert_eq!(links(&pools), [1]);
        for _ in 0..BUSY {
            slots.push(slot(&pools, &address).await.unwrap());
        }
        until(|| links(&pools) == [2]).await;
        // More than two connections take well.
        for _ in 0..200 {
            slots.push(slot(&pools, &address).await.unwrap());
            clock::sleep(Duration::ZERO).await;
        }
        until(|| links(&pools) == [4]).await;
        drop(slots);
        until(|| links(&pools).is_empty()).await;
    }

    #[tokio::test]
    async fn a_dead_address_leaves_nothing_behind() {
        let pools = Pools::new(ClientOptions::default(), Security::Unencrypted);
        assert!(slot(&pools, "127.0.0.1:1").await.is_err());
        until(|| links(&pools).is_empty()).await;
    }
}
