//! Clients in other languages, against one port.

mod curl;
mod grpc;

use std::path::PathBuf;

/// The Python that `tests/run.sh` has equipped. Without it a test is skipped, loudly; CI counts that as a failure.
fn python() -> Option<PathBuf> {
    if let Some(python) = std::env::var_os("MICRO_TESTS_PYTHON") {
        return Some(python.into());
    }
    assert!(std::env::var_os("MICRO_TESTS_REQUIRE_ALL").is_none(), "MICRO_TESTS_PYTHON is not set");
    eprintln!("SKIPPED: no Python with grpcio; tests/run.sh installs one");
    None
}
