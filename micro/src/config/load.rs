//! Settings of a program: its environment, its command line, and the files and servers these name.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::args::{self, Action};
use super::configuration::{Configuration, refused};
use super::linked::{self, SectionEntry};
use super::problem::{Problem, Unknown};
use super::reader::Reader;
use super::{CodeOverrides, Layer, env, print};
use crate::errors::{Error, Result};
use crate::util::text;

/// Command line and environment of the process.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProcessEnv {
    /// Environment variables.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// Prefix of the environment variables that set the program's keys.
    pub(crate) prefix: Option<String>,
    /// Command line, starting with the name of the program; `None` if the program reads its own.
    pub(crate) arguments: Option<Vec<OsString>>,
}

impl ProcessEnv {
    /// Returns the value of an environment variable; `None` if it is not set or not UTF-8.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let (_, value) = self.environment.iter().find(|(variable, _)| variable.to_str() == Some(name))?;
        value.to_str().map(str::to_owned)
    }

    /// Returns the environment of this process.
    pub(crate) fn environment() -> Self {
        ProcessEnv { environment: std::env::vars_os().collect(), ..ProcessEnv::default() }
    }

    /// Returns the environment and the command line of this process.
    pub(crate) fn process() -> Self {
        ProcessEnv { arguments: Some(std::env::args_os().collect()), ..Self::environment() }
    }
}

/// Problems and warnings found while loading, and the requested action.
#[derive(Debug, Default)]
pub(crate) struct LoadReport {
    problems: Vec<Problem>,
    /// Errors of required sources that cannot be read.
    absent: Vec<Error>,
    /// Warnings: valid settings that are probably not intended, a line each.
    pub(crate) warnings: Vec<String>,
    /// Action requested on the command line.
    pub(crate) wanted: Action,
}

impl LoadReport {
    /// Records the error of adding a source, for the combined report.
    pub(crate) fn note(&mut self, added: Result<()>) {
        self.absent.extend(added.err());
    }

    /// Returns `true` if all sources were read.
    pub(crate) fn is_whole(&self) -> bool {
        self.absent.is_empty()
    }
}

/// Reports structs with the same prefix, if either is needed: each would report the keys of the other as unknown.
fn twice(linked: &[&SectionEntry], needed: impl Fn(&SectionEntry) -> bool) -> Vec<Problem> {
    let claimed =
        |pair: &&[&SectionEntry]| pair[0].prefix() == pair[1].prefix() && (needed(pair[0]) || needed(pair[1]));
    let linked: Vec<_> = linked.iter().filter(|entry| !entry.extends()).copied().collect();
    let pairs = linked.windows(2).filter(claimed);
    let problem = |pair: &[&SectionEntry]| {
        let [one, other] = [pair[0].desc, pair[1].desc];
        let words = format!(
            "is the prefix of two structs, `{}` at {} and `{}` at {}: choose another prefix for one of them",
            one.name, one.declared, other.name, other.declared
        );
        Problem::of(one.prefix, words)
    };
    pairs.map(problem).collect()
}

/// Returns `true` if a key unknown to one struct leads to the prefix of another, as `a` leads to `a.b`, or belongs to an
/// extension of the struct.
fn leads_to_another(path: &str, linked: &[&SectionEntry]) -> bool {
    let below = |prefix: &str| prefix.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    linked.iter().any(|entry| below(entry.prefix()) || (entry.extends() && entry.has(path)))
}

impl Configuration {
    /// Applies the settings that the program has made in code.
    pub(crate) fn begin(&self, code: CodeOverrides) {
        self.put_code(code.table);
    }

    /// Applies the environment and the command line.
    pub(crate) fn surround(&self, surroundings: &ProcessEnv) -> LoadReport {
        let sections = self.sections();
        let environment = env::read(&surroundings.environment, &sections, surroundings.prefix.as_deref());
        self.lay(Layer::Environment, environment.table);
        let near = environment.near.iter();
        let warnings = near.map(|(name, near)| format!("`{name}` sets nothing: did you mean `{near}`?")).collect();
        let mut found = LoadReport { problems: environment.problems, warnings, ..LoadReport::default() };
        if let Some(arguments) = &surroundings.arguments {
            let arguments = args::read(arguments, self);
            self.lay(Layer::Flag, arguments.table);
            found.problems.extend(arguments.problems);
            found.wanted = arguments.wanted;
        }
        found
    }

    /// Validates all structs before anything is built from them, and reports all problems in one error. Structs that are `needed`
    /// must be complete; in the others, only the values that are set must be valid.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) with all problems; the code of a source that cannot be read, if that is
    /// the only problem.
    pub(crate) fn check(&self, found: &mut LoadReport, needed: impl Fn(&SectionEntry) -> bool) -> Result<()> {
        let mut problems = std::mem::take(&mut found.problems);
        let linked = linked::linked();
        problems.extend(twice(&linked, &needed));
        for entry in &linked {
            let Reader { problems: wrong, unknown, deprecated, .. } = (entry.examine)(self);
            let needed = needed(entry);
            // A missing value may be in a source that was not read.
            let needed = needed && found.is_whole();
            problems.extend(wrong.into_iter().filter(|problem| needed || !problem.is_missing()));
            let unknown = unknown.iter().filter(|unknown| !leads_to_another(&unknown.path, &linked));
            found.warnings.extend(unknown.map(Unknown::to_string));
            found.warnings.extend(deprecated.iter().map(ToString::to_string));
        }
        found.warnings.extend(self.misspelt());
        match (found.absent.len(), problems.len()) {
            (0, 0) => Ok(()),
            (1, 0) => Err(found.absent.remove(0)),
            _ => {
                let absent = found.absent.iter().map(|error| Problem::of("", error.message()));
                Err(refused(&absent.chain(problems).collect::<Vec<_>>(), &self.sections()))
            }
        }
    }

    /// Returns warnings about unknown tables whose name is close to the prefix of a struct.
    fn misspelt(&self) -> Vec<String> {
        let sections = self.sections();
        let known: BTreeSet<&str> = sections.iter().map(|section| section.prefix).collect();
        let strangers = print::strangers(&self.tree(), &sections);
        let near = |key: &str| text::nearest(key, known.iter().copied());
        let said = |(key, node): &(String, super::Node)| {
            near(key).map(|near| format!("`{key}` ({}) is not a setting: did you mean `{near}`?", node.origin))
        };
        strangers.iter().filter_map(said).collect()
    }

    /// Formats every setting as a TOML file, with the origin of each value.
    pub fn print(&self) -> String {
        print::print(self)
    }
}
