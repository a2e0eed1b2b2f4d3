//! Text and bytes.

use ::bytes::Bytes;

use super::text::{TextReader, TextWriter};
use super::value::slot_is_option;
use super::wire::{Input, Reader, WireType, Writer};
use super::{Auto, Error, Result, Single, Type, Value};

impl Single for String {}

impl Value for String {
    const TYPE: Type = Type::Text;
    const WIRE: WireType = WireType::Len;
    slot_is_option!(Auto);

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        writer.bytes(self.as_bytes());
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self> {
        let chunk = reader.chunk()?;
        std::str::from_utf8(chunk).map(str::to_owned).map_err(|_| Error::malformed("not UTF-8"))
    }

    #[inline]
    fn is_empty(&self) -> bool {
        String::is_empty(self)
    }

    #[inline]
    fn empty(_: &Input<'_>) -> Result<Self> {
        Ok(String::new())
    }

    fn write_value(&self, writer: &mut TextWriter<'_>) {
        writer.text(self);
    }

    fn read_value(reader: &mut TextReader<'_>) -> Result<Self> {
        reader.text().map(str::to_owned)
    }
}

/// Bytes that share their buffer: with [`decode_shared`](super::Message::decode_shared) nothing is copied.
impl Single for Bytes {}

impl Value for Bytes {
    const TYPE: Type = Type::Bytes;
    const WIRE: WireType = WireType::Len;
    slot_is_option!(Auto);

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        writer.bytes(self);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self> {
        reader.shared()
    }

    #[inline]
    fn is_empty(&self) -> bool {
        Bytes::is_empty(self)
    }

    #[inline]
    fn empty(_: &Input<'_>) -> Result<Self> {
        Ok(Bytes::new())
    }

    fn write_value(&self, writer: &mut TextWriter<'_>) {
        writer.bytes(self);
    }

    fn read_value(reader: &mut TextReader<'_>) -> Result<Self> {
        reader.bytes().map(Bytes::from)
    }
}

/// Bytes as an element: behind `Option`, in a list, in a map. As a field, `Vec<u8>` is what [`u8`] says of its lists.
impl Value for Vec<u8> {
    const TYPE: Type = Type::Bytes;
    const WIRE: WireType = WireType::Len;
    slot_is_option!(Auto);

    fn put(&self, writer: &mut Writer<'_>) {
        writer.bytes(self);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self> {
        reader.chunk().map(<[u8]>::to_vec)
    }

    fn is_empty(&self) -> bool {
        Vec::is_empty(self)
    }

    fn empty(_: &Input<'_>) -> Result<Self> {
        Ok(Vec::new())
    }

    fn write_value(&self, writer: &mut TextWriter<'_>) {
        writer.bytes(self);
    }

    fn read_value(reader: &mut TextReader<'_>) -> Result<Self> {
        reader.bytes()
    }
}
