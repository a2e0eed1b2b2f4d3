//! Routes to the members of groups.

/// Route to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberRoute {
    /// In this process.
    Local,
    /// In another process, reached through the session with this number.
    MemberSession(u64),
}

/// Reachability of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RouteState {
    Open,
    /// Unreachable at the moment: keys stay with the member.
    Soon,
    /// Unreachable for an unknown time: keys move to other members.
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
