//! The promises of the room, kept within one process, among several, and over sockets.

use super::world::{Apart, World};
use crate::testing::suite;

#[tokio::test(start_paused = true)]
async fn one_process_keeps_the_promises() {
    let process = World::new().process("a");
    suite::broker(|| async { process.broker.clone() }).await;
}

#[tokio::test(start_paused = true)]
async fn several_processes_keep_the_promises() {
    let world = World::new();
    let (a, b, c) = (world.process("a"), world.process("b"), world.process("c"));
    let broker = Apart::broker(&a.direct, &[b.direct.clone(), c.direct.clone()]);
    suite::broker(|| async { broker.clone() }).await;
    let among = Apart::broker(&a.direct, &[a.direct.clone(), b.direct.clone()]);
    suite::broker(|| async { among.clone() }).await;
}
