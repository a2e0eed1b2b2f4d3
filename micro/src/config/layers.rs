use std::fmt;
use std::sync::Arc;

use super::declaration::{self, SectionDesc};
use super::value::merge;
use super::{Layer, Table};

/// All sources in order of precedence, the lowest first.
#[derive(Clone)]
pub(super) struct Layers {
    sections: Arc<[&'static SectionDesc]>,
    slots: Vec<LayerSlot>,
    next: usize,
}

/// Identifier of a source in [`Layers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotId(usize);

#[derive(Clone)]
struct LayerSlot {
    id: SlotId,
    layer: Layer,
    name: String,
    in_force: Table,
    /// Latest values, if they were rejected.
    refused: Option<Table>,
}

impl Layers {
    /// Slot of values set in code.
    pub(super) const CODE: SlotId = SlotId(1);

    /// Creates the layers of declared defaults and code, the latter empty.
    pub(super) fn new(sections: Vec<&'static SectionDesc>) -> Self {
        let defaults = declaration::declarations(&sections);
        let mut layers = Layers { sections: sections.into(), slots: vec![], next: 0 };
        let declared = layers.add(Layer::Declared, "default");
        layers.slot(declared).in_force = defaults;
        let code = layers.add(Layer::Code, "code");
        debug_assert_eq!(code, Self::CODE, "the code layer is added second");
        layers
    }

    /// Adds an empty slot above the others of its layer.
    pub(super) fn add(&mut self, layer: Layer, name: &str) -> SlotId {
        let id = SlotId(self.next);
        self.next += 1;
        let at = self.slots.partition_point(|slot| slot.layer <= layer);
        self.slots.insert(at, LayerSlot { id, layer, name: name.to_owned(), in_force: Table::new(), refused: None });
        id
    }

    /// Returns the name, followed by a number if it is taken.
    pub(super) fn unused_name(&self, name: &str) -> String {
        let same = |other: &&LayerSlot| other.name == name || other.name.starts_with(&format!("{name} ("));
        match self.slots.iter().filter(same).count() {
            0 => name.to_owned(),
            taken => format!("{name} ({})", taken + 1),
        }
    }

    pub(super) fn remove(&mut self, id: SlotId) {
        self.slots.retain(|slot| slot.id != id);
    }

    /// Returns `true` if the source has not been removed.
    pub(super) fn has(&self, id: SlotId) -> bool {
        self.slots.iter().any(|slot| slot.id == id)
    }

    /// Returns the linked structs.
    pub(super) fn sections(&self) -> Arc<[&'static SectionDesc]> {
        self.sections.clone()
    }

    fn slot(&mut self, id: SlotId) -> &mut LayerSlot {
        self.slots.iter_mut().find(|slot| slot.id == id).expect("ids are only used while their slot exists")
    }

    /// Returns the committed values of a source.
    pub(super) fn table(&mut self, id: SlotId) -> &Table {
        &self.slot(id).in_force
    }

    /// Returns the values of all sources, the one in force last.
    pub(super) fn tables(&self) -> impl DoubleEndedIterator<Item = &Table> {
        self.slots.iter().map(|slot| &slot.in_force)
    }

    /// Returns the merged values.
    pub(super) fn merged(&self) -> Table {
        let mut merged = Table::new();
        self.tables().for_each(|table| merge(&mut merged, table));
        merged
    }

    /// Keeps the values of a source until they are committed.
    pub(super) fn propose(&mut self, id: SlotId, mut table: Table) {
        declaration::mark_secrets(&mut table, &self.sections);
        self.slot(id).refused = Some(table);
    }

    /// Returns the layers with the proposal of one source committed.
    pub(super) fn with_offer(&self, id: SlotId) -> Self {
        let mut layers = self.clone();
        layers.slot(id).commit();
        layers
    }

    /// Returns the layers with all proposals committed, and the names of their sources.
    pub(super) fn with_all_offers(&self) -> (Self, Vec<String>) {
        let offering = self.slots.iter().filter(|slot| slot.refused.is_some()).map(|slot| slot.name.clone()).collect();
        let mut layers = self.clone();
        layers.slots.iter_mut().for_each(LayerSlot::commit);
        (layers, offering)
    }
}

impl LayerSlot {
    fn commit(&mut self) {
        if let Some(table) = self.refused.take() {
            self.in_force = table;
        }
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.slots.iter().map(|slot| &slot.name)).finish()
    }
}
