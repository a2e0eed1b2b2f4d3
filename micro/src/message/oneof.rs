//! Enums whose variants carry data, as fields and as messages.

use super::{Message, OneOf, OneOfSlot, Result, Source};

/// A field that holds a oneof: the enum, which must be there, or an `Option` of it.
pub trait OneOfField: Sized {
    /// The enum.
    type OneOf: OneOf;

    /// The variant that is set, if one is.
    fn get(&self) -> Option<&Self::OneOf>;

    /// Makes the field called `name` out of what was read.
    ///
    /// # Errors
    ///
    /// When what was read makes no value, or nothing was and something must be.
    fn finish<S: Source>(source: &mut S, name: &'static str, slot: OneOfSlot<Self::OneOf>) -> Result<Self>;
}

impl<T: OneOf> OneOfField for T {
    type OneOf = T;

    #[inline]
    fn get(&self) -> Option<&T> {
        Some(self)
    }

    fn finish<S: Source>(source: &mut S, name: &'static str, slot: OneOfSlot<T>) -> Result<T> {
        source.finish_required_oneof(name, slot)
    }
}

impl<T: OneOf> OneOfField for Option<T> {
    type OneOf = T;

    #[inline]
    fn get(&self) -> Option<&T> {
        self.as_ref()
    }

    fn finish<S: Source>(source: &mut S, _: &'static str, slot: OneOfSlot<T>) -> Result<Self> {
        source.finish_oneof(slot)
    }
}

/// Builds an enum that is a message of its own; `tags` has one tag per variant.
///
/// # Errors
///
/// Those of `source`, and [`Missing`](super::ErrorKind::Missing) when no variant is set and the enum has no empty one.
pub fn build_enum<T: OneOf + Message, S: Source>(source: &mut S, tags: &[u32]) -> Result<T> {
    let mut slot = OneOfSlot::Empty;
    while let Some(tag) = source.next()? {
        match tags.iter().position(|known| *known == tag) {
            Some(variant) => source.oneof(&mut slot, variant)?,
            None => source.unknown(None)?,
        }
    }
    source.finish_required_oneof("", slot)
}
