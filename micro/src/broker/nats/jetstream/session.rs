//! Requests for events of one consumer over one connection, and the answers to them.

use std::time::Duration;

use async_nats::{HeaderMap, Message, StatusCode, Subscriber};
use futures_util::StreamExt as _;
use futures_util::future::FutureExt as _;
use serde_json::json;

use super::consumer::JetStreamConsumer;
use crate::errors::Result;
use crate::link::nats::{NatsConnection, State, StateWatch, failed};
use crate::util::clock::{self, Instant};

/// Lifetime of a pull request.
const PULL_TIMEOUT: Duration = Duration::from_secs(30);

/// Interval of the server's heartbeats while a request stands, and how long it may be silent.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(12);

/// Inbox and subject of pull requests. It ends with its connection.
pub(super) struct FetchSession {
    pub(super) connection: NatsConnection,
    states: StateWatch,
    /// The connection's state at the start. After a reconnect the server has forgotten the requests.
    epoch: State,
    inbox: String,
    answers: Subscriber,
    answered: usize,
    last_answer: Instant,
}

/// An answer of the server.
pub(super) enum FetchResponse {
    Event(Message),
    /// So many requested events will not come.
    Cancelled(usize),
    Heartbeat,
    /// The request is over: the server sends nothing more.
    Over,
}

/// Next step of a session.
pub(super) enum FetchStep {
    FetchResponse(FetchResponse),
    /// The connection is lost, and is about to be made again.
    Disconnected,
    /// The session has to be opened anew.
    Over,
}

impl FetchSession {
    /// Listens for answers. `states` and `epoch` are those from before the consumer was looked at, so that no reconnect is missed.
    pub(super) async fn open(connection: NatsConnection, states: StateWatch, epoch: State) -> Result<Self> {
        let inbox = connection.client().new_inbox();
        let answers = connection.client().subscribe(inbox.clone()).await;
        let answers = answers.map_err(|error| failed("cannot receive events", error))?;
        Ok(FetchSession { connection, states, epoch, inbox, answers, answered: 0, last_answer: clock::now() })
    }

    /// Returns `true` if the connection is still the one the session began with.
    pub(super) fn is_alive(&self) -> bool {
        self.connection.state() == self.epoch
    }

    /// Requests events.
    pub(super) async fn request(&mut self, consumer: &JetStreamConsumer, count: usize) -> Result<()> {
        let nanoseconds = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let question = json!({
            "batch": count,
            "expires": nanoseconds(PULL_TIMEOUT),
            "idle_heartbeat": nanoseconds(HEARTBEAT_INTERVAL),
        });
        self.send(consumer, question.to_string()).await
    }

    /// Makes a request that the server can but refuse, after everything that it has sent before.
    pub(super) async fn request_refusal(&mut self, consumer: &JetStreamConsumer) -> Result<()> {
        self.send(consumer, "{".to_owned()).await
    }

    async fn send(&self, consumer: &JetStreamConsumer, question: String) -> Result<()> {
        let client = self.connection.client();
        let sent = client.publish_with_reply(consumer.next(), self.inbox.clone(), question.into()).await;
        sent.map_err(|error| failed("cannot request events", error))
    }

    /// Waits for an answer, or for a change of the connection.
    pub(super) async fn next(&mut self) -> FetchStep {
        tokio::select! {
            message = self.answers.next() => match message {
                Some(message) => FetchStep::FetchResponse(self.received(message)),
                None => FetchStep::Over,
            },
            state = self.states.changed() => match state {
                State::Disconnected => FetchStep::Disconnected,
                // The server has forgotten what it owed.
                State::Connected(_) | State::Closed => FetchStep::Over,
            },
        }
    }

    /// Waits for an answer. `None` when there are no more.
    pub(super) async fn answer(&mut self) -> Option<FetchResponse> {
        let message = self.answers.next().await?;
        Some(self.received(message))
    }

    /// An answer that is there already: waiting anew costs more than an event does.
    pub(super) fn try_answer(&mut self) -> Option<FetchResponse> {
        let message = self.answers.next().now_or_never().flatten()?;
        self.answered += 1;
        Some(classify(message))
    }

    fn received(&mut self, message: Message) -> FetchResponse {
        self.last_answer = clock::now();
        self.answered += 1;
        classify(message)
    }

    /// Number of answers so far.
    pub(super) fn answered(&self) -> usize {
        self.answered
    }

    /// Ends after so many answers in all.
    pub(super) async fn end_after(&mut self, answers: usize) -> Result<()> {
        let ended = self.answers.unsubscribe_after(answers as u64).await;
        ended.map_err(|error| failed("cannot stop events", error))
    }

    /// Lets the server's time to answer begin now.
    pub(super) fn restart_timeout(&mut self) {
        self.last_answer = clock::now();
    }

    /// Returns the time at which a silent server counts as failed. Heartbeats arrive while a request is pending.
    pub(super) fn timeout(&self) -> Instant {
        self.last_answer + HEARTBEAT_TIMEOUT
    }
}

fn classify(message: Message) -> FetchResponse {
    const HEARTBEAT_INTERVAL: u16 = 100;
    const EXPIRED: u16 = 408;
    const REFUSED: u16 = 409;
    let left = |headers: &HeaderMap| headers.get("Nats-Pending-Messages").and_then(|left| left.as_str().parse().ok());
    let left: Option<usize> = message.headers.as_ref().and_then(left);
    match (message.status.as_ref().map(StatusCode::as_u16), left) {
        (None, _) => FetchResponse::Event(message),
        (Some(HEARTBEAT_INTERVAL), _) => FetchResponse::Heartbeat,
        (Some(EXPIRED | REFUSED), Some(left)) => FetchResponse::Cancelled(left),
        // An old server does not say how many. What it owes beside this is requested twice, and waits in the buffer.
        (Some(EXPIRED), None) => FetchResponse::Cancelled(usize::MAX),
        _ => FetchResponse::Over,
    }
}
