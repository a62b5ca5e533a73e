//! The holidays that a count skipped and the make-up days that it took, by name.

use chrono::{Datelike, NaiveDate};

use crate::{
    calendar::{Calendar, CalendarError, Why},
    rules::proof::ProofDay,
};

/// A run of days with one reason: `国庆节10月1日至7日`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    name: String,
    first: NaiveDate,
    last: NaiveDate,
}

/// What stood out in a count.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Skipped {
    /// Holidays and local closures that were not counted.
    pub holidays: Vec<String>,
    /// Weekend days that were counted because they are worked.
    pub make_up: Vec<String>,
    /// Weekend days that were not counted.
    pub weekend_days: usize,
}

/// Sums up a proof.
///
/// # Errors
///
/// When a day lies outside the calendar's years.
pub fn of(proof: &[ProofDay], calendar: &Calendar) -> Result<Skipped, CalendarError> {
    let (mut off, mut on, mut weekend_days) = (Vec::new(), Vec::new(), 0);
    for day in proof {
        match (calendar.day(day.date)?.why, day.counted) {
            (Why::Holiday(name) | Why::Closed(name), None) => extend(&mut off, name, day.date),
            (Why::MakeUp(name), Some(_)) => extend(&mut on, format!("{name}调休"), day.date),
            (Why::Opened(name), Some(_)) => extend(&mut on, name, day.date),
            (Why::Weekend, None) => weekend_days += 1,
            // Natural days count them all, and a weekday is no news.
            (Why::Holiday(_) | Why::Closed(_) | Why::Weekend, Some(_)) => {}
            (Why::MakeUp(_) | Why::Opened(_), None) | (Why::Weekday, _) => {}
        }
    }
    let texts = |runs: Vec<Run>| runs.iter().map(Run::text).collect();
    Ok(Skipped { holidays: texts(off), make_up: texts(on), weekend_days })
}

fn extend(runs: &mut Vec<Run>, name: String, date: NaiveDate) {
    match runs.last_mut() {
        Some(run) if run.name == name && run.last.succ_opt() == Some(date) => run.last = date,
        _ => runs.push(Run { name, first: date, last: date }),
    }
}

impl Run {
    fn text(&self) -> String {
        let day = |date: NaiveDate| format!("{}月{}日", date.month(), date.day());
        let Run { name, first, last } = self;
        match (first == last, first.month() == last.month()) {
            (true, _) => format!("{name}{}", day(*first)),
            (false, true) => format!("{name}{}至{}日", day(*first), last.day()),
            (false, false) => format!("{name}{}至{}", day(*first), day(*last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calendar::embedded,
        rules::{Count, Deadline, Rules, proof},
    };

    fn skipped(start: &str, days: u32) -> Skipped {
        let calendar = Calendar::new(&embedded().unwrap(), &[]).unwrap();
        let end_of_day = Rules::embedded().unwrap().conclusion.end_of_day;
        let deadline = Deadline::count(&calendar, start.parse().unwrap(), Count::Workdays(days), end_of_day).unwrap();
        of(&proof::days(&deadline, &calendar).unwrap(), &calendar).unwrap()
    }

    #[test]
    fn skipped_names_both_holidays_of_autumn_2026_and_the_make_up_day() {
        let skipped = skipped("2026-09-24", 10);
        assert_eq!(skipped.holidays, ["中秋节9月25日至27日", "国庆节10月1日至7日"]);
        assert_eq!(skipped.make_up, ["国庆节调休10月10日"]);
        assert_eq!(skipped.weekend_days, 1);
    }

    #[test]
    fn skipped_writes_one_day_and_a_span_over_two_months() {
        assert_eq!(skipped("2025-12-31", 1).holidays, ["元旦1月1日至3日"]);
        assert_eq!(skipped("2024-12-31", 1).holidays, ["元旦1月1日"]);
        assert_eq!(skipped("2025-01-24", 5).holidays, ["春节1月28日至2月4日"]);
    }
}
