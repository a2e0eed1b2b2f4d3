//! Output of logs and spans, based on `tracing`: to stderr, as text for people or as JSON for machines.

mod directives;
mod lines;
mod target_filter;

use std::fmt;
use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::{Registry, reload};

use directives::Directives;
use lines::{CallFields, LogLines};
use target_filter::TargetFilter;

use crate::errors::{Error, Result};
use crate::util::text;

/// Format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Lines of text, coloured on a terminal.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            _ => Err(Error::invalid_argument(format!("`{text}` is not a log format: expected `text` or `json`"))),
        }
    }
}

/// Filter and format of logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// A level, `info`, or levels by target, `info,micro=debug,sqlx=warn`. The levels are `off`, `error`, `warn`, `info`, `debug`
    /// and `trace`; a target needs a level.
    pub filter: String,
    /// Format of the lines: text or JSON.
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
    /// [`InvalidArgument`](crate::Code::InvalidArgument) for an unknown level or a malformed directive. The message lists the
    /// levels and suggests the nearest match.
    pub fn check(&self) -> Result<()> {
        self.directives().map(drop)
    }

    /// Starts writing logs to stderr. If the program has already installed a `tracing` subscriber, that one stays, and `None` is
    /// returned.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn install(&self) -> Result<Option<LogFilter>> {
        Ok(match self.directives()? {
            Directives::Targets(targets) => {
                let gate = TargetFilter::new(targets);
                let coloured = self.is_coloured();
                let says =
                    if self.format == Format::Json { CallFields::Object } else { CallFields::Fields { coloured } };
                self.begin(gate.clone(), says).then_some(LogFilter(Inner::TargetFilter(gate)))
            }
            Directives::Spans(filter) => {
                let (filter, handle) = reload::Layer::new(*filter);
                self.begin(filter, CallFields::Nothing).then(|| LogFilter(Inner::Spans(handle)))
            }
        })
    }

    /// Installs the subscriber. Returns `false` if the program has one already, which takes precedence.
    fn begin(&self, filter: impl Layer<Registry> + Send + Sync, says: CallFields) -> bool {
        let coloured = self.is_coloured();
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(coloured);
        let filtered = filter.with_subscriber(Registry::default());
        let begun = match self.format {
            Format::Text => {
                let lines = lines.map_event_format(|format| LogLines { format: format.with_ansi(coloured), says });
                tracing::subscriber::set_global_default(filtered.with(lines))
            }
            Format::Json => {
                let lines = lines.json().flatten_event(true).map_event_format(|format| LogLines { format, says });
                tracing::subscriber::set_global_default(filtered.with(lines))
            }
        };
        begun.is_ok()
    }

    fn is_coloured(&self) -> bool {
        self.format == Format::Text && std::io::stderr().is_terminal()
    }

    fn directives(&self) -> Result<Directives> {
        Directives::parse(&self.filter).map_err(|expected| {
            Error::invalid_argument(format!(
                "`{}` is not a log filter: expected {expected}",
                text::clipped(&self.filter)
            ))
        })
    }
}

/// Validates a log filter, for use as a check of a setting.
///
/// # Errors
///
/// A description of the expected syntax, and the invalid directive.
pub(crate) fn check_filter(filter: &str) -> Result<(), String> {
    Directives::parse(filter).map(drop)
}

/// Filter of log lines, which can be changed at run time.
pub struct LogFilter(Inner);

enum Inner {
    TargetFilter(TargetFilter),
    Spans(reload::Handle<EnvFilter, Registry>),
}

impl LogFilter {
    /// Applies the filter of `logging` from now on; the format stays.
    ///
    /// # Errors
    ///
    /// As [`Logging::check`]; [`FailedPrecondition`](crate::Code::FailedPrecondition) for a filter with spans if the initial
    /// filter had none.
    pub fn set(&self, logging: &Logging) -> Result<()> {
        match (&self.0, logging.directives()?) {
            (Inner::TargetFilter(gate), Directives::Targets(targets)) => gate.set(targets),
            (Inner::Spans(handle), Directives::Spans(filter)) => handle.reload(*filter)?,
            (Inner::Spans(handle), Directives::Targets(targets)) => {
                handle.reload(EnvFilter::new(targets.to_string()))?
            }
            (Inner::TargetFilter(_), Directives::Spans(_)) => {
                return Err(Error::failed_precondition("filters with spans take effect after a restart"));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogFilter")
    }
}
