//! The log of `duban run`: as the settings have it, unless the command line says otherwise.

use serde_json::Value;

use crate::program::{House, fixture, good, path};

/// What a short run says on stderr.
fn log(house: &House, more: &[&str]) -> String {
    good(&house.duban(&["import", path(&fixture("samples/export-utf8.csv"))]));
    let out = house.duban(&[&["run", "--for", "1s"][..], more].concat());
    let log = String::from_utf8(out.stderr).unwrap();
    assert_eq!((out.status.code(), out.stdout.len()), (Some(0), 0), "{log}");
    log
}

#[test]
fn a_run_tells_its_start_and_end_in_the_policy_time() {
    let log = log(&House::new(), &[]);
    let starts = log.lines().find(|line| line.contains("starts")).unwrap();
    assert!(starts.contains("+08:00") && starts.contains("INFO"), "{log}");
    assert!(log.contains("duban has stopped"), "{log}");
}

#[test]
fn a_run_writes_json_where_the_settings_say_so() {
    let house = House::new();
    house.edit("duban.toml", "form = \"text\"", "form = \"json\"");
    let log = log(&house, &[]);
    assert!(log.lines().count() >= 2, "{log}");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
}

#[test]
fn the_command_line_wins_over_the_settings() {
    let log = log(&House::new(), &["--log", "error"]);
    assert!(!log.contains("starts"), "{log}");
}

#[test]
fn no_line_of_a_log_is_about_a_citizen() {
    let log = log(&House::new(), &["--log", "trace"]);
    // Every citizen's number of the samples begins so.
    assert!(!log.contains("1380003") && !log.contains("1380006"), "{log}");
}
