//! Items that code written by `#[micro::message]` names, for messages of micro's own modules: with `crate = crate::message` it
//! names this module and none further out. `micro::__private` has the same names.

/// The names in the expansion.
pub mod message {
    pub use crate::__micro_enumeration as enumeration;
    pub use crate::message::prost as through_prost;
    pub use crate::message::serde::{deserialize, deserialize_enumeration, serialize, serialize_enumeration};
    pub use crate::message::{Auto, Fixed, Unpacked, With, WithSingle, Zigzag};
    pub use crate::message::{
        BuildOne, Enumeration, Field, Fields, Message, OneOf, OneOfField, OneOfSlot, Source, Visit, VisitOne,
    };
    pub use crate::message::{Entry, EnumDesc, EnumValueDesc, FieldDesc, MessageDesc, OneOfDesc, Reserved};
    pub use crate::message::{RegisteredMessage, Result, assert_unique_names, build_enum};
    pub use ::bytes::{Buf, BufMut};
    pub use inventory::submit;
    pub use prost;
    pub use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::message::UnknownFields;

    /// An empty slot for the fields that are not known.
    pub fn no_unknown_fields() -> UnknownFields {
        UnknownFields::default()
    }
}
