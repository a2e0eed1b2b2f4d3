//! Functions as handlers.

use std::sync::Arc;

use super::{EventRequest, Handler};
use crate::broker::Event;
use crate::errors::Result;
use crate::rpc::BoxFuture;

/// A handler made of a function.
///
/// ```
/// use micro::broker::handling;
///
/// let handler = handling::handler_fn(|request| async move {
///     println!("{} on {}", request.event().id, request.event().topic);
///     Ok(())
/// });
/// ```
pub fn handler_fn<F, R>(handle: F) -> Arc<dyn Handler>
where
    F: Fn(EventRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    Arc::new(Function(handle))
}

/// Creates a handler with an ordering key of its own, for handling [in order](super::ConsumerOptions::in_order).
pub fn keyed_handler_fn<K, F, R>(key: K, handle: F) -> Arc<dyn Handler>
where
    K: Fn(&Event) -> Result<String> + Send + Sync + 'static,
    F: Fn(EventRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    Arc::new(Keyed { key, handler_fn: Function(handle) })
}

struct Function<F>(F);

impl<F, R> Handler for Function<F>
where
    F: Fn(EventRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    fn handle(&self, request: EventRequest) -> BoxFuture<'_, Result<()>> {
        Box::pin((self.0)(request))
    }
}

struct Keyed<K, F> {
    key: K,
    handler_fn: Function<F>,
}

impl<K, F, R> Handler for Keyed<K, F>
where
    K: Fn(&Event) -> Result<String> + Send + Sync + 'static,
    F: Fn(EventRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    fn handle(&self, request: EventRequest) -> BoxFuture<'_, Result<()>> {
        self.handler_fn.handle(request)
    }

    fn key(&self, event: &Event) -> Result<Option<String>> {
        (self.key)(event).map(Some)
    }

    fn has_publishers_key(&self) -> bool {
        false
    }
}
