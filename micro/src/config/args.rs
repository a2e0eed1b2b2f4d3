//! Parsing of the command line: a flag for every setting, grouped by struct in `--help`.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use super::declaration::SectionDesc;
use super::format;
use super::problem::Problem;
use super::schema::{self, OWN, SettingEntry};
use super::value::put;
use super::{Configuration, Kind, Layer, Node, Origin, Table, Value};
use crate::util::text;

/// Settings from the command line.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(super) table: Table,
    pub(super) problems: Vec<Problem>,
    /// Action requested in addition to the settings.
    pub(crate) wanted: Action,
}

/// Action requested on the command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Action {
    /// Run.
    #[default]
    Run,
    /// Print this text and exit.
    Help(String),
    /// Print the settings and exit.
    Print,
    /// Check the settings and exit.
    Check,
}

const SET: &str = "set";
const PRINT: &str = "print-config";
const CHECK: &str = "check-config";

/// Reads the command line, which starts with the name of the program. `configuration` holds the values in force without the
/// command line, for `--help`.
pub(super) fn read(arguments: &[OsString], configuration: &Configuration) -> Arguments {
    let entries = schema::entries(&configuration.sections());
    let mut read = Arguments { problems: twice(&entries), ..Arguments::default() };
    let matches = match command(&entries, configuration).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) if !error.use_stderr() => {
            read.wanted = Action::Help(error.to_string());
            return read;
        }
        Err(error) => {
            read.problems.push(refused(&error));
            return read;
        }
    };
    for entry in &entries {
        let flag = entry.flag();
        let Some(values) = matches.get_many::<String>(&flag) else { continue };
        let text = values.map(String::as_str).collect::<Vec<_>>().join(",");
        let node = text_node(&text, format!("--{flag}"));
        put(&mut read.table, &entry.key, if entry.field.secret { node.secret() } else { node });
    }
    for pair in matches.get_many::<String>(SET).into_iter().flatten() {
        match pair.split_once('=').filter(|(key, _)| !key.trim().is_empty()) {
            Some((key, text)) => put(&mut read.table, key.trim(), text_node(text, format!("--{SET} {}", key.trim()))),
            None => read.problems.push(Problem::of("--set", "is not of the form `KEY=VALUE`")),
        }
    }
    match (matches.get_flag(CHECK), matches.get_flag(PRINT)) {
        (true, _) => read.wanted = Action::Check,
        (false, true) => read.wanted = Action::Print,
        (false, false) => {}
    }
    read
}

fn text_node(text: &str, place: String) -> Node {
    Node::new(Value::Text(text.to_owned()), Origin::new(Layer::Flag, place))
}

/// Reports flags that more than one setting has.
fn twice(entries: &[SettingEntry]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let flag = entry.flag();
        let taken = [SET, PRINT, CHECK, "help"].contains(&&*flag).then_some("micro itself");
        let earlier = entries[..at].iter().find(|earlier| earlier.flag() == flag).map(|earlier| &*earlier.key);
        if let Some(other) = earlier.or(taken) {
            let words = format!(
                "has the flag `--{flag}`, which `{other}` has too: set another with `flag = \"..\"` in `{}` at {}",
                entry.section.name, entry.section.declared
            );
            problems.push(Problem::of(&*entry.key, words));
        }
    }
    problems
}

fn command(entries: &[SettingEntry], configuration: &Configuration) -> Command {
    let mut command = Command::new("service")
        .no_binary_name(false)
        .args_override_self(true)
        .disable_help_flag(true)
        .max_term_width(120)
        .after_help(
            "Each setting is read from its default, the program, files, servers, the environment and the flag; the last \
             one wins.",
        );
    let mut heading = None;
    for (at, entry) in entries.iter().enumerate() {
        // Of two settings with one flag, the first has it. The conflict is reported as a problem.
        if entries[..at].iter().any(|other| other.flag() == entry.flag()) {
            continue;
        }
        if heading != Some(entry.section.prefix) {
            heading = Some(entry.section.prefix);
            command = command.next_help_heading(self::heading(entry.section));
        }
        command = command.arg(arg(entry, configuration));
    }
    let option = |name: &'static str, help: &'static str| Arg::new(name).long(name).help(help);
    command.next_help_heading("Options").args([
        option(SET, "Sets any key: `--set greeter.limits.ada=3`").value_name("KEY=VALUE").action(ArgAction::Append),
        option(PRINT, "Prints every setting with its origin, and exits").action(ArgAction::SetTrue),
        option(CHECK, "Checks whether the program can start with these settings, and exits").action(ArgAction::SetTrue),
        option("help", "Prints this help").short('h').action(ArgAction::Help),
    ])
}

/// Returns the heading of a struct's flags: the first sentence of its documentation, and the prefix.
fn heading(section: &SectionDesc) -> String {
    let words = format::first_sentence(section.doc);
    match (words.is_empty(), section.prefix) {
        (_, OWN) => "Settings of micro".to_owned(),
        (true, prefix) => format!("Settings of `{prefix}`"),
        (false, prefix) => format!("{words} [{prefix}]"),
    }
}

fn arg(entry: &SettingEntry, configuration: &Configuration) -> Arg {
    let (flag, kind) = (entry.flag(), (entry.field.kind)());
    let arg = Arg::new(flag.clone()).long(flag).value_name(kind.placeholder()).help(help(entry, configuration));
    match kind {
        Kind::List(_) | Kind::Map(_) => arg.action(ArgAction::Append),
        // `--verbose` without a value means `on`.
        Kind::Switch => arg.action(ArgAction::Set).num_args(0..=1).default_missing_value("on"),
        _ => arg.action(ArgAction::Set),
    }
}

fn help(entry: &SettingEntry, configuration: &Configuration) -> String {
    let mut help = format::first_paragraph(entry.field.doc);
    if help.ends_with('.') && !help.ends_with("..") {
        help.pop();
    }
    if let Some(instead) = entry.field.deprecated {
        let _ = write!(help, " (deprecated: {instead})");
    }
    let _ = write!(help, " [env: {}]", entry.variables_in_words());
    match configuration.node(&entry.key) {
        _ if entry.field.secret => help.push_str(" [secret]"),
        Some(node) if !format::as_text(&node).is_empty() => {
            let _ = write!(help, " [default: {}]", format::as_text(&node));
        }
        _ => {}
    }
    help.trim_start().to_owned()
}

/// Converts a parser error to a problem.
fn refused(error: &clap::Error) -> Problem {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text::clipped(text)),
        _ => None,
    };
    let words = match error.kind() {
        ErrorKind::UnknownArgument => match context(ContextKind::SuggestedArg) {
            Some(meant) => format!("is not a flag: did you mean `{meant}`?"),
            None => "is not a flag".to_owned(),
        },
        ErrorKind::InvalidValue | ErrorKind::WrongNumberOfValues => "needs a value".to_owned(),
        ErrorKind::TooManyValues => "takes no value".to_owned(),
        ErrorKind::InvalidUtf8 => "is not UTF-8".to_owned(),
        kind => kind.as_str().unwrap_or("is not valid").to_owned(),
    };
    let name = context(ContextKind::InvalidArg).unwrap_or_else(|| "the command line".to_owned());
    Problem::of(name, words)
}
