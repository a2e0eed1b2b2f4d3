//! Messages as details of errors: typed values that travel with a failure.

use super::Message;
use crate::errors::{Detail, Error};

/// `Error::with_detail(&out_of_stock)` takes a message.
impl<M: Message> From<&M> for Detail {
    fn from(message: &M) -> Self {
        Detail::new(M::DESC.name, message.encode_to_vec())
    }
}

impl Error {
    /// The first detail that is an `M`.
    ///
    /// A detail that has the name of `M` and other bytes is passed over: what a peer sends must not turn one failure into
    /// another.
    pub fn detail<M: Message>(&self) -> Option<M> {
        let named = self.details().iter().filter(|detail| detail.type_name() == M::DESC.name);
        named.filter_map(|detail| M::decode_shared(detail.value()).ok()).next()
    }

    /// Adds a message for the peer. The same as [`with_detail`](Error::with_detail).
    #[must_use]
    pub fn with_message_detail<M: Message>(self, message: &M) -> Self {
        self.with_detail(message)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_detail_comes_back_by_its_type() {
        let wait = Duration::from_secs(3);
        let error = Error::unavailable("later").with_detail(&()).with_message_detail(&wait);
        assert_eq!(error.detail::<Duration>(), Some(wait));
        assert_eq!(error.details()[1].type_name(), "google.protobuf.Duration");
        assert_eq!(Error::unavailable("later").detail::<Duration>(), None);
    }

    #[test]
    fn broken_details_are_passed_over() {
        let error = Error::unavailable("later")
            .with_detail(Detail::new("google.protobuf.Duration", &[0xff_u8][..]))
            .with_detail(&Duration::from_secs(1));
        assert_eq!(error.detail::<Duration>(), Some(Duration::from_secs(1)));
    }
}
