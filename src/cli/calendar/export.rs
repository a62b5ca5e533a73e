//! `duban calendar export`: a known year for other programs.

use crate::{
    calendar::icalendar,
    cli::{exit::Stop, session::Session},
    config::Calendars,
};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// The year.
    #[arg(value_parser = clap::value_parser!(i32).range(2004..=2100))]
    year: i32,
    /// As iCalendar, for a telephone or an office program, instead of a year file.
    #[arg(long, conflicts_with = "json")]
    ics: bool,
}

/// Runs the command.
///
/// # Errors
///
/// When no file of the year is known.
pub fn run(args: &Args, calendars: &Calendars, session: &mut Session<'_>) -> anyhow::Result<()> {
    let none = || Stop::bad_input(format!("the arrangement of {} is not known; nothing can be exported", args.year));
    let file = calendars.of(args.year).ok_or_else(none)?;
    let text = if args.ics { icalendar::text(file) } else { file.text() };
    Ok(session.out.write_all(text.as_bytes())?)
}
