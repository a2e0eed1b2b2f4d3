use bytes::Bytes;

use super::backend::{trailing, unreadable};
use super::{Backend, Codec, CodecRegistration};
use crate::errors::{Error, Result};
use crate::message::text::Tape;
use crate::message::{Decode, Dialect, Encode, ReadOptions};

/// MessagePack as ordinary structs have it: maps by field name, numbers as numbers, bytes as bytes.
#[derive(Debug)]
struct Msgpack;

inventory::submit! { CodecRegistration::new(&Msgpack) }

impl Codec {
    /// MessagePack. It takes the feature `codec-msgpack`.
    pub const MSGPACK: Codec = Codec(&Msgpack);
}

impl Backend for Msgpack {
    fn name(&self) -> &'static str {
        "msgpack"
    }

    fn encode(&self, message: &dyn Encode, out: &mut Vec<u8>) -> Result<()> {
        let tape = Tape::of(message, &Dialect::BINARY)?;
        rmp_serde::encode::write(out, &tape)
            .map_err(|error| Error::internal("the message cannot be MessagePack").with_source(error))
    }

    fn decode(&self, bytes: &Bytes, message: &mut dyn Decode) -> Result<()> {
        let mut rest = &bytes[..];
        let tape: Tape = rmp_serde::from_read(&mut rest).map_err(|error| unreadable("MessagePack", &error))?;
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
        Codec::MSGPACK.decode(&Bytes::from_static(bytes))
    }

    #[test]
    fn values_are_what_ordinary_structs_make_of_them() {
        let bytes = Codec::MSGPACK.encode(&Duration::from_nanos(7)).unwrap();
        assert_eq!(bytes, [7_u8][..]);
        assert_eq!(Codec::MSGPACK.decode::<Duration>(&bytes).unwrap(), Duration::from_nanos(7));
        assert_eq!(Codec::of_content_type("application/msgpack"), Some(Codec::MSGPACK));
        assert!(Codec::all().any(|codec| codec == Codec::MSGPACK));
    }

    #[test]
    fn what_is_no_message_is_an_error_and_never_a_panic() {
        let deep = vec![0x91; 100_000].leak();
        let cases: [&[u8]; 6] = [b"", b"\x07\x07", b"\xc1", b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xffx", deep];
        for bytes in cases {
            assert_eq!(decode(bytes).unwrap_err().code(), Code::InvalidArgument, "{:?}", bytes.get(..6));
        }
    }
}
