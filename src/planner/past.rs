//! A round that is over, as the rates need it: the platform empties its columns
//! when the ticket is re-assigned, and round 1's figures do not change for it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    calendar::civil,
    rules::{Deadline, Standing},
    ticket::{Moment, Satisfaction, Ticket},
};

/// An end, by its last day and its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub day: NaiveDate,
    /// Exclusive.
    pub due: DateTime<Utc>,
}

impl End {
    /// The end of a deadline.
    pub fn of(deadline: &Deadline) -> Self {
        Self { day: deadline.day, due: deadline.due }
    }

    /// Whether something happened before it; a date without a time of day counts
    /// up to the last day.
    pub fn is_after(&self, moment: Moment) -> bool {
        if moment.is_date_only() { moment.day() <= self.day } else { moment.at() < self.due }
    }
}

/// A round that ended with a dissatisfied revisit, as its row last was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRound {
    #[serde(skip)]
    pub round: u16,
    /// The lead unit as written.
    pub unit: Option<String>,
    pub dispatched: Option<Stamp>,
    pub accepted: Option<Stamp>,
    pub contacted: Option<Stamp>,
    /// The first try to reach the citizen.
    pub tried: Option<Stamp>,
    pub return_applied: Option<Stamp>,
    pub contact: Option<End>,
    pub conclusion: Option<End>,
    pub concluded: Option<Stamp>,
    pub fed_back: Option<Stamp>,
    pub audited: Option<Stamp>,
    pub revisited: Stamp,
}

impl PastRound {
    /// The name under which a round is remembered, without its number.
    pub(super) const WHAT: &str = "past-round";

    /// The round of a ticket that a revisit has ended.
    pub(super) fn seen(ticket: &Ticket, standing: &Standing) -> Option<Self> {
        if ticket.satisfaction != Some(Satisfaction::Dissatisfied) || !standing.is_concluded(ticket) {
            return None;
        }
        let stamp = |moment: Option<Moment>| moment.map(Stamp);
        let tried = ticket.attempts.iter().filter_map(|attempt| attempt.at);
        Some(Self {
            round: standing.round,
            unit: ticket.units.first().map(|unit| unit.to_string()),
            dispatched: stamp(ticket.dispatched),
            accepted: stamp(ticket.accepted),
            contacted: stamp(ticket.contacted),
            tried: tried.min_by_key(|at| at.at()).map(Stamp),
            return_applied: stamp(ticket.return_applied),
            contact: standing.first_contact.as_ref().map(End::of),
            conclusion: standing.conclusion.as_ref().map(End::of),
            concluded: stamp(ticket.concluded),
            fed_back: stamp(ticket.fed_back),
            audited: stamp(ticket.audited),
            revisited: Stamp(ticket.revisited?),
        })
    }

    /// As the ledger keeps it; nothing of the citizen is in it.
    pub(super) fn text(&self) -> String {
        // A struct of plain values has a text.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what was kept.
    pub(super) fn read(round: &str, text: &str) -> Option<Self> {
        let past: Self = serde_json::from_str(text).ok()?;
        Some(Self { round: round.parse().ok()?, ..past })
    }
}

/// A moment as the ledger keeps it: an instant, or a date alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Stamp(pub Moment);

impl From<Stamp> for String {
    fn from(Stamp(moment): Stamp) -> Self {
        if moment.is_date_only() { moment.day().to_string() } else { civil::iso(moment.at()) }
    }
}

impl TryFrom<String> for Stamp {
    type Error = chrono::ParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.parse::<NaiveDate>() {
            Ok(day) => Ok(Self(Moment::on_date(day))),
            Err(_) => DateTime::parse_from_rfc3339(&text).map(|at| Self(Moment::at_instant(at.to_utc()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_round_is_read_as_it_was_written_down() {
        let day: NaiveDate = "2026-03-03".parse().unwrap();
        let at = Stamp(Moment::at_instant(civil::at(day, 10, 30)));
        let end = End { day, due: civil::end_of(day) };
        let past = PastRound {
            round: 1,
            unit: Some("澄湾供水服务站".into()),
            dispatched: Some(at),
            accepted: None,
            contacted: Some(Stamp(Moment::on_date(day))),
            tried: None,
            return_applied: None,
            contact: Some(end),
            conclusion: Some(end),
            concluded: Some(at),
            fed_back: None,
            audited: None,
            revisited: at,
        };
        assert_eq!(PastRound::read("1", &past.text()), Some(past));
        assert_eq!(PastRound::read("1", "{}"), None, "what is no round is none");
    }

    #[test]
    fn an_end_counts_a_date_without_a_time_up_to_its_last_day() {
        let day: NaiveDate = "2026-03-03".parse().unwrap();
        let end = End { day, due: civil::end_of(day) };
        assert!(end.is_after(Moment::on_date(day)));
        assert!(end.is_after(Moment::at_instant(civil::at(day, 23, 59))));
        assert!(!end.is_after(Moment::at_instant(end.due)), "the end is exclusive");
        assert!(!end.is_after(Moment::on_date(day.succ_opt().unwrap())));
    }
}
