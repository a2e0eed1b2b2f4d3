//! Enums without data.

use super::text::{TextReader, TextWriter};
use super::{EnumDesc, Error, ErrorKind, Result};

/// An enum without data: a number in bytes, a name in JSON.
///
/// A variant `Unknown(i32)` keeps numbers that are not known; without one they are an error.
pub trait Enumeration: Sized + Send + 'static {
    /// The description.
    const DESC: &'static EnumDesc;

    /// The number of the value.
    fn number(&self) -> i32;

    /// The value of a number.
    fn from_number(number: i32) -> Option<Self>;

    /// The value that absence stands for.
    fn empty() -> Option<Self> {
        Self::from_number(0)
    }

    /// Writes it as text.
    fn write_text(&self, writer: &mut TextWriter<'_>) {
        writer.enumeration(Self::DESC, self.number());
    }

    /// Reads it from text, by name or number.
    ///
    /// # Errors
    ///
    /// When the name or number is not known.
    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        reader.enumeration(Self::DESC).and_then(from_number)
    }

    /// The value that `null` stands for, where it does not stand for absence.
    fn null() -> Option<Self> {
        None
    }
}

/// The value of a number, or an error that says how to keep such numbers.
///
/// # Errors
///
/// [`ErrorKind::Unknown`] when the number is not known.
pub fn from_number<T: Enumeration>(number: i32) -> Result<T> {
    T::from_number(number).ok_or_else(|| {
        let name = T::DESC.name;
        Error::new(
            ErrorKind::Unknown,
            format!("{number} is no value of `{name}`; a variant `Unknown(i32)` would keep it"),
        )
    })
}

/// The value that absence stands for.
///
/// # Errors
///
/// [`ErrorKind::Missing`] when there is none.
pub fn empty<T: Enumeration>() -> Result<T> {
    T::empty().ok_or_else(|| {
        let name = T::DESC.name;
        Error::new(ErrorKind::Missing, format!("missing, and `{name}` has neither a value 0 nor a `default`"))
    })
}

/// Implements [`Value`](super::Value) for an [`Enumeration`].
///
/// A macro and not a blanket implementation, because that one's place is taken by messages.
#[doc(hidden)]
#[macro_export]
macro_rules! __micro_enumeration {
    ($name:ty) => {
        impl $crate::message::Single for $name {}

        impl $crate::message::Value for $name {
            const TYPE: $crate::message::Type =
                $crate::message::Type::Enum(|| <$name as $crate::message::Enumeration>::DESC);
            const WIRE: $crate::message::WireType = $crate::message::WireType::Varint;
            // The number is kept while reading: of several, only the last must be known.
            type Slot = ::core::option::Option<i32>;

            fn put(&self, writer: &mut $crate::message::Writer<'_>) {
                writer.varint(<$name as $crate::message::Enumeration>::number(self) as i64 as u64);
            }
            fn get(reader: &mut $crate::message::Reader<'_>) -> $crate::message::Result<Self> {
                $crate::message::enumeration::from_number(reader.varint()? as i32)
            }
            fn is_empty(&self) -> bool {
                $crate::message::enumeration::is_empty(self)
            }
            fn empty(_: &$crate::message::Input<'_>) -> $crate::message::Result<Self> {
                $crate::message::enumeration::empty()
            }
            fn write_value(&self, writer: &mut $crate::message::TextWriter<'_>) {
                <$name as $crate::message::Enumeration>::write_text(self, writer)
            }
            fn read_value(reader: &mut $crate::message::TextReader<'_>) -> $crate::message::Result<Self> {
                <$name as $crate::message::Enumeration>::read_text(reader)
            }
            fn null() -> ::core::option::Option<Self> {
                <$name as $crate::message::Enumeration>::null()
            }
            fn merge(
                slot: &mut ::core::option::Option<i32>,
                reader: &mut $crate::message::Reader<'_>,
            ) -> $crate::message::Result<()> {
                $crate::message::enumeration::merge(slot, reader)
            }
            fn set(slot: &mut ::core::option::Option<i32>, value: Self) {
                *slot = ::core::option::Option::Some(<$name as $crate::message::Enumeration>::number(&value));
            }
            fn take(
                slot: ::core::option::Option<i32>,
                _: &$crate::message::Input<'_>,
            ) -> $crate::message::Result<::core::option::Option<Self>> {
                slot.map($crate::message::enumeration::from_number).transpose()
            }
        }
    };
}

/// Returns `true` if the value need not be written: only for 0, which absence means to every other implementation, whatever our
/// `default` is.
#[doc(hidden)]
pub fn is_empty<T: Enumeration>(value: &T) -> bool {
    value.number() == 0
}

#[doc(hidden)]
pub fn merge(slot: &mut Option<i32>, reader: &mut super::Reader<'_>) -> Result<()> {
    reader.expect(super::WireType::Varint)?;
    *slot = Some(reader.varint()? as i32);
    Ok(())
}
