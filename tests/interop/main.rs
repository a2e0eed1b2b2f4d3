//! Clients in other languages, against one port; and servers in other languages, called by ours.

#[path = "shop/contract.rs"]
mod contract;

mod curl;
mod grpc;
mod servers;
mod shop;

use std::path::PathBuf;

/// The Python that `tests/run.sh` has equipped. Without it a test is skipped, loudly; CI counts that as a failure.
fn python() -> Option<PathBuf> {
    equipped("MICRO_TESTS_PYTHON", "Python with grpcio")
}

/// The folder with node's packages, the same way.
fn node() -> Option<PathBuf> {
    equipped("MICRO_TESTS_NODE", "connect-node and buf")
}

fn equipped(variable: &str, what: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(path.into());
    }
    assert!(std::env::var_os("MICRO_TESTS_REQUIRE_ALL").is_none(), "{variable} is not set");
    eprintln!("SKIPPED: no {what}; tests/run.sh installs it");
    None
}
