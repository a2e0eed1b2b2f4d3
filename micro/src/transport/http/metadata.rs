//! Metadata and headers: which pairs are the user's, and which belong to a protocol.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::errors::{Error, Result};
use crate::metadata::Metadata;
use crate::transport::names;

/// Maximum size of the headers of a request or a response, in bytes.
pub(super) const MAX_HEADERS: u32 = 64 * 1024;
/// A peer may not make us keep more pairs than this,
const MOST_PAIRS: usize = 128;
/// nor more bytes of names and values.
const MOST_BYTES: usize = MAX_HEADERS as usize;
/// So much of it we send, as HTTP/2 counts: the path, the deadline and what else a protocol adds find room beside it.
const MOST_SENT: usize = MOST_BYTES - 2 * 1024;

/// The pairs among `headers` that are the user's.
///
/// # Errors
///
/// [`Code::ResourceExhausted`](crate::Code::ResourceExhausted) when there are more than a call may carry: leaving one out
/// in silence could leave out the one that matters.
pub(super) fn from_headers(headers: &HeaderMap) -> Result<Metadata> {
    let mut metadata = Metadata::new();
    let mut bytes = 0_usize;
    for (name, value) in headers {
        let Some(value) = users(name, value) else { continue };
        bytes = bytes.saturating_add(name.as_str().len()).saturating_add(value.len());
        if bytes > MOST_BYTES || metadata.len() == MOST_PAIRS {
            return Err(Error::resource_exhausted(format!(
                "more metadata than a call may carry: {MOST_PAIRS} pairs and {MOST_BYTES} bytes"
            )));
        }
        metadata.receive(name.as_str(), value);
    }
    Ok(metadata)
}

/// Adds the pairs of `metadata` to `headers`, except those that would change what a protocol means.
///
/// # Errors
///
/// [`Code::ResourceExhausted`](crate::Code::ResourceExhausted) when there would be more than a peer takes, and none is added. One
/// that is sent more by far ends the connection, with all its other calls.
pub(super) fn to_headers(metadata: &Metadata, headers: &mut HeaderMap) -> Result<()> {
    if metadata.is_empty() {
        return Ok(());
    }
    let there = headers.iter().map(|(name, value)| size(name.as_str(), value.len()));
    let more = metadata.iter().map(|(key, value)| size(key, value.len()));
    if there.chain(more).sum::<usize>() > MOST_SENT {
        return Err(Error::resource_exhausted(format!("more metadata than a call may carry: {MOST_SENT} bytes")));
    }
    for (key, value) in metadata.iter() {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) else { continue };
        if !is_reserved(&name) {
            headers.append(name, value);
        }
    }
    Ok(())
}

/// Like `to_request`, for a response, which is not failed over its metadata: pairs over the limit are left out.
pub(super) fn to_reply(metadata: &Metadata, headers: &mut HeaderMap) {
    if let Err(error) = to_headers(metadata, headers) {
        tracing::warn!(%error, "what a handler said beside its answer is left out");
    }
}

/// Returns the size of a header as HTTP/2 counts it.
fn size(name: &str, value: usize) -> usize {
    name.len() + value + 32
}

fn users<'a>(name: &HeaderName, value: &'a HeaderValue) -> Option<&'a str> {
    if is_reserved(name) {
        return None;
    }
    std::str::from_utf8(value.as_bytes()).ok()
}

fn is_reserved(name: &HeaderName) -> bool {
    let name = name.as_str();
    RESERVED.contains(&name) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

const RESERVED_PREFIXES: [&str; 3] = ["grpc-", "connect-", "proxy-"];

const RESERVED: [&str; 21] = [
    // Of one connection.
    "connection",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    // Of the message and how it is written.
    "accept",
    "accept-encoding",
    "accept-post",
    "allow",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "host",
    // Ours: they are on the context already.
    names::SERVICE,
    names::NODE,
    names::NOT_RUN,
    names::TRACE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_protocol_says_is_no_metadata() {
        let mut headers = HeaderMap::new();
        for name in RESERVED.iter().chain(&["grpc-timeout", "connect-protocol-version", "proxy-authorization"]) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
        }
        headers.append("tenant", HeaderValue::from_static("acme"));
        headers.append("tenant", HeaderValue::from_static("other"));
        headers.append("key-bin", HeaderValue::from_static("AAH/"));
        headers.append("odd", HeaderValue::from_bytes(&[0xff]).unwrap());
        let metadata = from_headers(&headers).unwrap();
        assert_eq!(metadata.iter().collect::<Vec<_>>(), [("tenant", "acme"), ("tenant", "other"), ("key-bin", "AAH/")]);

        let mut back = HeaderMap::new();
        let mut sent = metadata.clone();
        sent.insert("Grpc-Status", "0").unwrap();
        sent.insert("content-length", "7").unwrap();
        to_headers(&sent, &mut back).unwrap();
        assert_eq!(from_headers(&back).unwrap(), metadata);
        assert_eq!(back.len(), 3);
    }

    #[test]
    fn too_much_is_not_sent() {
        let (mut metadata, mut headers) = (Metadata::new(), HeaderMap::new());
        metadata.insert("a", "x".repeat(MOST_SENT - 33)).unwrap();
        to_headers(&metadata, &mut headers).unwrap();
        assert_eq!(headers.len(), 1);
        assert!(to_headers(&metadata, &mut headers).is_err());
        to_reply(&metadata, &mut headers);
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn too_much_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert("a", HeaderValue::from_bytes(&[b'x'; MOST_BYTES]).unwrap());
        assert!(from_headers(&headers).is_err());
        headers.clear();
        for n in 0..=MOST_PAIRS {
            headers.insert(HeaderName::try_from(format!("a{n}")).unwrap(), HeaderValue::from_static(""));
        }
        assert!(from_headers(&headers).is_err());
    }
}
