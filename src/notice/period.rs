//! A week or a month, as bulletins are about one.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::Kind;

/// A week from Monday to Sunday, or a calendar month (A29).
///
/// ```
/// use duban::notice::Period;
/// let day = chrono::NaiveDate::from_ymd_opt(2026, 9, 16).unwrap();
/// assert_eq!(Period::week_of(day).name(), "2026-W38");
/// assert_eq!(Period::month_of(day).before().name(), "2026-08");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Period {
    /// By its Monday.
    Week(NaiveDate),
    /// By its first day.
    Month(NaiveDate),
}

impl Period {
    /// The kinds that tell of one.
    pub const KINDS: [Kind; 2] = [Kind::WeeklyBulletin, Kind::MonthlyBulletin];

    /// The week that a day lies in.
    pub fn week_of(day: NaiveDate) -> Self {
        Self::Week(day.week(Weekday::Mon).checked_first_day().unwrap_or(day))
    }

    /// The month that a day lies in.
    pub fn month_of(day: NaiveDate) -> Self {
        Self::Month(day.with_day(1).unwrap_or(day))
    }

    /// The first day.
    pub fn first(self) -> NaiveDate {
        match self {
            Self::Week(first) | Self::Month(first) => first,
        }
    }

    /// The last day.
    pub fn last(self) -> NaiveDate {
        self.after().first().pred_opt().unwrap_or(NaiveDate::MAX)
    }

    /// The one that follows.
    pub fn after(self) -> Self {
        let first = self.first();
        match self {
            Self::Week(_) => Self::Week(first.checked_add_days(Days::new(7)).unwrap_or(first)),
            Self::Month(_) => Self::month_of(first.checked_add_days(Days::new(31)).unwrap_or(first)),
        }
    }

    /// The one before.
    pub fn before(self) -> Self {
        let last = self.first().pred_opt().unwrap_or(NaiveDate::MIN);
        match self {
            Self::Week(_) => Self::week_of(last),
            Self::Month(_) => Self::month_of(last),
        }
    }

    /// The year its number belongs to: that of a week is the year of its Thursday.
    pub fn year(self) -> i32 {
        match self {
            Self::Week(first) => first.iso_week().year(),
            Self::Month(first) => first.year(),
        }
    }

    /// Its number within the year: of the week, or of the month.
    pub fn number(self) -> u32 {
        match self {
            Self::Week(first) => first.iso_week().week(),
            Self::Month(first) => first.month(),
        }
    }

    /// `2026-W38` or `2026-09`.
    pub fn name(self) -> String {
        match self {
            Self::Week(_) => format!("{}-W{:02}", self.year(), self.number()),
            Self::Month(_) => format!("{}-{:02}", self.year(), self.number()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_day_lies_in_its_week_and_month_and_in_no_other() {
        for day in day("2024-12-20").iter_days().take(800) {
            for period in [Period::week_of(day), Period::month_of(day)] {
                assert!((period.first()..=period.last()).contains(&day), "{day}");
                assert_eq!(period.before().last().succ_opt(), Some(period.first()), "{day}");
                assert_eq!(period.after().before(), period, "{day}");
            }
            assert_eq!(Period::week_of(day).first().weekday(), Weekday::Mon);
        }
    }

    #[test]
    fn a_week_over_the_new_year_is_numbered_by_its_thursday() {
        assert_eq!(Period::week_of(day("2027-01-01")).name(), "2026-W53");
        assert_eq!(Period::week_of(day("2025-12-29")).name(), "2026-W01");
        assert_eq!(Period::month_of(day("2026-02-28")).last(), day("2026-02-28"));
    }
}
