//! Single values as messages, from the time when protobuf had no `optional`.

use bytes::Bytes;

use crate::message::text::{TextReader, TextWriter};
use crate::message::{Auto, Entry, Field, FieldDesc, Message, MessageDesc, Result, Source, Value, Visit};

/// Declares the wrappers: a message with one field, which in JSON is that field alone.
macro_rules! wrappers {
    ($($name:ident of $value:ty, $full:literal;)*) => {$(
        #[doc = concat!("`", $full, "`: one value as a message; in JSON the value alone. `Option` says the same in fewer bytes.")]
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            /// The value.
            pub value: $value,
        }

        impl From<$value> for $name {
            fn from(value: $value) -> Self {
                $name { value }
            }
        }

        impl Message for $name {
            const DESC: &'static MessageDesc = {
                const ENTRIES: &[Entry] = &[FieldDesc::of::<$value, Auto>(1, "value", "value").entry()];
                &MessageDesc::new($full, ENTRIES).with_special_json()
            };

            fn visit<V: Visit>(&self, visitor: &mut V) {
                visitor.field::<$value, Auto>(&Self::DESC.entries[0], 1, &self.value);
            }

            fn build<S: Source>(source: &mut S) -> Result<Self> {
                let mut value = <$value as Field>::Slot::default();
                while let Some(tag) = source.next()? {
                    match tag {
                        1 => source.field::<$value, Auto>(&mut value)?,
                        _ => source.unknown(None)?,
                    }
                }
                Ok($name { value: source.finish::<$value, Auto>(1, value)? })
            }

            fn write_text(&self, writer: &mut TextWriter<'_>) {
                Value::<Auto>::write_value(&self.value, writer);
            }

            fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
                <$value as Value>::read_value(reader).map(Self::from)
            }
        }
    )*};
}

wrappers! {
    BoolValue of bool, "google.protobuf.BoolValue";
    BytesValue of Bytes, "google.protobuf.BytesValue";
    DoubleValue of f64, "google.protobuf.DoubleValue";
    FloatValue of f32, "google.protobuf.FloatValue";
    Int32Value of i32, "google.protobuf.Int32Value";
    Int64Value of i64, "google.protobuf.Int64Value";
    StringValue of String, "google.protobuf.StringValue";
    UInt32Value of u32, "google.protobuf.UInt32Value";
    UInt64Value of u64, "google.protobuf.UInt64Value";
}
