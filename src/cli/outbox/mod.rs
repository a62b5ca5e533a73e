//! `duban outbox`: what is kept for sending, and what became of it.

use super::{
    exit::Stop,
    open, runtime,
    session::{Form, Session},
};
use crate::{
    config::Loaded,
    outbox::{Filter, LegId, LegState, NoticeId, NoticeState, Outbox},
    ticket::TicketNo,
};

mod entry;
mod proofs;

pub use entry::Entry;

/// Looks into the ledger, and sends on its way or cancels by hand.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Lists notices with their legs, the newest first.
    List(List),
    /// Shows one notice with every attempt.
    Show {
        /// The notice's number.
        notice: i64,
    },
    /// Sends a leg on its way again; never an SMS to the citizen that may have arrived.
    Retry {
        /// The leg's number.
        leg: i64,
        #[command(flatten)]
        by: By,
    },
    /// Cancels a notice for good, or one leg of it that waits.
    Cancel {
        /// The notice's number.
        #[arg(required_unless_present = "leg", conflicts_with = "leg")]
        notice: Option<i64>,
        /// A leg's number instead.
        #[arg(long)]
        leg: Option<i64>,
        #[command(flatten)]
        by: By,
    },
    /// Lists the SMS to citizens of which the ticket store is to be told, and whether it was.
    Proofs,
    /// Records that a person has acknowledged a notice (签收): they are not told the
    /// same step again; others are, and higher steps go out as before.
    Ack {
        /// The notice's number.
        notice: i64,
        /// The person's id on the roster.
        #[arg(long)]
        person: String,
        #[command(flatten)]
        by: By,
    },
    /// Releases a notice that is held after a restore.
    Release {
        /// The notice's number.
        notice: i64,
        #[command(flatten)]
        by: By,
    },
}

/// Who does it; the ledger remembers.
#[derive(clap::Args, Debug)]
struct By {
    /// Your name, for the record.
    #[arg(long, default_value = "operator")]
    by: String,
}

#[derive(clap::Args, Debug)]
struct List {
    /// Only what should have moved and has not: past its time, unknown, failed or given up.
    #[arg(long, conflicts_with_all = ["state", "ticket"])]
    stuck: bool,
    /// Only notices in this state, or with a leg in it: open, done, superseded, expired, held,
    /// pending, sending, accepted, delivered, unknown, failed, dead.
    #[arg(long, value_parser = state, conflicts_with = "ticket")]
    state: Option<State>,
    /// Only what is about this ticket.
    #[arg(long)]
    ticket: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// The state of a notice or of a leg; where both have the name, the notice's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Notice(NoticeState),
    Leg(LegState),
}

fn state(text: &str) -> Result<State, String> {
    let notice = NoticeState::from_id(text).map(State::Notice);
    notice.or_else(|| LegState::from_id(text).map(State::Leg)).ok_or_else(|| {
        let notices = NoticeState::ALL.map(NoticeState::id).join(", ");
        let legs = LegState::ALL.map(LegState::id).join(", ");
        format!("`{text}` is no state; of a notice: {notices}; of a leg: {legs}")
    })
}

/// Runs the command.
///
/// # Errors
///
/// Settings at fault, no ledger yet, a row that is not there or whose state
/// forbids what was asked.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let settings = session.settings()?;
    match &args.command {
        Command::List(list) => listed(list, &settings, session),
        Command::Show { notice } => shown(NoticeId(*notice), &settings, session),
        Command::Retry { leg, by } => {
            let now = session.now;
            change(&settings, async |ledger| ledger.retry(LegId(*leg), &by.by, now).await)?;
            told(session, &format!("leg {leg}"), "重新待发")
        }
        Command::Cancel { notice, leg, by } => {
            let now = session.now;
            match (notice, leg) {
                (_, Some(leg)) => {
                    change(&settings, async |ledger| ledger.cancel_leg(LegId(*leg), &by.by, now).await)?;
                    told(session, &format!("leg {leg}"), "已取消")
                }
                (Some(notice), None) => {
                    change(&settings, async |ledger| ledger.cancel(NoticeId(*notice), &by.by, now).await)?;
                    told(session, &format!("notice {notice}"), "已取消")
                }
                // The command line demands one of them.
                (None, None) => Ok(()),
            }
        }
        Command::Proofs => proofs::run(&settings, session),
        Command::Ack { notice, person, by } => acknowledged(NoticeId(*notice), person, by, &settings, session),
        Command::Release { notice, by } => {
            let now = session.now;
            change(&settings, async |ledger| ledger.free(NoticeId(*notice), &by.by, now).await)?;
            told(session, &format!("notice {notice}"), "已放行")
        }
    }
}

fn listed(list: &List, settings: &Loaded, session: &mut Session<'_>) -> anyhow::Result<()> {
    let ticket = match &list.ticket {
        Some(text) => Some(TicketNo::read(text).ok_or_else(|| Stop::bad_input("--ticket: the number is empty"))?),
        None => None,
    };
    let filter = match (list.stuck, list.state, ticket) {
        (true, _, _) => Filter::Stuck { now: session.now },
        (false, Some(State::Notice(state)), _) => Filter::Notice(state),
        (false, Some(State::Leg(state)), _) => Filter::Leg(state),
        (false, None, Some(no)) => Filter::Ticket(no),
        (false, None, None) => Filter::All,
    };
    let found =
        runtime::block_on(async { needed(settings).await?.list(&filter, list.limit).await.map_err(Stop::ledger) })??;
    for listed in &found {
        let entry = Entry::of(listed, &settings.roster);
        match session.form {
            Form::Json => session.object(&entry)?,
            Form::Text => entry.write(&mut *session.out)?,
        }
    }
    match session.form {
        Form::Json => Ok(()),
        Form::Text => Ok(writeln!(session.out, "共 {} 条", found.len())?),
    }
}

fn shown(notice: NoticeId, settings: &Loaded, session: &mut Session<'_>) -> anyhow::Result<()> {
    let (listed, acks) = runtime::block_on(async {
        let ledger = needed(settings).await?;
        let listed = ledger.show(notice).await.map_err(refused)?;
        let acks = ledger.acks_of(&[listed.notice.scope()]).await.map_err(Stop::ledger)?;
        anyhow::Ok((listed, acks))
    })??;
    let entry = Entry::of(&listed, &settings.roster).with_acks(&acks, &settings.roster);
    match session.form {
        Form::Json => session.object(&entry),
        Form::Text => entry.write(&mut *session.out),
    }
}

fn acknowledged(
    notice: NoticeId,
    person: &str,
    by: &By,
    settings: &Loaded,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let now = session.now;
    change(settings, async |ledger| ledger.ack(notice, person, &by.by, now).await.map(drop))?;
    told(session, &format!("notice {}", notice.0), "已签收")
}

/// Changes something by hand. A running daemon sees it with its next look.
fn change(
    settings: &Loaded,
    what: impl AsyncFnOnce(&Outbox) -> Result<(), crate::outbox::OutboxError>,
) -> anyhow::Result<()> {
    runtime::block_on(async { what(&needed(settings).await?).await.map_err(refused) })?
}

/// What cannot be done is a mistake of the one who asks; the rest is the ledger's.
fn refused(error: crate::outbox::OutboxError) -> anyhow::Error {
    use crate::outbox::OutboxError as E;
    match error {
        E::Missing { .. } | E::Forbidden { .. } => Stop::bad_input(error.to_string()),
        E::Open { .. }
        | E::NotALedger { .. }
        | E::Newer { .. }
        | E::Corrupt { .. }
        | E::Full { .. }
        | E::Busy { .. }
        | E::Statement { .. }
        | E::Row { .. }
        | E::ForeignNotice { .. } => Stop::ledger(error),
    }
}

async fn needed(settings: &Loaded) -> anyhow::Result<Outbox> {
    open::ledger(settings).await?.ok_or_else(|| {
        let path = settings.settings.ledger_path();
        Stop::no_ledger(format!("ledger {} does not exist yet: `duban run` makes it", path.display()))
    })
}

fn told(session: &mut Session<'_>, subject: &str, what: &str) -> anyhow::Result<()> {
    match session.form {
        Form::Json => session.object(&serde_json::json!({ "subject": subject, "done": true })),
        Form::Text => Ok(writeln!(session.out, "{subject} {what}")?),
    }
}
