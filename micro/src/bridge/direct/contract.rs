//! What a publisher and the process of a subscriber say to each other.

use std::time::SystemTime;

use bytes::Bytes;

use crate::broker::{Event, Topic};
use crate::client::Client;
use crate::errors::{Error, Result};
use crate::message::Message;
use crate::metadata::Metadata;
use crate::rpc::Streaming;

/// The name that processes with subscriptions are listed under. It is not the one of the contract, so that a call of it
/// always leaves the process.
pub(crate) const SERVICE: &str = "micro.events";
/// The path of the method.
pub(super) const PATH: &str = "/micro.events.v1.Events/Deliver";
/// Bodies up to this size are copied out of what they came in, which is larger and would be kept with them.
const SMALL: usize = 4 * 1024;

/// Takes in events for the subscriptions of a process.
#[micro::service(name = "micro.events.v1", package = "micro.events.v1")]
pub(super) trait Events {
    /// Takes in the events of one publisher, for as long as the call lasts, and tells what becomes of them.
    async fn deliver(&self, handovers: Streaming<Handover>) -> Result<Streaming<Receipt>>;
}

/// Events on their way to subscriptions.
#[micro::message(package = "micro.events.v1")]
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Handover {
    /// A number that no other publisher has. The first message says it.
    #[message(fixed)]
    pub(super) publisher: u64,
    /// The events, in the order of their publisher. None says that the publisher is still there.
    pub(super) parcels: Vec<Addressed>,
}

/// An event for one subscription.
#[micro::message(package = "micro.events.v1")]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Addressed {
    /// What the publisher calls it: the same whenever it is handed over again.
    pub(super) number: u64,
    /// Whom it is for.
    #[message(fixed)]
    pub(super) subscription: u64,
    /// Which delivery of it this will be, from 1 on.
    pub(super) attempt: u32,
    /// Grows when a subscription had no room. What was on its way at that time is of an earlier round and is refused as well,
    /// so that nothing is overtaken.
    pub(super) round: u32,
    /// A `Happening`. As bytes, because it is written once and handed to many.
    pub(super) event: Bytes,
}

/// An event.
#[micro::message(package = "micro.events.v1")]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Happening {
    pub(super) topic: String,
    pub(super) id: String,
    pub(super) time: SystemTime,
    pub(super) content_type: String,
    pub(super) key: Option<String>,
    pub(super) metadata: Vec<Pair>,
    pub(super) body: Bytes,
}

/// A pair of an event's metadata.
#[micro::message(package = "micro.events.v1")]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: String,
}

/// What became of events.
#[micro::message(package = "micro.events.v1")]
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Receipt {
    /// How many events have been looked at since the call began: those that are not among `returned` are in good hands.
    pub(super) taken: u64,
    /// Those that are done with, by their numbers.
    pub(super) done: Vec<u64>,
    /// Those that are not.
    pub(super) returned: Vec<Returned>,
}

/// An event that was not done with.
#[micro::message(package = "micro.events.v1")]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Returned {
    pub(super) number: u64,
    /// Which delivery the next one will be.
    pub(super) attempt: u32,
    pub(super) why: Why,
}

/// Why an event was not done with.
#[micro::message(package = "micro.events.v1")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The subscription is not there, or not for long: it is for somebody else.
    Elsewhere,
    /// It was given back and will be delivered again where it is. Its place is free meanwhile.
    Again,
    /// There is no room.
    Full,
    /// It is no event.
    Refused,
    /// What later versions of the contract say.
    Unknown(i32),
}

impl EventsClient {
    /// Calls the processes that are listed.
    pub(super) fn listed(client: &Client) -> Self {
        EventsClient(client.named(SERVICE))
    }
}

impl Happening {
    /// The bytes of an event.
    pub(super) fn bytes(event: &Event) -> Bytes {
        let pairs = event.metadata.iter().map(|(name, value)| Pair { name: name.to_owned(), value: value.to_owned() });
        let happening = Happening {
            topic: event.topic.as_str().to_owned(),
            id: event.id.clone(),
            time: event.time,
            content_type: event.content_type.clone(),
            key: event.key.clone(),
            metadata: pairs.collect(),
            body: event.body.clone(),
        };
        happening.encode_to_vec().into()
    }

    /// The event that stands in `bytes`.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when there is none.
    pub(super) fn event(bytes: &Bytes) -> Result<Event> {
        let happening = Happening::decode_shared(bytes).map_err(|error| Error::invalid_argument(error.to_string()))?;
        let body = if happening.body.len() > SMALL { happening.body } else { Bytes::copy_from_slice(&happening.body) };
        let mut metadata = Metadata::new();
        for pair in happening.metadata {
            metadata.receive(&pair.name, &pair.value);
        }
        Ok(Event {
            topic: Topic::parse(&happening.topic)?,
            id: happening.id,
            time: happening.time,
            content_type: happening.content_type,
            key: happening.key,
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

    /// Processes of other versions read and write these.
    #[test]
    fn what_goes_over_the_wire_never_changes() {
        let mut event = Event::new("orders.placed".parse().unwrap(), "7").with_id("e-1").with_key("Ada");
        event.time = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        event.metadata.insert("trace", "abc").unwrap();
        let written = Happening::bytes(&event);
        let expected = "0a0d6f72646572732e706c616365641203652d311a0b0880e2cfaa0610c0a9d33a22186170706c69636174696f6e2f6f637465742d\
                        73747265616d2a03416461320c0a05747261636512036162633a0137";
        assert_eq!(hex(&written), expected);
        assert!(Happening::event(&written).unwrap() == event);

        let addressed =
            Addressed { number: 300, subscription: 0x00c0_ffee, attempt: 2, round: 1, event: Bytes::from_static(b"e") };
        let handover = Handover { publisher: 0xdead_beef, parcels: vec![addressed] };
        let expected = "09efbeadde00000000121308ac0211eeffc00000000000180220012a0165";
        assert_eq!(hex(&handover.encode_to_vec()), expected);
        let expected = "{\"publisher\":\"3735928559\",\"parcels\":[{\"number\":\"300\",\"subscription\":\"12648430\",\
                        \"attempt\":2,\"round\":1,\"event\":\"ZQ==\"}]}";
        assert_eq!(Codec::JSON.encode(&handover).unwrap(), expected);

        let whys = [Why::Elsewhere, Why::Again, Why::Full, Why::Refused];
        let returned = whys.iter().map(|why| Returned { number: 9, attempt: 3, why: *why });
        let receipt = Receipt { taken: 5, done: vec![1, 300], returned: returned.collect() };
        let expected = "0805120301ac021a04080910031a060809100318011a060809100318021a06080910031803";
        assert_eq!(hex(&receipt.encode_to_vec()), expected);
        let expected = "{\"taken\":\"5\",\"done\":[\"1\",\"300\"],\"returned\":[{\"number\":\"9\",\"attempt\":3},\
                        {\"number\":\"9\",\"attempt\":3,\"why\":\"WHY_AGAIN\"},{\"number\":\"9\",\"attempt\":3,\"why\":\"WHY_FULL\"},\
                        {\"number\":\"9\",\"attempt\":3,\"why\":\"WHY_REFUSED\"}]}";
        assert_eq!(Codec::JSON.encode(&receipt).unwrap(), expected);
    }
}
