//! Conversion of the contents of a bucket to settings.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::super::{Layer, Node, Origin, Table, Value, from_json, put};
use super::format::BucketFormat;
use super::{BucketShape, Nats};
use crate::errors::{Error, Result};

/// Existing keys of a bucket, with their values.
pub(super) type Entries = BTreeMap<String, Bytes>;

impl Nats {
    /// Converts the entries of the bucket to settings.
    pub(super) fn settings(&self, entries: &Entries) -> Result<Table> {
        let mut table = Table::new();
        for (key, value) in entries {
            let origin = Origin::new(Layer::Remote, format!("nats `{}` key `{key}`", self.bucket));
            let Ok(text) = std::str::from_utf8(value) else { return Err(bad(&origin, "is not UTF-8")) };
            match &self.shape {
                BucketShape::Keys { prefix } => {
                    put(&mut table, key.strip_prefix(&**prefix).unwrap_or(key), setting(text, &origin))
                }
                BucketShape::Document { format: BucketFormat::Json, .. } => table = document(text, &origin)?,
            }
        }
        Ok(table)
    }
}

/// Converts a value: a table or a list in JSON, otherwise text.
fn setting(text: &str, origin: &Origin) -> Node {
    let json = text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten();
    match json {
        Some(json) => from_json(json, origin),
        None => Node::new(Value::Text(text.to_owned()), origin.clone()),
    }
}

fn document(text: &str, origin: &Origin) -> Result<Table> {
    // Only the position of the error: its message may quote the document.
    let json = serde_json::from_str(text)
        .map_err(|error| bad(origin, &format!("is not JSON at line {} column {}", error.line(), error.column())))?;
    match from_json(json, origin).value {
        Value::Table(table) => Ok(table),
        other => Err(bad(origin, &format!("holds {}, expected an object", other.what()))),
    }
}

fn bad(origin: &Origin, why: &str) -> Error {
    Error::invalid_argument(format!("{origin} {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    fn read(url: &str, entries: &[(&str, &[u8])]) -> Result<String> {
        let entries = entries.iter().map(|(key, value)| ((*key).to_owned(), Bytes::copy_from_slice(value))).collect();
        let table = Nats::new(url).expect("a URL").settings(&entries)?;
        Ok(Node::new(table, Origin::new(Layer::Remote, "all")).to_string())
    }

    #[test]
    fn keys_are_paths_and_values_are_text_or_json() {
        let entries: &[(&str, &[u8])] = &[
            ("a", b"lost"),
            ("a.b", "grün".as_bytes()),
            ("a.c", b" {\"d\": [1, null]}"),
            ("a.c.e", b"5"),
            ("f", b"{name} says [hi]"),
            ("g", b""),
        ];
        assert_eq!(
            read("nats://host/s", entries).unwrap(),
            r#"{ a = { b = "grün", c = { d = [1, null], e = "5" } }, f = "{name} says [hi]", g = "" }"#
        );
        assert_eq!(read("nats://host/s?prefix=app", &[("app.x", b"1")]).unwrap(), r#"{ x = "1" }"#);
        assert_eq!(read("nats://host/s", &[]).unwrap(), "{ }".replace(' ', ""));
    }

    #[test]
    fn a_document_is_one_key() {
        const URL: &str = "nats://host/default?key=micro_config";
        let entries: &[(&str, &[u8])] = &[("micro_config", br#"{"a": {"b": 1}}"#)];
        assert_eq!(read(URL, entries).unwrap(), "{ a = { b = 1 } }");
        assert_eq!(read(URL, &[]).unwrap(), "{}");
    }

    #[test]
    fn what_cannot_be_read_is_named_and_not_shown() {
        const DOCUMENT: &str = "nats://host/s?key=all";
        for (url, key, value, says) in [
            ("nats://host/s", "x.y", &b"canary\xff"[..], "nats `s` key `x.y` is not UTF-8"),
            (DOCUMENT, "all", b"{\"canary\": canary}", "nats `s` key `all` is not JSON at line 1 column 12"),
            (DOCUMENT, "all", b"[\"canary\"]", "nats `s` key `all` holds a list, expected an object"),
            (DOCUMENT, "all", b"", "nats `s` key `all` is not JSON"),
        ] {
            let error = read(url, &[(key, value)]).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert!(error.message().contains(says), "{error}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
        let deep = "[".repeat(100_000);
        assert!(read("nats://host/s", &[("x", deep.as_bytes())]).is_ok());
        assert!(read(DOCUMENT, &[("all", deep.as_bytes())]).is_err());
    }
}
