/// Guarantees of a broker.
///
/// Capabilities are promises, not descriptions: the suite [`testing::suite`](mod@crate::testing::suite) holds a backend to each that it
/// declares. A subscription that asks for one that is not declared is refused with
/// [`Unimplemented`](crate::Code::Unimplemented) instead of losing events later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// An event that was published without an error reaches every queue that exists, also when processes die. A broker that
    /// keeps events in the processes of publisher and subscriber, and loses those with both, does not promise it.
    pub at_least_once: bool,
    /// A durable queue keeps events while it has no subscriber. Needs `at_least_once`.
    pub durable: bool,
    /// Events outlive the broker's own process. Needs `durable`.
    pub survives_restart: bool,
    /// An event that is returned is delivered again, to any process of its queue.
    pub redelivers: bool,
    /// [`Delivery::attempt`](super::Delivery::attempt) counts over all processes of a queue. Without it each delivery is number 1.
    pub counts_deliveries: bool,
    /// While a process of a queue holds an event of a key, events of this key go to no other process of it, so that their order
    /// holds over all of them for as long as no process comes or leaves.
    pub ordered_across_processes: bool,
    /// Events that were published earlier can be requested.
    pub replays: bool,
    /// Subscriptions may have `*` and `>` in their topics.
    pub wildcards: bool,
    /// An event that is published twice under one id is delivered once, for a while. Without it these are two events.
    pub deduplicates: bool,
}
