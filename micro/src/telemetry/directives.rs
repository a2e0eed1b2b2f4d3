//! Log filters: levels by target and by span.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{Directive, EnvFilter, Targets};

use crate::util::text;

/// Drivers whose `info` events are internal details.
const QUIET: [&str; 1] = ["async_nats"];

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

const EXPECTED: &str =
    "`off`, `error`, `warn`, `info`, `debug` or `trace`, or levels by target like `info,micro=debug`";

/// A parsed filter.
pub(super) enum Directives {
    /// Levels by target, evaluated once per callsite.
    Targets(Targets),
    /// Levels by spans and their fields as well, evaluated for every span.
    Spans(Box<EnvFilter>),
}

impl Directives {
    /// Parses a filter. Empty directives between commas are ignored.
    ///
    /// # Errors
    ///
    /// A description of the expected syntax, and the invalid directive.
    pub(super) fn parse(filter: &str) -> Result<Self, String> {
        let expected = |why: String| format!("{EXPECTED}: {why}");
        let directives: Vec<&str> = filter.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
        if directives.is_empty() {
            return Err(expected("it is empty".to_owned()));
        }
        directives.iter().try_for_each(|directive| check(directive)).map_err(expected)?;
        // Drivers repeat events that micro reports itself; a filter that names a driver overrides this.
        let quiet = QUIET.iter().filter(|driver| !filter.contains(*driver)).map(|driver| format!("{driver}=warn"));
        let all = quiet.chain(directives.iter().map(|it| (*it).to_owned())).collect::<Vec<_>>().join(",");
        let parsed = if all.contains('[') {
            EnvFilter::builder().parse(&all).map(|filter| Directives::Spans(Box::new(filter)))
        } else {
            all.parse().map(Directives::Targets)
        };
        parsed.map_err(|error| expected(error.to_string()))
    }
}

/// Performs a check that `tracing` does not: an unknown level would be parsed as a target, enabling everything of that target and
/// nothing of all others.
fn check(directive: &str) -> Result<(), String> {
    let shown = text::clipped(directive);
    if directive.contains(['[', ']']) {
        let (_, rest) = directive.rsplit_once(']').ok_or(format!("`{shown}` has a bracket that is not closed"))?;
        if let Some(word) = rest.strip_prefix('=') {
            level(word)?;
        }
        return directive.parse::<Directive>().map(drop).map_err(|_| format!("`{shown}` is malformed"));
    }
    match directive.split_once('=') {
        None => level(directive),
        Some(("", _)) => Err(format!("`{shown}` has no target")),
        Some((_, "")) => Err(format!("`{shown}` has no level")),
        Some((target, _)) if target.contains(char::is_whitespace) => {
            Err(format!("`{}` is not a target", text::clipped(target)))
        }
        Some((_, word)) => level(word),
    }
}

fn level(word: &str) -> Result<(), String> {
    if !word.is_empty() && word.parse::<LevelFilter>().is_ok() {
        return Ok(());
    }
    // `warning`, `information`.
    let is_word = word.chars().all(char::is_alphabetic);
    let begins = |level: &&str| is_word && word.to_ascii_lowercase().starts_with(level);
    let near = text::nearest(word, LEVELS).or_else(|| LEVELS.into_iter().find(begins));
    let meant = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    Err(format!("`{}` is not a level{meant}", text::clipped(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_by_target_and_span_are_filters() {
        for filter in [
            "info",
            "off",
            "WARN",
            "warn,micro=debug",
            "info, micro=debug ,",
            "micro::call=trace",
            "info,[call{service=shop}]=debug",
            "micro[call]=info",
        ] {
            assert!(Directives::parse(filter).is_ok(), "{filter}");
        }
        let Ok(Directives::Targets(targets)) = Directives::parse("info, micro=debug") else {
            panic!("levels by target")
        };
        assert!(targets.would_enable("micro", &tracing::Level::DEBUG));
        assert!(!targets.would_enable("async_nats", &tracing::Level::INFO));
    }

    #[test]
    fn anything_else_is_refused_with_levels_syntax_and_nearest_match() {
        for (filter, words) in [
            ("debugg", "`debugg` is not a level, did you mean `debug`?"),
            ("warning", "`warning` is not a level, did you mean `warn`?"),
            ("info,micro=loud", "`loud` is not a level"),
            ("info,micro", "`micro` is not a level"),
            ("info,trase,micro=info", "`trase` is not a level, did you mean `trace`?"),
            ("", "it is empty"),
            (" , ", "it is empty"),
            ("micro=", "`micro=` has no level"),
            ("=debug", "`=debug` has no target"),
            ("micro=info=debug", "`info=debug` is not a level"),
            ("my crate=info", "`my crate` is not a target"),
            ("info,[call{service=shop=debug", "`[call{service=shop=debug` has a bracket that is not closed"),
            ("[call]=loud", "`loud` is not a level"),
            ("[call]debug", "`[call]debug` is malformed"),
            ("[call{service=(}]=debug", "`[call{service=(}]=debug` is malformed"),
        ] {
            let Err(refused) = Directives::parse(filter) else { panic!("`{filter}` is a filter") };
            assert_eq!(refused, format!("{EXPECTED}: {words}"));
        }
    }
}
