//! JSON: the common text format.
//!
//! [`to_vec`] writes canonical proto3 JSON, [`to_vec_with`] any [`Dialect`]; [`from_slice`] reads all of them, leniently, and
//! [`read`] as strictly as one likes.

mod pull;
mod sink;

pub use pull::JsonPull;
pub use sink::JsonSink;

use super::text::{Dialect, ReadOptions, TextReader, TextWriter};
use super::{Decode, DecodeTarget, Encode, Message, Result};

/// Canonical proto3 JSON of a message.
///
/// # Errors
///
/// When a value has no place in JSON, such as a time after the year 9999.
pub fn to_vec<M: Message>(message: &M) -> Result<Vec<u8>> {
    to_vec_with(message, &Dialect::PROTO3)
}

/// The JSON of a message in any dialect: [`Dialect::PLAIN`] is what ordinary structs look like.
///
/// # Errors
///
/// When a value has no place in the dialect.
pub fn to_vec_with(message: &dyn Encode, dialect: &Dialect) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(128);
    write(message, &mut out, dialect)?;
    Ok(out)
}

/// Appends the JSON of a message to `out`.
///
/// # Errors
///
/// When a value has no place in the dialect; `out` then ends with half a message.
pub fn write(message: &dyn Encode, out: &mut Vec<u8>, dialect: &Dialect) -> Result<()> {
    let mut sink = JsonSink::new(out);
    message.encode_text(&mut TextWriter::new(&mut sink, dialect))
}

/// Reads a message from JSON, leniently: what is not known is skipped.
///
/// # Errors
///
/// When the text is not this message, with the path to the field.
pub fn from_slice<M: Message>(text: &[u8]) -> Result<M> {
    from_slice_with(text, ReadOptions::LENIENT)
}

/// Reads a message from JSON.
///
/// # Errors
///
/// When the text is not this message, with the path to the field.
pub fn from_slice_with<M: Message>(text: &[u8], options: ReadOptions) -> Result<M> {
    let mut target = DecodeTarget::empty();
    read(&mut target, text, options)?;
    target.take()
}

/// Reads JSON into a target.
///
/// # Errors
///
/// When the text is not the message expected, with the path to the field.
pub fn read(target: &mut dyn Decode, text: &[u8], options: ReadOptions) -> Result<()> {
    let mut pull = JsonPull::new(text);
    target.decode_text(&mut TextReader::new(&mut pull, text.len(), options))?;
    pull.end()
}
