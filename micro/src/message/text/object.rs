//! The members of an object as the fields of a message.

use super::{Peek, TextReader, UnknownNames};
use crate::message::wire::Input;
use crate::message::{
    BuildOne, Entry, Error, ErrorKind, Field, Message, MessageDesc, OneOf, OneOfSlot, Result, Source,
};
use crate::message::{UnknownFields, Value};

impl TextReader<'_> {
    /// Reads an object of the fields of a message.
    ///
    /// # Errors
    ///
    /// When something else is there, with the path to the field.
    pub fn message<M: Message>(&mut self) -> Result<M> {
        self.expect(Peek::Object)?;
        self.deeper(|reader| {
            reader.source.begin_object()?;
            let mut object = ObjectReader::new(reader, M::DESC);
            M::build(&mut object).map_err(|error| error.at(object.field_name()))
        })
    }
}

/// Builds a message from an object whose beginning has been read.
struct ObjectReader<'r, 'a> {
    reader: &'r mut TextReader<'a>,
    desc: &'static MessageDesc,
    // The entry expected next: most writers keep the order of the fields.
    expected: usize,
    seen: SeenMembers,
    // The tag of the field being read or finished, to name it in errors; 0 between fields.
    tag: u32,
}

impl<'r, 'a> ObjectReader<'r, 'a> {
    fn new(reader: &'r mut TextReader<'a>, desc: &'static MessageDesc) -> Self {
        ObjectReader { reader, desc, expected: 0, seen: SeenMembers::default(), tag: 0 }
    }

    /// The JSON name of the field being read; empty between fields.
    fn field_name(&self) -> &'static str {
        if self.tag == 0 { "" } else { self.desc.json_name(self.tag) }
    }

    /// The entry and tag of the member just begun; `None` when no field has its name.
    fn find(&self) -> Result<Option<(usize, u32)>> {
        let options = &self.reader.options;
        let key = self.reader.source.last_key();
        let mut found = self.desc.find(key, self.expected);
        if found.is_none() && options.fold_names {
            found = self.desc.find_folded(key);
        }
        if found.is_none() && options.unknown == UnknownNames::Refuse {
            return Err(Error::new(ErrorKind::Unknown, format!("`{key}` is no field of `{}`", self.desc.name)));
        }
        Ok(found)
    }

    /// Returns `true` if the value is a null that means the absence of a member of a oneof.
    fn is_absent_variant(&mut self, entry: &Entry, tag: u32) -> Result<bool> {
        let Entry::OneOf(oneof) = entry else { return Ok(false) };
        if self.reader.peek()? != Peek::Null {
            return Ok(false);
        }
        Ok(!oneof.fields().any(|(at, field)| at == tag && field.has_null()))
    }
}

impl Source for ObjectReader<'_, '_> {
    fn next(&mut self) -> Result<Option<u32>> {
        self.tag = 0;
        while self.reader.source.key()? {
            let Some((position, tag)) = self.find()? else {
                self.reader.skip()?;
                continue;
            };
            self.expected = position + 1;
            self.tag = tag;
            let entry = &self.desc.entries[position];
            if self.is_absent_variant(entry, tag)? {
                self.reader.null()?;
                continue;
            }
            if self.seen.again(position) {
                return Err(Error::malformed(match entry {
                    Entry::Field(_) => "given twice",
                    Entry::OneOf(_) => "more than one member of a oneof",
                }));
            }
            return Ok(Some(tag));
        }
        self.tag = 0;
        Ok(None)
    }

    fn field<T: Field<E>, E>(&mut self, slot: &mut T::Slot) -> Result<()> {
        T::read_member(slot, self.reader)
    }

    fn finish<T: Field<E>, E>(&mut self, tag: u32, slot: T::Slot) -> Result<T> {
        self.tag = tag;
        T::finish(slot, &Input::nothing(self.reader.depth))
    }

    fn oneof<T: OneOf>(&mut self, slot: &mut OneOfSlot<T>, variant: usize) -> Result<()> {
        let built = T::build(variant, ObjectMember(self.reader));
        if let Some(value) = self.reader.unless_unknown(built)? {
            *slot = OneOfSlot::Value(value);
        }
        Ok(())
    }

    fn finish_oneof<T: OneOf>(&mut self, slot: OneOfSlot<T>) -> Result<Option<T>> {
        self.tag = 0;
        Ok(slot.into_value())
    }

    fn unknown(&mut self, _: Option<&mut UnknownFields>) -> Result<()> {
        self.reader.skip()
    }
}

/// Reads a variant from the value of a member.
struct ObjectMember<'r, 'a>(&'r mut TextReader<'a>);

impl BuildOne for ObjectMember<'_, '_> {
    fn variant<T: Value<E>, E>(self) -> Result<T> {
        if self.0.peek()? == Peek::Null
            && let Some(value) = T::null()
        {
            self.0.null()?;
            return Ok(value);
        }
        T::read_value(self.0)
    }
}

/// Set of the entries read, without an allocation for messages of up to 64.
#[derive(Default)]
struct SeenMembers {
    first: u64,
    more: Vec<usize>,
}

impl SeenMembers {
    /// Notes an entry and says whether it had been noted before.
    fn again(&mut self, position: usize) -> bool {
        if position < 64 {
            let bit = 1 << position;
            let again = self.first & bit != 0;
            self.first |= bit;
            return again;
        }
        let again = self.more.contains(&position);
        if !again {
            self.more.push(position);
        }
        again
    }
}
