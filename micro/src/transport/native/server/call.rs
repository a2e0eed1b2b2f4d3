//! One call: its handler, and its answer.

use std::sync::Arc;

use super::in_flight::InFlightCalls;
use crate::context::Context;
use crate::errors::{Error, Result};
use crate::rpc::{Payload, Streaming};
use crate::transport::native::frame::FrameKind;
use crate::transport::native::outgoing::{self, Credit};
use crate::transport::native::response::{self, ReplyMetadata};
use crate::transport::native::shared_connection::{Flush, FrameQueue, SharedConnection};

/// Sends the answer, whatever it is, and forgets the call.
pub(super) async fn answer(
    shared: Arc<SharedConnection<InFlightCalls>>,
    id: u32,
    context: Context,
    outcome: Result<Payload>,
) {
    let outcome = match outcome {
        Ok(Payload::Many(items)) => many(&shared, id, &context, items).await,
        other => other.map(Some),
    };
    shared.room().await;
    shared.flushing(|queue, in_flight| {
        in_flight.finish(id);
        if in_flight.is_awaited() {
            queue.nudge();
        }
        match outcome {
            Ok(Some(Payload::One(message))) => {
                reply(queue, shared.theirs.message, shared.theirs.metadata, id, &context, &message)
            }
            Ok(_) => ended(queue, shared.theirs.metadata, id, &context, None),
            Err(error) => ended(queue, shared.theirs.metadata, id, &context, Some(&error)),
        }
        (if in_flight.is_empty() { Flush::Alone } else { Flush::Together }, ())
    });
}

async fn many(
    shared: &SharedConnection<InFlightCalls>,
    id: u32,
    context: &Context,
    items: Streaming<bytes::Bytes>,
) -> Result<Option<Payload>> {
    let credit = Credit::new(shared.theirs.window);
    let ahead = ReplyMetadata::ahead(context, shared.theirs.metadata);
    shared.with(|queue, in_flight| {
        in_flight.sends(id, &credit);
        queue.frame(FrameKind::Begin, 0, id, |out| response::put_begin(out, &ahead));
    });
    outgoing::send(shared, id, &credit, items, 0).await.map(|()| None)
}

/// Queues the answer of one message.
pub(super) fn reply(queue: &mut FrameQueue, most: u32, metadata: u32, id: u32, context: &Context, message: &[u8]) {
    if message.len() > most as usize {
        let words = format!("the answer has {} bytes, and the caller takes {most}", message.len());
        return ended(queue, metadata, id, context, Some(&Error::resource_exhausted(words)));
    }
    let reply_metadata = ReplyMetadata::of(context, metadata);
    queue.frame(FrameKind::Reply, response::reply_flags(&reply_metadata), id, |out| {
        response::put_reply(out, &reply_metadata, message)
    });
}

/// Queues how a call ended.
pub(super) fn ended(queue: &mut FrameQueue, metadata: u32, id: u32, context: &Context, error: Option<&Error>) {
    let reply_metadata = ReplyMetadata::of(context, metadata);
    queue.frame(FrameKind::End, 0, id, |out| response::put_end(out, error, &reply_metadata));
}
