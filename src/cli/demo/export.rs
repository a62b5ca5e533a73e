//! The shipped export with its dates placed around a morning.

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar::{Calendar, CalendarError, Workdays, civil};

/// The export as shipped: `{w-3 09:12:00}` is a time on the third working day
/// before the demo's morning, `{w-3 %Y%m%d}` that day in a format.
const SHIPPED: &str = include_str!("../../../config/demo/export.csv");

/// Why the export cannot be placed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A place that is not of the form `{w-3 09:12:00}`.
    #[error("config/demo/export.csv: line {line}: `{place}` is no place in time; write {{w-3 09:12:00}}")]
    Place { line: usize, place: String },
    /// The calendar does not reach so far.
    #[error("config/demo/export.csv: line {line}")]
    Calendar { line: usize, source: CalendarError },
}

/// The demo's morning: 08:59:50 of the last working day up to today.
///
/// # Errors
///
/// When today lies outside the calendar's years.
pub fn morning(calendar: &Calendar, now: DateTime<Utc>) -> Result<DateTime<Utc>, CalendarError> {
    let day = calendar.nth_workday_back(civil::day_of(now), Workdays(1))?.value;
    Ok(civil::at(day, 8, 59) + chrono::TimeDelta::seconds(50))
}

/// The export with every date placed around `day`.
///
/// # Errors
///
/// When the shipped file is at fault, or the calendar does not reach so far.
pub fn around(day: NaiveDate, calendar: &Calendar) -> Result<String, ExportError> {
    let mut out = String::with_capacity(SHIPPED.len() * 2);
    let mut rest = SHIPPED;
    let mut line = 1;
    while let Some((before, after)) = rest.split_once('{') {
        line += before.matches('\n').count();
        out.push_str(before);
        let fault = |place: &str| ExportError::Place { line, place: place.into() };
        let (place, after) = after.split_once('}').ok_or_else(|| fault(""))?;
        let (days, form) = place.split_once(' ').ok_or_else(|| fault(place))?;
        let days: i32 = days.strip_prefix('w').and_then(|n| n.parse().ok()).ok_or_else(|| fault(place))?;
        let date = workday(calendar, day, days).map_err(|source| ExportError::Calendar { line, source })?;
        if form.contains('%') {
            out.push_str(&date.format(form).to_string());
        } else {
            out.push_str(&format!("{date} {form}"));
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn workday(calendar: &Calendar, day: NaiveDate, days: i32) -> Result<NaiveDate, CalendarError> {
    let n = Workdays(days.unsigned_abs());
    let counted = match days {
        0 => return Ok(day),
        1.. => calendar.nth_workday_after(day, n)?,
        _ => calendar.nth_workday_back(day, Workdays(n.0 + 1))?,
    };
    Ok(counted.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::embedded;

    #[test]
    fn around_places_every_date_of_the_shipped_export() {
        let calendar = Calendar::new(&embedded().unwrap(), &[]).unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 10, 12).unwrap();
        let text = around(day, &calendar).unwrap();
        assert!(!text.contains('{') && !text.contains('}'));
        // Two working days before Monday 12 October are the make-up Saturday and Friday.
        assert!(text.contains("2026-10-09 09:12:00"), "the make-up day counts");
        assert!(text.contains("20261010A"), "numbers begin with the day of receipt");
    }

    #[test]
    fn morning_is_always_on_a_working_day() {
        let calendar = Calendar::new(&embedded().unwrap(), &[]).unwrap();
        let holiday = civil::at(NaiveDate::from_ymd_opt(2026, 10, 5).unwrap(), 23, 0);
        assert_eq!(civil::iso(morning(&calendar, holiday).unwrap()), "2026-09-30T08:59:50+08:00");
    }
}
