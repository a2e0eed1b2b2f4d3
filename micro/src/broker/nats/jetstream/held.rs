//! A delivery in somebody's hands, and how the server hears what became of it.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::{AckKind, Message};
use futures_util::future::{BoxFuture, FutureExt};

use super::pull::Room;
use crate::broker::Settle;
use crate::errors::{Error, Result};
use crate::util::clock;
use crate::util::link::nats::PATIENCE;

pub(super) struct Held {
    message: Option<Message>,
    sequence: u64,
    room: Arc<Room>,
}

impl Held {
    pub(super) fn new(message: Message, sequence: u64, room: Arc<Room>) -> Self {
        Held { message: Some(message), sequence, room }
    }

    fn settle(mut self: Box<Self>, kind: AckKind) -> BoxFuture<'static, Result<()>> {
        async move {
            // Taken out, so that nothing is said twice; dropped with this future, it is as if nothing had been said.
            let Some(message) = self.message.take() else { return Ok(()) };
            if matches!(kind, AckKind::Ack | AckKind::Term) {
                self.room.settled(self.sequence);
            }
            tell(&message, kind).await
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
            match &self.message {
                Some(message) => tell(message, AckKind::Progress).await,
                None => Ok(()),
            }
        }
        .boxed()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(message) = self.message.take() {
            give_back(&message);
        }
        self.room.left();
    }
}

/// Tells the server. While the connection is lost this waits in the driver, and goes out when it is back.
pub(super) async fn tell(message: &Message, kind: AckKind) -> Result<()> {
    let why = match clock::timeout(PATIENCE, message.ack_with(kind)).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(late) => late.to_string(),
    };
    Err(Error::unavailable(format!("cannot tell NATS what became of an event: {why}")))
}

/// Gives a message back at once, where there is nobody to wait: the driver's queue takes it, or else the server gives it to
/// others when its time is up.
pub(super) fn give_back(message: &Message) {
    let _ = tokio::task::unconstrained(message.ack_with(AckKind::Nak(None))).now_or_never();
}
