//! The official arrangement of one year, as published in a year file.
//!
//! The form is the public one of `holiday-cn`: `year`, `papers` (the notices,
//! the one that rules last), `days` with `name`, `date` and `isOffDay`. Nothing
//! in it is guessed: a day without an explicit mark is refused.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;

use super::{CalendarError, FIRST_YEAR, LAST_YEAR, lines::Lines};

/// The year files that are built into the binary.
const EMBEDDED: [(&str, &str); 9] = [
    ("2018.json", include_str!("../../calendars/2018.json")),
    ("2019.json", include_str!("../../calendars/2019.json")),
    ("2020.json", include_str!("../../calendars/2020.json")),
    ("2021.json", include_str!("../../calendars/2021.json")),
    ("2022.json", include_str!("../../calendars/2022.json")),
    ("2023.json", include_str!("../../calendars/2023.json")),
    ("2024.json", include_str!("../../calendars/2024.json")),
    ("2025.json", include_str!("../../calendars/2025.json")),
    ("2026.json", include_str!("../../calendars/2026.json")),
];

/// The year files that are built into the binary.
///
/// # Errors
///
/// When one of them is refused, as any file would be.
pub fn embedded() -> Result<Vec<YearFile>, CalendarError> {
    EMBEDDED.iter().map(|(file, text)| YearFile::parse(file, text)).collect()
}

/// The festivals of every year, by the part of the name that stands however they are joined.
const FESTIVALS: [&str; 7] = ["元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆"];

/// Statutory days of a year; since 2025, eleven before.
const STATUTORY: usize = 13;

/// One day that a year file lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The holiday, or the holiday it is worked for.
    pub name: String,
    /// The day, in the file's year or the last week before it.
    pub date: NaiveDate,
    /// Whether the day is worked.
    pub works: bool,
    /// The line of the file that lists it.
    pub line: usize,
}

/// A year file that was found to be sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YearFile {
    file: String,
    year: i32,
    papers: Vec<String>,
    days: Vec<Listed>,
}

impl YearFile {
    /// Parses the text of a year file; `file` is its name or path.
    ///
    /// An empty list of days is accepted and means that there is no data yet.
    ///
    /// # Errors
    ///
    /// When the text is not in the form of a year file, the name of the file is
    /// that of another year, a day is listed twice, without a name or outside the
    /// year and its last week before, a weekend is worked for a holiday that is
    /// not listed, or no day is off. The error names the file and the line.
    ///
    /// ```
    /// use duban::calendar::YearFile;
    /// let text = "{\"year\": 2027, \"days\": [\n{\"name\": \"元旦\", \"date\": \"2028-01-01\", \"isOffDay\": true}]}";
    /// let refused = YearFile::parse("2027.json", text).unwrap_err();
    /// assert_eq!(refused.to_string(), "2027.json line 2: 2028-01-01 lies neither in 2027 nor in the last week before it");
    /// ```
    pub fn parse(file: &str, text: &str) -> Result<YearFile, CalendarError> {
        let text = text.trim_start_matches('\u{feff}');
        let raw: RawFile = serde_json::from_str(text).map_err(|source| form(file, source))?;
        let lines = Lines::of(text);
        let fault = Fault { file, line: lines.year };
        fault.year(raw.year)?;
        let days = raw.days.into_iter().enumerate();
        let days = days.map(|(at, day)| Fault { file, line: lines.entry(at) }.listed(raw.year, day));
        let days = days.collect::<Result<Vec<Listed>, CalendarError>>()?;
        let year = YearFile { file: file.to_owned(), year: raw.year, papers: raw.papers, days };
        year.no_duplicate()?;
        year.make_up_days_have_a_holiday()?;
        year.some_days_off(lines.days)?;
        Ok(year)
    }

    /// A year file made of days that are known, not read.
    ///
    /// # Errors
    ///
    /// As [`YearFile::parse`] of its text.
    pub fn of_days(year: i32, papers: Vec<String>, days: Vec<Listed>) -> Result<YearFile, CalendarError> {
        let file = format!("{year}.json");
        let text = YearFile { file: file.clone(), year, papers, days }.text();
        YearFile::parse(&file, &text)
    }

    /// A year file of days that come without a year of their own: it is that of the
    /// last of them.
    ///
    /// # Errors
    ///
    /// As [`YearFile::parse`] of its text; the day before another year's last week
    /// with its own file and line.
    pub fn of_dated(file: &str, mut days: Vec<Listed>) -> Result<YearFile, CalendarError> {
        days.sort_by_key(|day| day.date);
        let year = days.last().map_or(FIRST_YEAR, |day| day.date.year());
        let fault = |day: &Listed| Fault { file, line: day.line }.fits(year, day.date, &day.name);
        days.iter().try_for_each(fault)?;
        YearFile::of_days(year, Vec::new(), days)
    }

    /// The text of the file, a day a line, as the shipped files have it.
    ///
    /// ```
    /// use duban::calendar::YearFile;
    /// let text = include_str!("../../calendars/2026.json");
    /// assert_eq!(YearFile::parse("2026.json", text)?.text(), text);
    /// # Ok::<(), duban::calendar::CalendarError>(())
    /// ```
    pub fn text(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let papers: Vec<String> = self.papers.iter().map(|paper| quoted(paper)).collect();
        let day = |day: &Listed| {
            let (name, date, off) = (quoted(&day.name), day.date, !day.works);
            format!("    {{\"name\": {name}, \"date\": \"{date}\", \"isOffDay\": {off}}}")
        };
        let days: Vec<String> = self.days.iter().map(day).collect();
        let papers = papers.join(", ");
        let days = if days.is_empty() { String::new() } else { format!("\n{}\n  ", days.join(",\n")) };
        format!("{{\n  \"year\": {},\n  \"papers\": [{papers}],\n  \"days\": [{days}]\n}}\n", self.year)
    }

    /// The name of the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The year that the file rules.
    pub fn year(&self) -> i32 {
        self.year
    }

    /// The notices that the arrangement was taken from; the last one stands.
    pub fn papers(&self) -> &[String] {
        &self.papers
    }

    /// The days that the file lists, in its order.
    pub fn days(&self) -> &[Listed] {
        &self.days
    }

    /// Whether the file is a placeholder: its year stays unknown.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// What makes one doubt that the file is the whole arrangement of its year: festivals
    /// of the regulation (全国年节及纪念日放假办法, article 2) that it does not name, and
    /// weekdays off beyond the statutory days without any day worked for them.
    pub fn doubts(&self) -> Vec<String> {
        if self.is_empty() {
            return vec!["no day is listed".to_owned()];
        }
        let off = || self.days.iter().filter(|day| !day.works);
        let missing: Vec<&str> =
            FESTIVALS.iter().filter(|name| !off().any(|day| day.name.contains(**name))).copied().collect();
        let mut doubts = Vec::new();
        if !missing.is_empty() {
            doubts.push(format!("no day off for {}", missing.join("、")));
        }
        let weekdays = off().filter(|day| !is_weekend(day.date)).count();
        let is_made_up = self.days.iter().any(|day| day.works && is_weekend(day.date));
        if weekdays > STATUTORY && !is_made_up {
            doubts.push(format!("{weekdays} weekdays off and no day worked for any of them"));
        }
        doubts
    }

    fn no_duplicate(&self) -> Result<(), CalendarError> {
        let mut seen = BTreeMap::new();
        for day in &self.days {
            if let Some(first) = seen.insert(day.date, day.line) {
                return Err(CalendarError::Duplicate {
                    file: self.file.clone(),
                    line: day.line,
                    date: day.date,
                    first,
                });
            }
        }
        Ok(())
    }

    fn make_up_days_have_a_holiday(&self) -> Result<(), CalendarError> {
        let holidays: BTreeSet<&str> = self.days.iter().filter(|day| !day.works).map(|day| day.name.as_str()).collect();
        let alone = |day: &&Listed| day.works && is_weekend(day.date) && !holidays.contains(day.name.as_str());
        // A file without any day off is told apart: there the names are not the fault.
        match self.days.iter().find(alone).filter(|_| !holidays.is_empty()) {
            Some(day) => Err(CalendarError::MakeUpAlone {
                file: self.file.clone(),
                line: day.line,
                date: day.date,
                name: day.name.clone(),
            }),
            None => Ok(()),
        }
    }

    fn some_days_off(&self, line: usize) -> Result<(), CalendarError> {
        let (file, year) = (self.file.clone(), self.year);
        match self.days.iter().any(|day| !day.works) {
            false if !self.is_empty() => Err(CalendarError::NoHolidays { file, line, year }),
            _ if !self.has_workday() => Err(CalendarError::NoWorkdays { file, line, year }),
            _ => Ok(()),
        }
    }

    fn has_workday(&self) -> bool {
        let listed: BTreeMap<NaiveDate, bool> = self.days.iter().map(|day| (day.date, day.works)).collect();
        let mut days = (1..=366).filter_map(|ordinal| NaiveDate::from_yo_opt(self.year, ordinal));
        days.any(|day| listed.get(&day).copied().unwrap_or(!is_weekend(day)))
    }
}

/// Whether the day is a Saturday or Sunday.
pub(super) fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The refusal of a text that does not have the form of a file.
pub(super) fn form(file: &str, source: serde_json::Error) -> CalendarError {
    CalendarError::Form { file: file.to_owned(), line: source.line(), source }
}

/// The date of an entry; the form with two digits each and nothing else.
pub(super) fn date(file: &str, line: usize, text: &str) -> Result<NaiveDate, CalendarError> {
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(date) if date.to_string() == text => Ok(date),
        Ok(_) | Err(_) => Err(CalendarError::NotADate { file: file.to_owned(), line, text: text.to_owned() }),
    }
}

/// Where a fault would stand.
struct Fault<'a> {
    file: &'a str,
    line: usize,
}

impl Fault<'_> {
    fn year(&self, year: i32) -> Result<(), CalendarError> {
        let (file, line) = (self.file.to_owned(), self.line);
        let name = self.file.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = name.split('.').next().unwrap_or_default();
        match stem.parse::<i32>() {
            Ok(named) if named != year => Err(CalendarError::OtherYear { file, line, year }),
            _ if !(FIRST_YEAR..=LAST_YEAR).contains(&year) => Err(CalendarError::YearNotCovered { file, line, year }),
            _ => Ok(()),
        }
    }

    fn listed(&self, year: i32, raw: RawDay) -> Result<Listed, CalendarError> {
        let date = date(self.file, self.line, &raw.date)?;
        self.fits(year, date, &raw.name)?;
        Ok(Listed { name: raw.name, date, works: !raw.is_off_day, line: self.line })
    }

    fn fits(&self, year: i32, date: NaiveDate, name: &str) -> Result<(), CalendarError> {
        let (file, line) = (self.file.to_owned(), self.line);
        let last_week = date.year() == year - 1 && is_last_week(date);
        match () {
            () if name.trim().is_empty() => Err(CalendarError::Unnamed { file, line, date, field: "name" }),
            () if date.year() != year && !last_week => Err(CalendarError::Outside { file, line, date, year }),
            () => Ok(()),
        }
    }
}

/// Whether the day is one of the last seven of its year.
pub(super) fn is_last_week(day: NaiveDate) -> bool {
    day.month() == 12 && day.day() >= 25
}

/// A year file as it is written; `$schema` and `$id` are the publisher's own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    year: i32,
    #[serde(default)]
    papers: Vec<String>,
    days: Vec<RawDay>,
    #[serde(default, rename = "$schema")]
    _schema: String,
    #[serde(default, rename = "$id")]
    _id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDay {
    name: String,
    date: String,
    #[serde(rename = "isOffDay")]
    is_off_day: bool,
}
