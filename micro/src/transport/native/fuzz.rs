//! The readers of frames by themselves, without sockets and tasks: what the fuzz target over them looks at.

use bytes::{Bytes, BytesMut};

use super::frame::{self, Frame, FrameKind};
use super::handshake::{ConnectionSettings, PREFACE};
use super::protocol_error::ProtocolError;
use super::request::{self, RequestHead};
use super::response;
use super::wire::put_block;
use crate::context::Context;

/// Little of everything, so that small inputs come to the limits.
const SETTINGS: ConnectionSettings =
    ConnectionSettings { message: 256, metadata: 512, window: 1024, calls: 4, methods: 4 };

/// Reads the frames of bytes that come in `pieces`, each by its own reader, and tells `each` of them in words.
///
/// # Errors
///
/// The violation that ends it, in words.
///
/// # Panics
///
/// When what was read, written by our own writers and read again is not the same.
pub fn read<'p>(pieces: impl IntoIterator<Item = &'p [u8]>, mut each: impl FnMut(String)) -> Result<(), String> {
    let mut buffer = BytesMut::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let (end, _) = frame::whole(&buffer, SETTINGS.frame()).map_err(|violation| violation.to_string())?;
            if end == 0 {
                break;
            }
            for frame in frame::frames(&buffer.split_to(end).freeze()) {
                each(frame.and_then(twice).map_err(|violation| violation.to_string())?);
            }
        }
    }
    Ok(())
}

fn twice(frame: Frame<'_>) -> Result<String, ProtocolError> {
    let (words, written) = once(frame)?;
    let written = frame::frames(&written).next().expect("one was written").expect("of a kind there is");
    let (again, _) = once(written).expect("our own bytes");
    assert_eq!(again, words, "read again");
    Ok(format!("{:?} {} {words}", frame.kind, frame.id))
}

/// Formats a frame, and encodes it again with our own writers.
fn once(frame: Frame<'_>) -> Result<(String, Bytes), ProtocolError> {
    let mut out = Vec::new();
    let Frame { kind, id, mut body, .. } = frame;
    let words = match kind {
        FrameKind::Hello => {
            let settings = ConnectionSettings::read(body)?;
            settings.put(&mut out);
            out.drain(..PREFACE.len());
            format!("{settings:?}")
        }
        FrameKind::Call => {
            let RequestHead { method, timeout, trace, metadata, message } = RequestHead::read(frame, &SETTINGS)?;
            let words =
                format!("{method:?} {timeout:?} {trace:?} {:?} {message:?}", metadata.iter().collect::<Vec<_>>());
            let context = Context::new().with_metadata(metadata);
            let context = trace.map_or(context.clone(), |trace| context.with_trace(trace));
            frame::put(&mut out, kind, request::flags(&method, &context, message.is_some()), id, |out| {
                request::put(out, &method, timeout, &context);
                out.extend(message.unwrap_or_default());
            });
            words
        }
        FrameKind::Items => {
            let mut items = Vec::new();
            while !body.is_empty() {
                items.push(body.block(SETTINGS.message as usize)?.rest());
            }
            frame::put(&mut out, kind, frame.flags, id, |out| items.iter().for_each(|item| put_block(out, item)));
            format!("{items:?}")
        }
        FrameKind::Reply => {
            let (reply_metadata, message) = response::read_reply(frame, &SETTINGS)?;
            let flags = response::reply_flags(&reply_metadata);
            frame::put(&mut out, kind, flags, id, |out| response::put_reply(out, &reply_metadata, &message));
            format!("{} {message:?}", said(&reply_metadata))
        }
        FrameKind::Begin => {
            let reply_metadata = response::ReplyMetadata {
                headers: response::read_begin(frame, &SETTINGS)?,
                ..response::ReplyMetadata::default()
            };
            frame::put(&mut out, kind, 0, id, |out| response::put_begin(out, &reply_metadata));
            said(&reply_metadata)
        }
        FrameKind::End | FrameKind::Refused => {
            let (error, reply_metadata) = response::read_end(frame, &SETTINGS)?;
            frame::put(&mut out, kind, 0, id, |out| response::put_end(out, error.as_ref(), &reply_metadata));
            format!("{error:?} {}", said(&reply_metadata))
        }
        FrameKind::Credit => {
            let credit = body.array::<4>()?;
            frame::put(&mut out, kind, 0, id, |out| out.extend(credit));
            format!("{credit:?}")
        }
        FrameKind::Ping | FrameKind::Pong => {
            let token = body.array::<8>()?;
            frame::put(&mut out, kind, 0, id, |out| out.extend(token));
            format!("{token:?}")
        }
        FrameKind::Bye => {
            let (reason, words) = (body.u8()?, body.text(1024)?);
            frame::put(&mut out, kind, 0, id, |out| {
                out.push(reason);
                put_block(out, words.as_bytes());
            });
            format!("{reason} {words:?}")
        }
        FrameKind::Cancel | FrameKind::Drain | FrameKind::Done => {
            frame::put(&mut out, kind, 0, id, |_| {});
            String::new()
        }
    };
    Ok((words, out.into()))
}

fn said(reply_metadata: &response::ReplyMetadata) -> String {
    let pairs = |metadata: &crate::metadata::Metadata| format!("{:?}", metadata.iter().collect::<Vec<_>>());
    format!("{} {}", pairs(&reply_metadata.headers), pairs(&reply_metadata.trailers))
}
