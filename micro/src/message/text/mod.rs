//! Formats that describe themselves, JSON among them.
//!
//! A format is two object-safe traits: a [`Sink`] takes values one after the other, a [`Pull`] gives them back. Messages
//! are written and read against [`TextWriter`] and [`TextReader`], which add what all formats share: the [`Dialect`],
//! limits, and leniency. Text may be anything that has lists, objects and a few scalars; msgpack and CBOR are text too.
//! A [`Tape`] is text kept in memory, through which messages reach the formats of serde.

mod deferred;
mod dialect;
mod members;
mod number;
mod object;
mod pull;
mod reader;
mod sink;
pub(super) mod tape;
mod writer;

pub use dialect::{Dialect, ReadOptions, UnknownNames};
pub use number::Number;
pub use pull::{Peek, Pull};
pub use reader::TextReader;
pub use sink::Sink;
pub use tape::Tape;
pub use writer::TextWriter;
