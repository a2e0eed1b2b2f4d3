//! The broker as its users meet it: processes that publish and subscribe, in one process, over a network in memory, and over
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
