//! Which calendar was in force since when, from where and by whose hand.

use chrono::{DateTime, Utc};

use super::{Outbox, OutboxError};
use crate::calendar::Part;

/// A part of the calendar as it came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarVersion {
    /// `2027` for a year, `local/` and its file for an overlay.
    pub part: String,
    /// Empty where the part was taken away.
    pub digest: String,
    /// The notice that stands, as the file gives it, else the file.
    pub source: String,
    /// Who took it over; empty where the file was put into its folder by hand.
    pub person: String,
    pub at: DateTime<Utc>,
}

impl CalendarVersion {
    /// Of the newest versions, what is to be added when these parts are in force;
    /// parts that are no longer among them end.
    pub(super) fn changes(newest: &[Self], parts: &[Part], now: DateTime<Utc>) -> Vec<Self> {
        let known = |part: &Part| newest.iter().any(|old| old.part == part.name && old.digest == part.digest);
        let begin = parts.iter().filter(|part| !known(part)).map(|part| Self::of(part, "", now));
        let gone = |old: &&Self| !old.digest.is_empty() && parts.iter().all(|part| part.name != old.part);
        let end = newest.iter().filter(gone).map(|old| Self {
            digest: String::new(),
            person: String::new(),
            at: now,
            ..old.clone()
        });
        begin.chain(end).collect()
    }

    pub(super) fn of(part: &Part, person: &str, now: DateTime<Utc>) -> Self {
        let Part { name, digest, source, doubts: _ } = part.clone();
        Self { part: name, digest, source, person: person.to_owned(), at: now }
    }
}

impl Outbox {
    /// Notes that the parts are those in force from `now` on; what is known stays as
    /// it is, with who took it over. Gives how many changed.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn calendar_in_force(&self, parts: &[Part], now: DateTime<Utc>) -> Result<usize, OutboxError> {
        self.ledger.calendar_in_force(parts, now).await
    }

    /// Notes who took over a part, if its newest version is another.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn calendar_taken_over(&self, part: &Part, person: &str, now: DateTime<Utc>) -> Result<(), OutboxError> {
        self.ledger.calendar_taken_over(part, person, now).await
    }

    /// The newest version of each part, by its name.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn calendar_versions(&self) -> Result<Vec<CalendarVersion>, OutboxError> {
        self.ledger.calendar_versions().await
    }
}
