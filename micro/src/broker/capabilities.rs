/// What a broker promises. Where it does not, whoever asks for it is told so when subscribing, and not when events are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// An event that was published without an error reaches every queue that is there, also when processes die. A broker
    /// that keeps events in the processes of publisher and subscriber, and loses those with both, does not promise it.
    pub at_least_once: bool,
    /// Events are kept while nobody of a durable queue is there.
    pub durable: bool,
    /// Events outlive the broker's own process.
    pub survives_restart: bool,
    /// What is given back is delivered again by the broker, to whoever of the queue is free.
    pub redelivers: bool,
    /// Deliveries are counted across processes.
    pub counts_deliveries: bool,
    /// Events of one key go to one process of a queue at a time, so that their order is kept over all of them.
    pub ordered_across_processes: bool,
    /// Events that were published earlier can be had.
    pub replays: bool,
    /// Topics may be left open with `*` and `>`.
    pub wildcards: bool,
    /// An event published twice under one id is one event, for a while.
    pub deduplicates: bool,
}
