//! Compression of the messages of a call.
//!
//! The formats are those connectrpc was built with, which the serving end has too.

use bytes::Bytes;
use connectrpc::{CompressionRegistry, ConnectError, ErrorCode};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::options::Compress;
use crate::errors::{Error, Result};
use crate::transport::http::framing::Compressor;

/// Header naming the compression of the messages whose flag is set.
pub(super) const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
/// Header listing the compressions the caller accepts.
pub(super) const ACCEPT: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Compression of requests, which every implementation with compression supports.
const GZIP: &str = "gzip";

/// Compression settings of a client.
#[derive(Clone, Debug)]
pub(super) struct Compression {
    formats: CompressionRegistry,
    accept: Option<HeaderValue>,
    compressor: Option<Compressor>,
}

impl Compression {
    pub(super) fn new(compress: Compress) -> Self {
        let formats = CompressionRegistry::default();
        let known = formats.accept_encoding_header();
        if compress != Compress::Never && known.is_empty() {
            tracing::warn!("nothing is compressed: this program is built without the feature `transport-gzip`");
        }
        let accept = (compress != Compress::Never && !known.is_empty()).then(|| HeaderValue::try_from(known).ok());
        let compressor = match compress {
            Compress::From(from) if formats.supports(GZIP) => {
                Some(Compressor { formats: formats.clone(), format: GZIP, from })
            }
            _ => None,
        };
        Compression { accept: accept.flatten(), compressor, formats }
    }

    /// Returns the compressions the caller accepts.
    pub(super) fn accept(&self) -> Option<HeaderValue> {
        self.accept.clone()
    }

    /// Returns the compression of the caller's messages. A server that does not know it refuses the call, so it is left out of
    /// calls whose only message, of `size`, is not compressed.
    pub(super) fn encoding(&self, size: Option<usize>) -> Option<HeaderValue> {
        let compressor = self.compressor.as_ref()?;
        size.is_none_or(|size| size >= compressor.from).then(|| HeaderValue::from_static(compressor.format))
    }

    /// Returns the compressor of messages, if any.
    pub(super) fn compressor(&self) -> Option<&Compressor> {
        self.compressor.as_ref()
    }

    /// Reads compressed messages of the answer that `headers` begin, if it may have any.
    pub(super) fn decompressor(&self, headers: &HeaderMap) -> Option<Decompressor> {
        let format = headers.get(ENCODING).and_then(|value| value.to_str().ok())?;
        (format != "identity").then(|| Decompressor { formats: self.formats.clone(), format: format.to_owned() })
    }
}

/// Decompressor of the messages of one response.
#[derive(Debug)]
pub(super) struct Decompressor {
    formats: CompressionRegistry,
    format: String,
}

/// The message that `packed` is, which has at most `limit` bytes: no more are ever made of it.
///
/// # Errors
///
/// [`Code::ResourceExhausted`](crate::Code::ResourceExhausted) when it has more, [`Code::Internal`](crate::Code::Internal)
/// when it cannot be unpacked.
pub(super) fn unpack(decompressor: Option<&Decompressor>, packed: Bytes, limit: usize) -> Result<Bytes> {
    let Some(Decompressor { formats, format }) = decompressor else {
        return Err(Error::internal("the answer has a compressed message and does not say how it is compressed"));
    };
    formats.decompress_with_limit(format, packed, limit).map_err(|error| unpacked(format, limit, error))
}

fn unpacked(format: &str, limit: usize, error: ConnectError) -> Error {
    match error.code {
        ErrorCode::ResourceExhausted => {
            Error::resource_exhausted(format!("a message unpacks to more than {limit} bytes"))
        }
        _ => Error::internal(format!("the answer has a message that `{format}` cannot unpack")),
    }
    .with_source(error)
}

#[cfg(all(test, feature = "transport-gzip"))]
mod tests {
    use super::*;

    fn unpack(format: &'static str, packed: impl Into<Bytes>, limit: usize) -> Result<Bytes> {
        let headers = HeaderMap::from_iter([(ENCODING, HeaderValue::from_static(format))]);
        super::unpack(Compression::new(Compress::Never).decompressor(&headers).as_ref(), packed.into(), limit)
    }

    fn pack(compress: Compress, message: &[u8]) -> Option<Bytes> {
        Compression::new(compress).compressor()?.pack(message)
    }

    #[test]
    fn only_what_gets_shorter_is_packed() {
        let packing = Compress::From(100);
        assert!(pack(packing, &[7; 99]).is_none());
        let packed = pack(packing, &[7; 10_000]).unwrap();
        assert!(packed.len() < 200);
        assert_eq!(unpack("gzip", packed, 10_000).unwrap(), vec![7; 10_000]);
        let dense: Vec<u8> = (0..200_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        assert!(pack(packing, &dense).is_none());
        assert!(pack(Compress::Replies, &[7; 10_000]).is_none());
        assert!(pack(Compress::From(0), &[]).is_none());
    }

    #[test]
    fn a_bomb_makes_no_more_than_the_limit_and_garbage_no_panic() {
        let bomb = pack(Compress::From(1), &vec![0; 4 << 20]).unwrap();
        let error = unpack("gzip", bomb, 1 << 20).unwrap_err();
        assert_eq!(error.code(), crate::Code::ResourceExhausted);
        for (format, garbage) in [("gzip", "xx"), ("lzma", "xx"), ("identity", "xx"), ("gzip", "\u{1f}\u{8b}\u{8}")] {
            assert_eq!(unpack(format, garbage, 100).unwrap_err().code(), crate::Code::Internal);
        }
    }

    #[test]
    fn calls_with_nothing_to_compress_say_nothing() {
        let packing = Compression::new(Compress::From(100));
        assert!(packing.encoding(Some(99)).is_none());
        assert!(packing.encoding(Some(100)).is_some() && packing.encoding(None).is_some());
        assert!(Compression::new(Compress::Never).accept().is_none());
        assert!(Compression::new(Compress::Replies).accept().unwrap().to_str().unwrap().contains("gzip"));
    }
}
