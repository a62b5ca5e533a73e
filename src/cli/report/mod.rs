//! `duban report`: the five rates and the bulletins, of tickets as they stand now.

use std::collections::BTreeSet;

use chrono::{Months, NaiveDate};
use serde_json::json;

use super::{
    exit::Stop,
    open::{self, Opened},
    runtime,
    session::{Form, Session},
};
use crate::{
    calendar::civil,
    daemon::{EveryError, bulletins, every_ticket},
    notice::Period,
    planner::bulletin::Released,
    report::{
        bulletin::{self, Bulletin, Gather},
        json,
        rates::{Count, Course, Span},
    },
};

mod text;

/// The five rates, and the weekly and monthly bulletin (art. 7 and 11).
///
/// Figures are as of now, or as of `--now`: what came later is not counted. No
/// citizen and nobody of the staff is named, tickets by their numbers only.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// The bulletin of a week, Monday to Sunday; the last whole one unless `--at` names another.
    Week(Of),
    /// The bulletin of a month; the last whole one unless `--at` names another.
    Month(Of),
    /// The five rates of a span, with the tickets that count against each.
    Rates(Rates),
    /// Lets the units' leaders have the bulletin that the daemon has made.
    Release(Release),
}

#[derive(clap::Args, Debug)]
struct Of {
    /// A day of it, 2026-09-16, or a month, 2026-09.
    #[arg(long, value_name = "DAY", value_parser = day)]
    at: Option<NaiveDate>,
    #[command(flatten)]
    shape: Shape,
}

#[derive(clap::Args, Debug)]
struct Rates {
    /// The first day; the first of this month unless given.
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<NaiveDate>,
    /// The last day; today unless given.
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<NaiveDate>,
    #[command(flatten)]
    shape: Shape,
}

#[derive(clap::Args, Debug)]
struct Shape {
    /// Only this unit, by a present or former name.
    #[arg(long)]
    unit: Option<String>,
    /// Write a table for a spreadsheet.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

#[derive(clap::Args, Debug)]
struct Release {
    /// Which bulletin.
    #[arg(value_enum)]
    which: Which,
    /// A day of it; the last whole week or month unless given.
    #[arg(long, value_name = "DAY", value_parser = day)]
    at: Option<NaiveDate>,
    /// Your name, for the record.
    #[arg(long, default_value = "operator")]
    by: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Which {
    Week,
    Month,
}

/// Runs the command.
///
/// # Errors
///
/// Settings at fault, a store or ledger that cannot be read, a unit that is not known.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    match &args.command {
        Command::Week(of) => one(Which::Week, of, session),
        Command::Month(of) => one(Which::Month, of, session),
        Command::Rates(rates) => of_span(rates, session),
        Command::Release(release) => let_go(release, session),
    }
}

/// The period that a command line means.
fn period(which: Which, at: Option<NaiveDate>, session: &Session<'_>) -> Period {
    let of: fn(NaiveDate) -> Period = match which {
        Which::Week => Period::week_of,
        Which::Month => Period::month_of,
    };
    at.map_or_else(|| of(civil::day_of(session.now)).before(), of)
}

fn one(which: Which, of: &Of, session: &mut Session<'_>) -> anyhow::Result<()> {
    let period = period(which, of.at, session);
    let settings = session.settings()?;
    let now = session.now;
    let bulletin = runtime::block_on(async {
        let opened = Opened::new(settings, now).await?;
        let unit = unit(&of.shape, &opened)?;
        let mut gather = Gather::new(&opened.policy, period, now);
        each(&opened, |view| match view {
            Some(view) => gather.add(view),
            None => gather.add_unreadable(),
        })
        .await?;
        let mut bulletin = gather.done();
        if let Some(unit) = unit {
            bulletin.only(&unit);
        }
        anyhow::Ok(bulletin)
    })??;
    tell(&bulletin, &of.shape, session)
}

fn tell(bulletin: &Bulletin, shape: &Shape, session: &mut Session<'_>) -> anyhow::Result<()> {
    match (session.form, shape.csv) {
        (Form::Json, _) => session.object(&json::bulletin(bulletin)),
        (Form::Text, true) => Ok(session.out.write_all(bulletin::csv(bulletin).as_bytes())?),
        (Form::Text, false) => Ok(session.out.write_all(bulletin::text(bulletin, 1).as_bytes())?),
    }
}

fn of_span(rates: &Rates, session: &mut Session<'_>) -> anyhow::Result<()> {
    let today = civil::day_of(session.now);
    let to = rates.to.unwrap_or(today);
    let from = rates.from.unwrap_or_else(|| Period::month_of(to).first());
    if from > to {
        return Err(Stop::bad_input(format!("--from {from} lies after --to {to}; name the first day first")));
    }
    let settings = session.settings()?;
    let now = session.now;
    let (report, version, asked) = runtime::block_on(async {
        let opened = Opened::new(settings, now).await?;
        let unit = unit(&rates.shape, &opened)?;
        let mut count = Count::new(&opened.policy.rules.rates, Span { from, to }, now);
        each(&opened, |view| {
            if let Some(view) = view {
                count.add(&Course::all(view, &opened.policy, now));
            }
        })
        .await?;
        let mut report = count.done();
        if let Some(unit) = &unit {
            report.units.retain(|of| *of.unit == **unit);
        }
        anyhow::Ok((report, opened.policy.rules.rates.version.clone(), unit))
    })??;
    match (session.form, rates.shape.csv) {
        (Form::Json, _) => {
            let mut object = json::rates(&report);
            object.insert("version".to_owned(), json!(version));
            session.object(&object)
        }
        (Form::Text, true) => Ok(session.out.write_all(bulletin::rates_csv(&report).as_bytes())?),
        (Form::Text, false) => {
            Ok(session.out.write_all(text::rates(&report, &version, asked.as_deref()).as_bytes())?)
        }
    }
}

fn let_go(release: &Release, session: &mut Session<'_>) -> anyhow::Result<()> {
    let period = period(release.which, release.at, session);
    let settings = session.settings()?;
    let now = session.now;
    let revision = runtime::block_on(async {
        let none = || Stop::no_ledger(format!("no bulletin of {} was made yet; `duban run` makes it", period.name()));
        let ledger = open::ledger(&settings).await?.ok_or_else(none)?;
        let issued = bulletins::issued(&ledger, period).await.map_err(Stop::ledger)?.ok_or_else(none)?;
        let released = Released { revision: issued.revision, by: release.by.clone(), at: now };
        bulletins::release(&ledger, period, &released).await.map_err(Stop::ledger)?;
        anyhow::Ok(issued.revision)
    })??;
    let name = bulletin::headline(period);
    match session.form {
        Form::Json => session.object(&json!({ "name": period.name(), "revision": revision, "by": release.by })),
        Form::Text => Ok(writeln!(session.out, "{name}(第{revision}版)已发布,将发送各单位主要领导")?),
    }
}

async fn each(opened: &Opened, look: impl FnMut(Option<crate::planner::View<'_>>)) -> anyhow::Result<()> {
    let read = every_ticket(&opened.store, opened.ledger.as_ref(), &opened.reader, look).await;
    read.map_err(|error| match error {
        EveryError::Store(error) => super::import::stop(error),
        EveryError::Ledger(error) => Stop::ledger(error),
    })
}

/// The present name of the unit that is asked for.
fn unit(shape: &Shape, opened: &Opened) -> anyhow::Result<Option<String>> {
    let Some(asked) = &shape.unit else { return Ok(None) };
    let roster = &opened.settings.roster;
    if let Some(unit) = roster.unit(asked) {
        return Ok(Some(unit.name.to_string()));
    }
    if asked == crate::report::rates::DESK {
        return Ok(Some(asked.clone()));
    }
    let names: BTreeSet<&str> = roster.units().iter().map(|unit| &*unit.name).collect();
    let names = names.into_iter().collect::<Vec<_>>().join("、");
    Err(Stop::bad_input(format!("--unit `{asked}` is not on the roster; it has {names}")))
}

fn day(text: &str) -> Result<NaiveDate, String> {
    let fault = || format!("`{text}` is no day; write 2026-09-16, or 2026-09 for a month");
    let text = text.trim();
    let day = text.parse().or_else(|_| format!("{text}-01").parse::<NaiveDate>()).map_err(|_| fault())?;
    // A period beside it must have a date too.
    let near = day.checked_add_months(Months::new(12)).and(day.checked_sub_months(Months::new(12)));
    near.map(|_| day).filter(|day| (2000..=2100).contains(&chrono::Datelike::year(day))).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_takes_a_day_or_a_month() {
        assert_eq!(day("2026-09-16").unwrap().to_string(), "2026-09-16");
        assert_eq!(day("2026-09").unwrap().to_string(), "2026-09-01");
        for text in ["", "2026", "2026-13", "20260916", "yesterday", "+262142-12-31", "1900-01-01"] {
            assert!(day(text).is_err(), "{text}");
        }
    }
}
