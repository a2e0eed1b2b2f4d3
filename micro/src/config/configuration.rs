use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::cell::{AnyCell, SectionCell};
use super::follow::{self, Need};
use super::layers::{Layers, SlotId};
use super::queue::Queue;
use super::reader::{self, Problem, Reader};
use super::section::{self, SectionDesc};
use super::show;
use super::value::{at, from_json, put, remove, same, without_nulls};
use super::{Config, Layer, Node, Origin, Section, Setting, Source, Table, Value};
use crate::errors::{Error, Result};
use crate::util::spawn::Task;

/// All settings of an app: every layer, what they come to, and what is wrong with them. Cloning it is cheap and gives the
/// same one.
///
/// The typed road to settings is [`Config`]; this is the untyped one, for keys that are known only at run time. It can be
/// injected.
///
/// ```
/// use micro::config::Configuration;
///
/// # fn main() -> micro::Result<()> {
/// let configuration = Configuration::new();
/// configuration.set("limits.ada", 3)?;
/// assert_eq!(configuration.get::<u32>("limits.ada")?, Some(3));
/// assert!(configuration.origin("limits.ada").unwrap().to_string().starts_with("code at "));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Configuration(pub(super) Arc<Inner>);

pub(super) struct Inner {
    state: Mutex<State>,
    merged: watch::Sender<Arc<Table>>,
    troubles: watch::Sender<BTreeMap<String, String>>,
    to_tell: Queue,
    /// The tasks that follow the sources; they end with this.
    pub(super) following: Mutex<Vec<Task<()>>>,
}

struct State {
    layers: Layers,
    cells: HashMap<TypeId, Arc<dyn AnyCell>>,
}

/// What setting a value came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is in force.
    InForce,
    /// It is kept, and counts once this place says nothing any more.
    Shadowed(Origin),
}

impl Configuration {
    /// The settings of all structs that are linked, as they are declared.
    pub fn new() -> Self {
        Configuration::of_sections(section::linked().iter().map(|entry| entry.desc).collect())
    }

    pub(super) fn of_sections(sections: Vec<&'static SectionDesc>) -> Self {
        let layers = Layers::new(sections);
        let merged = watch::Sender::new(Arc::new(layers.merged()));
        let state = Mutex::new(State { layers, cells: HashMap::new() });
        let (troubles, to_tell, following) = Default::default();
        Configuration(Arc::new(Inner { state, merged, troubles, to_tell, following }))
    }

    /// The settings of a struct, checked, and kept up to date from now on.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) with everything that is wrong with them.
    pub fn of<T: Section>(&self) -> Result<Config<T>> {
        let mut state = self.0.state();
        let id = TypeId::of::<T>();
        if let Some(cell) = state.cells.get(&id).and_then(|cell| cell.as_any().downcast_ref::<SectionCell<T>>()) {
            return Ok(cell.config());
        }
        let merged = self.0.merged.borrow().clone();
        match SectionCell::<T>::open(&merged) {
            Ok(cell) => {
                let config = cell.config();
                state.cells.insert(id, Arc::new(cell));
                Ok(config)
            }
            Err(reader) => Err(refused(&reader.problems)),
        }
    }

    /// What reading a struct would come to.
    pub(super) fn examine<T: Section>(&self) -> Reader {
        let merged = self.0.merged.borrow().clone();
        reader::read::<T>(T::DESC.prefix, at(&merged, T::DESC.prefix)).1
    }

    /// What stands at `path`, `greeter.limits.ada`, as a type; `None` where nothing does.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when it is not of that type.
    pub fn get<T: Setting>(&self, path: &str) -> Result<Option<T>> {
        let Some(node) = self.node(path) else { return Ok(None) };
        let (value, reader) = reader::read::<T>(path, Some(&node));
        value.map(Some).ok_or_else(|| refused(&reader.problems))
    }

    /// What stands at `path`, with where it was written; secrets are marked.
    pub fn node(&self, path: &str) -> Option<Node> {
        at(&self.0.merged.borrow(), path).filter(|node| node.value != Value::Null).map(without_nulls)
    }

    /// Where what stands at `path` was written.
    pub fn origin(&self, path: &str) -> Option<Origin> {
        self.node(path).map(|node| node.origin)
    }

    /// What every place says of `path`, the one that wins first.
    pub(super) fn said_of(&self, path: &str) -> Vec<Node> {
        self.0.state().layers.tables().rev().filter_map(|table| at(table, path).cloned()).collect()
    }

    /// The structs that are linked.
    pub(super) fn sections(&self) -> Arc<[&'static SectionDesc]> {
        self.0.state().layers.sections()
    }

    /// Everything there is, as one tree.
    pub(super) fn tree(&self) -> Arc<Table> {
        self.0.merged.borrow().clone()
    }

    /// Sets a value in the layer of the program itself, as its code does. Files, servers, environment and flags win over it.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when a struct that is in use cannot take it; then nothing changes.
    #[track_caller]
    pub fn set(&self, path: &str, value: impl Into<Value>) -> Result<Effect> {
        let origin = Origin::new(Layer::Code, format!("code at {}", Location::caller()));
        self.set_node(path, Node::new(value, origin))
    }

    /// Takes a value back that the program itself has set.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    pub fn unset(&self, path: &str) -> Result<Effect> {
        self.change_code(path, |table| remove(table, path))
    }

    pub(super) fn set_node(&self, path: &str, node: Node) -> Result<Effect> {
        self.change_code(path, |table| put(table, path, node))
    }

    /// Puts a whole table into the layer of the program itself.
    pub(super) fn put_code(&self, table: Table) {
        // There is nobody yet who could refuse it.
        let _ = self.0.accept(&mut self.0.state(), Layers::CODE, table);
    }

    fn change_code(&self, path: &str, change: impl FnOnce(&mut Table)) -> Result<Effect> {
        let mut state = self.0.state();
        let mut table = state.layers.table(Layers::CODE).clone();
        change(&mut table);
        let changed = self.0.accept(&mut state, Layers::CODE, table);
        drop(state);
        self.0.to_tell.deliver();
        changed.map_err(|problems| refused(&problems))?;
        let above = self.origin(path).filter(|origin| origin.layer() > Layer::Code);
        Ok(above.map_or(Effect::InForce, Effect::Shadowed))
    }

    /// Follows what stands at `path`: waits for its next change.
    pub fn watch(&self, path: &str) -> Watched {
        Watched {
            path: path.to_owned(),
            merged: self.0.merged.subscribe(),
            last: self.node(path),
            _source: self.clone(),
        }
    }

    /// Adds a source, and waits until it has been read once.
    ///
    /// Among sources of one layer the one that was added last wins.
    ///
    /// # Errors
    ///
    /// What it failed with, if it is [`Need::Required`]. One that is [`Need::Optional`] may come later.
    pub async fn add(&self, source: impl Into<Box<dyn Source>>, need: Need) -> Result<()> {
        follow::add(self, source.into(), need).await
    }

    /// Puts a whole table into a layer of its own: what the environment or the command line says.
    pub(super) fn lay(&self, layer: Layer, table: Table) {
        let mut state = self.0.state();
        let slot = state.layers.add(layer, layer.as_str());
        // There is nobody yet who could refuse it.
        let _ = self.0.accept(&mut state, slot, table);
        drop(state);
        self.0.to_tell.deliver();
    }

    /// What is wrong at the moment, by the name of the source: it cannot be read, or what it says is not used.
    pub fn troubles(&self) -> watch::Receiver<BTreeMap<String, String>> {
        self.0.troubles.subscribe()
    }
}

impl Default for Configuration {
    fn default() -> Self {
        Configuration::new()
    }
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Configuration").field("layers", &self.0.state().layers).finish()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a source, and its name in messages: that of no other.
    pub(super) fn add_slot(&self, layer: Layer, name: &str) -> (SlotId, String) {
        let mut state = self.state();
        let name = state.layers.unused_name(name);
        (state.layers.add(layer, &name), name)
    }

    pub(super) fn remove_slot(&self, slot: SlotId) {
        self.state().layers.remove(slot);
    }

    /// A source says this now. What cannot be used leaves everything as it is.
    pub(super) fn offer(&self, slot: SlotId, name: &str, table: Table) {
        let mut state = self.state();
        let accepted = self.accept(&mut state, slot, table);
        drop(state);
        self.to_tell.deliver();
        match accepted {
            Ok(()) => {
                if self.trouble(name, None) {
                    tracing::info!(source = name, "is read and used again");
                }
            }
            Err(problems) => {
                let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
                tracing::error!(source = name, "a change is not used, what was in force stays: {}", words.join("; "));
                let _ = self.trouble(name, Some(format!("a change is not used: {}", words.join("; "))));
            }
        }
    }

    /// A source cannot be read now.
    pub(super) fn failed(&self, name: &str, error: &Error) {
        if self.cannot_be_read(name, error) {
            tracing::warn!(source = name, "cannot be read, what was in force stays: {error:#}");
        }
    }

    /// Notes it without a word; whether that is news.
    pub(super) fn cannot_be_read(&self, name: &str, error: &Error) -> bool {
        self.trouble(name, Some(format!("cannot be read: {error:#}")))
    }

    fn trouble(&self, name: &str, words: Option<String>) -> bool {
        self.troubles.send_if_modified(|troubles| match words {
            Some(words) => troubles.insert(name.to_owned(), words.clone()) != Some(words),
            None => troubles.remove(name).is_some(),
        })
    }

    /// Puts a table in force if every struct that is in use can take what comes of it: together with what was refused
    /// before, and failing that by itself.
    fn accept(&self, state: &mut State, slot: SlotId, table: Table) -> Result<(), Vec<Problem>> {
        let before = state.layers.clone();
        state.layers.offer(slot, table);
        let refused = state.layers.with_all_offers();
        if let Some(all) = refused
            && self.enforce(state, all).is_ok()
        {
            return Ok(());
        }
        let alone = state.layers.with_offer(slot);
        let enforced = self.enforce(state, alone);
        if enforced.is_err() && slot == Layers::CODE {
            // Whoever sets a value is told at once, so it is not kept for later.
            state.layers = before;
        }
        enforced
    }

    fn enforce(&self, state: &mut State, layers: Layers) -> Result<(), Vec<Problem>> {
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
        for change in changes {
            self.to_tell.push(change());
        }
        let waiting: Vec<String> = state.cells.values().flat_map(|cell| cell.waiting()).collect();
        let words = (!waiting.is_empty()).then(|| format!("waits for a restart: `{}`", waiting.join("`, `")));
        let _ = self.trouble("changes", words);
        Ok(())
    }
}

/// A path that is followed. See [`Configuration::watch`].
pub struct Watched {
    path: String,
    merged: watch::Receiver<Arc<Table>>,
    last: Option<Node>,
    // Keeps the settings, and with them those who change them.
    _source: Configuration,
}

impl Watched {
    /// Waits until something else stands there, and gives it; `None` if nothing does any more. Of several changes in a row
    /// the last counts. Dropping the future loses nothing.
    pub async fn changed(&mut self) -> Option<Node> {
        let (path, last) = (&self.path, &self.last);
        let differs = |merged: &Arc<Table>| !same(at(merged, path), last.as_ref());
        let now = self.merged.wait_for(differs).await.ok().and_then(|merged| at(&merged, path).cloned());
        self.last = now.filter(|node| node.value != Value::Null).as_ref().map(without_nulls);
        self.last.clone()
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("path", &self.path).finish_non_exhaustive()
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        from_json(json, &super::value::declared()).value
    }
}

/// One error of everything that is wrong.
pub(super) fn refused(problems: &[Problem]) -> Error {
    let mut message = "the settings cannot be used:".to_owned();
    for problem in problems {
        message.extend(["\n  - ", &problem.to_string()]);
        if problem.is_missing()
            && let Some(way) = show::way_to_set(&problem.path)
        {
            message.extend([": ", &way]);
        }
    }
    Error::invalid_argument(message + "\n`--help` lists all settings")
}
