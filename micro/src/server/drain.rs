//! Ending, and in which order.

use tokio::sync::watch;

/// How far a server has got on its way out. It only ever goes forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Everything is served.
    #[default]
    Serving,
    /// Everything is served, and HTTP/1.1 clients are asked to come back elsewhere: the node has left the registry, and
    /// not everybody has heard.
    Leaving,
    /// No new connections and no new calls; those in flight are finished.
    Draining,
    /// What is left is dropped.
    Forced,
}

/// Tells a server in which [`Phase`] it is. Cloning it is cheap and gives the same switch.
#[derive(Clone, Debug, Default)]
pub struct Switch(watch::Sender<Phase>);

impl Switch {
    /// A switch at [`Phase::Serving`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on to `phase`; nothing happens when it is there or beyond.
    pub fn to(&self, phase: Phase) {
        self.0.send_if_modified(|now| {
            let further = phase > *now;
            *now = phase.max(*now);
            further
        });
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    /// Waits until it has got to `phase`.
    pub async fn reached(&self, phase: Phase) {
        // The sender lives in `self`, so the wait ends with the value alone.
        drop(self.0.subscribe().wait_for(|now| *now >= phase).await);
    }
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every call was finished and every connection closed.
    Clean,
    /// So many connections were dropped when the time was up.
    Forced(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_switch_only_goes_forward() {
        let switch = Switch::new();
        switch.to(Phase::Draining);
        switch.to(Phase::Leaving);
        assert_eq!(switch.phase(), Phase::Draining);
        switch.reached(Phase::Leaving).await;
        switch.reached(Phase::Draining).await;
    }
}
