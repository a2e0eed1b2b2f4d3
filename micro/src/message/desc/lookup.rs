//! Looking things up in descriptions.

use super::{Entry, EnumDesc, EnumValueDesc, FieldDesc, MessageDesc, OneOfDesc, Shape, Type};

/// For a reader of things that are no message: packed elements, map entries.
pub(in crate::message) const NAMELESS: &MessageDesc = &MessageDesc::new("", &[]);

impl MessageDesc {
    /// The part of the full name before the last dot; empty when there is none.
    pub fn package(&self) -> &'static str {
        self.name.rsplit_once('.').map_or("", |(package, _)| package)
    }

    /// All fields, those of oneofs included, each with its tag in this message.
    pub fn fields(&self) -> impl Iterator<Item = (u32, &'static FieldDesc)> {
        self.entries.iter().flat_map(Entry::fields)
    }

    /// The types of all fields, key and value of a map each.
    pub(in crate::message) fn types(&self) -> impl Iterator<Item = Type> {
        self.fields().flat_map(|(_, field)| {
            let (first, second) = match field.shape {
                Shape::One(of) | Shape::Optional(of) | Shape::Repeated(of, _) => (of, None),
                Shape::Map(key, value) => (key, Some(value)),
            };
            std::iter::once(first).chain(second)
        })
    }

    /// The JSON name of the field with this tag; empty when there is none.
    #[cold]
    pub(in crate::message) fn json_name(&self, tag: u32) -> &'static str {
        self.fields().find(|(at, _)| *at == tag).map_or("", |(_, field)| field.json)
    }

    /// Finds a field by a key of JSON: the position of its entry and its tag.
    ///
    /// `from` is where to look first, so that members in order are found at once.
    pub(in crate::message) fn find(&self, key: &str, from: usize) -> Option<(usize, u32)> {
        self.find_where(from, |field| field.json == key || field.name == key)
    }

    /// Like `find`, for a key that may differ in case and underscores.
    pub(in crate::message) fn find_folded(&self, key: &str) -> Option<(usize, u32)> {
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
    /// Returns `true` if the field holds one message.
    pub(in crate::message) const fn is_one_message(&self) -> bool {
        matches!(self.shape, Shape::One(Type::Message(_)))
    }

    /// Returns `true` if `null` in JSON is a value of the type and not its absence.
    pub(in crate::message) fn has_null(&self) -> bool {
        match self.shape {
            Shape::One(Type::Enum(desc)) => desc().name == "google.protobuf.NullValue",
            Shape::One(Type::Message(desc)) => desc().name == "google.protobuf.Value",
            _ => false,
        }
    }
}

impl OneOfDesc {
    /// The variants as fields, each with its tag.
    pub fn fields(&self) -> impl Iterator<Item = (u32, &'static FieldDesc)> {
        self.tags.iter().copied().zip(self.variants)
    }
}

impl Type {
    /// The full name of the message or enum.
    pub(in crate::message) fn name(self) -> Option<&'static str> {
        match self {
            Type::Message(desc) => Some(desc().name),
            Type::Enum(desc) => Some(desc().name),
            _ => None,
        }
    }

    /// Returns `true` for a message.
    pub const fn is_message(&self) -> bool {
        matches!(self, Type::Message(_))
    }

    /// Returns `true` if a list of the type can be encoded behind one key.
    pub(in crate::message) const fn is_packable(&self) -> bool {
        !matches!(self, Type::Message(_) | Type::Text | Type::Bytes)
    }
}

impl EnumDesc {
    /// The values in the order in which protobuf wants them: the one with the number 0 first.
    pub(in crate::message) fn values_zero_first(&self) -> impl Iterator<Item = &'static EnumValueDesc> {
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

fn folded(name: &str) -> String {
    name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}
