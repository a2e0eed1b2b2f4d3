//! Conversion of text to tables, with the line of every value.

use std::ffi::OsStr;
use std::path::Path;

use super::text::Wrong;
use super::{json, toml, yaml};
use crate::config::{Origin, Table, Value};

/// Format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFormat {
    Toml,
    Json,
    Yaml,
}

impl FileFormat {
    /// Returns the format for the extension of a path.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase();
        match extension.as_str() {
            "toml" => Some(FileFormat::Toml),
            "json" => Some(FileFormat::Json),
            "yaml" | "yml" => Some(FileFormat::Yaml),
            _ => None,
        }
    }

    /// Parses a whole file; `origin` is its place.
    pub(super) fn parse(self, text: &str, origin: &Origin) -> Result<Table, Wrong> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let node = match self {
            FileFormat::Toml => toml::parse(text, origin)?,
            FileFormat::Json => json::parse(text, origin)?,
            FileFormat::Yaml => yaml::parse(text, origin)?,
        };
        match node.value {
            Value::Table(table) => Ok(table),
            // Only comments and white space.
            Value::Null if node.origin.line().is_none() => Ok(Table::new()),
            other => Err(Wrong {
                line: node.origin.line(),
                why: format!("expected keys and values at the top, found {}", other.what()),
            }),
        }
    }
}

/// Returns `true` if a directory entry is a file of settings: of a known format, neither hidden nor left behind by an editor.
pub(super) fn is_member(name: &str) -> bool {
    !name.starts_with(['.', '#']) && FileFormat::of(Path::new(name)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_files_and_what_editors_leave_are_no_members() {
        for name in ["a.toml", "a.json", "a.yaml", "a.yml", "A.TOML", "a.dev.toml"] {
            assert!(is_member(name), "{name}");
        }
        for name in
            [".a.toml", "..data", "a.toml~", ".a.toml.swp", "#a.toml#", "#a.toml", "a.toml.bak", "a", "README.md"]
        {
            assert!(!is_member(name), "{name}");
        }
    }
}
