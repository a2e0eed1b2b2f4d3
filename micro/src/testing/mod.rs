//! For tests: several apps in one process, captured logs, and the conformance suites. For us and for outsiders.
//!
//! ```
//! use micro::prelude::*;
//! use micro::testing::Cluster;
//!
//! # #[micro::message] #[derive(Debug)] pub struct Number { pub value: u32 }
//! # #[micro::service(name = "doubler")] pub trait Doubler { async fn double(&self, number: Number) -> Result<Number>; }
//! # struct Twice;
//! # #[micro::handler(manual)] impl Doubler for Twice {
//! #     async fn double(&self, number: Number) -> Result<Number> { Ok(Number { value: number.value * 2 }) }
//! # }
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
//! // Apps of one world find and call each other as if they were apart, without sockets and also under paused time.
//! let world = Cluster::new();
//! let doubler = world.app().serve(DoublerServer::new(Twice)).start().await?;
//! world.registered("doubler").await;
//! let client: DoublerClient = world.client().await?;
//! assert_eq!(client.double(Number { value: 21 }).await?.value, 42);
//! doubler.stop().await?;
//!
//! // What calls a service is tested with a mock of it in the place of the client.
//! let mocked = DoublerClient::of(Twice);
//! assert_eq!(mocked.double(Number { value: 1 }).await?.value, 2);
//! # Ok(()) }
//! ```
//!
//! - [`Cluster`]: several apps in one process, as if they were apart.
//! - [`LogCapture`]: what was logged.
//! - [`mod@contract`]: a committed `.proto` file, and a test that the code keeps what it promises.
//! - [`mod@suite`]: what every backend of a room promises, as tests that any backend can be put through.
//! - [`skip`]: reports a test that does not run.

mod cluster;
pub mod contract;
mod log_capture;
mod skip;
pub mod suite;

#[doc(inline)]
pub use crate::__micro_contract as contract;
#[doc(inline)]
pub use crate::__micro_suite as suite;
pub use cluster::Cluster;
pub use log_capture::LogCapture;
pub use skip::skip;
