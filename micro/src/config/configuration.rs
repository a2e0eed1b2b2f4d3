use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use tokio::sync::watch;

use super::declaration::SectionDesc;
use super::engine::Engine;
use super::fields;
use super::layers::Layers;
use super::problem::Problem;
use super::reader::Reader;
use super::schema;
use super::section_state::SectionCell;
use super::value::{at, put, remove, same, without_nulls};
use super::{Config, Layer, Node, Origin, Section, Setting, Table, Value};
use crate::errors::{Error, Result};

/// All settings of an app: every layer, the merged values, and the current errors. Clones are cheap and share their state.
///
/// [`Config`] provides typed settings; `Configuration` is the untyped alternative, for keys that are known only at run time. An
/// app injects both.
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
pub struct Configuration(pub(super) Arc<Engine>);

/// Outcome of setting a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetOutcome {
    /// The value is in force.
    InForce,
    /// The value is kept, and takes effect once the source at this origin no longer sets the key.
    Shadowed(Origin),
}

impl Configuration {
    pub(super) fn of_sections(sections: Vec<&'static SectionDesc>) -> Self {
        Configuration(Arc::new(Engine::new(Layers::new(sections))))
    }

    /// Reads and validates the settings of a struct, and keeps them up to date from now on.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) with all problems of the settings.
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
            Err(reader) => Err(refused(&reader.problems, &state.layers.sections())),
        }
    }

    /// Reads a struct without putting its settings in force.
    pub(super) fn examine<T: Section>(&self) -> Reader {
        let merged = self.0.merged.borrow().clone();
        fields::read::<T>(T::DESC.prefix, at(&merged, T::DESC.prefix)).1
    }

    /// Returns the value at `path`, such as `greeter.limits.ada`, as `T`; `None` if it is not set.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when the value is not a `T`.
    pub fn get<T: Setting>(&self, path: &str) -> Result<Option<T>> {
        let Some(node) = self.node(path) else { return Ok(None) };
        let (value, reader) = fields::read::<T>(path, Some(&node));
        value.map(Some).ok_or_else(|| refused(&reader.problems, &self.sections()))
    }

    /// Returns the value at `path` with its origin; secrets are marked.
    pub fn node(&self, path: &str) -> Option<Node> {
        at(&self.0.merged.borrow(), path).filter(|node| node.value != Value::Null).map(without_nulls)
    }

    /// Returns the origin of the value at `path`.
    pub fn origin(&self, path: &str) -> Option<Origin> {
        self.node(path).map(|node| node.origin)
    }

    /// Returns the values of all sources at `path`, the one in force first.
    pub(super) fn said_of(&self, path: &str) -> Vec<Node> {
        self.0.state().layers.tables().rev().filter_map(|table| at(table, path).cloned()).collect()
    }

    /// Returns the linked structs.
    pub(super) fn sections(&self) -> Arc<[&'static SectionDesc]> {
        self.0.state().layers.sections()
    }

    /// Returns all merged values as one tree.
    pub(super) fn tree(&self) -> Arc<Table> {
        self.0.merged.borrow().clone()
    }

    /// Sets a value in the layer [`Code`](Layer::Code). Files, servers, the environment and flags override it.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when a struct in use rejects the value; then nothing changes.
    #[track_caller]
    pub fn set(&self, path: &str, value: impl Into<Value>) -> Result<SetOutcome> {
        let origin = Origin::new(Layer::Code, format!("code at {}", Location::caller()));
        self.set_node(path, Node::new(value, origin))
    }

    /// Removes a value from the layer [`Code`](Layer::Code).
    ///
    /// # Errors
    ///
    /// See [`set`](Self::set).
    pub fn unset(&self, path: &str) -> Result<SetOutcome> {
        self.change_code(path, |table| remove(table, path))
    }

    pub(super) fn set_node(&self, path: &str, node: Node) -> Result<SetOutcome> {
        self.change_code(path, |table| put(table, path, node))
    }

    /// Replaces the whole table of the layer [`Code`](Layer::Code).
    pub(super) fn put_code(&self, table: Table) {
        // No section could reject it yet.
        let _ = self.0.accept(&mut self.0.state(), Layers::CODE, table);
    }

    fn change_code(&self, path: &str, change: impl FnOnce(&mut Table)) -> Result<SetOutcome> {
        let mut state = self.0.state();
        let mut table = state.layers.table(Layers::CODE).clone();
        change(&mut table);
        let changed = self.0.accept(&mut state, Layers::CODE, table);
        drop(state);
        self.0.to_tell.deliver();
        changed.map_err(|problems| refused(&problems, &self.sections()))?;
        let above = self.origin(path).filter(|origin| origin.layer() > Layer::Code);
        Ok(above.map_or(SetOutcome::InForce, SetOutcome::Shadowed))
    }

    /// Returns a watch on the value at `path`, which waits for its next change.
    pub fn watch(&self, path: &str) -> Watched {
        Watched {
            path: path.to_owned(),
            merged: self.0.merged.subscribe(),
            last: self.node(path),
            _source: self.clone(),
        }
    }

    /// Adds a fixed table to a layer: the values of the environment or the command line.
    pub(super) fn lay(&self, layer: Layer, table: Table) {
        let mut state = self.0.state();
        let slot = state.layers.add(layer, layer.as_str());
        // No section could reject it yet.
        let _ = self.0.accept(&mut state, slot, table);
        drop(state);
        self.0.to_tell.deliver();
    }

    /// Returns the current errors by source name: the source cannot be read, or its values are rejected.
    pub fn troubles(&self) -> watch::Receiver<BTreeMap<String, String>> {
        self.0.troubles.subscribe()
    }
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Configuration").field("layers", &self.0.state().layers).finish()
    }
}

/// A watch on the value at a path. See [`Configuration::watch`].
pub struct Watched {
    path: String,
    merged: watch::Receiver<Arc<Table>>,
    last: Option<Node>,
    // Keeps the engine alive, and with it the tasks that follow the sources.
    _source: Configuration,
}

impl Watched {
    /// Waits until the value changes, and returns the new one; `None` if the key is no longer set. Of several changes in a row,
    /// only the last is returned. Dropping the future loses no change.
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

/// Combines all problems into one error.
pub(super) fn refused(problems: &[Problem], sections: &[&'static SectionDesc]) -> Error {
    let mut message = "the settings cannot be used:".to_owned();
    for problem in problems {
        message.extend(["\n  - ", &problem.to_string()]);
        if problem.is_missing()
            && let Some(way) = schema::way_to_set(&problem.path, sections)
        {
            message.extend([": ", &way]);
        }
    }
    Error::invalid_argument(message + "\n`--help` lists all settings")
}
