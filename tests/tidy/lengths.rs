//! A file is read in one sitting.

use crate::sources::sources_of;

/// The most lines a file has, its tests not counted.
const MAX_LINES: usize = 450;

/// Where tests stand that are for others to run: a list of promises, each by itself.
const SUITES: &str = "testing/suite/";

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for package in ["micro", "micro-macros"] {
        for source in sources_of(package) {
            if source.length > MAX_LINES && !source.path.starts_with(SUITES) {
                long.push(format!("{package}/src/{}: {} lines", source.path, source.length));
            }
        }
    }
    assert!(long.is_empty(), "more than {MAX_LINES} lines:\n{}", long.join("\n"));
}
