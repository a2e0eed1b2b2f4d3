//! Where logs and spans go, on top of `tracing`: to stderr, as text for people or as JSON for machines.

use std::fmt;
use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::errors::{Error, Result};

/// Drivers that log at `info` what concerns themselves alone.
const QUIET: [&str; 1] = ["async_nats"];

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A line for people, coloured on a terminal.
    #[default]
    Text,
    /// An object a line, for machines.
    Json,
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            _ => Err(Error::invalid_argument(format!("`{text}` is no log format: expected `text` or `json`"))),
        }
    }
}

/// What is written, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// A level, `info`, or levels by target, `info,micro=debug,sqlx=warn`.
    pub filter: String,
    /// As text or as JSON.
    pub format: Format,
}

impl Default for Logging {
    fn default() -> Self {
        Logging { filter: "info".into(), format: Format::Text }
    }
}

impl Logging {
    /// Checks the filter without installing anything.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when it is none.
    pub fn check(&self) -> Result<()> {
        self.parse().map(drop)
    }

    /// Begins to write logs to stderr, unless the program has arranged for them itself; then that stays, and nothing is
    /// returned.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn install(&self) -> Result<Option<Filter>> {
        let builder = tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_env_filter(self.parse()?)
            .with_span_events(FmtSpan::NONE)
            .with_ansi(self.format == Format::Text && std::io::stderr().is_terminal());
        // An error of installing says that a subscriber is there already, which is the program's good right.
        Ok(match self.format {
            Format::Text => {
                let builder = builder.with_filter_reloading();
                let handle = builder.reload_handle();
                let installed = tracing::subscriber::set_global_default(builder.finish());
                installed.is_ok().then(|| Filter(Box::new(move |filter| drop(handle.reload(filter)))))
            }
            Format::Json => {
                let builder = builder.json().flatten_event(true).with_filter_reloading();
                let handle = builder.reload_handle();
                let installed = tracing::subscriber::set_global_default(builder.finish());
                installed.is_ok().then(|| Filter(Box::new(move |filter| drop(handle.reload(filter)))))
            }
        })
    }

    fn parse(&self) -> Result<EnvFilter> {
        // Drivers tell again what their rooms tell in the words of the house; whoever wants to hear them names them.
        let quiet = QUIET.iter().filter(|driver| !self.filter.contains(*driver));
        let filter =
            quiet.map(|driver| format!("{driver}=warn")).chain([self.filter.clone()]).collect::<Vec<_>>().join(",");
        EnvFilter::builder().parse(filter).map_err(|error| {
            Error::invalid_argument(format!(
                "`{}` is no log filter: expected a level (`error`, `warn`, `info`, `debug`, `trace`, `off`), or levels by \
                 target like `info,micro=debug`",
                self.filter
            ))
            .from_source(error)
        })
    }
}

/// What decides which logs are written, to be changed while they are.
pub struct Filter(Box<dyn Fn(EnvFilter) + Send + Sync>);

impl Filter {
    /// Writes from now on what `logging` says; its format stays.
    ///
    /// # Errors
    ///
    /// As [`Logging::check`].
    pub fn set(&self, logging: &Logging) -> Result<()> {
        (self.0)(logging.parse()?);
        Ok(())
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Filter")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_levels_by_target_are_filters_and_nonsense_is_not() {
        let check = |filter: &str| Logging { filter: filter.into(), ..Logging::default() }.check();
        for filter in ["info", "off", "warn,micro=debug", "micro::call=trace"] {
            assert!(check(filter).is_ok(), "{filter}");
        }
        let error = check("micro=loud").unwrap_err();
        assert!(error.message().contains("expected a level"), "{error}");
    }
}
