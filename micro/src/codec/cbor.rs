use bytes::Bytes;

use super::backend::{trailing, unreadable};
use super::{Backend, Codec, CodecRegistration};
use crate::errors::{Error, Result};
use crate::message::text::Tape;
use crate::message::{Decode, Dialect, Encode, ReadOptions};

/// CBOR as ordinary structs have it: maps by field name, numbers as numbers, bytes as bytes.
#[derive(Debug)]
struct Cbor;

inventory::submit! { CodecRegistration::new(&Cbor) }

impl Codec {
    /// CBOR. It takes the feature `codec-cbor`.
    pub const CBOR: Codec = Codec(&Cbor);
}

impl Backend for Cbor {
    fn name(&self) -> &'static str {
        "cbor"
    }

    fn encode(&self, message: &dyn Encode, out: &mut Vec<u8>) -> Result<()> {
        let tape = Tape::of(message, &Dialect::BINARY)?;
        ciborium::into_writer(&tape, out)
            .map_err(|error| Error::internal("the message cannot be CBOR").with_source(error))
    }

    fn decode(&self, bytes: &Bytes, message: &mut dyn Decode) -> Result<()> {
        let mut rest = &bytes[..];
        let tape: Tape = ciborium::from_reader(&mut rest).map_err(|error| unreadable("CBOR", &error))?;
        trailing(rest)?;
        tape.read(message, ReadOptions::LENIENT).map_err(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::errors::Code;

    fn decode(bytes: &'static [u8]) -> Result<Duration> {
        Codec::CBOR.decode(&Bytes::from_static(bytes))
    }

    #[test]
    fn values_are_what_ordinary_structs_make_of_them() {
        let bytes = Codec::CBOR.encode(&Duration::from_nanos(7)).unwrap();
        assert_eq!(bytes, [7_u8][..]);
        assert_eq!(Codec::CBOR.decode::<Duration>(&bytes).unwrap(), Duration::from_nanos(7));
        assert_eq!(Codec::of_content_type("application/cbor"), Some(Codec::CBOR));
        assert!(Codec::all().any(|codec| codec == Codec::CBOR));
    }

    #[test]
    fn what_is_no_message_is_an_error_and_never_a_panic() {
        let deep = vec![0x81; 100_000].leak();
        let endless = b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xffx";
        let cases: [&[u8]; 7] =
            [b"", b"\x07\x07", b"\xff", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", endless, b"\x1f", deep];
        for bytes in cases {
            assert_eq!(decode(bytes).unwrap_err().code(), Code::InvalidArgument, "{:?}", bytes.get(..6));
        }
    }
}
