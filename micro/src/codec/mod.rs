//! Bytes and messages, joined by content type.
//!
//! A [`Codec`] writes any message and reads any message. It is chosen per call, by the name that stands at the end of a
//! content type: `application/json`, `application/grpc+json` and `application/connect+json` all mean `json`. Peers of
//! micro's own speak [`Codec::PROTO`]; people and browsers speak [`Codec::JSON`].
//!
//! The features `codec-msgpack`, `codec-cbor` and `codec-bytes` add three more, for peers that work with ordinary structs or
//! with files: names of fields as declared, numbers as numbers, bytes as bytes.
//!
//! The set is open: an outside crate implements [`Backend`] and submits a [`CodecRegistration`].

mod backend;
mod json;
mod proto;

#[cfg(feature = "codec-cbor")]
mod cbor;
#[cfg(feature = "codec-msgpack")]
mod msgpack;
#[cfg(feature = "codec-bytes")]
mod raw;

use std::fmt;

use bytes::Bytes;

pub use backend::Backend;

use crate::errors::{Error, Result};
use crate::message::{DecodeTarget, Encode, Message};

/// A way to write and read messages: a small handle, copied freely.
///
/// ```
/// use micro::codec::Codec;
///
/// assert_eq!(Codec::of_content_type("application/grpc+proto"), Some(Codec::PROTO));
/// assert_eq!(Codec::of_content_type("application/json; charset=utf-8"), Some(Codec::JSON));
/// assert_eq!(Codec::of_content_type("text/plain"), None);
/// ```
#[derive(Clone, Copy)]
pub struct Codec(&'static dyn Backend);

/// Makes a codec known to every program it is linked into: `inventory::submit! { CodecRegistration::new(&MINE) }`.
#[derive(Debug)]
pub struct CodecRegistration(&'static dyn Backend);

impl CodecRegistration {
    /// Makes `backend` known under its name.
    pub const fn new(backend: &'static dyn Backend) -> Self {
        CodecRegistration(backend)
    }
}

inventory::collect!(CodecRegistration);

impl Codec {
    /// Protobuf's binary format.
    pub const PROTO: Codec = Codec(&proto::Proto);
    /// Canonical proto3 JSON.
    pub const JSON: Codec = Codec(&json::Json);

    /// A codec of one's own.
    pub const fn new(backend: &'static dyn Backend) -> Self {
        Codec(backend)
    }

    /// The name in content types.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Every codec this program has, the embedded ones first.
    pub fn all() -> impl Iterator<Item = Codec> {
        let submitted = inventory::iter::<CodecRegistration>.into_iter().map(|registration| Codec(registration.0));
        [Codec::PROTO, Codec::JSON].into_iter().chain(submitted)
    }

    /// The codec with this name.
    pub fn named(name: &str) -> Option<Codec> {
        Self::all().find(|codec| codec.name().eq_ignore_ascii_case(name))
    }

    /// The codec of a content type, whatever protocol it stands for; parameters behind `;` do not matter.
    ///
    /// `application/grpc` alone means `proto`, as gRPC has it. Older spellings are understood: `x-protobuf`, `x-msgpack`,
    /// `vnd.msgpack`, and `octet-stream` for `bytes`.
    pub fn of_content_type(content_type: &str) -> Option<Codec> {
        let essence = content_type.split(';').next()?.trim();
        let subtype = strip_ignoring_case(essence, "application/")?;
        if let Some((_, name)) = SPELLINGS.iter().find(|(spelling, _)| subtype.eq_ignore_ascii_case(spelling)) {
            return Self::named(name);
        }
        let name = subtype.rsplit_once('+').map_or(subtype, |(_, name)| name);
        Self::named(name)
    }

    /// The message in this format.
    ///
    /// # Errors
    ///
    /// As [`Backend::encode`].
    pub fn encode(self, message: &dyn Encode) -> Result<Bytes> {
        let mut out = Vec::with_capacity(128);
        self.0.encode(message, &mut out)?;
        Ok(out.into())
    }

    /// Appends the message in this format.
    ///
    /// # Errors
    ///
    /// As [`Backend::encode`].
    pub fn encode_to(self, message: &dyn Encode, out: &mut Vec<u8>) -> Result<()> {
        self.0.encode(message, out)
    }

    /// The message that is all of `bytes`.
    ///
    /// # Errors
    ///
    /// As [`Backend::decode`].
    pub fn decode<M: Message>(self, bytes: &Bytes) -> Result<M> {
        let mut target = DecodeTarget::empty();
        self.0.decode(bytes, &mut target)?;
        target.0.ok_or_else(|| Error::internal(format!("codec `{}` read no message", self.name())))
    }
}

/// Subtypes that do not end in the name of their codec.
const SPELLINGS: [(&str, &str); 7] = [
    ("grpc", "proto"),
    ("grpc-web", "proto"),
    ("protobuf", "proto"),
    ("x-protobuf", "proto"),
    ("x-msgpack", "msgpack"),
    ("vnd.msgpack", "msgpack"),
    ("octet-stream", "bytes"),
];

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

impl PartialEq for Codec {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Codec {}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Codec({})", self.name())
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
