use bytes::Bytes;

use super::Backend;
use crate::errors::Result;
use crate::message::{Decode, Dialect, Encode, ReadOptions, json};

/// Canonical proto3 JSON, read leniently: unknown fields are skipped.
#[derive(Debug)]
pub(super) struct Json;

impl Backend for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn encode(&self, message: &dyn Encode, out: &mut Vec<u8>) -> Result<()> {
        json::write(message, out, &Dialect::PROTO3).map_err(Into::into)
    }

    fn decode(&self, bytes: &Bytes, message: &mut dyn Decode) -> Result<()> {
        json::read(message, bytes, ReadOptions::LENIENT).map_err(Into::into)
    }
}
