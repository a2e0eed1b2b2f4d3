//! The service that receives events from publishers in other processes.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context as Cx, Poll, Waker};

use futures_core::Stream;

use super::ack_queue::AckQueue;
use super::contract::{self, AckBatch, BatchEntry, EventBatch, EventRecord, NackReason, ReceiverMethod};
use super::driver::Driver;
use super::local_subscription::{EventOrigin, LocalSubscription};
use super::outcome::{EventId, Rejected};
use crate::errors::{Error, Result};
use crate::rpc::{Service, Streaming};

/// Maximum number of batches read before the publisher gets a response.
const MAX_BATCHES_PER_POLL: usize = 16;

/// Implementation of the contract by a driver. The reference is weak: the client held by the driver's owner refers to the server
/// that holds this service, so a strong reference would form a cycle.
struct EventsServer(Weak<Driver>);

pub(super) fn service(driver: &Arc<Driver>) -> Service {
    contract::service(EventsServer(Arc::downgrade(driver)))
}

impl ReceiverMethod for EventsServer {
    fn deliver(&self, batches: Streaming<EventBatch>) -> Result<Streaming<AckBatch>> {
        let gone = || Error::unavailable("this process no longer accepts events");
        let acks = self.0.upgrade().ok_or_else(gone)?.connect_publisher()?;
        let (driver, refused) = (self.0.clone(), HashMap::new());
        Ok(Streaming::new(ReceiveStream { driver, batches, acks, publisher: 0, last: None, refused }))
    }
}

/// A stream that receives the events of a publisher and yields their outcomes. Reads no more than it can respond to, so a
/// publisher that does not read responses is not read from either.
struct ReceiveStream {
    driver: Weak<Driver>,
    batches: Streaming<EventBatch>,
    acks: Arc<AckQueue>,
    publisher: u64,
    /// Subscription of the last event.
    last: Option<Arc<LocalSubscription>>,
    /// Epoch in which a subscription was full, by subscription.
    refused: HashMap<u64, u32>,
}

impl ReceiveStream {
    fn receive(&mut self, batch: EventBatch) -> Result<()> {
        if self.publisher == 0 {
            self.publisher = batch.publisher;
        }
        if self.publisher == 0 || batch.publisher != self.publisher {
            return Err(Error::invalid_argument("the publisher id is missing, or differs from that of the call"));
        }
        // Counted first: an event may be settled as soon as it is accepted.
        self.acks.received(batch.entries.len());
        let mut wakers = Vec::new();
        for entry in batch.entries {
            let (number, attempt) = (entry.number, entry.attempt);
            if let Err(reason) = self.accept(entry, &mut wakers) {
                self.acks.nack(number, attempt, reason);
            }
        }
        wakers.into_iter().for_each(Waker::wake);
        Ok(())
    }

    fn accept(&mut self, entry: BatchEntry, wakers: &mut Vec<Waker>) -> Result<(), NackReason> {
        let subscription = self.subscription(entry.subscription).ok_or(NackReason::Reroute)?;
        if self.refused.get(&entry.subscription) == Some(&entry.epoch) {
            return Err(NackReason::Full);
        }
        let event = EventRecord::decode(&entry.event).map_err(|_| NackReason::Refused)?;
        let id = EventId { publisher: self.publisher, number: entry.number };
        let origin = EventOrigin::Remote(self.acks.clone());
        subscription.accept(id, entry.attempt, origin, || event, wakers).map_err(|why| match why {
            Rejected::Closed => NackReason::Reroute,
            Rejected::Full => {
                self.refused.insert(entry.subscription, entry.epoch);
                NackReason::Full
            }
        })
    }

    fn subscription(&mut self, id: u64) -> Option<Arc<LocalSubscription>> {
        if self.last.as_ref().is_none_or(|last| last.advertisement().subscription != id) {
            self.last = self.driver.upgrade()?.subscription(id);
        }
        self.last.clone()
    }
}

impl Stream for ReceiveStream {
    type Item = Result<AckBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<AckBatch>>> {
        let this = &mut *self;
        let mut read = 0;
        while read < MAX_BATCHES_PER_POLL {
            match Pin::new(&mut this.batches).poll_next(cx) {
                Poll::Ready(Some(batch)) => {
                    if let Err(error) = batch.and_then(|batch| this.receive(batch)) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                Poll::Ready(None) => {
                    this.acks.leave();
                    break;
                }
                Poll::Pending => break,
            }
            read += 1;
        }
        let next = this.acks.poll_next(cx).map(|batch| batch.map(Ok));
        if next.is_pending() && read == MAX_BATCHES_PER_POLL {
            cx.waker().wake_by_ref();
        }
        next
    }
}

impl Drop for ReceiveStream {
    fn drop(&mut self) {
        self.acks.close();
    }
}
