//! Checks of `validate(..)` on a field.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Display;
use std::ops::{Bound, RangeBounds};
use std::path::PathBuf;
use std::time::Duration;

use super::Secret;
use crate::util::duration;

/// Checks `validate(range(1..=10))`.
///
/// # Errors
///
/// A description of the expected value.
pub fn range<T: InRange<B>, B: Display>(value: &T, range: impl RangeBounds<B>) -> Result<(), String> {
    if value.is_within(&range) { Ok(()) } else { Err(between(&range, T::WHAT)) }
}

/// Checks `validate(length(1..=64))`.
///
/// # Errors
///
/// A description of the expected value.
pub fn length<T: HasLength>(value: &T, range: impl RangeBounds<usize>) -> Result<(), String> {
    match value.length() {
        Some(length) if !range.contains(&length) => Err(between(&range, T::WHAT)),
        _ => Ok(()),
    }
}

/// Checks `validate(regex("^[a-z]+$"))`.
///
/// # Errors
///
/// A description of the expected value.
pub fn regex<T: AsText>(value: &T, pattern: &str) -> Result<(), String> {
    let Some(text) = value.text() else { return Ok(()) };
    match regex::Regex::new(pattern) {
        Ok(regex) if regex.is_match(text) => Ok(()),
        Ok(_) => Err(format!("text that matches `{pattern}`")),
        Err(_) => Err(format!("a declaration whose `{pattern}` is a regular expression")),
    }
}

/// Checks `validate(with(path))`: converts the result of the declared function, whose error states the expected value.
///
/// # Errors
///
/// A description of the expected value.
pub fn with<E: Display>(checked: Result<(), E>) -> Result<(), String> {
    checked.map_err(|error| error.to_string())
}

fn between<B: Display>(range: &impl RangeBounds<B>, what: &str) -> String {
    let least = match range.start_bound() {
        Bound::Included(least) => Some(format!("at least {least}")),
        Bound::Excluded(least) => Some(format!("more than {least}")),
        Bound::Unbounded => None,
    };
    let most = match range.end_bound() {
        Bound::Included(most) => Some(format!("at most {most}")),
        Bound::Excluded(most) => Some(format!("less than {most}")),
        Bound::Unbounded => None,
    };
    let bounds: Vec<String> = least.into_iter().chain(most).collect();
    format!("{}{what}", bounds.join(" and "))
}

/// An ordered value, with bounds of type `B`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no range of `{B}`",
    note = "ranges are for numbers, `1..=10`, and times, `\"1s\"..=\"1h\"`; for anything else write `with(function)`"
)]
pub trait InRange<B> {
    /// Unit of the bounds; empty for plain numbers.
    const WHAT: &'static str = "";

    /// Returns `true` if the value is within the range.
    fn is_within(&self, range: &impl RangeBounds<B>) -> bool;
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl InRange<$number> for $number {
            fn is_within(&self, range: &impl RangeBounds<$number>) -> bool {
                range.contains(self)
            }
        }
    )*};
}

numbers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize f32 f64);

impl InRange<&'static str> for Duration {
    fn is_within(&self, range: &impl RangeBounds<&'static str>) -> bool {
        let bound = |text: &&'static str| duration::parse(text).unwrap_or_default();
        (range.start_bound().map(bound), range.end_bound().map(bound)).contains(self)
    }
}

impl<T: InRange<B>, B> InRange<B> for Option<T> {
    const WHAT: &'static str = T::WHAT;

    fn is_within(&self, range: &impl RangeBounds<B>) -> bool {
        self.as_ref().is_none_or(|value| value.is_within(range))
    }
}

impl<T: InRange<B>, B> InRange<B> for Secret<T> {
    const WHAT: &'static str = T::WHAT;

    fn is_within(&self, range: &impl RangeBounds<B>) -> bool {
        self.expose().is_within(range)
    }
}

/// A value with a length.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no length",
    note = "lengths are those of text, lists and maps; for anything else write `with(function)`"
)]
pub trait HasLength {
    /// Unit of the length.
    const WHAT: &'static str;

    /// Returns the length; `None` if there is no value.
    fn length(&self) -> Option<usize>;
}

impl HasLength for String {
    const WHAT: &'static str = " characters";

    fn length(&self) -> Option<usize> {
        Some(self.chars().count())
    }
}

macro_rules! collections {
    ($($collection:ident<$($letter:ident),*>)*) => {$(
        impl<$($letter),*> HasLength for $collection<$($letter),*> {
            const WHAT: &'static str = " items";

            fn length(&self) -> Option<usize> {
                Some(self.len())
            }
        }
    )*};
}

collections!(Vec<T> BTreeSet<T> HashSet<T> BTreeMap<K, V> HashMap<K, V>);

macro_rules! wrapped {
    ($($wrapper:ident |$value:ident| $inner:expr;)*) => {$(
        impl<T: HasLength> HasLength for $wrapper<T> {
            const WHAT: &'static str = T::WHAT;

            fn length(&self) -> Option<usize> {
                let $value = self;
                $inner.and_then(HasLength::length)
            }
        }

        impl<T: AsText> AsText for $wrapper<T> {
            fn text(&self) -> Option<&str> {
                let $value = self;
                $inner.and_then(AsText::text)
            }
        }
    )*};
}

wrapped! {
    Option |value| value.as_ref();
    Secret |value| Some(value.expose());
}

/// A value that is text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text",
    note = "regular expressions are for text; for anything else write `with(function)`"
)]
pub trait AsText {
    /// Returns the text; `None` if there is no value.
    fn text(&self) -> Option<&str>;
}

impl AsText for String {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl AsText for PathBuf {
    fn text(&self) -> Option<&str> {
        self.to_str()
    }
}
