//! `duban deadlines`: the calculator, for one case or a whole table.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{
    calendars,
    exit::Stop,
    instant,
    session::{Form, Session},
};
use crate::{
    calendar::{Calendar, civil},
    config::Basics,
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

/// One answer for programs.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'a str,
    #[serde(serialize_with = "instant::iso")]
    due: DateTime<Utc>,
    provisional: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    proof: Vec<String>,
}

/// Runs the command.
///
/// # Errors
///
/// A file that cannot be read, a column that is missing, a cell that cannot be
/// understood: with file, line and field.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let Basics { rules, calendars: known, .. } = session.basics()?;
    let calendar = match &args.calendars {
        Some(dir) => calendars::only(dir)?,
        None => known.calendar,
    };
    match &args.csv {
        Some(path) => table(path, &calendar, &rules, session),
        None => single(args, &calendar, &rules, session),
    }
}

fn single(args: &Args, calendar: &Calendar, rules: &Rules, session: &mut Session<'_>) -> anyhow::Result<()> {
    let case = Case {
        id: String::new(),
        regime: regime(&args.regime).map_err(|what| Stop::bad_input(format!("--regime: {what}")))?,
        level: args.level.clone(),
        start: day(args.start.as_deref().unwrap_or_default())
            .map_err(|what| Stop::bad_input(format!("--start: {what}")))?,
        extension: most(args.ext_workdays).map_err(|what| Stop::bad_input(format!("--ext-workdays: {what}")))?,
    };
    let deadline = count(&case, calendar, rules).map_err(Stop::bad_input)?;
    let proof = proof::lines(&deadline, calendar)?;
    if session.form == Form::Json {
        return session.object(&Answer { id: "", due: deadline.due, provisional: deadline.provisional, proof });
    }
    let mark = if deadline.provisional { "(暂定:该年度日历未载入)" } else { "" };
    writeln!(session.out, "截止 {}{mark}  {}", instant::end(deadline.due), civil::iso(deadline.due))?;
    for line in proof {
        writeln!(session.out, "  {line}")?;
    }
    writeln!(session.out, "日历 {}", calendar.version())?;
    Ok(())
}

fn table(path: &Path, calendar: &Calendar, rules: &Rules, session: &mut Session<'_>) -> anyhow::Result<()> {
    let file = path.display();
    let text = std::fs::read(path).map_err(|e| Stop::bad_input(format!("{file}: cannot be read: {e}")))?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let columns = Columns::of(reader.headers().map_err(|e| broken(&file.to_string(), e))?)
        .map_err(|what| Stop::bad_input(format!("{file}: line 1: {what}")))?;
    let form = session.form;
    let mut out = csv::Writer::from_writer(&mut *session.out);
    if form == Form::Text {
        out.write_record(["id", "due", "provisional"])?;
    }
    let mut answers = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| broken(&file.to_string(), e))?;
        let line = record.position().map_or(0, csv::Position::line);
        let fault = |what| Stop::bad_input(format!("{file}: line {line}: {what}"));
        let case = columns.case(&record).map_err(fault)?;
        let deadline = count(&case, calendar, rules).map_err(fault)?;
        match form {
            Form::Json => answers.push((case.id, deadline)),
            Form::Text => {
                let provisional = if deadline.provisional { "1" } else { "0" };
                out.write_record([case.id.as_str(), &civil::iso(deadline.due), provisional])?;
            }
        }
    }
    out.flush()?;
    drop(out);
    for (id, deadline) in answers {
        let (due, provisional) = (deadline.due, deadline.provisional);
        session.object(&Answer { id: &id, due, provisional, proof: Vec::new() })?;
    }
    Ok(())
}

/// The parser's words name the line, but not the file.
fn broken(file: &str, error: csv::Error) -> anyhow::Error {
    Stop::bad_input(format!("{file}: {error}"))
}

/// Where the columns of the table stand.
struct Columns {
    id: usize,
    regime: usize,
    level: usize,
    start: usize,
    extension: Option<usize>,
}

impl Columns {
    fn of(headers: &csv::StringRecord) -> Result<Self, String> {
        let find = |names: &[&str]| {
            headers.iter().position(|header| names.contains(&header.trim_start_matches('\u{feff}').trim()))
        };
        let need = |names: &[&str]| {
            let seen = || headers.iter().collect::<Vec<_>>().join(", ");
            find(names).ok_or_else(|| format!("no column `{}`; the file has: {}", names.join("` or `"), seen()))
        };
        Ok(Self {
            id: need(&["id"])?,
            regime: need(&["regime"])?,
            level: need(&["level", "class"])?,
            start: need(&["start"])?,
            extension: find(&["ext_workdays"]),
        })
    }

    fn case(&self, record: &csv::StringRecord) -> Result<Case, String> {
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let field = |name: &'static str| move |what: String| format!("{name}: {what}");
        Ok(Case {
            id: cell(self.id).to_owned(),
            regime: regime(cell(self.regime)).map_err(field("regime"))?,
            level: cell(self.level).to_owned(),
            start: day(cell(self.start)).map_err(field("start"))?,
            extension: self.extension.map_or(Ok(0), |at| days(cell(at))).map_err(field("ext_workdays"))?,
        })
    }
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
    most(text.parse().map_err(|_| format!("`{text}` is not a number of days"))?)
}

fn most(days: u32) -> Result<u32, String> {
    if days > 1000 { Err(format!("{days} is more than 1000 days")) } else { Ok(days) }
}

/// The civil date of an instant.
fn day(text: &str) -> Result<NaiveDate, String> {
    instant::parse(text).map(civil::day_of)
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
            return Err(format!(
                "level: `{other}` is no level; write urgent, complex or difficult (12319 also n1, n3, n5)"
            ));
        }
    };
    Ok(of(match class {
        Class::Urgent => limits.urgent,
        Class::Complex => limits.complex,
        Class::Difficult => limits.difficult,
    }))
}
