//! Fetching events as a subscriber has room for them.
//!
//! A task requests as many events as the [`Buffer`] wants, and puts them there. Consumers that are stuck after a reconnect recur
//! across NATS clients (nats.rs#557, nats.go#1729), so the server sends heartbeats while it owes something; when they stop, the
//! consumer is looked for, made anew if it is gone, and asked again.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Message;
use async_nats::jetstream::AckKind;

use super::acker::{Acker, DeliveryInfo};
use super::buffer::{Buffer, BufferedDelivery};
use super::consumer::JetStreamConsumer;
use super::session::{FetchResponse, FetchSession, FetchStep};
use super::shared::{Shared, SubscriberGuard};
use crate::errors::{Code, Result};
use crate::link::nats::State;
use crate::util::backoff::Backoff;
use crate::util::clock;

/// Interval at which the leases of buffered events are extended: less than half of the server's ack wait.
const EXTEND_INTERVAL: Duration = Duration::from_secs(10);

/// Maximum number of messages on their way that are not events: heartbeats and request statuses.
const MAX_OTHER_ANSWERS: usize = 8;

/// Time the server may take to send what is on its way when the subscription ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// A session that lasted this long was a success.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// Fetches events until the buffer is closed.
pub(super) struct Fetcher {
    shared: Arc<Shared>,
    consumer: JetStreamConsumer,
    buffer: Arc<Buffer>,
    _subscriber: SubscriberGuard,
}

impl Fetcher {
    pub(super) fn new(shared: Arc<Shared>, consumer: JetStreamConsumer, buffer: Arc<Buffer>) -> Self {
        let _subscriber = SubscriberGuard::fetching(&shared);
        Fetcher { shared, consumer, buffer, _subscriber }
    }

    pub(super) async fn run(self) {
        let mut backoff = Backoff::new(MIN_PAUSE, MAX_PAUSE);
        while !self.buffer.is_closed() {
            let begun = clock::now();
            let opened = tokio::select! {
                biased;
                () = self.buffer.closed() => break,
                opened = self.open() => opened,
            };
            match opened {
                Ok(mut session) => {
                    self.fetch(&mut session).await;
                    self.end(session).await;
                }
                Err(error) => {
                    tracing::debug!(%error, "cannot fetch events, trying again");
                    self.buffer.fail(error);
                }
            }
            if begun.elapsed() > STABLE_AFTER {
                backoff.reset();
            } else {
                let _ = clock::timeout(backoff.next_delay(), self.buffer.closed()).await;
            }
        }
        self.buffer.nack_pending();
    }

    async fn open(&self) -> Result<FetchSession> {
        let connection = self.shared.dialer.connection().await?;
        // Before anything is requested, so that a connection lost from here on is noticed.
        let (states, epoch) = (connection.states(), connection.state());
        let stream = &self.shared.stream;
        let from = Some(self.buffer.resume_at(self.consumer.is_shared()));
        let ensuring = self.consumer.ensure(connection.jetstream(), from);
        if let Err(error) = connection.permitted(stream.name(), ensuring).await {
            if error.code() == Code::NotFound {
                stream.forget();
                stream.take_in(connection.jetstream(), self.consumer.topics()).await?;
            }
            return Err(error);
        }
        let session = FetchSession::open(connection, states, epoch).await?;
        // What was requested before is not owed any more.
        self.buffer.cancel(usize::MAX);
        Ok(session)
    }

    /// Fetches until nothing is wanted any more, or the session has to be opened anew.
    async fn fetch(&self, session: &mut FetchSession) {
        let mut extend = clock::now() + EXTEND_INTERVAL;
        while !self.buffer.is_closed() {
            if let Err(error) = self.request(session).await {
                return self.buffer.fail(error);
            }
            let (timeout, owes) = (session.timeout(), self.buffer.requested() > 0);
            let disconnected = session.connection.state() == State::Disconnected;
            tokio::select! {
                next = session.next() => match next {
                    FetchStep::FetchResponse(answer) => {
                        if !self.take_in(session, answer) {
                            return;
                        }
                    }
                    FetchStep::Disconnected => self.buffer.fail(session.connection.lost()),
                    FetchStep::Over => return,
                },
                () = self.buffer.drained() => {}
                () = clock::sleep_until(timeout), if owes && !disconnected => {
                    tracing::debug!(consumer = self.consumer.name(), "no heartbeat from NATS, requesting again");
                    return;
                }
                () = clock::sleep_until(extend) => {
                    for acker in self.buffer.pending() {
                        let _ = acker.send(AckKind::Progress).await;
                    }
                    extend = clock::now() + EXTEND_INTERVAL;
                }
            }
        }
    }

    /// Requests as many events as are wanted, if any are.
    async fn request(&self, session: &mut FetchSession) -> Result<()> {
        let idle = self.buffer.requested() == 0;
        let Some(wanted) = self.buffer.request() else { return Ok(()) };
        if idle {
            session.restart_timeout();
        }
        session.request(&self.consumer, wanted).await
    }

    /// Takes in an answer, and those that are there behind it. Returns whether there are more to come.
    fn take_in(&self, session: &mut FetchSession, first: FetchResponse) -> bool {
        let mut next = Some(first);
        while let Some(answer) = next {
            match answer {
                FetchResponse::Event(message) => self.put(session, message),
                FetchResponse::Cancelled(count) => self.buffer.cancel(count),
                FetchResponse::Heartbeat => {}
                FetchResponse::Over => return false,
            }
            next = session.try_answer();
        }
        true
    }

    fn put(&self, session: &FetchSession, message: Message) {
        let info = message.reply.as_ref().and_then(|subject| DeliveryInfo::parse(subject));
        match (info, &message.reply) {
            (Some(info), Some(subject)) => {
                let acker = Acker { connection: session.connection.clone(), subject: subject.clone() };
                self.buffer.put(BufferedDelivery { message, info, acker });
            }
            _ => tracing::warn!(consumer = self.consumer.name(), "a delivery that cannot be settled was left out"),
        }
    }

    /// Stops what the server still sends, and takes what is on its way: to use it, or to return it.
    async fn end(&self, mut session: FetchSession) {
        if session.is_alive() {
            let drained = clock::timeout(DRAIN_TIMEOUT, self.drain(&mut session)).await;
            if !matches!(drained, Ok(Ok(()))) {
                tracing::debug!(consumer = self.consumer.name(), "what was on its way comes to others later");
            }
        }
        while let Some(answer) = session.try_answer() {
            if let FetchResponse::Event(message) = answer {
                self.put(&session, message);
            }
        }
        if self.buffer.is_closed() && session.is_alive() {
            self.consumer.leave(session.connection.jetstream()).await;
            self.buffer.nack_pending();
        }
    }

    /// Takes all that the server sends, until it sends no more.
    ///
    /// The driver's `drain` forgets a subscription before the server does. What the server sends meanwhile is thrown away, and
    /// comes to others only when its time is up. So the session ends after as many answers as may still come, and the server
    /// is made to give them by requests that it refuses.
    async fn drain(&self, session: &mut FetchSession) -> Result<()> {
        let last = session.answered() + self.buffer.requested() + MAX_OTHER_ANSWERS;
        session.end_after(last).await?;
        while session.answered() < last {
            // Half of what is left, so that the last one is alone: what the server has ready behind it would be sent in vain.
            let mut refusals = (last - session.answered()).div_ceil(2);
            for _ in 0..refusals {
                session.request_refusal(&self.consumer).await?;
            }
            while refusals > 0 {
                let Some(answer) = session.answer().await else { return Ok(()) };
                match answer {
                    FetchResponse::Event(message) => self.put(session, message),
                    FetchResponse::Over => refusals -= 1,
                    FetchResponse::Cancelled(_) | FetchResponse::Heartbeat => {}
                }
            }
        }
        Ok(())
    }
}
