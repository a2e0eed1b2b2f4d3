//! Settling by hand: for handlers that are done with an event later than they return, or know better what becomes of it.

use std::fmt;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::broker::Settle;
use crate::errors::{Error, Result};

/// The right to say what becomes of an event, in the hands of its handler.
///
/// The handler may keep it and return. Until it is used the event counts as being handled: it takes one of the places that
/// [`concurrency`](super::ConsumerOptions::concurrency) gives, its broker keeps hearing that it is in good hands, and a shutdown
/// waits for it. Dropping it unused is a failed try, like an error of the handler.
///
/// ```
/// use micro::broker::Ack;
/// use micro::prelude::*;
///
/// async fn paid(ack: Ack) -> Result<()> {
///     micro::spawn(async move {
///         // what takes its time
///         ack.done().await
///     });
///     Ok(())
/// }
/// ```
#[must_use = "an event whose `Ack` is dropped is tried again"]
pub struct Ack(oneshot::Sender<Decided>);

/// Decision of the handler, and a channel on which the broker's confirmation arrives.
struct Decided {
    decision: Decision,
    carried_out: oneshot::Sender<Result<()>>,
}

enum Decision {
    Done,
    Again(Duration),
    Never,
}

impl Ack {
    /// The event is done with. Returns once the broker knows.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::Code::Unavailable) when the broker cannot be told: it will deliver the event again.
    pub async fn done(self) -> Result<()> {
        self.decide(Decision::Done).await
    }

    /// Requests redelivery, not before `after` has passed. This is not one of the failed attempts after which an event is a dead
    /// letter, though brokers that count deliveries count it.
    ///
    /// # Errors
    ///
    /// As [`done`](Self::done); [`Unimplemented`](crate::Code::Unimplemented) where the broker delivers nothing again.
    pub async fn again(self, after: Duration) -> Result<()> {
        self.decide(Decision::Again(after)).await
    }

    /// Discards the event for good: it is neither redelivered nor a dead letter.
    ///
    /// # Errors
    ///
    /// As [`done`](Self::done).
    pub async fn reject(self) -> Result<()> {
        self.decide(Decision::Never).await
    }

    /// One that comes too late.
    pub(crate) fn late() -> Self {
        pair().0
    }

    async fn decide(self, decision: Decision) -> Result<()> {
        let (carried_out, answer) = oneshot::channel();
        let late = || Error::failed_precondition("the event is no longer in this handler's hands: it is tried again");
        self.0.send(Decided { decision, carried_out }).map_err(|_| late())?;
        answer.await.unwrap_or_else(|_| Err(late()))
    }
}

impl fmt::Debug for Ack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ack")
    }
}

/// The other end of an [`Ack`].
pub(super) struct WaitingAck(oneshot::Receiver<Decided>);

/// A decision of a handler, to be carried out.
pub(super) struct Said(Decided);

pub(super) fn pair() -> (Ack, WaitingAck) {
    let (ack, waiting) = oneshot::channel();
    (Ack(ack), WaitingAck(waiting))
}

impl WaitingAck {
    /// Returns the decision; `None` if the [`Ack`] was dropped. The wait may be cancelled and repeated.
    pub(super) async fn said(&mut self) -> Option<Said> {
        (&mut self.0).await.ok().map(Said)
    }
}

impl Said {
    /// Notifies the broker, and then the handler.
    pub(super) async fn carry_out(self, settle: Box<dyn Settle>) -> Result<()> {
        let told = match self.0.decision {
            Decision::Done => settle.ack().await,
            Decision::Again(after) => settle.retry(after).await,
            Decision::Never => settle.reject().await,
        };
        // The handler may have been dropped.
        let _ = self.0.carried_out.send(told.clone());
        told
    }
}
