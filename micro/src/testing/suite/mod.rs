//! What the backends of each room promise, as tests: one suite per room, for ours and for an outsider's alike.
//!
//! A suite is an ordinary async function, to be called from an ordinary test. It is given a way to make a fresh handle, goes
//! through the promises one by one, and panics with the promise that was broken.

mod promise;
pub mod registry;

use std::future::Future;

use crate::registry::Registry;

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
