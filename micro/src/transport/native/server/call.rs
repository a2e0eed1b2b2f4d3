//! One call: its handler, and its answer.

use std::sync::Arc;

use super::jobs::Jobs;
use crate::context::Context;
use crate::errors::{Error, Result};
use crate::rpc::{Payload, Streaming};
use crate::transport::native::end::{self, Beside};
use crate::transport::native::frame::Kind;
use crate::transport::native::link::{Flush, Link, Queue};
use crate::transport::native::outgoing::{self, Credit};

/// Sends the answer, whatever it is, and forgets the call.
pub(super) async fn answer(link: Arc<Link<Jobs>>, id: u32, context: Context, outcome: Result<Payload>) {
    let outcome = match outcome {
        Ok(Payload::Many(items)) => many(&link, id, &context, items).await,
        other => other.map(Some),
    };
    link.room().await;
    link.flushing(|queue, jobs| {
        jobs.finish(id);
        if jobs.is_awaited() {
            queue.nudge();
        }
        match outcome {
            Ok(Some(Payload::One(message))) => {
                reply(queue, link.theirs.message, link.theirs.metadata, id, &context, &message)
            }
            Ok(_) => ended(queue, link.theirs.metadata, id, &context, None),
            Err(error) => ended(queue, link.theirs.metadata, id, &context, Some(&error)),
        }
        (if jobs.is_empty() { Flush::Alone } else { Flush::Together }, ())
    });
}

async fn many(
    link: &Link<Jobs>,
    id: u32,
    context: &Context,
    items: Streaming<bytes::Bytes>,
) -> Result<Option<Payload>> {
    let credit = Credit::new(link.theirs.window);
    let ahead = Beside::ahead(context, link.theirs.metadata);
    link.with(|queue, jobs| {
        jobs.sends(id, &credit);
        queue.frame(Kind::Begin, 0, id, |out| end::put_begin(out, &ahead));
    });
    outgoing::send(link, id, &credit, items, 0).await.map(|()| None)
}

/// Queues the answer of one message.
pub(super) fn reply(queue: &mut Queue, most: u32, metadata: u32, id: u32, context: &Context, message: &[u8]) {
    if message.len() > most as usize {
        let words = format!("the answer has {} bytes, and the caller takes {most}", message.len());
        return ended(queue, metadata, id, context, Some(&Error::resource_exhausted(words)));
    }
    let beside = Beside::of(context, metadata);
    queue.frame(Kind::Reply, end::reply_flags(&beside), id, |out| end::put_reply(out, &beside, message));
}

/// Queues how a call ended.
pub(super) fn ended(queue: &mut Queue, metadata: u32, id: u32, context: &Context, error: Option<&Error>) {
    let beside = Beside::of(context, metadata);
    queue.frame(Kind::End, 0, id, |out| end::put_end(out, error, &beside));
}
