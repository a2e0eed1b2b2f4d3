//! Fields a message has and its type does not.

/// The records that were not known when a message was read; written again behind the known fields.
///
/// A field of this type with `#[message(unknown)]` lets a message pass through a program that is older than its sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UnknownFields(pub(super) Vec<u8>);

impl UnknownFields {
    /// Returns `true` if all fields were known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The records as they were read, keys included.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
