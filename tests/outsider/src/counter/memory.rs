use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Backend, Counter};

/// Counters in the memory of the process.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<String, u64>>);

micro::scheme!(Counter, "memory", "memory", |connect| {
    Box::pin(async move { connect.nothing_more().map(|()| Counter::new(Memory::default())) })
});

impl Backend for Memory {
    fn add(&self, name: &str) -> u64 {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = numbers.entry(name.to_owned()).or_default();
        *number += 1;
        *number
    }
}
