//! Maximum length of a file.

use crate::sources::sources_of;

/// Maximum number of lines of a file, without its tests.
const MAX_LINES: usize = 450;

/// Folder of the public test suites, which are long lists of independent tests.
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
