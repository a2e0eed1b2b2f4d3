//! Events as messages of NATS: the body is the payload, and all else stands in headers.
//!
//! | Header | Holds |
//! |---|---|
//! | `Micro-Id`, `Micro-Key` | the event's, with `%xx` for what headers cannot carry |
//! | `Micro-Time` | nanoseconds since 1970 |
//! | `Content-Type` | the format of the body, where it is not just bytes |
//! | each key of a pair | the value, as it is where headers can carry it |
//! | `Micro-Metadata` | the keys of the pairs, in order: `tenant,tenant*,traceparent`; `*` says that the value has `%xx`. Left out where the order is that of the keys, and all values are as they are |
//!
//! Headers of others are pairs too, as they are.

use std::borrow::Cow;
use std::slice;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_nats::{HeaderMap, HeaderName, HeaderValue, Message};
use bytes::Bytes;

use super::envelope::{self, Envelope};
use crate::broker::event::BYTES;
use crate::broker::{Event, Topic};
use crate::errors::Result;
use crate::metadata::Metadata;
use crate::util::percent::{self, Digits};

const ID: &str = "Micro-Id";
const TIME: &str = "Micro-Time";
const KEY: &str = "Micro-Key";
const CONTENT_TYPE: &str = "Content-Type";
const PAIRS: &str = "Micro-Metadata";
const ENVELOPE: &str = "Micro-Envelope";

/// Header by which JetStream deduplicates.
const MESSAGE_ID: &str = "Nats-Msg-Id";

/// Headers and payload of an event.
pub(super) fn write(event: &Event, envelope: Envelope) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    set(&mut headers, ID, escaped(&event.id));
    set(&mut headers, TIME, nanoseconds(event.time).to_string());
    if event.content_type != BYTES {
        set(&mut headers, CONTENT_TYPE, escaped(&event.content_type));
    }
    if let Some(key) = &event.key {
        set(&mut headers, KEY, escaped(key));
    }
    for (key, value) in event.metadata.iter() {
        headers.append(key, if is_plain(value) { value.to_owned() } else { escaped(value).into_owned() });
    }
    if !speak_for_themselves(&event.metadata) {
        set(&mut headers, PAIRS, listed(&event.metadata));
    }
    match envelope {
        Envelope::None => (headers, event.body.clone()),
        Envelope::GoMicro => {
            set(&mut headers, ENVELOPE, "go-micro");
            (headers, envelope::pack(event))
        }
    }
}

/// Like `write`, with the header by which JetStream deduplicates. The dead letter of an event has its id too, and another topic:
/// it is another event.
pub(super) fn write_once(event: &Event, envelope: Envelope) -> (HeaderMap, Bytes) {
    let (mut headers, payload) = write(event, envelope);
    set(&mut headers, MESSAGE_ID, [&*escaped(&event.id), "@", &*escaped(event.topic.as_str())].concat());
    (headers, payload)
}

/// Returns `true` if the pairs can be read back from their headers alone: in the order of their keys, each unchanged.
fn speak_for_themselves(pairs: &Metadata) -> bool {
    pairs.iter().all(|(_, value)| is_plain(value)) && pairs.iter().is_sorted_by(|(one, _), (other, _)| one < other)
}

fn listed(pairs: &Metadata) -> String {
    let mut keys = String::new();
    for (key, value) in pairs.iter() {
        let comma = if keys.is_empty() { "" } else { "," };
        let mark = if is_plain(value) { "" } else { "*" };
        keys.extend([comma, key, mark]);
    }
    keys
}

/// Names of ours are what they are: nothing is checked, and nothing allocated.
fn set(headers: &mut HeaderMap, name: &'static str, value: impl Into<String>) {
    headers.insert(HeaderName::from_static(name), value.into());
}

/// The event a message is. One that does not say it itself has `time`, and an `id` that is the same at every delivery, where
/// there can be several.
///
/// # Errors
///
/// [`InvalidArgument`](crate::Code::InvalidArgument) when its subject is no topic.
pub(super) fn read(message: Message, time: SystemTime, id: impl FnOnce() -> String) -> Result<Event> {
    let topic = Topic::parse(&message.subject)?;
    let headers = Headers::of(message.headers.as_ref());
    if headers.id.is_none()
        && let Some(letter) = envelope::unpack(&message.payload)
    {
        let content_type = BYTES.to_owned();
        let mut event =
            Event { topic, id: id(), time, content_type, key: None, metadata: Metadata::new(), body: Bytes::new() };
        letter.open(&mut event);
        return Ok(event);
    }
    // The headers say the same as the envelope, and more.
    let letter = if headers.envelope { envelope::unpack(&message.payload) } else { None };
    let said = headers.time.and_then(|nanoseconds| nanoseconds.parse().ok());
    Ok(Event {
        topic,
        id: headers.id.map_or_else(id, percent::decode_lossy),
        time: said.map_or(time, |nanoseconds| UNIX_EPOCH + Duration::from_nanos(nanoseconds)),
        content_type: headers.content_type.map_or_else(|| BYTES.to_owned(), percent::decode_lossy),
        key: headers.key.map(percent::decode_lossy),
        metadata: headers.pairs(),
        body: letter.map_or(message.payload.clone(), |letter| letter.body),
    })
}

/// The headers of a message, each looked at once, however many a peer has written.
#[derive(Default)]
struct Headers<'a> {
    id: Option<&'a str>,
    time: Option<&'a str>,
    key: Option<&'a str>,
    content_type: Option<&'a str>,
    envelope: bool,
    /// The keys of our pairs, in order.
    listed: &'a str,
    others: Vec<HeaderPair<'a>>,
}

/// A header that is a pair, with the values that were not taken yet.
struct HeaderPair<'a> {
    name: &'a str,
    values: slice::Iter<'a, HeaderValue>,
    listed: bool,
}

impl<'a> Headers<'a> {
    fn of(map: Option<&'a HeaderMap>) -> Self {
        let mut headers = Headers::default();
        for (name, values) in map.into_iter().flat_map(HeaderMap::iter) {
            let (name, value): (&str, _) = (name.as_ref(), values.first().map(HeaderValue::as_str));
            match name {
                ID => headers.id = value,
                TIME => headers.time = value,
                KEY => headers.key = value,
                CONTENT_TYPE => headers.content_type = value,
                ENVELOPE => headers.envelope = true,
                PAIRS => headers.listed = value.unwrap_or_default(),
                name if name.starts_with("Nats-") => {}
                name => headers.others.push(HeaderPair { name, values: values.iter(), listed: false }),
            }
        }
        headers
    }

    /// The pairs: ours in their order, then those of others.
    fn pairs(mut self) -> Metadata {
        let mut metadata = Metadata::new();
        self.others.sort_unstable_by_key(|pair| pair.name);
        for entry in self.listed.split(',') {
            let key = entry.trim_end_matches('*');
            let Ok(at) = self.others.binary_search_by_key(&key, |pair| pair.name) else { continue };
            self.others[at].listed = true;
            let Some(value) = self.others[at].values.next() else { continue };
            let value = value.as_str();
            let value =
                if key.len() < entry.len() { Cow::Owned(percent::decode_lossy(value)) } else { Cow::Borrowed(value) };
            metadata.receive(key, &value);
        }
        for pair in self.others.into_iter().filter(|pair| !pair.listed) {
            for value in pair.values {
                metadata.receive(pair.name, value.as_str());
            }
        }
        metadata
    }
}

/// Nanoseconds since 1970, of the times that 64 bits can say.
pub(super) fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns `true` if a header carries the text unchanged: ASCII without white space at its ends, which is trimmed.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.starts_with(' ') && !text.ends_with(' ')
}

/// Text with `%xx` for what is not plain, and for `%`.
fn escaped(text: &str) -> Cow<'_, str> {
    if is_plain(text) && !text.contains('%') {
        return Cow::Borrowed(text);
    }
    percent::encode(text, Digits::Upper, |byte| byte.is_ascii_graphic() && byte != b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(event: &Event, (headers, payload): (HeaderMap, Bytes)) -> Message {
        Message {
            subject: event.topic.as_str().into(),
            reply: None,
            payload,
            headers: Some(headers),
            status: None,
            description: None,
            length: 0,
        }
    }

    fn event() -> Event {
        let mut metadata = Metadata::new();
        for (key, value) in [
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ("tenant", "grün 🌱"),
            ("baggage", "a=b%20c"),
            ("tenant", "a: b"),
            ("a", ""),
            ("space", " x "),
            ("tenant", "%41"),
        ] {
            metadata.append(key, value).expect("a pair");
        }
        Event::new("orders.größe".parse().expect("a topic"), "body")
            .with_id("7 %ü\n")
            .with_key("schlüssel: 🔑")
            .with_content_type("application/json; charset=utf-8")
            .with_metadata(metadata)
    }

    #[test]
    fn an_event_comes_back_as_it_was() {
        for envelope in [Envelope::None, Envelope::GoMicro] {
            let event = event();
            let (headers, payload) = write_once(&event, envelope);
            let line = |name: &str| headers.get(name).map(|value| value.as_str().to_owned());
            assert_eq!(line("traceparent").as_deref(), event.metadata.get("traceparent"));
            assert_eq!(line("baggage").as_deref(), Some("a=b%20c"));
            assert_eq!(line("Nats-Msg-Id").as_deref(), Some("7%20%25%C3%BC%0A@orders.gr%C3%B6%C3%9Fe"));
            for (name, values) in headers.iter() {
                let name: &str = name.as_ref();
                assert!(values.iter().all(|value| is_plain(value.as_str())), "{name}");
            }
            let read = read(message(&event, (headers, payload)), UNIX_EPOCH, String::new).expect("an event");
            assert_eq!(read, event);
            assert_eq!(read.metadata, event.metadata);
        }
    }

    #[test]
    fn pairs_are_listed_where_their_headers_do_not_say_it_all() {
        for (pairs, listed) in [
            (&[("a", "1"), ("traceparent", "00")][..], None),
            (&[("traceparent", "00"), ("a", "1")], Some("traceparent,a")),
            (&[("a", "1"), ("a", "2")], Some("a,a")),
            (&[("a", "1"), ("b", "ü")], Some("a,b*")),
        ] {
            let mut event = event();
            event.metadata = Metadata::new();
            for (key, value) in pairs {
                event.metadata.append(key, *value).expect("a pair");
            }
            let (headers, payload) = write(&event, Envelope::None);
            assert_eq!(headers.get(PAIRS).map(|list| list.as_str()), listed);
            let read = read(message(&event, (headers, payload)), UNIX_EPOCH, String::new).expect("an event");
            assert_eq!(read.metadata, event.metadata);
        }
    }

    #[test]
    fn messages_of_others_are_events_too() {
        let mut headers = HeaderMap::new();
        headers.insert("Tenant", "100%41");
        headers.insert("Nats-Sequence", "5");
        headers.insert("Content-Type", "text/plain");
        headers.insert("Micro-Metadata", "absent,,*,no key,x*,a:b,grün,Micro-Id,Tenant\t");
        let event = event();
        let read = read(message(&event, (headers, "hi".into())), UNIX_EPOCH, || "orders-7".into()).expect("an event");
        assert_eq!((read.id.as_str(), read.time, &read.body[..]), ("orders-7", UNIX_EPOCH, &b"hi"[..]));
        assert_eq!(read.content_type, "text/plain");
        assert_eq!(read.metadata.iter().collect::<Vec<_>>(), [("tenant", "100%41")]);
    }

    #[test]
    fn a_body_of_ours_that_looks_like_an_envelope_is_left_alone() {
        let event = Event::new("a".parse().expect("a topic"), r#"{"Header":{},"Body":"aGk="}"#);
        let read = read(message(&event, write(&event, Envelope::None)), UNIX_EPOCH, String::new).expect("an event");
        assert_eq!(read.body, event.body);
    }
}
