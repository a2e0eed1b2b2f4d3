//! Connection of a session: a call to another process, whose streams carry events and their outcomes.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context as Cx, Poll};
use std::time::Duration;

use futures_core::Stream;

use super::advertisement::NODE;
use super::contract::{Deliver, EventBatch};
use super::driver::Driver;
use super::limits::{HEARTBEAT_INTERVAL, retry_delay};
use super::outbox::Disconnected;
use crate::client::{CallOptions, Client, Retry};
use crate::errors::{Code, Error, Result};
use crate::registry::Node;
use crate::rpc::Streaming;
use crate::selector::Filter;
use crate::util::clock;

/// Minimum duration of a connection that resets the retry delay.
const STABLE_AFTER: Duration = Duration::from_secs(5);
/// No idle limit: the transport notices when the other side is gone.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Keeps the connection of a session open as long as it is needed.
pub(super) async fn run(driver: Weak<Driver>, client: Client, session: u64, node: Arc<Node>) {
    let only = Filter::default().with_label(NODE, &node.id);
    let options = CallOptions::new().with_filter(only).with_retry(Retry::Never).with_idle_timeout(IDLE_TIMEOUT);
    let client = client.with(options);
    let mut failures = 0;
    loop {
        let begun = clock::now();
        let done = connect(&driver, &client, session).await;
        failures = if begun.elapsed() > STABLE_AFTER { 1 } else { failures + 1 };
        let how = match &done {
            Ok(()) => Disconnected::Closed,
            Err(error) => {
                log(&node, failures, error);
                if error.code() == Code::ResourceExhausted { Disconnected::TooLarge } else { Disconnected::Failed }
            }
        };
        if !driver.upgrade().is_some_and(|driver| driver.disconnected(session, how)) {
            return;
        }
        clock::sleep(retry_delay(failures)).await;
    }
}

async fn connect(driver: &Weak<Driver>, client: &Client, session: u64) -> Result<()> {
    let Some((connection, first)) = driver.upgrade().and_then(|driver| driver.begin(session)) else { return Ok(()) };
    let batches = Batches { driver: driver.clone(), session, connection, first: Some(first) };
    let mut acks = client.call::<Deliver>(Streaming::new(batches)).await?;
    let Some(()) = driver.upgrade().map(|driver| driver.connected(session)) else { return Ok(()) };
    loop {
        let next = clock::timeout(HEARTBEAT_INTERVAL, acks.try_next()).await;
        let Some(driver) = driver.upgrade() else { return Ok(()) };
        let is_wanted = match next {
            Ok(batch) => match batch? {
                Some(batch) => driver.receive(session, batch),
                None => false,
            },
            Err(_quiet) => driver.heartbeat(session),
        };
        if !is_wanted {
            return Ok(());
        }
    }
}

/// Logs one warning per outage for operators, and the other failures at `debug`.
fn log(node: &Node, failures: u32, error: &Error) {
    let (node, address) = (&node.id, &node.address);
    if failures == 1 {
        tracing::warn!(node, address, "could not send events to a subscriber's process: {error:#}");
    } else {
        tracing::debug!(node, address, "still could not send events: {error:#}");
    }
}

/// A stream of the batches to write on a connection.
struct Batches {
    driver: Weak<Driver>,
    session: u64,
    connection: u64,
    first: Option<EventBatch>,
}

impl Stream for Batches {
    type Item = Result<EventBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<EventBatch>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Some(driver) = self.driver.upgrade() else { return Poll::Ready(None) };
        driver.poll_batch(self.session, self.connection, cx).map(|batch| batch.map(Ok))
    }
}
