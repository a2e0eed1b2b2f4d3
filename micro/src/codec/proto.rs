use bytes::Bytes;

use super::Backend;
use crate::errors::Result;
use crate::message::{Decode, Encode};

/// Protobuf's binary format, by the message room's own walker.
#[derive(Debug)]
pub(super) struct Proto;

impl Backend for Proto {
    fn name(&self) -> &'static str {
        "proto"
    }

    fn encode(&self, message: &dyn Encode, out: &mut Vec<u8>) -> Result<()> {
        message.encode_proto(out);
        Ok(())
    }

    fn decode(&self, bytes: &Bytes, message: &mut dyn Decode) -> Result<()> {
        message.decode_proto(bytes).map_err(Into::into)
    }
}
