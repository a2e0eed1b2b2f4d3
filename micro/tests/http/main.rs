//! The HTTP transport from the outside: raw bytes in, and our own client against our own server.

mod world;

mod calls;
mod drain;
mod refusals;
