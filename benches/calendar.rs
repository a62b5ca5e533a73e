//! How long a count of working days takes, over days in no order.

use chrono::{Days, NaiveDate};
use divan::{Bencher, black_box, counter::ItemsCount};
use duban::calendar::{Calendar, CalendarError, Workdays, embedded};

fn main() {
    divan::main();
}

/// Limits of the regulation and the longest extension.
#[divan::bench(args = [1, 3, 10, 90])]
fn nth_workday_after(bencher: Bencher, n: u32) {
    let (calendar, days) = (calendar(), days());
    bencher.counter(ItemsCount::new(days.len())).bench(|| {
        for day in black_box(&days) {
            black_box(calendar.nth_workday_after(*day, Workdays(black_box(n))).ok());
        }
    });
}

#[divan::bench]
fn nth_workday_back(bencher: Bencher) {
    let (calendar, days) = (calendar(), days());
    bencher.counter(ItemsCount::new(days.len())).bench(|| {
        for day in black_box(&days) {
            black_box(calendar.nth_workday_back(*day, Workdays(black_box(5))).ok());
        }
    });
}

#[divan::bench]
fn table() -> Result<Calendar, CalendarError> {
    Calendar::new(&embedded()?, &[])
}

fn calendar() -> Calendar {
    embedded().and_then(|files| Calendar::new(&files, &[])).expect("the embedded files are sound")
}

/// Days of 2018 to 2026 in a fixed disorder.
fn days() -> Vec<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2018, 1, 1).unwrap_or_default();
    (0_u64..10_000).map(|i| first + Days::new(i * 7_919 % 3_200)).collect()
}
