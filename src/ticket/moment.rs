//! An instant as a ticket store gives it: to the second, or only as a date.

use std::{fmt, num::NonZeroI64};

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar::civil;

/// An instant of a ticket, packed into eight bytes (`Option<Moment>` too).
///
/// A date without a time of day stands for its whole day: it is compared only
/// as a date, and [`Moment::at`] gives the day's first instant. Fractions of a
/// second are dropped.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment(NonZeroI64);

impl Moment {
    /// An instant with a time of day.
    pub fn at_instant(instant: DateTime<Utc>) -> Self {
        Self::pack(instant.timestamp(), 0)
    }

    /// An instant on a day, `seconds` after its midnight UTC.
    pub(super) fn at_seconds(day: NaiveDate, seconds: i64) -> Self {
        let days = i64::from(day.to_epoch_days());
        Self::pack(days * 86_400 + seconds, 0)
    }

    /// A date without a time of day, in the policy zone.
    pub fn on_date(day: NaiveDate) -> Self {
        Self::pack(civil::at(day, 0, 0).timestamp(), 1)
    }

    fn pack(timestamp: i64, date_only: i64) -> Self {
        let packed = ((timestamp << 1) | date_only) ^ i64::MIN;
        // Zero would need a timestamp of -2^62, far outside chrono's years.
        Self(NonZeroI64::new(packed).expect("chrono's years never pack to zero"))
    }

    /// The instant; for a date alone its 00:00.
    pub fn at(self) -> DateTime<Utc> {
        let secs = (self.0.get() ^ i64::MIN) >> 1;
        DateTime::from_timestamp(secs, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The civil date in the policy zone.
    pub fn day(self) -> NaiveDate {
        civil::day_of(self.at())
    }

    /// Whether the store gave no time of day.
    pub fn is_date_only(self) -> bool {
        (self.0.get() ^ i64::MIN) & 1 == 1
    }

    /// Whether this is certainly later than `other`; where one of them is a
    /// date alone, the dates are compared.
    pub fn is_after(self, other: Moment) -> bool {
        if self.is_date_only() || other.is_date_only() { self.day() > other.day() } else { self.at() > other.at() }
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_date_only() { write!(f, "{}", self.day()) } else { f.write_str(&civil::iso(self.at())) }
    }
}
