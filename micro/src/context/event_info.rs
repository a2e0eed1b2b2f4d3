use std::time::SystemTime;

/// The event that is being handled, from the view of its handler. [`Context::event`](crate::Context::event) has it.
///
/// What an event is belongs to the broker; the word lives here because every room may want to read it.
pub trait EventInfo: Send + Sync + 'static {
    /// Returns the topic: `orders.placed`.
    fn topic(&self) -> &str;

    /// Returns the unique id; the same each time the event is delivered.
    fn id(&self) -> &str;

    /// Returns the time of publishing.
    fn time(&self) -> SystemTime;

    /// Returns the ordering key, if the publisher set one.
    fn key(&self) -> Option<&str>;

    /// Returns the number of the attempt, from 1 on.
    fn attempt(&self) -> u32;
}
