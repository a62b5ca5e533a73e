//! The unit file: systemd takes it without a word, and it says what the program does.

use std::{fs, path::Path, process::Command};

use duban::cli::Exit;

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

/// Every exit code, with the words that the unit file, the README and the manual
/// have for it.
const CODES: [(Exit, [&str; 3]); 7] = [
    (Exit::Ok, ["ok", "ok", "正常"]),
    (Exit::Failed, ["failed", "failed", "失败"]),
    (Exit::Usage, ["wrong usage", "wrong usage", "命令写错"]),
    (Exit::BadInput, ["bad settings or input", "settings or an input file do not fit", "设置或输入文件有问题"]),
    (Exit::Store, ["the store cannot be reached", "the ticket store cannot be reached", "工单库读不到"]),
    (
        Exit::Ledger,
        ["the ledger is in use or unusable", "the ledger is in use by another `run`", "台账被另一个进程占用或不可用"],
    ),
    (Exit::Faults, ["check found faults", "`check` found faults", "`check` 发现问题"]),
];

#[test]
fn the_exit_codes_are_the_same_in_unit_readme_and_manual() {
    let read = |file: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let (unit, readme, manual) = (unit(), read("README.md"), read("README.zh-CN.md"));
    for (exit, [in_unit, in_readme, in_manual]) in CODES {
        let code = exit as u8;
        assert!(unit.contains(&format!("{code} {in_unit}")), "unit: {code}");
        assert!(readme.contains(&format!("| {code} | {in_readme}")), "README: {code}");
        assert!(manual.contains(&format!("{code} {in_manual}")), "manual: {code}");
    }
    let stays_down = format!("RestartPreventExitStatus={} {}", Exit::Usage as u8, Exit::BadInput as u8);
    assert!(unit.lines().any(|line| line == stays_down), "{stays_down}");
}
