//! The commands that other programs call, to the letter: what they are given,
//! what they print, and how they end.

use std::collections::BTreeMap;

use serde_json::json;

use crate::program::{House, bad, command, duban, fixture, good, object, path, root};

#[test]
fn deadlines_agrees_with_every_row_of_the_vectors() {
    let table = fixture("vectors/deadlines.csv");
    let out = duban(&["deadlines", "--csv", path(&table)]);
    let text = good(&out);
    assert_eq!(text.lines().next(), Some("id,due,provisional"));
    let answers: BTreeMap<&str, (&str, &str)> = text.lines().skip(1).map(row_of_answers).collect();
    let mut checked = 0;
    for row in csv::Reader::from_path(&table).unwrap().records().map(Result::unwrap) {
        assert_eq!(answers[&row[0]].0, &row[11], "{}", &row[0]);
        checked += 1;
    }
    assert_eq!((checked, answers.len()), (1199, 1199));
}

#[test]
fn deadlines_says_by_the_given_calendars_alone_what_is_provisional() {
    let table = fixture("vectors/provisional.csv");
    let mut by_calendars: BTreeMap<String, Vec<csv::StringRecord>> = BTreeMap::new();
    for row in csv::Reader::from_path(&table).unwrap().records().map(Result::unwrap) {
        by_calendars.entry(row[2].to_owned()).or_default().push(row);
    }
    let mut checked = 0;
    for (years, rows) in by_calendars {
        let folder = tempfile::tempdir().unwrap();
        for year in years.split_whitespace() {
            let file = format!("{year}.json");
            std::fs::copy(root().join("calendars").join(&file), folder.path().join(&file)).unwrap();
        }
        let input = folder.path().join("cases.csv");
        let cases: Vec<String> = rows.iter().map(provisional_case).collect();
        std::fs::write(&input, format!("id,regime,class,start,ext_workdays\n{}\n", cases.join("\n"))).unwrap();
        let out = duban(&["deadlines", "--csv", path(&input), "--calendars", path(folder.path())]);
        let text = good(&out);
        let answers: BTreeMap<&str, (&str, &str)> = text.lines().skip(1).map(row_of_answers).collect();
        for row in &rows {
            assert_eq!(answers[&row[0]], (&row[9], &row[10]), "{}", &row[0]);
            checked += 1;
        }
    }
    assert_eq!(checked, 300);
}

#[test]
fn deadlines_without_any_calendar_counts_monday_to_friday_and_says_so() {
    let empty = tempfile::tempdir().unwrap();
    let out =
        duban(&["deadlines", "--start", "2026-09-30T15:05:00+08:00", "--calendars", path(empty.path()), "--json"]);
    let answer = object(&out);
    assert_eq!((&answer["due"], &answer["provisional"]), (&json!("2026-10-06T00:00:00+08:00"), &json!(true)));
    assert_eq!(answer["proof"].as_array().unwrap().len(), 5);
}

#[test]
fn deadlines_names_file_line_and_field_of_a_cell_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.csv");
    let cases = [
        ("A,1310,complex,yesterday,0", "line 2: start: `yesterday` is not an instant"),
        ("A,1311,complex,2026-09-01,0", "line 2: regime: `1311` is no regime"),
        ("A,1310,n1,2026-09-01,0", "line 2: level: `n1` is no level"),
        ("A,1310,complex,2026-09-01,-5", "line 2: ext_workdays: `-5` is not a number of days"),
        ("A,1310,complex,2099-12-30,900", "line 2: counting"),
        ("A,1310,complex", "line: 2"),
    ];
    for (line, fault) in cases {
        std::fs::write(&file, format!("id,regime,level,start,ext_workdays\n{line}\n")).unwrap();
        let out = duban(&["deadlines", "--csv", path(&file)]);
        let error = bad(&out, 3);
        assert!(error.contains(fault) && error.contains(path(&file)), "{line}: {error}");
    }
    std::fs::write(&file, "id,regime,start\n").unwrap();
    let error = bad(&duban(&["deadlines", "--csv", path(&file)]), 3);
    assert!(error.contains("line 1: no column `level` or `class`; the file has: id, regime, start"), "{error}");
    let error = bad(&duban(&["deadlines", "--csv", "no-such-file.csv"]), 3);
    assert!(error.contains("no-such-file.csv: cannot be read"), "{error}");
}

#[test]
fn sms_count_tells_units_and_parts() {
    let cases = [("您好", 2, 1), ("", 0, 1), ("😀", 2, 1)];
    for (text, units, parts) in cases {
        assert_eq!(object(&duban(&["sms", "count", text, "--json"])), json!({"units": units, "parts": parts}));
    }
    for (length, parts) in [(70, 1), (71, 2), (134, 2), (135, 3)] {
        let text = "督".repeat(length);
        let out = duban(&["sms", "count", &text, "--json"]);
        assert_eq!(good(&out), format!("{{\"units\":{length},\"parts\":{parts}}}\n"));
    }
}

#[test]
fn phone_tells_the_numbers_in_their_order_and_masked() {
    let out = duban(&["phone", "13800012345(儿子)/59721234转801", "--json"]);
    let expected =
        r#"{"numbers":[{"kind":"mobile","masked":"138****2345"},{"kind":"landline","masked":"021-****1234"}]}"#;
    assert_eq!(good(&out), format!("{expected}\n"));
    assert_eq!(object(&duban(&["phone", "400-000-0000", "--json"]))["numbers"][0]["kind"], "other");
    assert_eq!(object(&duban(&["phone", "保密", "--json"])), json!({"numbers": []}));
    assert_eq!(object(&duban(&["phone", "-13800012345", "--json"]))["numbers"][0]["masked"], "138****2345");
}

#[test]
fn a_wrong_command_line_ends_with_2_and_help_with_0() {
    for args in [&["no-such-command"][..], &["deadlines", "--no-such-flag"], &["deadlines"], &[]] {
        bad(&duban(args), 2);
    }
    bad(&duban(&["sms", "count", "x", "--log", "duban=loud"]), 2);
    bad(&duban(&["sms", "count", "x", "--now", "soon"]), 2);
    let error = bad(&command(&["phone", "x", "--config", "no-such-folder"]).output().unwrap(), 2);
    assert!(error.contains("no-such-folder is no folder"), "{error}");
    for args in [&["--help"][..], &["--version"], &["deadlines", "--help"]] {
        good(&duban(args));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let table = fixture("vectors/deadlines.csv");
    let mut child = command(&["deadlines", "--csv", path(&table)]).spawn().unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!((out.status.code(), String::from_utf8(out.stderr).unwrap()), (Some(0), String::new()));
}

fn row_of_answers(line: &str) -> (&str, (&str, &str)) {
    let cells: Vec<&str> = line.split(',').collect();
    assert_eq!(cells.len(), 3, "{line}");
    (cells[0], (cells[1], cells[2]))
}

/// The classes of the vectors by their length.
fn provisional_case(row: &csv::StringRecord) -> String {
    let (regime, class) = match (&row[5], &row[4]) {
        ("workday", "1") => ("1310", "urgent"),
        ("workday", "3") => ("1310", "complex"),
        ("workday", "10") => ("1310", "difficult"),
        ("natural", "1") => ("12319", "n1"),
        ("natural", "3") => ("12319", "n3"),
        ("natural", "5") => ("12319", "n5"),
        other => panic!("{other:?} is no limit"),
    };
    format!("{},{regime},{class},{},{}", &row[0], &row[7], &row[6])
}

#[test]
fn the_daemon_takes_no_other_time_for_now() {
    let house = House::new();
    let refused = house.duban(&["run", "--for", "1s", "--now", "2026-11-30T09:05"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--now: the daemon goes by the machine's clock"));
}
