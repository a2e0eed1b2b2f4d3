//! The promises of the broker room. [`suite!`](macro@crate::testing::suite) makes a test of each.
//!
//! A promise that a broker does not make by its [`Capabilities`](crate::broker::Capabilities) is tested the other way round: it
//! refuses what it cannot do.

mod check;
mod delivery;
mod durability;
mod fixture;
mod handling;
mod queue;

pub use delivery::{events_arrive_whole, every_subscriber_gets_every_event, many_events, patterns_match};
pub use durability::{
    a_durable_queue_keeps_events, a_subscription_outlives_an_outage, an_event_published_twice_is_one,
    earlier_events_can_be_requested, events_outlive_the_broker, what_was_published_is_delivered,
};
pub use fixture::Fixture;
pub use handling::{
    concurrency_is_reached_and_not_exceeded, events_of_one_key_keep_their_order,
    what_fails_is_a_dead_letter_after_its_tries, what_has_begun_is_finished_at_the_end,
};
pub use queue::{
    a_key_goes_to_one_process_at_a_time, a_queue_shares_its_events, a_slow_subscriber_is_not_flooded,
    deliveries_are_counted, nothing_is_lost_with_a_subscriber, what_is_returned_comes_again,
};
