//! Event stream of a subscription, as read by the subscriber.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Cx, Poll};

use futures_core::Stream;

use super::driver::Driver;
use super::inbox::InboxNext;
use super::local_subscription::LocalSubscription;
use crate::broker::Delivery;
use crate::errors::Result;
use crate::util::clock::{self, Sleep};

/// A stream of the events of a subscription. Dropping it ends the subscription.
pub(super) struct DirectSubscriber {
    shared: Arc<Shared>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// State shared by deliveries. A subscriber owns an event until it settles the event, or its process ends.
struct Shared {
    driver: Arc<Driver>,
    subscription: Arc<LocalSubscription>,
}

impl DirectSubscriber {
    pub(super) fn new(driver: Arc<Driver>, subscription: Arc<LocalSubscription>) -> Self {
        DirectSubscriber { shared: Arc::new(Shared { driver, subscription }), timer: None }
    }
}

impl Stream for DirectSubscriber {
    type Item = Result<Delivery>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match this.shared.subscription.next(cx.waker()) {
                InboxNext::Delivery { id, event, attempt } => {
                    let shared = this.shared.clone();
                    let settle = move |ended| shared.driver.settle(&shared.subscription, id, ended);
                    return Poll::Ready(Some(Ok(Delivery::ending_at(event, attempt, settle))));
                }
                InboxNext::Nothing { until: None } => return Poll::Pending,
                InboxNext::Nothing { until: Some(until) } => {
                    let timer = this.timer.get_or_insert_with(|| Box::pin(clock::sleep_until(until)));
                    if timer.deadline() != until {
                        timer.as_mut().reset(until);
                    }
                    std::task::ready!(timer.as_mut().poll(cx));
                }
            }
        }
    }
}

impl Drop for DirectSubscriber {
    fn drop(&mut self) {
        self.shared.driver.unsubscribe(&self.shared.subscription);
    }
}
