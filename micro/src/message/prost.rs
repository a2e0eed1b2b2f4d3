//! Interoperation with prost: its messages as ours, and ours as its.

use std::fmt;

use ::bytes::{Buf, BufMut, Bytes};
use prost::DecodeError;
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

use super::text::{TextReader, TextWriter};
use super::{Error, ErrorKind, Message, MessageDesc, Result, Source, UnknownFields, Visit};

/// A message of prost as one of ours, so that a service may take and return what another crate generated.
///
/// Its bytes are those prost reads and writes. It has a name and no description of its fields, so it has no JSON.
///
/// ```
/// use micro::message::{Message, Prost};
/// use prost_types::Timestamp;
///
/// let bytes = Prost(Timestamp { seconds: 7, nanos: 0 }).encode_to_vec();
/// assert_eq!(Prost::<Timestamp>::decode(&bytes)?.0.seconds, 7);
/// assert_eq!(Prost::<Timestamp>::DESC.name, "google.protobuf.Timestamp");
/// # Ok::<(), micro::message::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Prost<T>(pub T);

impl<T: prost::Message + prost::Name + Default + 'static> Message for Prost<T> {
    const DESC: &'static MessageDesc = &MessageDesc::new(Name::<T>::FULL, &[]);

    fn visit<V: Visit>(&self, visitor: &mut V) {
        visitor.unknown(&UnknownFields(self.0.encode_to_vec()));
    }

    fn build<S: Source>(source: &mut S) -> Result<Self> {
        let mut records = UnknownFields::default();
        while source.next()?.is_some() {
            source.unknown(Some(&mut records))?;
        }
        Self::decode(&records.0)
    }

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        writer.fail(no_text::<T>());
    }

    fn read_text(_: &mut TextReader<'_>) -> Result<Self> {
        Err(no_text::<T>())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode_raw(out);
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        T::decode(bytes).map(Prost).map_err(|error| Error::malformed(error.to_string()))
    }

    fn decode_shared(bytes: &Bytes) -> Result<Self> {
        // From `Bytes`, prost shares what it reads into `Bytes`.
        T::decode(bytes.clone()).map(Prost).map_err(|error| Error::malformed(error.to_string()))
    }
}

fn no_text<T: prost::Name>() -> Error {
    let name = Name::<T>::FULL;
    Error::new(ErrorKind::Unknown, format!("`{name}` is a message of prost and has no form but its bytes"))
}

/// The full name of a message of prost, put together while compiling.
struct Name<T>(T);

/// Protobuf's compiler takes longer names, people do not write them.
const MAX_NAME: usize = 512;

impl<T: prost::Name> Name<T> {
    const JOINED: &'static ([u8; MAX_NAME], usize) = &joined(T::PACKAGE, T::NAME);

    const FULL: &'static str = match std::str::from_utf8(Self::JOINED.0.split_at(Self::JOINED.1).0) {
        Ok(name) => name,
        Err(_) => T::NAME,
    };
}

const fn joined(package: &str, name: &str) -> ([u8; MAX_NAME], usize) {
    let (mut letters, mut length) = ([0; MAX_NAME], 0);
    let parts = if package.is_empty() { [name, "", ""] } else { [package, ".", name] };
    let mut part = 0;
    while part < parts.len() {
        let bytes = parts[part].as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            letters[length] = bytes[at];
            length += 1;
            at += 1;
        }
        part += 1;
    }
    (letters, length)
}

// ---- Ours as prost's: what `#[micro::message(prost)]` forwards to ----

/// `prost::Message::encode_raw`.
pub fn encode_raw<M: Message>(message: &M, out: &mut impl BufMut) {
    out.put_slice(&message.encode_to_vec());
}

/// `prost::Message::encoded_len`.
pub fn encoded_len<M: Message>(message: &M) -> usize {
    message.encode_to_vec().len()
}

/// `prost::Message::merge`: what `input` has joins what is there.
///
/// # Errors
///
/// When the bytes are not this message; then `message` is what it was.
pub fn merge<M: Message>(message: &mut M, mut input: impl Buf) -> Result<(), DecodeError> {
    // Merging is joining the bytes, in protobuf as here.
    let mut bytes = message.encode_to_vec();
    bytes.put(&mut input);
    *message = M::decode_shared(&bytes.into()).map_err(decode_error)?;
    Ok(())
}

/// `prost::Message::merge_field`. Writes and reads the whole message, for each field: prost does so only where one of ours
/// is a field of one of its own.
///
/// # Errors
///
/// When the bytes are not this message; then `message` is what it was.
pub fn merge_field<M: Message>(
    message: &mut M,
    tag: u32,
    wire: WireType,
    input: &mut impl Buf,
) -> Result<(), DecodeError> {
    let mut record = Vec::new();
    copy_record(tag, wire, input, &mut record)?;
    merge(message, &record[..])
}

/// Copies a record whose key has been read.
fn copy_record(mut tag: u32, mut wire: WireType, input: &mut impl Buf, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    // The groups we are in. Without recursion there is no depth to limit.
    let mut groups = Vec::new();
    loop {
        encode_key(tag, wire, out);
        match wire {
            WireType::Varint => encode_varint(decode_varint(input)?, out),
            WireType::SixtyFourBit => copy(8, input, out)?,
            WireType::ThirtyTwoBit => copy(4, input, out)?,
            WireType::LengthDelimited => {
                let length = decode_varint(input)?;
                encode_varint(length, out);
                copy(length, input, out)?;
            }
            WireType::StartGroup => groups.push(tag),
            WireType::EndGroup if groups.pop() == Some(tag) => {}
            WireType::EndGroup => return Err(decode_error("end of another group")),
        }
        if groups.is_empty() {
            return Ok(());
        }
        (tag, wire) = decode_key(input)?;
    }
}

fn copy(length: u64, input: &mut impl Buf, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    if length > input.remaining() as u64 {
        return Err(decode_error("truncated"));
    }
    out.put(input.take(length as usize));
    Ok(())
}

#[expect(deprecated, reason = "prost has no other way yet to say what is wrong with a hand-written message")]
fn decode_error(error: impl fmt::Display) -> DecodeError {
    DecodeError::new(error.to_string())
}
