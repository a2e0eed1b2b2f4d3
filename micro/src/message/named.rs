//! Which message has a name: what `google.protobuf.Any` asks in JSON.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::text::{Peek, TextReader, TextWriter};
use super::{Message, MessageDesc, Result};

/// A message this program has, known by its name. [`#[micro::message]`](macro@crate::message) submits one for each type.
#[derive(Debug)]
pub struct Named {
    // A function, so that a mistake in a description is reported where it is and not here too.
    desc: fn() -> &'static MessageDesc,
    write: fn(&[u8], &mut TextWriter<'_>) -> Result<()>,
    read: fn(&mut TextReader<'_>) -> Result<Vec<u8>>,
}

inventory::collect!(Named);

impl Named {
    /// The message `M`, for `inventory::submit!`.
    pub const fn of<M: Message>() -> Self {
        Named { desc: || M::DESC, write: write::<M>, read: read::<M> }
    }

    /// The message with this full name, if the program has one. Of several it is any.
    pub fn find(name: &str) -> Option<&'static Named> {
        static BY_NAME: LazyLock<BTreeMap<&str, &Named>> =
            LazyLock::new(|| inventory::iter::<Named>().map(|named| (named.desc().name, named)).collect());
        BY_NAME.get(name).copied()
    }

    /// What it looks like.
    pub fn desc(&self) -> &'static MessageDesc {
        (self.desc)()
    }

    /// Writes as text what the bytes of such a message say.
    ///
    /// # Errors
    ///
    /// When the bytes are not this message.
    pub(super) fn write(&self, bytes: &[u8], writer: &mut TextWriter<'_>) -> Result<()> {
        (self.write)(bytes, writer)
    }

    /// Reads such a message from text, and gives its bytes.
    ///
    /// # Errors
    ///
    /// When the text is not this message.
    pub(super) fn read(&self, reader: &mut TextReader<'_>) -> Result<Vec<u8>> {
        (self.read)(reader)
    }
}

fn write<M: Message>(bytes: &[u8], writer: &mut TextWriter<'_>) -> Result<()> {
    M::decode(bytes)?.write_text(writer);
    Ok(())
}

fn read<M: Message>(reader: &mut TextReader<'_>) -> Result<Vec<u8>> {
    if reader.peek()? == Peek::Null
        && let Some(message) = M::null()
    {
        reader.null()?;
        return Ok(message.encode_to_vec());
    }
    Ok(M::read_text(reader)?.encode_to_vec())
}
