//! Parsed input: a function, and the options of its attribute.

use std::time::Duration;

use proc_macro2::TokenStream;
use syn::{Expr, Ident, LitStr};

use crate::options::{Given, Options, Time, nearest};
use crate::report::Report;
use crate::syntax::{CratePath, Function, Kind, heading};

/// The options, each valid by itself.
pub(super) struct Written {
    pub(super) topic: Option<LitStr>,
    pub(super) queue: Option<LitStr>,
    pub(super) concurrency: Option<Given<usize>>,
    pub(super) retry: Option<Retry>,
    pub(super) dead_letter: Option<LitStr>,
    pub(super) ordered_by: Option<Order>,
    pub(super) ack: Option<Given<&'static str>>,
    pub(super) durable: Option<Ident>,
    pub(super) from: Option<Start>,
    pub(super) broker: Option<LitStr>,
    pub(super) name: Option<LitStr>,
    pub(super) manual: Option<Ident>,
}

/// `retry(max = 5, backoff = "1s")`.
pub(super) struct Retry {
    pub(super) max: Option<Given<u32>>,
    pub(super) backoff: Option<Given<Duration>>,
}

/// Order of events.
pub(super) enum Order {
    /// Key set by the publisher.
    Key,
    /// Expression about the event.
    By(Expr),
}

/// First event to deliver.
pub(super) enum Start {
    New,
    Earliest,
    Time(Time),
}

/// Reads the function below `#[micro::subscriber]`.
pub(super) fn read(item: TokenStream, report: &mut Report) -> Option<Function> {
    let message = match Kind::of(&item) {
        Kind::Function => return report.keep(syn::parse2(item)),
        Kind::Implementation => "`#[micro::subscriber]` goes on a function, found an `impl` block\n\
                                 for methods write `#[micro::handler]` on the block, and `#[subscriber]` on each"
            .to_owned(),
        other => format!(
            "`#[micro::subscriber]` goes on a function, found {other}\n\
             write `#[micro::subscriber] async fn audit(event: Greeted) -> Result<()> {{ .. }}`"
        ),
    };
    report.error(heading(item), message);
    None
}

impl Written {
    /// Reads the options between the parentheses of `#[micro::subscriber(..)]`.
    pub(super) fn of_function(tokens: TokenStream, report: &mut Report) -> (Self, CratePath) {
        let mut options = Options::of_tokens(tokens, report);
        let (mut written, lists) = Self::read(&mut options);
        written.manual = options.flag("manual");
        let home = CratePath::new(options.path("crate"));
        options.finish();
        written.finish(lists, report);
        (written, home)
    }

    /// Reads the options of `#[subscriber(..)]` on a method.
    pub(super) fn of_method(function: &Function, home: &CratePath, report: &mut Report) -> Self {
        let mut options = Options::of_helpers(function.helpers("subscriber", home), "subscriber", report);
        let (mut written, lists) = Self::read(&mut options);
        // Taken only if present, so that error messages do not list it as a choice.
        if options.contains("manual") {
            written.manual = options.flag("manual");
        }
        options.finish();
        written.finish(lists, report);
        written
    }

    fn read(options: &mut Options<'_>) -> (Self, Lists) {
        // In the order in which an error about an unknown option lists them.
        let (topic, queue) = (options.text("topic"), options.text("queue"));
        let concurrency = options.number("concurrency");
        let retry = options.list("retry");
        let dead_letter = options.text("dead_letter");
        let ordered_by = options.switched("ordered_by").map(|order| order.value.map_or(Order::Key, Order::By));
        let ack = options.choice("ack", &["auto", "manual"]);
        let durable = options.flag("durable");
        let from = options.text("from");
        let (broker, name) = (options.text("broker"), options.text("name"));
        let written = Self {
            topic,
            queue,
            concurrency,
            retry: None,
            dead_letter,
            ordered_by,
            ack,
            durable,
            from: None,
            broker,
            name,
            manual: None,
        };
        (written, Lists { retry, from })
    }

    fn finish(&mut self, lists: Lists, report: &mut Report) {
        self.retry = lists.retry.map(|retry| Retry::read(retry, report));
        self.from = lists.from.and_then(|from| Start::read(&from, report));
    }
}

/// Lists that are parsed once the options themselves are read.
struct Lists {
    retry: Option<Given<TokenStream>>,
    from: Option<LitStr>,
}

impl Retry {
    fn read(written: Given<TokenStream>, report: &mut Report) -> Self {
        let nothing = written.value.is_empty();
        let mut options = Options::of_tokens(written.value, report);
        let retry = Self { max: options.number("max"), backoff: options.duration("backoff") };
        options.finish();
        if nothing {
            let message = "`retry` needs `max`, `backoff` or both: write `retry(max = 5, backoff = \"1s\")`";
            report.error_at(written.span, message);
        }
        retry
    }
}

impl Start {
    fn read(written: &LitStr, report: &mut Report) -> Option<Self> {
        let text = written.value();
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            return match crate::options::time(&text) {
                Ok(time) => Some(Start::Time(time)),
                Err(why) => {
                    report.error(written, format!("`{text}` is not a time for `from`: {why}"));
                    None
                }
            };
        }
        match text.as_str() {
            "new" => Some(Start::New),
            "earliest" => Some(Start::Earliest),
            _ => {
                let meant = nearest(&text, ["new", "earliest"]);
                let hint = meant.map_or_else(String::new, |meant| format!("\ndid you mean `{meant}`?"));
                let choices = "expected `new`, `earliest`, or a time such as `2026-01-31T08:00:00Z`";
                report.error(written, format!("unknown `from` `{text}`; {choices}{hint}"));
                None
            }
        }
    }
}
