//! A second opinion on the official arrangement.
//!
//! The crate `chinese_holiday` is kept by others from the same notices. It never
//! feeds the table; where it differs, one of the two has a slip, and a person
//! should read the notice. It panics outside its own range, so each question is
//! checked first.

use chrono::{Datelike, NaiveDate};

use super::arrangement::Arrangement;

/// What the crate covers, as (year, month, day).
const FIRST: (i32, u32, u32) = (2004, 1, 1);
const LAST: (i32, u32, u32) = (2026, 12, 25);

/// Days on which the crate is known to be wrong and the notices are clear.
const KNOWN_WRONG: [(i32, u32, u32); 2] = [(2016, 10, 9), (2016, 12, 30)];

/// What a comparison with `chinese_holiday` gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondOpinion {
    /// How many days were compared: those of known years within the crate's range.
    pub compared: usize,
    /// The last year of which the crate knows anything.
    pub last: i32,
    /// The days on which the two differ, in order.
    pub differing: Vec<Difference>,
}

/// A day on which calendar and crate differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The day.
    pub date: NaiveDate,
    /// Whether our calendar says that it is worked; the crate says the opposite.
    pub works: bool,
}

/// Compares every day of the known years that the crate covers.
pub(super) fn compare(arrangement: &Arrangement) -> SecondOpinion {
    let days = arrangement.years().flat_map(|year| (1..=366).filter_map(move |day| NaiveDate::from_yo_opt(year, day)));
    let days = days.filter(|day| !arrangement.is_local(*day));
    let mut opinion = SecondOpinion { compared: 0, last: LAST.0, differing: Vec::new() };
    for (date, theirs) in days.filter_map(|day| theirs(day).map(|works| (day, works))) {
        opinion.compared += 1;
        let works = arrangement.facts(date).works;
        if works != theirs {
            opinion.differing.push(Difference { date, works });
        }
    }
    opinion
}

/// What the crate says of a day, where it can be asked and believed.
fn theirs(day: NaiveDate) -> Option<bool> {
    let asked = (day.year(), day.month(), day.day());
    match (FIRST..=LAST).contains(&asked) && !KNOWN_WRONG.contains(&asked) {
        true => Some(chinese_holiday::chinese_holiday(&day).is_workday()),
        false => None,
    }
}
