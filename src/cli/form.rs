//! `duban form`: the forms of a ticket as documents, for the clerk.

use std::path::PathBuf;

use chrono::Datelike;
use serde::Serialize;

use super::{
    exit::{Exit, Stop},
    open::{Known, Opened},
    runtime,
    session::{Form, Session},
};
use crate::{
    calendar::civil,
    daemon::forms::{self, About, FormFault, Sources},
    outbox::{FormFilter, IssuedForm, NewForm, Outbox, Series},
    planner,
    telemetry::chain,
    ticket::TicketNo,
};

/// Writes the forms of a ticket as .docx: its 督办单, and the 批办单 of its repeat group.
///
/// A form keeps the number it was issued with; the tickets in it are shown as they
/// stand now. What is already there under the name is kept beside it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The number of the ticket (工单编号).
    ticket: String,
    /// The folder to write into.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Issues a form that is not there yet; its number is taken for good.
    #[arg(long, value_enum)]
    issue: Option<Issue>,
}

/// A form that may be issued by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Issue {
    /// 督办单.
    Order,
    /// 批办单.
    Batch,
}

/// A form that was written.
#[derive(Serialize)]
struct Written {
    form: &'static str,
    number: String,
    issued: String,
    tickets: Vec<String>,
    file: PathBuf,
}

/// The ticket, and the repeat group it belongs to.
struct Asked {
    no: TicketNo,
    round: u16,
    first: TicketNo,
    members: Vec<TicketNo>,
}

/// Runs the command.
///
/// # Errors
///
/// A ticket that is not in the store or has no form, a folder that cannot be
/// written, a store or ledger that cannot be read.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let settings = session.settings()?;
    let no = TicketNo::read(&args.ticket).ok_or_else(|| Stop::bad_input("the ticket number is empty"))?;
    let now = session.now;
    let written = runtime::block_on(async {
        let opened = Opened::new(settings, now).await?;
        write(&opened, no, args).await
    })??;
    for form in written {
        match session.form {
            Form::Json => session.object(&form)?,
            Form::Text => {
                let Written { form, number, issued, tickets, file } = &form;
                let (n, file, day) = (tickets.len(), file.display(), issued.get(..10).unwrap_or(issued));
                writeln!(session.out, "{form}{number}  制单 {day}  工单{n}件  {file}")?;
            }
        }
    }
    Ok(())
}

async fn write(opened: &Opened, no: TicketNo, args: &Args) -> anyhow::Result<Vec<Written>> {
    let known = known(opened, &no).await?;
    let path = opened.settings.settings.ledger_path();
    let none =
        || Stop::no_ledger(format!("there is no ledger {}; it is made by the first `duban run`", path.display()));
    let ledger = opened.ledger.as_ref().ok_or_else(none)?;
    let asked = asked(opened, ledger, &known).await?;
    // Before a number is taken for it.
    std::fs::create_dir_all(&args.out).map_err(|source| stop(FormFault::File { file: args.out.clone(), source }))?;
    let mut issued = issued(ledger, &asked).await?;
    match args.issue {
        Some(issue) => {
            let series = match issue {
                Issue::Order => Series::Order,
                Issue::Batch => Series::Batch,
            };
            issued.retain(|form| form.series == series);
            if issued.is_empty() {
                issued = vec![issue_by_hand(opened, ledger, &asked, series).await?];
            }
        }
        None if issued.is_empty() => {
            let text = format!(
                "no form has been issued for ticket {no}; --issue order gives it a 督办单, --issue batch a 批办单, \
                 each with the next number of the year"
            );
            return Err(Stop::bad_input(text));
        }
        None => {}
    }
    let sources = Sources {
        store: &opened.store,
        outbox: ledger,
        reader: &opened.reader,
        policy: &opened.policy,
        watch: opened.watch,
        settings: &opened.settings.settings.forms,
    };
    let mut written = Vec::with_capacity(issued.len());
    for form in issued {
        let bytes = sources.docx(&form, &asked.members, opened.now).await.map_err(stop)?;
        let name = format!("{}-{}-{}.docx", form.series.id(), form.year, form.number);
        let file = args.out.join(&name);
        forms::write(&args.out, &name, &bytes)
            .map_err(|source| stop(FormFault::File { file: file.clone(), source }))?;
        let tickets = match form.series {
            Series::Order => vec![asked.no.to_string()],
            Series::Batch => asked.members.iter().map(ToString::to_string).collect(),
        };
        let (form, number, issued) = (form.series.chinese(), form.text(), civil::iso(form.issued));
        written.push(Written { form, number, issued, tickets, file });
    }
    Ok(written)
}

async fn known(opened: &Opened, no: &TicketNo) -> anyhow::Result<Known> {
    let rows = opened.store.read(std::slice::from_ref(no)).await.map_err(super::import::stop)?;
    opened.known(&rows).await?.pop().ok_or_else(|| {
        Stop::bad_input(format!("ticket {no} is not in the store {}; see the number again", opened.settings.store))
    })
}

/// The ticket with its group, as the ledger knows it; without one it is a group of its own.
async fn asked(opened: &Opened, ledger: &Outbox, known: &Known) -> anyhow::Result<Asked> {
    let (standing, _) = planner::wanted(known.view(), &opened.policy, opened.watch, opened.now);
    let window = chrono::TimeDelta::days(opened.policy.rules.repeat.window_days.into());
    let entries = ledger.repeats(opened.now - window * 2).await.map_err(Stop::ledger)?;
    let no = known.ticket.no.clone();
    let first = entries.iter().find(|entry| entry.ticket == no).and_then(|entry| entry.first.clone());
    let first = first.unwrap_or_else(|| no.clone());
    let mut group: Vec<_> = entries.into_iter().filter(|entry| entry.first.as_ref() == Some(&first)).collect();
    group.sort_by(|a, b| (a.received, &a.ticket).cmp(&(b.received, &b.ticket)));
    // As the group was at its newest ticket, however long ago that is.
    let newest = group.iter().filter_map(|entry| entry.received).max();
    group.retain(|entry| entry.received.zip(newest).is_none_or(|(received, newest)| newest - received <= window));
    let members: Vec<TicketNo> = group.into_iter().map(|entry| entry.ticket).collect();
    let members = if members.is_empty() { vec![no.clone()] } else { members };
    Ok(Asked { no, round: standing.round, first, members })
}

async fn issued(ledger: &Outbox, asked: &Asked) -> anyhow::Result<Vec<IssuedForm>> {
    let mut issued = ledger.forms(FormFilter::Scope(&format!("T/{}", asked.no))).await.map_err(Stop::ledger)?;
    issued.extend(ledger.forms(FormFilter::Scope(&format!("G/{}", asked.first))).await.map_err(Stop::ledger)?);
    // Whose subject only begins alike is another's.
    issued.retain(|form| match About::read(&form.subject) {
        Some(About::Ticket { no, .. }) => no == asked.no,
        Some(About::Group { first, .. }) => first == asked.first,
        None => false,
    });
    Ok(issued)
}

async fn issue_by_hand(opened: &Opened, ledger: &Outbox, asked: &Asked, series: Series) -> anyhow::Result<IssuedForm> {
    let Asked { no, round, first, .. } = asked;
    let (subject, remembered_by) = match series {
        Series::Order => (format!("T/{no}/r{round}|by-hand|"), Some((no.clone(), *round))),
        Series::Batch => (format!("G/{first}|by-hand|"), None),
    };
    let form = NewForm { series, year: civil::day_of(opened.now).year(), subject, remembered_by };
    let issued = ledger.issue_forms(&[form], opened.now).await.map_err(Stop::ledger)?;
    issued.into_iter().next().ok_or_else(|| anyhow::anyhow!("the ledger gave no number"))
}

fn stop(fault: FormFault) -> anyhow::Error {
    let exit = match &fault {
        FormFault::Ledger(_) | FormFault::Subject { .. } => Exit::Ledger,
        FormFault::Store(_) => Exit::Store,
        FormFault::Gone { .. } => Exit::BadInput,
        FormFault::Document(_) | FormFault::File { .. } => Exit::Failed,
    };
    Stop { exit, text: chain(&fault) }.into()
}
