//! The attributes of micro. Use them through the `micro` crate.
