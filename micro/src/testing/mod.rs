//! Help for tests: ours, and those of programs and backends built on micro.
//!
//! - [`suite`]: what every backend of a room promises, as tests that any backend can be put through.

pub mod suite;
