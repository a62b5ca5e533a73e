//! `duban plan`: what will be sent to whom, if nothing but time changes.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    audience::Planned,
    import, instant,
    open::Opened,
    runtime,
    session::{Form, Session},
};
use crate::{
    calendar::civil,
    notice::{Notice, Wish},
    planner::{self, Digest},
    rules::{proof::weekday, standing::standing},
    source::Cursor,
};

/// Shows which notices will come due, day by day, and whom they reach.
///
/// What has come due before now is not shown (see `outbox list`), nor what a
/// change in the store will bring: a new ticket, a conclusion, an extension.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// How many days ahead.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
}

/// Tickets that are read at a time.
const PAGE: usize = 2_000;

/// Runs the command.
///
/// # Errors
///
/// Settings at fault, a store or ledger that cannot be read.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let settings = session.settings()?;
    let now = session.now;
    let until = now + chrono::TimeDelta::days(args.days.into());
    let (opened, outlook) = runtime::block_on(async {
        let opened = Opened::new(settings, now).await?;
        let outlook = outlook(&opened, until).await?;
        anyhow::Ok((opened, outlook))
    })??;
    let planned = outlook.notices.iter().map(|notice| Planned::of(notice, &opened.settings.roster));
    match session.form {
        Form::Json => planned.into_iter().try_for_each(|planned| session.object(&planned)),
        Form::Text => text(planned.collect(), &outlook, session),
    }
}

/// What lies ahead.
struct Outlook {
    notices: Vec<Notice>,
    /// Tickets of which something is still owed.
    open: usize,
    /// Those whose conclusion rests on a year without a calendar.
    provisional: usize,
}

async fn outlook(opened: &Opened, until: DateTime<Utc>) -> anyhow::Result<Outlook> {
    let mut outlook = Outlook { notices: Vec::new(), open: 0, provisional: 0 };
    let mut digests = digests(opened, until);
    let mut cursor = Cursor::start();
    loop {
        let page = opened.store.changed(cursor, PAGE).await.map_err(import::stop)?;
        for known in opened.known(&page.tickets).await? {
            let view = known.view();
            let policy = &opened.policy;
            let standing = standing(view.ticket, &view.facts.rounds, &policy.calendar, &policy.rules, opened.now);
            if standing.state.is_final() {
                continue;
            }
            outlook.open += 1;
            outlook.provisional += usize::from(standing.conclusion.is_some_and(|deadline| deadline.provisional));
            let upcoming = planner::upcoming(view, policy, opened.watch, opened.now..until);
            let ahead = |notice: &Notice| notice.wish == Wish::Send && notice.due > opened.now && notice.due < until;
            outlook.notices.extend(upcoming.into_iter().filter(ahead));
            for digest in &mut digests {
                let at = digest.at();
                digest.add(view, policy, at);
            }
        }
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    outlook.notices.extend(planner::bulletin::bulletins_ahead(opened.now..until, &opened.policy.rules.bulletin));
    for digest in digests {
        let at = digest.at();
        outlook.notices.extend(digest.notices(&opened.policy, opened.watch, at));
    }
    outlook.notices.sort_by_cached_key(|notice| (notice.due, notice.kind, notice.subject.text()));
    Ok(outlook)
}

/// The daily digests that lie ahead, still empty.
fn digests(opened: &Opened, until: DateTime<Utc>) -> Vec<Digest> {
    let days = civil::day_of(opened.now).iter_days().take_while(|day| *day <= civil::day_of(until));
    let digests = days.map(|day| Digest::of(day, &opened.policy.rules));
    digests.filter(|digest| digest.at() > opened.now && digest.at() < until).collect()
}

/// Notices of one instant, kind and audience: a line of the plan, with the tickets.
type Lines = BTreeMap<(DateTime<Utc>, &'static str, String, String), Vec<String>>;

fn text(planned: Vec<Planned>, outlook: &Outlook, session: &mut Session<'_>) -> anyhow::Result<()> {
    let n = planned.len();
    let mut days: BTreeMap<NaiveDate, Lines> = BTreeMap::new();
    for planned in planned {
        let unset = if planned.ticket.is_some() { " 待定" } else { "" };
        let unit = planned.unit.as_ref().map_or_else(|| unset.to_owned(), |unit| format!(" {unit}"));
        let lines = days.entry(civil::day_of(planned.at)).or_default();
        let line = lines.entry((planned.at, planned.name, unit, planned.to())).or_default();
        line.extend(planned.ticket);
    }
    for (day, lines) in days {
        writeln!(session.out, "{day} {}", weekday(day))?;
        for ((at, name, unit, to), tickets) in lines {
            let time = &instant::minute(at)[11..];
            if tickets.is_empty() {
                writeln!(session.out, "  {time} {name}{unit} → {to}")?;
                continue;
            }
            writeln!(session.out, "  {time} {name} {}件{unit} → {to}", tickets.len())?;
            writeln!(session.out, "        {}", tickets.join("、"))?;
        }
    }
    let Outlook { open, provisional, .. } = outlook;
    writeln!(session.out, "在办工单 {open} 件,将发通知 {n} 条;期限为暂定 {provisional} 件")?;
    Ok(())
}
