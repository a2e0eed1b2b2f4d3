//! The top-level folder contains the listed files and nothing else.

use std::fs;

use crate::sources::root;

const TOP: &[&str] = &[
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "examples",
    "micro",
    "micro-macros",
    "tests",
    "ui-tests",
];

#[test]
fn the_top_level_holds_what_the_plan_names() {
    let mut found: Vec<String> = fs::read_dir(root())
        .expect("the workspace is there")
        .map(|entry| entry.expect("listed").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    found.sort();
    assert_eq!(found, TOP);
}

#[test]
fn every_package_takes_versions_and_lints_from_the_workspace() {
    let hygiene = ["tests/hygiene/contract", "tests/hygiene/implementation", "tests/hygiene/caller"];
    for package in
        ["micro", "micro-macros", "examples", "tests", "tests/outsider", "ui-tests"].into_iter().chain(hygiene)
    {
        let file = root().join(package).join("Cargo.toml");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(text.contains("[lints]\nworkspace = true"), "{package}: no workspace lints");
        let own: Vec<_> = text.lines().filter(|line| line.contains("version = \"")).collect();
        assert!(own.is_empty(), "{package}: {own:?} belongs to the workspace's table of versions");
    }
}

#[test]
fn the_readme_and_ci_call_the_one_test_command() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert!(read("README.md").contains("tests/run.sh"), "the README does not name tests/run.sh");
    let ci = read(".ci/run");
    let commands: Vec<_> = ci.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', ' '])).collect();
    assert!(commands.iter().any(|line| line.contains("tests/run.sh")), "{commands:?}");
}
