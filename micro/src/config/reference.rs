//! The table of settings in the documentation.

use super::format::as_text;
use super::schema::{self, SettingEntry};
use super::value::declared;
use super::{Configuration, Node, Reload, Value};

/// A row of the table of settings in the documentation.
#[derive(Debug)]
pub struct Row {
    /// Key.
    pub key: String,
    /// Flag, with its dashes.
    pub flag: String,
    /// Environment variable, followed by its aliases.
    pub env: String,
    /// Default value, as a flag would set it.
    pub default: String,
    /// Documentation.
    pub doc: String,
    /// `true` if a change takes effect immediately.
    pub live: bool,
}

/// Returns every setting of the linked structs, as rows of a table.
pub fn rows(configuration: &Configuration) -> Vec<Row> {
    let row = |entry: SettingEntry| {
        let default = entry.field.default_node().unwrap_or_else(|| Node::new(Value::Null, declared()));
        Row {
            flag: format!("--{}", entry.flag()),
            env: entry.variables_in_words(),
            default: as_text(&default),
            doc: entry.field.doc.split_whitespace().collect::<Vec<_>>().join(" "),
            live: entry.field.reload == Reload::Live,
            key: entry.key,
        }
    };
    schema::entries(&configuration.sections()).into_iter().map(row).collect()
}
