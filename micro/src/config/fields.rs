//! Reading of a struct of settings, field by field.

use std::borrow::Cow;

use super::declaration::Field;
use super::problem::{Deprecated, Unknown};
use super::reader::Reader;
use super::setting::{FieldFns, table_of};
use super::{Node, Setting, Table, Value};
use crate::util::text;

impl Reader {
    /// Reads the fields of a struct; `None` if the value is not a table. For code that `#[micro::config]` generates.
    pub fn section<'a>(&'a mut self, node: &'a Node, fields: &'static [Field]) -> Option<Fields<'a>> {
        let Some(table) = table_of(node) else { return self.refuse(node, "a table") };
        self.note_unknown(&table, fields);
        Some(Fields { table: Some(table), fields, reader: self })
    }

    /// Reads the fields of a section that is not set at all.
    pub fn empty_section(&mut self, fields: &'static [Field]) -> Fields<'_> {
        Fields { table: None, fields, reader: self }
    }

    fn note_unknown(&mut self, table: &Table, fields: &'static [Field]) {
        for (key, node) in table.iter().filter(|(key, _)| fields.iter().all(|field| field.name != *key)) {
            let near = text::nearest(&key.replace('-', "_"), fields.iter().map(|field| field.name));
            let (path, near) = self.at(key, |reader| (reader.path(), near.map(str::to_owned)));
            self.unknown.push(Unknown { path, origin: node.origin.clone(), near });
        }
    }
}

/// Fields of a struct, read one after the other.
#[derive(Debug)]
pub struct Fields<'a> {
    table: Option<Cow<'a, Table>>,
    fields: &'static [Field],
    reader: &'a mut Reader,
}

/// Constraint on a value in addition to its type.
pub type Check<'a, T> = &'a dyn Fn(&T) -> Result<(), String>;

impl Fields<'_> {
    /// Reads the field at index `at` of the struct. If the value is not valid, records the problem and returns `None`.
    pub fn read<T>(&mut self, at: usize, driver: FieldFns<T>, checks: &[Check<'_, T>]) -> Option<T> {
        let field = &self.fields[at];
        let given = self.table.as_ref().and_then(|table| table.get(field.name)).cloned();
        if given.as_ref().is_some_and(|node| node.value == Value::Null)
            && let Some(nothing) = (driver.absent)(&mut Reader::default())
        {
            return Some(nothing);
        }
        let given = given.filter(|node| node.value != Value::Null);
        let reader = &mut *self.reader;
        if let (Some(node), Some(instead)) = (&given, field.deprecated) {
            let path = reader.at(field.name, |reader| reader.path());
            reader.deprecated.push(Deprecated { path, origin: node.origin.clone(), instead });
        }
        let read = |reader: &mut Reader| {
            let Some(node) = given.or_else(|| field.default_node()) else {
                return (driver.absent)(reader);
            };
            let value = (driver.read)(&node, reader)?;
            for check in checks {
                if let Err(expected) = check(&value) {
                    return reader.refuse(&node, expected);
                }
            }
            Some(value)
        };
        reader.at(field.name, |reader| if field.secret { reader.in_secret(read) } else { read(reader) })
    }

    /// Checks the struct as a whole.
    pub fn whole<T>(self, value: T, check: impl FnOnce(&T) -> Result<(), String>) -> Option<T> {
        match check(&value) {
            Ok(()) => Some(value),
            Err(words) => {
                self.reader.invalid(None, format!("cannot be used: {words}"));
                None
            }
        }
    }
}

/// Reads a whole tree at `path` as `T`.
pub(super) fn read<T: Setting>(path: &str, node: Option<&Node>) -> (Option<T>, Reader) {
    let mut reader = Reader::new(path);
    let value = match node {
        Some(node) => T::read(node, &mut reader),
        None => T::absent(&mut reader),
    };
    (value, reader)
}
