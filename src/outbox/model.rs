//! What goes into the outbox and what comes out of it, whatever the database.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};

use super::LegState;
use crate::{
    notice::{Facts, Kind, Medium, Notice, NoticeKey, Outcome, Reason, Role, Subject},
    ticket::{NumberHash, TicketNo},
};

/// Where the ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerSettings {
    pub path: PathBuf,
    /// A ceiling for the file; beyond it the ledger is full.
    pub max_bytes: Option<u64>,
}

/// The person of every citizen's leg: nothing about the citizen is kept.
pub const CITIZEN: &str = "citizen";

/// The person of a leg to a group or a program: the channel says which.
pub const GROUP: &str = "group";

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

/// The whole set wanted for one scope: a ticket, a group, a year, a source, a
/// channel, a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// See [`scope`].
    pub scope: String,
    pub notices: Vec<Notice>,
}

/// The scope of a subject: `T/no`, `G/no`, `H/topic/day`, `Y/2027`, `S/name`, `C/name`, `P/2026-W38`.
///
/// ```
/// use duban::{notice::Subject, outbox::scope, ticket::TicketNo};
/// let subject = Subject::Ticket { no: TicketNo::new("A1"), round: 2, assignment: None };
/// assert_eq!(scope(&subject), "T/A1");
/// ```
pub fn scope(subject: &Subject) -> String {
    match subject {
        Subject::Ticket { no, .. } => format!("T/{no}"),
        Subject::Group { .. }
        | Subject::Topic { .. }
        | Subject::Year(_)
        | Subject::Source(_)
        | Subject::Channel(_)
        | Subject::Day { .. }
        | Subject::Period { .. } => subject.text(),
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

impl KeptNotice {
    /// The scope it stands under, for one about a ticket, a group, a year or a source.
    pub fn scope(&self) -> String {
        self.ticket.as_ref().map_or_else(|| self.key.subject.clone(), |no| format!("T/{no}"))
    }
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
    /// None of either kind: nobody can be reached; a dead leg records it.
    pub legs: Vec<NewLeg>,
    /// Not to be sent: these persons have acknowledged what this only says again.
    pub left_out: Vec<NewLeg>,
}

/// What an expansion made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Expanded {
    /// Legs made or taken up again.
    pub legs: u64,
    /// Legs recorded as left out: their person had acknowledged it.
    pub left_out: u64,
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
    pub together: Together,
    /// At least one.
    pub legs: Vec<ClaimedLeg>,
}

/// Why the legs of a bundle travel together; it decides their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// They are of one kind, or there is only one.
    Kind,
    /// Overdue steps found at the first start (A40).
    FirstStart,
    /// They waited for room under a person's ceiling; any kinds.
    Gathered,
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

/// A claimed leg whose call is about to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    pub leg: LegId,
    pub token: Token,
}

/// Legs whose claim had been taken away.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Fenced {
    /// Their answer is kept beside the attempt, and nothing else has changed.
    pub settled: Vec<LegId>,
    /// They must not be called.
    pub begun: Vec<LegId>,
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
    /// Not called: it waits until its person has room again, and then travels in
    /// one message with all that does. Costs no attempt.
    Gathered { until: DateTime<Utc>, why: &'static str },
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

/// A leg whose claim was taken back: its attempt is recorded as unknown if its call
/// had begun, and as released if it had not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    pub leg: LegId,
    pub person: String,
    pub medium: Medium,
    pub channel: String,
    /// `Pending` for a repeat and for what was never called, else `Unknown`.
    pub state: LegState,
    /// The ticket, where the notice is about one.
    pub ticket: Option<TicketNo>,
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

/// Who was told of a ticket, and when: for the list of reminders on later steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub ticket: TicketNo,
    pub round: u16,
    pub kind: Kind,
    pub role: Role,
    pub at: DateTime<Utc>,
}
