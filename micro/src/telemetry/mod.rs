//! Where logs and spans go, on top of `tracing`: to stderr, as text for people or as JSON for machines.

use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::errors::{Error, Result};

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

    /// Begins to write logs to stderr, unless the program has arranged for them itself; then that stays.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn install(&self) -> Result<()> {
        let filter = self.parse()?;
        let subscriber = tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_env_filter(filter)
            .with_span_events(FmtSpan::NONE)
            .with_ansi(self.format == Format::Text && std::io::stderr().is_terminal());
        // An error says that a subscriber is installed already, which is the program's good right.
        let _ = match self.format {
            Format::Text => tracing::subscriber::set_global_default(subscriber.finish()),
            Format::Json => tracing::subscriber::set_global_default(subscriber.json().flatten_event(true).finish()),
        };
        Ok(())
    }

    fn parse(&self) -> Result<EnvFilter> {
        EnvFilter::builder().parse(&self.filter).map_err(|error| {
            Error::invalid_argument(format!(
                "`{}` is no log filter: expected a level (`error`, `warn`, `info`, `debug`, `trace`, `off`), or levels by \
                 target like `info,micro=debug`",
                self.filter
            ))
            .from_source(error)
        })
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
