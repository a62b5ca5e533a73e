//! `duban calendar diff`: which deadlines another calendar moves and what that means
//! for their notices, before it is in force.

use std::path::PathBuf;

use super::{
    given, input,
    moved::{self, Course, Moved, Told},
};
use crate::{
    cli::{
        exit::Stop,
        import, instant,
        open::{Known, Opened},
        runtime,
        session::{Form, Session},
    },
    config::Calendars,
    outbox::{Filter, Listed},
    planner::Policy,
    rules::standing::standing,
    source::Cursor,
    telemetry::chain,
    ticket::TicketNo,
};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// A year file (.json), iCalendar (.ics), table (.csv) or the text of a notice; `-` for standard input.
    file: PathBuf,
}

/// Tickets that are read at a time.
const PAGE: usize = 2_000;

/// Rows of a ticket that are looked at, at most.
const ROWS: u32 = 1_000;

/// What the new calendar does to the store.
#[derive(Debug, Default)]
struct Moves {
    moved: Vec<Moved>,
    open: usize,
    /// Deadlines that stay and are no longer provisional.
    confirmed: usize,
}

/// Runs the command; it changes nothing.
///
/// # Errors
///
/// A file at fault, settings at fault, a store or ledger that cannot be read.
pub fn run(args: &Args, calendars: &Calendars, session: &mut Session<'_>) -> anyhow::Result<()> {
    let name = args.file.display().to_string();
    let file = given::any(&name, &input(&args.file)?, calendars)?;
    let calendar = calendars.with(&file).map_err(|e| Stop::bad_input(chain(&e)))?;
    let (settings, now) = (session.settings()?, session.now);
    let moves = runtime::block_on(async {
        let opened = Opened::new(settings, now).await?;
        let policy = Policy { calendar, ..opened.policy.clone() };
        moves(&opened, &policy).await
    })??;
    match session.form {
        Form::Json => moves.moved.iter().try_for_each(|moved| session.object(moved)),
        Form::Text => text(&moves, file.year(), session),
    }
}

async fn moves(opened: &Opened, policy: &Policy) -> anyhow::Result<Moves> {
    let mut moves = Moves::default();
    let mut cursor = Cursor::start();
    loop {
        let page = opened.store.changed(cursor, PAGE).await.map_err(import::stop)?;
        for known in opened.known(&page.tickets).await? {
            moves.add(&known, opened, policy).await?;
        }
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    let last = |moved: &Moved| moved.deadlines.iter().map(|one| one.new).max();
    moves.moved.sort_by(|a, b| (last(a), &a.ticket).cmp(&(last(b), &b.ticket)));
    Ok(moves)
}

impl Moves {
    async fn add(&mut self, known: &Known, opened: &Opened, policy: &Policy) -> anyhow::Result<()> {
        let view = known.view();
        let under =
            |policy: &Policy| standing(view.ticket, &view.facts.rounds, &policy.calendar, &policy.rules, opened.now);
        let (before, after) = (under(&opened.policy), under(policy));
        if after.state.is_final() {
            return Ok(());
        }
        self.open += 1;
        let (deadlines, confirmed) = moved::moves(&before, &after, opened.now);
        self.confirmed += confirmed;
        let until = moved::until([&before, &after], opened.now);
        let [before, after] = [&opened.policy, policy].map(|policy| Course::under(policy, known, opened, until));
        if deadlines.is_empty() && after.is_that_of(&before) {
            return Ok(());
        }
        let [sent, withdrawn, added] = moved::notices(&before, &after, &rows(opened, &view.ticket.no).await?);
        let unit = view.ticket.units.first().map(|unit| unit.to_string());
        self.moved.push(Moved { ticket: view.ticket.no.to_string(), unit, deadlines, sent, withdrawn, added });
        Ok(())
    }
}

async fn rows(opened: &Opened, no: &TicketNo) -> anyhow::Result<Vec<Listed>> {
    match &opened.ledger {
        Some(ledger) => ledger.list(&Filter::Ticket(no.clone()), ROWS).await.map_err(Stop::ledger),
        None => Ok(Vec::new()),
    }
}

fn text(moves: &Moves, year: i32, session: &mut Session<'_>) -> anyhow::Result<()> {
    for moved in &moves.moved {
        writeln!(session.out, "{} {}", moved.ticket, moved.unit.as_deref().unwrap_or("单位待定"))?;
        for one in &moved.deadlines {
            let mark = |provisional| if provisional { "(暂定)" } else { "" };
            let (old, new) = (instant::end(one.old), instant::end(one.new));
            let (before, after) = (mark(one.old_provisional), mark(one.provisional));
            writeln!(session.out, "  {}截止 {old}{before} → {new}{after}", one.name)?;
        }
        for (what, notices) in [("已发,不再重发", &moved.sent), ("不再发", &moved.withdrawn), ("新发", &moved.added)]
        {
            if !notices.is_empty() {
                let told = |told: &Told| format!("{}({})", told.kind.chinese(), instant::minute(told.at));
                writeln!(session.out, "  {what}:{}", notices.iter().map(told).collect::<Vec<_>>().join("、"))?;
            }
        }
    }
    let Moves { moved, open, confirmed } = moves;
    let deadlines: usize = moved.iter().map(|moved| moved.deadlines.len()).sum();
    let n = moved.len();
    writeln!(
        session.out,
        "{year}年日历:在办工单 {open} 件,受影响 {n} 件,变动期限 {deadlines} 个,不变而不再暂定 {confirmed} 个;未作任何改动"
    )?;
    Ok(())
}
