//! `duban simulate`: a history replayed with a moving clock; nothing is sent.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::{Session, Stop, instant};
use crate::{
    channel::Class,
    notice::{Medium, Period},
};

mod replay;
mod told;

pub use replay::{Replay, Setting};
pub use told::{Told, tell};

/// Replays a history and shows what would have left, when, to whom.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A table whose first column `at` says from when on a row stood so.
    #[arg(long)]
    history: PathBuf,
    /// Lines before it are standing state; nothing due before it is shown.
    #[arg(long, value_parser = instant::parse)]
    from: DateTime<Utc>,
    /// The end, not included.
    #[arg(long, value_parser = instant::parse)]
    to: DateTime<Utc>,
    /// A span `T1..T2` in which the daemon does not run; may be repeated.
    #[arg(long, value_parser = span)]
    down: Vec<Span>,
    /// `FILE@T`: a year file that arrives at an instant; may be repeated.
    #[arg(long, value_parser = arrival)]
    load_calendar: Vec<(PathBuf, DateTime<Utc>)>,
    /// A roster, TOML or CSV; without one, roles are shown unchecked.
    #[arg(long)]
    roster: Option<PathBuf>,
    /// A folder of year files that replaces all others.
    #[arg(long)]
    calendars: Option<PathBuf>,
    /// Shows one object a ticket instead of one a message.
    #[arg(long)]
    no_digest: bool,
    /// Shows also what was superseded, and why.
    #[arg(long)]
    all: bool,
    /// `CHANNEL=CLASS@T1..T2`: a channel (sms, email) answers so in a span; may be repeated.
    #[arg(long, value_parser = failure)]
    fail: Vec<Failing>,
}

/// A span of instants, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// A medium that answers other than accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    pub medium: Medium,
    pub class: Class,
    pub span: Span,
}

/// Runs the command.
///
/// # Errors
///
/// A file at fault, with its name and line; a ledger that fails.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    if args.from >= args.to {
        return Err(Stop::bad_input("--from is not before --to; nothing lies between them"));
    }
    let settings = session.settings_if_any()?;
    let setting = match settings {
        Some(loaded) => Setting { rules: loaded.rules, templates: loaded.templates, columns: loaded.columns },
        None => Setting::shipped()?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut told = runtime.block_on(async { Replay::new(args, setting)?.run().await })?;
    // A bulletin of the time before was told then, as if the daemon had run all along.
    let is_old = |told: &Told| Period::KINDS.contains(&told.kind) && told.due_at < args.from;
    told.retain(|told| told.at >= args.from && told.at < args.to && !is_old(told));
    told.sort_by(|a, b| a.order().cmp(&b.order()));
    tell(&told, session)
}

fn span(text: &str) -> Result<Span, String> {
    let (from, to) = text.split_once("..").ok_or_else(|| format!("`{text}` is no span; write T1..T2"))?;
    let span = Span { from: instant::parse(from)?, to: instant::parse(to)? };
    if span.from < span.to { Ok(span) } else { Err(format!("`{text}` ends before it begins")) }
}

fn arrival(text: &str) -> Result<(PathBuf, DateTime<Utc>), String> {
    let (file, at) = text.rsplit_once('@').ok_or_else(|| format!("`{text}` is no arrival; write FILE@T"))?;
    Ok((file.into(), instant::parse(at)?))
}

fn failure(text: &str) -> Result<Failing, String> {
    let fault = || format!("`{text}` is no failure; write sms=unknown@T1..T2");
    let (medium, rest) = text.split_once('=').ok_or_else(fault)?;
    let (class, at) = rest.split_once('@').ok_or_else(fault)?;
    Ok(Failing {
        medium: Medium::from_id(medium).ok_or_else(fault)?,
        class: Class::from_id(class).ok_or_else(fault)?,
        span: span(at)?,
    })
}

/// Reads a roster in either form, by the file's ending.
///
/// # Errors
///
/// A file that cannot be read, or every fault of its text.
pub fn roster(path: &std::path::Path) -> anyhow::Result<crate::roster::Roster> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| Stop::bad_input(format!("{name}: cannot be read: {e}")))?;
    let read = match path.extension().and_then(|ext| ext.to_str()) {
        Some("csv") => crate::roster::Roster::from_csv(&name, &text),
        Some(_) | None => crate::roster::Roster::from_toml(&name, &text),
    };
    read.map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Stop::bad_input(lines.join("\n"))
    })
}
