//! From an app to its settings: its code, the environment, the command line, and the files and servers these name.

use std::fmt;

use super::{Settings, UnknownKeys};
use crate::app::sources::Sources;
use crate::config::args::Action;
use crate::config::load::{LoadReport, ProcessEnv};
use crate::config::{Config, Configuration, Files, Requirement, SectionEntry, Source};
use crate::errors::{Code, Error, Result};
use crate::plug;
use crate::util::text;

/// Ends the start of a program whose command line asked a question: `--help`, `--print-config` or `--check-config`.
///
/// It travels as the source of an error, because [`App::start`](crate::App::start) has nothing to return where nothing runs.
#[derive(Debug)]
pub(in crate::app) struct Answered;

impl Answered {
    fn into_error(self) -> Error {
        Error::new(Code::Cancelled, "the program was only asked something").with_source(self)
    }

    /// Returns `true` if `error` means that a question was answered.
    pub(in crate::app) fn is_source_of(error: &Error) -> bool {
        error.source().is_some_and(|source| source.is::<Answered>())
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer has been printed")
    }
}

impl std::error::Error for Answered {}

/// The settings of a program that is about to start.
pub(in crate::app) struct Loaded {
    pub(in crate::app) configuration: Configuration,
    pub(in crate::app) settings: Config<Settings>,
    found: LoadReport,
}

/// Reads everything the app and its surroundings say.
///
/// # Errors
///
/// [`InvalidArgument`](Code::InvalidArgument) with everything that is wrong; what a source failed with;
/// [`Cancelled`](Code::Cancelled), from [`Answered`], when the command line asked for something that has been printed.
pub(in crate::app) async fn load(sources: Sources) -> Result<Loaded> {
    let Sources { code, added, environment, environment_prefix: prefix, logs } = sources;
    let configuration = Configuration::new();
    configuration.begin(code);
    let environment = environment.map(|environment| ProcessEnv { prefix, ..environment });
    let mut found =
        environment.as_ref().map_or_else(LoadReport::default, |environment| configuration.surround(environment));
    if let Action::Help(text) = &found.wanted {
        return said(text);
    }
    let logs = logs || environment.is_some();
    for (source, need) in added {
        found.note(configuration.add(source, need).await);
    }
    add_named(&configuration, environment.as_ref(), &mut found).await;
    if found.wanted == Action::Print {
        print!("{}", configuration.print());
        // What is wrong is said too, and makes the command fail.
        configuration.check(&mut found, |_| false)?;
        return said("");
    }
    let settings = match configuration.of::<Settings>() {
        Ok(settings) if found.is_whole() => settings,
        // Which structs of the program are needed is not known yet, but what is wrong with them can be said at once.
        refused => {
            configuration.check(&mut found, |entry| entry.prefix() == "micro")?;
            refused?
        }
    };
    if logs {
        install_logs(&settings)?;
    }
    for (source, words) in configuration.troubles().borrow().iter() {
        tracing::warn!(source, "configuration {words}; the program starts with what it has");
    }
    Ok(Loaded { configuration, settings, found })
}

impl Loaded {
    /// Checks the structs that the program needs, says what else is noticed, and ends here if that was all that was asked.
    ///
    /// # Errors
    ///
    /// As [`load`].
    pub(in crate::app) fn check(&mut self, needed: impl Fn(&SectionEntry) -> bool) -> Result<()> {
        self.configuration.check(&mut self.found, |entry| entry.prefix() == "micro" || needed(entry))?;
        let asked = self.found.wanted == Action::Check;
        let unknown = self.settings.get().unknown_keys;
        let warnings = std::mem::take(&mut self.found.warnings);
        if !warnings.is_empty() && (asked || unknown == UnknownKeys::Refuse) {
            let lines: Vec<String> = warnings.iter().map(|line| format!("\n  - {line}")).collect();
            return Err(Error::invalid_argument(format!("the settings are hardly meant like this:{}", lines.concat())));
        }
        for line in warnings.iter().filter(|_| unknown == UnknownKeys::Warn) {
            tracing::warn!("{line}");
        }
        if asked { said("the settings are in order\n") } else { Ok(()) }
    }
}

/// Begins to write logs, and goes on as the settings say.
fn install_logs(settings: &Config<Settings>) -> Result<()> {
    if let Some(filter) = settings.get().logging().install()? {
        let react = move |old: &Settings, new: &Settings| {
            if old.log == new.log {
                return;
            }
            match filter.set(&new.logging()) {
                Ok(()) => tracing::info!(log = new.log, "what is logged changes"),
                Err(error) => tracing::warn!(log = new.log, "what is logged stays as it was: {error}"),
            }
        };
        settings.watch(react).forever();
    }
    Ok(())
}

fn said<T>(text: &str) -> Result<T> {
    print!("{text}");
    Err(Answered.into_error())
}

/// Adds the sources that settings name. A file may name more, so it goes on until none is new.
async fn add_named(configuration: &Configuration, environment: Option<&ProcessEnv>, found: &mut LoadReport) {
    let mut added: Vec<String> = Vec::new();
    loop {
        // What is wrong with the list itself is found again where all settings are looked at.
        let named = configuration.get::<Vec<String>>("micro.config").ok().flatten().unwrap_or_default();
        let Some(next) = named.into_iter().find(|named| !added.contains(named)) else { return };
        match named_source(configuration, environment, &next).await {
            Ok((source, need)) => found.note(configuration.add(source, need).await),
            Err(error) => found.note(Err(error)),
        }
        added.push(next);
    }
}

/// A source as it is named: a URL or a path, with `?required=no` at the end where the program can do without.
async fn named_source(
    configuration: &Configuration,
    environment: Option<&ProcessEnv>,
    named: &str,
) -> Result<(Box<dyn Source>, Requirement)> {
    let (place, need) = required(named)?;
    if place.contains("://") {
        return Ok((plug::connect(&place).await?, need));
    }
    let mut files = Files::new(&*place);
    if let Some(profile) = configuration.get::<String>("micro.profile").ok().flatten() {
        files = files.with_profile(profile);
    }
    if let Some(environment) = environment.cloned() {
        files = files.with_environment(move |name| environment.variable(name));
    }
    Ok((Box::new(files), need))
}

/// Takes `required=..` out of what follows the `?`.
fn required(named: &str) -> Result<(String, Requirement)> {
    let Some((place, options)) = named.split_once('?') else { return Ok((named.to_owned(), Requirement::Required)) };
    let mut need = Requirement::Required;
    let mut rest = Vec::new();
    for option in options.split('&') {
        match option.split_once('=') {
            Some(("required", "no" | "false" | "off")) => need = Requirement::Optional,
            Some(("required", "yes" | "true" | "on")) => need = Requirement::Required,
            Some(("required", other)) => {
                let place = text::without_logins(place);
                return Err(Error::invalid_argument(format!(
                    "`required={other}` of `{place}`: expected `yes` or `no`"
                )));
            }
            _ => rest.push(option),
        }
    }
    let options = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    Ok((format!("{place}{options}"), need))
}
