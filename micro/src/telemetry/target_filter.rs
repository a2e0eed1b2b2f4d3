//! Filter of spans and events, which can be changed at run time.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer};

/// Targets of the spans around every incoming and outgoing call.
const CALLS: [&str; 2] = ["micro::call", "micro::client"];

/// Levels by target, evaluated once per callsite rather than for every span: `tracing` caches the result until
/// [`TargetFilter::set`] rebuilds the cache.
#[derive(Clone)]
pub(super) struct TargetFilter(Arc<ArcSwap<Targets>>);

impl TargetFilter {
    pub(super) fn new(targets: Targets) -> Self {
        TargetFilter(Arc::new(ArcSwap::from_pointee(targets)))
    }

    pub(super) fn set(&self, targets: Targets) {
        self.0.store(Arc::new(targets));
        tracing::callsite::rebuild_interest_cache();
    }

    fn lets_through(&self, metadata: &Metadata<'_>) -> bool {
        // No spans for calls: the log lines themselves name their call.
        let of_a_call = metadata.is_span() && CALLS.contains(&metadata.target());
        !of_a_call && self.0.load().would_enable(metadata.target(), metadata.level())
    }
}

impl<S: Subscriber> Layer<S> for TargetFilter {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.lets_through(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.lets_through(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let targets = self.0.load();
        let named = targets.iter().map(|(_, level)| level);
        named.chain(targets.default_level()).max()
    }
}

impl fmt::Debug for TargetFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gate({})", self.0.load())
    }
}
