//! A year whose working days nobody has announced yet (A34).

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use crate::{
    calendar::civil,
    notice::{Facts, Kind, Notice, Occurrence, Subject},
};

use super::{Plan, Policy, words};

/// calendar-missing: at once when a deadline needs an unknown year (`needed`:
/// year and number of tickets), and weekly from 1 December for the next year.
pub fn calendar_missing(policy: &Policy, needed: &BTreeMap<i32, u32>, now: DateTime<Utc>) -> Vec<(i32, Plan)> {
    let today = civil::day_of(now);
    let next = today.year() + 1;
    let mut years: BTreeMap<i32, u32> = needed.clone();
    years.entry(next).or_insert(0);
    years
        .into_iter()
        .filter(|(year, _)| !policy.calendar.knows(*year))
        .map(|(year, tickets)| (year, plan(year, tickets, now)))
        .collect()
}

fn plan(year: i32, tickets: u32, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan::default();
    if tickets > 0 {
        plan.notices.push(notice(year, tickets, Occurrence::Once, now));
    }
    let Some(first) = NaiveDate::from_ymd_opt(year - 1, 12, 1) else { return plan };
    let weeks = (civil::day_of(now) - first).num_days().div_euclid(7).max(-1);
    let at = |weeks: i64| civil::at(first + Days::new(u64::try_from(weeks * 7).unwrap_or(0)), 9, 0);
    let passed = if weeks >= 0 && at(weeks) > now { weeks - 1 } else { weeks };
    if passed >= 0 {
        plan.notices.push(notice(year, tickets, Occurrence::Due(at(passed)), at(passed)));
    }
    plan.wake(at(passed + 1));
    plan
}

fn notice(year: i32, tickets: u32, occurrence: Occurrence, due: DateTime<Utc>) -> Notice {
    let mut facts = Facts::new();
    facts.insert("year".into(), words::number(year));
    facts.insert("n".into(), words::number(tickets));
    facts.insert("notice_id".into(), words::text(format!("{}/{year}", Kind::CalendarMissing)));
    Notice { facts, ..Notice::new(Kind::CalendarMissing, Subject::Year(year), occurrence, due) }
}
