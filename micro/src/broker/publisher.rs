//! Events as Rust values.

use std::fmt;
use std::marker::PhantomData;
use std::time::SystemTime;

use super::{Broker, Event, Topic};
use crate::codec::Codec;
use crate::context::{Context, Trace};
use crate::errors::Result;
use crate::message::Message;
use crate::metadata::Metadata;

/// A message that is an event: it has a topic of its own. `#[micro::event(topic = "..")]` writes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no topic",
    label = "expected an event, which has one",
    note = "mark it `#[micro::event(topic = \"..\")]`"
)]
pub trait Typed: Message {
    /// Topic on which the event is published.
    const TOPIC: &'static str;

    /// Returns the ordering key: events of one key keep their order. Default: `None`, unless `#[micro::event(key = field)]` names
    /// a field.
    fn key(&self) -> Option<String> {
        None
    }
}

/// The pair of an event's metadata that says where in a trace it was published, as W3C Trace Context has it.
pub const TRACE: &str = "traceparent";

/// The pair of an event's metadata that says until when it is worth handling, in nanoseconds since 1970.
pub const DEADLINE: &str = "micro-deadline";

/// Publishes events of one type. Cloning is cheap and shares the broker.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// use micro::broker::{Broker, Publisher};
///
/// #[micro::event(topic = "greeter.greeted")]
/// pub struct Greeted { pub name: String }
///
/// let greeted = Publisher::<Greeted>::new(Broker::memory());
/// greeted.publish(&Greeted { name: "Ada".into() }).await?;
/// # Ok(()) }
/// ```
pub struct Publisher<E> {
    broker: Broker,
    codec: Codec,
    /// That of the type; an error where it was written by hand and is none.
    topic: Result<Topic>,
    event: PhantomData<fn(&E)>,
}

/// Options for publishing one event.
#[derive(Clone, Debug, Default)]
pub struct PublishOptions {
    topic: Option<Topic>,
    key: Option<String>,
    id: Option<String>,
    metadata: Metadata,
    deadline: Option<SystemTime>,
}

impl PublishOptions {
    /// Creates default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// On another topic than that of its type.
    #[must_use]
    pub fn with_topic(mut self, topic: Topic) -> Self {
        self.topic = Some(topic);
        self
    }

    /// In order with others of `key`.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// With an id of the publisher's choice: the same event, published again because it is unknown whether it was stored,
    /// is one event where the broker can tell.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Worth handling until then: the handler has that long, and whatever comes later is a dead letter without being handled. An
    /// event has no deadline of its own accord, also where it is published in a call that has one.
    #[must_use]
    pub fn with_deadline(mut self, deadline: SystemTime) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// With pairs that travel along.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }
}

impl<E: Typed> Publisher<E> {
    /// Publishes over `broker`, as protobuf.
    pub fn new(broker: Broker) -> Self {
        Publisher { broker, codec: Codec::PROTO, topic: E::TOPIC.parse(), event: PhantomData }
    }

    /// Sets the codec.
    #[must_use]
    pub fn with_codec(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    /// Publishes one event; the trace of the current [`Context`] goes along.
    ///
    /// # Errors
    ///
    /// As [`Broker::publish`]; and [`InvalidArgument`](crate::Code::InvalidArgument) when it cannot be encoded.
    pub async fn publish(&self, event: &E) -> Result<()> {
        self.publish_with(event, PublishOptions::new()).await
    }

    /// Publishes one event with more said about it.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish).
    pub async fn publish_with(&self, event: &E, options: PublishOptions) -> Result<()> {
        self.broker.publish(self.event(event, options)?).await
    }

    /// Publishes events in their order, which costs less than one by one.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish); some of the events may have been taken.
    pub async fn publish_batch(&self, events: &[E]) -> Result<()> {
        let events = events.iter().map(|event| self.event(event, PublishOptions::new()));
        let events: Vec<Event> = events.collect::<Result<_>>()?;
        self.broker.publish_all(&events).await
    }

    fn event(&self, event: &E, options: PublishOptions) -> Result<Event> {
        let topic = options.topic.map_or_else(|| self.topic.clone(), Ok)?;
        let mut metadata = options.metadata;
        let trace = Context::current().trace().map_or_else(Trace::start, |trace| trace.child());
        metadata.insert(TRACE, trace.to_string())?;
        if let Some(deadline) = options.deadline {
            let since = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            metadata.insert(DEADLINE, since.as_nanos().to_string())?;
        }
        let mut raw = Event::new(topic, self.codec.encode(event)?)
            .with_content_type(format!("application/{}", self.codec.name()))
            .with_metadata(metadata);
        raw.key = options.key.or_else(|| event.key());
        if let Some(id) = options.id {
            raw.id = id;
        }
        Ok(raw)
    }
}

impl<E> Clone for Publisher<E> {
    fn clone(&self) -> Self {
        let Publisher { broker, codec, topic, event } = self;
        Publisher { broker: broker.clone(), codec: *codec, topic: topic.clone(), event: *event }
    }
}

impl<E: Typed> fmt::Debug for Publisher<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Publisher({} on {})", E::TOPIC, self.broker.name())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;
    use crate::broker::Subscription;
    use crate::context::Trace;

    #[micro::event(topic = "greeter.greeted")]
    #[derive(Clone, Debug, PartialEq)]
    struct Greeted {
        name: String,
    }

    #[micro::event(topic = "greeter.counted", key = number)]
    struct Counted {
        number: u32,
    }

    #[test]
    fn the_key_is_that_of_the_event_unless_its_publisher_says_another() {
        let key = |key: Option<String>| {
            Publisher::new(Broker::memory())
                .event(&Counted { number: 7 }, PublishOptions { key, ..PublishOptions::new() })
        };
        assert_eq!(key(None).unwrap().key.as_deref(), Some("7"));
        assert_eq!(key(Some("8".into())).unwrap().key.as_deref(), Some("8"));
        let event = Publisher::new(Broker::memory()).event(&Greeted { name: "Ada".into() }, PublishOptions::new());
        assert_eq!(event.unwrap().key, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_arrives_in_any_format_with_its_trace_and_what_was_said_of_it() {
        let broker = Broker::memory();
        let mut events = broker.subscribe(Subscription::new("greeter.>".parse().unwrap())).await.unwrap();
        let (trace, ada) = (Trace::start(), Greeted { name: "Ada".into() });
        for codec in [Codec::PROTO, Codec::JSON] {
            let publisher = Publisher::new(broker.clone()).with_codec(codec);
            let options =
                PublishOptions::new().with_key("Ada").with_id("7").with_topic("greeter.again".parse().unwrap());
            let context = Context::new().with_trace(trace);
            context.scope(publisher.publish_with(&ada, options)).await.unwrap();
            let delivery = events.next().await.unwrap().unwrap();
            let event = &delivery.event;
            assert_eq!(
                (event.topic.as_str(), event.id.as_str(), event.key.as_deref()),
                ("greeter.again", "7", Some("Ada"))
            );
            assert_eq!(event.read::<Greeted>().unwrap(), ada);
            let sent: Trace = event.metadata.get(TRACE).unwrap().parse().unwrap();
            assert_eq!(sent.trace_id(), trace.trace_id());
            delivery.ack().await.unwrap();
            publisher.publish_batch(&[ada.clone(), ada.clone()]).await.unwrap();
            for _ in 0..2 {
                let delivery = events.next().await.unwrap().unwrap();
                assert_eq!(delivery.event.topic.as_str(), "greeter.greeted");
                delivery.ack().await.unwrap();
            }
        }
        let foreign = Event::new("a".parse().unwrap(), "x").with_content_type("text/plain");
        assert_eq!(foreign.read::<Greeted>().unwrap_err().code(), crate::Code::InvalidArgument);
    }
}
