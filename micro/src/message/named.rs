//! The messages a program has, by name: what `google.protobuf.Any` asks in JSON.

use std::any::{TypeId, type_name};
use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::LazyLock;

use super::text::{Peek, TextReader, TextWriter};
use super::{Error, ErrorKind, Message, MessageDesc, Result};
use crate::errors;

/// A message this program has, known by its name. [`#[micro::message]`](macro@crate::message) submits one for each type.
///
/// A full name belongs to one type in a program, as in other implementations of protobuf. Two types of one name are refused
/// where they would be mixed up: in the description of what a program serves, and when `Any` looks one up. An app that
/// starts with two of them anywhere in its program logs a warning.
#[derive(Debug)]
pub struct RegisteredMessage {
    // Functions, so that a mistake in a description is reported where it is and not here too.
    desc: fn() -> &'static MessageDesc,
    rust: fn() -> &'static str,
    id: TypeId,
    write: fn(&[u8], &mut TextWriter<'_>) -> Result<()>,
    read: fn(&mut TextReader<'_>) -> Result<Vec<u8>>,
}

inventory::collect!(RegisteredMessage);

/// The messages of this program by name, each type once.
static BY_NAME: LazyLock<BTreeMap<&str, Vec<&RegisteredMessage>>> = LazyLock::new(|| {
    let mut by_name: BTreeMap<&str, Vec<&RegisteredMessage>> = BTreeMap::new();
    for named in inventory::iter::<RegisteredMessage>() {
        let same = by_name.entry(named.desc().name).or_default();
        if same.iter().all(|other| other.id != named.id) {
            same.push(named);
        }
    }
    by_name
});

impl RegisteredMessage {
    /// The message `M`, for `inventory::submit!`.
    pub const fn of<M: Message>() -> Self {
        RegisteredMessage {
            desc: || M::DESC,
            rust: type_name::<M>,
            id: TypeId::of::<M>(),
            write: write::<M>,
            read: read::<M>,
        }
    }

    /// The message with this full name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unknown`] when the program has none, or several types of that name.
    pub fn find(name: &str) -> Result<&'static RegisteredMessage> {
        match BY_NAME.get(name).map(Vec::as_slice) {
            Some([named]) => Ok(named),
            Some(several) => Err(Error::new(ErrorKind::Unknown, shared(name, several))),
            None => Err(Error::new(ErrorKind::Unknown, format!("this program has no message `{name}`"))),
        }
    }

    /// Checks that each name belongs to one type. An app does so when it starts, and logs what it finds.
    ///
    /// # Errors
    ///
    /// [`AlreadyExists`](crate::Code::AlreadyExists) with every name that belongs to several, and where those are declared.
    pub fn check() -> errors::Result<()> {
        let several = BY_NAME.iter().filter(|(_, same)| same.len() > 1);
        let clashes: Vec<String> = several.map(|(name, same)| shared(name, same)).collect();
        if clashes.is_empty() { Ok(()) } else { Err(errors::Error::already_exists(clashes.join("; "))) }
    }

    /// Returns the description.
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

    fn declared(&self) -> String {
        format!("`{}` ({})", (self.rust)(), self.desc().place)
    }
}

/// The text of an error: messages or enums that are declared at two places have one name and differ.
pub(super) fn clash(name: &str, places: [&'static Location<'static>; 2]) -> String {
    let types = BY_NAME.get(name).map(Vec::as_slice).unwrap_or_default();
    let declared = places.map(|place| match types.iter().find(|named| named.desc().place == place) {
        Some(named) => named.declared(),
        None => format!("the one at {place}"),
    });
    refusal(name, &declared)
}

fn shared(name: &str, types: &[&RegisteredMessage]) -> String {
    refusal(name, &types.iter().map(|named| named.declared()).collect::<Vec<_>>())
}

fn refusal(name: &str, declared: &[String]) -> String {
    format!(
        "several types are named `{name}`: {}; a full name is unique within a program: set another `package` or `name` in \
         `#[micro::message(..)]` on all but one",
        declared.join(", ")
    )
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
