//! The contract between a publisher and the process of a subscriber.
//!
//! The names of the messages and of their fields are those of the first version of the contract, which peers may be running.
//! It is declared in the words of messages and calls, without the attributes for services: they expand to what an app
//! injects, which this ring does not name.

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

/// The name under which the registry lists processes with subscriptions. It differs from that of the contract, so that a
/// call always leaves the process.
pub(crate) const SERVICE: &str = "micro.events";
/// The path of the method.
pub(super) const PATH: &str = "/micro.events.v1.Events/Deliver";
/// Bodies up to this size are copied out of the message they arrived in, which is larger and would be kept with them.
const MAX_COPIED_BODY: usize = 4 * 1024;

static EVENTS: ServiceDesc = ServiceDesc::new("micro.events.v1", "micro.events.v1", "Events")
    .docs("Takes in events for the subscriptions of a process.")
    .methods(&[MethodDesc::of::<Deliver>("Deliver", PATH).docs(
        "Takes in the events of one publisher, for as long as the call lasts, and reports what becomes of them.",
    )]);

/// The method `Deliver`.
pub(super) struct Deliver;

impl MethodSpec for Deliver {
    type In = Streaming<EventBatch>;
    type Out = Result<Streaming<AckBatch>>;
    const INDEX: usize = 0;
    const SERVICE: &'static ServiceDesc = &EVENTS;
}

/// Answers the method.
pub(super) trait ReceiverMethod: Send + Sync + 'static {
    /// Takes in the events of one publisher, for as long as the call lasts, and reports what becomes of them.
    fn deliver(&self, batches: Streaming<EventBatch>) -> Result<Streaming<AckBatch>>;
}

impl<R: ReceiverMethod> Method<R> for Deliver {
    async fn call(this: &R, batches: Streaming<EventBatch>, _: &Context) -> Result<Streaming<AckBatch>> {
        this.deliver(batches)
    }
}

/// Makes the service that `receiver` answers.
pub(super) fn service<R: ReceiverMethod>(receiver: R) -> Service {
    Service::new(Arc::new(receiver), &EVENTS, const { &[MethodVTable::of::<Deliver>()] })
}

/// Calls the processes that the registry lists.
pub(super) fn client(client: &Client) -> Client {
    client.named(SERVICE)
}

/// Events on their way to subscriptions.
#[micro::message(package = "micro.events.v1", name = "Handover", crate = crate::message)]
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EventBatch {
    /// A number that no other publisher has. The first message of a call carries it.
    #[message(fixed)]
    pub(super) publisher: u64,
    /// The events, in the order of their publisher. An empty batch is a heartbeat.
    #[message(name = "parcels")]
    pub(super) entries: Vec<BatchEntry>,
}

/// An event for one subscription.
#[micro::message(package = "micro.events.v1", name = "Addressed", crate = crate::message)]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BatchEntry {
    /// The number of the event at its publisher, the same whenever it is sent again.
    pub(super) number: u64,
    /// The subscription it is for.
    #[message(fixed)]
    pub(super) subscription: u64,
    /// The number of this delivery, from 1 on.
    pub(super) attempt: u32,
    /// Grows when a subscription had no room. What was on its way at that time is of an earlier epoch and is refused as well,
    /// so that nothing is overtaken.
    #[message(name = "round")]
    pub(super) epoch: u32,
    /// An encoded [`EventRecord`], because it is encoded once and sent to many.
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

/// A pair of an event's metadata.
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
    /// Counts the events that have been looked at since the call began: those that are not among `nacks` were accepted.
    #[message(name = "taken")]
    pub(super) received: u64,
    /// The numbers of events that are done with.
    #[message(name = "done")]
    pub(super) acks: Vec<u64>,
    /// The events that are not.
    #[message(name = "returned")]
    pub(super) nacks: Vec<Nack>,
}

/// An event that is not done with.
#[micro::message(package = "micro.events.v1", name = "Returned", crate = crate::message)]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Nack {
    pub(super) number: u64,
    /// The number of the next delivery.
    pub(super) attempt: u32,
    #[message(name = "why")]
    pub(super) reason: NackReason,
}

/// Reason an event is not acknowledged.
#[micro::message(package = "micro.events.v1", name = "Why", crate = crate::message)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NackReason {
    /// The subscription has ended, or is about to: another one is to get the event.
    #[message(name = "WHY_ELSEWHERE")]
    Reroute,
    /// Kept for a later delivery, without occupying a place meanwhile.
    #[message(name = "WHY_AGAIN")]
    Delayed,
    /// There is no room.
    #[message(name = "WHY_FULL")]
    Full,
    /// Not a valid event.
    #[message(name = "WHY_REFUSED")]
    Refused,
    /// A reason of a later version of the contract.
    Unknown(i32),
}

impl Nack {
    /// Says what became of an event; nothing of one that is done with.
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

    /// Reads what it says; nothing where its reason is unknown.
    pub(super) fn outcome(&self) -> Option<EventOutcome> {
        // No event is delivered more often than can be counted.
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

    /// Other versions read and write the same bytes.
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
