//! Names and contents of the files.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::errors::{Error, Result};
use crate::registry::Node;
use crate::util::percent::{self, Digits};

/// Maximum size of a file; larger ones are not entries.
pub(super) const MAX_BYTES: u64 = Node::MAX_BYTES as u64 + 4096;

/// Suffix of the file names of entries.
pub(super) const SUFFIX: &str = ".json";

/// State of the owner's lock on the file; not every file system supports locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Lock {
    Held,
    Unsupported,
}

/// Content of a file. The time of the last renewal is the file's modification time, so a renewal writes no content.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FileEntry<N = Node> {
    node: N,
    ttl_ms: u64,
    lock: Lock,
    // For operators who inspect the directory.
    #[serde(default)]
    pid: u32,
}

impl FileEntry {
    /// Parses the content of the file called `name`.
    pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let entry: FileEntry = serde_json::from_slice(bytes)
            .map_err(|error| Error::invalid_argument(format!("not a registry entry: {error}")))?;
        entry.node.check()?;
        // Otherwise a copied file would be a second entry of the same node.
        let expected = file_name(&entry.node.service, &entry.node.id);
        if expected != name {
            return Err(Error::invalid_argument(format!("the file of this entry must be called `{expected}`")));
        }
        Ok(entry)
    }

    pub(super) fn ttl(&self) -> Duration {
        Duration::from_millis(self.ttl_ms)
    }

    pub(super) fn lock(&self) -> Lock {
        self.lock
    }

    pub(super) fn into_node(self) -> Node {
        self.node
    }
}

pub(super) fn to_bytes(node: &Node, ttl: Duration, lock: Lock) -> Vec<u8> {
    let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
    let entry = FileEntry { node, ttl_ms, lock, pid: std::process::id() };
    serde_json::to_vec(&entry).expect("text, numbers and maps with text keys always have a JSON form")
}

/// Returns the file name of a node: two parts with a `~` between them.
pub(super) fn file_name(service: &str, id: &str) -> String {
    format!("{}{}{SUFFIX}", prefix(service), part(id))
}

/// Returns the common prefix of all file names of a service; it is unique to the service.
pub(super) fn prefix(service: &str) -> String {
    format!("{}~", part(service))
}

// Safe on every file system, including case-insensitive ones: lower-case letters, digits, `_`, `-` and inner dots are kept,
// everything else becomes `%xx`. Names too long for a file name are truncated and made unique by a hash after a `+`.
fn part(text: &str) -> String {
    const MAX_FILE_STEM: usize = 110;
    let (dot, rest) = text.strip_prefix('.').map_or(("", text), |rest| ("%2e", rest));
    let kept = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
    let mut safe = format!("{dot}{}", percent::encode(rest, Digits::Lower, kept));
    if safe.len() > MAX_FILE_STEM {
        safe.truncate(MAX_FILE_STEM - 33);
        safe.push_str(&format!("+{:032x}", fnv(text.as_bytes())));
    }
    safe
}

// 128-bit FNV-1a: the same in every process, independent of how it was compiled.
fn fnv(bytes: &[u8]) -> u128 {
    const FNV_OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(FNV_OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(FNV_PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_safe_file_name_of_its_own() {
        let long = "長".repeat(300);
        let names = [
            "",
            "a",
            "A",
            ".",
            "..",
            "../../etc/passwd",
            "a/b",
            "a~b",
            "a%2fb",
            "a+b",
            "größe",
            "\0",
            "con",
            &long,
            &format!("{long}x"),
            &format!("{long}y"),
        ];
        let mut files = std::collections::BTreeSet::new();
        for service in names {
            for id in names {
                let file = file_name(service, id);
                assert!(file.len() < 255 && !file.starts_with('.') && !file.contains(['/', '\\', '\0']), "{file}");
                assert!(file.starts_with(&prefix(service)));
                assert!(file.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()), "{file}");
                assert!(files.insert(file), "{service:?} {id:?} share a file");
            }
        }
    }

    #[test]
    fn what_is_no_entry_is_an_error() {
        let node = Node::new("s", "").with_id("i");
        let bytes = to_bytes(&node, Duration::MAX, Lock::Held);
        assert_eq!(FileEntry::parse("s~i.json", &bytes).expect("an entry").into_node(), node);
        assert!(FileEntry::parse("s~j.json", &bytes).is_err());
        for cut in 0..bytes.len() {
            assert!(FileEntry::parse("s~i.json", &bytes[..cut]).is_err());
        }
    }
}
