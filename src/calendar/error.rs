//! What can be wrong with a calendar or a question to it.

use chrono::NaiveDate;

use super::{ClauseFault, FIRST_YEAR, LAST_YEAR};

/// A refused file or a question that leaves the table.
///
/// The faults of a file name the file and the line, so that the last good
/// calendar can stay in force while somebody mends it.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// The day lies outside the years that the table spans.
    #[error("the calendar spans {FIRST_YEAR} to {LAST_YEAR} and does not cover {day}")]
    NotCovered {
        /// The day that was asked for.
        day: NaiveDate,
    },
    /// The count ends outside the years that the table spans.
    #[error("counting {n} days from {day} leaves the years {FIRST_YEAR} to {LAST_YEAR}")]
    CountLeaves {
        /// Where the count began.
        day: NaiveDate,
        /// How many days were to be counted.
        n: u32,
    },
    /// Counting back takes the day itself as the first, so 0 has no meaning.
    #[error("counting back from {day} needs a count of at least 1")]
    NothingToCount {
        /// Where the count was to begin.
        day: NaiveDate,
    },
    /// The text is not JSON, or lacks a field, or has one that is not known.
    #[error("{file} line {line}: not in the form of a calendar file")]
    Form {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// The name of the file says another year than its content.
    #[error("{file} line {line}: the file's name does not agree with its year {year}")]
    OtherYear {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// The year that the content names.
        year: i32,
    },
    /// The file's year lies outside the table.
    #[error("{file} line {line}: the year {year} is not between {FIRST_YEAR} and {LAST_YEAR}")]
    YearNotCovered {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// The year that the content names.
        year: i32,
    },
    /// The text of a date cannot be read as one.
    #[error("{file} line {line}: `{text}` is not a date like 2026-09-30")]
    NotADate {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// The day lies neither in the file's year nor in the week before it.
    #[error("{file} line {line}: {date} lies neither in {year} nor in the last week before it")]
    Outside {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// The day.
        date: NaiveDate,
        /// The file's year.
        year: i32,
    },
    /// The day is listed twice in one file.
    #[error("{file} line {line}: {date} is listed already in line {first}")]
    Duplicate {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// The day.
        date: NaiveDate,
        /// The line that listed it before.
        first: usize,
    },
    /// The entry has no name or reason, so no proof could name it.
    #[error("{file} line {line}: {date} has no {field}")]
    Unnamed {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// The day.
        date: NaiveDate,
        /// The empty field.
        field: &'static str,
    },
    /// A weekend is worked for a holiday that the file does not have.
    #[error("{file} line {line}: {date} is worked for `{name}`, of which the file has no day off")]
    MakeUpAlone {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// The make-up day.
        date: NaiveDate,
        /// The holiday it is worked for.
        name: String,
    },
    /// Days are listed, but none of them is a day off.
    #[error("{file} line {line}: {year} has no day off; a year without an arrangement has an empty list")]
    NoHolidays {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// The file's year.
        year: i32,
    },
    /// No day of the year would be worked.
    #[error("{file} line {line}: {year} would have no working day")]
    NoWorkdays {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// The file's year.
        year: i32,
    },
    /// Two files rule the same year.
    #[error("{file}: {year} is ruled by {other} already")]
    YearTwice {
        /// The file.
        file: String,
        /// The file that was taken before.
        other: String,
        /// The year that both rule.
        year: i32,
    },
    /// Two files say different things of one day.
    #[error("{file} line {line}: {date} is ruled otherwise by {other}")]
    Contradiction {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// The day.
        date: NaiveDate,
        /// The file that was taken before.
        other: String,
    },
    /// The overlays leave a year without a working day.
    #[error("the local overlays leave no working day in {year}")]
    AllClosed {
        /// The year.
        year: i32,
    },
    /// An event of an iCalendar file that is no day of an arrangement.
    #[error("{file} line {line}: {what}")]
    Event {
        /// The file.
        file: String,
        /// The line at fault.
        line: usize,
        /// Why.
        what: &'static str,
    },
    /// A clause of an announcement that cannot be read or contradicts itself.
    #[error("the clause `{clause}` cannot be taken over")]
    Clause {
        /// The clause, in one width and without blanks.
        clause: String,
        /// Why.
        #[source]
        fault: ClauseFault,
    },
}
