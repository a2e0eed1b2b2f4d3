//! The promises of the registry room. [`suite!`](macro@crate::testing::suite) makes a test of each.

mod check;
mod fixture;
mod lifetime;
mod listing;
mod watching;

pub use fixture::Fixture;
pub use lifetime::{
    a_registration_keeps_its_node_listed, a_registration_lists_a_vanished_node_again, an_entry_expires,
    renewal_keeps_an_entry_alive, what_is_registered_outlives_an_outage,
};
pub use listing::{
    an_unknown_service_is_empty, any_text_is_a_name, deregistering_the_unknown_is_fine, ids_belong_to_their_service,
    lists_what_is_registered, names_are_whole, nodes_and_versions_live_side_by_side, the_same_id_is_an_update,
};
pub use watching::{
    a_following_sees_changes, a_slow_watcher_is_caught_up, a_watch_begins_with_what_is_there,
    a_watch_tells_all_services, a_watch_tells_one_service, an_update_is_no_gap, many_nodes,
};
