//! Where the publishers of other processes come in.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context as Cx, Poll};

use futures_core::Stream;

use super::contract::{Addressed, Events, EventsServer, Handover, Happening, Receipt, Why};
use super::desk::Desk;
use super::inbox::{Inbox, Key, Taken};
use super::receipts::Receipts;
use crate::errors::{Error, Result};
use crate::rpc::{Service, Streaming};

/// How many messages are looked at before their publisher hears of it.
const TURN: usize = 16;

/// The contract, answered by a desk. It holds none: whoever serves it is known to the client that the desk's owner holds, and
/// neither would ever go.
struct Door(Weak<Desk>);

pub(super) fn service(desk: &Arc<Desk>) -> Service {
    EventsServer::new(Door(Arc::downgrade(desk)))
}

#[micro::handler(manual)]
impl Events for Door {
    async fn deliver(&self, handovers: Streaming<Handover>) -> Result<Streaming<Receipt>> {
        let desk = self.0.upgrade().ok_or_else(|| Error::unavailable("nobody takes events here any more"))?;
        let receipts = desk.hear()?;
        let (desk, refused) = (self.0.clone(), HashMap::new());
        Ok(Streaming::new(Taking { desk, handovers, receipts, publisher: 0, last: None, refused }))
    }
}

/// Takes in what a publisher hands over, and says what becomes of it. It reads no more than it gets to say, so whoever does
/// not listen is not heard either.
struct Taking {
    desk: Weak<Desk>,
    handovers: Streaming<Handover>,
    receipts: Arc<Receipts>,
    publisher: u64,
    /// Whom the last event was for.
    last: Option<Arc<Inbox>>,
    /// Which round of a subscription had no room.
    refused: HashMap<u64, u32>,
}

impl Taking {
    fn take(&mut self, handover: Handover) -> Result<()> {
        if self.publisher == 0 {
            self.publisher = handover.publisher;
        }
        if self.publisher == 0 || handover.publisher != self.publisher {
            return Err(Error::invalid_argument("a publisher that does not say who it is"));
        }
        // Counted first: one may be settled as soon as it is taken.
        self.receipts.looked(handover.parcels.len());
        for parcel in handover.parcels {
            let (number, attempt) = (parcel.number, parcel.attempt);
            if let Err(why) = self.take_one(parcel) {
                self.receipts.returned(number, attempt, why);
            }
        }
        Ok(())
    }

    fn take_one(&mut self, parcel: Addressed) -> Result<(), Why> {
        let inbox = self.inbox(parcel.subscription).ok_or(Why::Elsewhere)?;
        if self.refused.get(&parcel.subscription) == Some(&parcel.round) {
            return Err(Why::Full);
        }
        let event = Happening::event(&parcel.event).map_err(|_| Why::Refused)?;
        let key = Key { publisher: self.publisher, number: parcel.number };
        match inbox.take_from(&self.receipts, key, event, parcel.attempt) {
            Taken::Yes => Ok(()),
            Taken::Closed => Err(Why::Elsewhere),
            Taken::Full => {
                self.refused.insert(parcel.subscription, parcel.round);
                Err(Why::Full)
            }
        }
    }

    fn inbox(&mut self, subscription: u64) -> Option<Arc<Inbox>> {
        if self.last.as_ref().is_none_or(|last| last.listed().subscription != subscription) {
            self.last = self.desk.upgrade()?.inbox(subscription);
        }
        self.last.clone()
    }
}

impl Stream for Taking {
    type Item = Result<Receipt>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Receipt>>> {
        let this = &mut *self;
        let mut turn = 0;
        while turn < TURN {
            match Pin::new(&mut this.handovers).poll_next(cx) {
                Poll::Ready(Some(handover)) => {
                    if let Err(error) = handover.and_then(|handover| this.take(handover)) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                Poll::Ready(None) => {
                    this.receipts.leave();
                    break;
                }
                Poll::Pending => break,
            }
            turn += 1;
        }
        let next = this.receipts.poll_next(cx).map(|receipt| receipt.map(Ok));
        if next.is_pending() && turn == TURN {
            cx.waker().wake_by_ref();
        }
        next
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        self.receipts.close();
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}
