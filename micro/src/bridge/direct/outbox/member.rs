//! Members of a group.

use super::route::{MemberRoute, RouteState};
use crate::bridge::direct::advertisement::Advertisement;
use crate::bridge::direct::limits::{FULL_RETRY_DELAY, window};
use crate::bridge::direct::timer::Timer;
use crate::util::clock::Instant;

/// A subscription that receives events of a group.
#[derive(Debug)]
pub(super) struct SubscriptionMember {
    subscription: u64,
    route: MemberRoute,
    reach: RouteState,
    in_flight: usize,
    /// Number of events that occupy a slot.
    placed: usize,
    /// Total number of events held by the member.
    held: usize,
    open: bool,
    /// Runs after the member was full.
    pause: Timer,
    /// Number of events the session has to process before the pause ends.
    pause_until: u64,
    epoch: u32,
}

impl SubscriptionMember {
    pub(super) fn new(advertisement: &Advertisement, route: MemberRoute, reach: RouteState) -> Self {
        SubscriptionMember {
            subscription: advertisement.subscription,
            route,
            reach,
            in_flight: advertisement.in_flight,
            placed: 0,
            held: 0,
            open: true,
            pause: Timer::Off,
            pause_until: 0,
            epoch: 0,
        }
    }

    pub(super) fn subscription(&self) -> u64 {
        self.subscription
    }

    pub(super) fn route(&self) -> MemberRoute {
        self.route
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Returns `true` if the subscription accepts events at all.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Returns `true` once the member has ended and settled its events.
    pub(super) fn is_gone(&self) -> bool {
        !self.open && self.held == 0
    }

    /// Returns `true` if the member accepts an event now.
    pub(super) fn is_ready(&self) -> bool {
        self.open && self.reach == RouteState::Open && !self.pause.is_running() && self.placed < window(self.in_flight)
    }

    /// Returns the load used to compare members: the least loaded is next. A member with as many events as it requested comes
    /// after all others.
    pub(super) fn load(&self) -> (bool, usize) {
        (self.placed >= self.in_flight, self.placed)
    }

    /// Opens the subscription, reachable through `route`. Returns `true` if that changes anything.
    pub(super) fn reopen(&mut self, route: MemberRoute, reach: RouteState) -> bool {
        let is_new = !self.open || self.route != route;
        if self.route != route {
            self.route = route;
            self.set_reach(reach);
        }
        self.open = true;
        is_new
    }

    pub(super) fn close(&mut self) {
        self.open = false;
    }

    /// Sets the reachability. Resets the number of events the session has to process.
    pub(super) fn set_reach(&mut self, reach: RouteState) {
        (self.reach, self.pause_until) = (reach, 0);
    }

    /// Records an assigned event.
    pub(super) fn assign(&mut self) {
        self.placed += 1;
        self.held += 1;
    }

    /// Records a released event.
    pub(super) fn release(&mut self, is_placed: bool) {
        self.held -= 1;
        self.placed -= usize::from(is_placed);
    }

    /// Records that an event has given up its slot.
    pub(super) fn delay(&mut self) {
        self.placed -= 1;
    }

    /// Pauses the member, which was full for an event of `epoch`: for a while, and until its session has processed `sent` events.
    /// Events already sent are rejected as well, and come before later ones.
    pub(super) fn pause(&mut self, epoch: u32, sent: u64) {
        if epoch == self.epoch {
            self.epoch = self.epoch.wrapping_add(1);
            self.pause.start(FULL_RETRY_DELAY);
            self.pause_until = sent;
        }
    }

    /// Advances the timer to `now`; `received` is the number of events the session has processed. Returns `true` if a pause is
    /// over.
    pub(super) fn tick(&mut self, now: Instant, received: u64) -> bool {
        let is_over = self.pause.tick(now) && received >= self.pause_until;
        if is_over {
            self.pause.stop();
        }
        is_over
    }

    /// Returns the next deadline. A pause that has expired but waits for its session is checked again after [`FULL_RETRY_DELAY`].
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        self.pause.deadline().map(|until| if until > now { until } else { now + FULL_RETRY_DELAY })
    }

    #[cfg(test)]
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.held, self.placed)
    }
}

/// Members of a group, in the order they joined.
#[derive(Debug, Default)]
pub(super) struct GroupMembers {
    members: Vec<SubscriptionMember>,
    /// Index of the member that is first among equals.
    turn: usize,
}

impl GroupMembers {
    pub(super) fn push(&mut self, member: SubscriptionMember) {
        self.members.push(member);
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &SubscriptionMember> + Clone {
        self.members.iter()
    }

    pub(super) fn get_mut(&mut self, subscription: u64) -> Option<&mut SubscriptionMember> {
        self.members.iter_mut().find(|member| member.subscription == subscription)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Returns `true` if a member accepts events.
    pub(super) fn is_open(&self) -> bool {
        self.members.iter().any(SubscriptionMember::is_open)
    }

    /// Returns `true` if there are members and all accept events.
    pub(super) fn is_complete(&self) -> bool {
        !self.members.is_empty() && self.members.iter().all(SubscriptionMember::is_open)
    }

    /// Returns the members that keys are spread over. Unreachable members are included only if no other member is open.
    pub(super) fn able(&self) -> impl Iterator<Item = u64> + Clone {
        let is_near = self.members.iter().any(|member| member.open && member.reach != RouteState::Lost);
        let able =
            self.members.iter().filter(move |member| member.open && (member.reach != RouteState::Lost) == is_near);
        able.map(|member| member.subscription)
    }

    /// Picks the ready member with the least load, round-robin among equals.
    pub(super) fn pick(&mut self) -> Option<&mut SubscriptionMember> {
        let count = self.members.len();
        let order = (0..count).map(|step| (self.turn + step) % count);
        let at = order.filter(|at| self.members[*at].is_ready()).min_by_key(|at| self.members[*at].load())?;
        self.turn = at + 1;
        Some(&mut self.members[at])
    }

    /// Sets the reachability of the members of a session. Returns `true` if there are any.
    pub(super) fn set_reach(&mut self, session: u64, reach: RouteState) -> bool {
        let members = self.members.iter_mut().filter(|member| member.route == MemberRoute::MemberSession(session));
        members.fold(false, |_, member| {
            member.set_reach(reach);
            true
        })
    }

    /// Removes members that are gone, and returns their subscriptions.
    pub(super) fn prune(&mut self) -> Vec<u64> {
        let gone = self.members.iter().filter(|member| member.is_gone());
        let gone = gone.map(|member| member.subscription).collect();
        self.members.retain(|member| !member.is_gone());
        gone
    }

    /// Advances the timers to `now`; `received` returns the number of events a session has processed. Returns `true` if a pause
    /// is over.
    pub(super) fn tick(&mut self, now: Instant, received: impl Fn(u64) -> u64) -> bool {
        self.members.iter_mut().fold(false, |resumed, member| {
            let received = member.route.session().map_or(u64::MAX, &received);
            member.tick(now, received) || resumed
        })
    }
}
