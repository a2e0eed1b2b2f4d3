//! A delivery in somebody's hands, and how the server hears what became of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_nats::Subject;
use async_nats::jetstream::AckKind;
use futures_util::future::{BoxFuture, FutureExt};

use super::pull::Room;
use crate::broker::Settle;
use crate::errors::{Error, Result};
use crate::link::nats::{Connection, TIMEOUT};
use crate::util::clock;

pub(super) struct Held {
    /// Where the server hears of it, until it has.
    tell: Option<Receipt>,
    sequence: u64,
    room: Arc<Room>,
}

/// Where the server hears what became of a delivery.
#[derive(Clone)]
pub(super) struct Receipt {
    pub(super) connection: Connection,
    pub(super) subject: Subject,
}

/// What the server says of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct About {
    /// Which event of the stream it is.
    pub(super) sequence: u64,
    /// The how manieth delivery.
    pub(super) attempt: u32,
    /// When the event came into the stream.
    pub(super) published: SystemTime,
}

impl About {
    /// Reads what stands in the subject of a receipt: `$JS.ACK.STREAM.CONSUMER.ATTEMPT.SEQUENCE.OF_CONSUMER.TIME.LEFT`, with a
    /// domain and an account before the stream, and room for more at the end, since there are domains.
    pub(super) fn read(receipt: &str) -> Option<Self> {
        let rest = receipt.strip_prefix("$JS.ACK.")?;
        let skipped = if rest.bytes().filter(|byte| *byte == b'.').count() == 6 { 2 } else { 4 };
        let mut words = rest.split('.').skip(skipped);
        let mut number = || words.next()?.parse::<u64>().ok();
        let (attempt, sequence, _, published) = (number()?, number()?, number()?, number()?);
        let attempt = u32::try_from(attempt).unwrap_or(u32::MAX).max(1);
        Some(About { sequence, attempt, published: UNIX_EPOCH + Duration::from_nanos(published) })
    }
}

impl Held {
    pub(super) fn new(receipt: Receipt, sequence: u64, room: Arc<Room>) -> Self {
        Held { tell: Some(receipt), sequence, room }
    }

    fn settle(mut self: Box<Self>, kind: AckKind) -> BoxFuture<'static, Result<()>> {
        async move {
            // Taken out, so that nothing is said twice; dropped with this future, it is as if nothing had been said.
            let Some(receipt) = self.tell.take() else { return Ok(()) };
            if matches!(kind, AckKind::Ack | AckKind::Term) {
                self.room.settled(self.sequence);
            }
            receipt.say(kind).await
        }
        .boxed()
    }
}

impl Settle for Held {
    fn ack(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        self.settle(AckKind::Ack)
    }

    fn retry(self: Box<Self>, after: Duration) -> BoxFuture<'static, Result<()>> {
        self.settle(AckKind::Nak((!after.is_zero()).then_some(after)))
    }

    fn reject(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        self.settle(AckKind::Term)
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        async {
            match &self.tell {
                Some(receipt) => receipt.say(AckKind::Progress).await,
                None => Ok(()),
            }
        }
        .boxed()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(receipt) = self.tell.take() {
            receipt.give_back();
        }
        self.room.left();
    }
}

impl Receipt {
    /// Tells the server. While the connection is lost this waits in the driver, and goes out when it is back.
    pub(super) async fn say(&self, kind: AckKind) -> Result<()> {
        let saying = self.connection.client().publish(self.subject.clone(), kind.into());
        let why = match clock::timeout(TIMEOUT, saying).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(late) => late.to_string(),
        };
        Err(Error::unavailable(format!("cannot tell NATS what became of an event: {why}")))
    }

    /// Gives it back at once, where there is nobody to wait: the driver's queue takes it, or else the server gives it to others
    /// when its time is up.
    pub(super) fn give_back(&self) {
        let saying = self.connection.client().publish(self.subject.clone(), AckKind::Nak(None).into());
        let _ = tokio::task::unconstrained(saying).now_or_never();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_read_with_and_without_a_domain() {
        let published = UNIX_EPOCH + Duration::from_nanos(1_795_716_979_638_063_217);
        let about = About { sequence: 38, attempt: 2, published };
        for receipt in [
            "$JS.ACK.shop.billing@orders.2.38.3.1795716979638063217.0",
            "$JS.ACK.hub.ACCHASH.shop.billing@orders.2.38.3.1795716979638063217.0",
            "$JS.ACK._.ACCHASH.shop.billing@orders.2.38.3.1795716979638063217.0.random",
        ] {
            assert_eq!(About::read(receipt), Some(about), "{receipt}");
        }
        for receipt in ["", "$JS.ACK.", "$JS.ACK.a.b.c.d.e.f.g", "$JS.ACK.1.2.3", "_INBOX.a.b"] {
            assert_eq!(About::read(receipt), None, "{receipt}");
        }
    }
}
