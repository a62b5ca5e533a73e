//! What can be wrong with a clause of an announcement.

use chrono::{NaiveDate, Weekday};

/// Why a clause is not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClauseFault {
    /// Words that have no meaning here.
    #[error("`{0}` cannot be read")]
    Unreadable(String),
    /// A date that no calendar has.
    #[error("{year}-{month}-{day} is no date")]
    NoSuchDate {
        /// The year, as written or understood.
        year: i32,
        /// The month.
        month: u32,
        /// The day.
        day: u32,
    },
    /// A day of the month without a month before it.
    #[error("day {0} has no month")]
    NoMonth(u32),
    /// The weekday written beside a date is another day's.
    #[error("{date} is a {}, not a {}", zhou(*.is), zhou(*.said))]
    Weekday {
        /// The date.
        date: NaiveDate,
        /// Its weekday.
        is: Weekday,
        /// The weekday that is written.
        said: Weekday,
    },
    /// The lunar date written beside a date is another day's.
    #[error("{date} is not `{said}`")]
    Lunar {
        /// The date.
        date: NaiveDate,
        /// The words.
        said: String,
    },
    /// A range that ends before it begins, or lasts longer than a holiday can.
    #[error("{from} to {to} is no range of a holiday")]
    Range {
        /// The first day.
        from: NaiveDate,
        /// The last day.
        to: NaiveDate,
    },
    /// A day of another year.
    #[error("{date} does not belong to the arrangement of {year}")]
    OtherYear {
        /// The day, or the first of January of a year that stands alone.
        date: NaiveDate,
        /// The year of the announcement.
        year: i32,
    },
    /// A festival that the clause is not about.
    #[error("`{0}` is not what the clause is about")]
    OtherFestival(&'static str),
    /// The number of days does not agree with the dates.
    #[error("it says {said} days and lists {listed}")]
    Count {
        /// The number written.
        said: u32,
        /// The number of dates.
        listed: usize,
    },
    /// Dates of which nothing is said.
    #[error("{0} is neither a day off nor a working day")]
    NothingSaid(NaiveDate),
    /// A day off or working day is said without a date.
    #[error("`放假` or `上班` has no date")]
    NoDate,
    /// A festival without a day off.
    #[error("no day off is named")]
    NoDayOff,
    /// A make-up day on a day that is worked anyway.
    #[error("{0} is to be worked, but it is no rest day")]
    NoRestDay(NaiveDate),
    /// A day that is off and worked, or said twice.
    #[error("{0} is ruled twice")]
    Twice(NaiveDate),
    /// A make-up day that lies too far from its holiday to be one.
    #[error("{0} is too far from the holiday to be a make-up day for it")]
    FarAway(NaiveDate),
    /// The statutory day is not off.
    #[error("the statutory day {date} of {festival} is not off")]
    Statutory {
        /// The festival.
        festival: &'static str,
        /// The day.
        date: NaiveDate,
    },
    /// Days off that do not join.
    #[error("the days off have a gap after {0}")]
    Gap(NaiveDate),
    /// 与周末连休, but the day touches no weekend.
    #[error("{0} does not touch a weekend")]
    NoWeekend(NaiveDate),
    /// Days moved and make-up days do not balance.
    #[error("{weekdays} weekdays off with {statutory} statutory days need {} make-up days, not {made_up}", i64::from(*.weekdays) - i64::from(*.statutory))]
    Balance {
        /// Days off from Monday to Friday.
        weekdays: u32,
        /// Statutory days of the festivals.
        statutory: u32,
        /// Make-up days.
        made_up: u32,
    },
    /// 不调休, and yet a make-up day.
    #[error("it says 不调休 and names make-up days")]
    NoSwap,
    /// Work begins again on a day that does not follow the days off.
    #[error("work cannot begin again on {0}")]
    Resumes(NaiveDate),
    /// A festival is arranged twice.
    #[error("{0} is arranged twice")]
    FestivalTwice(&'static str),
    /// The text does not arrange all festivals, and corrects no other.
    #[error("nothing is arranged for {0}; paste the whole notice")]
    Missing(String),
    /// No year is named.
    #[error("no year is named; paste the notice from its title on")]
    NoYear,
    /// More than one year is named.
    #[error("it names {0} and {1} as the year; paste one notice alone")]
    TwoYears(i32, i32),
    /// The year lies outside those that announcements of this form arrange.
    #[error("the year {0} is not between 2008 and 2100")]
    YearNotCovered(i32),
    /// A correction without what it corrects.
    #[error("it corrects {0}, of which no year file is known; import the first notice before it")]
    NothingToCorrect(i32),
    /// A correction of a part of a joined holiday.
    #[error("the year file joins `{0}`, and the notice corrects only a part of it")]
    PartOfJoined(String),
}

/// The weekday as a notice writes it.
fn zhou(day: Weekday) -> &'static str {
    ["周一", "周二", "周三", "周四", "周五", "周六", "周日"][day.num_days_from_monday() as usize]
}
