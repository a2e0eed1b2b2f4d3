//! Names that must be unique within a message.

use super::{Entry, FieldDesc};

/// Refuses a oneof, at `position` of a message, with a variant that has the name of another field of the message. For
/// generated code: in a constant it is a compile error.
///
/// # Panics
///
/// When there is such a variant.
#[doc(hidden)]
pub const fn assert_unique_names(entries: &[Entry], position: usize) {
    let Entry::OneOf(oneof) = &entries[position] else { return };
    let mut at = 0;
    while at < entries.len() {
        if at != position {
            assert!(
                !share_a_name(fields_of(&entries[at]), oneof.variants),
                "a variant of this oneof has the name of another field: \
                 give one of them another with `#[message(name = \"..\", json = \"..\")]`"
            );
        }
        at += 1;
    }
}

const fn fields_of(entry: &Entry) -> &[FieldDesc] {
    match entry {
        Entry::Field(field) => std::slice::from_ref(field),
        Entry::OneOf(oneof) => oneof.variants,
    }
}

const fn share_a_name(left: &[FieldDesc], right: &[FieldDesc]) -> bool {
    let mut pair = 0;
    while pair < left.len() * right.len() {
        let (one, other) = (&left[pair / right.len()], &right[pair % right.len()]);
        // JSON readers take both names of both.
        if same(one.name, other.name)
            || same(one.name, other.json)
            || same(one.json, other.name)
            || same(one.json, other.json)
        {
            return true;
        }
        pair += 1;
    }
    false
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    at == left.len() && at == right.len()
}
