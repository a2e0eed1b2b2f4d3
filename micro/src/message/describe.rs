//! What a message looks like, as constant data: the protobuf view of a type.
//!
//! Descriptions are built by `const` functions, so that more can be said later without breaking what was built before.
//! Types refer to one another through functions, so that they may refer to themselves.

use super::{Field, OneOf, Value};

/// A message: its full name and what it consists of.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MessageDesc {
    /// The full name, `shop.Order`.
    pub name: &'static str,
    /// The fields and oneofs, by ascending tag.
    pub entries: &'static [Entry],
    /// Whether the type has a JSON form of its own, as `google.protobuf.Timestamp` has.
    pub special: bool,
    /// Tags and names that were used once and must not be used again.
    pub reserved: &'static [Reserved],
    /// The doc comment.
    pub docs: &'static str,
    /// What others want to know about the message.
    pub extensions: &'static [(&'static str, Extension)],
}

/// One part of a message.
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// A field.
    Field(FieldDesc),
    /// A group of fields of which at most one is set.
    OneOf(OneOfDesc),
}

/// A field.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FieldDesc {
    /// The number that stands for the field in bytes.
    pub tag: u32,
    /// The name as declared.
    pub name: &'static str,
    /// The name in canonical JSON.
    pub json: &'static str,
    /// How many values of which type.
    pub shape: Shape,
    /// The doc comment.
    pub docs: &'static str,
    /// What others want to know about the field.
    pub extensions: &'static [(&'static str, Extension)],
}

/// A group of fields of which at most one is set.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OneOfDesc {
    /// The name of the group.
    pub name: &'static str,
    /// The tag of each variant, in order. They may differ from those in `variants`, which say how the enum describes itself.
    pub tags: &'static [u32],
    /// The fields, in the order of the enum.
    pub variants: &'static [FieldDesc],
    /// The doc comment.
    pub docs: &'static str,
}

/// How many values a field has.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// One; absent means the empty value.
    One(Type),
    /// One or none.
    Optional(Type),
    /// Any number.
    Repeated(Type, Packing),
    /// Pairs of key and value.
    Map(Type, Type),
}

/// How the elements of a list are put into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// All behind one key.
    Packed,
    /// Each behind a key of its own.
    Unpacked,
}

/// The protobuf type of a value.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are those of protobuf")]
pub enum Type {
    Double,
    Float,
    Int64,
    Uint64,
    Int32,
    Fixed64,
    Fixed32,
    Bool,
    Text,
    Bytes,
    Uint32,
    Sfixed32,
    Sfixed64,
    Sint32,
    Sint64,
    Message(fn() -> &'static MessageDesc),
    Enum(fn() -> &'static EnumDesc),
}

/// An enum without data.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EnumDesc {
    /// The full name, `shop.Color`.
    pub name: &'static str,
    /// The values; a number may occur again under another name, the first is the one written.
    pub values: &'static [EnumValueDesc],
    /// Whether a number that is not listed is kept.
    pub open: bool,
    /// The doc comment.
    pub docs: &'static str,
}

/// One value of an enum.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EnumValueDesc {
    /// The name, `COLOR_RED`.
    pub name: &'static str,
    /// The number.
    pub number: i32,
    /// The doc comment.
    pub docs: &'static str,
}

/// A tag or name that must not be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The tags from the first to the second, both included.
    Tags(u32, u32),
    /// A name.
    Name(&'static str),
}

/// A value of an extension.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Extension {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(&'static str),
    /// Several texts.
    Texts(&'static [&'static str]),
}

/// For a reader of things that are no message: packed elements, map entries.
pub(super) const NAMELESS: &MessageDesc = &MessageDesc::new("", &[]);

impl MessageDesc {
    /// A message by its full name and its parts, the parts by ascending tag.
    pub const fn new(name: &'static str, entries: &'static [Entry]) -> Self {
        MessageDesc { name, entries, special: false, reserved: &[], docs: "", extensions: &[] }
    }

    /// Says that the type has a JSON form of its own.
    #[must_use]
    pub const fn with_special_json(mut self) -> Self {
        self.special = true;
        self
    }

    /// Adds the tags and names that must not be used again.
    #[must_use]
    pub const fn with_reserved(mut self, reserved: &'static [Reserved]) -> Self {
        self.reserved = reserved;
        self
    }

    /// Adds the doc comment.
    #[must_use]
    pub const fn with_docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// Adds extensions.
    #[must_use]
    pub const fn with_extensions(mut self, extensions: &'static [(&'static str, Extension)]) -> Self {
        self.extensions = extensions;
        self
    }

    /// The part of the full name before the last dot; empty when there is none.
    pub fn package(&self) -> &'static str {
        self.name.rsplit_once('.').map_or("", |(package, _)| package)
    }

    /// All fields, those of oneofs included, each with its tag in this message.
    pub fn fields(&self) -> impl Iterator<Item = (u32, &'static FieldDesc)> {
        self.entries.iter().flat_map(Entry::fields)
    }

    /// The JSON name of the field with this tag; empty when there is none.
    #[cold]
    pub(super) fn json_name(&self, tag: u32) -> &'static str {
        self.fields().find(|(at, _)| *at == tag).map_or("", |(_, field)| field.json)
    }

    /// Finds a field by a key of JSON: the position of its entry and its tag.
    ///
    /// `from` is where to look first, so that members in order are found at once.
    pub(super) fn find(&self, key: &str, from: usize) -> Option<(usize, u32)> {
        self.find_where(from, |field| field.json == key || field.name == key)
    }

    /// The same for a key that may differ in case and underscores.
    pub(super) fn find_folded(&self, key: &str) -> Option<(usize, u32)> {
        let key = folded(key);
        self.find_where(0, |field| folded(field.name) == key || folded(field.json) == key)
    }

    fn find_where(&self, from: usize, matches: impl Fn(&FieldDesc) -> bool) -> Option<(usize, u32)> {
        let count = self.entries.len();
        let (before, after) = self.entries.split_at(from.min(count));
        let in_order = after.iter().zip(count - after.len()..).chain(before.iter().zip(0..));
        for (entry, position) in in_order {
            match entry {
                Entry::Field(field) if matches(field) => return Some((position, field.tag)),
                Entry::OneOf(oneof) => {
                    if let Some(variant) = oneof.variants.iter().position(&matches) {
                        return Some((position, oneof.tags[variant]));
                    }
                }
                Entry::Field(_) => {}
            }
        }
        None
    }
}

/// Refuses a oneof, at `position` of a message, with a variant that has the name of another field of the message. For
/// generated code: in a constant it is a compile error.
///
/// # Panics
///
/// When there is such a variant.
#[doc(hidden)]
pub const fn refuse_clash(entries: &[Entry], position: usize) {
    let Entry::OneOf(oneof) = &entries[position] else { return };
    let mut at = 0;
    while at < entries.len() {
        if at != position {
            assert!(
                !share_a_name(fields_of(&entries[at]), oneof.variants),
                "a variant of this oneof has the name of another field: \
                 give one of them another with `#[message(name = \"..\", json = \"..\")]`"
            );
        }
        at += 1;
    }
}

const fn fields_of(entry: &Entry) -> &[FieldDesc] {
    match entry {
        Entry::Field(field) => std::slice::from_ref(field),
        Entry::OneOf(oneof) => oneof.variants,
    }
}

const fn share_a_name(left: &[FieldDesc], right: &[FieldDesc]) -> bool {
    let mut pair = 0;
    while pair < left.len() * right.len() {
        let (one, other) = (&left[pair / right.len()], &right[pair % right.len()]);
        // JSON readers take both names of both.
        if same(one.name, other.name)
            || same(one.name, other.json)
            || same(one.json, other.name)
            || same(one.json, other.json)
        {
            return true;
        }
        pair += 1;
    }
    false
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    at == left.len() && at == right.len()
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

impl Entry {
    /// The fields of this entry, each with its tag.
    pub fn fields(&'static self) -> impl Iterator<Item = (u32, &'static FieldDesc)> {
        let (one, many) = match self {
            Entry::Field(field) => (Some((field.tag, field)), None),
            Entry::OneOf(oneof) => (None, Some(oneof.fields())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

impl FieldDesc {
    /// A field by its tag, its names, and the shape its type has.
    pub const fn new(tag: u32, name: &'static str, json: &'static str, shape: Shape) -> Self {
        FieldDesc { tag, name, json, shape, docs: "", extensions: &[] }
    }

    /// A field of Rust type `T` in the encoding `E`.
    pub const fn of<T: Field<E>, E>(tag: u32, name: &'static str, json: &'static str) -> Self {
        FieldDesc::new(tag, name, json, T::SHAPE)
    }

    /// A variant of an enum, with content of type `T` in the encoding `E`.
    pub const fn variant<T: Value<E>, E>(tag: u32, name: &'static str, json: &'static str) -> Self {
        FieldDesc::new(tag, name, json, Shape::One(T::TYPE))
    }

    /// Adds the doc comment.
    #[must_use]
    pub const fn with_docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// Adds extensions.
    #[must_use]
    pub const fn with_extensions(mut self, extensions: &'static [(&'static str, Extension)]) -> Self {
        self.extensions = extensions;
        self
    }

    /// The field as a part of a message.
    pub const fn entry(self) -> Entry {
        Entry::Field(self)
    }

    /// Whether it holds one message.
    pub(super) const fn is_one_message(&self) -> bool {
        matches!(self.shape, Shape::One(Type::Message(_)))
    }

    /// Whether `null` in JSON is a value of it and not its absence.
    pub(super) fn has_null(&self) -> bool {
        match self.shape {
            Shape::One(Type::Enum(desc)) => desc().name == "google.protobuf.NullValue",
            Shape::One(Type::Message(desc)) => desc().name == "google.protobuf.Value",
            _ => false,
        }
    }
}

impl OneOfDesc {
    /// The variants of the enum `T`, one tag each.
    ///
    /// # Panics
    ///
    /// When there are more or fewer tags than variants; in a constant that is a compile error.
    pub const fn of<T: OneOf>(name: &'static str, tags: &'static [u32]) -> Self {
        assert!(tags.len() == T::VARIANTS.len(), "`oneof(..)` lists one tag for each variant of the enum, in order");
        OneOfDesc { name, tags, variants: T::VARIANTS, docs: "" }
    }

    /// Adds the doc comment.
    #[must_use]
    pub const fn with_docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// The oneof as a part of a message.
    pub const fn entry(self) -> Entry {
        Entry::OneOf(self)
    }

    /// The variants as fields, each with its tag.
    pub fn fields(&self) -> impl Iterator<Item = (u32, &'static FieldDesc)> {
        self.tags.iter().copied().zip(self.variants)
    }
}

impl Type {
    /// Whether it is a message.
    pub const fn is_message(&self) -> bool {
        matches!(self, Type::Message(_))
    }

    /// Whether a list of it can be put into bytes behind one key.
    pub(super) const fn is_packable(&self) -> bool {
        !matches!(self, Type::Message(_) | Type::Text | Type::Bytes)
    }
}

impl EnumDesc {
    /// An enum by its full name and its values.
    pub const fn new(name: &'static str, values: &'static [EnumValueDesc]) -> Self {
        EnumDesc { name, values, open: false, docs: "" }
    }

    /// Says that numbers that are not listed are kept.
    #[must_use]
    pub const fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// Adds the doc comment.
    #[must_use]
    pub const fn with_docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// The values in the order in which protobuf wants them: the one with the number 0 first.
    pub(super) fn values_zero_first(&self) -> impl Iterator<Item = &'static EnumValueDesc> {
        let zero = self.values.iter().position(|value| value.number == 0).unwrap_or(0);
        let first = self.values.get(zero);
        let others = self.values.iter().enumerate().filter(move |(index, _)| *index != zero);
        first.into_iter().chain(others.map(|(_, value)| value))
    }

    /// The name of a number, where it has one.
    pub fn name_of(&self, number: i32) -> Option<&'static str> {
        self.values.iter().find(|value| value.number == number).map(|value| value.name)
    }

    /// The number of a name, where it is known.
    pub fn number_of(&self, name: &str) -> Option<i32> {
        self.values.iter().find(|value| value.name == name).map(|value| value.number)
    }
}

impl EnumValueDesc {
    /// A value by name and number.
    pub const fn new(name: &'static str, number: i32) -> Self {
        EnumValueDesc { name, number, docs: "" }
    }

    /// Adds the doc comment.
    #[must_use]
    pub const fn with_docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }
}
