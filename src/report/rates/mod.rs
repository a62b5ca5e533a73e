//! The five rates of art. 7(2), by unit and over all (A29).
//!
//! Every rate is a numerator over a denominator of tickets, with the tickets that
//! count against it and those that were left out, each with its reason, so that a
//! unit can check its figure ticket by ticket. A rate is as of an instant, the
//! cut: what was not known by then is not counted, and a limit that has not ended
//! by then is pending. Each round of a ticket counts by itself, for the unit that
//! held it; a doubled row counts once.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};

use crate::{notice::Period, rules::rates::Rates, ticket::TicketNo};

mod course;
mod decimal;
mod judge;

pub use course::{Contact, Course, DESK, Done, Excluded, Out, unit_name};
pub use decimal::{NONE, Share};
use judge::Judge;
pub use judge::Verdict;

/// One of the five rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rate {
    FirstContact,
    Handling,
    Conclusion,
    Feedback,
    Satisfaction,
}

impl Rate {
    /// The five, in the order of the regulation.
    pub const ALL: [Rate; 5] =
        [Rate::FirstContact, Rate::Handling, Rate::Conclusion, Rate::Feedback, Rate::Satisfaction];

    /// The rate's stable name.
    pub fn id(self) -> &'static str {
        match self {
            Rate::FirstContact => "first_contact",
            Rate::Handling => "handling",
            Rate::Conclusion => "conclusion",
            Rate::Feedback => "feedback",
            Rate::Satisfaction => "satisfaction",
        }
    }

    /// The rate as the regulation calls it.
    pub fn chinese(self) -> &'static str {
        match self {
            Rate::FirstContact => "先行联系率",
            Rate::Handling => "及时处置率",
            Rate::Conclusion => "及时办结率",
            Rate::Feedback => "处理反馈率",
            Rate::Satisfaction => "市民满意率",
        }
    }
}

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl From<Period> for Span {
    fn from(period: Period) -> Self {
        Self { from: period.first(), to: period.last() }
    }
}

/// One rate of one unit, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub share: Share,
    /// Tickets that count for less than one, in the order of their numbers.
    pub against: Vec<TicketNo>,
    /// Tickets that would belong here and are not counted.
    pub left_out: Vec<(TicketNo, Out)>,
}

impl Tally {
    fn add(&mut self, no: &TicketNo, verdict: Verdict) {
        match verdict {
            Verdict::Elsewhere => {}
            Verdict::Left(out) => self.left_out.push((no.clone(), out)),
            Verdict::Counts(hundredths) => {
                self.share.of += 1;
                self.share.hundredths += u64::from(hundredths);
                if hundredths < 100 {
                    self.against.push(no.clone());
                }
            }
        }
    }

    fn sort(&mut self) {
        self.against.sort();
        self.left_out.sort();
    }
}

/// The five rates of one unit, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Five {
    tallies: [Tally; 5],
}

impl Five {
    /// One of them.
    pub fn of(&self, rate: Rate) -> &Tally {
        &self.tallies[rate as usize]
    }
}

/// A unit's rates and the place of each among the units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRates {
    pub unit: Arc<str>,
    pub rates: Five,
    /// 1 is the best; equal rates share a place. `None` for a rate of nothing, and
    /// for the desk.
    ranks: [Option<usize>; 5],
}

impl UnitRates {
    /// The place of one of its rates.
    pub fn rank(&self, rate: Rate) -> Option<usize> {
        self.ranks[rate as usize]
    }
}

/// The rates of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatesReport {
    pub span: Span,
    pub cut: DateTime<Utc>,
    pub all: Five,
    /// By name.
    pub units: Vec<UnitRates>,
}

/// Counts rates, ticket by ticket.
#[derive(Debug)]
pub struct Count<'a> {
    judge: Judge<'a>,
    all: Five,
    units: BTreeMap<Arc<str>, Five>,
}

impl<'a> Count<'a> {
    /// Nothing is counted yet.
    pub fn new(rates: &'a Rates, span: Span, cut: DateTime<Utc>) -> Self {
        Self { judge: Judge { rates, span, cut }, all: Five::default(), units: BTreeMap::new() }
    }

    /// Counts a ticket, with all its rounds.
    pub fn add(&mut self, rounds: &[Course]) {
        for course in rounds {
            for rate in Rate::ALL {
                self.put(rate, course, self.judge.of_duty(rate, course));
            }
        }
        if let Some((place, verdict)) = self.judge.satisfaction(rounds) {
            self.put(Rate::Satisfaction, &rounds[place], verdict);
        }
    }

    fn put(&mut self, rate: Rate, course: &Course, verdict: Verdict) {
        if verdict == Verdict::Elsewhere {
            return;
        }
        self.all.tallies[rate as usize].add(&course.no, verdict);
        let unit = self.units.entry(course.unit.clone()).or_default();
        unit.tallies[rate as usize].add(&course.no, verdict);
    }

    /// The rates, with the places of the units.
    pub fn done(self) -> RatesReport {
        let Self { judge, mut all, units } = self;
        all.tallies.iter_mut().for_each(Tally::sort);
        let mut units: Vec<UnitRates> =
            units.into_iter().map(|(unit, rates)| UnitRates { unit, rates, ranks: [None; 5] }).collect();
        for unit in &mut units {
            unit.rates.tallies.iter_mut().for_each(Tally::sort);
        }
        for rate in Rate::ALL {
            rank(rate, &mut units);
        }
        RatesReport { span: judge.span, cut: judge.cut, all, units }
    }
}

/// Gives each unit its place for a rate.
fn rank(rate: Rate, units: &mut [UnitRates]) {
    let share = |unit: &UnitRates| unit.rates.of(rate).share;
    let ranked = |unit: &UnitRates| share(unit).of > 0 && &*unit.unit != DESK;
    let shares: Vec<Share> = units.iter().filter(|unit| ranked(unit)).map(share).collect();
    for unit in units.iter_mut().filter(|unit| ranked(unit)) {
        let better = shares.iter().filter(|other| other.compare(share(unit)).is_gt()).count();
        unit.ranks[rate as usize] = Some(better + 1);
    }
}

#[cfg(test)]
mod tests;
