//! What a message is: one struct, three languages.
//!
//! A [`Message`] is a plain Rust struct or enum that knows its protobuf bytes, its JSON (and msgpack, and CBOR), and its
//! description. [`#[micro::message]`](macro@crate::message) writes the implementation; nobody writes `.proto` files unless
//! they want to.
//!
//! The macro prints three things: a constant [`MessageDesc`]; `visit`, which shows each field to a [`Visit`]; and `build`,
//! which makes the value from a [`Source`]. Both are generic over the format, and everything else follows: [`wire`] has the
//! bytes, [`text`] the formats that describe themselves, [`json`] the one everyone speaks. The types of fields say how they
//! are written: a [`Value`] is what can stand once, a [`Field`] is a value, an `Option`, a `Vec` or a map of values.
//!
//! Fields are decoded into *slots* and slots are finished into fields, so a message needs no `Default`, and a field that
//! must be there is either there or an [`Error`] with the path to it. Input may contain anything: it ends in a value or an
//! error, and depth and memory are limited.
//!
//! - [`Message`], [`Visit`], [`Source`]: the idea
//! - [`Encode`], [`Decode`], [`Target`]: the same behind `dyn`, for rooms that only move messages
//! - [`Value`], [`Field`], [`OneOf`], [`Enumeration`], [`Adapter`]: what fields are made of
//! - [`MessageDesc`] and what it consists of; [`descriptor`] turns it into protobuf's own descriptors, [`proto`] into text
//! - [`known`]: the well-known types; [`Named`]: the messages a program has, by name
//! - [`Prost`]: messages of prost as ours
//! - [`serde`](mod@serde): the way to and from every format that has a serde crate

#[doc(hidden)]
pub mod __private;

mod erased;
mod error;
mod traits;

mod describe;
pub mod descriptor;
pub mod proto;

mod bytes;
mod encoding;
#[doc(hidden)]
pub mod enumeration;
mod field;
mod map;
mod named;
mod nested;
mod oneof;
mod scalar;
mod unknown;
mod value;

pub mod json;
pub mod known;
#[doc(hidden)]
pub mod prost;
pub mod serde;
pub mod text;
pub mod wire;

mod details;

pub use self::prost::Prost;
#[doc(hidden)]
pub use describe::refuse_clash;
pub use describe::{Entry, EnumDesc, EnumValueDesc, Extension, FieldDesc, MessageDesc, OneOfDesc};
pub use describe::{Packing, Reserved, Shape, Type};
pub use encoding::{Alone, Auto, Encoding, Fixed, MapEncoding, Unpacked, With, Zigzag};
pub use enumeration::Enumeration;
pub use erased::{Decode, Encode, Target};
pub use error::{Error, ErrorKind, Result};
pub use field::{Field, Single};
pub use map::Key;
pub use named::Named;
pub use nested::MessageSlot;
pub use oneof::{BuildOne, Fields, OneOf, OneOfField, OneOfSlot, VisitOne, build_enum};
pub use text::{Dialect, ReadOptions, TextReader, TextWriter, UnknownNames};
pub use traits::{Message, Source, Visit};
pub use unknown::UnknownFields;
pub use value::{Adapter, Value};
pub use wire::{Input, Reader, WireType, Writer};
