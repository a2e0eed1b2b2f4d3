use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use micro::prelude::*;

use super::{Backend, Counter, Memory};

/// Counters in memory, with a file that has a line for each count after a flush.
#[derive(Debug)]
pub struct Tape {
    path: PathBuf,
    numbers: Memory,
    lines: Mutex<String>,
}

micro::scheme!(Counter, "tape", "tape:///var/tmp/counts", |connect| {
    Box::pin(async move {
        match connect.rest() {
            "" => Err(Error::invalid_argument("`tape://` needs the path of a file")),
            path => Ok(Counter::new(Tape { path: path.into(), numbers: Memory::default(), lines: Mutex::default() })),
        }
    })
});

impl Backend for Tape {
    fn add(&self, name: &str) -> u64 {
        let number = self.numbers.add(name);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_str(&format!("{name} {number}\n"));
        number
    }

    fn trouble(&self) -> Option<String> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
        (!folder.exists()).then(|| format!("there is no `{}`", folder.display()))
    }

    fn flush(&self) {
        let lines = std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner));
        if let Err(error) = std::fs::write(&self.path, lines) {
            eprintln!("{}: {error}", self.path.display());
        }
    }
}
