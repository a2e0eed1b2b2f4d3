//! Registration of this process's subscriptions in the registry.

use tokio::sync::watch;

use super::limits::retry_delay;
use crate::errors::{Error, Result};
use crate::registry::{LeaseOptions, Node, Registration, Registry};
use crate::util::clock;

/// Keeps the most recently set node registered.
#[derive(Debug)]
pub(super) struct Advertiser {
    wanted: watch::Sender<Wanted>,
    listed: watch::Sender<Listed>,
}

/// Subscriptions to advertise.
#[derive(Clone, Debug, Default)]
struct Wanted {
    revision: u64,
    node: Option<(Node, LeaseOptions)>,
}

/// Advertised subscriptions.
#[derive(Clone, Debug, Default)]
struct Listed {
    revision: u64,
    /// The last revision the registry rejected, and the error.
    failed: Option<(u64, Error)>,
}

impl Advertiser {
    pub(super) fn new() -> Self {
        Advertiser { wanted: watch::Sender::default(), listed: watch::Sender::default() }
    }

    /// Sets the node to register, or none. Returns the new revision.
    pub(super) fn set(&self, node: Option<(Node, LeaseOptions)>) -> u64 {
        self.wanted.send_modify(|wanted| {
            wanted.revision += 1;
            wanted.node = node;
        });
        self.wanted.borrow().revision
    }

    /// Waits until a revision, or a later one, is registered.
    ///
    /// # Errors
    ///
    /// The error with which the registry rejected the revision.
    pub(super) async fn listed(&self, revision: u64) -> Result<()> {
        let failed = |listed: &Listed| listed.failed.clone().filter(|(failed, _)| *failed >= revision);
        let mut listed = self.listed.subscribe();
        let listed = listed.wait_for(|listed| listed.revision >= revision || failed(listed).is_some()).await;
        let listed = listed.map_err(|_| Error::unavailable("subscriptions are no longer registered"))?;
        if listed.revision >= revision { Ok(()) } else { failed(&listed).map_or(Ok(()), |(_, error)| Err(error)) }
    }

    /// Returns the error of the last failed registration, until one succeeds.
    pub(super) fn last_error(&self) -> Option<Error> {
        self.listed.borrow().failed.as_ref().map(|(_, error)| error.clone())
    }

    /// Keeps the current node registered until the advertiser is dropped.
    pub(super) fn run(&self, registry: Registry) -> impl Future<Output = ()> + Send + use<> {
        run(registry, self.wanted.subscribe(), self.listed.clone())
    }
}

async fn run(registry: Registry, mut wanted: watch::Receiver<Wanted>, listed: watch::Sender<Listed>) {
    let (mut entry, mut last, mut failures) = (None, 0, 0);
    loop {
        let Wanted { revision, node } = wanted.borrow_and_update().clone();
        let mut pause = None;
        if revision != last {
            match list(&registry, &mut entry, node).await {
                Ok(()) => {
                    last = revision;
                    failures = 0;
                    listed.send_replace(Listed { revision, failed: None });
                }
                Err(error) => {
                    tracing::warn!("could not register subscriptions: {error:#}");
                    failures += 1;
                    pause = Some(retry_delay(failures));
                    listed.send_modify(|listed| listed.failed = Some((revision, error)));
                }
            }
        }
        let changed = match pause {
            Some(pause) => clock::timeout(pause, wanted.changed()).await.unwrap_or(Ok(())),
            None => wanted.changed().await,
        };
        if changed.is_err() {
            return;
        }
    }
}

async fn list(registry: &Registry, entry: &mut Option<Registration>, node: Option<(Node, LeaseOptions)>) -> Result<()> {
    match (entry.as_ref(), node) {
        (Some(listed), Some((node, _))) => listed.update(node).await,
        (None, Some((node, ttl))) => {
            *entry = Some(registry.register(node, ttl).await?);
            Ok(())
        }
        (_, None) => match entry.take() {
            Some(listed) => listed.deregister().await,
            None => Ok(()),
        },
    }
}
