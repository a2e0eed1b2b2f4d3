//! `micro/1` from the outside, byte by byte: peers that do what the protocol forbids, and peers that go away.

#[allow(dead_code)]
#[path = "../http/world.rs"]
mod world;

mod clients;
mod hostile;
mod raw;
mod servers;
