//! Pulling events as a subscriber has room for them.
//!
//! A task asks the server for as many as are wanted, and puts them where the subscriber takes them: the [`Room`]. Consumers
//! that are stuck after a reconnect recur across NATS clients (nats.rs#557, nats.go#1729), so the server sends heartbeats
//! while it owes something; when they stop, the consumer is looked for, made anew if it is gone, and asked again.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::jetstream::AckKind;
use async_nats::{HeaderMap, Message, StatusCode, Subscriber};
use futures_util::future::FutureExt as _;
use futures_util::{StreamExt as _, stream};
use tokio::sync::Notify;

use super::Shared;
use super::consumer::Consumer;
use super::held::{About, Held, Receipt};
use crate::broker::nats::wire;
use crate::broker::{Deliveries, Delivery, Settle, Subscription};
use crate::errors::{Code, Error, Result};
use crate::link::nats::{Connection, State, StateWatch, failed};
use crate::util::clock::{self, Instant};
use crate::util::spawn::{self, Task};

/// How long a request for events stands.
const EXPIRES: Duration = Duration::from_secs(30);

/// How often the server says that it is there while it owes events, and how long it may be silent.
const HEARTBEAT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(12);

/// How often events that nobody has taken yet are kept from being given to others. Less than half of what they have.
const KEEP: Duration = Duration::from_secs(10);

/// How many answers that are no events may be on their way: heartbeats, and what became of requests.
const REMARKS: usize = 8;

/// How long the server may take to send what is on its way to who leaves.
const FAREWELL: Duration = Duration::from_secs(1);

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Where events wait for their subscriber.
pub(super) struct Room {
    inner: Mutex<Inner>,
    /// Told when an event comes or a failure, or one may be handed over again.
    come: Notify,
    /// Told when there is room, or nobody wants any more.
    gone: Notify,
}

struct Inner {
    waiting: VecDeque<Waiting>,
    in_hands: usize,
    /// How many events the server has yet to send.
    owed: usize,
    most: usize,
    failed: Option<Error>,
    closed: bool,
    /// Where a consumer that is made anew begins: at the first event that is not settled, or the next one.
    next: u64,
    unsettled: BTreeSet<u64>,
}

/// An event that nobody has taken yet.
struct Waiting {
    message: Message,
    about: About,
    receipt: Receipt,
}

/// Begins to pull.
pub(super) fn begin(shared: Arc<Shared>, consumer: Consumer, floor: u64, subscription: &Subscription) -> Deliveries {
    let room = Arc::new(Room {
        inner: Mutex::new(Inner {
            waiting: VecDeque::new(),
            in_hands: 0,
            owed: 0,
            most: subscription.in_flight.max(1),
            failed: None,
            closed: false,
            next: floor,
            unsettled: BTreeSet::new(),
        }),
        come: Notify::new(),
        gone: Notify::new(),
    });
    shared.subscribers.send_modify(|all| (all.taking, all.pulling) = (all.taking + 1, all.pulling + 1));
    let puller = Puller { shared: shared.clone(), consumer, room: room.clone() };
    let taker = Taker { shared, room, task: Some(spawn::spawn(puller.run())) };
    Deliveries::new(stream::unfold(taker, async |taker| Some((taker.next().await, taker))))
}

/// The subscriber's end.
struct Taker {
    shared: Arc<Shared>,
    room: Arc<Room>,
    task: Option<Task<()>>,
}

impl Taker {
    async fn next(&self) -> Result<Delivery> {
        loop {
            let come = self.room.come.notified();
            match self.room.take()? {
                Some(waiting) => {
                    if let Some(delivery) = self.delivery(waiting).await {
                        return Ok(delivery);
                    }
                }
                None => come.await,
            }
        }
    }

    async fn delivery(&self, waiting: Waiting) -> Option<Delivery> {
        let Waiting { message, about, receipt } = waiting;
        let id = || format!("{}-{}", self.shared.stream.name(), about.sequence);
        let held = Held::new(receipt, about.sequence, self.room.clone());
        match wire::read(message, about.published, id) {
            Ok(event) => Some(Delivery::new(event, about.attempt, held)),
            Err(error) => {
                tracing::warn!(%error, "a message that is no event is left out for good");
                let _ = Box::new(held).reject().await;
                None
            }
        }
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.room.close();
        // It gives back what nobody has taken, and ends; whoever flushes the broker waits for that.
        if let Some(task) = self.task.take() {
            task.detach();
        }
        self.shared.subscribers.send_modify(|all| all.taking -= 1);
    }
}

impl Room {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One has come.
    fn put(&self, waiting: Waiting) {
        let sequence = waiting.about.sequence;
        let mut inner = self.inner();
        inner.owed = inner.owed.saturating_sub(1);
        inner.next = inner.next.max(sequence + 1);
        inner.unsettled.insert(sequence);
        inner.waiting.push_back(waiting);
        drop(inner);
        self.come.notify_one();
    }

    /// The next one, if it may be handed over.
    fn take(&self) -> Result<Option<Waiting>> {
        let mut inner = self.inner();
        if let Some(error) = inner.failed.take() {
            return Err(error);
        }
        if inner.in_hands == inner.most {
            return Ok(None);
        }
        let waiting = inner.waiting.pop_front();
        inner.in_hands += usize::from(waiting.is_some());
        Ok(waiting)
    }

    fn tell(&self, error: Error) {
        self.inner().failed = Some(error);
        self.come.notify_one();
    }

    pub(super) fn settled(&self, sequence: u64) {
        self.inner().unsettled.remove(&sequence);
    }

    /// One is no longer in hands. Nobody is woken who has nothing to do by it.
    pub(super) fn left(&self) {
        let mut inner = self.inner();
        let was_full = inner.in_hands == inner.most;
        inner.in_hands -= 1;
        let wanted = inner.wanted().is_some();
        drop(inner);
        if was_full {
            self.come.notify_one();
        }
        if wanted {
            self.gone.notify_one();
        }
    }

    fn close(&self) {
        self.inner().closed = true;
        self.gone.notify_one();
    }

    fn is_closed(&self) -> bool {
        self.inner().closed
    }

    async fn closed(&self) {
        while !self.is_closed() {
            self.gone.notified().await;
        }
    }

    /// How many more are wanted. They are owed from now on.
    fn want(&self) -> Option<usize> {
        let mut inner = self.inner();
        let wanted = inner.wanted()?;
        inner.owed += wanted;
        Some(wanted)
    }

    fn owed(&self) -> usize {
        self.inner().owed
    }

    /// So many will not come.
    fn forgo(&self, some: usize) {
        let mut inner = self.inner();
        inner.owed = inner.owed.saturating_sub(some);
    }

    /// The first event that a consumer that is made anew has to begin with.
    fn from(&self, shared: bool) -> u64 {
        let inner = self.inner();
        // Of a queue others may have settled what this one has given back.
        let first = inner.unsettled.first().filter(|_| !shared);
        first.copied().unwrap_or(inner.next)
    }

    fn waiting(&self) -> Vec<Receipt> {
        self.inner().waiting.iter().map(|waiting| waiting.receipt.clone()).collect()
    }

    fn give_back(&self) {
        let waiting = std::mem::take(&mut self.inner().waiting);
        waiting.iter().for_each(|waiting| waiting.receipt.give_back());
    }
}

impl Inner {
    /// How many more are wanted: many at a time, unless there is nothing on its way.
    fn wanted(&self) -> Option<usize> {
        let free = self.most.saturating_sub(self.in_hands + self.waiting.len() + self.owed);
        (free > 0 && (self.owed == 0 || free * 2 >= self.most)).then_some(free)
    }
}

/// The server's end.
struct Puller {
    shared: Arc<Shared>,
    consumer: Consumer,
    room: Arc<Room>,
}

/// One consumer over one connection.
struct Open {
    connection: Connection,
    states: StateWatch,
    /// The state at the start: after a reconnect the server has forgotten what was asked for.
    epoch: State,
    inbox: String,
    answers: Subscriber,
    /// How many answers there were.
    answered: usize,
    heard: Instant,
}

/// Whether there are more answers to come.
enum Answered {
    More,
    Last,
}

/// What an answer of the server means.
enum Answer {
    Event,
    /// Some of what was asked for will not come.
    Less(usize),
    Heartbeat,
    /// It will not answer any more.
    Over,
}

impl Drop for Puller {
    fn drop(&mut self) {
        self.shared.subscribers.send_modify(|all| all.pulling -= 1);
    }
}

impl Puller {
    async fn run(self) {
        let mut pause = FIRST_PAUSE;
        while !self.room.is_closed() {
            let begun = clock::now();
            let open = tokio::select! {
                biased;
                () = self.room.closed() => break,
                open = self.open() => open,
            };
            match open {
                Ok(mut open) => {
                    self.pull(&mut open).await;
                    self.end(open).await;
                }
                Err(error) => {
                    tracing::debug!(%error, "cannot pull events, trying again");
                    self.room.tell(error);
                }
            }
            if begun.elapsed() > Duration::from_secs(10) {
                pause = FIRST_PAUSE;
            } else {
                let _ = clock::timeout(pause, self.room.closed()).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        self.room.give_back();
    }

    async fn open(&self) -> Result<Open> {
        let connection = self.shared.dialer.connection().await?;
        // Before anything is asked, so that a connection lost from here on is noticed.
        let (states, epoch) = (connection.states(), connection.state());
        let stream = &self.shared.stream;
        let from = Some(self.room.from(self.consumer.is_shared()));
        let ensured = connection.permitted(stream.name(), self.consumer.ensure(connection.jetstream(), from)).await;
        if let Err(error) = ensured {
            if error.code() == Code::NotFound {
                stream.forget();
                stream.take_in(connection.jetstream(), self.consumer.topics()).await?;
            }
            return Err(error);
        }
        let inbox = connection.client().new_inbox();
        let answers = connection.client().subscribe(inbox.clone()).await;
        let answers = answers.map_err(|error| failed("cannot hear events", error))?;
        // Whatever was asked for before is not owed any more.
        self.room.forgo(usize::MAX);
        Ok(Open { connection, states, epoch, inbox, answers, answered: 0, heard: clock::now() })
    }

    /// Until nobody wants any more, or it has to be opened anew.
    async fn pull(&self, open: &mut Open) {
        let mut keep = clock::now() + KEEP;
        while !self.room.is_closed() {
            if let Err(error) = self.ask(open).await {
                return self.room.tell(error);
            }
            let (silent, owes) = (open.heard + SILENCE, self.room.owed() > 0);
            tokio::select! {
                answer = open.answers.next() => {
                    let Some(message) = answer else { return };
                    if let Answered::Last = self.hear(open, message) {
                        return;
                    }
                }
                () = self.room.gone.notified() => {}
                state = open.states.changed() => match state {
                    State::Disconnected => self.room.tell(open.connection.lost()),
                    // The server has forgotten what it owed.
                    State::Connected(_) | State::Closed => return,
                },
                () = clock::sleep_until(silent), if owes && open.connection.state() != State::Disconnected => {
                    tracing::debug!(consumer = self.consumer.name(), "no heartbeat from NATS, asking again");
                    return;
                }
                () = clock::sleep_until(keep) => {
                    for receipt in self.room.waiting() {
                        let _ = receipt.say(AckKind::Progress).await;
                    }
                    keep = clock::now() + KEEP;
                }
            }
        }
    }

    /// Takes in an answer, and those that are there behind it: to wait anew costs more than an event does.
    fn hear(&self, open: &mut Open, first: Message) -> Answered {
        open.heard = clock::now();
        let mut next = Some(first);
        while let Some(message) = next {
            open.answered += 1;
            match judge(&message) {
                Answer::Event => self.put(open, message),
                Answer::Less(by) => self.room.forgo(by),
                Answer::Heartbeat => {}
                Answer::Over => return Answered::Last,
            }
            next = open.answers.next().now_or_never().flatten();
        }
        Answered::More
    }

    /// Asks for as many as are wanted, if any are.
    async fn ask(&self, open: &mut Open) -> Result<()> {
        let owed = self.room.owed();
        let Some(wanted) = self.room.want() else { return Ok(()) };
        if owed == 0 {
            open.heard = clock::now();
        }
        let question = serde_json::json!({
            "batch": wanted,
            "expires": u64::try_from(EXPIRES.as_nanos()).unwrap_or(u64::MAX),
            "idle_heartbeat": u64::try_from(HEARTBEAT.as_nanos()).unwrap_or(u64::MAX),
        });
        open.say(self.consumer.next(), question.to_string()).await
    }

    fn put(&self, open: &Open, message: Message) {
        let about = message.reply.as_ref().and_then(|receipt| About::read(receipt));
        match (about, &message.reply) {
            (Some(about), Some(subject)) => {
                let receipt = Receipt { connection: open.connection.clone(), subject: subject.clone() };
                self.room.put(Waiting { message, about, receipt });
            }
            _ => tracing::warn!(consumer = self.consumer.name(), "a delivery that cannot be settled was left out"),
        }
    }

    /// Stops what the server still sends, and takes what is on its way: to use it, or to give it back.
    async fn end(&self, mut open: Open) {
        if open.stands() {
            let rest = clock::timeout(FAREWELL, self.exhaust(&mut open)).await;
            if !matches!(rest, Ok(Ok(()))) {
                tracing::debug!(consumer = self.consumer.name(), "what was on its way comes to others later");
            }
        }
        while let Some(Some(message)) = open.answers.next().now_or_never() {
            if let Answer::Event = judge(&message) {
                self.put(&open, message);
            }
        }
        if self.room.is_closed() && open.stands() {
            self.consumer.leave(open.connection.jetstream()).await;
            self.room.give_back();
        }
    }

    /// Hears all that the server sends, until it sends no more.
    ///
    /// The driver's `drain` forgets a subscription before the server does. What the server sends meanwhile is thrown away, and
    /// comes to others only when its time is up. So the subscription ends after as many answers as may still come, and the
    /// server is made to give them: each of these questions it can but refuse.
    async fn exhaust(&self, open: &mut Open) -> Result<()> {
        let last = open.answered + self.room.owed() + REMARKS;
        let ended = open.answers.unsubscribe_after(last as u64).await;
        ended.map_err(|error| failed("cannot stop events", error))?;
        while open.answered < last {
            // Half of what is left, so that the last one is alone: what the server has ready behind it would be sent in vain.
            let mut questions = (last - open.answered).div_ceil(2);
            for _ in 0..questions {
                open.say(self.consumer.next(), "{".to_owned()).await?;
            }
            while questions > 0 {
                let Some(message) = open.answers.next().await else { return Ok(()) };
                open.answered += 1;
                match judge(&message) {
                    Answer::Event => self.put(open, message),
                    Answer::Over => questions -= 1,
                    Answer::Less(_) | Answer::Heartbeat => {}
                }
            }
        }
        Ok(())
    }
}

impl Open {
    fn stands(&self) -> bool {
        self.connection.state() == self.epoch
    }

    async fn say(&self, subject: String, question: String) -> Result<()> {
        let said = self.connection.client().publish_with_reply(subject, self.inbox.clone(), question.into()).await;
        said.map_err(|error| failed("cannot ask for events", error))
    }
}

fn judge(message: &Message) -> Answer {
    const HEARTBEAT: u16 = 100;
    const EXPIRED: u16 = 408;
    const REFUSED: u16 = 409;
    let left = |headers: &HeaderMap| headers.get("Nats-Pending-Messages").and_then(|left| left.as_str().parse().ok());
    let left: Option<usize> = message.headers.as_ref().and_then(left);
    match (message.status.as_ref().map(StatusCode::as_u16), left) {
        (None, _) => Answer::Event,
        (Some(HEARTBEAT), _) => Answer::Heartbeat,
        (Some(EXPIRED | REFUSED), Some(left)) => Answer::Less(left),
        // An old server does not say how many. What it owes beside this is asked for twice, and waits here.
        (Some(EXPIRED), None) => Answer::Less(usize::MAX),
        _ => Answer::Over,
    }
}
