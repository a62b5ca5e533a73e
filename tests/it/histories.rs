//! The stories as data: `duban simulate` prints exactly the notices that follow.

use std::{collections::BTreeSet, path::PathBuf, process::Command};

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn expected(story: &str) -> Value {
    let text = std::fs::read_to_string(fixture(&format!("histories/{story}.expected.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

fn instant(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

/// What `duban simulate` prints for a story, in a folder without settings.
fn simulate(story: &str, expected: &Value, more: &[&str]) -> Vec<Value> {
    let empty = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_duban"));
    command.current_dir(&empty).args(["simulate", "--json", "--no-digest", "--history"]);
    command.arg(fixture(&format!("histories/{story}.csv")));
    command.args(["--from", text(expected, "from"), "--to", text(expected, "to")]).args(more);
    for span in expected["down"].as_array().into_iter().flatten() {
        let span = format!("{}..{}", span[0].as_str().unwrap(), span[1].as_str().unwrap());
        command.args(["--down", &span]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{story}: {}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).unwrap();
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn fits(got: &Value, wanted: &Value) -> bool {
    let apart = (instant(text(got, "at")) - instant(text(wanted, "at"))).num_seconds().abs();
    let same = |key: &str| got.get(key) == wanted.get(key);
    same("kind")
        && same("ticket_no")
        && same("ticket_nos")
        && same("recipients")
        && apart <= wanted["tolerance_s"].as_i64().unwrap()
}

/// Compares a story both ways: nothing missing, nothing more.
fn check(story: &str, more: &[&str]) {
    let expected = expected(story);
    let ignored: BTreeSet<&str> =
        expected["ignore"].as_array().unwrap().iter().map(|kind| kind.as_str().unwrap()).collect();
    let is_compared = |notice: &&Value| !ignored.contains(text(notice, "kind"));
    let all = simulate(story, &expected, more);
    let mut got: Vec<&Value> = all.iter().filter(is_compared).collect();
    for wanted in expected["notices"].as_array().unwrap().iter().filter(is_compared) {
        let at = got.iter().position(|got| fits(got, wanted));
        let at = at.unwrap_or_else(|| panic!("{story}: missing {wanted}, of {got:#?}"));
        let found = got.remove(at);
        let words = found["text"].to_string();
        for lacking in wanted["text_lacks"].as_array().into_iter().flatten() {
            assert!(!words.contains(lacking.as_str().unwrap()), "{story}: {lacking} stands in {words}");
        }
    }
    assert!(got.is_empty(), "{story}: nobody expects {got:#?}");
    for absent in expected["absent"].as_array().unwrap() {
        let from = absent["from"].as_str().unwrap_or(text(&expected, "from"));
        let to = absent["to"].as_str().unwrap_or(text(&expected, "to"));
        let there = all.iter().find(|got| {
            let at = instant(text(got, "at"));
            got["kind"] == absent["kind"]
                && (instant(from)..instant(to)).contains(&at)
                && absent.get("ticket_no").is_none_or(|no| got.get("ticket_no") == Some(no))
        });
        assert!(there.is_none(), "{story}: {absent} but {there:?}");
    }
}

#[test]
fn simulate_prints_exactly_the_notices_of_every_story() {
    for n in 1..=14 {
        check(&format!("S{n:02}"), &[]);
    }
}

#[test]
fn simulate_with_a_roster_tells_the_same_roles() {
    let roster = fixture("samples/roster.csv");
    for n in 1..=14 {
        check(&format!("S{n:02}"), &["--roster", roster.to_str().unwrap()]);
    }
}

#[test]
fn simulate_all_shows_what_a_long_stop_superseded() {
    let expected = expected("S14");
    let superseded: BTreeSet<String> = simulate("S14", &expected, &["--all"])
        .iter()
        .filter(|told| told.get("superseded").is_some())
        .map(|told| format!("{} {}", text(told, "kind"), text(told, "superseded")))
        .collect();
    let want = ["due-final higher-step", "due-soon higher-step", "due-today higher-step"];
    assert_eq!(superseded.into_iter().collect::<Vec<_>>(), want);
}

#[test]
fn simulate_holds_a_citizens_sms_of_unknown_outcome_back_for_good() {
    let expected = expected("S06");
    let fail = "sms=unknown@2025-11-03T13:00:00+08:00..2025-11-03T15:00:00+08:00";
    let told = simulate("S06", &expected, &["--fail", fail]);
    let kinds = |kind: &str| told.iter().filter(|told| text(told, "kind") == kind).count();
    assert_eq!(kinds("citizen-unreachable-sms"), 1, "handed over once, never again");
    assert_eq!(kinds("citizen-sms-failed"), 1, "the desk hears of it");
    assert_eq!(kinds("first-contact-due"), 0, "it may have been delivered");
}

#[test]
fn simulate_reopens_the_duty_when_the_gateway_refuses_the_number() {
    let expected = expected("S06");
    let fail = "sms=refused@2025-11-03T13:59:00+08:00..2025-11-03T15:00:00+08:00";
    let told = simulate("S06", &expected, &["--fail", fail]);
    let kinds = |kind: &str| told.iter().filter(|told| text(told, "kind") == kind).count();
    assert_eq!(kinds("citizen-sms-failed"), 1);
    assert_eq!(kinds("first-contact-due"), 1);
    assert_eq!(kinds("first-contact-final"), 1);
}

#[test]
fn simulate_names_the_file_and_line_of_a_broken_history() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("broken.csv");
    std::fs::write(&file, "at,工单编号,来源,接收时间\nyesterday,A1,12345,2026-03-02 09:00:00\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_duban"))
        .current_dir(&dir)
        .args(["simulate", "--from", "2026-03-01", "--to", "2026-03-05", "--history"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("broken.csv, line 2") && told.contains("instant"), "{told}");
}

#[test]
fn the_later_steps_of_the_ladder_name_the_reminders_that_were_sent() {
    let expected = expected("S11");
    let told = simulate("S11", &expected, &[]);
    let step = told.iter().find(|told| text(told, "kind") == "overdue-3").unwrap();
    let mail = step["text"]["email"].as_str().unwrap();
    assert!(mail.contains("此前提醒:6月17日9时办结临期提醒、6月18日9时办结当日到期"), "{mail}");
    assert!(mail.contains("6月23日9时逾期催办(第2次)"), "{mail}");
}

#[test]
fn simulate_shows_no_attempt_that_never_left() {
    let expected = expected("S06");
    let fail = "sms=throttled@2025-11-03T00:00:00+08:00..2025-11-04T12:00:00+08:00";
    let told = simulate("S06", &expected, &["--fail", fail]);
    assert!(told.iter().all(|told| told.get("outcome").is_none()), "{told:#?}");
}
