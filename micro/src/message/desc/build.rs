//! Building descriptions, in constants.

use std::panic::Location;

use super::{Entry, EnumDesc, EnumValueDesc, Extension, FieldDesc, MessageDesc, OneOfDesc, Reserved, Shape};
use crate::message::{Field, OneOf, Value};

impl MessageDesc {
    /// A message by its full name and its parts, the parts by ascending tag. The caller is where it is declared.
    #[track_caller]
    pub const fn new(name: &'static str, entries: &'static [Entry]) -> Self {
        let place = Location::caller();
        MessageDesc { name, entries, special: false, reserved: &[], docs: "", extensions: &[], place }
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
}

impl EnumDesc {
    /// An enum by its full name and its values. The caller is where it is declared.
    #[track_caller]
    pub const fn new(name: &'static str, values: &'static [EnumValueDesc]) -> Self {
        EnumDesc { name, values, open: false, docs: "", place: Location::caller() }
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
