//! Where the festivals of moon and sun fall, 2004 to 2100.
//!
//! A table and no astronomy: two public almanacs gave the same days, and those
//! of 2018 to 2026 agree with the notices.

use chrono::{Datelike, Days, NaiveDate};

use crate::calendar::{FIRST_YEAR, LAST_YEAR};

/// A day of the lunar calendar, as far as the notices name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LunarDay {
    /// The month, 1 to 12.
    pub(super) month: u32,
    /// The day; `None` is the last of the twelfth month, 除夕.
    pub(super) day: Option<u32>,
}

/// The first day of the lunar year that begins in `year`.
pub(super) fn new_year(year: i32) -> Option<NaiveDate> {
    ordinal(&NEW_YEAR, year)
}

/// 端午, the fifth of the fifth month.
pub(super) fn dragon_boat(year: i32) -> Option<NaiveDate> {
    ordinal(&DRAGON_BOAT, year)
}

/// 中秋, the fifteenth of the eighth month.
pub(super) fn mid_autumn(year: i32) -> Option<NaiveDate> {
    ordinal(&MID_AUTUMN, year)
}

/// 清明, a day of April that the sun gives.
pub(super) fn qingming(year: i32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, 4, u32::from(at(&QINGMING, year)?))
}

/// Whether `date` is that day of the moon; `None` where the table cannot say.
pub(super) fn agrees(date: NaiveDate, lunar: LunarDay) -> Option<bool> {
    let year = date.year();
    let nth = |first: NaiveDate, day: u32| first.checked_add_days(Days::new(u64::from(day))) == Some(date);
    match (lunar.month, lunar.day) {
        (12, None) => Some(date.succ_opt() == new_year(year)),
        // The twelfth month has 29 or 30 days.
        (12, Some(day)) => {
            let back = |length: u64| new_year(year)?.checked_sub_days(Days::new(length));
            Some([29, 30].into_iter().filter_map(back).any(|first| nth(first, day - 1)))
        }
        (1, Some(day)) => Some(nth(new_year(year)?, day - 1)),
        (5, Some(day)) => Some(nth(dragon_boat(year)?.checked_sub_days(Days::new(5))?, day)),
        (8, Some(day)) => Some(nth(mid_autumn(year)?.checked_sub_days(Days::new(15))?, day)),
        _ => None,
    }
}

fn ordinal(table: &[u16], year: i32) -> Option<NaiveDate> {
    NaiveDate::from_yo_opt(year, u32::from(at(table, year)?))
}

fn at(table: &[u16], year: i32) -> Option<u16> {
    table.get(usize::try_from(year.checked_sub(FIRST_YEAR)?).ok()?).copied()
}

/// How many years the tables hold.
const YEARS: usize = (LAST_YEAR - FIRST_YEAR + 1) as usize;

/// The day of the year on which the lunar year begins, from 2004 on.
#[rustfmt::skip]
const NEW_YEAR: [u16; YEARS] = [
    22, 40, 29, 49, 38, 26, 45, 34, 23, 41, 31, 50, 39, 28, 47, 36, 25, 43, 32, 22, 41, 29, 48, 37, 26, 44, 34, 23,
    42, 31, 50, 39, 28, 46, 35, 24, 43, 32, 22, 41, 30, 48, 37, 26, 45, 33, 23, 42, 32, 50, 39, 28, 46, 35, 24, 43,
    33, 21, 40, 29, 48, 36, 26, 45, 34, 23, 42, 31, 50, 38, 27, 46, 36, 24, 43, 33, 22, 40, 29, 48, 37, 26, 45, 34,
    24, 41, 30, 49, 38, 27, 46, 36, 25, 43, 32, 21, 40,
];

/// The day of April.
#[rustfmt::skip]
const QINGMING: [u16; YEARS] = [
    4, 5, 5, 5, 4, 4, 5, 5, 4, 4, 5, 5, 4, 4, 5, 5, 4, 4, 5, 5, 4, 4, 5, 5, 4, 4, 5, 5, 4, 4, 5, 5, 4, 4, 5, 5, 4, 4,
    4, 5, 4, 4, 4, 5, 4, 4, 4, 5, 4, 4, 4, 5, 4, 4, 4, 5, 4, 4, 4, 5, 4, 4, 4, 5, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5,
];

/// The day of the year.
#[rustfmt::skip]
const DRAGON_BOAT: [u16; YEARS] = [
    174, 162, 151, 170, 160, 148, 167, 157, 175, 163, 153, 171, 161, 150, 169, 158, 177, 165, 154, 173, 162, 151, 170,
    160, 149, 167, 156, 175, 164, 152, 171, 161, 151, 169, 158, 147, 166, 154, 173, 162, 152, 170, 159, 149, 167, 155,
    174, 164, 153, 171, 161, 150, 169, 157, 176, 165, 155, 173, 162, 152, 171, 159, 148, 167, 156, 174, 164, 153, 172,
    161, 150, 168, 158, 175, 165, 155, 174, 162, 152, 170, 159, 147, 166, 156, 175, 164, 153, 172, 161, 149, 168, 157,
    176, 165, 155, 174, 163,
];

/// The day of the year.
#[rustfmt::skip]
const MID_AUTUMN: [u16; YEARS] = [
    272, 261, 279, 268, 258, 276, 265, 255, 274, 262, 251, 270, 259, 277, 267, 256, 275, 264, 253, 272, 261, 279, 268,
    258, 277, 265, 255, 274, 263, 251, 270, 259, 278, 267, 256, 275, 264, 253, 271, 260, 279, 268, 258, 277, 266, 254,
    273, 262, 251, 269, 259, 278, 268, 256, 275, 264, 253, 271, 260, 279, 269, 258, 276, 266, 255, 272, 262, 251, 270,
    259, 278, 267, 256, 274, 263, 253, 272, 260, 279, 269, 258, 276, 265, 254, 273, 261, 251, 270, 260, 278, 267, 256,
    274, 263, 252, 272, 261,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::embedded;

    #[test]
    fn every_festival_of_the_shipped_years_is_a_day_off() {
        for file in embedded().unwrap() {
            let is_off = |date: Option<NaiveDate>| file.days().iter().any(|day| Some(day.date) == date && !day.works);
            for date in [new_year, qingming, dragon_boat, mid_autumn].map(|festival| festival(file.year())) {
                assert!(is_off(date), "{date:?}");
            }
        }
    }

    #[test]
    fn a_lunar_year_has_12_or_13_months_between_its_festivals() {
        for year in FIRST_YEAR..=LAST_YEAR {
            let days = |a: Option<NaiveDate>, b: Option<NaiveDate>| (b.unwrap() - a.unwrap()).num_days();
            let (spring, boat) = (new_year(year), dragon_boat(year));
            assert!(matches!(days(spring, boat), 121..=123 | 150..=153), "{year} {}", days(spring, boat));
            let autumn = days(boat, mid_autumn(year));
            assert!(matches!(autumn, 97..=100 | 126..=130), "{year} {autumn}");
            assert!((4..=6).contains(&qingming(year).unwrap().day()), "{year}");
        }
        assert_eq!((new_year(2003), new_year(2101)), (None, None));
    }

    #[test]
    fn a_day_of_the_moon_is_told_from_its_neighbours() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let lunar = |month, day| LunarDay { month, day };
        for (date, month, at) in [
            ("2025-01-28", 12, None),
            ("2025-02-04", 1, Some(7)),
            ("2026-02-15", 12, Some(28)),
            ("2020-02-02", 1, Some(9)),
        ] {
            assert_eq!(agrees(day(date), lunar(month, at)), Some(true), "{date}");
            assert_eq!(agrees(day(date) + chrono::TimeDelta::days(3), lunar(month, at)), Some(false), "{date}");
        }
        assert_eq!(agrees(day("2026-06-19"), lunar(5, Some(5))), Some(true));
        assert_eq!(agrees(day("2026-09-25"), lunar(8, Some(15))), Some(true));
        assert_eq!(agrees(day("2026-09-25"), lunar(7, Some(15))), None);
    }
}
