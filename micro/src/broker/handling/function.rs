//! Functions as handlers.

use std::sync::Arc;

use super::{Given, Handler};
use crate::broker::Event;
use crate::errors::Result;
use crate::rpc::BoxFuture;

/// A handler made of a function.
///
/// ```
/// use micro::broker::handling;
///
/// let handler = handling::function(|given| async move {
///     println!("{} on {}", given.raw().id, given.raw().topic);
///     Ok(())
/// });
/// ```
pub fn function<F, R>(handle: F) -> Arc<dyn Handler>
where
    F: Fn(Given) -> R + Send + Sync + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    Arc::new(Function(handle))
}

/// The same, where `key` says what an event belongs to: for handling [in order](super::Handling::in_order).
pub fn keyed<K, F, R>(key: K, handle: F) -> Arc<dyn Handler>
where
    K: Fn(&Event) -> Result<String> + Send + Sync + 'static,
    F: Fn(Given) -> R + Send + Sync + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    Arc::new(Keyed { key, function: Function(handle) })
}

struct Function<F>(F);

impl<F, R> Handler for Function<F>
where
    F: Fn(Given) -> R + Send + Sync + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    fn handle(&self, given: Given) -> BoxFuture<'_, Result<()>> {
        Box::pin((self.0)(given))
    }
}

struct Keyed<K, F> {
    key: K,
    function: Function<F>,
}

impl<K, F, R> Handler for Keyed<K, F>
where
    K: Fn(&Event) -> Result<String> + Send + Sync + 'static,
    F: Fn(Given) -> R + Send + Sync + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    fn handle(&self, given: Given) -> BoxFuture<'_, Result<()>> {
        self.function.handle(given)
    }

    fn key(&self, event: &Event) -> Result<Option<String>> {
        (self.key)(event).map(Some)
    }

    fn has_publishers_key(&self) -> bool {
        false
    }
}
