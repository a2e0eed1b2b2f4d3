//! Event loop of the driver; the driver itself neither waits nor spawns.

use std::sync::{Arc, Weak};

use super::connection;
use super::driver::Driver;
use crate::client::Client;
use crate::registry::NodeView;
use crate::util::clock;
use crate::util::spawn;

/// Passes registry changes and the time to a driver and opens its connections, until the driver is dropped.
pub(super) async fn run(driver: Weak<Driver>, client: Client, mut following: NodeView) {
    while let Some(driver) = driver.upgrade() {
        driver.sync(following.generation(), &following.nodes());
        let deadline = driver.tick();
        for (session, node) in driver.take_connects() {
            let task = spawn::spawn(connection::run(Arc::downgrade(&driver), client.clone(), session, node));
            driver.connecting(session, task);
        }
        let deadline = async {
            match deadline {
                Some(deadline) => clock::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = following.changed() => {}
            () = driver.work() => {}
            () = deadline => {}
        }
    }
}
