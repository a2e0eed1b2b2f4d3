use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use micro::prelude::*;
use micro::registry::{Backend, Feed, Node, Registry, Watch};

micro::scheme!(Registry, "ledger", "ledger", |_| Box::pin(async { Ok(Registry::new(Ledger::default())) }));

/// A registry that keeps nodes in a list, checked by a thread.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    /// Set while every request fails.
    locked: bool,
    entries: Vec<(Node, Instant)>,
    feeds: Vec<(Option<String>, Feed)>,
    sweeper: Sweeper,
}

#[derive(Debug, Default, PartialEq)]
enum Sweeper {
    #[default]
    None,
    Runs,
}

impl Ledger {
    fn book<T>(&self, with: impl FnOnce(&mut Book) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes every request fail, or succeed again with all entries intact.
    pub fn lock(&self, locked: bool) {
        self.book(|book| {
            book.locked = locked;
            if locked {
                for (_, feed) in book.feeds.drain(..) {
                    feed.fail(Error::unavailable("the ledger is locked away"));
                }
            }
        });
    }

    fn open<T>(&self, with: impl FnOnce(&mut Book) -> T) -> Result<T> {
        self.book(
            |book| {
                if book.locked { Err(Error::unavailable("the ledger is locked away")) } else { Ok(with(book)) }
            },
        )
    }

    fn sweep(&self) {
        let book = Arc::downgrade(&self.0);
        std::thread::spawn(move || {
            while let Some(book) = book.upgrade() {
                Ledger(book).book(Book::expire);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
    }
}

impl Book {
    fn expire(&mut self) {
        let now = Instant::now();
        let all = std::mem::take(&mut self.entries);
        let (gone, kept): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, until)| *until <= now);
        self.entries = kept;
        for (node, _) in gone {
            self.tell(&node.service, |feed| feed.remove(&node.service, &node.id));
        }
    }

    fn remove(&mut self, node: &Node) {
        self.entries.retain(|(other, _)| (&other.service, &other.id) != (&node.service, &node.id));
    }

    fn tell(&mut self, service: &str, tell: impl Fn(&Feed)) {
        self.feeds.retain(|(_, feed)| !feed.is_closed());
        let hears = |wanted: &Option<String>| wanted.as_deref().is_none_or(|wanted| wanted == service);
        self.feeds.iter().filter(|(wanted, _)| hears(wanted)).for_each(|(_, feed)| tell(feed));
    }
}

impl Backend for Ledger {
    fn name(&self) -> String {
        "ledger".into()
    }

    async fn register(&self, node: &Node, ttl: Duration) -> Result<()> {
        let first = self.book(|book| std::mem::replace(&mut book.sweeper, Sweeper::Runs) == Sweeper::None);
        if first {
            self.sweep();
        }
        self.open(|book| {
            book.remove(node);
            book.entries.push((node.clone(), Instant::now() + ttl));
            book.tell(&node.service, |feed| feed.put(node.clone()));
        })
    }

    async fn deregister(&self, node: &Node) -> Result<()> {
        self.open(|book| {
            book.remove(node);
            book.tell(&node.service, |feed| feed.remove(&node.service, &node.id));
        })
    }

    async fn nodes(&self, service: &str) -> Result<Vec<Node>> {
        self.open(|book| {
            book.expire();
            book.entries.iter().map(|(node, _)| node.clone()).filter(|node| node.service == service).collect()
        })
    }

    async fn services(&self) -> Result<Vec<String>> {
        self.open(|book| {
            book.expire();
            let mut services: Vec<_> = book.entries.iter().map(|(node, _)| node.service.clone()).collect();
            services.sort();
            services.dedup();
            services
        })
    }

    async fn watch(&self, service: Option<&str>) -> Result<Watch> {
        let (feed, watch) = Watch::channel(service);
        self.open(|book| {
            book.expire();
            for (node, _) in
                book.entries.iter().filter(|(node, _)| service.is_none_or(|service| node.service == service))
            {
                feed.put(node.clone());
            }
            book.feeds.push((service.map(str::to_owned), feed));
            watch
        })
    }
}
