//! `duban roster`: the people of the settings, taken from a spreadsheet.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{
    exit::Stop,
    file,
    session::{Form, Session},
};
use crate::roster::{Changes, Roster, RosterError};

/// Who may read a roster that is made anew: it holds the numbers of staff.
const MODE: u32 = 0o640;

/// Makes the roster of the settings from a spreadsheet.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Writes roster.toml anew from a CSV; the one before is kept as roster.toml.bak.
    ///
    /// The header is `unit_code,unit,former_name,role,name,phone,email,matters`; a
    /// line is one role of one person, and lists in a cell are separated by `;`.
    /// Whoever is on both keeps id, absences, stand-ins and duties. A file with any
    /// fault changes nothing, and every fault is told.
    Import(Import),
}

#[derive(clap::Args, Debug)]
struct Import {
    /// The CSV, in UTF-8 or GB18030.
    file: PathBuf,
    /// Write to this file instead of the roster.toml of the settings.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only say what would change.
    #[arg(long)]
    dry_run: bool,
}

/// What an import came to. No number and no address is in it.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    written: bool,
    units: usize,
    people: usize,
    added: Vec<&'a str>,
    removed: Vec<&'a str>,
    changed: Vec<Changed<'a>>,
    units_added: Vec<&'a str>,
    units_removed: Vec<&'a str>,
    units_changed: Vec<&'a str>,
    /// Stand-ins and duties that ended with people who are gone.
    dropped_entries: usize,
}

#[derive(Serialize)]
struct Changed<'a> {
    id: &'a str,
    fields: &'a [&'static str],
}

/// Runs the command.
///
/// # Errors
///
/// A file that cannot be read or written, and every fault of what it says.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let Command::Import(import) = &args.command;
    let out = import.out.clone().unwrap_or_else(|| session.places.dir.join("roster.toml"));
    let name = import.file.display().to_string();
    let new = Roster::from_csv(&name, &file::text(&import.file)?).map_err(|faults| refused(&faults))?;
    let old = out.exists().then(|| old(&out)).transpose()?;
    let (roster, changes) = match &old {
        Some(old) => new.renewing(old),
        None => first(new),
    };
    let text = roster.to_toml();
    // What was carried over may not go with what is new.
    Roster::from_toml(&out.display().to_string(), &text).map_err(|faults| together(&faults, &out))?;
    let writes = !import.dry_run && (old.is_none() || !changes.is_empty());
    if writes {
        file::replace(&out, &text, MODE)?;
    }
    tell(&report(&out, &roster, &changes, writes), import, session)
}

/// Everybody on a first roster is new.
fn first(roster: Roster) -> (Roster, Changes) {
    let added = roster.everyone().iter().map(|person| person.id.clone()).collect();
    let units_added = roster.units().iter().map(|unit| unit.code.clone()).collect();
    (roster, Changes { added, units_added, ..Changes::default() })
}

/// The roster that is there: without it its ids and days would be lost.
fn old(out: &Path) -> anyhow::Result<Roster> {
    Roster::from_toml(&out.display().to_string(), &file::text(out)?).map_err(|faults| {
        let told = lines(&faults);
        Stop::bad_input(format!("{told}\nwhat stands in {} is carried over, so put it right first", out.display()))
    })
}

fn refused(faults: &[RosterError]) -> anyhow::Error {
    Stop::bad_input(lines(faults))
}

/// The lines of these faults are those of a text that nobody has.
fn together(faults: &[RosterError], out: &Path) -> anyhow::Error {
    let told: Vec<String> = faults.iter().map(|error| format!("{}: {}", error.field, error.fault)).collect();
    let told = told.join("\n");
    Stop::bad_input(format!("{told}\nthe new roster does not go with what is carried over from {}", out.display()))
}

fn lines(faults: &[RosterError]) -> String {
    let lines: Vec<String> = faults.iter().map(|error| format!("{error}; {}", error.fault.remedy())).collect();
    lines.join("\n")
}

fn report<'a>(file: &'a Path, roster: &Roster, changes: &'a Changes, written: bool) -> Report<'a> {
    let ids = |ids: &'a [std::sync::Arc<str>]| ids.iter().map(|id| &**id).collect();
    Report {
        file,
        written,
        units: roster.units().len(),
        people: roster.everyone().len(),
        added: ids(&changes.added),
        removed: ids(&changes.removed),
        changed: changes.changed.iter().map(|(id, fields)| Changed { id, fields }).collect(),
        units_added: ids(&changes.units_added),
        units_removed: ids(&changes.units_removed),
        units_changed: ids(&changes.units_changed),
        dropped_entries: changes.dropped,
    }
}

fn tell(report: &Report<'_>, import: &Import, session: &mut Session<'_>) -> anyhow::Result<()> {
    if session.form == Form::Json {
        return session.object(report);
    }
    let out = &mut *session.out;
    writeln!(out, "名册:{} 个承办单位、{} 人", report.units, report.people)?;
    let changed: Vec<String> =
        report.changed.iter().map(|one| format!("{}({})", one.id, one.fields.join(" "))).collect();
    let changed: Vec<&str> = changed.iter().map(String::as_str).collect();
    let rows = [
        ("新增单位", &report.units_added),
        ("减少单位", &report.units_removed),
        ("变更单位", &report.units_changed),
        ("新增人员", &report.added),
        ("减少人员", &report.removed),
        ("变更人员", &changed),
    ];
    for (what, ids) in rows.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        writeln!(out, "{what} {}:{}", ids.len(), ids.join("、"))?;
    }
    if report.dropped_entries > 0 {
        writeln!(out, "随人员减少而删去的代理与值班:{} 条", report.dropped_entries)?;
    }
    let file = report.file.display();
    match (report.written, import.dry_run) {
        (true, _) if import.out.is_none() => {
            Ok(writeln!(out, "已写入 {file},原文件存为 {file}.bak;请运行 duban check,再 systemctl reload duban")?)
        }
        (true, _) => Ok(writeln!(out, "已写入 {file}")?),
        (false, true) => Ok(writeln!(out, "试读,未写入任何文件")?),
        (false, false) => Ok(writeln!(out, "与 {file} 一致,未写入")?),
    }
}
