//! One call: its handler, and its answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use super::jobs::Jobs;
use crate::codec::Codec;
use crate::context::Context;
use crate::errors::{Error, Result};
use crate::rpc::{BytesExchange, Call, Payload, Streaming};
use crate::transport::native::end::{self, Beside};
use crate::transport::native::frame::Kind;
use crate::transport::native::incoming;
use crate::transport::native::link::{Flush, Link, Queue};
use crate::transport::native::outgoing::{self, Credit};
use crate::transport::{Inbound, Route};

/// Runs the method. Whatever wraps it may panic, and that is no end of the connection.
pub(super) async fn run(
    inbound: Arc<dyn Inbound>,
    route: Route,
    codec: Codec,
    request: Payload,
    context: Context,
) -> Result<Payload> {
    let run = AssertUnwindSafe(exchange(inbound, route, codec, request, context)).catch_unwind();
    run.await.unwrap_or_else(|panic| Err(Error::panicked(&*panic)))
}

async fn exchange(
    inbound: Arc<dyn Inbound>,
    route: Route,
    codec: Codec,
    request: Payload,
    context: Context,
) -> Result<Payload> {
    let request = match request {
        // Whoever passes calls on knows no shapes, and sends streams.
        Payload::Many(items) if !route.method().client_streaming() => Payload::One(incoming::only(items).await?),
        request => request,
    };
    let mut exchange = BytesExchange::new(request, codec);
    let mut call = Call::new(route.name(), route.method(), context, &mut exchange);
    inbound.call(&route, &mut call).await?;
    exchange.into_reply()
}

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
