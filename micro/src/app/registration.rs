//! The entries of this program in the registry: there while it is ready, gone while it is not.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::debug::{Readiness, States};
use crate::errors::Result;
use crate::registry::{LeaseOptions, Node, Registration, Registry};
use crate::util::clock;
use crate::util::spawn::{self, Task};

/// Delay before a failed registration is tried again.
const REGISTRATION_RETRY_DELAY: Duration = Duration::from_secs(1);

/// Keeps the entries in step with the program's readiness, until it is told to leave.
pub(super) struct Registrations {
    leave: mpsc::Sender<()>,
    task: Task<()>,
}

impl Registrations {
    /// Lists the nodes, if the program is ready, and keeps them in step from then on.
    pub(super) async fn enter(
        registry: Registry,
        nodes: Vec<Node>,
        ttl: LeaseOptions,
        readiness: &Readiness,
    ) -> Result<Self> {
        let mut entries = ServiceEntries { registry, nodes, ttl, held: Vec::new() };
        if readiness.is_ready() {
            entries.list().await?;
        }
        let (leave, told) = mpsc::channel(1);
        Ok(Registrations { leave, task: spawn::spawn(entries.keep(readiness.states(), told)) })
    }

    /// Takes the nodes off the list, and returns when that is done.
    pub(super) async fn leave(self) {
        // The task is gone only if it panicked, and then its entries are gone with it.
        if self.leave.send(()).await.is_ok() {
            let _ = self.task.await;
        }
    }
}

struct ServiceEntries {
    registry: Registry,
    nodes: Vec<Node>,
    ttl: LeaseOptions,
    held: Vec<Registration>,
}

impl ServiceEntries {
    async fn keep(mut self, mut states: States, mut told: mpsc::Receiver<()>) {
        loop {
            let ready = states.borrow_and_update().serves("");
            let settled = self.settle(ready).await;
            let again = async {
                match settled {
                    true => std::future::pending().await,
                    false => clock::sleep(REGISTRATION_RETRY_DELAY).await,
                }
            };
            tokio::select! {
                _ = told.recv() => break,
                changed = states.changed() => if changed.is_err() { break },
                () = again => {}
            }
        }
        self.withdraw().await;
    }

    /// Returns `true` if the registrations are as they should be.
    async fn settle(&mut self, ready: bool) -> bool {
        // A program without services has nothing to list.
        if self.nodes.is_empty() || ready != self.held.is_empty() {
            return true;
        }
        if !ready {
            tracing::warn!("not ready: withdrawn from the registry");
            self.withdraw().await;
            return true;
        }
        match self.list().await {
            Ok(()) => {
                tracing::info!("ready: listed in the registry");
                true
            }
            Err(error) => {
                tracing::warn!("cannot be listed in the registry: {error:#}");
                false
            }
        }
    }

    async fn list(&mut self) -> Result<()> {
        let mut held = Vec::new();
        for node in &self.nodes {
            held.push(self.registry.register(node.clone(), self.ttl).await?);
        }
        self.held = held;
        Ok(())
    }

    async fn withdraw(&mut self) {
        for registration in self.held.drain(..) {
            if let Err(error) = registration.deregister().await {
                tracing::warn!("cannot leave the registry, the entry stays until its time is up: {error:#}");
            }
        }
    }
}
