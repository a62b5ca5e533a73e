//! A row of the ledger, as people and programs read it.

use std::io::Write;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    cli::{instant, words},
    outbox::{Ack, CITIZEN, GROUP, Listed, ListedAttempt, ListedLeg, NOBODY},
    roster::Roster,
};

/// A notice of one role, with what became of it.
#[derive(Debug, Serialize)]
pub struct Entry {
    pub id: i64,
    pub subject: String,
    pub ticket: Option<String>,
    pub unit: Option<String>,
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
    /// Who has acknowledged it; only where one notice is shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub acks: Vec<Acknowledged>,
}

/// That a person has acknowledged the notice.
#[derive(Debug, Serialize)]
pub struct Acknowledged {
    pub person: String,
    #[serde(serialize_with = "instant::iso")]
    pub at: DateTime<Utc>,
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
    #[serde(serialize_with = "instant::iso")]
    pub not_before: DateTime<Utc>,
    #[serde(serialize_with = "instant::iso_or_null")]
    pub ended: Option<DateTime<Utc>>,
    /// Only where one notice is shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

/// One hand-over.
#[derive(Debug, Serialize)]
pub struct Attempt {
    pub n: u32,
    pub is_repeat: bool,
    #[serde(serialize_with = "instant::iso")]
    pub started: DateTime<Utc>,
    #[serde(serialize_with = "instant::iso_or_null")]
    pub ended: Option<DateTime<Utc>>,
    pub outcome: Option<String>,
    pub code: Option<String>,
    pub detail: Option<String>,
    pub receipt: Option<String>,
    pub late_outcome: Option<String>,
}

impl Entry {
    /// Reads a row of the ledger.
    pub fn of(listed: &Listed, roster: &Roster) -> Self {
        let key = &listed.notice.key;
        Self {
            id: listed.notice.id.0,
            subject: key.subject.clone(),
            ticket: listed.notice.ticket.as_ref().map(ToString::to_string),
            unit: listed.notice.unit.clone(),
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
            acks: Vec::new(),
        }
    }

    /// The same with those of `acks` that are about this notice.
    #[must_use]
    pub fn with_acks(mut self, acks: &[Ack], roster: &Roster) -> Self {
        let mine = acks.iter().filter(|ack| ack.notice.0 == self.id);
        self.acks = mine.map(|ack| Acknowledged { person: person(&ack.person, roster), at: ack.at }).collect();
        self
    }

    /// Writes the entry with its legs, their numbers and attempts.
    ///
    /// # Errors
    ///
    /// When nobody takes it.
    pub fn write(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let reason = self.reason.as_deref().map(|code| format!("({})", words::reason(code))).unwrap_or_default();
        let Self { id, subject, name, role_name, state_name, .. } = self;
        let unit = self.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
        writeln!(out, "{id} {} {subject} {name}{unit} → {role_name} {state_name}{reason}", instant::minute(self.due))?;
        for leg in &self.legs {
            let wait = if leg.ended.is_none() {
                format!(" 不早于 {}", instant::minute(leg.not_before))
            } else {
                String::new()
            };
            let channel = if leg.channel.is_empty() { String::new() } else { format!(" [{}]", leg.channel) };
            writeln!(out, "    leg {} {}{channel} 已试{}次{wait}", leg.id, leg.text(), leg.tries)?;
            for attempt in &leg.attempts {
                writeln!(out, "        {}", attempt.text())?;
            }
        }
        for ack in &self.acks {
            writeln!(out, "    {} 已签收 {}", ack.person, instant::minute(ack.at))?;
        }
        Ok(())
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
            not_before: leg.not_before,
            ended: leg.ended,
            attempts: leg.attempts.iter().map(Attempt::of).collect(),
        }
    }

    fn text(&self) -> String {
        let at = self.ended.map(|at| format!(" {}", instant::minute(at))).unwrap_or_default();
        let cause = self.cause.as_deref().map(|code| format!("({})", words::reason(code))).unwrap_or_default();
        format!("{}{} {}{cause}{at}", self.person, self.medium_name, self.state_name)
    }
}

impl Attempt {
    fn of(attempt: &ListedAttempt) -> Self {
        Self {
            n: attempt.n,
            is_repeat: attempt.is_repeat,
            started: attempt.started,
            ended: attempt.ended,
            outcome: attempt.outcome.clone(),
            code: attempt.code.clone(),
            detail: attempt.detail.clone(),
            receipt: attempt.receipt.clone(),
            late_outcome: attempt.late_outcome.clone(),
        }
    }

    fn text(&self) -> String {
        let repeat = if self.is_repeat { "(重复)" } else { "" };
        let outcome = self.outcome.as_deref().unwrap_or("尚无回答");
        let rest = [&self.code, &self.detail, &self.receipt].into_iter().flatten();
        let rest: String = rest.map(|word| format!(" {word}")).collect();
        let late = self.late_outcome.as_deref().map(|late| format!(" 迟到的回答 {late}")).unwrap_or_default();
        format!("第{}次{repeat} {} {outcome}{rest}{late}", self.n, instant::minute(self.started))
    }
}

/// A person of the ledger by name.
pub fn person(id: &str, roster: &Roster) -> String {
    match id {
        CITIZEN => "诉求人".to_owned(),
        GROUP => "群或系统".to_owned(),
        NOBODY => "无人".to_owned(),
        id => roster.person(id).map_or_else(|| id.to_owned(), |person| person.name.to_string()),
    }
}
