//! serde's two traits, for messages in axum's `Json`, in a file, in a database column.
//!
//! Every [`#[micro::message]`](macro@crate::message) type implements `Serialize` and `Deserialize` by way of the functions
//! here. Formats for people get canonical proto3 JSON, binary formats [`Dialect::BINARY`]; reading takes every dialect and
//! skips what is not known. In between stands a [`Tape`], which a codec uses directly to keep the kind of an error.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeMap as _, SerializeSeq as _, Serializer};
use serde::{Deserialize, Serialize};

use super::text::tape::{Item, TapeCursor, TapeSink};
use super::text::{Sink as _, Tape};
use super::well_known::{Any, FieldMask, ListValue, ProtoDuration, Struct, Timestamp, Value};
use super::well_known::{BoolValue, BytesValue, DoubleValue, FloatValue, Int32Value, Int64Value};
use super::well_known::{StringValue, UInt32Value, UInt64Value};
use super::wire::{MAX_DEPTH, too_deep};
use super::{DecodeTarget, Dialect, Encode, Enumeration, Message, ReadOptions};

/// `Serialize::serialize` of a message.
///
/// # Errors
///
/// Those of `serializer`, and when a value has no place in the dialect.
pub fn serialize<S: Serializer>(message: &dyn Encode, serializer: S) -> Result<S::Ok, S::Error> {
    let tape = Tape::of(message, dialect(&serializer)).map_err(S::Error::custom)?;
    tape.serialize(serializer)
}

/// `Deserialize::deserialize` of a message.
///
/// # Errors
///
/// Those of `deserializer`, and when the value is not this message, with the path to the field.
pub fn deserialize<'de, M: Message, D: Deserializer<'de>>(deserializer: D) -> Result<M, D::Error> {
    let tape = Tape::deserialize(deserializer)?;
    let mut target = DecodeTarget::empty();
    tape.read(&mut target, ReadOptions::LENIENT).and_then(|()| target.take()).map_err(D::Error::custom)
}

/// `Serialize::serialize` of an enum without data.
///
/// # Errors
///
/// Those of `serializer`.
pub fn serialize_enumeration<E: Enumeration, S: Serializer>(value: &E, serializer: S) -> Result<S::Ok, S::Error> {
    let record = Tape::record(dialect(&serializer), |writer| {
        value.write_text(writer);
        writer.finish()
    });
    record.map_err(S::Error::custom)?.serialize(serializer)
}

/// `Deserialize::deserialize` of an enum without data.
///
/// # Errors
///
/// Those of `deserializer`, and when the enum has no such value.
pub fn deserialize_enumeration<'de, E: Enumeration, D: Deserializer<'de>>(deserializer: D) -> Result<E, D::Error> {
    let tape = Tape::deserialize(deserializer)?;
    tape.play(ReadOptions::LENIENT, E::read_text).map_err(D::Error::custom)
}

fn dialect(serializer: &impl Serializer) -> &'static Dialect {
    if serializer.is_human_readable() { &Dialect::PROTO3 } else { &Dialect::BINARY }
}

/// Implements serde's traits for messages of this room.
macro_rules! through_tape {
    ($($message:ty),+ $(,)?) => {$(
        impl serde::Serialize for $message {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::message::serde::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $message {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::message::serde::deserialize(deserializer)
            }
        }
    )+};
}

through_tape!(ProtoDuration, Timestamp, Value, Struct, ListValue, FieldMask, Any);
through_tape!(
    BoolValue,
    BytesValue,
    DoubleValue,
    FloatValue,
    Int32Value,
    Int64Value,
    StringValue,
    UInt32Value,
    UInt64Value
);

// ---- From the tape ----

impl Serialize for Tape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SerdeBody::at(self.start()).serialize(serializer)
    }
}

/// The value at a place on a tape.
struct SerdeBody<'t> {
    start: TapeCursor<'t>,
    // Behind the value, once it has been serialized. Formats may do that twice, or not at all.
    end: Cell<Option<TapeCursor<'t>>>,
}

impl<'t> SerdeBody<'t> {
    fn at(start: TapeCursor<'t>) -> Self {
        SerdeBody { start, end: Cell::new(None) }
    }

    fn end(&self) -> TapeCursor<'t> {
        self.end.get().unwrap_or_else(|| self.start.behind_value())
    }
}

impl Serialize for SerdeBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut at = self.start;
        let item = at.next().ok_or_else(|| S::Error::custom("nothing was written"))?;
        let done = match item {
            Item::Null => serializer.serialize_unit(),
            Item::Boolean(value) => serializer.serialize_bool(value),
            Item::Unsigned(value) => serializer.serialize_u64(value),
            Item::Signed(value) => serializer.serialize_i64(value),
            Item::Float32(value) => serializer.serialize_f32(value),
            Item::Float64(value) => serializer.serialize_f64(value),
            Item::Wide(text) | Item::Text(text) | Item::Key(text) => serializer.serialize_str(text),
            Item::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Item::List(length) => {
                let mut list = serializer.serialize_seq(Some(length))?;
                for _ in 0..length {
                    let element = SerdeBody::at(at);
                    list.serialize_element(&element)?;
                    at = element.end();
                }
                list.end()
            }
            Item::Object(length) => {
                let mut object = serializer.serialize_map(Some(length))?;
                for _ in 0..length {
                    let Some(Item::Key(key)) = at.next() else { break };
                    let value = SerdeBody::at(at);
                    object.serialize_entry(key, &value)?;
                    at = value.end();
                }
                object.end()
            }
        }?;
        self.end.set(Some(at));
        Ok(done)
    }
}

// ---- To the tape ----

impl<'de> Deserialize<'de> for Tape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut tape = Tape::default();
        let mut sink = TapeSink::new(&mut tape);
        deserializer.deserialize_any(SerdePiece { sink: &mut sink, depth: MAX_DEPTH })?;
        Ok(tape)
    }
}

/// Writes one value, whatever it is, to a tape.
struct SerdePiece<'s, 't> {
    sink: &'s mut TapeSink<'t>,
    depth: u32,
}

impl SerdePiece<'_, '_> {
    fn deeper<E: serde::de::Error>(&self) -> Result<u32, E> {
        self.depth.checked_sub(1).ok_or_else(|| E::custom(too_deep()))
    }
}

impl<'de> DeserializeSeed<'de> for SerdePiece<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SerdePiece<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a message")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.sink.boolean(value);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.sink.signed(value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.sink.unsigned(value);
        Ok(())
    }

    fn visit_i128<E>(self, value: i128) -> Result<(), E> {
        self.sink.wide(value);
        Ok(())
    }

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<(), E> {
        let value = i128::try_from(value).map_err(|_| E::custom(format!("{value} fits no type of a message")))?;
        self.visit_i128(value)
    }

    fn visit_f32<E>(self, value: f32) -> Result<(), E> {
        self.sink.float32(value);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.sink.float64(value);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.sink.text(value);
        Ok(())
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<(), E> {
        self.sink.bytes(value);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.sink.null();
        Ok(())
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        self.sink.begin_list();
        while list.next_element_seed(SerdePiece { sink: self.sink, depth })?.is_some() {
            self.sink.element();
        }
        self.sink.end_list();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        self.sink.begin_object();
        while object.next_key_seed(SerdeKey(self.sink))?.is_some() {
            object.next_value_seed(SerdePiece { sink: self.sink, depth })?;
        }
        self.sink.end_object();
        Ok(())
    }
}

/// Writes one key to a tape. Binary formats may have numbers for keys, and all of ours are text.
struct SerdeKey<'s, 't>(&'s mut TapeSink<'t>);

impl<'de> DeserializeSeed<'de> for SerdeKey<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SerdeKey<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name, a number or a boolean as a key")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.key(if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.key(itoa::Buffer::new().format(value));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.key(itoa::Buffer::new().format(value));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.0.key(value);
        Ok(())
    }
}
