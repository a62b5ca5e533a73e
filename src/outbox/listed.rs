//! The ledger as people look at it: notices, legs, attempts, counts.

use chrono::{DateTime, Utc};

use super::{Envelope, KeptNotice, LegId, LegState, NoticeState, Outbox, OutboxError};
use crate::{notice::Medium, ticket::TicketNo};

/// Which rows to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Everything, the newest first.
    All,
    /// Notices with a leg in a state.
    Leg(LegState),
    /// Notices in a state.
    Notice(NoticeState),
    /// Everything about a ticket.
    Ticket(TicketNo),
    /// What should have moved by `now` and has not: leases that ran out, legs
    /// and notices ten minutes past their time, legs unknown, failed or dead.
    Stuck { now: DateTime<Utc> },
}

/// A notice with its legs.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub notice: KeptNotice,
    pub state: NoticeState,
    /// Why it is superseded or held, as a code.
    pub reason: Option<String>,
    pub created: DateTime<Utc>,
    pub ended: Option<DateTime<Utc>>,
    pub legs: Vec<ListedLeg>,
}

/// A leg with its attempts (only `show` fills them).
#[derive(Clone, Debug, PartialEq)]
pub struct ListedLeg {
    pub id: LegId,
    pub person: String,
    /// `None` where nobody could be reached.
    pub medium: Option<Medium>,
    pub channel: String,
    pub state: LegState,
    pub cause: Option<String>,
    pub not_before: DateTime<Utc>,
    pub tries: u32,
    pub repeats: u32,
    /// The message that carries it, once it was claimed.
    pub envelope: Option<Envelope>,
    pub lease_until: Option<DateTime<Utc>>,
    pub ended: Option<DateTime<Utc>>,
    pub attempts: Vec<ListedAttempt>,
}

/// One claim, and the hand-over that it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAttempt {
    pub n: u32,
    pub is_repeat: bool,
    pub started: DateTime<Utc>,
    /// When its call was about to be made; `None`: it never was.
    pub called: Option<DateTime<Utc>>,
    pub ended: Option<DateTime<Utc>>,
    /// The class of the answer; `None` while none is there.
    pub outcome: Option<String>,
    pub code: Option<String>,
    pub detail: Option<String>,
    pub receipt: Option<String>,
    /// The class of an answer that came after the lease was taken away.
    pub late_outcome: Option<String>,
}

/// How many rows are in which state, and how old the oldest waiting one is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    pub notices: Vec<(NoticeState, u64)>,
    pub legs: Vec<(LegState, u64)>,
    /// The earliest instant at which something waiting could have left.
    pub oldest_waiting: Option<DateTime<Utc>>,
}

impl Outbox {
    /// How many legs wait for each channel that any wait for, or are on their way.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn waiting(&self) -> Result<Vec<(String, u64)>, OutboxError> {
        self.ledger.waiting().await
    }
}
