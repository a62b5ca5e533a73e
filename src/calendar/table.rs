//! The table itself: two look-ups answer any count.
//!
//! A day's slot is computed from year and ordinal alone, so every year takes 366
//! slots; the last one of a common year repeats the day before. Slot 0 stands
//! for the day before the first, so that a slot always has one before it.

use chrono::{Datelike, NaiveDate};

use super::{FIRST_YEAR, LAST_YEAR};

const SLOTS_A_YEAR: usize = 366;
const SLOTS: usize = 1 + (LAST_YEAR - FIRST_YEAR + 1) as usize * SLOTS_A_YEAR;
/// Stands above every slot.
const NEVER: u16 = u16::MAX;

/// Where a day's span stands. Later days have higher slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot(u16);

impl Slot {
    /// The slot of a day, or nothing outside the years of the table.
    #[inline]
    pub(super) fn of(day: NaiveDate) -> Option<Slot> {
        let covered = (FIRST_YEAR..=LAST_YEAR).contains(&day.year());
        covered.then(|| Slot::of_ordinal(day.year(), day.ordinal()))
    }

    /// The slot of a year's day counted from 1; the year must be one of the table.
    #[inline]
    pub(super) fn of_ordinal(year: i32, ordinal: u32) -> Slot {
        // 97 years of 366 slots and one more fit into 16 bits.
        Slot((year - FIRST_YEAR) as u16 * SLOTS_A_YEAR as u16 + ordinal as u16)
    }

    /// The slot before; the first day of the table still has one.
    #[inline]
    pub(super) fn before(self) -> Slot {
        Slot(self.0.saturating_sub(1))
    }
}

/// What is known of a day, looking back and ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Working days up to the day, itself included.
    pub(super) through: u16,
    /// The first slot after the day whose year is not known.
    unknown_after: u16,
    /// The first slot after the day that a missing file may yet rule.
    unsure_after: u16,
}

impl Span {
    /// Whether a day after this one, up to `last`, lies in a year not known.
    #[inline]
    pub(super) fn provisional(self, last: Slot) -> bool {
        self.unknown_after <= last.0
    }

    /// Whether a missing file may yet rule a day after this one, up to `last`.
    #[inline]
    pub(super) fn strict_provisional(self, last: Slot) -> bool {
        self.unsure_after <= last.0
    }
}

/// What the table is made from, asked for each day once.
pub(super) struct DayFacts {
    /// Whether the day is worked.
    pub(super) works: bool,
    /// Whether its year is known.
    pub(super) known: bool,
    /// Whether no missing file may rule it.
    pub(super) sure: bool,
}

/// Spans by slot and the working days in order.
#[derive(Clone, Debug)]
pub(super) struct Table {
    spans: Vec<Span>,
    worked: Vec<(NaiveDate, Slot)>,
}

impl Table {
    /// Asks for the facts of each day and makes the table.
    pub(super) fn new(facts: impl Fn(NaiveDate) -> DayFacts) -> Table {
        let mut spans = vec![Span { through: 0, unknown_after: NEVER, unsure_after: NEVER }; SLOTS];
        let mut worked = Vec::new();
        let mut open = Vec::with_capacity(SLOTS);
        for (year, ordinal) in (FIRST_YEAR..=LAST_YEAR).flat_map(|year| (1..=366).map(move |ordinal| (year, ordinal))) {
            let slot = Slot::of_ordinal(year, ordinal);
            let day = NaiveDate::from_yo_opt(year, ordinal).map(|day| (day, facts(day)));
            if let Some((date, DayFacts { works: true, .. })) = day {
                worked.push((date, slot));
            }
            spans[usize::from(slot.0)].through = worked.len() as u16;
            open.push(day.map_or((false, false), |(_, facts)| (!facts.known, !facts.sure)));
        }
        look_back(&mut spans, &open);
        Table { spans, worked }
    }

    /// The span of a slot.
    #[inline]
    pub(super) fn span(&self, slot: Slot) -> Span {
        self.spans[usize::from(slot.0)]
    }

    /// The working day at `position`, counted from 1.
    #[inline]
    pub(super) fn worked(&self, position: usize) -> Option<(NaiveDate, Slot)> {
        self.worked.get(position.checked_sub(1)?).copied()
    }
}

/// Fills in, from the last day to the first, what lies ahead of each.
fn look_back(spans: &mut [Span], open: &[(bool, bool)]) {
    let (mut unknown, mut unsure) = (NEVER, NEVER);
    for (before, (is_unknown, is_unsure)) in open.iter().enumerate().rev() {
        let slot = (before + 1) as u16;
        unknown = if *is_unknown { slot } else { unknown };
        unsure = if *is_unsure { slot } else { unsure };
        spans[before].unknown_after = unknown;
        spans[before].unsure_after = unsure;
    }
}
