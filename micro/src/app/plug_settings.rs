//! The settings of plugs that are not among micro's own: `micro.counter` and `micro.counters`, for `plug!(Counter)`.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use crate::config::{Field, Kind, Node, Reader, Reload, Section, SectionDesc, SectionEntry, Setting, Table, Value};
use crate::plug::Plug;

/// Makes a kind of [`Plug`](crate::plug::Plug) known to every app of a program it is linked into. See [`plug`](mod@crate::plug).
#[macro_export]
macro_rules! plug {
    ($plug:ty $(,)?) => {
        $crate::inventory::submit! { $crate::plug::PlugRegistration::new::<$plug>() }
        $crate::inventory::submit! { $crate::app::plug_settings::<$plug>() }
    };
}

/// The settings of the plug `P`, for [`plug!`](crate::plug!).
pub const fn plug_settings<P: Plug>() -> SectionEntry {
    SectionEntry::extending::<PlugSettings<P>>()
}

/// The URLs of the instances of one plug. The app reads them by key; this declares the keys.
struct PlugSettings<P> {
    default: String,
    named: BTreeMap<String, String>,
    plug: PhantomData<fn() -> P>,
}

impl<P: Plug> PlugSettings<P> {
    const FIELDS: &'static [Field] = &[
        Field {
            default: Some(|| P::DEFAULT.into()),
            reload: Reload::Restart,
            ..Field::new(P::KIND, P::DOC, String::kind)
        },
        Field {
            default: Some(|| Value::Table(Table::new())),
            reload: Reload::Restart,
            ..Field::new(P::NAMES, "More of them, by name.", <BTreeMap<String, String>>::kind)
        },
    ];
}

impl<P: Plug> Section for PlugSettings<P> {
    const DESC: SectionDesc =
        SectionDesc { name: P::KIND, prefix: "micro", doc: P::DOC, declared: "plug!", fields: Self::FIELDS };
}

impl<P: Plug> Setting for PlugSettings<P> {
    fn kind() -> Kind {
        Kind::Section(Self::FIELDS)
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let table = node.as_table();
        let field = |key: &str| table.and_then(|table| table.get(key)).cloned();
        let (default, named) = (field(P::KIND), field(P::NAMES));
        let default = match default {
            Some(node) => reader.at(P::KIND, |reader| String::read(&node, reader)),
            None => Some(P::DEFAULT.to_owned()),
        };
        let named = match named {
            Some(node) => reader.at(P::NAMES, |reader| BTreeMap::read(&node, reader)),
            None => Some(BTreeMap::new()),
        };
        Some(PlugSettings { default: default?, named: named?, plug: PhantomData })
    }

    fn write(&self) -> Value {
        let origin = crate::config::Origin::new(crate::config::Layer::Declared, "plug!");
        let node = |value: Value| Node::new(value, origin.clone());
        Value::Table(Table::from([
            (P::KIND.to_owned(), node(self.default.write())),
            (P::NAMES.to_owned(), node(self.named.write())),
        ]))
    }
}
