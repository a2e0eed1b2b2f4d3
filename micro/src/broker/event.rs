//! One event, and what travels with it.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;

use super::Topic;
use crate::metadata::Metadata;
use crate::util::{clock, random};

/// Default content type of a body.
pub(super) const BYTES: &str = "application/octet-stream";

/// An event as brokers carry it: an opaque body, and its headers.
///
/// ```
/// use micro::broker::Event;
///
/// let event = Event::new("orders.placed".parse()?, "{\"id\": 7}").with_content_type("application/json").with_key("7");
/// assert_eq!(event.topic.as_str(), "orders.placed");
/// # Ok::<(), micro::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Topic.
    pub topic: Topic,
    /// Unique id; the same at every delivery of the event.
    pub id: String,
    /// Time of publishing.
    pub time: SystemTime,
    /// Content type of the body: `application/protobuf`.
    pub content_type: String,
    /// Ordering key: events of one key are handled one after the other.
    pub key: Option<String>,
    /// Headers: the publisher's pairs, the trace, the deadline.
    pub metadata: Metadata,
    /// Body.
    pub body: Bytes,
}

impl Event {
    /// An event of now with an id of its own, whose body is just bytes.
    pub fn new(topic: Topic, body: impl Into<Bytes>) -> Self {
        Event {
            topic,
            id: new_id(),
            time: clock::wall(),
            content_type: BYTES.to_owned(),
            key: None,
            metadata: Metadata::new(),
            body: body.into(),
        }
    }

    /// Sets the id: a broker that deduplicates takes two events with one id for the same event.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Sets the content type.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = content_type.into();
        self
    }

    /// Sets the ordering key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets the metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }
}

/// An id that no other event has.
pub(super) fn new_id() -> String {
    format!("{:032x}", random::u128())
}

// Bodies stay out of logs.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("topic", &self.topic.as_str())
            .field("id", &self.id)
            .field("content_type", &self.content_type)
            .field("key", &self.key)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
