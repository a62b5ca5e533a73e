//! What goes into the outbox and what comes out of it, whatever the database.

use chrono::{DateTime, TimeDelta, Utc};

use super::{LegState, NoticeState};
use crate::{
    notice::{Facts, Kind, Medium, Notice, NoticeKey, Outcome, Reason, Role, Subject},
    ticket::{NumberHash, TicketNo},
};

/// The person of every citizen's leg: nothing about the citizen is kept.
pub const CITIZEN: &str = "citizen";

/// The person of the leg that records that nobody could be reached.
pub const NOBODY: &str = "nobody";

/// A notice's row in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NoticeId(pub i64);

/// A leg's row in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub i64);

/// Proves a claim; who holds another one is fenced off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub i64);

/// Names the message that first carried a leg: a repeat travels under it again
/// (the Message-ID of mail, the key of a webhook).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Envelope(pub i64);

/// The whole set wanted for one scope: a ticket, a group, a year, a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// See [`scope`].
    pub scope: String,
    pub notices: Vec<Notice>,
}

/// The scope of a subject: `T/no`, `G/no`, `Y/2027`, `S/name`.
///
/// ```
/// use duban::{notice::Subject, outbox::scope, ticket::TicketNo};
/// let subject = Subject::Ticket { no: TicketNo::new("A1"), round: 2, assignment: None };
/// assert_eq!(scope(&subject), "T/A1");
/// ```
pub fn scope(subject: &Subject) -> String {
    match subject {
        Subject::Ticket { no, .. } => format!("T/{no}"),
        Subject::Group { .. } | Subject::Year(_) | Subject::Source(_) => subject.text(),
    }
}

/// What keeping a wanted set changed, in rows (a notice has one for each role).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Kept {
    /// New and to be sent.
    pub new: u64,
    /// New, recorded as superseded and never sent.
    pub recorded: u64,
    /// Known, still open, and no longer wanted.
    pub superseded: u64,
    /// Superseded before anyone was told, and wanted again.
    pub reopened: u64,
    /// Open, with facts that have changed.
    pub refreshed: u64,
    /// Left as they were.
    pub unchanged: u64,
}

/// A notice of one role as the ledger has it.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptNotice {
    pub id: NoticeId,
    pub key: NoticeKey,
    /// The ticket, where the subject is one.
    pub ticket: Option<TicketNo>,
    /// The ticket's round.
    pub round: Option<u16>,
    pub unit: Option<String>,
    pub category: Option<String>,
    pub due: DateTime<Utc>,
    pub expires: Option<DateTime<Utc>>,
    pub urgent: bool,
    pub late: bool,
    pub provisional: bool,
    pub facts: Facts,
}

/// A leg to be added under a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLeg {
    /// The roster's id of the person; [`CITIZEN`] for the citizen.
    pub person: String,
    pub medium: Medium,
    /// The channel's name in the settings.
    pub channel: String,
    /// Not claimed before this instant (quiet hours); `None`: at once.
    pub not_before: Option<DateTime<Utc>>,
}

/// The people behind a notice's role, found at sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    pub notice: NoticeId,
    /// Empty: nobody can be reached; a dead leg records it.
    pub legs: Vec<NewLeg>,
}

/// What an expansion made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Expanded {
    /// Legs made or taken up again.
    pub legs: u64,
    /// Notices ended because each of their legs exists under another role.
    pub told_already: u64,
    /// Notices that reach nobody.
    pub nobody: u64,
}

/// What to claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimOrder<'a> {
    /// The channel: each is worked off by itself, so that a slow one holds up
    /// no other.
    pub channel: &'a str,
    /// About so many legs; a batch is not torn apart.
    pub limit: u32,
    /// How long the claim holds. A call must end well before.
    pub lease: TimeDelta,
}

/// What a channel was handed in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentSince {
    /// Messages; one that told several notices counts once.
    pub messages: u32,
    /// When the first of them was claimed.
    pub first: Option<DateTime<Utc>>,
}

/// Claimed legs that leave as one message.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    pub token: Token,
    pub lease_until: DateTime<Utc>,
    pub person: String,
    pub medium: Medium,
    pub channel: String,
    pub envelope: Envelope,
    /// At least one.
    pub legs: Vec<ClaimedLeg>,
}

/// One leg of a bundle.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedLeg {
    pub id: LegId,
    /// The ordinal of this attempt.
    pub attempt: u32,
    /// Attempts that counted before this one.
    pub tries: u32,
    /// Repeats after an unknown outcome, this one included.
    pub repeats: u32,
    /// When it was added.
    pub added: DateTime<Utc>,
    /// From when on it could be claimed; later than `added` on a first attempt
    /// if quiet hours held it back.
    pub first: DateTime<Utc>,
    pub notice: KeptNotice,
}

/// A claimed leg's end.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    pub leg: LegId,
    pub token: Token,
    pub settlement: Settlement,
}

/// How a claim ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Settlement {
    /// An answer came, or it was plain before the call that none can.
    Answered {
        outcome: Outcome,
        next: Next,
        /// Other ways, the best first, for a leg that failed: the first that was
        /// not tried in vain is kept in the same commit, unless it is there and
        /// on its way already.
        instead: Vec<NewLeg>,
    },
    /// Not called: no longer wanted.
    Superseded(Reason),
    /// Not called: it waits. Costs no attempt.
    Released { until: DateTime<Utc>, why: &'static str },
}

/// What follows from an answer; `delivery` decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The provider took it.
    Accepted,
    /// Another try; this one counted.
    Retry { at: DateTime<Utc> },
    /// Another try; this one does not count.
    Park { until: DateTime<Utc> },
    /// One more hand-over though the outcome is unknown, marked as a repeat.
    Repeat { at: DateTime<Utc> },
    /// It stays unknown.
    Unknown,
    /// Refused for good.
    Failed,
    /// Given up.
    Dead,
}

/// How often a leg is handed over again after an unknown outcome, by medium. A
/// citizen's leg never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeats {
    pub sms: u32,
    pub email: u32,
    pub chat: u32,
    pub webhook: u32,
    pub file: u32,
}

impl Repeats {
    /// The number of repeats allowed to a person by a medium.
    pub fn of(&self, person: &str, medium: Medium) -> u32 {
        if person == CITIZEN {
            return 0;
        }
        match medium {
            Medium::Sms => self.sms,
            Medium::Email => self.email,
            Medium::Chat => self.chat,
            Medium::Webhook => self.webhook,
            Medium::File => self.file,
        }
    }
}

/// A leg whose lease ran out: its attempt is recorded as unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    pub leg: LegId,
    pub person: String,
    pub medium: Medium,
    pub channel: String,
    /// `Pending` for a repeat, else `Unknown`.
    pub state: LegState,
    /// The ticket, where the notice is about one.
    pub ticket: Option<TicketNo>,
}

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
    pub lease_until: Option<DateTime<Utc>>,
    pub ended: Option<DateTime<Utc>>,
    pub attempts: Vec<ListedAttempt>,
}

/// One hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAttempt {
    pub n: u32,
    pub is_repeat: bool,
    pub started: DateTime<Utc>,
    pub ended: Option<DateTime<Utc>>,
    /// The class of the answer; `None` while none is there.
    pub outcome: Option<String>,
    pub code: Option<String>,
    pub detail: Option<String>,
    pub receipt: Option<String>,
    /// The class of an answer that came after the lease was taken away.
    pub late_outcome: Option<String>,
}

/// A fact as a store showed it once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactSeen {
    pub ticket: TicketNo,
    pub round: u16,
    /// The dispatch instant of the assignment it belongs to.
    pub assignment: Option<DateTime<Utc>>,
    pub what: String,
    /// Never about the citizen.
    pub value: String,
    pub first_seen: DateTime<Utc>,
}

/// What became of an SMS to the citizen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CitizenOutcome {
    pub ticket: TicketNo,
    pub round: u16,
    pub kind: Kind,
    pub occurrence: String,
    /// `Pending` also before the leg is made.
    pub state: LegState,
    /// Why it is unknown, failed or dead, as a code.
    pub cause: Option<String>,
    /// When it ended; while it has not, when it was due.
    pub at: DateTime<Utc>,
}

/// What makes a ticket a repeat, and its group once it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatEntry {
    pub ticket: TicketNo,
    pub number: Option<NumberHash>,
    /// 小类.
    pub subcategory: Option<String>,
    pub received: Option<DateTime<Utc>>,
    /// The platform's own links (重复工单号).
    pub links: Vec<TicketNo>,
    /// 大类.
    pub category: Option<String>,
    /// 街镇.
    pub town: Option<String>,
    /// The group's identity: the ticket it began with.
    pub first: Option<TicketNo>,
}

/// How many rows are in which state, and how old the oldest waiting one is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    pub notices: Vec<(NoticeState, u64)>,
    pub legs: Vec<(LegState, u64)>,
    /// The earliest instant at which something waiting could have left.
    pub oldest_waiting: Option<DateTime<Utc>>,
}

/// Who was told of a ticket, and when: for the list of reminders on later steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub ticket: TicketNo,
    pub round: u16,
    pub kind: Kind,
    pub role: Role,
    pub at: DateTime<Utc>,
}
