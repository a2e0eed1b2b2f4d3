//! Reading of a tree of values as a type, which finds all problems in one pass.

use std::fmt::Display;

use super::problem::{Deprecated, Problem, Unknown};
use super::value::bare;
use super::{Layer, Node, Origin, Value};
use crate::util::text;

/// Reader of values, which collects problems and unknown keys.
///
/// A reader covers a whole tree, and does not stop at the first problem.
#[derive(Debug, Default)]
pub struct Reader {
    path: Vec<String>,
    secret: bool,
    pub(super) problems: Vec<Problem>,
    pub(super) unknown: Vec<Unknown>,
    pub(super) deprecated: Vec<Deprecated>,
}

impl Reader {
    /// Creates a reader of a tree whose root is at `path`.
    pub(super) fn new(path: &str) -> Self {
        Reader { path: super::value::keys(path), ..Reader::default() }
    }

    /// Reports that `node` is not what was `expected`, such as "a number" or "`host:port`". Always returns `None`, for use as a
    /// return value.
    pub fn refuse<T>(&mut self, node: &Node, expected: impl Display) -> Option<T> {
        let words = match &node.value {
            _ if self.secret || node.secret => format!("cannot be used: expected {expected}"),
            Value::Null => format!("is null: expected {expected}"),
            Value::Array(_) | Value::Table(_) => format!("is {}: expected {expected}", node.value.what()),
            Value::Text(text) if is_service_link(&node.origin, text) => format!(
                "is `{}`, which Kubernetes sets for a service of that name (`enableServiceLinks: false` in the pod \
                 disables this): expected {expected}",
                text::clipped(text)
            ),
            Value::Str(text) | Value::Text(text) => format!("is `{}`: expected {expected}", text::clipped(text)),
            _ => format!("is `{node}`: expected {expected}"),
        };
        self.invalid(Some(&node.origin), words);
        None
    }

    /// Reports that `node` cannot be used, with words that may repeat its value; omits the words for a secret.
    pub(super) fn refuse_with<T>(&mut self, node: &Node, words: &str) -> Option<T> {
        let secret = self.secret || node.secret;
        let words = if secret { "cannot be used".into() } else { format!("cannot be used: {}", text::clipped(words)) };
        self.invalid(Some(&node.origin), words);
        None
    }

    /// Reports that a required value is not set. Always returns `None`, for use as a return value.
    pub fn missing<T>(&mut self) -> Option<T> {
        self.problems.push(Problem::missing(self.path()));
        None
    }

    /// Reads a nested value, at `key`.
    pub fn at<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(key.to_owned());
        let value = read(self);
        self.path.pop();
        value
    }

    /// Reads a secret: messages omit its value.
    pub fn in_secret<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.secret, true);
        let value = read(self);
        self.secret = outer;
        value
    }

    pub(super) fn invalid(&mut self, origin: Option<&Origin>, words: String) {
        let problem = Problem::of(self.path(), words);
        self.problems.push(match origin {
            Some(origin) => problem.with_origin(origin.clone()),
            None => problem,
        });
    }

    pub(super) fn path(&self) -> String {
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

    /// Reads one of several words, and returns its index in `choices`. For code that `#[micro::config]` generates.
    pub fn choice(&mut self, node: &Node, choices: &'static [super::Choice]) -> Option<usize> {
        let given = node.value.as_str().map(str::trim);
        let found = choices.iter().position(|choice| Some(choice.name) == given);
        found.or_else(|| {
            let names: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
            self.refuse(node, one_of(&names))
        })
    }
}

/// Formats names as `` `a`, `b` or `c` ``.
pub(super) fn one_of(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => format!("`{one}`"),
        [first @ .., last] => format!("`{}` or `{last}`", first.join("`, `")),
    }
}

/// Returns `true` for a service link of Kubernetes, which sets `GREETER_PORT` to the address of a service `greeter`.
fn is_service_link(origin: &Origin, text: &str) -> bool {
    origin.layer() == Layer::Environment && origin.place().ends_with("_PORT") && text.starts_with("tcp://")
}
