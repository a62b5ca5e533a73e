//! The unit file: systemd takes it without a word, and it says what the program does.

use std::{fs, path::Path, process::Command};

fn unit() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/systemd/duban.service")).unwrap()
}

#[test]
fn the_unit_is_verified_by_systemd_without_a_word() {
    let tool = Path::new("/usr/bin/systemd-analyze");
    if !tool.exists() {
        // tests/run installs it; elsewhere the other facts of this file still hold.
        eprintln!("NOT VERIFIED: {} is not there, so systemd itself was not asked", tool.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("duban.service");
    // `verify` wants the program to be there; ours is installed elsewhere.
    fs::write(&copy, unit().replace("/usr/bin/duban", "/bin/true")).unwrap();
    let verdict = Command::new(tool).arg("verify").arg(&copy).output().unwrap();
    let words = String::from_utf8_lossy(&verdict.stderr);
    assert!(verdict.status.success() && words.trim().is_empty(), "{words}");
}

#[test]
fn the_unit_waits_for_readiness_reloads_by_hup_and_is_watched() {
    let unit = unit();
    let lines: Vec<&str> = unit.lines().collect();
    let wanted = [
        "Type=notify",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "WatchdogSec=90",
        "Restart=on-failure",
        "StateDirectory=duban",
        "UMask=0077",
    ];
    for line in wanted {
        assert!(lines.contains(&line), "{line}");
    }
}
