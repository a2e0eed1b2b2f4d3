use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::sync::Notify;

use super::{Backend, Feed, Node, Registry, Watch};
use crate::errors::Result;
use crate::util::clock::{self, Instant};
use crate::util::lock::lock;
use crate::util::spawn::{self, Task};

/// A registry in the memory of this process: the reference implementation, also used in tests.
///
/// Clones share their nodes; each [`Memory::new`] is empty and independent. Time is tokio's, so a test with paused time sees
/// entries expire without waiting.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Shared>);

crate::scheme!(Registry, "memory", "memory", |connect| {
    Box::pin(async move { connect.nothing_more().map(|()| Registry::memory()) })
});

#[derive(Debug, Default)]
struct Shared {
    table: Mutex<Table>,
    // Notified when an entry may expire earlier than the sweeper expects.
    sooner: Arc<Notify>,
    sweeper: Mutex<Option<Task<()>>>,
}

#[derive(Debug, Default)]
struct Table {
    entries: BTreeMap<MemoryKey, LeaseEntry>,
    feeds: Vec<Feed>,
    // No entry expires before this.
    due: Option<Instant>,
}

// Service first, so the nodes of one service are adjacent.
type MemoryKey = (String, String);

#[derive(Debug)]
struct LeaseEntry {
    node: Arc<Node>,
    expires: Instant,
}

impl Memory {
    /// Creates an empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    fn table<T>(&self, then: impl FnOnce(&mut Table) -> T) -> T {
        let mut table = lock(&self.0.table);
        table.expire(clock::now());
        then(&mut table)
    }

    // Queries skip expired entries without a timer; only watches need one.
    fn sweep(&self) {
        let mut sweeper = lock(&self.0.sweeper);
        if sweeper.as_ref().is_none_or(Task::is_finished) {
            *sweeper = Some(spawn::spawn(sweep(Arc::downgrade(&self.0), self.0.sooner.clone())));
        }
    }
}

impl Backend for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    async fn register(&self, node: &Node, ttl: Duration) -> Result<()> {
        let expires = clock::after(ttl);
        let sooner = self.table(|table| table.put(node, expires));
        if sooner {
            self.0.sooner.notify_one();
        }
        Ok(())
    }

    async fn deregister(&self, node: &Node) -> Result<()> {
        self.table(|table| table.remove(&(node.service.clone(), node.id.clone())));
        Ok(())
    }

    async fn nodes(&self, service: &str) -> Result<Vec<Node>> {
        let first = (service.to_owned(), String::new());
        Ok(self.table(|table| {
            let entries = table.entries.range(first..).take_while(|((name, _), _)| name == service);
            entries.map(|(_, entry)| Node::clone(&entry.node)).collect()
        }))
    }

    async fn services(&self) -> Result<Vec<String>> {
        Ok(self.table(|table| {
            let mut services: Vec<String> = table.entries.keys().map(|(service, _)| service.clone()).collect();
            services.dedup();
            services
        }))
    }

    async fn watch(&self, service: Option<&str>) -> Result<Watch> {
        let (feed, watch) = Watch::channel(service);
        self.table(|table| {
            feed.replace(table.entries.values().map(|entry| entry.node.clone()));
            table.feeds.retain(|feed| !feed.is_closed());
            table.feeds.push(feed);
        });
        self.sweep();
        Ok(watch)
    }
}

impl Table {
    // Returns `true` if an entry may now expire earlier than before.
    fn put(&mut self, node: &Node, expires: Instant) -> bool {
        let key = (node.service.clone(), node.id.clone());
        let known = self.entries.get(&key).filter(|entry| *entry.node == *node).map(|entry| entry.node.clone());
        let node = known.unwrap_or_else(|| Arc::new(node.clone()));
        for feed in &self.feeds {
            feed.put(node.clone());
        }
        self.entries.insert(key, LeaseEntry { node, expires });
        let sooner = self.due.is_none_or(|due| expires < due);
        if sooner {
            self.due = Some(expires);
        }
        sooner
    }

    fn remove(&mut self, key: &MemoryKey) {
        if self.entries.remove(key).is_some() {
            for feed in &self.feeds {
                feed.remove(&key.0, &key.1);
            }
        }
    }

    fn expire(&mut self, now: Instant) {
        if self.due.is_none_or(|due| now < due) {
            return;
        }
        let expired: Vec<MemoryKey> =
            self.entries.iter().filter(|(_, entry)| entry.expires <= now).map(|(key, _)| key.clone()).collect();
        for key in expired {
            self.remove(&key);
        }
        self.feeds.retain(|feed| !feed.is_closed());
        self.due = self.entries.values().map(|entry| entry.expires).min();
    }
}

async fn sweep(shared: Weak<Shared>, sooner: Arc<Notify>) {
    loop {
        let due = match shared.upgrade() {
            Some(shared) => {
                let mut table = lock(&shared.table);
                table.expire(clock::now());
                table.due
            }
            None => return,
        };
        match due {
            Some(due) => {
                // In both cases the table is checked again.
                let _ = clock::timeout_at(due, sooner.notified()).await;
            }
            None => sooner.notified().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn clones_share_and_others_do_not() {
        let registry = Registry::memory();
        registry.register_once(&Node::new("s", ""), Duration::from_secs(9)).await.expect("registered");
        assert_eq!(registry.clone().nodes("s").await.expect("answered").len(), 1);
        assert_eq!(Registry::memory().nodes("s").await.expect("answered").len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_without_a_registry_ends() {
        let registry = Registry::memory();
        let mut watch = registry.watch(None).await.expect("watched");
        drop(registry);
        assert!(watch.next().await.is_none());
    }
}
