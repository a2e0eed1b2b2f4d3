//! Log lines, extended with the call they belong to.

use std::fmt::{self, Write as _};

use serde_json::json;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::context::{Context, CurrentMethod};

/// Formats lines with `F` and appends the current call to lines of a handler. A span around every call, for the few that write
/// log lines, would cost each call a fifth of its CPU time.
pub(super) struct LogLines<F> {
    pub(super) format: F,
    pub(super) says: CallFields,
}

/// Format of the call in a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallFields {
    /// Omitted: the call is already in a span, because the filter has rules for spans.
    Nothing,
    /// `service="greeter" method="Hello" trace="…" wire="micro/1"`.
    Fields { coloured: bool },
    /// `"call":{"service":"greeter", …}`.
    Object,
}

impl<S, N, F> FormatEvent<S, N> for LogLines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, log: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let called = if self.says == CallFields::Nothing { None } else { CurrentMethod::current() };
        let Some(called) = called else { return self.format.format_event(log, writer, event) };
        let mut line = String::new();
        self.format.format_event(log, Writer::new(&mut line), event)?;
        let line = line.trim_end_matches('\n');
        match (self.says, line.strip_suffix('}')) {
            (CallFields::Fields { coloured: true }, _) => writeln!(writer, "{line} \x1b[2m{}\x1b[0m", fields(called)?),
            (CallFields::Object, Some(open)) => writeln!(writer, "{open},\"call\":{}}}", object(called)),
            _ => writeln!(writer, "{line} {}", fields(called)?),
        }
    }
}

fn fields(called: CurrentMethod) -> Result<String, fmt::Error> {
    let context = Context::current();
    let mut text = match context.event() {
        None => format!("service={:?} method={:?}", called.service, called.method),
        Some(event) => {
            let (topic, id, attempt) = (event.topic(), event.id(), event.attempt());
            format!("subscriber={:?} topic={topic:?} event={id:?} attempt={attempt}", called.method)
        }
    };
    if let Some(trace) = context.trace() {
        write!(text, " trace=\"{:032x}\"", trace.trace_id())?;
    }
    if let Some(wire) = context.wire() {
        write!(text, " wire={wire:?}")?;
    }
    Ok(text)
}

fn object(called: CurrentMethod) -> serde_json::Value {
    let context = Context::current();
    let mut call = match context.event() {
        None => json!({ "service": called.service, "method": called.method }),
        Some(event) => json!({
            "subscriber": called.method,
            "topic": event.topic(),
            "event": event.id(),
            "attempt": event.attempt(),
        }),
    };
    if let Some(trace) = context.trace() {
        call["trace"] = format!("{:032x}", trace.trace_id()).into();
    }
    if let Some(wire) = context.wire() {
        call["wire"] = wire.into();
    }
    call
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;
    use crate::context::{Scoped, Trace};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Written {
        type Writer = Written;

        fn make_writer(&'a self) -> Written {
            self.clone()
        }
    }

    /// Returns the output of a line outside a handler, and of one inside.
    fn said(log: impl FnOnce(Written) -> tracing::Dispatch) -> Vec<String> {
        let written = Written::default();
        let dispatch = log(written.clone());
        tracing::dispatcher::with_default(&dispatch, || {
            tracing::info!(shelf = 7, "outside");
            let trace: Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
            let called = CurrentMethod { service: "greeter", method: "Hello" };
            let mut handler = Scoped::handler(Context::new().with_trace(trace).with_wire("micro/1"), called, ());
            handler.enter(|| tracing::info!(shelf = 7, "within"));
        });
        let written = written.0.lock().unwrap();
        String::from_utf8_lossy(&written).lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_line_of_a_handler_says_which_call_it_answers() {
        let lines = |coloured| {
            said(move |written| {
                let log = tracing_subscriber::fmt().with_writer(written).without_time().with_ansi(coloured);
                let log = log.map_event_format(|format| LogLines {
                    format: format.with_ansi(coloured),
                    says: CallFields::Fields { coloured },
                });
                log.finish().into()
            })
        };
        let call = r#"service="greeter" method="Hello" trace="4bf92f3577b34da6a3ce929d0e0e4736" wire="micro/1""#;
        let target = " INFO micro::telemetry::lines::tests:";
        assert_eq!(lines(false), [format!("{target} outside shelf=7"), format!("{target} within shelf=7 {call}")]);
        assert!(lines(true)[1].ends_with(&format!("\x1b[2m{call}\x1b[0m")), "{:?}", lines(true));
    }

    struct Placed;

    impl crate::context::EventInfo for Placed {
        fn topic(&self) -> &str {
            "orders.placed"
        }

        fn id(&self) -> &str {
            "7"
        }

        fn time(&self) -> std::time::SystemTime {
            std::time::UNIX_EPOCH
        }

        fn key(&self) -> Option<&str> {
            None
        }

        fn attempt(&self) -> u32 {
            2
        }
    }

    #[test]
    fn a_line_of_a_subscriber_says_which_event_it_handles() {
        let called = CurrentMethod { service: "events", method: "mail" };
        let mut handler = Scoped::handler(Context::new().with_event(Arc::new(Placed)), called, ());
        handler.enter(|| {
            let said = r#"subscriber="mail" topic="orders.placed" event="7" attempt=2"#;
            assert_eq!(fields(called).unwrap(), said);
            let expected = json!({ "subscriber": "mail", "topic": "orders.placed", "event": "7", "attempt": 2 });
            assert_eq!(object(called), expected);
        });
    }

    #[test]
    fn and_as_an_object_in_json() {
        let lines = said(|written| {
            let log = tracing_subscriber::fmt().with_writer(written).json().flatten_event(true);
            log.map_event_format(|format| LogLines { format, says: CallFields::Object }).finish().into()
        });
        let [outside, within] = [0, 1].map(|line: usize| {
            let line: serde_json::Value = serde_json::from_str(&lines[line]).unwrap();
            line
        });
        assert_eq!(outside.get("call"), None);
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(within["message"], "within");
        assert_eq!(
            within["call"],
            json!({ "service": "greeter", "method": "Hello", "trace": trace, "wire": "micro/1" })
        );
    }
}
