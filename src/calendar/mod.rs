//! Working days: which they are, and how to count them.
//!
//! A [`Calendar`] is a table made once: for each day, how many working days lie
//! up to it; for each working day, its date. Counting is then a look-up, however
//! far it reaches. Days of a year without an official arrangement are counted
//! Monday to Friday, and the answer says that it is provisional.
//!
//! The room parses the text of year files and overlays; reading them from disk
//! is the business of `config`. It says `works` or `rests` of a day and never
//! "in lieu", which the notices use for the opposite of what a reader expects.

use chrono::NaiveDate;

mod announcement;
mod arrangement;
pub mod civil;
mod count;
mod error;
pub mod icalendar;
mod lines;
mod opinion;
mod overlay;
mod part;
mod table;
mod yearfile;

pub use announcement::{Announcement, ClauseFault, Scope};
pub use count::Calendar;
pub use error::CalendarError;
pub use opinion::{Difference, SecondOpinion};
pub use overlay::{LocalDay, Overlay};
pub use part::Part;
pub use yearfile::{Listed, YearFile, embedded};

/// The first year that a calendar spans.
pub const FIRST_YEAR: i32 = 2004;
/// The last year that a calendar spans.
pub const LAST_YEAR: i32 = 2100;

/// A number of working days. Natural days are a plain `u32` and never mix with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Workdays(pub u32);

/// An answer, and whether it may still change when a year's arrangement is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted<T> {
    /// The answer.
    pub value: T,
    /// Some day that was examined lies in a year whose own file is not loaded.
    pub provisional: bool,
    /// That, or an examined day is one of the last seven of a year whose next
    /// year's file is not loaded: its notice may rule those days.
    pub strict_provisional: bool,
}

/// One day and why it is worked or not: a line of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The date.
    pub date: NaiveDate,
    /// Whether the day is a working day.
    pub works: bool,
    /// The reason.
    pub why: Why,
    /// Whether the file of the day's own year is loaded.
    pub known: bool,
}

/// Why a day is worked or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Monday to Friday, and no arrangement makes it a day off.
    Weekday,
    /// Saturday or Sunday, and no arrangement says otherwise.
    Weekend,
    /// A day off of the holiday of this name.
    Holiday(String),
    /// A weekend day worked for the holiday of this name (调休上班).
    MakeUp(String),
    /// Closed by a local overlay, with its reason.
    Closed(String),
    /// Opened by a local overlay, with its reason.
    Opened(String),
}
