//! Help for tests: ours, and those of programs and backends built on micro.
//!
//! - [`mod@contract`]: a committed `.proto` file, and a test that the code keeps what it promises.
//! - [`suite`]: what every backend of a room promises, as tests that any backend can be put through.

pub mod contract;
pub mod suite;

#[doc(inline)]
pub use crate::__micro_contract as contract;
