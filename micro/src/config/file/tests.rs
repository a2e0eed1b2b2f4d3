//! Guarantees of file sources, on real files and in real time.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;

use super::*;
use crate::Code;
use crate::config::value::to_json;
use crate::config::{Node, Origin, Table, Value};
use crate::errors::Result;
use crate::util::{clock, random};

mod changes;
mod contents;
mod storm;
mod suite;

/// Timeout of expected updates: machines under test are busy.
const PATIENCE: Duration = Duration::from_secs(15);

/// A temporary directory for one test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("micro-test-{}", random::id()));
        fs::create_dir_all(&path).expect("a directory of our own");
        Scratch(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("below the directory")).expect("writable");
        fs::write(&path, text).expect("writable");
        path
    }

    /// Returns the text of an error without the path of the directory.
    fn plain(&self, error: &Error) -> String {
        error.message().replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Files being followed.
struct Followed(Updates);

impl Followed {
    /// Follows files by events alone: none of them may be missed.
    fn new(files: &Files) -> Self {
        Followed(updates_of(FileFollower::without_polling(files.0.clone())))
    }

    /// Follows files by polling alone, five times a second.
    fn polled(files: &Files) -> Self {
        Followed(updates_of(FileFollower::without_notifications(files.0.clone(), Duration::from_millis(200))))
    }

    async fn next(&mut self) -> Result<Table> {
        let item = clock::timeout(PATIENCE, self.0.next()).await.expect("something comes in time");
        item.expect("files are followed without end")
    }

    /// Waits until the files contain `expected`, as JSON.
    async fn until(&mut self, expected: serde_json::Value) {
        let mut seen = Vec::new();
        let arrives = async {
            loop {
                let item = self.0.next().await.expect("files are followed without end").map(|table| json(&table));
                if item.as_ref().is_ok_and(|item| *item == expected) {
                    return;
                }
                seen.push(item);
            }
        };
        if clock::timeout(PATIENCE, arrives).await.is_err() {
            panic!("waited for {expected}, and saw {seen:?}");
        }
    }

    async fn until_err(&mut self) -> Error {
        loop {
            if let Err(error) = self.next().await {
                return error;
            }
        }
    }

    async fn stays_quiet(&mut self) {
        let item = clock::timeout(Duration::from_millis(400), self.0.next()).await;
        assert!(item.is_err(), "{item:?}");
    }
}

/// Returns the current contents of files.
async fn read(files: &Files) -> Result<Table> {
    Followed(files.updates()).next().await
}

fn json(table: &Table) -> serde_json::Value {
    to_json(&Node::new(table.clone(), Origin::new(Layer::File, "all")))
}
