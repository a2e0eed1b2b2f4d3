//! TOML parsing.

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::text::{LineIndex, MAX_DEPTH, Wrong};
use crate::config::{Node, Origin, Table, Value};

/// Parses a text. The root is always a table.
pub(super) fn parse(text: &str, origin: &Origin) -> Result<Node, Wrong> {
    let lines = LineIndex::of(text);
    let parsed = DeTable::parse(text).map_err(|error| {
        let line = error.span().map(|span| lines.line(span.start.min(text.trim_end().len())));
        // Only the first line: the others would quote the file.
        Wrong { line, why: error.message().lines().next().unwrap_or("not TOML").to_owned() }
    })?;
    let reader = TomlReader { lines, origin };
    Ok(Node::new(reader.table(parsed.into_inner(), 0)?, origin.at_line(1)))
}

struct TomlReader<'a> {
    lines: LineIndex,
    origin: &'a Origin,
}

impl TomlReader<'_> {
    fn table(&self, table: DeTable<'_>, depth: usize) -> Result<Table, Wrong> {
        let entries = table.into_iter().map(|(key, value)| {
            // The line of the key: a table made of several headers has no single span.
            let line = self.lines.line(key.span().start);
            Ok((key.into_inner().into_owned(), self.node(value.into_inner(), line, depth)?))
        });
        entries.collect()
    }

    fn item(&self, item: Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Wrong> {
        let line = self.lines.line(item.span().start);
        self.node(item.into_inner(), line, depth)
    }

    fn node(&self, value: DeValue<'_>, line: u32, depth: usize) -> Result<Node, Wrong> {
        if depth == MAX_DEPTH {
            return Err(Wrong::at(line, format!("tables and lists are nested more than {MAX_DEPTH} deep")));
        }
        let value = match value {
            DeValue::String(text) => Value::Str(text.into_owned()),
            DeValue::Boolean(value) => Value::Bool(value),
            DeValue::Datetime(moment) => Value::Str(moment.to_string()),
            DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
                .map(Value::Integer)
                .map_err(|_| Wrong::at(line, "a number is too large"))?,
            DeValue::Float(number) => {
                number.as_str().parse().map(Value::Float).map_err(|_| Wrong::at(line, "not a number"))?
            }
            DeValue::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.item(item, depth + 1)).collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => Value::Table(self.table(table, depth + 1)?),
        };
        Ok(Node::new(value, self.origin.at_line(line)))
    }
}
