//! YAML 1.2 parsing: `yes` and `no` are text.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Spanned};

use super::text::{Wrong, nothing};
use crate::config::{Node, Origin, Table, Value};

/// Maximum nesting depth of maps and lists, aliases included: the parser uses much of the stack for each level.
const MAX_DEPTH: usize = 24;

/// Parses a text of one document.
pub(super) fn parse(text: &str, origin: &Origin) -> Result<Node, Wrong> {
    // A file without a document.
    if text.lines().all(|line| line.trim_start().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(nothing(origin));
    }
    let tree: Spanned<YamlTree> =
        serde_saphyr::from_str_with_options(text, options()).map_err(|error| wrong(&error))?;
    Ok(node(tree, origin))
}

fn options() -> serde_saphyr::Options {
    // Aliases are expanded into copies: these limits bound the size of one file long before memory runs out.
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_aliases: 2_000,
            max_recorded_anchor_bytes: 64 * 1024,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
        },
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::PassThrough,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn wrong(error: &Error) -> Wrong {
    let error = error.without_snippet();
    let line = error.location().map(|at| u32::try_from(at.line()).unwrap_or(u32::MAX)).filter(|line| *line > 0);
    Wrong { line, why: why(error) }
}

// Replaces the message of the parser, which quotes values.
fn why(error: &Error) -> String {
    match error {
        Error::AliasError { error, .. } => why(error),
        // Messages of the scanner are fixed texts.
        Error::ExternalMessage { msg, .. } => msg.lines().next().unwrap_or("not YAML").to_owned(),
        Error::Message { msg, .. } if [NO_VALUE, TOO_DEEP].contains(&msg.as_str()) => msg.clone(),
        Error::Eof { .. } => "unexpected end of the text".into(),
        Error::MultipleDocuments { .. } => "there is more than one document".into(),
        Error::Unexpected { expected, .. } => format!("expected {expected}"),
        Error::DuplicateMappingKey { .. } => "duplicate key".into(),
        Error::UnknownAnchor { .. } => "unknown anchor of an alias".into(),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => "nested too deeply, or too large with its aliases".into(),
        Error::RecursiveReferencesRequireWeakTypes { .. } => "a value contains itself".into(),
        _ => "unsupported YAML".into(),
    }
}

const NO_VALUE: &str = "binary data is not supported";
const TOO_DEEP: &str = "maps and lists are nested more than 24 deep";

enum YamlTree {
    Leaf(Value),
    List(Vec<Spanned<YamlTree>>),
    Map(Vec<(Spanned<String>, Spanned<YamlTree>)>),
}

fn node(tree: Spanned<YamlTree>, origin: &Origin) -> Node {
    let line = u32::try_from(tree.referenced.line()).unwrap_or(u32::MAX);
    Node::new(value(tree.value, origin), origin.at_line(line.max(1)))
}

fn value(tree: YamlTree, origin: &Origin) -> Value {
    match tree {
        YamlTree::Leaf(value) => value,
        YamlTree::List(items) => Value::Array(items.into_iter().map(|item| node(item, origin)).collect()),
        YamlTree::Map(entries) => Value::Table(table(entries, origin)),
    }
}

// The line of a value is that of its key, even if a block begins on the next line.
fn table(entries: Vec<(Spanned<String>, Spanned<YamlTree>)>, origin: &Origin) -> Table {
    let entry = |(key, tree): (Spanned<String>, Spanned<YamlTree>)| {
        let line = u32::try_from(key.referenced.line()).unwrap_or(u32::MAX);
        let node = Node::new(value(tree.value, origin), origin.at_line(line.max(1)));
        (key.value, node)
    };
    entries.into_iter().map(entry).collect()
}

impl<'de> Deserialize<'de> for YamlTree {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(_level) = Level::enter() else { return Err(serde::de::Error::custom(TOO_DEEP)) };
        deserializer.deserialize_any(AnyTree)
    }
}

thread_local! {
    static LEVELS: Cell<usize> = const { Cell::new(0) };
}

/// A level of the tree that is being read on this thread. The parser counts the levels as written, not those that aliases add.
struct Level;

impl Level {
    fn enter() -> Option<Self> {
        LEVELS.set(LEVELS.get() + 1);
        let level = Level;
        // The root, the levels below it, and the value in the last.
        (LEVELS.get() <= MAX_DEPTH + 2).then_some(level)
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        LEVELS.set(LEVELS.get() - 1);
    }
}

struct AnyTree;

macro_rules! leaves {
    ($($visit:ident: $of:ty => $value:expr;)*) => {$(
        fn $visit<E: serde::de::Error>(self, value: $of) -> Result<YamlTree, E> {
            Ok(YamlTree::Leaf($value(value)))
        }
    )*};
}

impl<'de> Visitor<'de> for AnyTree {
    type Value = YamlTree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    leaves! {
        visit_bool: bool => Value::Bool;
        visit_i64: i64 => Value::from;
        visit_u64: u64 => Value::from;
        visit_i128: i128 => Value::Integer;
        visit_f64: f64 => Value::Float;
        visit_str: &str => Value::from;
        visit_string: String => Value::Str;
    }

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<YamlTree, E> {
        i128::try_from(value).map(|value| YamlTree::Leaf(Value::Integer(value))).map_err(E::custom)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<YamlTree, E> {
        Ok(YamlTree::Leaf(Value::Null))
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<YamlTree, E> {
        Ok(YamlTree::Leaf(Value::Null))
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<YamlTree, D::Error> {
        YamlTree::deserialize(deserializer)
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<YamlTree, E> {
        Err(E::custom(NO_VALUE))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<YamlTree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(YamlTree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<YamlTree, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(YamlTree::Map(entries))
    }
}
