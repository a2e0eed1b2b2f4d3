//! The way to the process of subscribers, as the outbox sees it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use crate::bridge::direct::bounds::IDLE_BEATS;
use crate::registry::Node;
use crate::util::spawn::Task;

/// The way to one node.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) node: Arc<Node>,
    /// Whether the node is in the registry.
    pub(super) listed: bool,
    pub(super) way: Way,
    /// What is to be written, and what was written and has not been looked at, both in their order.
    pub(super) outgoing: VecDeque<u64>,
    pub(super) unjudged: VecDeque<u64>,
    /// How much has been looked at since it was opened.
    pub(super) judged: u64,
    /// How much the other side has.
    pub(super) held: usize,
    /// Whether anything was published for it lately, and how long not.
    pub(super) used: bool,
    quiet: u32,
    /// Whether a sign of life is due.
    pub(super) beat: bool,
    /// Who writes, and waits for something to write.
    pub(super) writer: Option<Waker>,
    pub(super) task: Option<Task<()>>,
}

/// How open it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Not at all.
    Closed,
    /// A task is at it.
    Opening,
    /// Events can go.
    Open,
}

impl Link {
    pub(super) fn new(node: Arc<Node>) -> Self {
        Link {
            node,
            listed: true,
            way: Way::Closed,
            outgoing: VecDeque::new(),
            unjudged: VecDeque::new(),
            judged: 0,
            held: 0,
            used: false,
            quiet: 0,
            beat: false,
            writer: None,
            task: None,
        }
    }

    /// How much of what was and will be sent is to be looked at until all of it is.
    pub(super) fn sent(&self) -> u64 {
        self.judged + (self.unjudged.len() + self.outgoing.len()) as u64
    }

    /// Whether it has been of no use for so long that it is closed.
    pub(super) fn is_idle(&mut self) -> bool {
        let used = std::mem::take(&mut self.used) || self.held > 0;
        self.quiet = if used { 0 } else { self.quiet + 1 };
        self.quiet >= IDLE_BEATS
    }

    /// Begins anew, with nothing on it.
    pub(super) fn reset(&mut self, way: Way) {
        self.outgoing.clear();
        self.unjudged.clear();
        (self.way, self.judged, self.quiet, self.beat) = (way, 0, 0, false);
    }
}
