//! Descriptions of messages as constant data: the protobuf view of a type.
//!
//! Descriptions are built by `const` functions, so that more can be said later without breaking what was built before.
//! Types refer to one another through functions, so that they may refer to themselves. The types are here, the functions
//! that build them in `build`, what readers look up in `lookup`.

mod build;
mod lookup;
mod unique;

use std::panic::Location;

pub(super) use lookup::NAMELESS;
#[doc(hidden)]
pub use unique::assert_unique_names;

/// A message: its full name and what it consists of.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MessageDesc {
    /// The full name, `shop.Order`.
    pub name: &'static str,
    /// The fields and oneofs, by ascending tag.
    pub entries: &'static [Entry],
    /// `true` if the type has a JSON form of its own, as `google.protobuf.Timestamp` has.
    pub special: bool,
    /// Tags and names that were used once and must not be used again.
    pub reserved: &'static [Reserved],
    /// The doc comment.
    pub docs: &'static str,
    /// Extensions for other modules.
    pub extensions: &'static [(&'static str, Extension)],
    /// Location of the declaration.
    pub(super) place: &'static Location<'static>,
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
    /// Number and type of the values.
    pub shape: Shape,
    /// The doc comment.
    pub docs: &'static str,
    /// Extensions for other modules.
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

/// Number of values of a field.
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

/// Encoding of a list's elements.
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
#[non_exhaustive]
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
    /// `true` if numbers that are not listed are kept.
    pub open: bool,
    /// The doc comment.
    pub docs: &'static str,
    /// Location of the declaration.
    pub(super) place: &'static Location<'static>,
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
