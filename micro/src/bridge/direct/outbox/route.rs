//! The way to a member of a group.

/// Route to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberRoute {
    /// In this process.
    Local,
    /// At the other end of the session of that number.
    MemberSession(u64),
}

/// Reachability of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RouteState {
    Open,
    /// Not yet, or not for a moment: keys stay with the member.
    Soon,
    /// Not for an unknown time: its keys go to other members.
    Lost,
}

impl MemberRoute {
    pub(super) fn session(self) -> Option<u64> {
        match self {
            MemberRoute::Local => None,
            MemberRoute::MemberSession(session) => Some(session),
        }
    }
}
