//! A promise to tell someone by a moment: its key, kind, audience, and facts.
//!
//! One row per promise: a notice has one key, subject + kind + occurrence +
//! role. The key holds never the clock, the host, the text, the settings'
//! revision, a person or a channel, so planning twice gives the same row.
//! A notice carries every fact its text needs, and nothing about the citizen.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};

use crate::ticket::TicketNo;

pub mod again;
pub mod kind;
pub mod outcome;
mod period;

pub use again::{Again, Said};
pub use kind::{Kind, Medium, Role};
pub use outcome::{Failure, Outcome, Receipt, Refusal};
pub use period::Period;

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A ticket in a round (1, 2, …), and its assignment named by the dispatch
    /// instant where the duty belongs to one assignment.
    Ticket { no: TicketNo, round: u16, assignment: Option<DateTime<Utc>> },
    /// A repeat group, named by the ticket it began with.
    Group { first: TicketNo },
    /// A matter in a town on a day (hot-topic).
    Topic { topic: String, day: NaiveDate },
    /// A calendar year.
    Year(i32),
    /// A ticket source.
    Source(String),
    /// A channel, by its name in the settings.
    Channel(String),
    /// A day; a unit's own copy of what is told about it.
    Day { date: NaiveDate, unit: Option<Arc<str>> },
    /// A week or a month; a unit's own copy of what is told about it.
    Period { period: Period, unit: Option<Arc<str>> },
}

impl Subject {
    /// The subject as it stands in a key: `T/no/r1/1757559900`, `G/no`, `H/topic/2026-03-16`, `Y/2027`, `S/name`,
    /// `C/name`, `D/2026-11-25`, `D/2026-11-25/unit`, `P/2026-W38`, `P/2026-W38/unit`.
    pub fn text(&self) -> String {
        match self {
            Self::Ticket { no, round, assignment: None } => format!("T/{no}/r{round}"),
            Self::Ticket { no, round, assignment: Some(at) } => format!("T/{no}/r{round}/{}", at.timestamp()),
            Self::Group { first } => format!("G/{first}"),
            Self::Topic { topic, day } => format!("H/{topic}/{day}"),
            Self::Year(year) => format!("Y/{year}"),
            Self::Source(name) => format!("S/{name}"),
            Self::Channel(name) => format!("C/{name}"),
            Self::Day { date, unit: None } => format!("D/{date}"),
            Self::Day { date, unit: Some(unit) } => format!("D/{date}/{unit}"),
            Self::Period { period, unit: None } => format!("P/{}", period.name()),
            Self::Period { period, unit: Some(unit) } => format!("P/{}/{unit}", period.name()),
        }
    }

    /// The ticket, if it is about one.
    pub fn ticket(&self) -> Option<&TicketNo> {
        match self {
            Self::Ticket { no, .. } => Some(no),
            Self::Group { .. }
            | Self::Topic { .. }
            | Self::Year(_)
            | Self::Source(_)
            | Self::Channel(_)
            | Self::Day { .. }
            | Self::Period { .. } => None,
        }
    }
}

/// What tells two notices of one kind and subject apart (`design.md`, promise 2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Occurrence {
    /// It goes once a subject.
    Once,
    /// A step of a ladder: its due instant.
    Due(DateTime<Utc>),
    /// A retry: the ordinal of the counted try.
    Try(u16),
    /// Once a number: the keyed hash of it, in hex.
    Number(String),
    /// A repeat group's size step: 4, 5, 10, 15.
    Size(u16),
    /// A set of findings: their codes, sorted and joined with `;`.
    Findings(String),
    /// A step about one of several supervision orders: its number, its due instant.
    Order { year: i32, number: u32, at: DateTime<Utc> },
    /// One of several units: its name as the roster writes it.
    Unit(String),
    /// What was issued anew: the revision, 1 for the first.
    Revision(u16),
}

impl Occurrence {
    /// The occurrence as it stands in a key; empty for [`Occurrence::Once`].
    pub fn text(&self) -> String {
        match self {
            Self::Once => String::new(),
            Self::Due(at) => at.timestamp().to_string(),
            Self::Try(n) => format!("try{n}"),
            Self::Number(hash) => hash.clone(),
            Self::Size(n) => format!("size{n}"),
            Self::Findings(codes) => codes.clone(),
            Self::Order { year, number, at } => format!("{year}-{number}/{}", at.timestamp()),
            Self::Unit(name) => name.clone(),
            Self::Revision(n) => format!("rev{n}"),
        }
    }
}

/// The number of a form within a year, as papers and notices write it.
///
/// ```
/// assert_eq!(duban::notice::form_number(2026, 7), "〔2026〕7号");
/// ```
pub fn form_number(year: i32, number: u32) -> String {
    format!("〔{year}〕{number}号")
}

/// The one key of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NoticeKey {
    pub subject: String,
    pub kind: Kind,
    pub occurrence: String,
    pub role: Role,
}

impl fmt::Display for NoticeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}|{}|{}", self.subject, self.kind, self.occurrence, self.role)
    }
}

/// Why a notice does not go out, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A higher step of the same ladder has come due.
    HigherStep,
    /// The duty was met: concluded, contacted, dispatched.
    DutyMet,
    /// A new deadline replaced the one it was made for.
    DeadlineMoved,
    /// The assignment or the round is over.
    AssignmentOver,
    /// Its moment has passed and it would no longer be true.
    Expired,
    /// The planner no longer wants it.
    NotWanted,
    /// An administrator cancelled it.
    Cancelled,
    /// No person with a working channel holds the role.
    NobodyReachable,
    /// The person has acknowledged what this only says again.
    Acknowledged,
    /// The ledger was restored from a backup: it may have been sent.
    Restored,
}

impl Reason {
    /// The reason's stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::HigherStep => "higher-step",
            Self::DutyMet => "duty-met",
            Self::DeadlineMoved => "deadline-moved",
            Self::AssignmentOver => "assignment-over",
            Self::Expired => "expired",
            Self::NotWanted => "not-wanted",
            Self::Cancelled => "cancelled",
            Self::NobodyReachable => "nobody-reachable",
            Self::Acknowledged => "acknowledged",
            Self::Restored => "restored",
        }
    }
}

/// Whether a planned notice is to go out, or only to be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    /// It is true now and is to go out at its instant.
    Send,
    /// It came due but is no longer the one to send; the ledger records why.
    Superseded(Reason),
}

/// A fact of a notice's text. Facts are stored in the ledger: none of them is
/// ever about the citizen.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Fact {
    Flag(bool),
    Number(i64),
    Text(String),
    List(Vec<String>),
}

/// The facts of a notice by name, as the templates use them.
pub type Facts = BTreeMap<String, Fact>;

/// A wanted notice. It stands for one key per role.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub subject: Subject,
    pub kind: Kind,
    pub occurrence: Occurrence,
    /// Who is told, in the catalogue's order.
    pub roles: Vec<Role>,
    /// The unit whose staff is meant; `None` where only the desk or leaders are.
    pub unit: Option<Arc<str>>,
    /// 大类: names the leader of the matter.
    pub category: Option<Arc<str>>,
    /// The instant it was due by the rules.
    pub due: DateTime<Utc>,
    /// From this instant on it would no longer be true.
    pub expires: Option<DateTime<Utc>>,
    /// Legs of one person, medium and batch leave as one message.
    pub batch: Batch,
    pub wish: Wish,
    /// Due noticeably before it could be planned (downtime).
    pub late: bool,
    /// On a class urgent ticket or an urgent alert: quiet hours do not hold it.
    pub urgent: bool,
    /// Rests on a year whose calendar is not known.
    pub provisional: bool,
    pub facts: Facts,
}

impl Notice {
    /// A notice to the kind's own roles, due at `due` together with all others of that
    /// instant: on time, for no unit, and without facts yet.
    pub fn new(kind: Kind, subject: Subject, occurrence: Occurrence, due: DateTime<Utc>) -> Self {
        Self {
            subject,
            kind,
            occurrence,
            roles: kind.roles().to_vec(),
            unit: None,
            category: None,
            due,
            expires: None,
            batch: Batch::Due(due),
            wish: Wish::Send,
            late: false,
            urgent: false,
            provisional: false,
            facts: Facts::new(),
        }
    }

    /// The key of this notice for one of its roles.
    pub fn key(&self, role: Role) -> NoticeKey {
        NoticeKey { subject: self.subject.text(), kind: self.kind, occurrence: self.occurrence.text(), role }
    }
}

/// Which notices of one kind travel together to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Batch {
    /// On time: all with the same due instant.
    Due(DateTime<Utc>),
    /// Events and late ones: all found in the same cycle.
    Cycle(DateTime<Utc>),
    /// Overdue steps found at the first start: one digest across kinds (A40).
    FirstStart(DateTime<Utc>),
    /// Goes alone: urgent ones and everything to a citizen.
    Alone,
}
