//! Request head: the body of CALL, up to the message.

use std::time::Duration;

use bytes::Bytes;

use super::frame::{Frame, flags};
use super::handshake::ConnectionSettings;
use super::metadata;
use super::protocol_error::ProtocolError;
use super::wire::{Cursor, put_block, put_varint};
use crate::context::{Context, Trace};
use crate::metadata::Metadata;

/// Maximum length of each name of a method.
const MAX_NAME: usize = 4096;

/// Names of a method, which a number replaces once both sides know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct MethodNames<'a> {
    pub(super) path: &'a str,
    pub(super) service: &'a str,
    pub(super) node: &'a str,
    pub(super) codec: &'a str,
}

impl MethodNames<'_> {
    fn texts(&self) -> [&str; 4] {
        [self.path, self.service, self.node, self.codec]
    }

    /// Returns `true` if the names are within the limits.
    pub(super) fn fits(&self) -> bool {
        self.texts().iter().all(|text| text.len() <= MAX_NAME)
    }
}

/// Number of a method, with its names when they are sent for the first time.
#[derive(Clone, Copy, Debug)]
pub(super) struct MethodReference<'a> {
    pub(super) number: u32,
    pub(super) define: Option<MethodNames<'a>>,
}

/// The flags of a CALL.
pub(super) fn flags(method: &MethodReference<'_>, context: &Context, message: bool) -> u8 {
    let define = if method.define.is_some() { flags::DEFINE } else { 0 };
    let trace = if context.trace().is_some() { flags::TRACE } else { 0 };
    define | trace | if message { flags::MESSAGE } else { 0 }
}

/// Appends everything up to the message.
pub(super) fn put(out: &mut Vec<u8>, method: &MethodReference<'_>, left: Option<Duration>, context: &Context) {
    put_varint(out, u64::from(method.number));
    for text in method.define.iter().flat_map(MethodNames::texts) {
        put_block(out, text.as_bytes());
    }
    let left = left.map_or(0, |left| u64::try_from(left.as_micros()).unwrap_or(u64::MAX - 1) + 1);
    put_varint(out, left);
    if let Some(trace) = context.trace() {
        out.extend_from_slice(&trace.to_bytes());
    }
    metadata::put(out, context.metadata());
}

/// A CALL as it was read.
#[derive(Debug)]
pub(super) struct RequestHead<'a> {
    pub(super) method: MethodReference<'a>,
    pub(super) timeout: Option<Duration>,
    pub(super) trace: Option<Trace>,
    pub(super) metadata: Metadata,
    /// The request, where it is one message.
    pub(super) message: Option<Bytes>,
}

impl<'a> RequestHead<'a> {
    pub(super) fn read(frame: Frame<'a>, settings: &ConnectionSettings) -> Result<Self, ProtocolError> {
        let mut body = frame.body;
        let number =
            u32::try_from(body.varint()?).map_err(|_| ProtocolError::out_of_order("a method beyond all limits"))?;
        let define = if frame.has(flags::DEFINE) { Some(target(&mut body)?) } else { None };
        let timeout = body.varint()?.checked_sub(1).map(Duration::from_micros);
        let trace = if frame.has(flags::TRACE) { Trace::from_bytes(&body.array()?) } else { None };
        let metadata = metadata::read(&mut body, settings.metadata as usize)?;
        let message = message(frame, body, settings)?;
        Ok(RequestHead { method: MethodReference { number, define }, timeout, trace, metadata, message })
    }
}

fn target<'a>(body: &mut Cursor<'a>) -> Result<MethodNames<'a>, ProtocolError> {
    Ok(MethodNames {
        path: body.text(MAX_NAME)?,
        service: body.text(MAX_NAME)?,
        node: body.text(MAX_NAME)?,
        codec: body.text(MAX_NAME)?,
    })
}

fn message(frame: Frame<'_>, body: Cursor<'_>, settings: &ConnectionSettings) -> Result<Option<Bytes>, ProtocolError> {
    if !frame.has(flags::MESSAGE) {
        return if body.is_empty() {
            Ok(None)
        } else {
            Err(ProtocolError::malformed("bytes behind the head of a call"))
        };
    }
    settings.check_message(body.len())?;
    Ok(Some(body.rest()))
}

#[cfg(test)]
mod tests {
    use super::super::frame::{self, FrameKind};
    use super::*;

    const ECHO: MethodNames<'_> = MethodNames { path: "/it.Echo/Say", service: "echo", node: "n", codec: "proto" };

    fn written(method: MethodReference<'_>, context: &Context, message: Option<&[u8]>) -> Bytes {
        let mut out = Vec::new();
        frame::put(&mut out, FrameKind::Call, flags(&method, context, message.is_some()), 1, |out| {
            put(out, &method, context.remaining(), context);
            out.extend(message.unwrap_or_default());
        });
        out.into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_comes_back_as_it_began() {
        let mut metadata = Metadata::new();
        metadata.insert("tenant", "acme").unwrap();
        let trace = Trace::start();
        let full =
            Context::new().with_timeout(Duration::from_secs(3)).with_trace(trace).with_metadata(metadata.clone());
        let bytes = written(MethodReference { number: 7, define: Some(ECHO) }, &full, Some(b"hi"));
        let frame = frame::frames(&bytes).next().unwrap().unwrap();
        let begin = RequestHead::read(frame, &ConnectionSettings::default()).unwrap();
        assert_eq!((begin.method.number, begin.method.define), (7, Some(ECHO)));
        assert_eq!((begin.timeout, begin.trace, begin.metadata), (Some(Duration::from_secs(3)), Some(trace), metadata));
        assert_eq!(begin.message.unwrap(), &b"hi"[..]);

        let bytes = written(MethodReference { number: 0, define: None }, &Context::new(), None);
        assert_eq!(bytes.len(), frame::HEAD_SIZE + 3);
        let begin =
            RequestHead::read(frame::frames(&bytes).next().unwrap().unwrap(), &ConnectionSettings::default()).unwrap();
        assert!(begin.timeout.is_none() && begin.trace.is_none() && begin.message.is_none());
    }

    #[test]
    fn a_head_that_is_cut_is_malformed_wherever_it_is_cut() {
        let context = Context::new().with_trace(Trace::start());
        let bytes = written(MethodReference { number: 7, define: Some(ECHO) }, &context, None);
        for cut in frame::HEAD_SIZE..bytes.len() {
            let body = Cursor::within(&bytes, frame::HEAD_SIZE, cut - frame::HEAD_SIZE);
            let frame = Frame { kind: FrameKind::Call, flags: flags::DEFINE | flags::TRACE, id: 1, body };
            assert!(RequestHead::read(frame, &ConnectionSettings::default()).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_message_beyond_the_limit_is_refused() {
        let bytes = written(MethodReference { number: 0, define: None }, &Context::new(), Some(b"hello"));
        let settings = ConnectionSettings { message: 4, ..ConnectionSettings::default() };
        assert!(RequestHead::read(frame::frames(&bytes).next().unwrap().unwrap(), &settings).is_err());
    }
}
