//! The unit files: systemd takes them without a word and finds little exposed, and they
//! say what the program does.

use std::{fs, path::Path, process::Command};

use crate::program::root;

const UNITS: [&str; 4] = ["duban.service", "duban-backup.service", "duban-backup.timer", "duban-failure@.service"];

/// As `systemd-analyze security` counts, times ten.
const EXPOSED: &str = "15";

fn unit(name: &str) -> String {
    fs::read_to_string(root().join("systemd").join(name)).unwrap()
}

fn analyze() -> Command {
    let tool = Path::new("/usr/bin/systemd-analyze");
    assert!(tool.exists(), "systemd-analyze is missing; install the package systemd");
    Command::new(tool)
}

#[test]
fn the_units_are_verified_by_systemd_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let mut copies = Vec::new();
    for name in UNITS {
        // `verify` wants programs and pages to be there; ours are installed elsewhere.
        let text =
            unit(name).replace("/usr/bin/duban", "/bin/true").replace("/usr/lib/duban/tell-failure", "/bin/true");
        let text = text.lines().filter(|line| !line.starts_with("Documentation=man:duban"));
        let copy = folder.path().join(name.replace('@', "@x"));
        fs::write(folder.path().join(name), text.clone().collect::<Vec<_>>().join("\n")).unwrap();
        fs::write(&copy, text.collect::<Vec<_>>().join("\n")).unwrap();
        copies.push(copy);
    }
    let path = format!("{}:", folder.path().display());
    let verdict = analyze().arg("verify").args(&copies).env("SYSTEMD_UNIT_PATH", path).output().unwrap();
    // It ends with 0 even where it ignores a line: what it says counts.
    let words = String::from_utf8_lossy(&verdict.stderr);
    assert!(verdict.status.success() && words.trim().is_empty(), "{words}");
}

#[test]
fn a_line_that_systemd_does_not_know_would_be_seen() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("duban.service");
    let text = unit("duban.service").replace("/usr/bin/duban", "/bin/true");
    fs::write(&copy, text.replace("WatchdogSec=90", "WatchdogSec=ninety")).unwrap();
    let verdict = analyze().arg("verify").arg(&copy).output().unwrap();
    assert!(String::from_utf8_lossy(&verdict.stderr).contains("ignoring: ninety"), "{verdict:?}");
}

#[test]
fn little_is_exposed() {
    for name in ["duban.service", "duban-backup.service"] {
        let file = root().join("systemd").join(name);
        let verdict =
            analyze().args(["security", "--offline=true", "--threshold", EXPOSED]).arg(file).output().unwrap();
        let words = String::from_utf8_lossy(&verdict.stdout);
        let told = words.lines().find(|line| line.contains("Overall exposure level")).unwrap_or_default();
        assert!(verdict.status.success() && !told.is_empty(), "{told}\n{verdict:?}");
    }
}

#[test]
fn the_unit_waits_for_readiness_reloads_by_hup_and_is_watched() {
    let unit = unit("duban.service");
    let lines: Vec<&str> = unit.lines().collect();
    let wanted = [
        "Type=notify",
        "ExecReload=/usr/bin/duban check",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "OnFailure=duban-failure@%n.service",
        "WatchdogSec=90",
        "Restart=on-failure",
        "StartLimitBurst=10",
        "StateDirectory=duban duban/backups",
        "StateDirectoryMode=0700",
        "UMask=0077",
    ];
    for line in wanted {
        assert!(lines.contains(&line), "{line}");
    }
    let at = |line: &str| lines.iter().position(|known| *known == line);
    assert!(at("ExecReload=/usr/bin/duban check") < at("ExecReload=/bin/kill -HUP $MAINPID"));
}
