//! `duban calendar`: what the working-day calendar says, and how a new year gets
//! into it.

use std::path::Path;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::{
    Exit, Stop, file,
    session::{Form, Session},
};
use crate::{
    calendar::{Calendar, civil},
    config::{self, Calendars},
    rules::proof::weekday,
};

mod export;
mod given;
mod local;
mod moved;
mod moves;
mod show;
mod table;
mod taken;

/// Shows the working-day calendar, compares it, and takes over a new year.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Shows the months of a year with its holidays and make-up days.
    Show {
        /// The year; this one if none is named.
        #[arg(value_parser = clap::value_parser!(i32).range(2004..=2100))]
        year: Option<i32>,
    },
    /// Compares every known day with what others took from the same notices.
    Verify,
    /// Makes the year file from the State Council's notice, in its own words.
    ///
    /// The text may be pasted or the source of the saved page. It is checked against
    /// itself and the almanac; a clause at fault is named, and nothing is written.
    ImportNotice(taken::Notice),
    /// Takes over a year from a year file (JSON), an iCalendar file or a table (CSV).
    Import(taken::Import),
    /// Closes or opens days on the bureau's own account, with a reason.
    Local(local::Args),
    /// Shows which deadlines of open tickets a new year would move; changes nothing.
    Diff(moves::Args),
    /// Writes a known year as a year file, or as iCalendar.
    Export(export::Args),
}

#[derive(Serialize)]
struct Verified<'a> {
    version: &'a str,
    compared: usize,
    differing: Vec<Differing>,
}

#[derive(Serialize)]
struct Differing {
    date: NaiveDate,
    works: bool,
}

/// Runs the command.
///
/// # Errors
///
/// A year file, notice or table at fault; for `verify` a day on which the two differ.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let calendars = match &args.command {
        // What is compared must be what is in force.
        Command::Verify => session.basics()?.calendars,
        Command::Show { .. }
        | Command::ImportNotice(_)
        | Command::Import(_)
        | Command::Local(_)
        | Command::Diff(_)
        | Command::Export(_) => calendars(session)?,
    };
    match &args.command {
        Command::Show { year } => {
            let year = year.unwrap_or_else(|| civil::day_of(session.now).year());
            show::run(year, &calendars.calendar, session)
        }
        Command::Verify => verify(&calendars.calendar, session),
        Command::ImportNotice(args) => taken::notice(args, &calendars, session),
        Command::Import(args) => taken::import(args, &calendars, session),
        Command::Local(args) => local::run(args, &calendars, session),
        Command::Diff(args) => moves::run(args, &calendars, session),
        Command::Export(args) => export::run(args, &calendars, session),
    }
}

/// The calendars without the files at fault, which are named: these commands are those
/// by which they are put right.
fn calendars(session: &Session<'_>) -> anyhow::Result<Calendars> {
    let (calendars, faults) = config::sound_calendars(&session.places);
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    match calendars {
        Some(calendars) => {
            for fault in told {
                eprintln!("duban: {fault}");
            }
            Ok(calendars)
        }
        None => Err(Stop::bad_input(told.join("\n"))),
    }
}

/// What a file or, for `-`, standard input holds.
fn input(path: &Path) -> anyhow::Result<String> {
    if path.as_os_str() != "-" {
        return file::text(path);
    }
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)
        .map_err(|e| Stop::bad_input(format!("standard input: cannot be read: {e}")))?;
    file::decoded("standard input", bytes)
}

fn verify(calendar: &Calendar, session: &mut Session<'_>) -> anyhow::Result<()> {
    let opinion = calendar.verify();
    let differing: Vec<Differing> =
        opinion.differing.iter().map(|day| Differing { date: day.date, works: day.works }).collect();
    let n = differing.len();
    match session.form {
        Form::Json => {
            session.object(&Verified { version: calendar.version(), compared: opinion.compared, differing })?;
        }
        Form::Text => {
            for day in &differing {
                let ours = if day.works { "上班" } else { "放假" };
                writeln!(session.out, "{} {} 本程序为{ours},另一来源相反", day.date, weekday(day.date))?;
            }
            let version = calendar.version();
            writeln!(session.out, "日历 {version}:比对 {} 天,不一致 {n} 天", opinion.compared)?;
            for part in calendar.parts() {
                if part.year().is_some_and(|year| year > opinion.last) {
                    writeln!(session.out, "{}年:没有另一来源,未比对", part.name)?;
                }
                for doubt in &part.doubts {
                    writeln!(session.out, "{}年:不像完整的放假安排({doubt})", part.name)?;
                }
            }
        }
    }
    match n {
        0 => Ok(()),
        n => {
            Err(Stop { exit: Exit::Faults, text: format!("days that differ: {n}; read the notices of these days") }
                .into())
        }
    }
}
