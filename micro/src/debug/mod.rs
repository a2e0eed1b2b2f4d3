//! Standard gRPC health and reflection services of a running program.
//!
//! Two ordinary micro services are served next to those of the program, on the same port: [`health`] implements
//! `grpc.health.v1.Health`, for load balancers and orchestrators, and [`reflection`] implements
//! `grpc.reflection.v1.ServerReflection` and its `v1alpha`, for `grpcurl` and similar tools. Neither is registered in a registry
//! or shown at start: they describe the program and are not part of its API.
//!
//! Neither depends on the server. Health follows a [`Readiness`], set by the code that starts and stops the program; reflection
//! is given the descriptions of the services. So the module depends only on the call types: its messages are declared with
//! `crate = crate::message`, which keeps their expansion within that module, and its services are method tables built with
//! [`rpc`](crate::rpc), as `#[micro::service]` would generate them. That attribute would also generate a client, which is not
//! available at this layer; `client.call::<health::CheckMethod>(request)` calls such a method.

pub mod health;
mod readiness;
pub mod reflection;

pub use readiness::{Readiness, Stage, State, States};
