//! Whether a holiday fits itself, the almanac and the other holidays.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};

use super::{
    ClauseFault, Faulty,
    festival::Festival,
    holiday::{Holiday, Ruled},
};
use crate::calendar::yearfile::is_weekend;

/// A make-up day lies at most so far from its holiday; the farthest so far was
/// 11 days before it (2026-09-20).
const NEAR_D: i64 = 14;

/// Checks one holiday that a clause arranges as a whole.
///
/// # Errors
///
/// The first fault, with the clause it stands in.
pub(super) fn check(holiday: &Holiday, year: i32) -> Result<(), Faulty> {
    let whole = |fault| Faulty::new(&holiday.clause, fault);
    let off = days_off(holiday)?;
    let (Some(first), Some(last)) = (off.first(), off.last()) else { return Err(whole(ClauseFault::NoDayOff)) };
    if let Some(until) = &holiday.until {
        return Err(Faulty::new(&until.clause, ClauseFault::NothingSaid(until.date)));
    }
    statutory(&holiday.festivals, year, &off).map_err(whole)?;
    no_gap(&off).map_err(whole)?;
    resumes_after(holiday, *last)?;
    for ruled in &holiday.worked {
        make_up(ruled, &off, *first, *last).map_err(|fault| Faulty::new(&ruled.clause, fault))?;
    }
    if let Some(clause) = holiday.no_swap.as_ref().filter(|_| !holiday.worked.is_empty()) {
        return Err(Faulty::new(clause, ClauseFault::NoSwap));
    }
    balance(holiday, year, &off).map_err(whole)
}

/// Checks that no day is ruled by two holidays, or twice by one.
///
/// # Errors
///
/// The clause that rules it the second time.
pub(super) fn apart(holidays: &[Holiday]) -> Result<(), Faulty> {
    let (mut ruled, mut festivals) = (BTreeSet::new(), BTreeSet::new());
    for holiday in holidays {
        for festival in &holiday.festivals {
            if !festivals.insert(*festival) {
                return Err(Faulty::new(&holiday.clause, ClauseFault::FestivalTwice(festival.name())));
            }
        }
        for day in holiday.off.iter().chain(&holiday.worked) {
            if !ruled.insert(day.date) {
                return Err(Faulty::new(&day.clause, ClauseFault::Twice(day.date)));
            }
        }
    }
    Ok(())
}

/// Checks that work begins again on the first day that is no rest day.
///
/// # Errors
///
/// The clause that says otherwise.
pub(super) fn resumes_after(holiday: &Holiday, last: NaiveDate) -> Result<(), Faulty> {
    let Some(resumes) = &holiday.resumes else { return Ok(()) };
    let made_up = |day: NaiveDate| holiday.worked.iter().any(|ruled| ruled.date == day);
    let next = last.iter_days().skip(1).find(|day| !is_weekend(*day) || made_up(*day));
    match next == Some(resumes.date) {
        true => Ok(()),
        false => Err(Faulty::new(&resumes.clause, ClauseFault::Resumes(resumes.date))),
    }
}

fn days_off(holiday: &Holiday) -> Result<BTreeSet<NaiveDate>, Faulty> {
    let mut off = BTreeMap::new();
    for ruled in &holiday.off {
        if off.insert(ruled.date, ()).is_some() {
            return Err(Faulty::new(&ruled.clause, ClauseFault::Twice(ruled.date)));
        }
    }
    Ok(off.into_keys().collect())
}

/// Checks that the statutory days of the festivals are off.
///
/// # Errors
///
/// The first that is not.
pub(super) fn statutory(festivals: &[Festival], year: i32, off: &BTreeSet<NaiveDate>) -> Result<(), ClauseFault> {
    for festival in festivals {
        if let Some(date) = festival.statutory(year).into_iter().find(|day| !off.contains(day)) {
            return Err(ClauseFault::Statutory { festival: festival.name(), date });
        }
    }
    Ok(())
}

fn no_gap(off: &BTreeSet<NaiveDate>) -> Result<(), ClauseFault> {
    let pairs = off.iter().zip(off.iter().skip(1));
    match pairs.into_iter().find(|(day, next)| **next - **day != TimeDelta::days(1)) {
        Some((day, _)) => Err(ClauseFault::Gap(*day)),
        None => Ok(()),
    }
}

fn make_up(ruled: &Ruled, off: &BTreeSet<NaiveDate>, first: NaiveDate, last: NaiveDate) -> Result<(), ClauseFault> {
    let date = ruled.date;
    let distance = if date < first { first - date } else { date - last };
    match () {
        () if off.contains(&date) => Err(ClauseFault::Twice(date)),
        () if !is_weekend(date) => Err(ClauseFault::NoRestDay(date)),
        () if distance.num_days() > NEAR_D => Err(ClauseFault::FarAway(date)),
        () => Ok(()),
    }
}

/// A holiday moves rest days and makes none: of the weekdays off, those that are
/// not given by the regulation are made up. A statutory day on a weekend is made
/// good by a weekday.
fn balance(holiday: &Holiday, year: i32, off: &BTreeSet<NaiveDate>) -> Result<(), ClauseFault> {
    let weekdays = count(off.iter().filter(|day| !is_weekend(**day)).count());
    let statutory = count(holiday.festivals.iter().map(|festival| festival.statutory(year).len()).sum());
    let made_up = count(holiday.worked.len());
    match weekdays == statutory + made_up {
        true => Ok(()),
        false => Err(ClauseFault::Balance { weekdays, statutory, made_up }),
    }
}

/// Fewer than a hundred days are ever counted.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
