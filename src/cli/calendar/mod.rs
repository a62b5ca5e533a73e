//! `duban calendar`: what the working-day calendar says, and whether others agree.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::{
    Exit, Stop,
    session::{Form, Session},
};
use crate::{
    calendar::{Calendar, Why, civil},
    rules::proof::weekday,
};

/// Shows the working-day calendar, or compares it with a second source.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Lists the holidays and make-up days of a year.
    Show {
        /// The year; this one if none is named.
        #[arg(value_parser = clap::value_parser!(i32).range(2004..=2100))]
        year: Option<i32>,
    },
    /// Compares every known day with what others took from the same notices.
    Verify,
}

/// A year for programs; the days in the form of a year file.
#[derive(Serialize)]
struct Year<'a> {
    year: i32,
    known: bool,
    workdays: usize,
    papers: &'a [String],
    days: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    date: NaiveDate,
    #[serde(rename = "isOffDay")]
    is_off_day: bool,
    #[serde(skip)]
    why: String,
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
/// A year file at fault; for `verify` a day on which the two differ.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let calendar = session.basics()?.calendar;
    match &args.command {
        Command::Show { year } => show(year.unwrap_or_else(|| civil::day_of(session.now).year()), &calendar, session),
        Command::Verify => verify(&calendar, session),
    }
}

fn show(year: i32, calendar: &Calendar, session: &mut Session<'_>) -> anyhow::Result<()> {
    let first = NaiveDate::from_yo_opt(year, 1).ok_or_else(|| Stop::bad_input(format!("{year} is no year")))?;
    let mut workdays = 0;
    let mut days = Vec::new();
    for date in first.iter_days().take_while(|date| date.year() == year) {
        let day = calendar.day(date)?;
        workdays += usize::from(day.works);
        let (name, why) = match day.why {
            Why::Weekday | Why::Weekend => continue,
            Why::Holiday(name) => (name, "放假"),
            Why::MakeUp(name) => (name, "调休上班"),
            Why::Closed(name) => (name, "本地停办"),
            Why::Opened(name) => (name, "本地上班"),
        };
        days.push(Listed { name, date, is_off_day: !day.works, why: why.to_owned() });
    }
    let shown = Year { year, known: calendar.knows(year), workdays, papers: calendar.papers(first), days };
    match session.form {
        Form::Json => session.object(&shown),
        Form::Text => text(&shown, session),
    }
}

fn text(shown: &Year<'_>, session: &mut Session<'_>) -> anyhow::Result<()> {
    let known = if shown.known { "" } else { "(放假安排未载入,按周一至周五暂定)" };
    writeln!(session.out, "{}年{known} 工作日 {} 天", shown.year, shown.workdays)?;
    for day in &shown.days {
        writeln!(session.out, "  {} {} {}{}", day.date, weekday(day.date), day.name, day.why)?;
    }
    for paper in shown.papers {
        writeln!(session.out, "依据 {paper}")?;
    }
    Ok(())
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
