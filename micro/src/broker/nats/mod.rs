//! Events over NATS.

mod core;
mod envelope;
mod jetstream;
mod names;
mod options;
mod wire;

use self::envelope::Envelope;
use self::jetstream::JetStream;
use self::options::Options;
use super::{Backend, Broker, Capabilities, Deliveries, Event, State, Subscription};
use crate::errors::Result;
use crate::link::nats::NatsDialer;

/// Events over NATS: over its core to current subscribers, or over a stream of JetStream, which keeps them.
///
/// ```no_run
/// use micro::broker::Broker;
///
/// # async fn open() -> micro::Result<()> {
/// let passing = Broker::connect("nats://10.0.0.1:4222").await?;
/// let kept = Broker::connect("nats://10.0.0.1:4222?stream=shop").await?;
/// # Ok(()) }
/// ```
///
/// # The URL
///
/// `nats://10.0.0.1:4222`, or several servers of one cluster: `nats://a:4222,b:4222`.
///
/// | Part | Meaning |
/// |---|---|
/// | `nats://user:password@…`, `nats://token@…` | the login; what is not a letter or digit is written as in `%40` |
/// | `?token=…`, `?creds=FILE` | a token; a file with credentials, as `nsc` writes them |
/// | `?tls=true`, `?ca=FILE` | refuses to talk without TLS; certificates to trust instead of those of the system |
/// | `?stream=NAME` | keeps events in this stream of JetStream |
/// | `?subjects=orders.>,audit` | what the stream holds; without it, whatever is published or subscribed to through it |
/// | `?envelope=go-micro` | publishes in the envelope of Go Micro |
///
/// # Core: at most once
///
/// An event goes to those who listen at that moment, once. [`publish`](Broker::publish) is done when the event is on its way
/// to the server, over a connection that stood all the time; there is no confirmation that it arrived, or had subscribers. What
/// is lost: whatever is published while a subscriber is away, or is so far behind that 65,536 messages wait in its process,
/// or dies with the event in its hands. Acknowledging does nothing, and giving back is
/// [`Unimplemented`](crate::Code::Unimplemented).
///
/// # JetStream: at least once
///
/// An event that was published without an error is in the stream, in the server's files. A publisher whose connection is lost
/// meanwhile publishes again until its deadline; the stream knows an event of the same topic and id for two minutes and takes
/// it once. How long a stream keeps events, and in how many copies, is a matter of the stream: one that is missing is made
/// with the server's defaults, which keep everything in one copy. Make it yourself to have other limits.
///
/// A queue has a consumer for each pattern it subscribes to, named `queue@orders_placed`. A durable one stays until an operator
/// removes it; others are forgotten five minutes after their last member was seen. A delivery that is not settled within
/// thirty seconds is delivered again: [`extend`](super::Delivery::extend) it. `attempt` counts deliveries to a process, also to one
/// that left before it could look at the event. When a server is restarted, everything goes on; what was settled shortly
/// before a crash may be delivered once more.
///
/// Without `?subjects=` the topics that are published and the patterns that are subscribed to are added to the stream's
/// subjects, so that the server needs no preparation, and a pattern takes in those it covers. One that overlaps
/// another without covering it, `a.*` beside `*.b`, is refused by the server, and so is one that another stream has. `>` adds
/// nothing: it is whatever the stream holds. With `?subjects=` a missing stream is made with these, an existing one is left
/// as it is, and other topics are refused.
///
/// # Others on the same server
///
/// The body is the payload, and what is said about the event stands in headers that others can read: `Micro-Id`,
/// `Micro-Time`, `Content-Type`, `Micro-Key`, and the pairs, `traceparent` among them. Messages of others are events too, with
/// their headers as pairs. One in the envelope of Go Micro, `{"Header":{..},"Body":".."}`, is recognised and unpacked.
///
/// # When the server is away
///
/// Connecting, publishing and subscribing wait for it as long as their deadline allows and then are
/// [`Unavailable`](crate::Code::Unavailable); a connection that was lost comes back by itself, and subscriptions with it.
#[derive(Clone, Debug)]
pub struct Nats {
    dialer: NatsDialer,
    kind: NatsKind,
    envelope: Envelope,
}

#[derive(Clone, Debug)]
enum NatsKind {
    Core,
    JetStream(JetStream),
}

crate::scheme!(Broker, "nats", "nats://10.0.0.1:4222", |connect| {
    Box::pin(async move { Ok(Broker::new(Nats::connect(connect.url()).await?)) })
});

impl Nats {
    /// Connects to the server that a URL names. One that is away is tried again and again.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when the URL is none, has an option that does not exist, or names a
    /// file that cannot be read; [`Unauthenticated`](crate::Code::Unauthenticated) when the server refuses the login.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn connect(url: &str) -> Result<Self> {
        let Options { address, stream, envelope } = Options::parse(url)?;
        let dialer = NatsDialer::open(address).await?;
        let kind = stream
            .map_or(NatsKind::Core, |stream| NatsKind::JetStream(JetStream::new(dialer.clone(), stream, envelope)));
        Ok(Nats { dialer, kind, envelope })
    }
}

impl Backend for Nats {
    fn name(&self) -> String {
        match &self.kind {
            NatsKind::Core => self.dialer.address().to_string(),
            NatsKind::JetStream(jetstream) => format!("{}?stream={}", self.dialer.address(), jetstream.stream()),
        }
    }

    fn capabilities(&self) -> Capabilities {
        match self.kind {
            NatsKind::Core => Capabilities { wildcards: true, ..Capabilities::default() },
            NatsKind::JetStream(_) => Capabilities {
                at_least_once: true,
                durable: true,
                survives_restart: true,
                redelivers: true,
                counts_deliveries: true,
                ordered_across_processes: false,
                replays: true,
                wildcards: true,
                deduplicates: true,
            },
        }
    }

    fn state(&self) -> State {
        match self.dialer.ready() {
            Ok(()) => State::Up,
            Err(error) => State::Down(error.message().to_owned()),
        }
    }

    async fn publish(&self, events: &[Event]) -> Result<()> {
        match &self.kind {
            NatsKind::Core => core::publish(&self.dialer, events, self.envelope).await,
            NatsKind::JetStream(jetstream) => jetstream.publish(events).await,
        }
    }

    async fn flush(&self) {
        if let NatsKind::JetStream(jetstream) = &self.kind {
            jetstream.flush().await;
        }
    }

    async fn subscribe(&self, subscription: &Subscription) -> Result<Deliveries> {
        match &self.kind {
            NatsKind::Core => core::subscribe(&self.dialer, subscription).await,
            NatsKind::JetStream(jetstream) => jetstream.subscribe(subscription).await,
        }
    }
}
