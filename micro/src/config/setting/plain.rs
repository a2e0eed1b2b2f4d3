//! Settings of types that implement the traits of serde.

use std::cell::RefCell;
use std::fmt::{self, Display};

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};
use serde::{Deserializer, Serialize};

use super::parts;
use crate::config::reader::Reader;
use crate::config::value::{declared, from_json, without_nulls};
use crate::config::{Node, Table, Value};

/// A type that is a setting through serde.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a setting",
    label = "this type is neither a setting nor one of serde's",
    note = "write `#[micro::config]` on it, or derive serde's `Serialize` and `Deserialize`, or implement `micro::config::Setting`"
)]
pub trait SerdeSetting: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> SerdeSetting for T {}

/// See [`Setting::read`](super::Setting::read).
pub(super) fn read<T: SerdeSetting>(node: &Node, reader: &mut Reader) -> Option<T> {
    let place = Place::default();
    match T::deserialize(Tree { node: &without_nulls(node), place: &place }) {
        Ok(value) => Some(value),
        Err(Mismatch(words)) => {
            let (path, node) = place.0.borrow_mut().take().unwrap_or_else(|| (vec![], node.clone()));
            refuse_at(reader, &path, &node, &words)
        }
    }
}

// A message of serde may contain the value, so the message is omitted for a secret.
fn refuse_at<T>(reader: &mut Reader, path: &[String], node: &Node, words: &str) -> Option<T> {
    match path.split_first() {
        Some((key, rest)) => reader.at(key, |reader| refuse_at(reader, rest, node, words)),
        None => reader.refuse_with(node, words),
    }
}

/// See [`Setting::write`](super::Setting::write).
pub(super) fn write<T: SerdeSetting>(value: &T) -> Value {
    let json = serde_json::to_value(value).unwrap_or_default();
    from_json(json, &declared()).value
}

/// See [`Setting::absent`](super::Setting::absent): an `Option` and similar types accept null.
pub(super) fn absent<T: SerdeSetting>(reader: &mut Reader) -> Option<T> {
    let nothing = Node::new(Value::Null, declared());
    let place = Place::default();
    T::deserialize(Tree { node: &nothing, place: &place }).ok().or_else(|| reader.missing())
}

/// Place of the first error: the path from the root of the tree, and the value there.
#[derive(Default)]
struct Place(RefCell<Option<(Vec<String>, Node)>>);

impl Place {
    /// Records the innermost place first, then prepends the keys of the enclosing values.
    fn on_the_way_out(&self, key: String, node: &Node) {
        self.0.borrow_mut().get_or_insert_with(|| (vec![], node.clone())).0.insert(0, key);
    }
}

/// A tree of values, as a deserializer of serde.
#[derive(Clone, Copy)]
struct Tree<'a> {
    node: &'a Node,
    place: &'a Place,
}

/// Error of serde about a value that does not fit.
#[derive(Debug)]
struct Mismatch(String);

impl Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

impl de::Error for Mismatch {
    fn custom<T: Display>(words: T) -> Self {
        Mismatch(words.to_string())
    }
}

impl<'a> Tree<'a> {
    /// Returns the text of an untyped source, if the value is one.
    fn text(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(text) => Some(text.trim()),
            _ => None,
        }
    }

    fn table<'de, V: Visitor<'de>>(self, table: &Table, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_map(Entries { entries: table.iter(), next: None, place: self.place })
    }

    fn array<'de, V: Visitor<'de>>(self, items: &[Node], visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_seq(Items { items: items.iter().enumerate(), place: self.place })
    }
}

/// Deserializes numbers, including those in the text of an untyped source.
macro_rules! numbers {
    ($($method:ident $number:ty => $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            match self.text().and_then(|text| text.parse::<$number>().ok()) {
                Some(number) => visitor.$visit(number),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Tree<'_> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (_, Ok(value)) => visitor.visit_u64(value),
                (Ok(value), _) => visitor.visit_i64(value),
                _ => visitor.visit_i128(*value),
            },
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Str(text) | Value::Text(text) => visitor.visit_str(text),
            Value::Array(items) => self.array(items, visitor),
            Value::Table(table) => self.table(table, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.text() {
            Some("on" | "true" | "yes" | "1") => visitor.visit_bool(true),
            Some("off" | "false" | "no" | "0") => visitor.visit_bool(false),
            _ => self.deserialize_any(visitor),
        }
    }

    numbers! {
        deserialize_i8 i64 => visit_i64;
        deserialize_i16 i64 => visit_i64;
        deserialize_i32 i64 => visit_i64;
        deserialize_i64 i64 => visit_i64;
        deserialize_i128 i128 => visit_i128;
        deserialize_u8 u64 => visit_u64;
        deserialize_u16 u64 => visit_u64;
        deserialize_u32 u64 => visit_u64;
        deserialize_u64 u64 => visit_u64;
        deserialize_u128 u128 => visit_u128;
        deserialize_f32 f64 => visit_f64;
        deserialize_f64 f64 => visit_f64;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.node.value {
            Value::Null => visitor.visit_none(),
            Value::Text(text) if text.is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match parts::items_of(self.node) {
            Some(items) => self.array(&items, visitor),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match parts::table_of(self.node) {
            Some(table) => self.table(&table, visitor),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        if let Some(text) = self.node.value.as_str() {
            let text: StrDeserializer<'_, Mismatch> = text.trim().into_deserializer();
            return text.deserialize_enum(name, variants, visitor);
        }
        // A variant with data is a table of one key. Converted through JSON, whose deserializer supports all shapes of variants.
        let json = crate::config::value::to_json(self.node);
        json.deserialize_enum(name, variants, visitor).map_err(|error| Mismatch(error.to_string()))
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct identifier ignored_any
    }
}

struct Items<'a> {
    items: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
    place: &'a Place,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        let Some((at, item)) = self.items.next() else { return Ok(None) };
        let read = seed.deserialize(Tree { node: item, place: self.place });
        read.map(Some).inspect_err(|_| self.place.on_the_way_out(format!("[{at}]"), item))
    }
}

struct Entries<'a> {
    entries: std::collections::btree_map::Iter<'a, String, Node>,
    next: Option<(&'a String, &'a Node)>,
    place: &'a Place,
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        self.next = self.entries.next();
        let Some((key, _)) = self.next else { return Ok(None) };
        let key: StrDeserializer<'_, Mismatch> = key.as_str().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        let (key, node) = self.next.ok_or_else(|| Mismatch("a value without a key".into()))?;
        let read = seed.deserialize(Tree { node, place: self.place });
        read.inspect_err(|_| self.place.on_the_way_out(key.clone(), node))
    }
}
