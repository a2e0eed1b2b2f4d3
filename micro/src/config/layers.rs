use std::fmt;
use std::sync::Arc;

use super::declaration::{self, SectionDesc};
use super::value::merge;
use super::{Layer, Table};

/// Every place that says something, in the order in which they win over one another.
#[derive(Clone)]
pub(super) struct Layers {
    sections: Arc<[&'static SectionDesc]>,
    slots: Vec<LayerSlot>,
    next: usize,
}

/// One place, for as long as it is there.
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
    /// The place of the program itself.
    pub(super) const CODE: SlotId = SlotId(1);

    /// Creates the layers of declared defaults and code, the latter empty.
    pub(super) fn new(sections: Vec<&'static SectionDesc>) -> Self {
        let defaults = declaration::declarations(&sections);
        let mut layers = Layers { sections: sections.into(), slots: vec![], next: 0 };
        let declared = layers.add(Layer::Declared, "default");
        layers.slot(declared).in_force = defaults;
        let code = layers.add(Layer::Code, "code");
        debug_assert_eq!(code, Self::CODE, "the second to be added");
        layers
    }

    /// Adds a place that says nothing yet, over those of its layer.
    pub(super) fn add(&mut self, layer: Layer, name: &str) -> SlotId {
        let id = SlotId(self.next);
        self.next += 1;
        let at = self.slots.partition_point(|slot| slot.layer <= layer);
        self.slots.insert(at, LayerSlot { id, layer, name: name.to_owned(), in_force: Table::new(), refused: None });
        id
    }

    /// The name itself, or with a number behind it where it is taken.
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

    /// Returns `true` if the source is still there.
    pub(super) fn has(&self, id: SlotId) -> bool {
        self.slots.iter().any(|slot| slot.id == id)
    }

    /// The structs that are linked.
    pub(super) fn sections(&self) -> Arc<[&'static SectionDesc]> {
        self.sections.clone()
    }

    fn slot(&mut self, id: SlotId) -> &mut LayerSlot {
        self.slots.iter_mut().find(|slot| slot.id == id).expect("only a place that is there is named")
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

    /// Keeps what a place says until it is known whether that can be put in force.
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
