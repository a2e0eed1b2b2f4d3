//! Messages behind `dyn`: for rooms that move messages without knowing their types.

use bytes::Bytes;

use super::text::{TextReader, TextWriter};
use super::{Error, ErrorKind, Message, MessageDesc, Result};

/// A message that can be written, whatever its type. Every [`Message`] is one.
pub trait Encode: Send {
    /// The description.
    fn desc(&self) -> &'static MessageDesc;

    /// Appends the protobuf bytes to `out`.
    fn encode_proto(&self, out: &mut Vec<u8>);

    /// Writes it as text.
    ///
    /// # Errors
    ///
    /// When a value has no place in the format.
    fn encode_text(&self, writer: &mut TextWriter<'_>) -> Result<()>;
}

impl<M: Message> Encode for M {
    fn desc(&self) -> &'static MessageDesc {
        M::DESC
    }

    fn encode_proto(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }

    fn encode_text(&self, writer: &mut TextWriter<'_>) -> Result<()> {
        self.write_text(writer);
        writer.finish()
    }
}

/// A place a message can be read into, whatever its type.
pub trait Decode: Send {
    /// The description of the message expected.
    fn desc(&self) -> &'static MessageDesc;

    /// Reads protobuf bytes.
    ///
    /// # Errors
    ///
    /// As [`Message::decode_shared`].
    fn decode_proto(&mut self, bytes: &Bytes) -> Result<()>;

    /// Reads text.
    ///
    /// # Errors
    ///
    /// When the text is not the message expected.
    fn decode_text(&mut self, reader: &mut TextReader<'_>) -> Result<()>;
}

/// A place for one message of type `M`; empty until something was decoded.
#[derive(Clone, Debug)]
pub struct DecodeTarget<M>(pub Option<M>);

impl<M> DecodeTarget<M> {
    /// A place with nothing in it.
    pub fn empty() -> Self {
        DecodeTarget(None)
    }

    /// The message that was decoded.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] when none was.
    pub fn take(self) -> Result<M> {
        self.0.ok_or_else(|| Error::new(ErrorKind::Missing, "no message was decoded"))
    }
}

impl<M> Default for DecodeTarget<M> {
    fn default() -> Self {
        DecodeTarget::empty()
    }
}

impl<M: Message> Decode for DecodeTarget<M> {
    fn desc(&self) -> &'static MessageDesc {
        M::DESC
    }

    fn decode_proto(&mut self, bytes: &Bytes) -> Result<()> {
        self.0 = Some(M::decode_shared(bytes)?);
        Ok(())
    }

    fn decode_text(&mut self, reader: &mut TextReader<'_>) -> Result<()> {
        self.0 = Some(M::read_text(reader)?);
        Ok(())
    }
}
