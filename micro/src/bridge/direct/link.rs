//! One link: what is said to the process of a subscriber, and what it answers.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context as Cx, Poll};
use std::time::Duration;

use futures_core::Stream;

use super::bounds::{BEAT, backoff};
use super::contract::{EventsClient, Handover};
use super::listed::NODE;
use super::outbox::{Outbox, Use};
use crate::client::{CallOptions, Retry, ServiceClient};
use crate::errors::{Error, Result};
use crate::registry::Node;
use crate::rpc::Streaming;
use crate::selector::Filter;
use crate::util::clock;

/// A link that lasted this long was not part of the trouble.
const STEADY: Duration = Duration::from_secs(5);
/// Silence ends nothing here: whoever wants to know whether the other side is there hears its transport.
const SILENCE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Keeps a link open for as long as it is of use.
pub(super) async fn keep(outbox: Weak<Outbox>, client: EventsClient, link: u64, node: Arc<Node>) {
    let only = Filter::default().with_label(NODE, &node.id);
    let options = CallOptions::new().with_filter(only).with_retry(Retry::Never).with_idle_timeout(SILENCE);
    let client = client.with(options);
    let mut failures = 0;
    loop {
        let begun = clock::now();
        let how = run(&outbox, &client, link).await;
        failures = if begun.elapsed() > STEADY { 1 } else { failures + 1 };
        if let Err(error) = &how {
            tell(&node, failures, error);
        }
        match outbox.upgrade() {
            Some(outbox) if outbox.ended(link, how.as_ref().map(drop)) == Use::Wanted => {}
            _ => return,
        }
        clock::sleep(backoff(failures)).await;
    }
}

async fn run(outbox: &Weak<Outbox>, client: &EventsClient, link: u64) -> Result<()> {
    let outgoing = Outgoing { outbox: outbox.clone(), link, greeted: false };
    let mut receipts = client.deliver(Streaming::new(outgoing)).await?;
    let with = |act: &dyn Fn(&Outbox)| outbox.upgrade().map(|outbox| act(&outbox));
    if with(&|outbox| outbox.opened(link)).is_none() {
        return Ok(());
    }
    loop {
        let next = clock::timeout(BEAT, receipts.try_next()).await;
        let Some(outbox) = outbox.upgrade() else { return Ok(()) };
        let used = match next {
            Ok(receipt) => match receipt? {
                Some(receipt) => outbox.receive(link, receipt),
                None => Use::Unwanted,
            },
            Err(_quiet) => outbox.beat(link),
        };
        if used == Use::Unwanted {
            return Ok(());
        }
    }
}

/// Once per outage is for the operator, the rest for the developer.
fn tell(node: &Node, failures: u32, error: &Error) {
    let (node, address) = (&node.id, &node.address);
    if failures == 1 {
        tracing::warn!(node, address, "events cannot be handed to a subscriber's process: {error:#}");
    } else {
        tracing::debug!(node, address, "events still cannot be handed over: {error:#}");
    }
}

/// What is written on a link.
struct Outgoing {
    outbox: Weak<Outbox>,
    link: u64,
    greeted: bool,
}

impl Stream for Outgoing {
    type Item = Result<Handover>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Handover>>> {
        let Some(outbox) = self.outbox.upgrade() else { return Poll::Ready(None) };
        if !std::mem::replace(&mut self.greeted, true) {
            return Poll::Ready(Some(Ok(outbox.greeting())));
        }
        outbox.poll_write(self.link, cx).map(|handover| handover.map(Ok))
    }
}
