//! What the outbox needs done beside publishing: it neither waits nor spawns.

use std::sync::{Arc, Weak};

use super::contract::EventsClient;
use super::link;
use super::outbox::Outbox;
use crate::registry::Following;
use crate::util::clock;
use crate::util::spawn;

/// Tells an outbox who is listed, opens its links, and looks at its clock, until it is gone.
pub(super) async fn keep(outbox: Weak<Outbox>, client: EventsClient, mut following: Following) {
    while let Some(outbox) = outbox.upgrade() {
        outbox.sync(following.edition(), &following.nodes());
        let due = outbox.expire();
        for (link, node) in outbox.opening() {
            let task = spawn::spawn(link::keep(Arc::downgrade(&outbox), client.clone(), link, node));
            outbox.begun(link, task);
        }
        let due = async {
            match due {
                Some(due) => clock::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = following.changed() => {}
            () = outbox.work() => {}
            () = due => {}
        }
    }
}
