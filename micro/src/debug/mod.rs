//! Asking a running program how it is and what it speaks, in the words every gRPC tool knows.
//!
//! Two ordinary micro services stand beside those of the program, on the same port: [`health`] answers
//! `grpc.health.v1.Health`, for load balancers and orchestrators, and [`reflection`] answers
//! `grpc.reflection.v1.ServerReflection` and its `v1alpha`, for `grpcurl` and its kin. Neither is listed in a registry or
//! shown at start: they are about the program, and no part of what it offers.
//!
//! Neither knows what serves them. Health follows a [`Readiness`], set by the code that starts and stops the program;
//! reflection is given the descriptions it talks about. So the room needs the grammar of calls and nothing beyond: its
//! messages are declared with `crate = crate::message`, which keeps their expansion within that room, and its services are
//! tables of methods in the words of [`rpc`](crate::rpc), as `#[micro::service]` would write them. That attribute would add
//! a client, of which this ring knows nothing; `client.call::<health::Check>(request)` calls such a method.

pub mod health;
mod readiness;
pub mod reflection;

pub use readiness::{Readiness, Stage, State, States};
