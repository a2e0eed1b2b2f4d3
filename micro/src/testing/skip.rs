use std::fs::OpenOptions;
use std::io::Write as _;

/// The variable that names the file in which skipped tests are listed.
const LIST: &str = "MICRO_TESTS_SKIPPED";

/// Reports that the test of this thread does not run, or not whole, and why.
///
/// A test that returns early passes, and what it prints is swallowed with the output of all tests that pass. So this writes to
/// stderr past the test harness, and appends the line `test: why` to the file that the variable `MICRO_TESTS_SKIPPED` names: CI
/// fails when that file is not empty.
///
/// # Panics
///
/// When the list cannot be written.
pub fn skip(why: &str) {
    let thread = std::thread::current();
    let line = format!("{}: {}\n", thread.name().unwrap_or("a test"), why.replace('\n', " "));
    // Without stderr there is no reader.
    let _ = std::io::stderr().write_all(format!("skipped {line}").as_bytes());
    if let Some(list) = std::env::var_os(LIST) {
        let list = OpenOptions::new().create(true).append(true).open(list);
        let written = list.and_then(|mut list| list.write_all(line.as_bytes()));
        written.expect("the list of skipped tests can be written");
    }
}
