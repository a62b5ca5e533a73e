//! Working days against the golden vectors, against counting by hand, and as arithmetic.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use duban::calendar::{Calendar, Counted, Day, Why, Workdays, YearFile, embedded};
use proptest::prelude::*;

#[test]
fn every_flag_of_the_vectors_is_met() {
    let calendar = official();
    let mut rows = 0;
    for row in vectors("workday_flags.csv") {
        let day = date(&row[0]);
        assert_eq!(calendar.is_workday(day).unwrap().value, &row[2] == "1", "{day} {}", &row[3]);
        assert_eq!(day.weekday().number_from_monday().to_string(), row[1]);
        let named = match calendar.day(day).unwrap().why {
            Why::Holiday(name) | Why::MakeUp(name) => name,
            Why::Weekday | Why::Weekend | Why::Closed(_) | Why::Opened(_) => row[3].to_owned(),
        };
        assert_eq!(named, row[3], "{day}");
        rows += 1;
    }
    assert_eq!(rows, 1_972);
}

#[test]
fn every_distance_of_the_vectors_is_met() {
    let calendar = official();
    let mut rows = 0;
    for row in vectors("distance.csv") {
        let (a, b) = (instant(&row[2]), instant(&row[3]));
        let (from, to) = (duban::calendar::civil::day_of(a), duban::calendar::civil::day_of(b));
        assert_eq!(calendar.workdays_between(from, to).unwrap().to_string(), row[4], "wd_days of {}", &row[0]);
        assert_eq!(calendar.full_workdays(a, b).unwrap().to_string(), row[5], "wd_full of {}", &row[0]);
        rows += 1;
    }
    assert_eq!(rows, 360);
}

#[test]
fn counting_agrees_with_walking_day_by_day() {
    let calendar = official();
    for day in days(date("2017-12-20"), date("2027-01-20")) {
        let mut at = day;
        for n in 1..=25 {
            at = days(at, NaiveDate::MAX).skip(1).find(|day| works(calendar, *day)).unwrap();
            assert_eq!(calendar.nth_workday_after(day, Workdays(n)).unwrap().value, at, "{n} after {day}");
        }
        let mut back = days_back(day).filter(|day| works(calendar, *day));
        for n in 1..=8 {
            assert_eq!(
                calendar.nth_workday_back(day, Workdays(n)).unwrap().value,
                back.next().unwrap(),
                "{n} to {day}"
            );
        }
    }
}

#[test]
fn marks_are_those_of_the_days_examined() {
    let files: Vec<_> = embedded().unwrap().into_iter().filter(|file| ![2020, 2025].contains(&file.year())).collect();
    let calendar = Calendar::new(&files, &[]).unwrap();
    let unknown = |day: NaiveDate| !calendar.knows(day.year());
    let unsure =
        |day: NaiveDate| unknown(day) || (day.month() == 12 && day.day() >= 25 && !calendar.knows(day.year() + 1));
    let counted = |value: NaiveDate, first: NaiveDate, last: NaiveDate| Counted {
        value,
        provisional: days(first, last).any(unknown),
        strict_provisional: days(first, last).any(unsure),
    };
    for day in days(date("2017-11-20"), date("2027-01-20")) {
        for n in [1, 3, 10, 20] {
            let after = calendar.nth_workday_after(day, Workdays(n)).unwrap();
            assert_eq!(after, counted(after.value, day + Days::new(1), after.value), "{n} after {day}");
            let back = calendar.nth_workday_back(day, Workdays(n)).unwrap();
            assert_eq!(back, counted(back.value, back.value, day), "{n} to {day}");
        }
        let is = calendar.is_workday(day).unwrap();
        assert_eq!((is.provisional, is.strict_provisional), (unknown(day), unsure(day)), "{day}");
    }
}

#[test]
fn the_working_days_of_each_year_are_as_many_as_published() {
    let calendar = official();
    let counted = (2018..=2026).map(|year| {
        let eve = date(&format!("{}-12-31", year - 1));
        calendar.workdays_between(eve, date(&format!("{year}-12-31"))).unwrap()
    });
    assert_eq!(counted.collect::<Vec<_>>(), [250, 250, 249, 250, 249, 249, 251, 248, 248]);
}

#[test]
fn the_second_opinion_agrees_on_every_day_it_covers() {
    let opinion = official().verify();
    assert_eq!(opinion.differing, []);
    assert_eq!(opinion.compared, 9 * 365 + 2 - 6);
}

#[test]
fn the_second_opinion_names_a_day_that_was_typed_wrong() {
    let mut files = embedded().unwrap();
    files.retain(|file| file.year() != 2025);
    let text = include_str!("../../calendars/2025.json").replace("2025-09-28", "2025-09-27");
    files.push(YearFile::parse("2025.json", &text).unwrap());
    let opinion = Calendar::new(&files, &[]).unwrap().verify();
    let differing: Vec<_> = opinion.differing.iter().map(|day| (day.date.to_string(), day.works)).collect();
    assert_eq!(differing, [("2025-09-27".to_owned(), true), ("2025-09-28".to_owned(), false)]);
}

#[test]
fn the_second_opinion_is_not_asked_where_it_is_known_to_be_wrong() {
    let text = r#"{"year": 2016, "days": [{"name": "元旦", "date": "2016-01-01", "isOffDay": true}]}"#;
    let opinion = Calendar::new(&[YearFile::parse("2016.json", text).unwrap()], &[]).unwrap().verify();
    assert_eq!(opinion.compared, 364);
    let doubted = ["2016-10-09", "2016-12-30"].map(date);
    assert!(opinion.differing.iter().all(|day| !doubted.contains(&day.date)));
}

#[test]
fn a_day_says_why_it_is_worked_or_not() {
    let calendar = official();
    for (day, works, why) in [
        ("2026-10-01", false, Why::Holiday("国庆节".into())),
        ("2026-10-03", false, Why::Holiday("国庆节".into())),
        ("2026-10-08", true, Why::Weekday),
        ("2026-10-10", true, Why::MakeUp("国庆节".into())),
        ("2026-10-11", false, Why::Weekend),
        ("2018-12-31", false, Why::Holiday("元旦".into())),
        // Listed as worked, but a Monday.
        ("2020-02-03", true, Why::Weekday),
    ] {
        let date = date(day);
        assert_eq!(calendar.day(date).unwrap(), Day { date, works, why, known: true });
    }
    assert!(!calendar.day(date("2027-10-01")).unwrap().known);
}

#[test]
fn every_year_file_of_the_folder_is_embedded() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/calendars")).unwrap();
    let mut names: Vec<_> = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(embedded().unwrap().iter().map(|file| file.file().to_owned()).collect::<Vec<_>>(), names);
}

proptest! {
    #[test]
    fn counting_back_undoes_counting_on(day in any_day(), n in 1_u32..400) {
        let calendar = official();
        let due = calendar.nth_workday_after(day, Workdays(n)).unwrap().value;
        prop_assert!(works(calendar, due));
        prop_assert_eq!(calendar.nth_workday_back(due, Workdays(n)).unwrap().value, calendar.next_workday(day).unwrap().value);
        let last = calendar.nth_workday_back(due, Workdays(n + 1)).unwrap().value;
        prop_assert_eq!(calendar.nth_workday_after(last, Workdays(n)).unwrap().value, due);
        prop_assert_eq!(calendar.workdays_between(day, due).unwrap(), i64::from(n));
    }

    #[test]
    fn counting_in_two_steps_is_counting_at_once(day in any_day(), n in 0_u32..200, m in 0_u32..200) {
        let calendar = official();
        let half = calendar.nth_workday_after(day, Workdays(n)).unwrap().value;
        let whole = calendar.nth_workday_after(half, Workdays(m)).unwrap().value;
        prop_assert_eq!(calendar.nth_workday_after(day, Workdays(n + m)).unwrap().value, whole);
    }

    #[test]
    fn a_later_start_or_a_longer_limit_is_never_due_earlier(day in any_day(), gap in 0_u64..40, n in 1_u32..200) {
        let calendar = official();
        let due = calendar.nth_workday_after(day, Workdays(n)).unwrap();
        prop_assert!(calendar.nth_workday_after(day + Days::new(gap), Workdays(n)).unwrap().value >= due.value);
        let longer = calendar.nth_workday_after(day, Workdays(n + 1)).unwrap();
        prop_assert!(longer.value > due.value);
        prop_assert!(longer.provisional >= due.provisional);
        prop_assert!(due.strict_provisional >= due.provisional);
    }

    #[test]
    fn distances_add_up_and_turn_round(a in any_day(), b in any_day(), c in any_day()) {
        let calendar = official();
        let between = |a, b| calendar.workdays_between(a, b).unwrap();
        prop_assert_eq!(between(a, b) + between(b, c), between(a, c));
        prop_assert_eq!(between(a, b), -between(b, a));
    }

    #[test]
    fn no_question_panics(year in -300_000_i32..300_000, ordinal in 1_u32..=366, n in any::<u32>()) {
        let calendar = official();
        if let Some(day) = NaiveDate::from_yo_opt(year, ordinal) {
            let covered = (2004..=2100).contains(&year);
            prop_assert_eq!(calendar.is_workday(day).is_ok(), covered);
            prop_assert!(covered || calendar.nth_workday_after(day, Workdays(n)).is_err());
            prop_assert!(covered || calendar.nth_workday_back(day, Workdays(n)).is_err());
            prop_assert!(covered || calendar.nth_day_after(day, n).is_err());
        }
    }
}

fn official() -> &'static Calendar {
    static OFFICIAL: LazyLock<Calendar> = LazyLock::new(|| Calendar::new(&embedded().unwrap(), &[]).unwrap());
    &OFFICIAL
}

fn works(calendar: &Calendar, day: NaiveDate) -> bool {
    calendar.is_workday(day).unwrap().value
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0_u64..9_000).prop_map(|days| date("2010-01-01") + Days::new(days))
}

fn days(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    first.iter_days().take_while(move |day| *day <= last)
}

fn days_back(day: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    (0..).map(move |back| day - Days::new(back))
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn vectors(name: &str) -> Vec<csv::StringRecord> {
    let path = format!("{}/tests/fixtures/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    csv::Reader::from_path(path).unwrap().records().map(Result::unwrap).collect()
}
