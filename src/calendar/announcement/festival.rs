//! The seven festivals, their names and their statutory days.

use chrono::{Days, NaiveDate};

use super::moon;

/// A festival of the whole people, in the order of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Festival {
    NewYear,
    Spring,
    Qingming,
    Labour,
    DragonBoat,
    MidAutumn,
    National,
}

/// How the notices call them; a longer name stands before its beginning.
const NAMES: [(&str, Festival); 13] = [
    ("元旦节", Festival::NewYear),
    ("元旦", Festival::NewYear),
    ("春节", Festival::Spring),
    ("清明节", Festival::Qingming),
    ("清明", Festival::Qingming),
    ("国际劳动节", Festival::Labour),
    ("劳动节", Festival::Labour),
    ("端午节", Festival::DragonBoat),
    ("端午", Festival::DragonBoat),
    ("中秋节", Festival::MidAutumn),
    ("中秋", Festival::MidAutumn),
    ("国庆节", Festival::National),
    ("国庆", Festival::National),
];

/// Words that may stand between the names of a joined holiday.
const JOINTS: [&str; 6] = ["、", ",", "和", "与", "及", "暨"];

impl Festival {
    /// All of them.
    pub(super) const ALL: [Festival; 7] = [
        Festival::NewYear,
        Festival::Spring,
        Festival::Qingming,
        Festival::Labour,
        Festival::DragonBoat,
        Festival::MidAutumn,
        Festival::National,
    ];

    /// The name in a year file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Festival::NewYear => "元旦",
            Festival::Spring => "春节",
            Festival::Qingming => "清明节",
            Festival::Labour => "劳动节",
            Festival::DragonBoat => "端午节",
            Festival::MidAutumn => "中秋节",
            Festival::National => "国庆节",
        }
    }

    /// The festival whose name `text` begins with, and what follows it.
    pub(super) fn at(text: &str) -> Option<(Festival, &str)> {
        NAMES.iter().find_map(|(name, festival)| Some((*festival, text.strip_prefix(name)?)))
    }

    /// The festivals that `text` begins with, and what follows the last.
    pub(super) fn joined_at(text: &str) -> (Vec<Festival>, &str) {
        let (mut all, mut rest, mut next) = (Vec::new(), text, text);
        while let Some((festival, after)) = Festival::at(next) {
            all.push(festival);
            rest = after;
            match JOINTS.iter().find_map(|joint| after.strip_prefix(joint)) {
                Some(after) => next = after,
                None => break,
            }
        }
        (all, rest)
    }

    /// The days that the regulation on festivals makes free, as of that year.
    pub(super) fn statutory(self, year: i32) -> Vec<NaiveDate> {
        let solar = |month| NaiveDate::from_ymd_opt(year, month, 1);
        let (first, days) = match self {
            Festival::NewYear => (solar(1), 1),
            Festival::Spring => spring(year),
            Festival::Qingming => (moon::qingming(year), 1),
            // The regulation was changed on 2024-11-10: two days from 2025 on.
            Festival::Labour if year >= 2025 => (solar(5), 2),
            Festival::Labour => (solar(5), 1),
            Festival::DragonBoat => (moon::dragon_boat(year), 1),
            Festival::MidAutumn => (moon::mid_autumn(year), 1),
            Festival::National => (solar(10), 3),
        };
        first.map(|first| first.iter_days().take(days).collect()).unwrap_or_default()
    }
}

/// The eve belonged to the statutory days up to 2013, and again from 2025 on.
fn spring(year: i32) -> (Option<NaiveDate>, usize) {
    let first = moon::new_year(year);
    let eve = first.and_then(|first| first.checked_sub_days(Days::new(1)));
    match year {
        ..=2013 => (eve, 3),
        2014..=2024 => (first, 3),
        2025.. => (eve, 4),
    }
}

/// The name of one holiday for one or more festivals.
pub(super) fn joined(festivals: &[Festival]) -> String {
    festivals.iter().map(|festival| festival.name()).collect::<Vec<&str>>().join("、")
}
