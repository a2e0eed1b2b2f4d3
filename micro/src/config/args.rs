//! The command line: a flag for every setting, in sections of their own in `--help`.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use super::configuration::Configuration;
use super::reader::Problem;
use super::section::{Field, SectionDesc};
use super::setting::Kind;
use super::show;
use super::value::put;
use super::{Layer, Node, Origin, Table, Value};

/// The command line, as settings.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(super) table: Table,
    pub(super) problems: Vec<Problem>,
    /// What is wanted beside them.
    pub(crate) wanted: Wanted,
}

/// What the program is to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Run.
    #[default]
    Run,
    /// Print this text, and end.
    Help(String),
    /// Print the settings, and end.
    Print,
    /// Check the settings, and end.
    Check,
}

/// One setting, with its flag.
pub(super) struct Flag {
    pub(super) name: String,
    pub(super) key: String,
    pub(super) path: Vec<&'static str>,
    pub(super) section: &'static SectionDesc,
    pub(super) field: &'static Field,
}

const SET: &str = "set";
const PRINT: &str = "print-config";
const CHECK: &str = "check-config";

/// The prefix of micro's own settings, whose flags and headings go without it.
const OWN: &str = "micro";

/// Reads the command line, the name of the program first. `configuration` has what is in force without it, for `--help`.
pub(super) fn read(arguments: &[OsString], configuration: &Configuration) -> Arguments {
    let flags = flags(&configuration.sections());
    let mut read = Arguments { problems: twice(&flags), ..Arguments::default() };
    let matches = match command(&flags, configuration).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) if !error.use_stderr() => {
            read.wanted = Wanted::Help(error.to_string());
            return read;
        }
        Err(error) => {
            read.problems.push(Problem::of("", unclapped(&error)));
            return read;
        }
    };
    for flag in &flags {
        let Some(values) = matches.get_many::<String>(&flag.name) else { continue };
        let text = values.map(String::as_str).collect::<Vec<_>>().join(",");
        let node = text_node(&text, format!("--{}", flag.name));
        put(&mut read.table, &flag.key, if flag.field.secret { node.secret() } else { node });
    }
    for pair in matches.get_many::<String>(SET).into_iter().flatten() {
        match pair.split_once('=').filter(|(key, _)| !key.trim().is_empty()) {
            Some((key, text)) => put(&mut read.table, key.trim(), text_node(text, format!("--{SET} {}", key.trim()))),
            None => read.problems.push(Problem::of("--set", "is not of the form `KEY=VALUE`")),
        }
    }
    match (matches.get_flag(CHECK), matches.get_flag(PRINT)) {
        (true, _) => read.wanted = Wanted::Check,
        (false, true) => read.wanted = Wanted::Print,
        (false, false) => {}
    }
    read
}

fn text_node(text: &str, place: String) -> Node {
    Node::new(Value::Text(text.to_owned()), Origin::new(Layer::Flag, place))
}

/// Every flag there is: those of the program first, then those of micro.
pub(super) fn flags(sections: &[&'static SectionDesc]) -> Vec<Flag> {
    let mut flags = Vec::new();
    let own = |section: &&&SectionDesc| section.prefix == OWN;
    for section in sections.iter().filter(|section| !own(section)).chain(sections.iter().filter(own)) {
        add_flags(&mut flags, section, section.fields, &mut vec![], &mut vec![]);
    }
    flags
}

fn add_flags(
    flags: &mut Vec<Flag>,
    section: &'static SectionDesc,
    fields: &'static [Field],
    path: &mut Vec<&'static str>,
    above: &mut Vec<&'static [Field]>,
) {
    above.push(fields);
    for field in fields {
        path.push(field.name);
        match ((field.kind)(), (field.kind)().inner(above)) {
            (_, Some(inner)) => add_flags(flags, section, inner, path, above),
            // A struct within itself: further in there is `--set`.
            (Kind::Section(_) | Kind::Optional(_), None) => {}
            _ => {
                let key = [section.prefix].iter().chain(&*path).copied().collect::<Vec<_>>().join(".");
                let named = key.strip_prefix("micro.").unwrap_or(&key).replace(['.', '_'], "-");
                let name = field.flag.map_or(named, str::to_owned);
                flags.push(Flag { name, key, path: path.clone(), section, field });
            }
        }
        path.pop();
    }
    above.pop();
}

/// Flags that more than one setting claims.
fn twice(flags: &[Flag]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (at, flag) in flags.iter().enumerate() {
        let taken = [SET, PRINT, CHECK, "help"].contains(&&*flag.name).then_some("micro itself");
        let earlier = flags[..at].iter().find(|earlier| earlier.name == flag.name).map(|earlier| &*earlier.key);
        if let Some(other) = earlier.or(taken) {
            let words = format!(
                "has the flag `--{}`, which is also that of `{other}`: name another with `flag = \"..\"` in `{}` at {}",
                flag.name, flag.section.name, flag.section.declared
            );
            problems.push(Problem::of(&*flag.key, words));
        }
    }
    problems
}

fn command(flags: &[Flag], configuration: &Configuration) -> Command {
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
    for flag in flags.iter().enumerate().filter(|(at, flag)| flags[..*at].iter().all(|other| other.name != flag.name)) {
        let (_, flag) = flag;
        if heading != Some(flag.section.prefix) {
            heading = Some(flag.section.prefix);
            command = command.next_help_heading(self::heading(flag.section));
        }
        command = command.arg(flag.arg(configuration));
    }
    let option = |name: &'static str, help: &'static str| Arg::new(name).long(name).help(help);
    command.next_help_heading("Options").args([
        option(SET, "Sets any key: `--set greeter.limits.ada=3`").value_name("KEY=VALUE").action(ArgAction::Append),
        option(PRINT, "Prints every setting with where it comes from, and ends").action(ArgAction::SetTrue),
        option(CHECK, "Says whether the program could start with these settings, and ends").action(ArgAction::SetTrue),
        option("help", "Prints this").short('h').action(ArgAction::Help),
    ])
}

/// What stands over the flags of a struct: the first sentence of its documentation, and the prefix.
fn heading(section: &SectionDesc) -> String {
    let words = show::first_sentence(section.doc);
    match (words.is_empty(), section.prefix) {
        (_, OWN) => "Settings of micro".to_owned(),
        (true, prefix) => format!("Settings of `{prefix}`"),
        (false, prefix) => format!("{words} [{prefix}]"),
    }
}

impl Flag {
    fn arg(&self, configuration: &Configuration) -> Arg {
        let kind = (self.field.kind)();
        let arg = Arg::new(self.name.clone())
            .long(self.name.clone())
            .value_name(kind.placeholder())
            .help(self.help(configuration));
        match kind {
            Kind::List(_) | Kind::Map(_) => arg.action(ArgAction::Append),
            // `--verbose` alone says yes.
            Kind::Switch => arg.action(ArgAction::Set).num_args(0..=1).default_missing_value("on"),
            _ => arg.action(ArgAction::Set),
        }
    }

    fn help(&self, configuration: &Configuration) -> String {
        let mut help = show::first_paragraph(self.field.doc);
        if help.ends_with('.') && !help.ends_with("..") {
            help.pop();
        }
        if let Some(instead) = self.field.deprecated {
            let _ = write!(help, " (deprecated: {instead})");
        }
        let _ = write!(help, " [env: {}]", show::variables(self));
        match configuration.node(&self.key) {
            _ if self.field.secret => help.push_str(" [secret]"),
            Some(node) if !show::as_text(&node).is_empty() => {
                let _ = write!(help, " [default: {}]", show::as_text(&node));
            }
            _ => {}
        }
        help.trim_start().to_owned()
    }
}

// clap says `error: ` first and advises at length; the advice stands at the end of our own report.
fn unclapped(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let text = text.split("\n\nUsage:").next().unwrap_or(text).trim().replace("\n\n", "; ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
