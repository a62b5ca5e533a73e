//! Every row of the golden vectors that needs the rules: deadlines, the window
//! for an extension, provisional answers.

use chrono::{DateTime, NaiveDate, Utc};
use duban::{
    calendar::{Calendar, YearFile, embedded},
    rules::{Count, Deadline, Rules, deadline::extension_window, settings::WindowReading},
};

fn rows(name: &str) -> Vec<csv::StringRecord> {
    let path = format!("{}/tests/fixtures/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    csv::Reader::from_path(path).unwrap().records().map(Result::unwrap).collect()
}

fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn day_of(text: &str) -> NaiveDate {
    duban::calendar::civil::day_of(instant(text))
}

fn count(unit: &str, n: &str) -> Count {
    let n = n.parse().unwrap();
    match unit {
        "workday" => Count::Workdays(n),
        "natural" => Count::Days(n),
        other => panic!("{other} is no unit"),
    }
}

fn deadline(calendar: &Calendar, start: &str, count: Count, extension: &str) -> Deadline {
    let end_of_day = Rules::embedded().unwrap().conclusion.end_of_day;
    let deadline = Deadline::count(calendar, day_of(start), count, end_of_day).unwrap();
    match extension.parse().unwrap() {
        0 => deadline,
        n => deadline.extend(calendar, Count::Workdays(n), None, end_of_day).unwrap(),
    }
}

fn full_calendar() -> Calendar {
    Calendar::new(&embedded().unwrap(), &[]).unwrap()
}

#[test]
fn every_deadline_vector_is_counted_to_the_second() {
    let calendar = full_calendar();
    let mut checked = 0;
    for row in rows("deadlines.csv") {
        let due = deadline(&calendar, &row[7], count(&row[5], &row[4]), &row[6]);
        assert_eq!(due.original_day.to_string(), row[8], "{}", &row[0]);
        assert_eq!(due.original_due, instant(&row[9]), "{}", &row[0]);
        assert_eq!(due.day.to_string(), row[10], "{}", &row[0]);
        assert_eq!(due.due, instant(&row[11]), "{}", &row[0]);
        assert_eq!(due.due.timestamp().to_string(), row[12], "{}", &row[0]);
        assert_eq!(due.strict_provisional, &row[13] == "1", "{}", &row[0]);
        checked += 1;
    }
    assert_eq!(checked, 1199);
}

#[test]
fn every_extension_window_vector_is_met_in_both_readings() {
    let calendar = full_calendar();
    let mut rules = Rules::embedded().unwrap().extension;
    let mut checked = 0;
    for row in rows("extension_window.csv") {
        let due_day: NaiveDate = row[7].parse().unwrap();
        for (reading, last, refused, never) in
            [(WindowReading::DueDayIncluded, 9, 10, 11), (WindowReading::FullDaysBefore, 12, 13, 14)]
        {
            rules.window = reading;
            let window = extension_window(&calendar, due_day, &rules).unwrap();
            assert_eq!(window.last_day.to_string(), row[last], "{} {reading:?}", &row[0]);
            assert_eq!(window.refused_from, instant(&row[refused]), "{} {reading:?}", &row[0]);
            let too_late = window.refused_from <= instant(&row[6]);
            assert_eq!(too_late, &row[never] == "1", "{} {reading:?}", &row[0]);
        }
        checked += 1;
    }
    assert_eq!(checked, 360);
}

#[test]
fn every_provisional_vector_says_what_is_not_known() {
    let files = embedded().unwrap();
    let mut checked = 0;
    for row in rows("provisional.csv") {
        let loaded: Vec<YearFile> = files
            .iter()
            .filter(|file| row[2].split(' ').any(|year| year == file.year().to_string()))
            .cloned()
            .collect();
        let calendar = Calendar::new(&loaded, &[]).unwrap();
        let due = deadline(&calendar, &row[7], count(&row[5], &row[4]), &row[6]);
        assert_eq!(due.due, instant(&row[9]), "{}", &row[0]);
        assert_eq!(due.provisional, &row[10] == "1", "{}", &row[0]);
        assert_eq!(due.strict_provisional, &row[11] == "1", "{}", &row[0]);
        checked += 1;
    }
    assert_eq!(checked, 300);
}
