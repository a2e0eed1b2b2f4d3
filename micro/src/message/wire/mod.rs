//! Protobuf bytes: a [`Reader`] over one contiguous slice and a [`Writer`] that appends to one buffer.
//!
//! The rules are those of <https://protobuf.dev/programming-guides/encoding>: a message is a row of records, each a key (the
//! tag and a wire type) and a payload. The last record of a tag wins, except that messages and lists are joined.

mod input;
mod message;
mod oneof;
mod reader;
mod writer;

pub use input::{Input, MAX_DEPTH};
pub use reader::Reader;
pub use writer::Writer;

pub(super) use input::{element_budget, too_deep};

/// Wire type of a payload: the last three bits of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WireType {
    /// A number of one to ten bytes, seven bits in each.
    Varint = 0,
    /// Eight bytes.
    I64 = 1,
    /// A length and as many bytes.
    Len = 2,
    /// The start of a group, which current implementations do not write.
    GroupStart = 3,
    /// The end of a group.
    GroupEnd = 4,
    /// Four bytes.
    I32 = 5,
}

impl WireType {
    fn of_key(key: u64) -> Option<Self> {
        Some(match key & 7 {
            0 => WireType::Varint,
            1 => WireType::I64,
            2 => WireType::Len,
            3 => WireType::GroupStart,
            4 => WireType::GroupEnd,
            5 => WireType::I32,
            _ => return None,
        })
    }

    fn noun(self) -> &'static str {
        match self {
            WireType::Varint => "a varint",
            WireType::I64 => "eight bytes",
            WireType::Len => "a length and bytes",
            WireType::GroupStart | WireType::GroupEnd => "a group",
            WireType::I32 => "four bytes",
        }
    }
}
