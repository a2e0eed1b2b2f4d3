//! The bytes of one message, and what nested messages inherit.

use std::cell::Cell;

use bytes::Bytes;

use crate::message::{Error, ErrorKind, Result};

/// Maximum nesting depth of messages, groups and JSON values.
pub const MAX_DEPTH: u32 = 100;

/// Returns the memory that decoding may use for elements of lists and maps, given the size of the input.
///
/// An empty element is two bytes of input and a whole struct in memory; this keeps a small input from becoming a large
/// value.
pub(crate) fn element_budget(input: usize) -> usize {
    input.saturating_mul(16).saturating_add(1 << 20)
}

/// The bytes of one message, and what nested messages inherit: the depth left, the shared buffer, the budget.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub(super) bytes: &'a [u8],
    depth: u32,
    origin: Option<&'a Bytes>,
    budget: Option<&'a Cell<usize>>,
}

impl<'a> Input<'a> {
    /// The bytes of a message that is not nested in another.
    ///
    /// Fields of type [`Bytes`] share `origin` where it is given; `bytes` must be a part of it.
    pub(in crate::message) fn top(bytes: &'a [u8], origin: Option<&'a Bytes>, budget: &'a Cell<usize>) -> Self {
        Input { bytes, depth: MAX_DEPTH + 1, origin, budget: Some(budget) }
    }

    /// No bytes, for a message that is absent from text read so deep that `depth` levels are left.
    pub(in crate::message) fn nothing(depth: u32) -> Self {
        Input { bytes: &[], depth, origin: None, budget: None }
    }

    /// Other bytes with the same inheritance. They must be a part of these.
    pub(in crate::message) fn part(&self, bytes: &'a [u8]) -> Self {
        Input { bytes, ..*self }
    }

    /// Bytes joined from several places, so not part of the shared buffer.
    pub(in crate::message) fn joined<'b>(&self, bytes: &'b [u8]) -> Input<'b>
    where
        'a: 'b,
    {
        Input { bytes, depth: self.depth, origin: None, budget: self.budget }
    }

    pub(in crate::message) fn range(&self, start: usize, end: usize) -> Self {
        self.part(&self.bytes[start..end])
    }

    pub(in crate::message) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// Returns the input one level deeper.
    pub(super) fn deeper(&self) -> Result<Self> {
        let depth = self.depth.checked_sub(1).ok_or_else(too_deep)?;
        Ok(Input { depth, ..*self })
    }

    /// Pays for one element of a list or map.
    #[inline]
    pub(in crate::message) fn charge(&self, size: usize) -> Result<()> {
        let Some(budget) = self.budget else { return Ok(()) };
        budget.set(budget.get().checked_sub(size).ok_or_else(too_large)?);
        Ok(())
    }

    /// The bytes `part` as [`Bytes`], shared where the input was.
    pub(super) fn shared(&self, part: &'a [u8]) -> Bytes {
        match self.origin {
            Some(origin) => origin.slice_ref(part),
            None => Bytes::copy_from_slice(part),
        }
    }
}

#[cold]
pub(crate) fn too_deep() -> Error {
    Error::new(ErrorKind::Limit, format!("nested deeper than {MAX_DEPTH}"))
}

#[cold]
fn too_large() -> Error {
    Error::new(ErrorKind::Limit, "so many elements in so few bytes")
}
