//! Local closures and openings, which stand above the year files.
//!
//! An overlay says what a bureau does on its own account, such as the Shanghai
//! order of January 2020. It never makes a year known: an arrangement that is
//! not published yet stays unpublished.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use super::{
    CalendarError, FIRST_YEAR, LAST_YEAR,
    lines::Lines,
    yearfile::{date, form},
};

/// One day that an overlay rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalDay {
    /// The day.
    pub date: NaiveDate,
    /// Whether it is worked.
    pub works: bool,
    /// Why, in words for the proof.
    pub reason: String,
    /// The line of the file that lists it.
    pub line: usize,
}

/// The local days of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    file: String,
    days: Vec<LocalDay>,
}

impl Overlay {
    /// Parses the text of an overlay; `file` is its name or path.
    ///
    /// # Errors
    ///
    /// When the text is not in the form of an overlay, a day is listed twice,
    /// has no reason, or lies outside the years that a calendar spans.
    ///
    /// ```
    /// use duban::calendar::Overlay;
    /// let text = r#"{"days": [{"date": "2026-11-05", "works": false, "reason": "进博会放假"}]}"#;
    /// assert_eq!(Overlay::parse("local.json", text).unwrap().days().len(), 1);
    /// ```
    pub fn parse(file: &str, text: &str) -> Result<Overlay, CalendarError> {
        let text = text.trim_start_matches('\u{feff}');
        let raw: RawOverlay = serde_json::from_str(text).map_err(|source| form(file, source))?;
        let lines = Lines::of(text);
        let mut seen = BTreeMap::new();
        let mut days = Vec::with_capacity(raw.days.len());
        for (at, raw) in raw.days.into_iter().enumerate() {
            let day = local(file, lines.entry(at), raw)?;
            if let Some(first) = seen.insert(day.date, day.line) {
                let (file, line) = (file.to_owned(), day.line);
                return Err(CalendarError::Duplicate { file, line, date: day.date, first });
            }
            days.push(day);
        }
        Ok(Overlay { file: file.to_owned(), days })
    }

    /// An overlay made of days that are known, not read; in the order of their dates.
    ///
    /// # Errors
    ///
    /// As [`Overlay::parse`] of its text.
    pub fn of_days(file: &str, mut days: Vec<LocalDay>) -> Result<Overlay, CalendarError> {
        days.sort_by_key(|day| day.date);
        let text = Overlay { file: file.to_owned(), days }.text();
        Overlay::parse(file, &text)
    }

    /// The overlay as a file has it, a day a line.
    ///
    /// ```
    /// use duban::calendar::Overlay;
    /// let text = "{\n  \"days\": [\n    {\"date\": \"2026-11-05\", \"works\": false, \"reason\": \"进博会放假\"}\n  ]\n}\n";
    /// assert_eq!(Overlay::parse("local.json", text)?.text(), text);
    /// # Ok::<(), duban::calendar::CalendarError>(())
    /// ```
    pub fn text(&self) -> String {
        let day = |day: &LocalDay| {
            let (date, works, reason) = (day.date, day.works, serde_json::Value::from(day.reason.as_str()));
            format!("    {{\"date\": \"{date}\", \"works\": {works}, \"reason\": {reason}}}")
        };
        let days: Vec<String> = self.days.iter().map(day).collect();
        let days = if days.is_empty() { String::new() } else { format!("\n{}\n  ", days.join(",\n")) };
        format!("{{\n  \"days\": [{days}]\n}}\n")
    }

    /// The name of the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The days that the file rules, in its order.
    pub fn days(&self) -> &[LocalDay] {
        &self.days
    }
}

fn local(file: &str, line: usize, raw: RawLocal) -> Result<LocalDay, CalendarError> {
    let date = date(file, line, &raw.date)?;
    let file = file.to_owned();
    if raw.reason.trim().is_empty() {
        return Err(CalendarError::Unnamed { file, line, date, field: "reason" });
    }
    match date.year() {
        FIRST_YEAR..=LAST_YEAR => Ok(LocalDay { date, works: raw.works, reason: raw.reason, line }),
        year => Err(CalendarError::YearNotCovered { file, line, year }),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOverlay {
    days: Vec<RawLocal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLocal {
    date: String,
    works: bool,
    reason: String,
}
