use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::panic::Location;

use super::value::{merge, put};
use super::{Layer, Node, Origin, Section, Table, Value};

/// Settings made in code before the program starts.
#[derive(Default)]
pub(crate) struct CodeOverrides {
    pub(super) table: Table,
    /// Structs with the changes made so far.
    structs: HashMap<TypeId, Box<dyn Any + Send>>,
}

impl CodeOverrides {
    /// Sets one value.
    #[track_caller]
    pub(crate) fn set(&mut self, path: &str, value: impl Into<Value>) {
        put(&mut self.table, path, Node::new(value, here()));
    }

    /// Changes a struct, and sets the values that differ afterwards.
    #[track_caller]
    pub(crate) fn change<T: Section + Default>(&mut self, change: impl FnOnce(&mut T)) {
        let origin = here();
        let value = self.structs.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        let Some(value) = value.downcast_mut::<T>() else { return };
        let before = value.write();
        change(value);
        if let Some(node) = changed(&before, &value.write(), &origin) {
            let mut table = Table::new();
            put(&mut table, T::DESC.prefix, node);
            merge(&mut self.table, &table);
        }
    }
}

#[track_caller]
fn here() -> Origin {
    Origin::new(Layer::Code, format!("code at {}", Location::caller()))
}

/// Returns the changes that turn `old` into `new`.
fn changed(old: &Value, new: &Value, origin: &Origin) -> Option<Node> {
    let value = match (old, new) {
        _ if old == new => return None,
        (Value::Table(old), Value::Table(new)) => {
            let mut table = Table::new();
            for key in old.keys().chain(new.keys()) {
                let inner = |table: &Table| table.get(key).map_or(Value::Null, |node| node.value.clone());
                if let Some(node) = changed(&inner(old), &inner(new), origin) {
                    table.insert(key.clone(), node);
                }
            }
            Value::Table(table)
        }
        (_, new) => new.clone(),
    };
    Some(Node::new(value, origin.clone()))
}
