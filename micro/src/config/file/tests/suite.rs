//! Guarantees of every source, for files of each format.

use std::sync::Mutex;

use super::{Files, PathBuf, Scratch, fs};
use crate::testing::suite::{self, Server};

/// A file that is replaced at every change: written next to itself, then renamed over itself.
struct Written {
    scratch: Scratch,
    name: &'static str,
    values: Mutex<serde_json::Value>,
}

impl Written {
    fn new(name: &'static str) -> Self {
        let written = Written { scratch: Scratch::new(), name, values: Mutex::new(serde_json::json!({})) };
        written.change(|_| {});
        written
    }

    fn path(&self) -> PathBuf {
        self.scratch.path(self.name)
    }

    fn change(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let mut values = self.values.lock().unwrap();
        change(&mut values);
        let text = match self.name.rsplit('.').next() {
            Some("toml") => toml::to_string(&*values).unwrap(),
            _ => values.to_string(),
        };
        fs::rename(self.scratch.write("beside", text), self.path()).unwrap();
    }
}

impl suite::Fixture for Written {
    fn server(&self) -> Server {
        Server::Controlled
    }

    async fn down(&self) {
        fs::rename(self.path(), self.scratch.path("away")).unwrap();
    }

    async fn up(&self) {
        fs::rename(self.scratch.path("away"), self.path()).unwrap();
    }
}

impl suite::config::Fixture for Written {
    type Source = Files;

    fn source(&self) -> Files {
        Files::new(self.path())
    }

    async fn put(&self, path: &str, value: &str) {
        self.change(|values| {
            let place = path.split('.').fold(values, |inner, key| {
                if !inner.is_object() {
                    *inner = serde_json::json!({});
                }
                &mut inner[key]
            });
            *place = value.into();
        });
    }

    async fn remove(&self, path: &str) {
        self.change(|values| {
            let (table, key) = path.rsplit_once('.').unwrap();
            let table = table.split('.').fold(values, |inner, key| &mut inner[key]);
            table.as_object_mut().unwrap().remove(key);
        });
    }

    fn unreachable(&self) -> Option<Files> {
        None
    }
}

mod toml_file {
    crate::testing::suite! {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        config(super::Written::new("app.toml"))
    }
}

mod json_file {
    crate::testing::suite! {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        config(super::Written::new("app.json"))
    }
}
