//! What went wrong with calendars elsewhere, each as a fact about this one.
//!
//! Every refusal names the file and the line at fault.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate};
use duban::calendar::{Calendar, CalendarError, Overlay, Why, Workdays, YearFile, civil, embedded};

/// A sound file of 2027, a day a line from line 5 on; invented.
const SOUND: &str = r#"{
  "year": 2027,
  "papers": ["https://example.invalid/notice"],
  "days": [
    {"name": "元旦", "date": "2026-12-31", "isOffDay": true},
    {"name": "元旦", "date": "2027-01-01", "isOffDay": true},
    {"name": "春节", "date": "2027-02-08", "isOffDay": true},
    {"name": "春节", "date": "2027-02-13", "isOffDay": false}
  ]
}
"#;

#[test]
fn a_bad_year_file_is_refused_with_file_and_line() {
    for (name, from, to, line, says) in [
        ("a day twice", "2027-02-08", "2027-01-01", 7, "2027-01-01 is listed already in line 6"),
        ("a day of the year after", "2027-02-08", "2028-01-01", 7, "lies neither in 2027"),
        ("a day too early in the year before", "2026-12-31", "2026-12-24", 5, "lies neither in 2027"),
        (
            "a make-up day for no holiday",
            "\"春节\", \"date\": \"2027-02-13\"",
            "\"中秋节\", \"date\": \"2027-02-13\"",
            8,
            "中秋节",
        ),
        ("a list without a day off", "true", "false", 4, "has no day off"),
        ("an impossible date", "2027-02-08", "2027-02-30", 7, "`2027-02-30` is not a date"),
        ("an instant for a date", "2027-02-08", "2027-02-08T00:00:00Z", 7, "is not a date"),
        ("a date in short form", "2027-02-08", "2027-2-8", 7, "is not a date"),
        (
            "a year that the file name denies",
            "\"year\": 2027",
            "\"year\": 2026",
            2,
            "does not agree with its year 2026",
        ),
        (
            "a day without a name",
            "\"春节\", \"date\": \"2027-02-08\"",
            "\" \", \"date\": \"2027-02-08\"",
            7,
            "has no name",
        ),
        ("a missing mark", "\"2027-02-08\", \"isOffDay\": true", "\"2027-02-08\"", 7, "missing field `isOffDay`"),
        (
            "a renamed column",
            "\"2027-02-08\", \"isOffDay\"",
            "\"2027-02-08\", \"is_off_day\"",
            7,
            "unknown field `is_off_day`",
        ),
        (
            "a mark that is a word",
            "\"2027-02-08\", \"isOffDay\": true",
            "\"2027-02-08\", \"isOffDay\": \"yes\"",
            7,
            "invalid type",
        ),
        ("a key that is not known", "\"papers\"", "\"paper\"", 3, "unknown field `paper`"),
        ("a list of days that is a number", SOUND, "{\n\"year\": 2027,\n\"days\": 7\n}", 3, "invalid type"),
        ("a file cut short", "2027-02-13\", \"isOffDay\": false}\n  ]\n}\n", "2027-02-1", 8, "EOF"),
        ("no text at all", SOUND, "", 1, "EOF"),
        ("a web page", SOUND, "<html>\n404\n</html>", 1, "expected value"),
    ] {
        let text = SOUND.replace(from, to);
        let refused = YearFile::parse("calendars/2027.json", &text).expect_err(name);
        let said = chain(&refused);
        assert!(said.starts_with(&format!("calendars/2027.json line {line}: ")), "{name}: {said}");
        assert!(said.contains(says), "{name}: {said}");
    }
    assert_eq!(YearFile::parse("calendars/2027.json", SOUND).unwrap().days().len(), 4);
}

#[test]
fn a_fault_in_an_entry_over_several_lines_is_found_in_the_line_of_its_date() {
    let text =
        "{\"year\": 2027, \"days\": [\n{\n\"name\": \"元旦\",\n\"date\": \"2025-01-01\",\n\"isOffDay\": true\n}\n]}";
    let refused = YearFile::parse("2027.json", text).unwrap_err();
    assert!(matches!(refused, CalendarError::Outside { line: 4, .. }), "{refused}");
}

#[test]
fn a_year_outside_the_table_is_refused() {
    for year in ["2003", "2101", "-1"] {
        let text = SOUND.replace("\"year\": 2027", &format!("\"year\": {year}"));
        let refused = YearFile::parse("upload.json", &text).unwrap_err();
        assert!(matches!(refused, CalendarError::YearNotCovered { line: 2, .. }), "{refused}");
    }
}

#[test]
fn a_year_without_a_working_day_is_refused() {
    let first: NaiveDate = date("2027-01-01");
    let rest = |works: &str| {
        let days = first.iter_days().take(365).map(|day| works.replace("DAY", &day.to_string()));
        format!("{{\"days\": [{}]}}", days.collect::<Vec<_>>().join(","))
    };
    let closed =
        rest("{\"name\": \"停\", \"date\": \"DAY\", \"isOffDay\": true}").replacen('{', "{\"year\": 2027, ", 1);
    assert!(matches!(YearFile::parse("2027.json", &closed), Err(CalendarError::NoWorkdays { line: 1, .. })));
    let overlay =
        Overlay::parse("local.json", &rest("{\"date\": \"DAY\", \"works\": false, \"reason\": \"停\"}")).unwrap();
    assert!(matches!(Calendar::new(&[], &[overlay]), Err(CalendarError::AllClosed { year: 2027 })));
}

#[test]
fn a_bad_overlay_is_refused_with_file_and_line() {
    let sound = "{\"days\": [\n{\"date\": \"2026-11-05\", \"works\": false, \"reason\": \"停水检修\"},\n{\"date\": \"2026-11-07\", \"works\": true, \"reason\": \"补班\"}\n]}";
    for (name, from, to, says) in [
        ("a day twice", "2026-11-07", "2026-11-05", "is listed already in line 2"),
        ("an impossible date", "2026-11-07", "2026-11-31", "is not a date"),
        ("no reason", "补班", "", "has no reason"),
        ("a missing mark", "\"works\": true, ", "", "missing field `works`"),
        ("a key that is not known", "\"works\": true", "\"off\": true", "unknown field `off`"),
        ("a year outside the table", "2026-11-07", "2126-11-07", "the year 2126"),
    ] {
        let refused = Overlay::parse("local/a.json", &sound.replace(from, to)).expect_err(name);
        let said = chain(&refused);
        assert!(said.starts_with("local/a.json line 3: ") && said.contains(says), "{name}: {said}");
    }
    assert_eq!(Overlay::parse("local/a.json", sound).unwrap().days().len(), 2);
}

#[test]
fn two_files_for_one_year_are_refused() {
    let one = YearFile::parse("a.json", SOUND).unwrap();
    let two = YearFile::parse("b.json", SOUND).unwrap();
    let refused = Calendar::new(&[one, two], &[]).unwrap_err();
    assert_eq!(refused.to_string(), "b.json: 2027 is ruled by a.json already");
}

#[test]
fn two_files_that_contradict_each_other_on_a_day_are_refused() {
    let mut files = embedded().unwrap();
    let text = SOUND.replace("2026-12-31\", \"isOffDay\": true", "2026-12-31\", \"isOffDay\": false");
    files.push(YearFile::parse("2027.json", &text).unwrap());
    files.retain(|file| file.year() != 2026);
    let own = "{\"year\": 2026, \"days\": [{\"name\": \"元旦\", \"date\": \"2026-12-31\", \"isOffDay\": true}]}";
    files.push(YearFile::parse("2026.json", own).unwrap());
    let refused = Calendar::new(&files, &[]).unwrap_err();
    assert_eq!(refused.to_string(), "2027.json line 5: 2026-12-31 is ruled otherwise by 2026.json");
}

#[test]
fn an_empty_list_leaves_the_year_unknown() {
    let mut files = embedded().unwrap();
    files.push(YearFile::parse("2027.json", "{\"year\": 2027, \"papers\": [], \"days\": []}").unwrap());
    assert!(files.last().unwrap().is_empty());
    let calendar = Calendar::new(&files, &[]).unwrap();
    assert!(!calendar.knows(2027));
    assert_eq!(calendar.horizon(), Some(2026));
    assert_eq!(calendar.version(), official().version());
}

#[test]
fn an_overlay_stands_above_the_year_file() {
    let text = "{\"days\": [{\"date\": \"2026-10-08\", \"works\": false, \"reason\": \"检修\"}, {\"date\": \"2026-10-11\", \"works\": true, \"reason\": \"防汛\"}]}";
    let calendar = Calendar::new(&embedded().unwrap(), &[Overlay::parse("a.json", text).unwrap()]).unwrap();
    assert_eq!(calendar.day(date("2026-10-08")).unwrap().why, Why::Closed("检修".into()));
    assert_eq!(calendar.day(date("2026-10-11")).unwrap().why, Why::Opened("防汛".into()));
    assert_eq!(due_in(&calendar, "2026-09-30", 3), "2026-10-11");
    assert_eq!(calendar.verify().differing, []);
    assert_ne!(calendar.version(), official().version());
}

#[test]
fn the_version_names_years_and_content_but_not_the_layout() {
    let files = embedded().unwrap();
    let (text, mut some) = (official().version().to_owned(), files.clone());
    assert!(text.starts_with("2018-2026 #") && text.len() == "2018-2026 #a1b2c3d4".len(), "{text}");
    some.reverse();
    assert_eq!(Calendar::new(&some, &[]).unwrap().version(), text);
    some.retain(|file| file.year() != 2025);
    assert!(Calendar::new(&some, &[]).unwrap().version().starts_with("2018-2024,2026 #"));
    assert!(Calendar::new(&[], &[]).unwrap().version().starts_with("none #"));
}

#[test]
fn make_up_sundays_are_counted() {
    assert_eq!(due("2019-04-26", 3), "2019-04-30");
    assert!(official().is_workday(date("2019-05-05")).unwrap().value);
}

#[test]
fn the_notice_that_supersedes_is_named_last() {
    let calendar = official();
    assert_eq!(calendar.day(date("2020-01-31")).unwrap().why, Why::Holiday("春节".into()));
    let last = calendar.papers(date("2020-01-31")).last().unwrap();
    assert!(last.contains("2020-01/27"), "{last}");
    // A day of 2018 that the notice for 2019 rules.
    assert!(calendar.papers(date("2018-12-31"))[0].contains("2018-12/06"));
    assert!(calendar.papers(date("2027-01-01")).is_empty());
}

#[test]
fn a_count_into_an_unpublished_year_is_provisional_until_its_file_comes() {
    let counted = official().nth_workday_after(date("2026-12-30"), Workdays(5)).unwrap();
    assert_eq!((counted.value, counted.provisional), (date("2027-01-06"), true));
    let mut files = embedded().unwrap();
    files.push(YearFile::parse("2027.json", SOUND).unwrap());
    let counted = Calendar::new(&files, &[]).unwrap().nth_workday_after(date("2026-12-30"), Workdays(5)).unwrap();
    assert_eq!((counted.value, counted.provisional), (date("2027-01-08"), false));
}

#[test]
fn days_of_december_that_the_next_years_file_rules_are_found() {
    assert_eq!(due("2022-12-30", 3), "2023-01-05");
    let calendar = official();
    assert!(calendar.is_workday(date("2018-12-29")).unwrap().value);
    assert!(!calendar.is_workday(date("2018-12-31")).unwrap().value);
}

#[test]
fn every_day_of_a_break_is_off_not_only_its_first() {
    let text = "{\"year\": 2017, \"days\": [{\"name\": \"元旦\", \"date\": \"2017-01-01\", \"isOffDay\": true}, {\"name\": \"元旦\", \"date\": \"2017-01-02\", \"isOffDay\": true}]}";
    let calendar = Calendar::new(&[YearFile::parse("2017.json", text).unwrap()], &[]).unwrap();
    assert!(!calendar.is_workday(date("2017-01-02")).unwrap().value);
    let break_of_2026 = date("2026-02-15").iter_days().take(9);
    assert!(break_of_2026.into_iter().all(|day| !official().is_workday(day).unwrap().value));
}

#[test]
fn make_up_days_listed_beside_holidays_are_worked() {
    for day in ["2026-02-14", "2026-09-20", "2026-10-10"] {
        let day = official().day(date(day)).unwrap();
        assert!(day.works && matches!(day.why, Why::MakeUp(_)), "{day:?}");
    }
}

#[test]
fn unlisted_weekend_days_beside_a_holiday_are_off() {
    assert_eq!(due("2023-12-29", 1), "2024-01-02");
}

#[test]
fn a_holiday_is_a_civil_date_of_the_policy_zone() {
    // Still 2025 in UTC.
    let received = DateTime::parse_from_rfc3339("2026-01-01T00:30:00+08:00").unwrap().to_utc();
    let day = civil::day_of(received);
    assert_eq!(day, date("2026-01-01"));
    assert!(!official().is_workday(day).unwrap().value);
}

#[test]
fn questions_outside_the_table_are_errors() {
    let calendar = official();
    for (name, refused) in [
        ("before", calendar.is_workday(date("2003-12-31")).err()),
        ("after", calendar.is_workday(date("2101-01-01")).err()),
    ] {
        assert!(matches!(refused, Some(CalendarError::NotCovered { .. })), "{name}");
    }
    let last = date("2100-12-31");
    assert!(matches!(calendar.nth_workday_after(last, Workdays(1)), Err(CalendarError::CountLeaves { .. })));
    assert!(matches!(calendar.nth_workday_after(last, Workdays(u32::MAX)), Err(CalendarError::CountLeaves { .. })));
    assert!(matches!(
        calendar.nth_workday_back(date("2004-01-01"), Workdays(2)),
        Err(CalendarError::CountLeaves { .. })
    ));
    assert!(matches!(calendar.nth_workday_back(last, Workdays(0)), Err(CalendarError::NothingToCount { .. })));
    assert!(matches!(calendar.nth_day_after(last, 1), Err(CalendarError::CountLeaves { .. })));
    assert_eq!(calendar.nth_workday_after(last, Workdays(0)).unwrap().value, last);
    assert_eq!(calendar.nth_day_after(date("2028-02-28"), 1).unwrap(), date("2028-02-29"));
}

fn due(day: &str, n: u32) -> String {
    due_in(official(), day, n)
}

fn due_in(calendar: &Calendar, day: &str, n: u32) -> String {
    calendar.nth_workday_after(date(day), Workdays(n)).unwrap().value.to_string()
}

fn official() -> &'static Calendar {
    static OFFICIAL: LazyLock<Calendar> = LazyLock::new(|| Calendar::new(&embedded().unwrap(), &[]).unwrap());
    &OFFICIAL
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
