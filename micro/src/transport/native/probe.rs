//! The readers of frames by themselves, without sockets and tasks: what the fuzz target over them looks at.

use bytes::{Bytes, BytesMut};

use super::begin::{self, Begin};
use super::end;
use super::frame::{self, Frame, Kind};
use super::hello::{PREFACE, Terms};
use super::violation::Violation;
use super::wire::put_block;
use crate::context::Context;

/// Little of everything, so that small inputs come to the limits.
const TERMS: Terms = Terms { message: 256, metadata: 512, window: 1024, calls: 4, methods: 4 };

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
            let (end, _) = frame::whole(&buffer, TERMS.frame()).map_err(|violation| violation.to_string())?;
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

fn twice(frame: Frame<'_>) -> Result<String, Violation> {
    let (words, written) = once(frame)?;
    let written = frame::frames(&written).next().expect("one was written").expect("of a kind there is");
    let (again, _) = once(written).expect("our own bytes");
    assert_eq!(again, words, "read again");
    Ok(format!("{:?} {} {words}", frame.kind, frame.id))
}

/// What a frame says, and the same as our own writers write it.
fn once(frame: Frame<'_>) -> Result<(String, Bytes), Violation> {
    let mut out = Vec::new();
    let Frame { kind, id, mut body, .. } = frame;
    let words = match kind {
        Kind::Hello => {
            let terms = Terms::read(body)?;
            terms.put(&mut out);
            out.drain(..PREFACE.len());
            format!("{terms:?}")
        }
        Kind::Call => {
            let Begin { method, timeout, trace, metadata, message } = Begin::read(frame, &TERMS)?;
            let words =
                format!("{method:?} {timeout:?} {trace:?} {:?} {message:?}", metadata.iter().collect::<Vec<_>>());
            let context = Context::new().with_metadata(metadata);
            let context = trace.map_or(context.clone(), |trace| context.with_trace(trace));
            frame::put(&mut out, kind, begin::flags(&method, &context, message.is_some()), id, |out| {
                begin::put(out, &method, timeout, &context);
                out.extend(message.unwrap_or_default());
            });
            words
        }
        Kind::Items => {
            let mut items = Vec::new();
            while !body.is_empty() {
                items.push(body.block(TERMS.message as usize)?.rest());
            }
            frame::put(&mut out, kind, frame.flags, id, |out| items.iter().for_each(|item| put_block(out, item)));
            format!("{items:?}")
        }
        Kind::Reply => {
            let (beside, message) = end::read_reply(frame, &TERMS)?;
            let flags = end::reply_flags(&beside);
            frame::put(&mut out, kind, flags, id, |out| end::put_reply(out, &beside, &message));
            format!("{} {message:?}", said(&beside))
        }
        Kind::Begin => {
            let beside = end::Beside { headers: end::read_begin(frame, &TERMS)?, ..end::Beside::default() };
            frame::put(&mut out, kind, 0, id, |out| end::put_begin(out, &beside));
            said(&beside)
        }
        Kind::End | Kind::Refused => {
            let (error, beside) = end::read_end(frame, &TERMS)?;
            frame::put(&mut out, kind, 0, id, |out| end::put_end(out, error.as_ref(), &beside));
            format!("{error:?} {}", said(&beside))
        }
        Kind::Credit => {
            let credit = body.array::<4>()?;
            frame::put(&mut out, kind, 0, id, |out| out.extend(credit));
            format!("{credit:?}")
        }
        Kind::Ping | Kind::Pong => {
            let token = body.array::<8>()?;
            frame::put(&mut out, kind, 0, id, |out| out.extend(token));
            format!("{token:?}")
        }
        Kind::Bye => {
            let (reason, words) = (body.u8()?, body.text(1024)?);
            frame::put(&mut out, kind, 0, id, |out| {
                out.push(reason);
                put_block(out, words.as_bytes());
            });
            format!("{reason} {words:?}")
        }
        Kind::Cancel | Kind::Drain | Kind::Done => {
            frame::put(&mut out, kind, 0, id, |_| {});
            String::new()
        }
    };
    Ok((words, out.into()))
}

fn said(beside: &end::Beside) -> String {
    let pairs = |metadata: &crate::metadata::Metadata| format!("{:?}", metadata.iter().collect::<Vec<_>>());
    format!("{} {}", pairs(&beside.headers), pairs(&beside.trailers))
}
