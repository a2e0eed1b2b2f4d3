//! Numbers and `bool`.

use super::text::{TextReader, TextWriter};
use super::value::slot_is_option;
use super::wire::{Input, Reader, WireType, Writer};
use super::{Auto, Error, Fixed, Result, Shape, Single, Type, Value, Zigzag};

/// Implements [`Value`] for one type in one encoding: how it is written, how it is read, and its two ways in text.
macro_rules! scalar {
    (
        $rust:ty, $encoding:ty => $kind:ident, $wire:ident,
        put: |$value:ident, $writer:ident| $put:expr,
        get: |$reader:ident| $get:expr,
        text: $write:ident $read:ident
        $(, list: { $($list:item)* })?
    ) => {
        impl Value<$encoding> for $rust {
            const TYPE: Type = Type::$kind;
            const WIRE: WireType = WireType::$wire;
            slot_is_option!($encoding);

            #[inline]
            fn put(&self, $writer: &mut Writer<'_>) {
                let $value = *self;
                $put;
            }

            #[inline]
            fn get($reader: &mut Reader<'_>) -> Result<Self> {
                $get
            }

            #[inline]
            fn is_empty(&self) -> bool {
                IsZero::is_zero(self)
            }

            #[inline]
            fn empty(_: &Input<'_>) -> Result<Self> {
                Ok(Self::default())
            }

            fn write_value(&self, writer: &mut TextWriter<'_>) {
                writer.$write((*self).into());
            }

            fn read_value(reader: &mut TextReader<'_>) -> Result<Self> {
                reader.$read()
            }

            $($($list)*)?
        }
    };
}

// int32 and int64 are sign-extended to 64 bits, so a negative number takes ten bytes.
scalar!(i32, Auto => Int32, Varint, put: |v, w| w.varint(v as i64 as u64), get: |r| Ok(r.varint()? as i32), text: int32 integer);
scalar!(i64, Auto => Int64, Varint, put: |v, w| w.varint(v as u64), get: |r| Ok(r.varint()? as i64), text: int64 integer);
scalar!(u32, Auto => Uint32, Varint, put: |v, w| w.varint(v.into()), get: |r| Ok(r.varint()? as u32), text: uint32 integer);
scalar!(u64, Auto => Uint64, Varint, put: |v, w| w.varint(v), get: |r| r.varint(), text: uint64 integer);

// Protobuf has no numbers this small. What does not fit is an error, where i32 and u32 must truncate.
scalar!(i8, Auto => Int32, Varint, put: |v, w| w.varint(v as i64 as u64), get: |r| narrow(r.varint()? as i64), text: int32 integer);
scalar!(i16, Auto => Int32, Varint, put: |v, w| w.varint(v as i64 as u64), get: |r| narrow(r.varint()? as i64), text: int32 integer);
scalar!(u16, Auto => Uint32, Varint, put: |v, w| w.varint(v.into()), get: |r| narrow(r.varint()?), text: uint32 integer);

scalar!(i32, Zigzag => Sint32, Varint, put: |v, w| w.varint(zigzag32(v).into()), get: |r| Ok(unzigzag32(r.varint()? as u32)), text: int32 integer);
scalar!(i64, Zigzag => Sint64, Varint, put: |v, w| w.varint(zigzag64(v)), get: |r| Ok(unzigzag64(r.varint()?)), text: int64 integer);

scalar!(i32, Fixed => Sfixed32, I32, put: |v, w| w.raw(&v.to_le_bytes()), get: |r| Ok(i32::from_le_bytes(r.fixed()?)), text: int32 integer);
scalar!(i64, Fixed => Sfixed64, I64, put: |v, w| w.raw(&v.to_le_bytes()), get: |r| Ok(i64::from_le_bytes(r.fixed()?)), text: int64 integer);
scalar!(u32, Fixed => Fixed32, I32, put: |v, w| w.raw(&v.to_le_bytes()), get: |r| Ok(u32::from_le_bytes(r.fixed()?)), text: uint32 integer);
scalar!(u64, Fixed => Fixed64, I64, put: |v, w| w.raw(&v.to_le_bytes()), get: |r| Ok(u64::from_le_bytes(r.fixed()?)), text: uint64 integer);

scalar!(f32, Auto => Float, I32, put: |v, w| w.raw(&v.to_le_bytes()), get: |r| Ok(f32::from_le_bytes(r.fixed()?)), text: float32 float32);
scalar!(f64, Auto => Double, I64, put: |v, w| w.raw(&v.to_le_bytes()), get: |r| Ok(f64::from_le_bytes(r.fixed()?)), text: float64 float64);

scalar!(bool, Auto => Bool, Varint, put: |v, w| w.varint(v.into()), get: |r| Ok(r.varint()? != 0), text: boolean boolean);

// A byte alone is a small number, and a list of bytes is `bytes`.
scalar!(
    u8, Auto => Uint32, Varint, put: |v, w| w.varint(v.into()), get: |r| narrow(r.varint()?), text: uint32 integer,
    list: {
        const LIST: Shape = Shape::One(Type::Bytes);

        fn put_list(list: &[u8], tag: u32, writer: &mut Writer<'_>) {
            if !list.is_empty() {
                writer.key(tag, WireType::Len);
                writer.bytes(list);
            }
        }

        fn merge_list(list: &mut Vec<u8>, reader: &mut Reader<'_>) -> Result<()> {
            reader.expect(WireType::Len)?;
            *list = reader.chunk()?.to_vec();
            Ok(())
        }

        fn write_list(list: &[u8], writer: &mut TextWriter<'_>) {
            writer.bytes(list);
        }

        fn read_list(list: &mut Vec<u8>, reader: &mut TextReader<'_>) -> Result<()> {
            *list = reader.bytes()?;
            Ok(())
        }
    }
);

/// Types that are one value, and whether that is the zero that need not be written.
trait IsZero {
    fn is_zero(&self) -> bool;
}

macro_rules! single {
    ($($rust:ty: |$value:ident| $zero:expr;)*) => {$(
        impl Single for $rust {}

        impl IsZero for $rust {
            #[inline]
            fn is_zero(&self) -> bool {
                let $value = *self;
                $zero
            }
        }
    )*};
}

// The sign of -0.0 would be lost, so it is written.
single! {
    i8: |v| v == 0;
    i16: |v| v == 0;
    i32: |v| v == 0;
    i64: |v| v == 0;
    u8: |v| v == 0;
    u16: |v| v == 0;
    u32: |v| v == 0;
    u64: |v| v == 0;
    f32: |v| v.to_bits() == 0;
    f64: |v| v.to_bits() == 0;
    bool: |v| !v;
}

fn narrow<W: Copy + std::fmt::Display, N: TryFrom<W>>(wide: W) -> Result<N> {
    N::try_from(wide).map_err(|_| Error::does_not_fit(wide, std::any::type_name::<N>()))
}

fn zigzag32(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

fn unzigzag32(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

fn zigzag64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag64(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
