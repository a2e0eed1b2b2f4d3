//! The HTTP transport from the outside: raw bytes in, and our own client against our own server.

mod world;

mod calls;
#[cfg(all(feature = "transport-gzip", feature = "transport-zstd"))]
mod compression;
mod drain;
mod hostile;
mod raw;
mod refusals;
