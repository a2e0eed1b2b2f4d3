use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use super::Setting;
use super::parts::{items_of, table_of};
use crate::config::reader::Reader;
use crate::config::value::declared;
use crate::config::{Kind, Node, Value};

macro_rules! lists {
    ($($list:ident: $($bound:path),*;)*) => {$(
        impl<T: Setting $(+ $bound)*> Setting for $list<T> {
            const SECRET: bool = T::SECRET;

            fn kind() -> Kind {
                Kind::List(T::kind)
            }

            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                items(node, reader).map(|items| items.into_iter().collect())
            }

            fn write(&self) -> Value {
                Value::Array(self.iter().map(|item| Node::new(item.write(), declared())).collect())
            }
        }
    )*};
}

lists! {
    Vec: ;
    BTreeSet: Ord;
    HashSet: Eq, Hash;
}

macro_rules! maps {
    ($($map:ident)*) => {$(
        impl<T: Setting> Setting for $map<String, T> {
            const SECRET: bool = T::SECRET;

            fn kind() -> Kind {
                Kind::Map(T::kind)
            }

            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                entries(node, reader).map(|entries| entries.into_iter().collect())
            }

            fn write(&self) -> Value {
                let entries = self.iter().map(|(key, value)| (key.clone(), Node::new(value.write(), declared())));
                Value::Table(entries.collect())
            }
        }
    )*};
}

maps!(BTreeMap HashMap);

/// Reads all items as `T`. Every item is read even after an error, to report all problems.
fn items<T: Setting>(node: &Node, reader: &mut Reader) -> Option<Vec<T>> {
    let Some(items) = items_of(node) else { return reader.refuse(node, "a list, or text like `a,b`") };
    let read = |(at, item)| reader.at(&at_index(at), |reader| T::read(item, reader));
    let read: Vec<Option<T>> = items.iter().enumerate().map(read).collect();
    read.into_iter().collect()
}

fn at_index(at: usize) -> String {
    format!("[{at}]")
}

/// Reads all entries as `T`, in the same way.
fn entries<T: Setting>(node: &Node, reader: &mut Reader) -> Option<Vec<(String, T)>> {
    let Some(table) = table_of(node) else { return reader.refuse(node, "a table, or text like `key=value,..`") };
    let read = |(key, value): (&String, _)| Some((key.clone(), reader.at(key, |reader| T::read(value, reader))?));
    let there = table.iter().filter(|(_, node)| node.value != Value::Null);
    let read: Vec<Option<(String, T)>> = there.map(read).collect();
    read.into_iter().collect()
}
