//! Events as messages of NATS: the body is the payload, and all else stands in headers.
//!
//! | Header | Holds |
//! |---|---|
//! | `Micro-Id`, `Micro-Key` | the event's, with `%xx` for what headers cannot carry |
//! | `Micro-Time` | nanoseconds since 1970 |
//! | `Content-Type` | the format of the body |
//! | `Micro-Metadata` | the keys of the pairs, in order: `tenant,tenant*,traceparent`; `*` says that the value has `%xx` |
//! | each of those keys | the value, as it is where headers can carry it |
//!
//! Headers of others are pairs too, as they are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_nats::{HeaderMap, HeaderName, Message};
use bytes::Bytes;

use super::envelope::{self, Envelope};
use crate::broker::{Event, Topic};
use crate::errors::Result;
use crate::metadata::Metadata;
use crate::util::clock;

const ID: &str = "Micro-Id";
const TIME: &str = "Micro-Time";
const KEY: &str = "Micro-Key";
const CONTENT_TYPE: &str = "Content-Type";
const PAIRS: &str = "Micro-Metadata";
const ENVELOPE: &str = "Micro-Envelope";

/// What JetStream drops repeated events by.
const MESSAGE_ID: &str = "Nats-Msg-Id";

/// Headers and payload of an event.
pub(super) fn write(event: &Event, envelope: Envelope) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    headers.insert(ID, &*escaped(&event.id));
    headers.insert(TIME, nanoseconds(event.time).to_string());
    headers.insert(CONTENT_TYPE, &*escaped(&event.content_type));
    if let Some(key) = &event.key {
        headers.insert(KEY, &*escaped(key));
    }
    let mut keys = String::new();
    for (key, value) in event.metadata.iter() {
        let mark = if is_plain(value) { "" } else { "*" };
        let comma = if keys.is_empty() { "" } else { "," };
        let _ = write!(keys, "{comma}{key}{mark}");
        headers.append(key, if mark.is_empty() { value.to_owned() } else { escaped(value).into_owned() });
    }
    if !keys.is_empty() {
        headers.insert(PAIRS, keys);
    }
    match envelope {
        Envelope::None => (headers, event.body.clone()),
        Envelope::GoMicro => {
            headers.insert(ENVELOPE, "go-micro");
            (headers, envelope::pack(event))
        }
    }
}

/// The same with what JetStream takes repeated events for one by. The dead letter of an event has its id too, and another
/// topic: it is another event.
pub(super) fn write_once(event: &Event, envelope: Envelope) -> (HeaderMap, Bytes) {
    let (mut headers, payload) = write(event, envelope);
    headers.insert(MESSAGE_ID, format!("{}@{}", escaped(&event.id), escaped(event.topic.as_str())));
    (headers, payload)
}

/// What a message of others has not said about itself.
pub(super) struct Otherwise {
    /// The same at every delivery, where there can be several.
    pub id: Option<String>,
    pub time: SystemTime,
}

impl Otherwise {
    pub(super) fn now() -> Self {
        Otherwise { id: None, time: clock::wall() }
    }
}

/// The event a message is.
///
/// # Errors
///
/// [`InvalidArgument`](crate::Code::InvalidArgument) when its subject is no topic.
pub(super) fn read(message: Message, otherwise: Otherwise) -> Result<Event> {
    let mut event = Event::new(Topic::parse(&message.subject)?, Bytes::new());
    let headers = message.headers.unwrap_or_default();
    let ours = headers.get(ID).is_some();
    event.time = otherwise.time;
    if let Some(id) = otherwise.id {
        event.id = id;
    }
    let text = |name: &str| headers.get(name).map(|value| unescaped(value.as_str()));
    if !ours && let Some(letter) = envelope::unpack(&message.payload) {
        letter.open(&mut event);
        return Ok(event);
    }
    event.body = match text(ENVELOPE) {
        // The headers say the same as the envelope, and more.
        Some(_) if ours => envelope::unpack(&message.payload).map_or(message.payload, |letter| letter.body),
        _ => message.payload,
    };
    if let Some(id) = text(ID) {
        event.id = id;
    }
    if let Some(time) = headers.get(TIME).and_then(|nanoseconds| nanoseconds.as_str().parse().ok()) {
        event.time = UNIX_EPOCH + Duration::from_nanos(time);
    }
    if let Some(content_type) = text(CONTENT_TYPE) {
        event.content_type = content_type;
    }
    event.key = text(KEY);
    event.metadata = pairs(&headers);
    Ok(event)
}

/// The pairs among the headers: ours in their order, then those of others.
fn pairs(headers: &HeaderMap) -> Metadata {
    let mut metadata = Metadata::new();
    let listed = headers.get(PAIRS).map(|keys| keys.as_str()).unwrap_or_default();
    // Each value is looked at once, however many a peer has written.
    let mut taken = HashMap::new();
    for entry in listed.split(',').filter(|entry| !entry.is_empty()) {
        let key = entry.trim_end_matches('*');
        // The driver panics at what is no name of a header.
        let Ok(name) = key.parse::<HeaderName>() else { continue };
        let Some(value) = taken.entry(key).or_insert_with(|| headers.get_all(name)).next() else { continue };
        let value = value.as_str();
        let value = if key.len() < entry.len() { Cow::Owned(unescaped(value)) } else { Cow::Borrowed(value) };
        metadata.receive(key, &value);
    }
    let mut others: Vec<_> = headers.iter().filter(|(name, _)| is_of_others(name.as_ref())).collect();
    others.sort_unstable_by_key(|(name, _)| AsRef::<str>::as_ref(*name));
    for (name, values) in others {
        let name: &str = name.as_ref();
        if !taken.contains_key(name) {
            for value in values {
                metadata.receive(name, value.as_str());
            }
        }
    }
    metadata
}

fn is_of_others(name: &str) -> bool {
    !name.starts_with("Nats-") && ![ID, TIME, KEY, CONTENT_TYPE, PAIRS, ENVELOPE].contains(&name)
}

/// Nanoseconds since 1970, of the times that 64 bits can say.
pub(super) fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Whether a header carries it as it is: nothing but ASCII, and no white space at its ends, which is trimmed.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && text.trim() == text
}

/// Text with `%xx` for what is not plain, and for `%`.
fn escaped(text: &str) -> Cow<'_, str> {
    if is_plain(text) && !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        match byte {
            b'!'..=b'$' | b'&'..=b'~' => escaped.push(byte.into()),
            _ => drop(write!(escaped, "%{byte:02X}")),
        }
    }
    Cow::Owned(escaped)
}

/// Text whose `%xx` are read. What is no such thing stays as it is.
fn unescaped(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
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
            let read = read(message(&event, (headers, payload)), Otherwise::now()).expect("an event");
            assert_eq!(read, event);
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
        let otherwise = Otherwise { id: Some("orders-7".into()), time: UNIX_EPOCH };
        let read = read(message(&event, (headers, "hi".into())), otherwise).expect("an event");
        assert_eq!((read.id.as_str(), read.time, &read.body[..]), ("orders-7", UNIX_EPOCH, &b"hi"[..]));
        assert_eq!(read.content_type, "text/plain");
        assert_eq!(read.metadata.iter().collect::<Vec<_>>(), [("tenant", "100%41")]);
    }

    #[test]
    fn a_body_of_ours_that_looks_like_an_envelope_is_left_alone() {
        let event = Event::new("a".parse().expect("a topic"), r#"{"Header":{},"Body":"aGk="}"#);
        let read = read(message(&event, write(&event, Envelope::None)), Otherwise::now()).expect("an event");
        assert_eq!(read.body, event.body);
    }
}
