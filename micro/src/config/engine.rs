//! The engine, which commits a change as a whole or rejects it.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::layers::{Layers, SlotId};
use super::problem::Problem;
use super::queue::ChangeQueue;
use super::section_state::AnyCell;
use super::{Layer, Table};
use crate::errors::{Error, Result};
use crate::util::spawn::Task;

/// All sources and all structs in use, and the values in force.
pub(super) struct Engine {
    state: Mutex<State>,
    /// Merged values of all sources.
    pub(super) merged: watch::Sender<Arc<Table>>,
    /// Errors by name of the source.
    pub(super) troubles: watch::Sender<BTreeMap<String, String>>,
    /// Pending notifications of watchers.
    pub(super) to_tell: ChangeQueue,
    /// Tasks that follow the sources, which end with the engine.
    pub(super) following: Mutex<Vec<Task<()>>>,
}

/// State that changes together.
pub(super) struct State {
    pub(super) layers: Layers,
    pub(super) cells: HashMap<TypeId, Arc<dyn AnyCell>>,
}

impl Engine {
    pub(super) fn new(layers: Layers) -> Self {
        let merged = watch::Sender::new(Arc::new(layers.merged()));
        let state = Mutex::new(State { layers, cells: HashMap::new() });
        let (troubles, to_tell, following) = Default::default();
        Engine { state, merged, troubles, to_tell, following }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a slot for a source, and returns it with a unique name for messages.
    pub(super) fn add_slot(&self, layer: Layer, name: &str) -> (SlotId, String) {
        let mut state = self.state();
        let name = state.layers.unused_name(name);
        (state.layers.add(layer, &name), name)
    }

    pub(super) fn remove_slot(&self, slot: SlotId) {
        self.state().layers.remove(slot);
    }

    /// Applies the current values of a source. Rejected values leave everything unchanged.
    pub(super) fn propose(&self, slot: SlotId, name: &str, table: Table) {
        let mut state = self.state();
        // The task of a removed source ends at its next wait, and may send an update before.
        if !state.layers.has(slot) {
            return;
        }
        let accepted = self.accept(&mut state, slot, table);
        drop(state);
        self.to_tell.deliver();
        match accepted {
            Ok(()) => {
                if self.trouble(name, None) {
                    tracing::info!(source = name, "is in use again");
                }
            }
            Err(problems) => {
                let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
                tracing::error!(source = name, "change rejected, previous values stay in force: {}", words.join("; "));
                let _ = self.trouble(name, Some(format!("change rejected: {}", words.join("; "))));
            }
        }
    }

    /// Records that a source cannot be read now, and logs the error if it is new.
    pub(super) fn failed(&self, name: &str, error: &Error) {
        if self.cannot_be_read(name, error) {
            tracing::warn!(source = name, "cannot be read, previous values stay in force: {error:#}");
        }
    }

    /// Records that a source cannot be read, without logging. Returns `true` if the error is new.
    pub(super) fn cannot_be_read(&self, name: &str, error: &Error) -> bool {
        self.trouble(name, Some(format!("cannot be read: {error:#}")))
    }

    fn trouble(&self, name: &str, words: Option<String>) -> bool {
        self.troubles.send_if_modified(|troubles| match words {
            Some(words) => troubles.insert(name.to_owned(), words.clone()) != Some(words),
            None => troubles.remove(name).is_some(),
        })
    }

    /// Commits a table if every struct in use accepts the merged values: first together with the tables that were rejected
    /// before, then, if that fails, alone.
    pub(super) fn accept(&self, state: &mut State, slot: SlotId, table: Table) -> Result<(), Vec<Problem>> {
        let before = state.layers.clone();
        state.layers.propose(slot, table);
        let (all, offering) = state.layers.with_all_offers();
        if offering.len() > 1 && self.commit(state, all).is_ok() {
            for name in &offering {
                let _ = self.trouble(name, None);
            }
            return Ok(());
        }
        let alone = state.layers.with_offer(slot);
        let enforced = self.commit(state, alone);
        if enforced.is_err() && slot == Layers::CODE {
            // The caller gets the error, so the table is not kept for later.
            state.layers = before;
        }
        enforced
    }

    fn commit(&self, state: &mut State, layers: Layers) -> Result<(), Vec<Problem>> {
        let merged = layers.merged();
        let mut problems = Vec::new();
        let mut changes = Vec::new();
        for cell in state.cells.values() {
            match cell.prepare(&merged) {
                Ok(change) => changes.extend(change),
                Err(reader) => problems.extend(reader.problems),
            }
        }
        if !problems.is_empty() {
            problems.sort_by(|one, other| one.path.cmp(&other.path));
            return Err(problems);
        }
        state.layers = layers;
        self.merged.send_replace(Arc::new(merged));
        // Another thread may be notifying watchers: these calls are queued only after all structs have changed.
        let calls: Vec<_> = changes.into_iter().map(|change| change()).collect();
        calls.into_iter().for_each(|call| self.to_tell.push(call));
        let waiting: Vec<String> = state.cells.values().flat_map(|cell| cell.waiting()).collect();
        let words = (!waiting.is_empty()).then(|| format!("waits for a restart: `{}`", waiting.join("`, `")));
        let _ = self.trouble("changes", words);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::config::{Config, Configuration, Node, Origin, put};

    #[micro::config(prefix = "engine_one")]
    struct One {
        #[config(default = 0)]
        n: u32,
    }

    #[micro::config(prefix = "engine_two")]
    struct Two {
        #[config(default = 0)]
        n: u32,
    }

    fn both(n: u32) -> Table {
        let mut table = Table::new();
        for path in ["engine_one.n", "engine_two.n"] {
            put(&mut table, path, Node::new(n, Origin::new(Layer::File, "test")));
        }
        table
    }

    #[test]
    fn watchers_find_everything_changed_also_while_others_deliver() {
        const ROUNDS: u32 = 3_000;
        let configuration = Configuration::new();
        let (one, two): (Config<One>, Config<Two>) = (configuration.of().unwrap(), configuration.of().unwrap());
        let (slot, name) = configuration.0.add_slot(Layer::File, "test");
        let behind = Arc::new(Mutex::new(Vec::new()));
        let (of_one, of_two) = (two.clone(), one.clone());
        let (first, second) = (behind.clone(), behind.clone());
        let behind_of = |behind: &Mutex<Vec<_>>, told: u32, beside: u32| {
            if beside < told {
                behind.lock().unwrap().push((told, beside));
            }
        };
        let _watching = (
            one.watch(move |_, new| behind_of(&first, new.n, of_one.get().n)),
            two.watch(move |_, new| behind_of(&second, new.n, of_two.get().n)),
        );
        let enough = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    configuration.0.to_tell.deliver();
                }
            });
            (1..ROUNDS).for_each(|n| configuration.0.propose(slot, &name, both(n)));
            enough.store(true, Ordering::Relaxed);
        });
        assert_eq!(*behind.lock().unwrap(), []);
    }

    #[test]
    fn a_source_that_was_given_up_may_still_speak() {
        let configuration = Configuration::new();
        let (slot, name) = configuration.0.add_slot(Layer::File, "test");
        configuration.0.remove_slot(slot);
        configuration.0.propose(slot, &name, both(7));
        assert_eq!(configuration.get::<u32>("engine_one.n").unwrap(), Some(0));
    }
}
