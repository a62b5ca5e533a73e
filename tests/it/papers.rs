//! What is written about the program for those who run it agrees with what it does.

use std::{collections::BTreeSet, fs, path::Path};

use clap::CommandFactory;
use duban::cli::{Cli, Exit};

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
    let (unit, readme, manual) = (read("systemd/duban.service"), read("README.md"), read("README.zh-CN.md"));
    for (exit, [in_unit, in_readme, in_manual]) in CODES {
        let code = exit as u8;
        assert!(unit.contains(&format!("{code} {in_unit}")), "unit: {code}");
        assert!(readme.contains(&format!("| {code} | {in_readme}")), "README: {code}");
        assert!(manual.contains(&format!("{code} {in_manual}")), "manual: {code}");
    }
    let stays_down = format!("RestartPreventExitStatus={} {}", Exit::Usage as u8, Exit::BadInput as u8);
    assert!(unit.lines().any(|line| line == stays_down), "{stays_down}");
}

#[test]
fn the_readme_has_every_command_and_no_other() {
    let readme = read("README.md");
    let table = readme.split("## Commands").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let written: BTreeSet<&str> = rows.filter_map(|row| row.split([' ', '`']).next()).collect();
    let command = Cli::command();
    let there: BTreeSet<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    assert_eq!(written, there);
}

#[test]
fn the_manual_names_only_commands_that_there_are() {
    let manual = read("README.zh-CN.md");
    let command = Cli::command();
    let named = manual.split("duban ").skip(1).filter_map(|rest| rest.split([' ', '`', '\n']).next());
    // What looks like a command: `duban check`, not `duban duban` or `duban.toml`.
    for word in named.filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')) {
        assert!(word == "duban" || word.starts_with('-') || command.find_subcommand(word).is_some(), "{word}");
    }
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}
