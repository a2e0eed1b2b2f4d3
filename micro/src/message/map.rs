//! Maps: in bytes a list of entries with a key and a value, in text an object.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use super::desc::NAMELESS;
use super::text::{Peek, TextReader, TextWriter};
use super::value::read_element;
use super::wire::{Input, Reader, WireType, Writer};
use super::{Auto, Error, Field, Fixed, MapEncoding, Result, Shape, Value, Zigzag};

/// A key type of maps: integers, `bool` and `String`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map (encoding `{E}`)",
    label = "no key of a protobuf map",
    note = "the keys of protobuf maps are integers, `bool` or `String`"
)]
pub trait MapKey<E = Auto>: Value<E> + Ord {
    /// The key as text.
    fn name(&self) -> Cow<'_, str>;

    /// The key a text stands for.
    fn from_name(name: &str) -> Option<Self>;
}

impl MapKey for String {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }

    fn from_name(name: &str) -> Option<Self> {
        Some(name.to_owned())
    }
}

macro_rules! key {
    ($($rust:ty: $($encoding:ty),+;)*) => {$($(
        impl MapKey<$encoding> for $rust {
            fn name(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }

            fn from_name(name: &str) -> Option<Self> {
                name.parse().ok()
            }
        }
    )+)*};
}

key! {
    i8: Auto;
    i16: Auto;
    i32: Auto, Zigzag, Fixed;
    i64: Auto, Zigzag, Fixed;
    u8: Auto;
    u16: Auto;
    u32: Auto, Fixed;
    u64: Auto, Fixed;
    bool: Auto;
}

/// A map that can be a field. Ours are [`HashMap`] and [`BTreeMap`].
trait Map<K, V> {
    /// The entries, by ascending key, so that equal maps give equal bytes.
    fn sorted<'a>(&'a self) -> impl Iterator<Item = (&'a K, &'a V)>
    where
        K: 'a,
        V: 'a;

    /// Adds an entry and gives back what was there under the key.
    fn insert(&mut self, key: K, value: V) -> Option<V>;
}

impl<K: Ord + Hash, V, H: BuildHasher> Map<K, V> for HashMap<K, V, H> {
    fn sorted<'a>(&'a self) -> impl Iterator<Item = (&'a K, &'a V)>
    where
        K: 'a,
        V: 'a,
    {
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
        entries.into_iter()
    }

    fn insert(&mut self, key: K, value: V) -> Option<V> {
        HashMap::insert(self, key, value)
    }
}

impl<K: Ord, V> Map<K, V> for BTreeMap<K, V> {
    fn sorted<'a>(&'a self) -> impl Iterator<Item = (&'a K, &'a V)>
    where
        K: 'a,
        V: 'a,
    {
        self.iter()
    }

    fn insert(&mut self, key: K, value: V) -> Option<V> {
        BTreeMap::insert(self, key, value)
    }
}

/// Implements [`Field`] for a map; the same text for both maps.
macro_rules! map_field {
    () => {
        type Slot = Self;
        const SHAPE: Shape = Shape::Map(K::TYPE, V::TYPE);

        fn put(&self, tag: u32, writer: &mut Writer<'_>) {
            put_map::<K, V, E::Key, E::Value>(self, tag, writer);
        }

        fn merge(slot: &mut Self, reader: &mut Reader<'_>) -> Result<()> {
            let (key, value) = get_entry::<K, V, E::Key, E::Value>(reader)?;
            slot.insert(key, value);
            Ok(())
        }

        fn finish(slot: Self, _: &Input<'_>) -> Result<Self> {
            Ok(slot)
        }

        fn is_present(&self) -> bool {
            !self.is_empty()
        }

        fn write_member(&self, writer: &mut TextWriter<'_>) {
            write_map::<K, V, E::Key, E::Value>(self, writer);
        }

        fn read_member(slot: &mut Self, reader: &mut TextReader<'_>) -> Result<()> {
            read_map::<K, V, E::Key, E::Value>(slot, reader)
        }
    };
}

impl<K: MapKey<E::Key> + Hash, V: Value<E::Value>, H: BuildHasher + Default, E: MapEncoding> Field<E>
    for HashMap<K, V, H>
{
    map_field!();
}

impl<K: MapKey<E::Key>, V: Value<E::Value>, E: MapEncoding> Field<E> for BTreeMap<K, V> {
    map_field!();
}

fn put_map<K: MapKey<KE>, V: Value<VE>, KE, VE>(map: &impl Map<K, V>, tag: u32, writer: &mut Writer<'_>) {
    for (key, value) in map.sorted() {
        writer.key(tag, WireType::Len);
        writer.nested(|writer| {
            writer.key(1, K::WIRE);
            key.put(writer);
            writer.key(2, V::WIRE);
            value.put(writer);
        });
    }
}

/// Reads one entry: a message with the key as field 1 and the value as field 2.
fn get_entry<K: MapKey<KE>, V: Value<VE>, KE, VE>(reader: &mut Reader<'_>) -> Result<(K, V)> {
    reader.expect(WireType::Len)?;
    let input = reader.input();
    input.charge(size_of::<(K, V)>())?;
    let mut entry = Reader::new(input.part(reader.chunk()?), NAMELESS);
    let (mut key, mut value) = (K::Slot::default(), V::Slot::default());
    while let Some(tag) = entry.next_tag()? {
        match tag {
            1 => K::merge(&mut key, &mut entry)?,
            2 => V::merge(&mut value, &mut entry)?,
            _ => entry.skip()?,
        }
    }
    let input = entry.input();
    let key = match K::take(key, &input)? {
        Some(key) => key,
        None => K::empty(&input)?,
    };
    let value = match V::take(value, &input) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => V::empty(&input),
        Err(error) => Err(error),
    };
    match value {
        Ok(value) => Ok((key, value)),
        Err(error) => Err(error.at_key(key.name())),
    }
}

fn write_map<K: MapKey<KE>, V: Value<VE>, KE, VE>(map: &impl Map<K, V>, writer: &mut TextWriter<'_>) {
    writer.begin_object();
    for (key, value) in map.sorted() {
        writer.key(&key.name());
        value.write_value(writer);
    }
    writer.end_object();
}

fn read_map<K: MapKey<KE>, V: Value<VE>, KE, VE>(map: &mut impl Map<K, V>, reader: &mut TextReader<'_>) -> Result<()> {
    if reader.peek()? == Peek::Null {
        return reader.null();
    }
    reader.object(|reader, name| {
        reader.charge(size_of::<(K, V)>())?;
        let key = K::from_name(name).ok_or_else(|| Error::malformed(format!("`{name}` is no key of this map")))?;
        let value = read_element(reader, "null in a map").map_err(|error| error.at_key(name))?;
        // An entry that a lenient reader leaves out is as if it had not been there.
        let Some(value) = value else { return Ok(()) };
        match map.insert(key, value) {
            None => Ok(()),
            Some(_) => Err(Error::malformed("given twice").at_key(name)),
        }
    })
}
