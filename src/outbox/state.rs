//! The states of a notice and of a leg, as the ledger names them.

use std::fmt;

/// Where a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoticeState {
    /// Wanted; not yet due, or not all its legs have ended.
    Open,
    /// Every leg has ended, or another role's leg already told the person.
    Done,
    /// No longer wanted before anyone was told; the reason is recorded.
    Superseded,
    /// Its moment passed before anyone was told.
    Expired,
    /// Waits for the desk to release it.
    Held,
}

impl NoticeState {
    /// Every state.
    pub const ALL: [NoticeState; 5] = [Self::Open, Self::Done, Self::Superseded, Self::Expired, Self::Held];

    /// The state's stable name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
            Self::Held => "held",
        }
    }

    /// The state of a stable name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == id)
    }
}

impl fmt::Display for NoticeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Where a leg stands: one person, one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LegState {
    /// Waits to be claimed.
    Pending,
    /// Claimed under a lease; its call may be on the way.
    Sending,
    /// The provider took it.
    Accepted,
    /// The provider reported that it arrived.
    Delivered,
    /// The request left and no clear answer came.
    Unknown,
    /// Refused for good: number, address or content.
    Failed,
    /// Given up with a cause: attempts used up, no words, nobody to reach.
    Dead,
    /// Its moment passed before it went out.
    Expired,
    /// No longer wanted before it went out.
    Superseded,
    /// Waits for the desk to release it.
    Held,
}

impl LegState {
    /// Every state.
    pub const ALL: [LegState; 10] = [
        Self::Pending,
        Self::Sending,
        Self::Accepted,
        Self::Delivered,
        Self::Unknown,
        Self::Failed,
        Self::Dead,
        Self::Expired,
        Self::Superseded,
        Self::Held,
    ];

    /// The state's stable name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Held => "held",
        }
    }

    /// The state of a stable name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == id)
    }

    /// Whether nothing more happens to the leg by itself.
    pub fn is_ended(self) -> bool {
        match self {
            Self::Pending | Self::Sending | Self::Held => false,
            Self::Accepted
            | Self::Delivered
            | Self::Unknown
            | Self::Failed
            | Self::Dead
            | Self::Expired
            | Self::Superseded => true,
        }
    }
}

impl fmt::Display for LegState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_id_finds_every_state_by_its_own_id() {
        for state in LegState::ALL {
            assert_eq!(LegState::from_id(state.id()), Some(state));
        }
        for state in NoticeState::ALL {
            assert_eq!(NoticeState::from_id(state.id()), Some(state));
        }
    }
}
