//! Wire contract between a publisher and the process of a subscriber.
//!
//! Messages and fields keep the names of the first version of the contract, which peers may be running. The contract is declared
//! with messages and method descriptions rather than the service attributes: those expand to code for dependency injection, on
//! which this module may not depend.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use super::outcome::EventOutcome;
use crate::broker::{Event, Topic};
use crate::client::Client;
use crate::context::Context;
use crate::errors::{Error, Result};
use crate::message::Message;
use crate::metadata::Metadata;
use crate::rpc::{Method, MethodDesc, MethodSpec, MethodVTable, Service, ServiceDesc, Streaming};

/// Service name of processes with subscriptions in the registry. Differs from the name of the contract, so a call always leaves
/// the process.
pub(crate) const SERVICE: &str = "micro.events";
/// Path of the method.
pub(super) const PATH: &str = "/micro.events.v1.Events/Deliver";
/// Maximum size in bytes of bodies that are copied out of the received message; a slice would keep the whole message alive.
const MAX_COPIED_BODY: usize = 4 * 1024;

static EVENTS: ServiceDesc = ServiceDesc::new("micro.events.v1", "micro.events.v1", "Events")
    .docs("Receives events for the subscriptions of a process.")
    .methods(&[MethodDesc::of::<Deliver>("Deliver", PATH).docs(
        "Receives the events of one publisher for the duration of the call, and returns the outcome of each event.",
    )]);

/// The `Deliver` method.
pub(super) struct Deliver;

impl MethodSpec for Deliver {
    type In = Streaming<EventBatch>;
    type Out = Result<Streaming<AckBatch>>;
    const INDEX: usize = 0;
    const SERVICE: &'static ServiceDesc = &EVENTS;
}

/// Handler of the method.
pub(super) trait ReceiverMethod: Send + Sync + 'static {
    /// Receives the events of one publisher for the duration of the call, and returns their outcomes.
    fn deliver(&self, batches: Streaming<EventBatch>) -> Result<Streaming<AckBatch>>;
}

impl<R: ReceiverMethod> Method<R> for Deliver {
    async fn call(this: &R, batches: Streaming<EventBatch>, _: &Context) -> Result<Streaming<AckBatch>> {
        this.deliver(batches)
    }
}

/// Creates the service, handled by `receiver`.
pub(super) fn service<R: ReceiverMethod>(receiver: R) -> Service {
    Service::new(Arc::new(receiver), &EVENTS, const { &[MethodVTable::of::<Deliver>()] })
}

/// Creates a client for the processes with subscriptions.
pub(super) fn client(client: &Client) -> Client {
    client.named(SERVICE)
}

/// A batch of events for subscriptions.
#[micro::message(package = "micro.events.v1", name = "Handover", crate = crate::message)]
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EventBatch {
    /// Unique id of the publisher. Sent with the first message of a call.
    #[message(fixed)]
    pub(super) publisher: u64,
    /// Events, in the order of their publisher. An empty batch is a heartbeat.
    #[message(name = "parcels")]
    pub(super) entries: Vec<BatchEntry>,
}

/// An event for one subscription.
#[micro::message(package = "micro.events.v1", name = "Addressed", crate = crate::message)]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BatchEntry {
    /// Number of the event at its publisher, unchanged on redelivery.
    pub(super) number: u64,
    /// Id of the target subscription.
    #[message(fixed)]
    pub(super) subscription: u64,
    /// Number of this delivery, starting at 1.
    pub(super) attempt: u32,
    /// Epoch of the subscription at the publisher, incremented when the subscription is full. Events already sent at that time
    /// belong to an earlier epoch and are rejected as well, which preserves order.
    #[message(name = "round")]
    pub(super) epoch: u32,
    /// Encoded [`EventRecord`]: bytes, so an event is encoded once and sent to many.
    pub(super) event: Bytes,
}

/// An event.
#[micro::message(package = "micro.events.v1", name = "Happening", crate = crate::message)]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EventRecord {
    pub(super) topic: String,
    pub(super) id: String,
    pub(super) time: SystemTime,
    pub(super) content_type: String,
    pub(super) key: Option<String>,
    pub(super) metadata: Vec<MetadataPair>,
    pub(super) body: Bytes,
}

/// A metadata entry of an event.
#[micro::message(package = "micro.events.v1", crate = crate::message)]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MetadataPair {
    pub(super) name: String,
    pub(super) value: String,
}

/// Outcomes of events.
#[micro::message(package = "micro.events.v1", name = "Receipt", crate = crate::message)]
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct AckBatch {
    /// Number of events processed since the start of the call; those not in `nacks` were accepted.
    #[message(name = "taken")]
    pub(super) received: u64,
    /// Numbers of the settled events.
    #[message(name = "done")]
    pub(super) acks: Vec<u64>,
    /// Events that are not settled.
    #[message(name = "returned")]
    pub(super) nacks: Vec<Nack>,
}

/// An event that is not settled.
#[micro::message(package = "micro.events.v1", name = "Returned", crate = crate::message)]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Nack {
    pub(super) number: u64,
    /// Number of the next delivery.
    pub(super) attempt: u32,
    #[message(name = "why")]
    pub(super) reason: NackReason,
}

/// Reason an event is not acknowledged.
#[micro::message(package = "micro.events.v1", name = "Why", crate = crate::message)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NackReason {
    /// The subscription has ended or is about to: the event goes to another one.
    #[message(name = "WHY_ELSEWHERE")]
    Reroute,
    /// Kept for a later delivery, without occupying a slot meanwhile.
    #[message(name = "WHY_AGAIN")]
    Delayed,
    /// No space left.
    #[message(name = "WHY_FULL")]
    Full,
    /// Not a valid event.
    #[message(name = "WHY_REFUSED")]
    Refused,
    /// A reason of a later version of the contract.
    Unknown(i32),
}

impl Nack {
    /// Creates the nack for an outcome; `None` for an acknowledged event.
    pub(super) fn new(number: u64, outcome: EventOutcome) -> Option<Self> {
        let (reason, attempt) = match outcome {
            EventOutcome::Acked => return None,
            EventOutcome::Delayed { attempt } => (NackReason::Delayed, attempt),
            EventOutcome::Reroute { attempt } => (NackReason::Reroute, attempt),
            EventOutcome::Full => (NackReason::Full, 0),
            EventOutcome::Refused => (NackReason::Refused, 0),
        };
        Some(Nack { number, attempt, reason })
    }

    /// Returns the outcome; `None` if the reason is unknown.
    pub(super) fn outcome(&self) -> Option<EventOutcome> {
        // Below the maximum, so the next delivery can still be counted.
        let attempt = self.attempt.clamp(1, u32::MAX - 1);
        match self.reason {
            NackReason::Reroute => Some(EventOutcome::Reroute { attempt }),
            NackReason::Delayed => Some(EventOutcome::Delayed { attempt }),
            NackReason::Full => Some(EventOutcome::Full),
            NackReason::Refused => Some(EventOutcome::Refused),
            NackReason::Unknown(_) => None,
        }
    }
}

impl EventRecord {
    /// Encodes an event.
    pub(super) fn encode(event: &Event) -> Bytes {
        let pairs =
            event.metadata.iter().map(|(name, value)| MetadataPair { name: name.to_owned(), value: value.to_owned() });
        let record = EventRecord {
            topic: event.topic.as_str().to_owned(),
            id: event.id.clone(),
            time: event.time,
            content_type: event.content_type.clone(),
            key: event.key.clone(),
            metadata: pairs.collect(),
            body: event.body.clone(),
        };
        record.encode_to_vec().into()
    }

    /// Decodes an event.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) for bytes that are not an event.
    pub(super) fn decode(bytes: &Bytes) -> Result<Event> {
        let record = Self::decode_shared(bytes).map_err(|error| Error::invalid_argument(error.to_string()))?;
        let copied = record.body.len() <= MAX_COPIED_BODY;
        let body = if copied { Bytes::copy_from_slice(&record.body) } else { record.body };
        let mut metadata = Metadata::new();
        for pair in record.metadata {
            metadata.receive(&pair.name, &pair.value);
        }
        Ok(Event {
            topic: Topic::parse(&record.topic)?,
            id: record.id,
            time: record.time,
            content_type: record.content_type,
            key: record.key,
            metadata,
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::codec::Codec;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Checks the encoding, on which other versions depend.
    #[test]
    fn bytes_on_the_wire_never_change() {
        let mut event = Event::new("orders.placed".parse().unwrap(), "7").with_id("e-1").with_key("Ada");
        event.time = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        event.metadata.insert("trace", "abc").unwrap();
        let encoded = EventRecord::encode(&event);
        let expected = "0a0d6f72646572732e706c616365641203652d311a0b0880e2cfaa0610c0a9d33a22186170706c69636174696f6e2f6f637465742d\
                        73747265616d2a03416461320c0a05747261636512036162633a0137";
        assert_eq!(hex(&encoded), expected);
        assert!(EventRecord::decode(&encoded).unwrap() == event);

        let entry = BatchEntry {
            number: 300,
            subscription: 0x00c0_ffee,
            attempt: 2,
            epoch: 1,
            event: Bytes::from_static(b"e"),
        };
        let batch = EventBatch { publisher: 0xdead_beef, entries: vec![entry] };
        let expected = "09efbeadde00000000121308ac0211eeffc00000000000180220012a0165";
        assert_eq!(hex(&batch.encode_to_vec()), expected);
        let expected = "{\"publisher\":\"3735928559\",\"parcels\":[{\"number\":\"300\",\"subscription\":\"12648430\",\
                        \"attempt\":2,\"round\":1,\"event\":\"ZQ==\"}]}";
        assert_eq!(Codec::JSON.encode(&batch).unwrap(), expected);

        let reasons = [NackReason::Reroute, NackReason::Delayed, NackReason::Full, NackReason::Refused];
        let nacks = reasons.iter().map(|reason| Nack { number: 9, attempt: 3, reason: *reason });
        let acks = AckBatch { received: 5, acks: vec![1, 300], nacks: nacks.collect() };
        let expected = "0805120301ac021a04080910031a060809100318011a060809100318021a06080910031803";
        assert_eq!(hex(&acks.encode_to_vec()), expected);
        let expected = "{\"taken\":\"5\",\"done\":[\"1\",\"300\"],\"returned\":[{\"number\":\"9\",\"attempt\":3},\
                        {\"number\":\"9\",\"attempt\":3,\"why\":\"WHY_AGAIN\"},{\"number\":\"9\",\"attempt\":3,\"why\":\"WHY_FULL\"},\
                        {\"number\":\"9\",\"attempt\":3,\"why\":\"WHY_REFUSED\"}]}";
        assert_eq!(Codec::JSON.encode(&acks).unwrap(), expected);
    }
}
