//! State of one struct of settings: the values in force, and the preparation of changes.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use super::declaration::Field;
use super::fields;
use super::handle::ConfigCell;
use super::problem::Unknown;
use super::reader::Reader;
use super::value::{at, same};
use super::{Config, Kind, Node, Reload, Section, Table, Value};

/// Function that puts a change in force, and returns a closure that notifies the watchers.
pub(super) type Change = Box<dyn FnOnce() -> Box<dyn FnOnce() + Send>>;

/// State of any struct of settings.
pub(super) trait AnyCell: Send + Sync {
    /// Validates the merged settings and prepares the change; `None` if nothing changed. The error lists the problems.
    fn prepare(&self, merged: &Table) -> Result<Option<Change>, Reader>;

    /// Returns the paths of settings whose new value takes effect after a restart.
    fn waiting(&self) -> Vec<String>;

    fn as_any(&self) -> &dyn Any;
}

/// State of the settings of a struct `T`.
pub(super) struct SectionCell<T> {
    cell: Arc<ConfigCell<T>>,
    state: Arc<Mutex<State>>,
}

struct State {
    in_force: Option<Node>,
    waiting: Vec<String>,
    /// Keys that the struct does not have.
    unknown: Vec<Unknown>,
}

impl<T: Section> SectionCell<T> {
    /// Reads the struct for the first time.
    pub(super) fn open(merged: &Table) -> Result<Self, Reader> {
        let node = at(merged, T::DESC.prefix);
        let (value, unknown) = read::<T>(node)?;
        let state = State { in_force: node.cloned(), waiting: vec![], unknown };
        Ok(SectionCell { cell: Arc::new(ConfigCell::new(value)), state: Arc::new(Mutex::new(state)) })
    }

    pub(super) fn config(&self) -> Config<T> {
        Config::of(self.cell.clone())
    }
}

impl<T: Section> AnyCell for SectionCell<T> {
    fn prepare(&self, merged: &Table) -> Result<Option<Change>, Reader> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let new = at(merged, T::DESC.prefix);
        if same(state.in_force.as_ref(), new) && state.waiting.is_empty() {
            return Ok(None);
        }
        // Validates all values, including those that wait for a restart: otherwise the next start would fail.
        let (value, unknown) = read::<T>(new)?;
        let mut waiting = Vec::new();
        let kept = keep(T::DESC.fields, T::DESC.prefix, state.in_force.as_ref(), new, &mut waiting);
        let value = match waiting.is_empty() {
            true => value,
            false => read::<T>(kept.as_ref())?.0,
        };
        let differs = !same(state.in_force.as_ref(), kept.as_ref());
        let (cell, place) = (self.cell.clone(), self.state.clone());
        Ok(Some(Box::new(move || {
            let mut state = place.lock().unwrap_or_else(PoisonError::into_inner);
            for path in waiting.iter().filter(|path| !state.waiting.contains(path)) {
                tracing::warn!(setting = path, "takes effect after a restart");
            }
            for slip in unknown.iter().filter(|slip| !state.unknown.contains(slip)) {
                tracing::warn!("{slip}");
            }
            *state = State { in_force: kept, waiting, unknown };
            if differs { Box::new(cell.swap(value)) } else { Box::new(|| {}) }
        })))
    }

    fn waiting(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).waiting.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn read<T: Section>(node: Option<&Node>) -> Result<(T, Vec<Unknown>), Reader> {
    let (value, mut reader) = fields::read::<T>(T::DESC.prefix, node);
    let unknown = std::mem::take(&mut reader.unknown);
    value.map(|value| (value, unknown)).ok_or(reader)
}

/// Returns the new settings, with the old values where a change has to wait for a restart; adds those paths to `waiting`.
fn keep(
    fields: &[Field],
    path: &str,
    old: Option<&Node>,
    new: Option<&Node>,
    waiting: &mut Vec<String>,
) -> Option<Node> {
    let mut kept = new.cloned();
    for field in fields {
        let inner =
            |node: Option<&Node>| node.and_then(Node::as_table).and_then(|table| table.get(field.name)).cloned();
        let (before, after) = (inner(old), inner(new));
        let path = format!("{path}.{}", field.name);
        let stays = match (field.reload, (field.kind)()) {
            (Reload::Restart, _) if !same(before.as_ref(), after.as_ref()) => {
                waiting.push(path);
                before
            }
            (Reload::Live, Kind::Section(fields)) => keep(fields, &path, before.as_ref(), after.as_ref(), waiting),
            // An optional struct appears or disappears as a whole.
            (Reload::Live, Kind::Optional(fields)) if before.is_some() && after.is_some() => {
                keep(fields, &path, before.as_ref(), after.as_ref(), waiting)
            }
            _ => continue,
        };
        if let Some(Node { value: Value::Table(table), .. }) = &mut kept {
            match stays {
                Some(node) => drop(table.insert(field.name.to_owned(), node)),
                None => drop(table.remove(field.name)),
            }
        } else if let Some(node) = stays {
            let table = Table::from([(field.name.to_owned(), node.clone())]);
            kept = Some(Node::new(table, node.origin));
        }
    }
    kept
}
