//! Filter of spans and events, which can be changed at run time.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer};

/// The spans around every call, in and out.
const CALLS: [&str; 2] = ["micro::call", "micro::client"];

/// Levels by target, asked once for each place in the code and not at every span: `tracing` remembers the answer until
/// [`TargetFilter::set`] makes it ask again.
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
        // The lines say themselves which call they belong to.
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
