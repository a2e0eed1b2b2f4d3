//! What the backends of each room promise, as tests: one suite per room, for ours and for an outsider's alike.
//!
//! A suite is an ordinary async function, to be called from an ordinary test. It is given a way to make a fresh handle, goes
//! through the promises one by one, and panics with the promise that was broken.

pub mod balancer;
pub mod broker;
pub mod config;
mod promise;
pub mod registry;

use std::future::Future;

use crate::broker::Broker;
use crate::registry::Registry;
use crate::selector::Balancer;

/// Puts a registry backend through every promise of the room; see [`mod@registry`] for what they are.
///
/// `new` makes a handle for each of them. The handles may lead to one registry that is shared, also with others: services
/// have names nobody else uses.
///
/// ```
/// use micro::registry::Registry;
///
/// #[tokio::test(start_paused = true)] // a backend on real sockets or files runs on real time: `#[tokio::test]`
/// async fn keeps_its_promises() {
///     micro::testing::suite::registry(|| async { Registry::memory() }).await;
/// }
/// ```
///
/// # Panics
///
/// When a promise is broken.
pub async fn registry<New, Made>(new: New)
where
    New: Fn() -> Made,
    Made: Future<Output = Registry>,
{
    registry::lists_what_is_registered(&new().await).await;
    registry::an_unknown_service_is_empty(&new().await).await;
    registry::deregistering_the_unknown_is_fine(&new().await).await;
    registry::nodes_and_versions_live_side_by_side(&new().await).await;
    registry::ids_belong_to_their_service(&new().await).await;
    registry::names_are_whole(&new().await).await;
    registry::any_text_is_a_name(&new().await).await;
    registry::an_entry_expires(&new().await).await;
    registry::renewal_keeps_an_entry_alive(&new().await).await;
    registry::a_registration_keeps_its_node_listed(&new().await).await;
    registry::a_registration_lists_a_vanished_node_again(&new().await).await;
    registry::the_same_id_is_an_update(&new().await).await;
    registry::an_update_is_no_gap(&new().await).await;
    registry::a_watch_tells_one_service(&new().await).await;
    registry::a_watch_tells_all_services(&new().await).await;
    registry::a_watch_begins_with_what_is_there(&new().await).await;
    registry::a_slow_watcher_is_caught_up(&new().await).await;
    registry::many_nodes(&new().await).await;
    registry::a_following_sees_changes(&new().await).await;
}

/// Puts a source of settings through every promise of the room; see [`mod@config`] for what they are.
///
/// `new` makes a fixture for each of them. The fixtures may lead to one place that is shared, also with others: settings have
/// names nobody else uses.
///
/// ```
/// use micro::config::{Layer, Memory};
/// use micro::testing::suite::{self, config::Fixture};
///
/// struct InMemory(Memory);
///
/// impl Fixture for InMemory {
///     type Source = Memory;
///
///     fn source(&self) -> Memory {
///         self.0.clone()
///     }
///
///     async fn put(&self, path: &str, value: &str) {
///         self.0.set(path, value);
///     }
///
///     async fn remove(&self, path: &str) {
///         self.0.remove(path);
///     }
/// }
///
/// #[tokio::test(start_paused = true)] // a source on real sockets or files runs on real time: `#[tokio::test]`
/// async fn keeps_its_promises() {
///     suite::config(|| async { InMemory(Memory::new(Layer::Remote)) }).await;
/// }
/// ```
///
/// # Panics
///
/// When a promise is broken.
pub async fn config<New, Made, Fixture>(new: New)
where
    New: Fn() -> Made,
    Made: Future<Output = Fixture>,
    Fixture: config::Fixture,
{
    config::begins_with_what_is_there(&new().await).await;
    config::a_change_is_seen(&new().await).await;
    config::every_reader_sees_the_same(&new().await).await;
    config::a_burst_ends_in_the_last_state(&new().await).await;
    config::any_text_survives(&new().await).await;
    config::values_say_where_they_are_from(&new().await).await;
    config::nothing_is_left_of_a_dropped_stream(&new().await).await;
    config::an_unreachable_source_says_so(&new().await).await;
    config::a_change_during_an_outage_is_seen_after_it(&new().await).await;
}

/// Puts a broker through every promise of the room that its capabilities give; see [`mod@broker`] for what they are.
///
/// `new` makes a handle for each of them. The handles may lead to one broker that is shared, also with others: topics and
/// queues have names nobody else uses.
///
/// ```
/// use micro::broker::Broker;
///
/// #[tokio::test(start_paused = true)] // a backend on real sockets runs on real time: `#[tokio::test]`
/// async fn keeps_its_promises() {
///     micro::testing::suite::broker(|| async { Broker::memory() }).await;
/// }
/// ```
///
/// # Panics
///
/// When a promise is broken.
pub async fn broker<New, Made>(new: New)
where
    New: Fn() -> Made,
    Made: Future<Output = Broker>,
{
    broker::everybody_gets_every_event(&new().await).await;
    broker::a_queue_shares_its_events(&new().await).await;
    broker::events_arrive_whole(&new().await).await;
    broker::what_is_given_back_comes_again(&new().await).await;
    broker::a_slow_subscriber_is_not_flooded(&new().await).await;
    broker::nothing_is_lost_with_a_subscriber(&new().await).await;
    broker::a_durable_queue_waits(&new().await).await;
    broker::earlier_events_can_be_had(&new().await).await;
    broker::patterns_are_kept(&new().await).await;
    broker::many_events(&new().await).await;
    broker::what_fails_is_a_dead_letter_after_its_tries(&new().await).await;
    broker::events_of_one_key_keep_their_order(&new().await).await;
    broker::as_many_are_handled_at_a_time_as_is_said(&new().await).await;
    broker::what_has_begun_is_finished_at_the_end(&new().await).await;
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
