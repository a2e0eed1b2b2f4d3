use bytes::Bytes;
use micro::codec::{Backend, CodecRegistration};
use micro::message::{Decode, Encode};
use micro::prelude::*;

/// A codec: protobuf bytes in reverse order.
#[derive(Debug)]
struct Mirror;

static MIRROR: Mirror = Mirror;

micro::inventory::submit! { CodecRegistration::new(&MIRROR) }

impl Backend for Mirror {
    fn name(&self) -> &'static str {
        "mirror"
    }

    fn encode(&self, message: &dyn Encode, out: &mut Vec<u8>) -> Result<()> {
        let begin = out.len();
        message.encode_proto(out);
        out[begin..].reverse();
        Ok(())
    }

    fn decode(&self, bytes: &Bytes, message: &mut dyn Decode) -> Result<()> {
        let bytes: Vec<u8> = bytes.iter().rev().copied().collect();
        message.decode_proto(&bytes.into())?;
        Ok(())
    }
}
