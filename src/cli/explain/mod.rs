//! `duban explain`: where a ticket stands, and the proof of each deadline.

use serde::Serialize;

use super::{
    audience::Planned,
    exit::Stop,
    open::{Known, Opened},
    outbox::Entry,
    runtime,
    session::{Form, Session},
};
use crate::{
    outbox::Filter,
    planner,
    rules::{Standing, findings::findings},
    ticket::TicketNo,
};

mod after;
mod calendar;
mod duty;
mod head;
mod skipped;
mod text;

use duty::Duty;
use head::Head;

/// Explains a ticket: each deadline day by day, what is wanted, what was sent.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The number of the ticket (工单编号).
    ticket: String,
    /// How many days ahead to look for what comes next.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(0..=366))]
    days: u16,
}

/// Notices of a ticket that are shown at most.
const SHOWN: u32 = 500;

/// Everything about a ticket, without the citizen.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    head: Head,
    deadlines: Vec<Duty>,
    calendar: String,
    calendar_parts: Vec<calendar::Part>,
    findings: Vec<Finding>,
    wanted: Vec<Planned>,
    upcoming: Vec<Planned>,
    /// How far ahead `upcoming` looks.
    #[serde(skip)]
    days: u16,
    sent: Vec<Entry>,
}

#[derive(Serialize)]
struct Finding {
    code: &'static str,
    what: &'static str,
}

/// Runs the command.
///
/// # Errors
///
/// Settings at fault, a store or ledger that cannot be read, a ticket that is
/// not in the store.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let settings = session.settings()?;
    let no = TicketNo::read(&args.ticket).ok_or_else(|| Stop::bad_input("the ticket number is empty"))?;
    let now = session.now;
    let explained = runtime::block_on(async {
        let opened = Opened::new(settings, now).await?;
        explain(&opened, &no, args.days).await
    })??;
    match session.form {
        Form::Json => session.object(&explained),
        Form::Text => text::write(&explained, &mut *session.out),
    }
}

async fn explain(opened: &Opened, no: &TicketNo, days: u16) -> anyhow::Result<Explained> {
    let rows = opened.store.read(std::slice::from_ref(no)).await.map_err(super::import::stop)?;
    let known = opened
        .known(&rows)
        .await?
        .pop()
        .ok_or_else(|| Stop::bad_input(format!("ticket {no} is not in the store {}", opened.settings.store)))?;
    let (standing, plan) = planner::wanted(known.view(), &opened.policy, opened.watch, opened.now);
    let tries = head::tries(&known.ticket, &standing, &opened.policy.rules.contact_attempts, opened.now);
    let until = opened.now + chrono::TimeDelta::days(days.into());
    let upcoming = planner::upcoming(known.view(), &opened.policy, opened.watch, opened.now..until);
    let planned = |notice| Planned::of(notice, &opened.settings.roster);
    let upcoming = upcoming.iter().filter(|notice| notice.due > opened.now).map(planned).collect();
    let deadlines = duty::all(known.view(), &standing, &opened.policy, opened.now)?;
    Ok(Explained {
        head: Head::of(&known.ticket, &standing, group(opened, no).await?, &tries),
        calendar_parts: calendar::parts(opened, &deadlines).await?,
        deadlines,
        calendar: opened.policy.calendar.version().to_owned(),
        findings: of_findings(opened, &known, &standing),
        wanted: plan.notices.iter().map(planned).collect(),
        upcoming,
        days,
        sent: sent(opened, no).await?,
    })
}

fn of_findings(opened: &Opened, known: &Known, standing: &Standing) -> Vec<Finding> {
    let found = findings(&known.ticket, standing, &opened.policy.rules, opened.policy.roster.as_deref(), opened.now);
    found.into_iter().map(|code| Finding { code: code.code(), what: planner::sentence(code) }).collect()
}

/// The repeat group, as far as the ledger knows it.
async fn group(opened: &Opened, no: &TicketNo) -> anyhow::Result<Option<Vec<TicketNo>>> {
    let Some(ledger) = &opened.ledger else { return Ok(None) };
    let window = opened.policy.rules.repeat.window_days;
    let entries = ledger.repeats(opened.now - chrono::TimeDelta::days(window.into())).await.map_err(Stop::ledger)?;
    let first = entries.iter().find(|entry| entry.ticket == *no).and_then(|entry| entry.first.clone());
    Ok(first.map(|first| {
        entries.into_iter().filter(|entry| entry.first.as_ref() == Some(&first)).map(|entry| entry.ticket).collect()
    }))
}

async fn sent(opened: &Opened, no: &TicketNo) -> anyhow::Result<Vec<Entry>> {
    let Some(ledger) = &opened.ledger else { return Ok(Vec::new()) };
    let listed = ledger.list(&Filter::Ticket(no.clone()), SHOWN).await.map_err(Stop::ledger)?;
    // The oldest first, as a story is told.
    Ok(listed.iter().rev().map(|listed| Entry::of(listed, &opened.settings.roster)).collect())
}
