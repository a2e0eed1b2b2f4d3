//! Messages declared with the macro, against prost-reflect and against wrong input.

#![allow(unreachable_pub, reason = "messages are declared as a library would declare them")]

mod agree;
mod arbitrary;
mod bytes;
mod declared;
mod description;
mod evolution;
mod hygiene;
mod json;
mod names;
mod prost;
mod proto;
mod serde;
mod wrong_input;
