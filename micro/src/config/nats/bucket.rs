//! Watching of a bucket.

use std::error::Error as StdError;
use std::time::Duration;

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::push::{Ordered, OrderedConfig};
use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy};
use async_nats::jetstream::context::ConsumerInfoError;
use async_nats::jetstream::stream::Stream;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::super::{Layer, Source, Table, Updates};
use super::entries::Entries;
use super::{BucketShape, Nats};
use crate::errors::{Code, Error, Result};
use crate::link::nats::{self, NatsConnection, State, StateWatch, failed};
use crate::util::backoff::Backoff;
use crate::util::clock::{self, Instant};

/// Idle time after which a burst of changes is over.
const BURST_GAP: Duration = Duration::from_millis(5);

/// Maximum time that a change waits for others of the same burst.
const MAX_BURST: Duration = Duration::from_millis(20);

/// Interval of complete reads: consumers that are stuck after a reconnect recur across NATS clients (nats.rs#557, nats.go#1729),
/// and keys expire without a message.
const RELOAD_INTERVAL: Duration = Duration::from_secs(30);

/// Timeout of announced messages, after which the server is asked again how many are pending.
const READ_TIMEOUT: Duration = Duration::from_millis(250);

/// Pauses between attempts.
const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// A stream of updates. All work happens while the stream is polled, and ends when it is dropped.
pub(super) struct BucketWatch {
    nats: Nats,
    connection: Option<NatsConnection>,
    open: Option<Open>,
    // The last reading and the last failure that were reported. Neither is reported twice in a row.
    told: Option<Entries>,
    failed: Option<Error>,
    backoff: Backoff,
}

impl Source for Nats {
    fn layer(&self) -> Layer {
        Layer::Remote
    }

    fn name(&self) -> String {
        let Nats { address, bucket, shape } = self;
        match shape {
            BucketShape::Keys { prefix } if prefix.is_empty() => format!("{address}/{bucket}"),
            BucketShape::Keys { prefix } => format!("{address}/{bucket}?prefix={prefix}"),
            BucketShape::Document { key, .. } => format!("{address}/{bucket}?key={key}"),
        }
    }

    fn updates(&self) -> Updates {
        Box::pin(stream::unfold(BucketWatch::new(self.clone()), |mut watching| async {
            let update = watching.next().await;
            Some((update, watching))
        }))
    }
}

/// A consumer that has delivered the current values, and delivers changes.
struct Open {
    stream: Stream,
    consumer: String,
    messages: Ordered,
    states: StateWatch,
    // Prefix of the key in a subject: `$KV.settings.`.
    subject: String,
    entries: Entries,
    // Number of messages pending on the server after the last one received. Only at zero do the entries form a state that
    // existed: a message that was replaced before its delivery is skipped, and its key looks older than others until its next
    // message.
    pending: u64,
    since: Instant,
}

/// Outcome of a consumer.
enum ReadTurn {
    Changed,
    Ended,
}

impl BucketWatch {
    pub(super) fn new(nats: Nats) -> Self {
        BucketWatch {
            nats,
            connection: None,
            open: None,
            told: None,
            failed: None,
            backoff: Backoff::new(MIN_PAUSE, MAX_PAUSE),
        }
    }

    /// Returns the next update to report.
    pub(super) async fn next(&mut self) -> Result<Table> {
        loop {
            let read = self.read().await;
            match read.and_then(|entries| self.news(entries)) {
                Ok(Some(table)) => {
                    self.failed = None;
                    return Ok(table);
                }
                Err(error) if self.failed.as_ref() != Some(&error) => {
                    self.failed = Some(error.clone());
                    return Err(error);
                }
                _ => {}
            }
        }
    }

    /// Returns the settings read, if they differ from the last.
    fn news(&mut self, entries: Entries) -> Result<Option<Table>> {
        self.backoff.reset();
        if self.failed.is_none() && self.told.as_ref() == Some(&entries) {
            return Ok(None);
        }
        let table = self.nats.settings(&entries);
        self.told = Some(entries);
        table.map(Some)
    }

    /// Returns the contents of the bucket as soon as they may have changed.
    async fn read(&mut self) -> Result<Entries> {
        match &mut self.open {
            Some(open) => match open.turn().await {
                ReadTurn::Changed => return Ok(open.entries.clone()),
                ReadTurn::Ended => self.close().await,
            },
            None if self.failed.is_some() => self.rest().await,
            None => {}
        }
        let connection = self.connected().await?;
        let open = self.open.insert(self.nats.open(&connection).await?);
        Ok(open.entries.clone())
    }

    async fn close(&mut self) {
        let Some(Open { stream, consumer, states, since, .. }) = self.open.take() else { return };
        if let State::Connected(_) = states.current() {
            // The server removes the consumer after a while, so a failure is ignored.
            let _ = clock::timeout(READ_TIMEOUT, stream.delete_consumer(&consumer)).await;
        }
        if since.elapsed() < MIN_PAUSE {
            self.rest().await;
        }
    }

    /// Waits before the next attempt, until the connection is restored at the latest.
    async fn rest(&mut self) {
        let pause = self.backoff.next_delay();
        match self.connection.as_ref().map(NatsConnection::states) {
            Some(mut states) if states.current() == State::Disconnected => {
                let _ = clock::timeout(pause, states.settled()).await;
            }
            _ => clock::sleep(pause).await,
        }
    }

    /// Returns an established connection.
    async fn connected(&mut self) -> Result<NatsConnection> {
        let connection = match self.connection.take().filter(|connection| connection.state() != State::Closed) {
            Some(connection) => connection,
            None => nats::connect(&self.nats.address).await?,
        };
        self.connection = Some(connection.clone());
        // A lost connection is restored within this time, or the failure is reported.
        match clock::timeout(nats::REQUEST_TIMEOUT, connection.states().settled()).await {
            Ok(State::Connected(_)) => Ok(connection),
            _ => Err(connection.lost()),
        }
    }
}

impl Nats {
    /// Reads all values, with a consumer that then delivers changes.
    async fn open(&self, connection: &NatsConnection) -> Result<Open> {
        connection
            .permitted(&format!("KV_{}", self.bucket), async {
                let mut open = self.consume(connection).await?;
                while open.pending > 0 {
                    match clock::timeout(READ_TIMEOUT, open.messages.next()).await {
                        Ok(Some(message)) => open.apply(&message.map_err(|error| self.failed(error))?)?,
                        Ok(None) => return Err(Error::unavailable(format!("reading `{}` ended early", self.name()))),
                        // Announced messages may have expired since.
                        Err(_) => open.ask().await.map_err(|error| self.failed(error))?,
                    }
                }
                Ok(open)
            })
            .await
    }

    async fn consume(&self, connection: &NatsConnection) -> Result<Open> {
        // Before the first request, so a connection lost from here on is noticed.
        let states = connection.states();
        let store = connection.jetstream().get_key_value(&self.bucket).await.map_err(|error| self.failed(error))?;
        let consumer = store.stream.create_consumer(OrderedConfig {
            deliver_subject: connection.client().new_inbox(),
            description: Some("settings".to_owned()),
            filter_subject: match &self.shape {
                BucketShape::Keys { prefix } => format!("{}{prefix}>", store.prefix),
                BucketShape::Document { key, .. } => format!("{}{key}", store.prefix),
            },
            deliver_policy: DeliverPolicy::LastPerSubject,
            replay_policy: ReplayPolicy::Instant,
            ..OrderedConfig::default()
        });
        let consumer = consumer.await.map_err(|error| self.failed(error))?;
        Ok(Open {
            pending: consumer.cached_info().num_pending,
            consumer: consumer.cached_info().name.clone(),
            messages: consumer.messages().await.map_err(|error| self.failed(error))?,
            stream: store.stream,
            states,
            subject: store.prefix,
            entries: Entries::new(),
            since: clock::now(),
        })
    }

    fn failed(&self, error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        let Nats { address, bucket, .. } = self;
        let error = failed(&format!("cannot read `{}`", self.name()), error);
        if error.code() != Code::NotFound {
            return error;
        }
        Error::not_found(format!("`{address}` has no bucket `{bucket}`: create it with `nats kv add {bucket}`"))
            .with_source(error.into_boxed())
    }
}

impl Open {
    /// Waits until a burst of changes is complete, or until the bucket has to be read again.
    async fn turn(&mut self) -> ReadTurn {
        let mut burst: Option<(Instant, Instant)> = None;
        loop {
            let due = match burst {
                None => self.since + RELOAD_INTERVAL,
                Some((_, last)) if self.pending > 0 => last + READ_TIMEOUT,
                Some((first, last)) => (first + MAX_BURST).min(last + BURST_GAP),
            };
            let now = clock::now();
            if now >= due {
                return if burst.is_some() && self.pending == 0 { ReadTurn::Changed } else { ReadTurn::Ended };
            }
            tokio::select! {
                message = self.messages.next() => {
                    let applied = message.is_some_and(|message| message.is_ok_and(|message| self.apply(&message).is_ok()));
                    if !applied {
                        return ReadTurn::Ended;
                    }
                    let now = clock::now();
                    burst = Some((burst.map_or(now, |(first, _)| first), now));
                }
                _ = self.states.changed() => return ReadTurn::Ended,
                () = clock::sleep_until(due) => {}
            }
        }
    }

    fn apply(&mut self, message: &Message) -> Result<()> {
        let info = message.info().map_err(|error| failed("cannot read a message of the bucket", error))?;
        self.pending = info.pending;
        let Some(key) = message.subject.strip_prefix(&*self.subject) else { return Ok(()) };
        let header = |name: &str| message.headers.as_ref().and_then(|headers| headers.get(name));
        let gone = header("KV-Operation").is_some_and(|operation| operation.as_str() != "PUT")
            || header("Nats-Marker-Reason").is_some();
        if gone {
            self.entries.remove(key);
        } else {
            // Copied, because the original is a slice of a much larger buffer.
            self.entries.insert(key.to_owned(), Bytes::copy_from_slice(&message.payload));
        }
        Ok(())
    }

    /// Asks the server for the number of pending messages.
    async fn ask(&mut self) -> Result<(), ConsumerInfoError> {
        self.pending = self.stream.consumer_info(&self.consumer).await?.num_pending;
        Ok(())
    }
}
