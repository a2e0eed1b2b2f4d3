//! Structs of settings that are linked into the program.

use std::any::{Any, TypeId};
use std::sync::Arc;

use super::declaration::SectionDesc;
use super::reader::Reader;
use super::section::Section;
use super::{Config, Configuration};
use crate::errors::Result;

/// A struct of settings that is linked into the program.
#[derive(Debug)]
pub struct SectionEntry {
    pub(crate) config: fn() -> TypeId,
    pub(super) desc: &'static SectionDesc,
    pub(super) examine: fn(&Configuration) -> Reader,
    pub(crate) open: fn(&Configuration) -> Result<Arc<dyn Any + Send + Sync>>,
    /// `true` if the struct adds fields to another of the same prefix.
    extends: bool,
}

impl SectionEntry {
    /// Creates the entry of the struct `T`.
    pub const fn of<T: Section>() -> Self {
        SectionEntry {
            config: TypeId::of::<Config<T>>,
            desc: &T::DESC,
            examine: Configuration::examine::<T>,
            open: |configuration| Ok(Arc::new(configuration.of::<T>()?)),
            extends: false,
        }
    }

    /// Creates the entry of a struct `T` that adds fields to another struct of the same prefix. Keys unknown to `T` are ignored.
    pub(crate) const fn extending<T: Section>() -> Self {
        SectionEntry { extends: true, ..SectionEntry::of::<T>() }
    }

    /// Returns `true` if the struct adds fields to another of the same prefix.
    pub(super) fn extends(&self) -> bool {
        self.extends
    }

    /// Returns `true` if `path` is one of the fields, or below one.
    pub(super) fn has(&self, path: &str) -> bool {
        let below = path.strip_prefix(self.prefix()).and_then(|rest| rest.strip_prefix('.'));
        let key = below.map(|below| below.split('.').next().unwrap_or(below));
        key.is_some_and(|key| self.desc.fields.iter().any(|field| field.name == key))
    }

    /// Returns the path of the settings.
    pub(crate) fn prefix(&self) -> &'static str {
        self.desc.prefix
    }
}

inventory::collect!(SectionEntry);

/// Returns all linked structs, sorted by prefix.
pub(crate) fn linked() -> Vec<&'static SectionEntry> {
    let mut entries: Vec<&SectionEntry> = inventory::iter::<SectionEntry>.into_iter().collect();
    entries.sort_by_key(|entry| (entry.desc.prefix, entry.desc.name));
    entries
}

impl Configuration {
    /// Creates the settings of all linked structs, with their declared defaults.
    pub fn new() -> Self {
        Configuration::of_sections(linked().iter().map(|entry| entry.desc).collect())
    }
}

impl Default for Configuration {
    fn default() -> Self {
        Configuration::new()
    }
}
