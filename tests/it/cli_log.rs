//! The log of `duban run`: as the settings have it, unless the command line says otherwise.

use std::{os::unix::net::UnixDatagram, process::Command, time::Duration};

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

#[test]
fn under_systemd_the_lines_go_to_the_journal_with_their_fields() {
    let house = House::new();
    good(&house.duban(&["import", path(&fixture("samples/export-utf8.csv"))]));
    let folder = tempfile::tempdir().unwrap();
    let journal = UnixDatagram::bind(folder.path().join("socket")).unwrap();
    journal.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // Whoever writes waits for one who reads.
    let reader = std::thread::spawn(move || {
        let mut entries = Vec::new();
        let mut datagram = vec![0; 1 << 16];
        while entries.is_empty() || !entries.last().is_some_and(|last: &String| last.contains("duban has stopped")) {
            let length = journal.recv(&mut datagram).unwrap();
            entries.push(String::from_utf8_lossy(&datagram[..length]).into_owned());
        }
        entries
    });
    // A journal of its own, seen by this run alone, and a stderr that is said to be its.
    let script = "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && \
                  mount --bind \"$0\" /run/systemd/journal && \
                  JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) && export JOURNAL_STREAM && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, path(folder.path())]);
    command.args([env!("CARGO_BIN_EXE_duban"), "--config", path(&house.config()), "run", "--for", "1s"]);
    let out = command.output().unwrap();
    assert_eq!((out.status.code(), String::from_utf8_lossy(&out.stderr).as_ref()), (Some(0), ""));
    let entries = reader.join().unwrap();
    // A field is told as `NAME=value` or, with its length, beneath its name.
    let has = |field: &str| entries.iter().any(|entry| entry.lines().any(|line| line.split('=').next() == Some(field)));
    for field in ["PRIORITY", "SYSLOG_IDENTIFIER", "MESSAGE", "NOTICE_NEW", "NOTICE_KEY", "CHANNEL_NAME"] {
        assert!(has(field), "{field} {entries:#?}");
    }
}
