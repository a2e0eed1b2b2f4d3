//! Responses: the bodies of REPLY, BEGIN, END and REFUSED.

use bytes::Bytes;

use super::frame::{Frame, flags};
use super::handshake::ConnectionSettings;
use super::metadata;
use super::protocol_error::ProtocolError;
use super::wire::{put_block, put_varint};
use crate::context::Context;
use crate::errors::{Code, Detail, Error};
use crate::metadata::Metadata;

/// Response headers and trailers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ReplyMetadata {
    pub(super) headers: Metadata,
    pub(super) trailers: Metadata,
}

impl ReplyMetadata {
    /// Takes the reply metadata from `context`, as far as it fits the peer's limit: a response is not failed over its metadata.
    /// It is sent once, so nothing is left in the context.
    pub(super) fn of(context: &Context, limit: u32) -> Self {
        ReplyMetadata {
            trailers: fitting(context.take_reply_trailers(), limit),
            ..ReplyMetadata::ahead(context, limit)
        }
    }

    /// The part of it that stands ahead of a stream.
    pub(super) fn ahead(context: &Context, limit: u32) -> Self {
        ReplyMetadata { headers: fitting(context.take_reply_headers(), limit), ..ReplyMetadata::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.trailers.is_empty()
    }

    fn put(&self, out: &mut Vec<u8>) {
        metadata::put(out, &self.headers);
        metadata::put(out, &self.trailers);
    }

    fn read(body: &mut super::wire::Cursor<'_>, settings: &ConnectionSettings) -> Result<Self, ProtocolError> {
        let limit = settings.metadata as usize;
        Ok(ReplyMetadata { headers: metadata::read(body, limit)?, trailers: metadata::read(body, limit)? })
    }
}

fn fitting(metadata: Metadata, limit: u32) -> Metadata {
    if metadata::fits(&metadata, limit) { metadata } else { Metadata::new() }
}

/// The flags of a REPLY.
pub(super) fn reply_flags(reply_metadata: &ReplyMetadata) -> u8 {
    if reply_metadata.is_empty() { 0 } else { flags::METADATA }
}

/// Appends the body of a REPLY.
pub(super) fn put_reply(out: &mut Vec<u8>, reply_metadata: &ReplyMetadata, message: &[u8]) {
    if !reply_metadata.is_empty() {
        reply_metadata.put(out);
    }
    out.extend_from_slice(message);
}

/// Reads a REPLY.
pub(super) fn read_reply(
    frame: Frame<'_>,
    settings: &ConnectionSettings,
) -> Result<(ReplyMetadata, Bytes), ProtocolError> {
    let mut body = frame.body;
    let reply_metadata =
        if frame.has(flags::METADATA) { ReplyMetadata::read(&mut body, settings)? } else { ReplyMetadata::default() };
    settings.check_message(body.len())?;
    Ok((reply_metadata, body.rest()))
}

/// Appends the body of a BEGIN.
pub(super) fn put_begin(out: &mut Vec<u8>, ahead: &ReplyMetadata) {
    metadata::put(out, &ahead.headers);
}

/// Reads a BEGIN.
pub(super) fn read_begin(frame: Frame<'_>, settings: &ConnectionSettings) -> Result<Metadata, ProtocolError> {
    let mut body = frame.body;
    metadata::read(&mut body, settings.metadata as usize)
}

/// Appends the body of an END or a REFUSED: how the call ended, with what stands beside it.
///
/// Words and details that are more than a frame may hold are left out; the code says what matters.
pub(super) fn put_end(out: &mut Vec<u8>, error: Option<&Error>, reply_metadata: &ReplyMetadata) {
    out.push(error.map_or(0, |error| error.code().number()));
    reply_metadata.put(out);
    let message = error.map_or("", Error::message);
    let end = message.floor_char_boundary(MAX_MESSAGE_TEXT);
    put_block(out, &message.as_bytes()[..end]);
    let details = error.map_or(&[][..], Error::details);
    let held: usize = details.iter().map(|detail| detail.type_name().len() + detail.value().len()).sum();
    let details = if held <= MAX_DETAILS_SIZE && details.len() as u64 <= MAX_DETAILS { details } else { &[] };
    put_varint(out, details.len() as u64);
    for detail in details {
        put_block(out, detail.type_name().as_bytes());
        put_block(out, detail.value());
    }
}

/// Maximum length of an error message, in bytes.
const MAX_MESSAGE_TEXT: usize = 8 * 1024;
/// Maximum size of an error's details, in bytes.
const MAX_DETAILS_SIZE: usize = 32 * 1024;
/// Maximum number of details.
const MAX_DETAILS: u64 = 256;

/// Reads an END or a REFUSED.
pub(super) fn read_end(
    frame: Frame<'_>,
    settings: &ConnectionSettings,
) -> Result<(Option<Error>, ReplyMetadata), ProtocolError> {
    let mut body = frame.body;
    let code = body.u8()?;
    let reply_metadata = ReplyMetadata::read(&mut body, settings)?;
    let message = body.text(MAX_MESSAGE_TEXT)?;
    let details = body.varint()?;
    if details > MAX_DETAILS {
        return Err(ProtocolError::malformed("more details than an error has"));
    }
    if code == 0 {
        return Ok((None, reply_metadata));
    }
    let mut error = Error::new(Code::from_number(code).unwrap_or(Code::Unknown), message.to_owned());
    let mut room = MAX_DETAILS_SIZE;
    for _ in 0..details {
        let name = body.text(room)?;
        let value = body.block(room - name.len())?.rest();
        room -= name.len() + value.len();
        error = error.with_detail(Detail::new(name.to_owned(), value));
    }
    Ok((Some(error), reply_metadata))
}

#[cfg(test)]
mod tests {
    use super::super::frame::{self, FrameKind};
    use super::*;

    fn reply_metadata() -> ReplyMetadata {
        let mut reply_metadata = ReplyMetadata::default();
        reply_metadata.headers.insert("x-ahead", "1").unwrap();
        reply_metadata.trailers.insert("x-behind", "2").unwrap();
        reply_metadata
    }

    #[test]
    fn replies_come_back_and_cost_nothing_beside_the_message() {
        for (reply_metadata, len) in [(ReplyMetadata::default(), 2), (reply_metadata(), 2 + 23)] {
            let mut out = Vec::new();
            frame::put(&mut out, FrameKind::Reply, reply_flags(&reply_metadata), 1, |out| {
                put_reply(out, &reply_metadata, b"hi")
            });
            let bytes = Bytes::from(out);
            assert_eq!(bytes.len(), frame::HEAD_SIZE + len);
            let frame = frame::frames(&bytes).next().unwrap().unwrap();
            assert_eq!(
                read_reply(frame, &ConnectionSettings::default()).unwrap(),
                (reply_metadata, Bytes::from_static(b"hi"))
            );
        }
    }

    #[test]
    fn errors_come_back_with_their_details_and_none_when_cut() {
        let error = Error::not_found("no such text").with_detail(Detail::new("it.Text", &b"abc"[..]));
        let mut out = Vec::new();
        frame::put(&mut out, FrameKind::End, 0, 1, |out| put_end(out, Some(&error), &reply_metadata()));
        let bytes = Bytes::from(out);
        let frame = frame::frames(&bytes).next().unwrap().unwrap();
        assert_eq!(read_end(frame, &ConnectionSettings::default()).unwrap(), (Some(error), reply_metadata()));
        for cut in 0..bytes.len() - frame::HEAD_SIZE {
            let body = super::super::wire::Cursor::within(&bytes, frame::HEAD_SIZE, cut);
            assert!(read_end(Frame { body, ..frame }, &ConnectionSettings::default()).is_err(), "{cut}");
        }
    }

    #[test]
    fn details_that_are_too_long_together_are_refused() {
        let mut out = Vec::new();
        frame::put(&mut out, FrameKind::End, 0, 1, |out| {
            out.extend([5, 0, 0, 0, 2]);
            for _ in 0..2 {
                put_block(out, b"it.Text");
                put_block(out, &vec![0; MAX_DETAILS_SIZE / 2]);
            }
        });
        let bytes = Bytes::from(out);
        let read = read_end(frame::frames(&bytes).next().unwrap().unwrap(), &ConnectionSettings::default());
        assert_eq!(read.unwrap_err().reason(), super::super::protocol_error::Reason::TooLong);
    }

    #[test]
    fn an_error_that_says_too_much_keeps_its_code() {
        let error = Error::not_found("ü".repeat(100_000)).with_detail(Detail::new("it.Text", vec![0; 100_000]));
        let mut out = Vec::new();
        frame::put(&mut out, FrameKind::End, 0, 1, |out| put_end(out, Some(&error), &ReplyMetadata::default()));
        let bytes = Bytes::from(out);
        let read = read_end(frame::frames(&bytes).next().unwrap().unwrap(), &ConnectionSettings::default())
            .unwrap()
            .0
            .unwrap();
        assert_eq!((read.code(), read.message().len(), read.details().len()), (Code::NotFound, MAX_MESSAGE_TEXT, 0));
    }
}
