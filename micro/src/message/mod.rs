//! Messages: one struct, three languages.
//!
//! A [`Message`] is a plain Rust struct or enum with protobuf bytes, JSON (and msgpack, and CBOR), and a description.
//! [`#[micro::message]`](macro@crate::message) writes the implementation, and `.proto` files are an output and not an input.
//!
//! # What the macro prints
//!
//! Three things per type, all of them short, because everything that can be a generic function is one:
//!
//! - a constant [`MessageDesc`]: names, tags and types, built by `const` functions;
//! - `visit`, which shows each field to a [`Visit`];
//! - `build`, which makes the value from a [`Source`].
//!
//! Both functions are generic over the format. [`wire`] reads and writes bytes, [`text`] the formats that describe themselves,
//! and [`json`] is the common one of these. The type of a field says how it is written: a [`Value`] is a single
//! scalar, enum or message; a [`Field`] is a value, an `Option`, a `Vec` or a map of values; a [`OneOf`] is an enum with data.
//!
//! Fields are decoded into *slots*, and slots are finished into fields. So a message needs no `Default`, and a required field is
//! either there or an [`Error`] with the path to it. The slot of a nested message keeps the range of its bytes, and two
//! occurrences are joined, which is protobuf's merge without half-built values. Input may contain anything: it ends in a value
//! or an error, within limits of depth and memory.
//!
//! # How a description leaves the program
//!
//! ```text
//! MessageDesc, EnumDesc ──┐
//! (const, from the macro) ├─ descriptor ─▶ FileDescriptorProto ─┬─ proto::print        `.proto` text
//! ServiceDesc ────────────┘  rpc::schema   (prost-types)        ├─ proto::fingerprint  a node's `schema`
//! (const, from the macro)                                       ├─ debug::reflection   `grpcurl describe`
//!                                                               └─ testing::contract   the committed contract
//! ```
//!
//! There is one conversion, and everything behind it sees protobuf's own descriptors, doc comments included. A full name belongs
//! to one type in a program: [`descriptor`] refuses two types that differ, so an app that serves both does not start, and [`RegisteredMessage::find`]
//! refuses to choose.
//!
//! # How to add to it
//!
//! - A type of another crate: an [`Adapter`], named in `#[message(with = ..)]`. In this room: a `Value` beside those in `scalar`,
//!   or a well-known type in [`well_known`].
//! - A text format: a [`text::Sink`] and a [`text::Pull`], and no knowledge of messages. A format that has a serde crate needs
//!   neither; [`text::Tape`] and the impls of [`serde`](mod@serde) carry messages there.
//! - A dialect: flags in a [`Dialect`], which writers follow. Readers take every dialect.
//!
//! Formats know bytes and text; the traits of the grammar stand above them in one file, and what joins the two
//! (`wire::message`, `text::members`, `text::object`) above both.
//!
//! # What lives here
//!
//! - [`Message`], [`Visit`], [`Source`], [`Field`], [`OneOf`]: the grammar
//! - [`Value`], [`Enumeration`], [`Adapter`]: what fields are made of
//! - [`Encode`], [`Decode`], [`DecodeTarget`]: messages behind `dyn`, for rooms that only move them
//! - [`MessageDesc`] and what it consists of; [`descriptor`] turns it into protobuf's own descriptors, [`proto`] those into text
//! - [`well_known`]: the well-known types; [`RegisteredMessage`]: the messages of a program by name, which `Any` needs
//! - [`Prost`]: messages of prost as ours

#[doc(hidden)]
pub mod __private;

mod erased;
mod error;
mod traits;

mod desc;
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
#[doc(hidden)]
pub mod prost;
pub mod serde;
pub mod text;
pub mod well_known;
pub mod wire;

mod details;

pub use self::prost::Prost;
#[doc(hidden)]
pub use desc::assert_unique_names;
pub use desc::{Entry, EnumDesc, EnumValueDesc, Extension, FieldDesc, MessageDesc, OneOfDesc};
pub use desc::{Packing, Reserved, Shape, Type};
pub use encoding::{Auto, Encoding, Fixed, MapEncoding, Unpacked, With, WithSingle, Zigzag};
pub use enumeration::Enumeration;
pub use erased::{Decode, DecodeTarget, Encode};
pub use error::{Error, ErrorKind, Result};
pub use field::Single;
pub use map::MapKey;
pub use named::RegisteredMessage;
pub use nested::MessageSlot;
pub use oneof::{OneOfField, build_enum};
pub use text::{Dialect, ReadOptions, TextReader, TextWriter, UnknownNames};
pub use traits::{BuildOne, Field, Fields, Message, OneOf, OneOfSlot, Source, Visit, VisitOne};
pub use unknown::UnknownFields;
pub use value::{Adapter, Value};
pub use wire::{Input, Reader, WireType, Writer};
