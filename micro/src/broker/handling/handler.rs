use super::request::EventRequest;
use crate::broker::Event;
use crate::errors::Result;
use crate::rpc::BoxFuture;

/// A handler of events. [`handler_fn`](super::handler_fn) makes one of a closure.
pub trait Handler: Send + Sync + 'static {
    /// Handles one event. An error, or a panic, has it tried again later. Its context is the current one.
    fn handle(&self, request: EventRequest) -> BoxFuture<'_, Result<()>>;

    /// Returns the key by which events are handled in order. Default: the publisher's key.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being found out. The event is then handled in no order.
    fn key(&self, event: &Event) -> Result<Option<String>> {
        Ok(event.key.clone())
    }

    /// Returns `true` if [`key`](Self::key) returns the key of the publisher, by which a broker with the capability
    /// [`ordered_across_processes`](crate::broker::Capabilities::ordered_across_processes) distributes events over the processes
    /// of a queue.
    ///
    /// Default: true. A handler with keys of its own returns false: their order holds within each process.
    fn has_publishers_key(&self) -> bool {
        true
    }
}
