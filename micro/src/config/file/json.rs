//! JSON parsing.
//!
//! The parser reports no positions. A value is therefore first read as a raw slice of the text, whose offset is its position, and
//! then parsed, one level at a time.

use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::text::{LineIndex, MAX_DEPTH, Wrong, nothing};
use crate::config::{Node, Origin, Table, Value};

/// Parses a text.
pub(super) fn parse(text: &str, origin: &Origin) -> Result<Node, Wrong> {
    if text.trim().is_empty() {
        return Ok(nothing(origin));
    }
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| wrong(&error, 1))?;
    let lines = LineIndex::of(text);
    if let Some(at) = too_deep(text) {
        return Err(Wrong::at(lines.line(at), format!("objects and lists are nested more than {MAX_DEPTH} deep")));
    }
    JsonReader { text, lines, origin }.node(whole)
}

struct JsonReader<'a> {
    text: &'a str,
    lines: LineIndex,
    origin: &'a Origin,
}

impl JsonReader<'_> {
    fn node(&self, raw: &RawValue) -> Result<Node, Wrong> {
        let raw = raw.get();
        let line = self.line(raw);
        let value = match raw.as_bytes().first() {
            Some(b'{') => Value::Table(self.table(open::<Object<'_>>(raw, line)?)?),
            Some(b'[') => {
                let items: Vec<&RawValue> = open(raw, line)?;
                Value::Array(items.into_iter().map(|item| self.node(item)).collect::<Result<_, _>>()?)
            }
            Some(b'"') => Value::Str(open(raw, line)?),
            Some(b't' | b'f') => Value::Bool(open(raw, line)?),
            Some(b'n') => Value::Null,
            _ => match raw.parse::<i128>() {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::Float(open(raw, line)?),
            },
        };
        Ok(Node::new(value, self.origin.at_line(line)))
    }

    fn table(&self, object: Object<'_>) -> Result<Table, Wrong> {
        let mut table = Table::new();
        for (key, raw) in object.0 {
            let node = self.node(raw)?;
            let line = self.line(raw.get());
            if table.insert(key, node).is_some() {
                return Err(Wrong::at(line, "duplicate key"));
            }
        }
        Ok(table)
    }

    // `part` is a slice of the text.
    fn line(&self, part: &str) -> u32 {
        self.lines.line((part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize))
    }
}

/// Returns the offset at which a JSON text is nested too deeply. Checked in advance, because each level is read once for every
/// level above it.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut is_escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(at);
        }
    }
    None
}

/// Keys and raw values of an object.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(JsonEntries)
    }
}

struct JsonEntries;

impl<'de> Visitor<'de> for JsonEntries {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Object(entries))
    }
}

fn open<'a, T: Deserialize<'a>>(raw: &'a str, line: u32) -> Result<T, Wrong> {
    serde_json::from_str(raw).map_err(|error| wrong(&error, line))
}

/// Converts an error of the parser. `first` is the line at which the parsed text begins.
fn wrong(error: &serde_json::Error, first: u32) -> Wrong {
    let line = u32::try_from(error.line().max(1)).unwrap_or(u32::MAX);
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or("not JSON").to_owned();
    // Messages about data may quote the data; messages about syntax do not.
    let why = if error.is_data() { "not JSON".to_owned() } else { why };
    Wrong::at(first.saturating_add(line - 1), why)
}
