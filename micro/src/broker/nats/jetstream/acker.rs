//! The reply subject of a delivery: what it says of the delivery, and answering to it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_nats::Subject;
use async_nats::jetstream::AckKind;
use futures_util::future::FutureExt as _;

use crate::errors::{Error, Result};
use crate::link::nats::{NatsConnection, REQUEST_TIMEOUT};
use crate::util::clock;

/// Answers to the reply subject of a delivery.
#[derive(Clone)]
pub(super) struct Acker {
    pub(super) connection: NatsConnection,
    pub(super) subject: Subject,
}

/// Properties of a delivery, parsed from its reply subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DeliveryInfo {
    /// The event's place in the stream.
    pub(super) sequence: u64,
    /// Number of this delivery, from one.
    pub(super) attempt: u32,
    /// Time at which the stream stored the event.
    pub(super) published: SystemTime,
}

impl Acker {
    /// Sends an answer. While the connection is lost it waits in the driver, and goes out when the connection is back.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::Code::Unavailable) when the driver does not take it within [`REQUEST_TIMEOUT`].
    pub(super) async fn send(&self, kind: AckKind) -> Result<()> {
        let sending = self.connection.client().publish(self.subject.clone(), kind.into());
        let why = match clock::timeout(REQUEST_TIMEOUT, sending).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(late) => late.to_string(),
        };
        Err(Error::unavailable(format!("cannot settle a delivery of NATS: {why}")))
    }

    /// Returns the delivery without waiting. Where the driver's queue is full, the server delivers it again when its time is up.
    pub(super) fn nack(&self) {
        let sending = self.connection.client().publish(self.subject.clone(), AckKind::Nak(None).into());
        let _ = tokio::task::unconstrained(sending).now_or_never();
    }
}

impl DeliveryInfo {
    /// Parses `$JS.ACK.STREAM.CONSUMER.ATTEMPT.SEQUENCE.OF_CONSUMER.TIME.LEFT`. Servers with domains put a domain and an account
    /// before the stream, and may add more at the end.
    pub(super) fn parse(subject: &str) -> Option<Self> {
        let rest = subject.strip_prefix("$JS.ACK.")?;
        let skipped = if rest.bytes().filter(|byte| *byte == b'.').count() == 6 { 2 } else { 4 };
        let mut words = rest.split('.').skip(skipped);
        let mut number = || words.next()?.parse::<u64>().ok();
        let (attempt, sequence, _, published) = (number()?, number()?, number()?, number()?);
        let attempt = u32::try_from(attempt).unwrap_or(u32::MAX).max(1);
        Some(DeliveryInfo { sequence, attempt, published: UNIX_EPOCH + Duration::from_nanos(published) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_subjects_are_parsed_with_and_without_a_domain() {
        let published = UNIX_EPOCH + Duration::from_nanos(1_795_716_979_638_063_217);
        let info = DeliveryInfo { sequence: 38, attempt: 2, published };
        for subject in [
            "$JS.ACK.shop.billing@orders.2.38.3.1795716979638063217.0",
            "$JS.ACK.hub.ACCHASH.shop.billing@orders.2.38.3.1795716979638063217.0",
            "$JS.ACK._.ACCHASH.shop.billing@orders.2.38.3.1795716979638063217.0.random",
        ] {
            assert_eq!(DeliveryInfo::parse(subject), Some(info), "{subject}");
        }
        for subject in ["", "$JS.ACK.", "$JS.ACK.a.b.c.d.e.f.g", "$JS.ACK.1.2.3", "_INBOX.a.b"] {
            assert_eq!(DeliveryInfo::parse(subject), None, "{subject}");
        }
    }
}
