//! Several files made one: what each day is, and who says so.
//!
//! The strongest word on a day is an overlay's, then that of any year file,
//! whichever year it is for, then the weekday's.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use sha2::{Digest, Sha256};

use super::{
    CalendarError, Day, Overlay, Why, YearFile,
    table::DayFacts,
    yearfile::{is_last_week, is_weekend},
};

/// What the files say, and which years they make known.
#[derive(Clone, Debug)]
pub(super) struct Arrangement {
    years: BTreeMap<i32, Vec<String>>,
    official: BTreeMap<NaiveDate, Ruling>,
    local: BTreeMap<NaiveDate, Ruling>,
}

/// One file's word on one day.
#[derive(Clone, Debug)]
struct Ruling {
    works: bool,
    name: String,
    file: String,
    year: i32,
}

impl Arrangement {
    /// Lays the files over each other.
    ///
    /// # Errors
    ///
    /// When two files rule one year, or say different things of one day.
    pub(super) fn new(files: &[YearFile], overlays: &[Overlay]) -> Result<Arrangement, CalendarError> {
        let mut all = Arrangement { years: BTreeMap::new(), official: BTreeMap::new(), local: BTreeMap::new() };
        let mut loaded: Vec<&YearFile> = files.iter().filter(|file| !file.is_empty()).collect();
        loaded.sort_by_key(|file| file.year());
        if let Some(pair) = loaded.windows(2).find(|pair| pair[0].year() == pair[1].year()) {
            let (file, other) = (pair[1].file().to_owned(), pair[0].file().to_owned());
            return Err(CalendarError::YearTwice { file, other, year: pair[0].year() });
        }
        for file in loaded {
            all.years.insert(file.year(), file.papers().to_vec());
            for day in file.days() {
                let (name, year) = (day.name.clone(), file.year());
                let ruling = Ruling { works: day.works, name, file: file.file().to_owned(), year };
                keep(&mut all.official, day.date, day.line, ruling)?;
            }
        }
        for file in overlays {
            for day in file.days() {
                let (name, year) = (day.reason.clone(), day.date.year());
                let ruling = Ruling { works: day.works, name, file: file.file().to_owned(), year };
                keep(&mut all.local, day.date, day.line, ruling)?;
            }
        }
        Ok(all)
    }

    /// What the table needs of a day.
    pub(super) fn facts(&self, day: NaiveDate) -> DayFacts {
        let known = self.knows(day.year());
        let sure = known && (!is_last_week(day) || self.knows(day.year() + 1));
        let ruling = self.local.get(&day).or_else(|| self.official.get(&day));
        DayFacts { works: ruling.map_or(!is_weekend(day), |ruling| ruling.works), known, sure }
    }

    /// The day with the reason why it is worked or not.
    pub(super) fn day(&self, date: NaiveDate) -> Day {
        let DayFacts { works, known, .. } = self.facts(date);
        let why = match (self.local.get(&date), self.official.get(&date)) {
            (Some(local), _) if works => Why::Opened(local.name.clone()),
            (Some(local), _) => Why::Closed(local.name.clone()),
            (None, Some(ruling)) if !works => Why::Holiday(ruling.name.clone()),
            // Not every listed working day is a make-up day: 2020-02-03 was a Monday.
            (None, Some(ruling)) if is_weekend(date) => Why::MakeUp(ruling.name.clone()),
            (None, _) if works => Why::Weekday,
            (None, _) => Why::Weekend,
        };
        Day { date, works, why, known }
    }

    /// Whether a year's own file is loaded.
    pub(super) fn knows(&self, year: i32) -> bool {
        self.years.contains_key(&year)
    }

    /// The known years in order.
    pub(super) fn years(&self) -> impl DoubleEndedIterator<Item = i32> {
        self.years.keys().copied()
    }

    /// Whether an overlay rules the day.
    pub(super) fn is_local(&self, day: NaiveDate) -> bool {
        self.local.contains_key(&day)
    }

    /// The notices of the file that rules the day.
    pub(super) fn papers(&self, day: NaiveDate) -> &[String] {
        let year = self.official.get(&day).map_or(day.year(), |ruling| ruling.year);
        self.years.get(&year).map_or(&[], Vec::as_slice)
    }

    /// The known years and a digest of all that is ruled; equal content, equal text.
    pub(super) fn version(&self) -> String {
        let mut digest = Sha256::new();
        for year in self.years.keys() {
            digest.update(format!("{year}\n"));
        }
        for (mark, rulings) in [("official", &self.official), ("local", &self.local)] {
            for (day, ruling) in rulings {
                digest.update(format!("{mark} {day} {} {}\n", ruling.works, ruling.name));
            }
        }
        let local = if self.local.is_empty() { "" } else { "+local" };
        format!("{}{local} #{}", spans(self.years()), hex::encode(&digest.finalize()[..4]))
    }
}

/// Keeps the first word on a day and refuses one that contradicts it.
fn keep(
    rulings: &mut BTreeMap<NaiveDate, Ruling>,
    date: NaiveDate,
    line: usize,
    ruling: Ruling,
) -> Result<(), CalendarError> {
    match rulings.get(&date) {
        Some(other) if other.works != ruling.works => {
            Err(CalendarError::Contradiction { file: ruling.file, line, date, other: other.file.clone() })
        }
        Some(_) => Ok(()),
        None => {
            rulings.insert(date, ruling);
            Ok(())
        }
    }
}

/// Years as text, neighbours joined: `2018-2024,2026`.
fn spans(years: impl Iterator<Item = i32>) -> String {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for year in years {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == year => *last = year,
            _ => runs.push((year, year)),
        }
    }
    let texts = runs.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    let text = texts.collect::<Vec<String>>().join(",");
    if text.is_empty() { "none".to_owned() } else { text }
}
