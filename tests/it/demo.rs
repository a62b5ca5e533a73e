//! The demo: one command, no setup, letters that a clerk would accept.

use std::{fs, path::Path, process::Command};

fn letters(dir: &Path, ending: &str) -> Vec<String> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut letters: Vec<String> = paths
        .filter(|path| path.extension().is_some_and(|ext| ext == ending))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    letters.sort();
    letters
}

#[test]
fn the_demo_runs_by_itself_and_leaves_mails_and_sms() {
    let dir = tempfile::tempdir().unwrap();
    let work = dir.path().join("work");
    // Twelve seconds: nine o'clock comes ten seconds after the start.
    let output = Command::new(env!("CARGO_BIN_EXE_duban"))
        .current_dir(&dir)
        .args(["demo", "--for", "12s", "--dir"])
        .arg(&work)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    for kind in [
        "citizen-unreachable-sms",
        "citizen-neutral-sms",
        "due-today",
        "overdue-1",
        "overdue-2",
        "overdue-3",
        "revisit-dissatisfied",
        "batch-form-issued",
        "repeat-approaching",
        "urgent-alert",
        "ticket-assigned",
        "first-contact-due",
    ] {
        assert!(told.contains(kind), "no {kind} in\n{told}");
    }
    let (mails, sms) = (letters(&work.join("mail"), "eml"), letters(&work.join("sms"), "txt"));
    assert!(mails.len() >= 20 && sms.len() >= 20, "{} mails, {} SMS", mails.len(), sms.len());
    // Nothing of a citizen in what was printed or sent: names, numbers, streets.
    for text in mails.iter().chain(&sms).chain([&told]) {
        for secret in ["李女士", "孙先生", "清漪路", "13800012345", "1380007"] {
            assert!(!text.contains(secret), "{secret} stands in\n{text}");
        }
    }
}

#[test]
fn the_demo_does_not_work_in_the_folder_of_an_earlier_one() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("ledger.db"), "").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_duban"))
        .args(["demo", "--for", "1s", "--dir"])
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--dir"));
}
