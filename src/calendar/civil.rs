//! The policy's civil time: Asia/Shanghai, fixed at UTC+08:00.
//!
//! A time of day exists only together with this zone. The zone of the host, and
//! daylight saving time anywhere, are irrelevant to the regulation.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// Seconds by which the policy zone (Asia/Shanghai) is ahead of UTC.
const OFFSET_S: i32 = 8 * 3600;

/// The policy zone, Asia/Shanghai (UTC+08:00, no daylight saving time).
pub fn zone() -> FixedOffset {
    // Eight hours lie inside the ±24 h that `FixedOffset` accepts.
    FixedOffset::east_opt(OFFSET_S).expect("UTC+08:00 is a valid offset")
}

/// The civil date of an instant in the policy zone.
pub fn day_of(instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&zone()).date_naive()
}

/// The instant of a civil date and time in the policy zone.
pub fn instant(civil: NaiveDateTime) -> DateTime<Utc> {
    civil.and_utc() - chrono::TimeDelta::seconds(i64::from(OFFSET_S))
}

/// The instant of `hour:minute` on `day` in the policy zone.
///
/// ```
/// use duban::calendar::civil;
/// let day = chrono::NaiveDate::from_ymd_opt(2026, 10, 8).unwrap();
/// assert_eq!(civil::at(day, 9, 0).to_rfc3339(), "2026-10-08T01:00:00+00:00");
/// ```
///
/// An hour above 23 or a minute above 59 gives midnight.
pub fn at(day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    instant(day.and_time(NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or(NaiveTime::MIN)))
}

/// 24:00 of `day`: the first instant that no longer belongs to it.
pub fn end_of(day: NaiveDate) -> DateTime<Utc> {
    at(day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX), 0, 0)
}

/// An instant as ISO 8601 with `+08:00`, to the second.
pub fn iso(instant: DateTime<Utc>) -> String {
    instant.with_timezone(&zone()).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
