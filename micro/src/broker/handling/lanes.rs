//! Deliveries that wait for their turn: in one lane for each key where order matters.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::broker::Delivery;

/// What has come and has not begun.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// Those that may begin.
    ready: VecDeque<(Option<String>, Delivery)>,
    /// Keys of which an event is being handled, or may begin,
    busy: HashSet<String>,
    /// and what waits for it to end.
    behind: HashMap<String, VecDeque<Delivery>>,
    count: usize,
}

impl Lanes {
    /// How many there are.
    pub(super) fn waiting(&self) -> usize {
        self.count
    }

    /// Adds one, behind the others of its key where that is given.
    pub(super) fn add(&mut self, delivery: Delivery, key: Option<String>) {
        self.count += 1;
        match key {
            Some(key) if !self.busy.insert(key.clone()) => self.behind.entry(key).or_default().push_back(delivery),
            key => self.ready.push_back((key, delivery)),
        }
    }

    /// The next that may begin, and the key to [`free`](Self::free) when it has ended.
    pub(super) fn next(&mut self) -> Option<(Option<String>, Delivery)> {
        let next = self.ready.pop_front()?;
        self.count -= 1;
        Some(next)
    }

    /// One of this key has ended.
    pub(super) fn free(&mut self, key: Option<String>) {
        let Some(key) = key else { return };
        let next = self.behind.get_mut(&key).and_then(VecDeque::pop_front);
        match next {
            Some(next) => self.ready.push_back((Some(key), next)),
            None => {
                self.behind.remove(&key);
                self.busy.remove(&key);
            }
        }
    }
}
