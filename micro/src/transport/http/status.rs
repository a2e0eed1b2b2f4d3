//! Errors on the wire: micro's own to and from those of Connect and gRPC, read in one place.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use bytes::{Buf, Bytes};
use connectrpc::{ConnectError, ErrorCode, ErrorDetail};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::errors::{Code, Detail, Error, Execution};
use crate::transport::names;
use crate::util::percent::{self, Digits};

/// The number of the outcome of a gRPC call: 0 or a code.
pub(super) const STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// Percent-encoded message of the status.
pub(super) const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
/// A `google.rpc.Status` in base64, for the details.
pub(super) const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// No more than this many details travel with an error,
const MOST_DETAILS: usize = 64;
/// nor more bytes of them: they are headers, which peers cut off at 64 KiB and some much earlier.
const MOST_BYTES: usize = 16 * 1024;
/// Nor is a message longer than this, which is written twice and grows threefold when it is not ASCII.
const MOST_TEXT: usize = 2 * 1024;

const BASE64: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::STANDARD, NO_PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// The error as connectrpc writes it, in whichever protocol the caller speaks.
pub(super) fn to_connect(error: &Error) -> ConnectError {
    let mut connect = ConnectError::new(to_connect_code(error.code()), shortened(error.message()));
    connect.details = sendable(error).into_iter().map(to_connect_detail).collect();
    connect
}

/// Adds the status of a gRPC call to the trailers of its response.
pub(super) fn to_trailers(error: Option<&Error>, trailers: &mut HeaderMap) {
    let Some(error) = error else {
        trailers.insert(STATUS, HeaderValue::from_static("0"));
        return;
    };
    trailers.insert(STATUS, HeaderValue::from(u16::from(error.code().number())));
    let message = shortened(error.message());
    let pairs = [(MESSAGE, percent_encoded(&message)), (DETAILS, BASE64.encode(to_status(error, &message)))];
    for (name, value) in pairs {
        if let Ok(value) = HeaderValue::try_from(value) {
            trailers.insert(name, value);
        }
    }
}

/// The details of an error that are small enough to travel.
fn sendable(error: &Error) -> Vec<&Detail> {
    let (mut kept, mut room) = (Vec::new(), MOST_BYTES);
    for detail in error.details() {
        let size = detail.type_name().len() + detail.value().len();
        if size > room || kept.len() == MOST_DETAILS {
            tracing::warn!(detail = detail.type_name(), size, "a detail of an error is too large to be sent");
            continue;
        }
        room -= size;
        kept.push(detail);
    }
    kept
}

/// A `google.rpc.Status`: 1 is the code, 2 the message, 3 the details, each of which is a `google.protobuf.Any`.
fn to_status(error: &Error, message: &str) -> Vec<u8> {
    let mut status = vec![1 << 3, error.code().number()];
    put_field(2, message.as_bytes(), &mut status);
    for detail in sendable(error) {
        let mut any = Vec::new();
        put_field(1, detail.type_url().as_bytes(), &mut any);
        put_field(2, detail.value(), &mut any);
        put_field(3, &any, &mut status);
    }
    status
}

fn put_field(number: u8, value: &[u8], out: &mut Vec<u8>) {
    out.push(number << 3 | 2);
    let mut length = value.len();
    while length > 0x7f {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(value);
}

/// The error of a call that was refused instead of run.
///
/// Only what stands in front of the method may say so. An error that a handler passes on may know of *its* call that it never
/// ran; the handler did.
pub(super) fn refusal(error: &Error) -> ConnectError {
    let mut connect = to_connect(error);
    if error.execution() == Execution::NotStarted {
        connect.trailers_mut().insert(names::NOT_RUN, HeaderValue::from_static("1"));
    }
    connect
}

/// Converts connectrpc's error about a request it could not read.
pub(super) fn from_connect(connect: ConnectError) -> Error {
    let code = u8::try_from(connect.code.grpc_code()).ok().and_then(Code::from_number).unwrap_or(Code::Unknown);
    let message = connect.message.clone().unwrap_or_default();
    Error::new(code, message).with_source(connect)
}

/// The outcome a gRPC peer wrote into trailers, or into headers that are the whole answer. `None` where there is none.
pub(super) fn from_trailers(trailers: &HeaderMap) -> Option<Result<(), Error>> {
    let status = trailers.get(STATUS)?.as_bytes();
    if status == b"0" {
        return Some(Ok(()));
    }
    let number = std::str::from_utf8(status).ok().and_then(|text| text.parse().ok());
    let code = number.and_then(Code::from_number).unwrap_or(Code::Unknown);
    let message = trailers.get(MESSAGE).map(percent::decode_lossy).unwrap_or_default();
    let mut error = Error::new(code, message);
    for detail in trailers.get(DETAILS).map(|value| details(value.as_bytes())).unwrap_or_default() {
        error = error.with_detail(detail);
    }
    if trailers.contains_key(names::NOT_RUN) {
        error = error.with_execution(Execution::NotStarted);
    }
    Some(Err(error))
}

/// Returns the status of a response that is not gRPC, a proxy's for example. The table is gRPC's own.
pub(super) fn from_http(status: StatusCode) -> Error {
    let code = match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    Error::new(code, format!("the peer answered HTTP {} instead of gRPC", status.as_u16()))
}

fn shortened(message: &str) -> Cow<'_, str> {
    if message.len() <= MOST_TEXT {
        return message.into();
    }
    format!("{}…", &message[..message.floor_char_boundary(MOST_TEXT)]).into()
}

fn to_connect_code(code: Code) -> ErrorCode {
    match code {
        Code::Cancelled => ErrorCode::Canceled,
        Code::Unknown => ErrorCode::Unknown,
        Code::InvalidArgument => ErrorCode::InvalidArgument,
        Code::DeadlineExceeded => ErrorCode::DeadlineExceeded,
        Code::NotFound => ErrorCode::NotFound,
        Code::AlreadyExists => ErrorCode::AlreadyExists,
        Code::PermissionDenied => ErrorCode::PermissionDenied,
        Code::ResourceExhausted => ErrorCode::ResourceExhausted,
        Code::FailedPrecondition => ErrorCode::FailedPrecondition,
        Code::Aborted => ErrorCode::Aborted,
        Code::OutOfRange => ErrorCode::OutOfRange,
        Code::Unimplemented => ErrorCode::Unimplemented,
        Code::Internal => ErrorCode::Internal,
        Code::Unavailable => ErrorCode::Unavailable,
        Code::DataLoss => ErrorCode::DataLoss,
        Code::Unauthenticated => ErrorCode::Unauthenticated,
    }
}

// Connect wants the bare name; connectrpc makes it a type URL where gRPC wants one.
fn to_connect_detail(detail: &Detail) -> ErrorDetail {
    ErrorDetail { type_url: detail.type_name().to_owned(), value: Some(BASE64.encode(detail.value())), debug: None }
}

// What is not printable ASCII, and the sign itself, as gRPC asks.
fn percent_encoded(text: &str) -> String {
    percent::encode(text, Digits::Upper, |byte| matches!(byte, b' '..=b'~') && byte != b'%').into_owned()
}

/// The details of a `google.rpc.Status` in base64: those before the first byte that makes no sense.
fn details(text: &[u8]) -> Vec<Detail> {
    let Ok(status) = BASE64.decode(text) else { return Vec::new() };
    let any = StatusFields(Bytes::from(status)).filter(|(number, _)| *number == 3);
    any.filter_map(|(_, any)| detail(any)).take(MOST_DETAILS).collect()
}

// A `google.protobuf.Any`: 1 is the type URL, 2 the value.
fn detail(any: Bytes) -> Option<Detail> {
    let (mut url, mut value) = (Bytes::new(), Bytes::new());
    for (number, field) in StatusFields(any) {
        match number {
            1 => url = field,
            2 => value = field,
            _ => {}
        }
    }
    let url = std::str::from_utf8(&url).ok()?;
    Some(Detail::from_type_url(url, value))
}

/// The length-delimited fields of a protobuf message, as far as it can be read. Two fields are not worth a dependency.
struct StatusFields(Bytes);

impl Iterator for StatusFields {
    type Item = (u64, Bytes);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let key = self.varint()?;
            match key & 7 {
                0 => drop(self.varint()?),
                1 => drop(self.take(8)?),
                2 => {
                    let length = usize::try_from(self.varint()?).ok()?;
                    return Some((key >> 3, self.take(length)?));
                }
                5 => drop(self.take(4)?),
                _ => return None,
            }
        }
    }
}

impl StatusFields {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<Bytes> {
        (self.0.remaining() >= length).then(|| self.0.split_to(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trailers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
        pairs.iter().map(|(name, text)| (HeaderName::from_static(name), value(text))).collect()
    }

    #[test]
    fn every_code_has_the_number_connect_gives_it() {
        for code in Code::ALL {
            let connect = to_connect(&Error::new(code, "x"));
            assert_eq!(connect.code.grpc_code(), u32::from(code.number()));
            assert_eq!(connect.http_status().as_u16(), code.http_status());
            assert_eq!(from_connect(connect).code(), code);
        }
    }

    #[test]
    fn what_is_too_long_for_headers_is_cut() {
        let error = Error::internal("é".repeat(MOST_TEXT)).with_detail(Detail::new("a.B", vec![0; MOST_BYTES]));
        let connect = to_connect(&error.with_detail(Detail::new("a.C", vec![1])));
        assert_eq!(connect.message.unwrap(), format!("{}…", "é".repeat(MOST_TEXT / 2)));
        assert_eq!(connect.details.len(), 1);
        assert_eq!(connect.details[0].type_url, "a.C");
    }

    #[test]
    fn only_a_refusal_says_that_nothing_ran() {
        let error = Error::unavailable("elsewhere").with_execution(Execution::NotStarted);
        assert!(to_connect(&error).trailers().is_empty());
        assert!(refusal(&error).trailers().contains_key(names::NOT_RUN));
        assert!(refusal(&Error::unavailable("x")).trailers().is_empty());
    }

    #[test]
    fn a_status_is_read_with_its_details() {
        // code 5, message "x", details [Any { "type.googleapis.com/a.B", [1, 2] }]
        let mut any = vec![0x0a, 23];
        any.extend(b"type.googleapis.com/a.B");
        any.extend([0x12, 2, 1, 2]);
        let mut status = vec![0x08, 5, 0x12, 1, b'x', 0x1a, any.len() as u8];
        status.extend(any);
        let details = BASE64.encode(status);
        let read = trailers(&[
            ("grpc-status", "5"),
            ("grpc-message", "no caf%C3%A9, 100%"),
            ("grpc-status-details-bin", &details),
        ]);
        let error = from_trailers(&read).unwrap().unwrap_err();
        assert_eq!(error.code(), Code::NotFound);
        assert_eq!(error.message(), "no café, 100%");
        assert_eq!(error.details(), [Detail::new("a.B", vec![1, 2])]);
        assert_eq!(error.execution(), Execution::Unknown);
    }

    #[test]
    fn a_status_is_read_as_it_was_written() {
        let sent = Error::not_found("no `café`,\n100% sure").with_detail(Detail::new("a.B", vec![7; 300]));
        let mut written = HeaderMap::new();
        to_trailers(Some(&sent), &mut written);
        assert_eq!(written[MESSAGE], "no `caf%C3%A9`,%0A100%25 sure");
        let read = from_trailers(&written).unwrap().unwrap_err();
        assert_eq!((read.code(), read.message()), (sent.code(), sent.message()));
        assert_eq!(read.details(), sent.details());
        let mut written = HeaderMap::new();
        to_trailers(None, &mut written);
        assert_eq!(from_trailers(&written).unwrap(), Ok(()));
    }

    #[test]
    fn a_malformed_status_is_an_error_and_never_a_panic() {
        let huge = BASE64.encode([0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0]);
        let endless = BASE64.encode([0xff; 12]);
        for details in ["", "%%%", "====", "ä", huge.as_str(), endless.as_str()] {
            for status in ["5", "17", "-1", "256", "", "é"] {
                let read =
                    trailers(&[("grpc-status", status), ("grpc-message", "%"), ("grpc-status-details-bin", details)]);
                let error = from_trailers(&read).unwrap().unwrap_err();
                assert_eq!(error.code(), if status == "5" { Code::NotFound } else { Code::Unknown });
                assert_eq!((error.message(), error.details().len()), ("%", 0));
            }
        }
        assert!(from_trailers(&HeaderMap::new()).is_none());
    }
}
