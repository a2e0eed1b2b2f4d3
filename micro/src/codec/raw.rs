use bytes::{BufMut, Bytes, BytesMut};

use super::{Backend, Codec, CodecRegistration};
use crate::errors::{Error, Result};
use crate::message::{Decode, Encode, Entry, MessageDesc, Shape, Type};

/// Contents and nothing around them: for messages that are bytes or text, such as files.
#[derive(Debug)]
struct Raw;

inventory::submit! { CodecRegistration::new(&Raw) }

impl Codec {
    /// The contents of a message that has one field, of bytes or text; other messages are refused. It takes the feature
    /// `codec-bytes`, and `application/octet-stream` means it too.
    pub const BYTES: Codec = Codec(&Raw);
}

impl Backend for Raw {
    fn name(&self) -> &'static str {
        "bytes"
    }

    fn encode(&self, message: &dyn Encode, out: &mut Vec<u8>) -> Result<()> {
        let key = key(message.desc())?;
        let mut field = Vec::new();
        message.encode_proto(&mut field);
        out.extend_from_slice(contents(&field, key.is_some()));
        Ok(())
    }

    fn decode(&self, bytes: &Bytes, message: &mut dyn Decode) -> Result<()> {
        let Some(key) = key(message.desc())? else {
            return message.decode_proto(bytes).map_err(Into::into);
        };
        let mut field = BytesMut::with_capacity(bytes.len() + 20);
        varint(key, &mut field);
        varint(bytes.len() as u64, &mut field);
        field.put_slice(bytes);
        message.decode_proto(&field.freeze()).map_err(Into::into)
    }
}

/// Returns the bytes before the contents in protobuf; none if the message has no field at all.
fn key(desc: &MessageDesc) -> Result<Option<u64>> {
    const DELIMITED_TAG: u64 = 2;
    match desc.entries {
        [] => Ok(None),
        [Entry::Field(field)] if matches!(field.shape, Shape::One(Type::Bytes | Type::Text)) => {
            Ok(Some(u64::from(field.tag) << 3 | DELIMITED_TAG))
        }
        _ => Err(Error::unimplemented(format!(
            "`{}` cannot be sent as bytes: it is not one field of bytes or text",
            desc.name
        ))),
    }
}

/// Returns the bytes after the key and the length. An empty field is not written at all.
fn contents(field: &[u8], has_field: bool) -> &[u8] {
    let behind = |bytes: &[u8]| bytes.iter().position(|byte| *byte < 0x80).map_or(bytes.len(), |last| last + 1);
    if !has_field {
        return &[];
    }
    let length = &field[behind(field)..];
    &length[behind(length)..]
}

fn varint(mut value: u64, out: &mut BytesMut) {
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::errors::Code;

    #[micro::message(package = "test", crate = micro)]
    #[derive(Debug, PartialEq)]
    struct File {
        #[message(tag = 300)]
        contents: Vec<u8>,
    }

    #[micro::message(package = "test", crate = micro)]
    #[derive(Debug, PartialEq)]
    struct Line {
        text: String,
    }

    #[test]
    fn contents_travel_with_nothing_around_them() {
        for size in [0, 1, 127, 128, 70_000] {
            let file = File { contents: vec![0xff; size] };
            let bytes = Codec::BYTES.encode(&file).unwrap();
            assert_eq!(bytes, file.contents);
            assert_eq!(Codec::BYTES.decode::<File>(&bytes).unwrap(), file);
        }
        assert_eq!(Codec::BYTES.encode(&Line { text: "hi".into() }).unwrap(), "hi");
        assert_eq!(Codec::BYTES.encode(&()).unwrap(), "");
        assert_eq!(Codec::of_content_type("application/octet-stream"), Some(Codec::BYTES));
    }

    #[test]
    fn what_is_not_just_contents_is_refused() {
        assert_eq!(Codec::BYTES.encode(&Duration::ZERO).unwrap_err().code(), Code::Unimplemented);
        let garbled = Codec::BYTES.decode::<Line>(&Bytes::from_static(b"\xff"));
        assert_eq!(garbled.unwrap_err().code(), Code::InvalidArgument);
    }
}
