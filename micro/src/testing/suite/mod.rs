//! Promises of backends as tests: one suite for each kind, for ours and for those of other crates alike.
//!
//! [`suite!`](macro@crate::testing::suite) makes one test of each promise. It is given a [`Fixture`], which holds the backend and
//! may take its server down and up. A promise is an ordinary async function that panics when it is broken, so a single one can
//! be called from a test of your own as well.
//!
//! Nothing passes because it was not looked at:
//!
//! - What a backend does not have, it declares ([`Capabilities`](crate::broker::Capabilities), [`Server::None`]), and then the
//!   suite checks that it refuses, or that it has nothing that could be away.
//! - What it declares and cannot be tested here is reported by [`skip`](crate::testing::skip), which CI counts as a failure.
//!
//! ```
//! mod in_memory {
//!     use micro::broker::Broker;
//!
//!     micro::testing::suite! {
//!         #[tokio::test(start_paused = true)] // a backend on sockets or files runs on real time: `#[tokio::test]`
//!         broker(Broker::memory())
//!     }
//! }
//! ```

mod assertions;
pub mod balancer;
pub mod broker;
pub mod config;
mod fixture;
pub mod registry;
#[cfg(test)]
mod tests;

pub use fixture::{Fixture, IntoFixture, Server};

use crate::selector::Balancer;

/// Makes a test of every promise of a room: `broker(..)`, `registry(..)` or `config(..)`.
///
/// The parentheses hold an expression that makes the fixture, anew for each test; it may use `.await`. `None` skips the test, for
/// a server that is not installed: report that by [`skip`](crate::testing::skip). The attributes before it are those of each
/// test. Several suites in one file stand in modules of their own. See [`mod@crate::testing::suite`].
///
/// ```
/// mod in_memory {
///     use micro::registry::Registry;
///
///     micro::testing::suite! {
///         #[tokio::test(start_paused = true)]
///         registry(Registry::memory())
///     }
/// }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __micro_suite {
    (@each $attributes:tt $room:ident $fixture:tt $($promise:ident)*) => {
        $($crate::__micro_suite! { @one $attributes $room $fixture $promise })*
    };
    (@one [$(#[$attribute:meta])*] $room:ident ($fixture:expr) $promise:ident) => {
        $(#[$attribute])*
        async fn $promise() {
            if let ::core::option::Option::Some(fixture) =
                $crate::testing::suite::IntoFixture::into_fixture($fixture)
            {
                $crate::testing::suite::$room::$promise(&fixture).await;
            }
        }
    };
    ($(#[$attribute:meta])* broker($($fixture:tt)+)) => {
        $crate::__micro_suite! {
            @each [$(#[$attribute])*] broker ($($fixture)+)
            every_subscriber_gets_every_event
            a_queue_shares_its_events
            events_arrive_whole
            what_is_returned_comes_again
            a_slow_subscriber_is_not_flooded
            nothing_is_lost_with_a_subscriber
            deliveries_are_counted
            a_key_goes_to_one_process_at_a_time
            a_durable_queue_keeps_events
            earlier_events_can_be_requested
            patterns_match
            an_event_published_twice_is_one
            many_events
            what_was_published_is_delivered
            a_subscription_outlives_an_outage
            events_outlive_the_broker
            what_fails_is_a_dead_letter_after_its_tries
            events_of_one_key_keep_their_order
            concurrency_is_reached_and_not_exceeded
            what_has_begun_is_finished_at_the_end
        }
    };
    ($(#[$attribute:meta])* registry($($fixture:tt)+)) => {
        $crate::__micro_suite! {
            @each [$(#[$attribute])*] registry ($($fixture)+)
            lists_what_is_registered
            an_unknown_service_is_empty
            deregistering_the_unknown_is_fine
            nodes_and_versions_live_side_by_side
            ids_belong_to_their_service
            names_are_whole
            any_text_is_a_name
            an_entry_expires
            renewal_keeps_an_entry_alive
            a_registration_keeps_its_node_listed
            a_registration_lists_a_vanished_node_again
            the_same_id_is_an_update
            an_update_is_no_gap
            a_watch_tells_one_service
            a_watch_tells_all_services
            a_watch_begins_with_what_is_there
            a_slow_watcher_is_caught_up
            many_nodes
            a_following_sees_changes
            what_is_registered_outlives_an_outage
        }
    };
    ($(#[$attribute:meta])* config($($fixture:tt)+)) => {
        $crate::__micro_suite! {
            @each [$(#[$attribute])*] config ($($fixture)+)
            begins_with_what_is_there
            a_change_is_seen
            every_reader_sees_the_same
            a_burst_ends_in_the_last_state
            any_text_survives
            values_say_where_they_are_from
            nothing_is_left_of_a_dropped_stream
            an_unreachable_source_says_so
            a_change_during_an_outage_is_seen_after_it
        }
    };
    ($($other:tt)*) => {
        ::core::compile_error!("expected attributes and then `broker(fixture)`, `registry(fixture)` or `config(fixture)`");
    };
}

/// Puts a balancer through every promise of the room; see [`mod@balancer`] for what they are.
///
/// `new` makes a balancer for each of them. Its calls have metadata with a `user-id`, and a hash.
///
/// ```
/// use micro::selector::Balancer;
///
/// micro::testing::suite::balancer(Balancer::round_robin);
/// ```
///
/// # Panics
///
/// When a promise is broken.
pub fn balancer(new: impl Fn() -> Balancer) {
    balancer::every_call_gets_a_node(&new());
    balancer::every_node_gets_calls(&new());
    balancer::a_tried_node_is_not_chosen(&new());
    balancer::an_unreachable_node_is_left_out(&new());
    balancer::changes_are_followed(&new());
    balancer::many_threads_pick(&new());
}
