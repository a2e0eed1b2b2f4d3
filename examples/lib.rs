//! The examples of micro: a folder per idea. Run one with `cargo run --example greeter`.
