//! Settling a delivery.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::AckKind;
use futures_util::future::{BoxFuture, FutureExt as _};

use super::acker::Acker;
use super::buffer::Buffer;
use crate::broker::Settle;
use crate::errors::Result;

/// A delivery that the subscriber holds. Dropped unsettled, it is returned to the server.
pub(super) struct HeldDelivery {
    /// Taken when it is settled.
    acker: Option<Acker>,
    sequence: u64,
    buffer: Arc<Buffer>,
}

impl HeldDelivery {
    pub(super) fn new(acker: Acker, sequence: u64, buffer: Arc<Buffer>) -> Self {
        HeldDelivery { acker: Some(acker), sequence, buffer }
    }

    fn settle(mut self: Box<Self>, kind: AckKind) -> BoxFuture<'static, Result<()>> {
        async move {
            // Taken out, so that nothing is sent twice; dropped before it is polled, this future leaves it to `Drop`.
            let Some(acker) = self.acker.take() else { return Ok(()) };
            if matches!(kind, AckKind::Ack | AckKind::Term) {
                self.buffer.settled(self.sequence);
            }
            acker.send(kind).await
        }
        .boxed()
    }
}

impl Settle for HeldDelivery {
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
            match &self.acker {
                Some(acker) => acker.send(AckKind::Progress).await,
                None => Ok(()),
            }
        }
        .boxed()
    }
}

impl Drop for HeldDelivery {
    fn drop(&mut self) {
        if let Some(acker) = self.acker.take() {
            acker.nack();
        }
        self.buffer.released();
    }
}
