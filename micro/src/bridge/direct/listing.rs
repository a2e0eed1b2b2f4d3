//! Keeping the subscriptions of this process in the registry.

use std::sync::Weak;

use super::bounds::backoff;
use super::desk::Desk;
use crate::errors::Result;
use crate::registry::{Node, Registration, Registry, Ttl};
use crate::util::clock;

/// Lists what a desk wants to be listed, until it is gone.
pub(super) async fn keep(desk: Weak<Desk>, registry: Registry) {
    let (mut entry, mut said, mut failures) = (None, 0, 0);
    while let Some(desk) = desk.upgrade() {
        let (edition, wanted) = desk.wanted();
        if edition != said {
            let done = list(&registry, &mut entry, wanted).await;
            failures = if done.is_ok() { 0 } else { failures + 1 };
            if let Err(error) = &done {
                tracing::warn!("subscriptions cannot be listed: {error:#}");
            } else {
                said = edition;
            }
            desk.told(edition, done);
        }
        if failures == 0 {
            desk.changed().await;
        } else {
            let _changed = clock::timeout(backoff(failures), desk.changed()).await;
        }
    }
}

async fn list(registry: &Registry, entry: &mut Option<Registration>, wanted: Option<(Node, Ttl)>) -> Result<()> {
    match (entry.as_ref(), wanted) {
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
