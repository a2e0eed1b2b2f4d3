//! The vocabulary: docs in the register of the field, constants that say what they bound, one owner for each name.

use std::collections::BTreeMap;
use std::fs;

use crate::sources::{files_of, root};

/// First words that a doc block must not open with.
const OPENINGS: &[&str] = &[
    "What",
    "How",
    "Whether",
    "Where",
    "Who",
    "Whom",
    "Whose",
    "Why",
    "When",
    "Which",
    "It",
    "Its",
    "They",
    "Nothing",
    "Something",
    "Nobody",
    "Somebody",
    "Everybody",
];

/// Words to replace by an actor: the caller, the peer, no subscriber.
const WORDS: &[&str] = &["nobody", "whoever", "somebody", "everybody", "anybody", "someone", "everyone"];

/// Type names that several modules share on purpose: pluggable parts have the same structure, and for some names a prefix would
/// only repeat the path of the module.
const SHARED_NAMES: &[&str] = &[
    // The structure of pluggable parts: `registry::Backend`, `broker::Backend`; `registry::Memory`, `config::Memory`.
    "Backend",
    "DynBackend",
    "Interceptor",
    "Interceptors",
    "Memory",
    "Nats",
    // The private half of a public type.
    "Inner",
    "Shared",
    "State",
    // A value of a message and a value of the configuration, with their errors, fields and kinds.
    "Error",
    "Field",
    "Fields",
    "Node",
    "Reader",
    "Source",
    "Value",
    // An implementation of a method, and its shape as transports see it.
    "Method",
    // A TLS connection, and its replacement without the feature `tls`.
    "Reading",
    "Stream",
    "TlsClient",
    "TlsServer",
    "TlsSession",
    "Writing",
];

/// Folder of the test suites, in which every kind of backend has a fixture, and a source or a reader.
const SUITES: &str = "testing/suite/";

/// One doc block: its first line number, and its lines.
struct Block {
    at: String,
    lines: Vec<String>,
}

/// Returns the doc blocks of a text, without fenced code.
fn blocks(file: &str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut open, mut fenced) = (false, false);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let Some(words) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            (open, fenced) = (false, false);
            continue;
        };
        if !open {
            blocks.push(Block { at: format!("{file}:{}", index + 1), lines: Vec::new() });
            open = true;
        }
        if words.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            blocks.last_mut().expect("pushed above").lines.push(words.trim().to_owned());
        }
    }
    blocks
}

fn docs() -> Vec<Block> {
    let mut all = Vec::new();
    for package in ["micro", "micro-macros"] {
        for (file, text) in files_of(package) {
            all.extend(blocks(&file, &text));
        }
    }
    assert!(all.len() > 1_000, "the docs were not found: {}", all.len());
    all
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[test]
fn docs_open_with_what_they_describe() {
    let mut wrong = Vec::new();
    for block in docs() {
        let Some(first) = block.lines.first() else { continue };
        let opening = words(first).next().unwrap_or_default();
        if OPENINGS.contains(&opening) || first.starts_with("The same ") {
            wrong.push(format!("{}: {first}", block.at));
        }
    }
    assert!(wrong.is_empty(), "open with a verb or a noun:\n{}", wrong.join("\n"));
}

#[test]
fn docs_name_the_actor() {
    let mut wrong = Vec::new();
    for block in docs() {
        for line in &block.lines {
            if words(line).any(|word| WORDS.contains(&word.to_lowercase().as_str())) {
                wrong.push(format!("{}: {line}", block.at));
            }
        }
    }
    assert!(wrong.is_empty(), "name the caller, the peer, the subscriber:\n{}", wrong.join("\n"));
}

/// Checks the guide and the README.
#[test]
fn pages_name_the_actor() {
    let guide = root().join("micro/src/guide");
    let mut pages = vec![root().join("README.md")];
    pages.extend(fs::read_dir(guide).expect("the guide is there").map(|entry| entry.expect("listed").path()));
    let mut wrong = Vec::new();
    for page in pages.iter().filter(|page| page.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(page).expect("it is text");
        for (index, line) in text.lines().enumerate() {
            if words(line).any(|word| WORDS.contains(&word.to_lowercase().as_str())) {
                wrong.push(format!("{}:{}: {line}", page.display(), index + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "name the caller, the peer, the subscriber:\n{}", wrong.join("\n"));
}

/// Requires names of two words, such as `MAX_STREAMS`, `HANDSHAKE_TIMEOUT`, `RETRY_DELAY`, for numbers and durations.
#[test]
fn constants_say_what_they_bound() {
    let numbers = ["Duration", "Backoff", "usize", "u8", "u16", "u32", "u64", "u128", "i64", "f64"];
    let mut wrong = Vec::new();
    for (file, text) in files_of("micro") {
        for (index, line) in text.lines().enumerate() {
            // Constants of a trait or an inline module are qualified by its name.
            let Some(rest) = constant(line) else { continue };
            let Some((name, value)) = rest.split_once(": ") else { continue };
            let is_number = numbers.iter().any(|kind| value.starts_with(kind));
            if is_number && !name.contains('_') {
                wrong.push(format!("{file}:{}: {line}", index + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "name the bound:\n{}", wrong.join("\n"));
}

/// Returns the rest of a line after `const`, if the line declares a constant at the top level of a file.
fn constant(line: &str) -> Option<&str> {
    without_visibility(line)?.strip_prefix("const ")
}

/// Returns a line without `pub` or `pub(..)`.
fn without_visibility(line: &str) -> Option<&str> {
    match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => Some(rest.split_once(')')?.1.trim_start()),
        Some(rest) => Some(rest.trim_start()),
        None => Some(line),
    }
}

#[test]
fn a_type_name_has_one_owner() {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in files_of("micro") {
        for line in text.lines().filter(|_| !file.starts_with(SUITES)) {
            if let Some(name) = declared(line) {
                owners.entry(name.to_owned()).or_default().push(file.clone());
            }
        }
    }
    assert!(owners.len() > 300, "the types were not found: {}", owners.len());
    let mut wrong = Vec::new();
    for (name, files) in &owners {
        if files.len() > 1 && !SHARED_NAMES.contains(&name.as_str()) {
            wrong.push(format!("{name}: {}", files.join(", ")));
        }
    }
    assert!(wrong.is_empty(), "tell these apart:\n{}", wrong.join("\n"));
    for name in SHARED_NAMES {
        let count = owners.get(*name).map_or(0, Vec::len);
        assert!(count > 1, "`{name}` has one owner by now: take it from the list");
    }
}

/// Returns the type that a line declares, at the top level of a file.
fn declared(line: &str) -> Option<&str> {
    let line = without_visibility(line)?;
    let rest = ["struct ", "enum ", "trait "].iter().find_map(|keyword| line.strip_prefix(keyword))?;
    rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_leave_out_code() {
        let text = "/// One.\n/// ```\n/// nobody();\n/// ```\n/// Two.\nfn f() {}\n//! Three.\n";
        let blocks = blocks("a.rs", text);
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].lines, ["One.", "Two."]);
        assert_eq!((blocks[1].at.as_str(), blocks[1].lines.join("")), ("a.rs:7", "Three.".to_owned()));
    }

    #[test]
    fn declarations_and_constants_are_found() {
        assert_eq!(declared("pub(in crate::app) struct Plan<'a> {"), Some("Plan"));
        assert_eq!(declared("enum Step {"), Some("Step"));
        assert_eq!(declared("    struct Local;"), None);
        assert_eq!(declared("// a struct of settings"), None);
        assert_eq!(constant("pub(super) const MAX: usize = 3;"), Some("MAX: usize = 3;"));
        assert_eq!(constant("    const MAX: usize = 3;"), None);
    }
}
