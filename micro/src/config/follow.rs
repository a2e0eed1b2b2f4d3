//! Following of sources for as long as the configuration lives.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::oneshot;

use super::configuration::Configuration;
use super::engine::Engine;
use super::layers::SlotId;
use super::source::Source;
use crate::errors::{Error, Result};
use crate::util::backoff::Backoff;
use crate::util::{clock, spawn};

/// Requirement on a source at program start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// The program does not start if the source cannot be read.
    #[default]
    Required,
    /// The program starts without the source if it cannot be read, and applies it as soon as it can be.
    Optional,
}

/// Timeout of the first read of a source.
const FIRST_READ_TIMEOUT: Duration = Duration::from_secs(5);

/// Pauses between attempts to read a source again.
const RETRY_BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

impl<S: Source> From<S> for Box<dyn Source> {
    fn from(source: S) -> Self {
        Box::new(source)
    }
}

impl Configuration {
    /// Adds a source, and waits until it has been read once.
    ///
    /// Among sources of one layer, the one that was added last takes precedence.
    ///
    /// # Errors
    ///
    /// The error of the first read, or [`Unavailable`](crate::Code::Unavailable) after 5 s, if the source is
    /// [`Requirement::Required`]. A source that is [`Requirement::Optional`] is read again later.
    pub async fn add(&self, source: impl Into<Box<dyn Source>>, need: Requirement) -> Result<()> {
        add(self, source.into(), need).await
    }
}

async fn add(configuration: &Configuration, source: Box<dyn Source>, need: Requirement) -> Result<()> {
    let inner = &configuration.0;
    let (slot, name) = inner.add_slot(source.layer(), &source.name());
    let (read, first) = oneshot::channel();
    let following = Following { inner: Arc::downgrade(inner), slot, name: name.clone(), source, read: Some(read) };
    let task = spawn::spawn(following.run());
    let first = clock::timeout(FIRST_READ_TIMEOUT, first).await;
    let outcome = first.unwrap_or_else(|_| Ok(Err(Error::unavailable("no answer in time"))));
    let outcome = outcome.unwrap_or_else(|_| Err(Error::internal("the task of the source ended")));
    if let Err(error) = outcome {
        if need == Requirement::Required {
            inner.remove_slot(slot);
            let words = format!("cannot read the configuration `{name}`: {}", error.message());
            return Err(Error::new(error.code(), words).with_source(error.into_boxed()));
        }
        inner.cannot_be_read(&name, &error);
    }
    inner.following.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(task);
    Ok(())
}

struct Following {
    inner: Weak<Engine>,
    slot: SlotId,
    name: String,
    source: Box<dyn Source>,
    /// Receiver of the result of the first read.
    read: Option<oneshot::Sender<Result<()>>>,
}

impl Following {
    async fn run(mut self) {
        let mut backoff = RETRY_BACKOFF;
        loop {
            let mut updates = self.source.updates();
            let mut good = false;
            while let Some(update) = updates.next().await {
                good = update.is_ok();
                if good {
                    backoff.reset();
                }
                if self.take(update).is_none() {
                    return;
                }
            }
            drop(updates);
            if good {
                return;
            }
            clock::sleep(backoff.next_delay()).await;
        }
    }

    /// Passes an update to the engine; `None` once the engine is dropped.
    fn take(&mut self, update: Result<super::Table>) -> Option<()> {
        let inner = self.inner.upgrade()?;
        match (update, self.read.take()) {
            (Ok(table), first) => {
                inner.propose(self.slot, &self.name, table);
                first.map(|first| first.send(Ok(())));
            }
            (Err(error), Some(first)) => drop(first.send(Err(error))),
            (Err(error), None) => inner.failed(&self.name, &error),
        }
        Some(())
    }
}
