//! Go Micro's envelope: `{"Header":{"Content-Type":"application/json","Micro-Id":"7","Micro-Topic":"orders"},"Body":"<base64>"}`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::broker::Event;

/// Envelope of a payload when it is published. On receipt an envelope is recognised whichever was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    /// No envelope: the payload is the body.
    None,
    /// The envelope of Go Micro's brokers.
    GoMicro,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEnvelope {
    // Go writes `null` for a map or a slice that was never made. Both keys are there none the less.
    #[serde(rename = "Header", deserialize_with = "Option::deserialize")]
    header: Option<BTreeMap<String, String>>,
    #[serde(rename = "Body", deserialize_with = "Option::deserialize")]
    body: Option<String>,
}

/// Contents of an envelope.
pub(super) struct UnpackedEvent {
    header: BTreeMap<String, String>,
    pub(super) body: Bytes,
}

/// An event in an envelope. Of several values of one key it holds the first.
pub(super) fn pack(event: &Event) -> Bytes {
    let mut header = BTreeMap::new();
    for (key, value) in event.metadata.iter() {
        header.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    }
    for (name, value) in
        [("Content-Type", &*event.content_type), ("Micro-Id", &event.id), ("Micro-Topic", event.topic.as_str())]
    {
        header.insert(name.to_owned(), value.to_owned());
    }
    let written = WrittenEnvelope { header: Some(header), body: Some(STANDARD.encode(&event.body)) };
    serde_json::to_vec(&written).expect("texts can be written as JSON").into()
}

/// Returns the contents of an envelope if the payload is one: an object with exactly these two keys.
pub(super) fn unpack(payload: &[u8]) -> Option<UnpackedEvent> {
    if !payload.starts_with(b"{") {
        return None;
    }
    let WrittenEnvelope { header, body } = serde_json::from_slice(payload).ok()?;
    let body = STANDARD.decode(body.unwrap_or_default()).ok()?.into();
    Some(UnpackedEvent { header: header.unwrap_or_default(), body })
}

impl UnpackedEvent {
    /// Puts what was in it into an event. Go has header names as HTTP does, so that their case says nothing.
    pub(super) fn open(self, event: &mut Event) {
        for (name, value) in self.header {
            match name.to_ascii_lowercase().as_str() {
                "content-type" => event.content_type = value,
                "micro-id" if !value.is_empty() => event.id = value,
                // It is the subject.
                "micro-id" | "micro-topic" => {}
                name => {
                    event.metadata.receive(name, &value);
                }
            }
        }
        event.body = self.body;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_writes_is_read() {
        let mut event = Event::new("orders".parse().unwrap(), "");
        let written =
            br#"{"Header":{"Content-Type":"application/json","Micro-ID":"7","Micro-Topic":"orders","Foo":"bar"},
            "Body":"eyJhIjoxfQ=="}"#;
        unpack(written).unwrap().open(&mut event);
        assert_eq!((event.id.as_str(), event.content_type.as_str()), ("7", "application/json"));
        assert_eq!((&event.body[..], event.metadata.get("foo")), (&br#"{"a":1}"#[..], Some("bar")));
        assert_eq!(event.metadata.len(), 1);
        assert_eq!(unpack(br#"{"Header":null,"Body":null}"#).unwrap().body, "");
    }

    #[test]
    fn what_is_no_envelope_is_a_body() {
        for payload in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"Header":{}}"#,
            r#"{"Body":""}"#,
            r#"{"Header":{},"Body":"","More":1}"#,
            r#"{"Header":{},"Body":"no base64"}"#,
            r#"{"Header":{"a":1},"Body":""}"#,
            r#"{"header":{},"body":""}"#,
        ] {
            assert!(unpack(payload.as_bytes()).is_none(), "{payload}");
        }
        assert!(unpack("{\"Header\":".repeat(100_000).as_bytes()).is_none());
    }
}
