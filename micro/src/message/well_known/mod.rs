//! Protobuf's well-known types, most of them under their Rust name.
//!
//! | Rust | protobuf |
//! |---|---|
//! | `()` | `google.protobuf.Empty` |
//! | [`std::time::Duration`] | `google.protobuf.Duration` |
//! | [`std::time::SystemTime`] | `google.protobuf.Timestamp` |
//! | [`serde_json::Value`] | `google.protobuf.Value` |
//! | [`Struct`], [`ListValue`], [`FieldMask`], [`Any`] | the same |
//! | [`StringValue`] and so on | the wrappers, which new messages have no use for |
//!
//! [`ProtoDuration`] and [`Timestamp`] hold what Rust's types cannot: negative durations, times far away.

mod any;
mod calendar;
mod duration;
mod empty;
mod field_mask;
mod timestamp;
mod value;
mod wrapper;

pub use any::Any;
pub use duration::ProtoDuration;
pub use field_mask::FieldMask;
pub use timestamp::Timestamp;
pub use value::{ListValue, NullValue, Struct, Value, ValueKind};
pub use wrapper::{BoolValue, BytesValue, DoubleValue, FloatValue, Int32Value, Int64Value};
pub use wrapper::{StringValue, UInt32Value, UInt64Value};

use super::named::RegisteredMessage;
use super::{Error, ErrorKind};

/// Makes the types of this room known to [`Any`].
macro_rules! name {
    ($($message:ty),* $(,)?) => {$(
        inventory::submit! { RegisteredMessage::of::<$message>() }
    )*};
}

name!((), ProtoDuration, Timestamp, Value, Struct, ListValue, FieldMask, Any);
name!(BoolValue, BytesValue, DoubleValue, FloatValue, Int32Value, Int64Value, StringValue, UInt32Value, UInt64Value);

/// The digits behind the point: none, three, six or nine.
fn fraction(nanos: u32) -> String {
    match nanos {
        0 => String::new(),
        _ if nanos.is_multiple_of(1_000_000) => format!(".{:03}", nanos / 1_000_000),
        _ if nanos.is_multiple_of(1_000) => format!(".{:06}", nanos / 1_000),
        _ => format!(".{nanos:09}"),
    }
}

/// The nanoseconds of one to nine digits behind the point.
fn nanos_of_fraction(digits: &str) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 || !all_digits(digits) {
        return None;
    }
    let value: u32 = digits.parse().ok()?;
    Some(value * 10_u32.pow(9 - digits.len() as u32))
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn out_of_range(what: &str) -> Error {
    Error::new(ErrorKind::Range, format!("{what} out of range"))
}

/// The bodies of [`Message`](super::Message) for a Rust type that travels as another message.
macro_rules! travels_as {
    ($carrier:ty) => {
        const DESC: &'static MessageDesc = <$carrier>::DESC;

        fn visit<V: Visit>(&self, visitor: &mut V) {
            <$carrier>::from(self).visit(visitor);
        }

        fn build<S: Source>(source: &mut S) -> Result<Self> {
            <$carrier>::build(source)?.try_into()
        }
    };
}
use travels_as;
