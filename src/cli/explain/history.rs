//! What the ledger says of a ticket's notices.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    cli::{instant, words},
    outbox::{CITIZEN, Listed, ListedLeg, NOBODY},
    roster::Roster,
};

/// A notice of one role, with what became of it.
#[derive(Debug, Serialize)]
pub struct Entry {
    pub id: i64,
    #[serde(serialize_with = "instant::iso")]
    pub due: DateTime<Utc>,
    pub kind: &'static str,
    pub name: &'static str,
    pub role: &'static str,
    #[serde(skip)]
    pub role_name: &'static str,
    pub round: Option<u16>,
    pub state: &'static str,
    #[serde(skip)]
    pub state_name: &'static str,
    pub reason: Option<String>,
    pub late: bool,
    pub legs: Vec<Leg>,
}

/// A way to one person.
#[derive(Debug, Serialize)]
pub struct Leg {
    pub id: i64,
    /// The name of staff; of the citizen nothing is known here.
    pub person: String,
    pub channel: String,
    pub medium: Option<&'static str>,
    #[serde(skip)]
    pub medium_name: &'static str,
    pub state: &'static str,
    #[serde(skip)]
    pub state_name: &'static str,
    pub cause: Option<String>,
    pub tries: u32,
    #[serde(serialize_with = "instant::iso_or_null")]
    pub ended: Option<DateTime<Utc>>,
}

impl Entry {
    /// Reads a row of the ledger.
    pub fn of(listed: &Listed, roster: &Roster) -> Self {
        let key = &listed.notice.key;
        Self {
            id: listed.notice.id.0,
            due: listed.notice.due,
            kind: key.kind.id(),
            name: key.kind.chinese(),
            role: key.role.id(),
            role_name: key.role.chinese(),
            round: listed.notice.round,
            state: listed.state.id(),
            state_name: words::notice_state(listed.state),
            reason: listed.reason.clone(),
            late: listed.notice.late,
            legs: listed.legs.iter().map(|leg| Leg::of(leg, roster)).collect(),
        }
    }

    /// The entry in one line.
    pub fn line(&self) -> String {
        let reason = self.reason.as_deref().map(|code| format!("({})", words::reason(code))).unwrap_or_default();
        let late = if self.late { " 迟发" } else { "" };
        let legs: Vec<String> = self.legs.iter().map(Leg::text).collect();
        let legs = if legs.is_empty() { String::new() } else { format!(":{}", legs.join(";")) };
        let Self { name, role_name, state_name, .. } = self;
        format!("{} {name} → {role_name} {state_name}{reason}{late}{legs}", instant::minute(self.due))
    }
}

impl Leg {
    fn of(leg: &ListedLeg, roster: &Roster) -> Self {
        Self {
            id: leg.id.0,
            person: person(&leg.person, roster),
            channel: leg.channel.clone(),
            medium: leg.medium.map(|medium| medium.id()),
            medium_name: leg.medium.map_or("", words::medium),
            state: leg.state.id(),
            state_name: words::leg_state(leg.state),
            cause: leg.cause.clone(),
            tries: leg.tries,
            ended: leg.ended,
        }
    }

    fn text(&self) -> String {
        let at = self.ended.map(|at| format!(" {}", instant::minute(at))).unwrap_or_default();
        let cause = self.cause.as_deref().map(|code| format!("({})", words::reason(code))).unwrap_or_default();
        format!("{}{} {}{cause}{at}", self.person, self.medium_name, self.state_name)
    }
}

/// A person of the ledger by name.
pub fn person(id: &str, roster: &Roster) -> String {
    match id {
        CITIZEN => "诉求人".to_owned(),
        NOBODY => "无人".to_owned(),
        id => roster.person(id).map_or_else(|| id.to_owned(), |person| person.name.to_string()),
    }
}
