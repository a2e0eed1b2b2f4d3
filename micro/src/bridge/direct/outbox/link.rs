//! The way to the process of subscribers, as the outbox sees it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use super::lane::Reach;
use crate::bridge::direct::bounds::{GRACE, IDLE_BEATS};
use crate::errors::Error;
use crate::registry::Node;
use crate::util::clock::{self, Instant};
use crate::util::spawn::Task;

/// The way to one node.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) node: Arc<Node>,
    /// Whether the node is in the registry.
    pub(super) listed: bool,
    pub(super) way: Way,
    /// Until when keys wait for it to open,
    pub(super) hope: Option<Instant>,
    /// whether it was open just now,
    broke: bool,
    /// and whether they wait no more.
    lost: bool,
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
            hope: None,
            broke: false,
            lost: false,
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

    /// How far those are within reach to whom it leads.
    pub(super) fn reach(&self) -> Reach {
        match self.way {
            Way::Open => Reach::Open,
            _ if self.lost => Reach::Lost,
            _ => Reach::Soon,
        }
    }

    /// It ended, or did not open, and whoever was at it has yet to say whether they try again. One that broke has a while to
    /// open again; one that is refused has none.
    pub(super) fn is_down(&mut self, how: Result<(), &Error>) {
        let before = std::mem::replace(&mut self.way, Way::Opening);
        match (how, before) {
            (Ok(()), _) | (Err(_), Way::Open) => {
                self.broke = how.is_err();
                self.hope = Some(clock::after(GRACE));
            }
            _ if self.broke => {}
            _ => self.is_lost(),
        }
    }

    /// Nobody waits for it any more.
    pub(super) fn is_lost(&mut self) {
        (self.lost, self.broke, self.hope) = (true, false, None);
    }

    /// Begins anew, with nothing on it.
    pub(super) fn reset(&mut self, way: Way) {
        match way {
            Way::Open => (self.lost, self.broke, self.hope) = (false, false, None),
            Way::Closed => (self.broke, self.hope) = (false, None),
            Way::Opening => {}
        }
        self.outgoing.clear();
        self.unjudged.clear();
        (self.way, self.judged, self.quiet, self.beat) = (way, 0, 0, false);
    }
}
