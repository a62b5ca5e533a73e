//! Which files of the calendar the deadlines of a ticket rest on, since when, and by
//! whose hand.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::duty::Duty;
use crate::{
    cli::{exit::Stop, instant, open::Opened},
    outbox::CalendarVersion,
};

/// A file of the calendar.
#[derive(Debug, Serialize)]
pub struct Part {
    /// `2027` for a year, `local/` and its file for an overlay.
    part: String,
    /// The notice that stands, as the file gives it, else the file.
    source: String,
    /// Since when the ledger knows it; null before the first `run` with it.
    #[serde(serialize_with = "instant::iso_or_null")]
    since: Option<DateTime<Utc>>,
    /// Who took it over; null where the file was put into its folder by hand.
    person: Option<String>,
}

/// The years that the deadlines run through, and every overlay.
///
/// # Errors
///
/// When the ledger cannot be read.
pub async fn parts(opened: &Opened, duties: &[Duty]) -> anyhow::Result<Vec<Part>> {
    let versions = match &opened.ledger {
        Some(ledger) => ledger.calendar_versions().await.map_err(Stop::ledger)?,
        None => Vec::new(),
    };
    let runs_through = |year| duties.iter().filter_map(|duty| duty.end.as_ref()).any(|end| end.years.contains(&year));
    let parts = opened.policy.calendar.parts().iter().filter(|part| part.year().is_none_or(runs_through));
    let of = |part: &crate::calendar::Part| {
        let is_it = |version: &&CalendarVersion| version.part == part.name && version.digest == part.digest;
        let known = versions.iter().find(is_it);
        Part {
            part: part.name.clone(),
            source: part.source.clone(),
            since: known.map(|version| version.at),
            person: known.map(|version| version.person.clone()).filter(|person| !person.is_empty()),
        }
    };
    Ok(parts.map(of).collect())
}

impl Part {
    /// As the clerk reads it.
    pub fn line(&self) -> String {
        let since = self.since.map(|at| format!(",{}起", instant::minute(at))).unwrap_or_default();
        let by = self.person.as_ref().map(|person| format!(",{person} 载入")).unwrap_or_default();
        let year = if self.part.starts_with("local/") { "" } else { "年" };
        format!("{}{year} 依据 {}{since}{by}", self.part, self.source)
    }
}
