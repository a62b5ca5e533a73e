//! `duban deadlines`: the calculator, for one case or a whole table.

use std::{io::Write, path::PathBuf};

use anyhow::Context;
use chrono::NaiveDate;

use crate::{
    calendar::{Calendar, civil},
    cli::{calendars, exit::Stop},
    rules::{Class, Count, Deadline, Regime, Rules, proof, settings::ExtensionUnit},
};

/// Works out deadlines without any ticket.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A table with the columns id, regime, level (or class), start, ext_workdays; others are ignored.
    #[arg(long, conflicts_with_all = ["regime", "level", "start"])]
    csv: Option<PathBuf>,
    /// 1310 (12345, working days) or 12319 (natural days).
    #[arg(long, default_value = "1310")]
    regime: String,
    /// urgent, complex or difficult; for 12319 also n1, n3, n5.
    #[arg(long, default_value = "complex")]
    level: String,
    /// Receipt, ISO 8601; without an offset it is Beijing time.
    #[arg(long, required_unless_present = "csv")]
    start: Option<String>,
    /// An approved extension in working days.
    #[arg(long, default_value_t = 0)]
    ext_workdays: u32,
    /// A folder of year files that replaces all others; an empty one means none.
    #[arg(long)]
    calendars: Option<PathBuf>,
}

/// One line of the table.
struct Case {
    id: String,
    regime: Regime,
    level: String,
    start: NaiveDate,
    extension: u32,
}

/// Runs the command.
///
/// # Errors
///
/// A file that cannot be read, a column that is missing, a cell that cannot be
/// understood: with file, line and field.
pub fn run(args: &Args, rules: &Rules) -> anyhow::Result<()> {
    let calendar = calendars::load(args.calendars.as_deref())?;
    match &args.csv {
        Some(path) => table(path, &calendar, rules),
        None => single(args, &calendar, rules),
    }
}

fn single(args: &Args, calendar: &Calendar, rules: &Rules) -> anyhow::Result<()> {
    let case = Case {
        id: String::new(),
        regime: regime(&args.regime).map_err(|what| Stop::bad_input(format!("--regime: {what}")))?,
        level: args.level.clone(),
        start: day(args.start.as_deref().unwrap_or_default())
            .map_err(|what| Stop::bad_input(format!("--start: {what}")))?,
        extension: args.ext_workdays,
    };
    let deadline = count(&case, calendar, rules).map_err(Stop::bad_input)?;
    let mark = if deadline.provisional { "(暂定:该年度日历未载入)" } else { "" };
    println!("截止 {} 24:00{mark}  {}", deadline.day, civil::iso(deadline.due));
    for line in proof::lines(&deadline, calendar)? {
        println!("  {line}");
    }
    println!("日历 {}", calendar.version());
    Ok(())
}

fn table(path: &std::path::Path, calendar: &Calendar, rules: &Rules) -> anyhow::Result<()> {
    let file = path.display();
    let mut reader = csv::ReaderBuilder::new()
        .from_path(path)
        .map_err(|e| Stop::bad_input(format!("{file}: cannot be read: {e}")))?;
    let headers = reader.headers().map_err(|e| Stop::bad_input(format!("{file}: {e}")))?.clone();
    let column = |names: &[&str]| headers.iter().position(|h| names.contains(&h.trim_start_matches('\u{feff}').trim()));
    let need = |names: &[&str]| {
        column(names).ok_or_else(|| {
            let seen: Vec<&str> = headers.iter().collect();
            Stop::bad_input(format!("{file}: line 1: no column `{}`; the file has: {}", names[0], seen.join(", ")))
        })
    };
    let (id, regime_at, level) = (need(&["id"])?, need(&["regime"])?, need(&["level", "class"])?);
    let (start, extension) = (need(&["start"])?, column(&["ext_workdays"]));
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    out.write_record(["id", "due", "provisional"])?;
    for record in reader.records() {
        let record = record.map_err(|e| Stop::bad_input(format!("{file}: {e}")))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let fault = |field: &str, what: String| Stop::bad_input(format!("{file}: line {line}: {field}: {what}"));
        let case = Case {
            id: cell(id).to_owned(),
            regime: regime(cell(regime_at)).map_err(|what| fault("regime", what))?,
            level: cell(level).to_owned(),
            start: day(cell(start)).map_err(|what| fault("start", what))?,
            extension: extension.map_or(Ok(0), |at| days(cell(at))).map_err(|what| fault("ext_workdays", what))?,
        };
        let deadline = count(&case, calendar, rules).map_err(|what| fault("level", what))?;
        let provisional = if deadline.provisional { "1" } else { "0" };
        out.write_record([case.id.as_str(), &civil::iso(deadline.due), provisional])?;
    }
    out.flush().context("standard output")?;
    Ok(())
}

fn regime(text: &str) -> Result<Regime, String> {
    match text {
        "1310" | "12345" => Ok(Regime::Workdays1310),
        "12319" | "135" => Ok(Regime::Days12319),
        other => Err(format!("`{other}` is no regime; write 1310 or 12319")),
    }
}

fn days(text: &str) -> Result<u32, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let days = text.parse().map_err(|_| format!("`{text}` is not a number of days"))?;
    if days > 1000 { Err(format!("{days} is more than 1000 days")) } else { Ok(days) }
}

/// The civil date of an ISO 8601 instant, date and time, or date.
fn day(text: &str) -> Result<NaiveDate, String> {
    if let Ok(instant) = chrono::DateTime::parse_from_rfc3339(text) {
        return Ok(civil::day_of(instant.to_utc()));
    }
    let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let civil_time = forms.iter().find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok());
    civil_time
        .map(|time| time.date())
        .or_else(|| text.parse().ok())
        .ok_or_else(|| format!("`{text}` is not an instant; write 2026-09-30T15:05:00+08:00"))
}

fn count(case: &Case, calendar: &Calendar, rules: &Rules) -> Result<Deadline, String> {
    let limit = limit(case, rules)?;
    let end_of_day = rules.conclusion.end_of_day;
    let deadline = Deadline::count(calendar, case.start, limit, end_of_day).map_err(|e| e.to_string())?;
    if case.extension == 0 {
        return Ok(deadline);
    }
    let extension = match (case.regime, rules.extension.unit_12319) {
        (Regime::Days12319, ExtensionUnit::Natural) => Count::Days(case.extension),
        (Regime::Days12319 | Regime::Workdays1310, _) => Count::Workdays(case.extension),
    };
    deadline.extend(calendar, extension, None, end_of_day).map_err(|e| e.to_string())
}

fn limit(case: &Case, rules: &Rules) -> Result<Count, String> {
    let (limits, of): (_, fn(u32) -> Count) = match case.regime {
        Regime::Workdays1310 => (rules.conclusion.workdays_12345, Count::Workdays),
        Regime::Days12319 => (rules.conclusion.days_12319, Count::Days),
    };
    let class = match (case.regime, case.level.as_str()) {
        (_, "urgent") | (Regime::Days12319, "n1") => Class::Urgent,
        (_, "complex") | (Regime::Days12319, "n3") => Class::Complex,
        (_, "difficult") | (Regime::Days12319, "n5") => Class::Difficult,
        (_, other) => {
            return Err(format!("`{other}` is no level; write urgent, complex or difficult (12319 also n1, n3, n5)"));
        }
    };
    Ok(of(match class {
        Class::Urgent => limits.urgent,
        Class::Complex => limits.complex,
        Class::Difficult => limits.difficult,
    }))
}
