//! One ticket as a dry run shows it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    calendar::Calendar,
    cli::instant::iso_or_null,
    roster::Roster,
    rules::{
        Deadline, RoundFacts, Rules, Standing, State, findings::findings, repeat::RepeatIndex, standing::standing,
    },
    ticket::Ticket,
};

/// What tickets are judged by.
pub struct Judge<'a> {
    pub calendar: &'a Calendar,
    pub rules: &'a Rules,
    pub roster: Option<&'a Roster>,
    pub repeats: &'a RepeatIndex,
    pub now: DateTime<Utc>,
}

/// A ticket, judged; the fields in the order in which they are promised.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    pub ticket: &'a str,
    pub rows: u16,
    pub class: &'static str,
    pub class_known: bool,
    pub regime: &'static str,
    pub round: u16,
    pub conclusion_from: &'static str,
    #[serde(serialize_with = "iso_or_null")]
    pub first_contact_due: Option<DateTime<Utc>>,
    #[serde(serialize_with = "iso_or_null")]
    pub return_window_due: Option<DateTime<Utc>>,
    #[serde(serialize_with = "iso_or_null")]
    pub conclusion_due_original: Option<DateTime<Utc>>,
    pub extension_workdays: u16,
    #[serde(serialize_with = "iso_or_null")]
    pub conclusion_due: Option<DateTime<Utc>>,
    pub provisional: bool,
    pub strict_provisional: bool,
    pub state: &'static str,
    pub unit: Option<String>,
    /// The first ticket and the size, `20260903100161/4`.
    pub repeat_group: Option<String>,
    pub anomalies: Vec<&'static str>,
}

impl Judge<'_> {
    /// Judges a ticket.
    pub fn row<'t>(&self, ticket: &'t Ticket) -> Row<'t> {
        let standing = standing(ticket, &RoundFacts::default(), self.calendar, self.rules, self.now);
        let anomalies = findings(ticket, &standing, self.rules, self.roster, self.now);
        let group = self.repeats.group_of(&ticket.no, self.rules.repeat.window_days);
        let due = |deadline: &Option<Deadline>| deadline.map(|deadline| deadline.due);
        let Standing { conclusion, .. } = &standing;
        Row {
            ticket: ticket.no.as_str(),
            rows: ticket.rows,
            class: standing.class.id(),
            class_known: standing.class_known,
            regime: standing.regime.id(),
            round: standing.round,
            conclusion_from: standing.conclusion_from.id(),
            first_contact_due: due(&standing.first_contact),
            return_window_due: due(&standing.return_window),
            conclusion_due_original: conclusion.map(|deadline| deadline.original_due),
            extension_workdays: standing.extension_days,
            conclusion_due: due(conclusion),
            provisional: conclusion.is_some_and(|deadline| deadline.provisional),
            strict_provisional: conclusion.is_some_and(|deadline| deadline.strict_provisional),
            state: standing.state.id(),
            unit: self.unit(ticket, standing.state),
            repeat_group: group.map(|group| format!("{}/{}", group.first(), group.members.len())),
            anomalies: anomalies.iter().map(|anomaly| anomaly.code()).collect(),
        }
    }

    /// The unit that holds the ticket, under its present name; none before the
    /// dispatch. The state tells that, for 派单时间 may be what cannot be read.
    fn unit(&self, ticket: &Ticket, state: State) -> Option<String> {
        let lead = ticket.units.first().filter(|_| !matches!(state, State::Received | State::DispatchWait))?;
        match self.roster {
            Some(roster) => roster.unit(lead).map(|unit| unit.name.to_string()),
            None => Some(lead.to_string()),
        }
    }
}

/// How often each state and each finding occurs.
#[derive(Debug, Default)]
pub struct Tally {
    pub states: BTreeMap<&'static str, u64>,
    pub anomalies: BTreeMap<&'static str, u64>,
    pub without_deadline: u64,
    pub provisional: u64,
}

impl Tally {
    /// Counts a ticket.
    pub fn add(&mut self, row: &Row<'_>) {
        *self.states.entry(row.state).or_default() += 1;
        for anomaly in &row.anomalies {
            *self.anomalies.entry(anomaly).or_default() += 1;
        }
        self.without_deadline += u64::from(row.conclusion_due.is_none());
        self.provisional += u64::from(row.provisional);
    }
}
