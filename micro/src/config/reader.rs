//! Reading a tree of values as a type, with everything that is wrong with it found in one go.

use std::borrow::Cow;
use std::fmt::{self, Display};

use super::section::Field;
use super::setting::Driver;
use super::value::bare;
use super::{Layer, Node, Origin, Setting, Table, Value};
use crate::util::text;

/// What a read comes to beside the value: problems, and keys nobody knows.
///
/// One reader goes through a whole tree and does not stop at the first problem.
#[derive(Debug, Default)]
pub struct Reader {
    path: Vec<String>,
    secret: bool,
    pub(super) problems: Vec<Problem>,
    pub(super) unknown: Vec<Unknown>,
    pub(super) deprecated: Vec<Deprecated>,
}

/// Why a setting cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    pub(super) path: String,
    pub(super) origin: Option<Origin>,
    words: String,
}

/// A key that no struct has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unknown {
    pub(super) path: String,
    pub(super) origin: Origin,
    pub(super) near: Option<String>,
}

/// A setting that is in use and should not be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deprecated {
    pub(super) path: String,
    pub(super) origin: Origin,
    pub(super) instead: &'static str,
}

impl Reader {
    /// A reader of the tree whose root stands at `path`.
    pub(super) fn new(path: &str) -> Self {
        Reader { path: super::value::keys(path), ..Reader::default() }
    }

    /// Says that `node` is not what was `expected`: "a number", "`host:port`". Gives `None`, so that it can be returned.
    pub fn refuse<T>(&mut self, node: &Node, expected: impl Display) -> Option<T> {
        let words = match &node.value {
            _ if self.secret || node.secret => format!("cannot be used: expected {expected}"),
            Value::Null => format!("is null: expected {expected}"),
            Value::Array(_) | Value::Table(_) => format!("is {}: expected {expected}", node.value.what()),
            Value::Text(text) if is_service_link(&node.origin, text) => format!(
                "is `{}`, which Kubernetes sets for a service of that name (`enableServiceLinks: false` in the pod ends \
                 that): expected {expected}",
                clipped(text)
            ),
            Value::Str(text) | Value::Text(text) => format!("is `{}`: expected {expected}", clipped(text)),
            _ => format!("is `{node}`: expected {expected}"),
        };
        self.problem(Some(node.origin.clone()), words);
        None
    }

    /// Says that `node` cannot be used, in words that may repeat its value; those of a secret are kept back.
    pub(super) fn refuse_with<T>(&mut self, node: &Node, words: &str) -> Option<T> {
        let secret = self.secret || node.secret;
        let words = if secret { "cannot be used".into() } else { format!("cannot be used: {}", clipped(words)) };
        self.problem(Some(node.origin.clone()), words);
        None
    }

    /// Says that nothing is set where something has to be. Gives `None`, so that it can be returned.
    pub fn missing<T>(&mut self) -> Option<T> {
        self.problem(None, "is not set".into());
        None
    }

    /// Reads what stands further in, at `key`.
    pub fn at<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(key.to_owned());
        let value = read(self);
        self.path.pop();
        value
    }

    /// Reads a secret: messages leave its value out.
    pub fn in_secret<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.secret, true);
        let value = read(self);
        self.secret = outer;
        value
    }

    fn problem(&mut self, origin: Option<Origin>, words: String) {
        self.problems.push(Problem { path: self.path(), origin, words });
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for key in &self.path {
            if key.starts_with('[') {
                path.push_str(key);
            } else {
                path.extend([if path.is_empty() { "" } else { "." }, &bare(key)]);
            }
        }
        path
    }

    /// One of several words. For the code that `#[micro::config]` writes: gives the place among `choices`.
    pub fn choice(&mut self, node: &Node, choices: &'static [super::Choice]) -> Option<usize> {
        let given = node.value.as_str().map(str::trim);
        let found = choices.iter().position(|choice| Some(choice.name) == given);
        found.or_else(|| {
            let names: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
            self.refuse(node, one_of(&names))
        })
    }

    /// The fields of a struct. For the code that `#[micro::config]` writes.
    pub fn section<'a>(&'a mut self, node: &'a Node, fields: &'static [Field]) -> Option<Fields<'a>> {
        let Some(table) = super::setting::table_of(node) else { return self.refuse(node, "a table") };
        self.note_unknown(&table, fields);
        Some(Fields { table: Some(table), fields, reader: self })
    }

    /// The same where nothing is set at all.
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

/// The fields of a struct, one after the other.
#[derive(Debug)]
pub struct Fields<'a> {
    table: Option<Cow<'a, Table>>,
    fields: &'static [Field],
    reader: &'a mut Reader,
}

/// What a value has to keep to beside its type.
pub type Check<'a, T> = &'a dyn Fn(&T) -> Result<(), String>;

impl Fields<'_> {
    /// Reads the field at this place of the struct. What is wrong with it is noted, and nothing is given.
    pub fn read<T>(&mut self, at: usize, driver: Driver<T>, checks: &[Check<'_, T>]) -> Option<T> {
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
                self.reader.problem(None, format!("cannot be used: {words}"));
                None
            }
        }
    }
}

/// Reads a whole tree at `path` as a type.
pub(super) fn read<T: Setting>(path: &str, node: Option<&Node>) -> (Option<T>, Reader) {
    let mut reader = Reader::new(path);
    let value = match node {
        Some(node) => T::read(node, &mut reader),
        None => T::absent(&mut reader),
    };
    (value, reader)
}

/// `` `a`, `b` or `c` ``.
pub(super) fn one_of(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => format!("`{one}`"),
        [first @ .., last] => format!("`{}` or `{last}`", first.join("`, `")),
    }
}

/// Kubernetes puts the address of each service into a variable: that of a service `greeter` is in `GREETER_PORT`.
fn is_service_link(origin: &Origin, text: &str) -> bool {
    origin.layer() == Layer::Environment && origin.place().ends_with("_PORT") && text.starts_with("tcp://")
}

/// As much of a text as a message can take.
fn clipped(text: &str) -> String {
    const MOST: usize = 80;
    let text = text::without_logins(text);
    let mut shown: String = text.chars().take(MOST).collect::<String>().escape_debug().collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

impl Problem {
    /// Something that is wrong with the configuration as a whole.
    pub(super) fn of(path: impl Into<String>, words: impl Into<String>) -> Self {
        Problem { path: path.into(), origin: None, words: words.into() }
    }

    /// Whether nothing is set where something has to be.
    pub(super) fn is_missing(&self) -> bool {
        self.origin.is_none() && self.words == "is not set"
    }
}

/// Variables and flags are names by themselves; in a file it is the key that counts.
impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) if matches!(origin.layer(), Layer::Environment | Layer::Flag) => {
                write!(f, "`{origin}` {}", self.words)
            }
            Some(origin) if origin.layer() != Layer::Declared => {
                write!(f, "`{}` ({origin}) {}", self.path, self.words)
            }
            _ if self.path.is_empty() => f.write_str(&self.words),
            _ => write!(f, "`{}` {}", self.path, self.words),
        }
    }
}

impl Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}) is no setting", self.path, self.origin)?;
        match &self.near {
            Some(near) => write!(f, ": did you mean `{near}`?"),
            None => Ok(()),
        }
    }
}

impl Display for Deprecated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}) is deprecated: {}", self.path, self.origin, self.instead)
    }
}
