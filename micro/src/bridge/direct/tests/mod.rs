//! End-to-end tests of the broker: publishing and subscribing processes, within one process, over an in-memory network, and over
//! sockets.

mod behind;
mod coming;
mod deaths;
mod hostile;
mod keys;
mod registry;
mod sockets;
mod suite;
mod world;
