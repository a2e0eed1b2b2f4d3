use std::ffi::OsString;
use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use super::Settings;
use super::table::{Setting, TABLE};
use crate::errors::{Error, Result};

/// Where settings are read from.
pub(crate) struct Source {
    /// The environment.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// The command line, the name of the program first; `None` where the program reads its own.
    pub(crate) arguments: Option<Vec<OsString>>,
}

impl Source {
    /// The environment of this process.
    pub(crate) fn environment() -> Self {
        Source { environment: std::env::vars_os().collect(), arguments: None }
    }

    /// The environment and the command line of this process.
    pub(crate) fn process() -> Self {
        Source { arguments: Some(std::env::args_os().collect()), ..Self::environment() }
    }
}

/// What reading came to.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The program goes on with these.
    Settings(Box<Settings>),
    /// The user asked for this text, and nothing else is to happen.
    Help(String),
}

/// Lays the environment and the flags over `settings`.
///
/// # Errors
///
/// [`InvalidArgument`](crate::Code::InvalidArgument) with everything that is wrong, each with the name it was set by.
pub(crate) fn read(settings: Settings, source: &Source) -> Result<Outcome> {
    let mut read = Read { settings, problems: Vec::new() };
    for setting in TABLE {
        read.take_variable(setting, source);
    }
    read.take_registry_address(source);
    if let Some(arguments) = &source.arguments {
        match command(&read.settings).try_get_matches_from(arguments) {
            Ok(matches) => {
                for setting in TABLE {
                    if let Some(text) = matches.get_one::<String>(setting.flag) {
                        read.set(setting, &format!("--{}", setting.flag), text);
                    }
                }
            }
            Err(error) if !error.use_stderr() => return Ok(Outcome::Help(error.to_string())),
            Err(error) => read.problems.push(unclapped(&error)),
        }
    }
    read.finish()
}

struct Read {
    settings: Settings,
    problems: Vec<String>,
}

impl Read {
    fn take_variable(&mut self, setting: &Setting, source: &Source) {
        let name = setting.environment();
        let names = setting.aliases.iter().copied().chain([name.as_str()]);
        // Micro's own name comes last and so wins over an alias.
        for name in names {
            if let Some(text) = self.variable(name, source) {
                self.set(setting, name, &text);
            }
        }
    }

    /// Go Micro names the kind of registry and its address apart.
    fn take_registry_address(&mut self, source: &Source) {
        let address = self.variable("MICRO_REGISTRY_ADDRESS", source);
        if let Some(address) = address.filter(|_| !self.settings.registry.contains("://")) {
            self.settings.registry = format!("{}://{address}", self.settings.registry);
        }
    }

    fn variable(&mut self, name: &str, source: &Source) -> Option<String> {
        let (_, value) = source.environment.iter().find(|(key, _)| key.to_str() == Some(name))?;
        match value.to_str() {
            Some(text) => Some(text.to_owned()).filter(|text| !text.is_empty()),
            None => {
                self.problems.push(format!("`{name}` is not UTF-8"));
                None
            }
        }
    }

    fn set(&mut self, setting: &Setting, name: &str, text: &str) {
        if let Err(expected) = (setting.set)(&mut self.settings, text) {
            self.problems.push(format!("`{name}` is `{}`: {expected}", text.escape_debug()));
        }
    }

    fn finish(mut self) -> Result<Outcome> {
        self.problems.extend(self.settings.conflicts());
        if self.problems.is_empty() {
            return Ok(Outcome::Settings(Box::new(self.settings)));
        }
        let mut message = "the settings cannot be used:".to_owned();
        for problem in &self.problems {
            let _ = write!(message, "\n  - {problem}");
        }
        Err(Error::invalid_argument(message + "\n`--help` lists all settings"))
    }
}

/// The command line as clap reads it; what is in force without it shows as the default.
fn command(settings: &Settings) -> Command {
    let args = TABLE.iter().map(|setting| {
        let mut help = format!("{} [env: {}]", setting.help, setting.environment());
        let default = (setting.show)(settings);
        if !default.is_empty() {
            let _ = write!(help, " [default: {default}]");
        }
        Arg::new(setting.flag).long(setting.flag).value_name(setting.value).help(help).action(ArgAction::Set)
    });
    Command::new("service")
        .no_binary_name(false)
        .args_override_self(true)
        .after_help(
            "Each setting is read from its default, the program, the environment and the flag; the last one wins.",
        )
        .args(args)
}

// clap says `error: ` first and advises at length; the advice stands at the end of our own report.
fn unclapped(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let text = text.split("\n\nUsage:").next().unwrap_or(text).trim().replace("\n\n", "; ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn from(environment: &[(&str, &str)], arguments: &[&str]) -> Result<Outcome> {
        let environment = environment.iter().map(|(key, value)| (key.into(), value.into())).collect();
        let arguments = std::iter::once("greeter").chain(arguments.iter().copied()).map(Into::into).collect();
        read(Settings::default(), &Source { environment, arguments: Some(arguments) })
    }

    fn settings(environment: &[(&str, &str)], arguments: &[&str]) -> Settings {
        match from(environment, arguments).unwrap() {
            Outcome::Settings(settings) => *settings,
            Outcome::Help(text) => panic!("{text}"),
        }
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_default() {
        assert_eq!(settings(&[], &[]), Settings::default());
        assert_eq!(settings(&[("MICRO_ADDRESS", "127.0.0.1:7")], &[]).address, "127.0.0.1:7");
        assert_eq!(settings(&[("MICRO_ADDRESS", "127.0.0.1:7")], &["--address", ":8"]).address, "0.0.0.0:8");
        assert_eq!(settings(&[], &["--address=[::1]:0"]).address, "[::1]:0");
    }

    #[test]
    fn names_of_go_micro_are_understood() {
        let environment = [
            ("MICRO_SERVER_ADDRESS", ":8080"),
            ("MICRO_REGISTRY", "etcd"),
            ("MICRO_REGISTRY_ADDRESS", "10.0.0.1:2379"),
            ("MICRO_REGISTER_TTL", "60"),
            ("MICRO_CLIENT_REQUEST_TIMEOUT", "5s"),
            ("MICRO_LOG_LEVEL", "debug"),
        ];
        let settings = settings(&environment, &[]);
        assert_eq!(settings.address, "0.0.0.0:8080");
        assert_eq!(settings.registry, "etcd://10.0.0.1:2379");
        assert_eq!(settings.register.ttl, Duration::from_secs(60));
        assert_eq!(settings.request_timeout, Duration::from_secs(5));
        assert_eq!(settings.logging.filter, "debug");
    }

    #[test]
    fn compression_and_silence_are_off_until_asked_for() {
        use crate::transport::http::Compress;

        assert_eq!((settings(&[], &[]).compress, settings(&[], &[]).idle_timeout), (Compress::Never, None));
        let set = settings(&[("MICRO_COMPRESS", "16KiB")], &["--idle-timeout", "5m"]);
        assert_eq!((set.compress, set.idle_timeout), (Compress::From(16 * 1024), Some(Duration::from_secs(300))));
        assert_eq!(settings(&[], &["--compress", "replies"]).compress, Compress::Replies);
        let error = from(&[], &["--compress", "always"]).unwrap_err();
        assert!(error.message().contains("`never`, `replies`, or the size"), "{}", error.message());
    }

    #[test]
    fn everything_wrong_is_said_at_once_and_by_the_name_it_was_set_by() {
        let environment = [("MICRO_ADDRESS", "nowhere"), ("MICRO_REGISTER_TTL", "1s"), ("MICRO_LOG", "micro=loud")];
        let error = from(&environment, &["--message-limit", "many"]).unwrap_err();
        let message = error.message();
        for part in [
            "`MICRO_ADDRESS` is `nowhere`: expected `host:port`",
            "`--message-limit` is `many`: expected a number of bytes",
            "`--register-interval` (10s) must be shorter than `--register-ttl` (1s)",
            "`micro=loud` is no log filter",
        ] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn an_unknown_flag_is_answered_with_the_one_that_was_meant() {
        let error = from(&[], &["--adress", "x"]).unwrap_err();
        assert!(error.message().contains("'--address'"), "{}", error.message());
    }

    #[test]
    fn help_lists_every_setting_with_its_default_and_variable() {
        let Outcome::Help(text) = from(&[("MICRO_SHUTDOWN_TIMEOUT", "3s")], &["--help"]).unwrap() else {
            panic!("settings where help was asked for");
        };
        for setting in TABLE {
            assert!(text.contains(&format!("--{}", setting.flag)), "{text}");
            assert!(text.contains(&setting.environment()), "{text}");
        }
        assert!(text.contains("[default: 4MiB]") && text.contains("[default: 3s]"), "{text}");
    }

    #[test]
    fn what_is_shown_as_a_default_is_read_back() {
        let defaults = Settings::default();
        for setting in TABLE {
            let text = (setting.show)(&defaults);
            if text.is_empty() {
                continue;
            }
            let mut settings = defaults.clone();
            (setting.set)(&mut settings, &text).unwrap_or_else(|expected| panic!("{}: {expected}", setting.flag));
            assert_eq!(settings, defaults, "{}", setting.flag);
        }
    }
}
