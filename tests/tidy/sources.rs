//! Reading the sources of `micro`: every line of code, without comments and tests.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the workspace").to_owned()
}

/// One file of `micro/src`.
pub struct Source {
    /// The path below `micro/src`, with `/`.
    pub path: String,
    /// The lines with their numbers, tests and comments left out.
    pub lines: Vec<(usize, String)>,
}

impl Source {
    /// The room it stands in: the first folder, or the file itself; nothing for `lib.rs`.
    pub fn room(&self) -> Option<&str> {
        let first = self.path.split('/').next()?;
        let room = first.strip_suffix(".rs").unwrap_or(first);
        (room != "lib").then_some(room)
    }
}

/// Every file of `micro/src`.
pub fn sources() -> Vec<Source> {
    let base = root().join("micro/src");
    let mut files = Vec::new();
    collect(&base, &mut files);
    files.sort();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let path = file.strip_prefix(&base).expect("collected below it").to_string_lossy().replace('\\', "/");
        Source { path, lines: code(&text) }
    };
    let sources: Vec<_> = files.into_iter().filter(|file| !is_test(file)).map(read).collect();
    assert!(sources.len() > 40, "the sources were not found: {}", sources.len());
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn is_test(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem == "tests") || file.components().any(|part| part.as_os_str() == "tests")
}

/// Comments go, and so does the module of tests that ends a file.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut before = "";
    for (number, line) in text.lines().enumerate() {
        if before.trim() == "#[cfg(test)]" && line.starts_with("mod ") && line.trim_end().ends_with('{') {
            break;
        }
        before = line;
        let line = line.split_once("//").map_or(line, |(code, _)| code);
        if !line.trim().is_empty() {
            lines.push((number + 1, line.to_owned()));
        }
    }
    lines
}
