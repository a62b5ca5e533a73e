//! `duban calendar diff`: which deadlines another calendar moves, before it is in force.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{given, input};
use crate::{
    calendar::Calendar,
    cli::{
        exit::Stop,
        import, instant,
        open::{Known, Opened},
        runtime,
        session::{Form, Session},
    },
    config::Calendars,
    rules::{
        Deadline,
        standing::{Standing, standing},
    },
    source::Cursor,
    telemetry::chain,
};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// A year file (.json), iCalendar (.ics), table (.csv) or the text of a notice; `-` for standard input.
    file: PathBuf,
}

/// Tickets that are read at a time.
const PAGE: usize = 2_000;

/// A deadline of an open ticket that is another under the new calendar.
#[derive(Debug, Serialize)]
struct Move {
    ticket: String,
    unit: Option<String>,
    duty: &'static str,
    #[serde(skip)]
    name: &'static str,
    #[serde(serialize_with = "instant::iso")]
    old: DateTime<Utc>,
    #[serde(serialize_with = "instant::iso")]
    new: DateTime<Utc>,
    old_provisional: bool,
    provisional: bool,
}

/// What the new calendar does to the store.
#[derive(Debug, Default)]
struct Moves {
    moved: Vec<Move>,
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
        moves(&opened, &calendar).await
    })??;
    match session.form {
        Form::Json => moves.moved.iter().try_for_each(|moved| session.object(moved)),
        Form::Text => text(&moves, file.year(), session),
    }
}

async fn moves(opened: &Opened, calendar: &Calendar) -> anyhow::Result<Moves> {
    let mut moves = Moves::default();
    let mut cursor = Cursor::start();
    loop {
        let page = opened.store.changed(cursor, PAGE).await.map_err(import::stop)?;
        for known in opened.known(&page.tickets).await? {
            moves.add(&known, opened, calendar);
        }
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    moves.moved.sort_by(|a, b| (a.new, &a.ticket, a.duty).cmp(&(b.new, &b.ticket, b.duty)));
    Ok(moves)
}

impl Moves {
    fn add(&mut self, known: &Known, opened: &Opened, calendar: &Calendar) {
        let view = known.view();
        let under = |calendar| standing(view.ticket, &view.facts.rounds, calendar, &opened.policy.rules, opened.now);
        let (before, after) = (under(&opened.policy.calendar), under(calendar));
        if after.state.is_final() {
            return;
        }
        self.open += 1;
        for ((duty, name, old), (.., new)) in duties(&before).into_iter().zip(duties(&after)) {
            let (Some(old), Some(new)) = (old, new) else { continue };
            if old.due == new.due {
                self.confirmed += usize::from(old.provisional && !new.provisional);
            } else if old.due.max(new.due) > opened.now {
                let unit = view.ticket.units.first().map(|unit| unit.to_string());
                self.moved.push(Move {
                    ticket: view.ticket.no.to_string(),
                    unit,
                    duty,
                    name,
                    old: old.due,
                    new: new.due,
                    old_provisional: old.provisional,
                    provisional: new.provisional,
                });
            }
        }
    }
}

/// The duties with a deadline in working days, each with its id and name.
fn duties(standing: &Standing) -> [(&'static str, &'static str, Option<&Deadline>); 4] {
    [
        ("first-contact", "先行联系", standing.first_contact.as_ref()),
        ("return-window", "退单申请", standing.return_window.as_ref()),
        ("conclusion", "办结", standing.conclusion.as_ref()),
        ("second-revisit", "二次回访", standing.second_revisit.as_ref()),
    ]
}

fn text(moves: &Moves, year: i32, session: &mut Session<'_>) -> anyhow::Result<()> {
    for moved in &moves.moved {
        let mark = |provisional| if provisional { "(暂定)" } else { "" };
        let (old, new) = (instant::end(moved.old), instant::end(moved.new));
        let (before, after) = (mark(moved.old_provisional), mark(moved.provisional));
        let unit = moved.unit.as_deref().unwrap_or("待定");
        writeln!(session.out, "{} {unit} {}截止 {old}{before} → {new}{after}", moved.ticket, moved.name)?;
    }
    let Moves { moved, open, confirmed } = moves;
    let n = moved.len();
    writeln!(
        session.out,
        "{year}年日历:在办工单 {open} 件,变动期限 {n} 个,不变而不再暂定 {confirmed} 个;未作任何改动"
    )?;
    Ok(())
}
