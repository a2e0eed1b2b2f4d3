use std::time::SystemTime;

/// The event that is being handled, from the view of its handler. [`Context::event`](crate::Context::event) has it.
///
/// What an event is belongs to the broker; the word lives here because every room may want to read it.
pub trait EventInfo: Send + Sync + 'static {
    /// Where it was published: `orders.placed`.
    fn topic(&self) -> &str;

    /// What tells it from all others; the same each time it is delivered.
    fn id(&self) -> &str;

    /// When it was published.
    fn time(&self) -> SystemTime;

    /// What it belongs to, where its publisher said so.
    fn key(&self) -> Option<&str>;

    /// Which try it is, from 1 on.
    fn attempt(&self) -> u32;
}
