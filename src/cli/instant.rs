//! Instants as people write them on a command line or in a table.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::calendar::civil;

/// What is read without an offset, the longest first.
const FORMS: [&str; 5] =
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H"];

/// An instant in ISO 8601: with its offset, or in Beijing time; a date alone is
/// its midnight.
///
/// # Errors
///
/// When the text is none of these, in words for the operator.
pub fn parse(text: &str) -> Result<DateTime<Utc>, String> {
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.to_utc());
    }
    let civil_time = FORMS.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let midnight = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN));
    civil_time
        .or_else(midnight)
        .filter(|time| (1900..=2200).contains(&chrono::Datelike::year(time)))
        .map(civil::instant)
        .ok_or_else(|| format!("`{text}` is not an instant; write 2026-09-30T15:05:00+08:00"))
}

/// An end as a clerk writes it: `2026-10-13 24:00`, not the midnight after it.
pub fn end(instant: DateTime<Utc>) -> String {
    let local = instant.with_timezone(&civil::zone());
    match local.time() {
        NaiveTime::MIN => format!("{} 24:00", civil::day_of(instant - chrono::TimeDelta::seconds(1))),
        _ => minute(instant),
    }
}

/// An instant to the minute: `2026-10-13 09:00`.
pub fn minute(instant: DateTime<Utc>) -> String {
    instant.with_timezone(&civil::zone()).format("%Y-%m-%d %H:%M").to_string()
}

/// For serde: an instant in ISO 8601 with `+08:00`.
///
/// # Errors
///
/// When the writer fails.
pub fn iso<S: serde::Serializer>(instant: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&civil::iso(*instant))
}

/// For serde: an instant in ISO 8601 with `+08:00`, or null.
///
/// # Errors
///
/// When the writer fails.
pub fn iso_or_null<S: serde::Serializer>(instant: &Option<DateTime<Utc>>, to: S) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => iso(instant, to),
        None => to.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_takes_an_offset_or_beijing_time() {
        let same = "2026-09-30T07:05:00Z";
        for text in ["2026-09-30T15:05:00+08:00", "2026-09-30 15:05", "2026-09-30T15:05:00", " 2026-09-30 15:05:00 "] {
            assert_eq!(parse(text), parse(same), "{text}");
        }
        assert_eq!(parse("2026-09-30").map(civil::iso), Ok("2026-09-30T00:00:00+08:00".to_owned()));
    }

    #[test]
    fn parse_refuses_what_is_no_instant() {
        for text in ["", "tomorrow", "2026-02-30", "2026-09-30 25:00", "+262143-01-01", "20260930"] {
            assert!(parse(text).is_err_and(|what| what.contains("is not an instant")), "{text}");
        }
    }
}
