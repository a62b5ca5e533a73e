//! `duban calendar local`: days that the bureau closes or works on its own account.

use std::path::Path;

use chrono::{Datelike, NaiveDate};

use super::taken::{self, Hand};
use crate::{
    calendar::{LocalDay, Overlay, Part, civil},
    cli::{
        exit::Stop,
        file,
        session::{Form, Session},
    },
    config::Calendars,
    telemetry::chain,
};

/// Everybody may read an overlay.
const MODE: u32 = 0o644;

/// The longest span in one go: nobody closes longer by one order.
const LONGEST: usize = 62;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// A day, `2026-11-05`, or the first and last day, `2026-11-05..2026-11-06`.
    days: String,
    #[command(flatten)]
    what: What,
    /// Why, as the proofs say it: the order and its number.
    #[arg(long, required_unless_present = "remove")]
    reason: Option<String>,
    /// The overlay's file below calendars/local/, without its ending.
    #[arg(long, value_name = "NAME", default_value = "local")]
    file: String,
    #[command(flatten)]
    hand: Hand,
}

#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
struct What {
    /// Nobody works on these days.
    #[arg(long)]
    closed: bool,
    /// These days are worked.
    #[arg(long)]
    opened: bool,
    /// Takes these days out of the overlay again.
    #[arg(long, conflicts_with = "reason")]
    remove: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Days that are none or not in the overlay, a file that cannot be read or written.
pub fn run(args: &Args, calendars: &Calendars, session: &mut Session<'_>) -> anyhow::Result<()> {
    let days = span(&args.days).map_err(Stop::bad_input)?;
    let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if args.file.is_empty() || !args.file.chars().all(is_name) {
        let text = format!("--file {}: a name of letters, digits, - and _ only; it gets .json by itself", args.file);
        return Err(Stop::bad_input(text));
    }
    let path = calendars.folder.join("local").join(format!("{}.json", args.file));
    let name = path.display().to_string();
    let there = calendars.overlays.iter().find(|overlay| overlay.file() == name);
    let overlay = changed(args, &days, there.map_or(&[], Overlay::days), &name)?;
    let calendar = calendars.with_local(&overlay).map_err(|e| Stop::bad_input(chain(&e)))?;
    let done = match args.hand.dry_run {
        true => "试算,未写入".to_owned(),
        false => write(&path, &overlay)?,
    };
    if !args.hand.dry_run {
        args.hand.note(&Part::of_overlay(&overlay), session);
    }
    if session.form == Form::Json {
        return session.object(&serde_json::from_str::<serde_json::Value>(&overlay.text())?);
    }
    let mut years: Vec<i32> = days.iter().map(NaiveDate::year).collect();
    years.dedup();
    for year in years {
        for line in taken::changes(year, &calendars.calendar, &calendar)? {
            writeln!(session.out, "{line}")?;
        }
    }
    if days.iter().any(|day| *day < civil::day_of(session.now)) {
        writeln!(session.out, "注意:其中有已过去的日子,已经计过的期限也会改变,可能再发通知")?;
    }
    writeln!(session.out, "{done}")?;
    Ok(())
}

fn changed(args: &Args, days: &[NaiveDate], known: &[LocalDay], name: &str) -> anyhow::Result<Overlay> {
    let mut kept = known.to_vec();
    kept.retain(|day| !days.contains(&day.date));
    if args.what.remove && kept.len() + days.len() != known.len() {
        return Err(Stop::bad_input(format!("{name}: not all of these days stand there; nothing was changed")));
    }
    let reason = args.reason.clone().unwrap_or_default();
    if !args.what.remove {
        let day = |date: &NaiveDate| LocalDay { date: *date, works: args.what.opened, reason: reason.clone(), line: 0 };
        kept.extend(days.iter().map(day));
    }
    Overlay::of_days(name, kept).map_err(|e| Stop::bad_input(chain(&e)))
}

fn write(path: &Path, overlay: &Overlay) -> anyhow::Result<String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|e| Stop::bad_input(format!("{}: cannot be made: {e}", folder.display())))?;
    }
    file::replace(path, &overlay.text(), MODE)?;
    Ok(format!("已写入 {};运行中的 duban 一分钟内自动采用", path.display()))
}

/// The days of a span, both ends included.
fn span(text: &str) -> Result<Vec<NaiveDate>, String> {
    let date = |text: &str| {
        let known = text.trim().parse::<NaiveDate>();
        known.map_err(|_| format!("`{text}` is no date; write 2026-11-05, or 2026-11-05..2026-11-06"))
    };
    let (first, last) = match text.split_once("..") {
        Some((first, last)) => (date(first)?, date(last)?),
        None => (date(text)?, date(text)?),
    };
    let days: Vec<NaiveDate> = first.iter_days().take_while(|day| *day <= last).take(LONGEST + 1).collect();
    match days.len() {
        0 => Err(format!("`{text}` ends before it begins")),
        n if n > LONGEST => Err(format!("`{text}` is longer than {LONGEST} days; give it in parts")),
        _ => Ok(days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_both_its_ends() {
        let days = |text| span(text).map(|days| days.len());
        assert_eq!(
            (days("2026-11-05"), days("2026-11-05..2026-11-07"), days("2026-12-31..2027-01-01")),
            (Ok(1), Ok(3), Ok(2))
        );
    }

    #[test]
    fn a_span_is_refused_in_words() {
        for (text, what) in [
            ("2026-02-30", "is no date"),
            ("", "is no date"),
            ("2026-11-05..", "is no date"),
            ("2026-11-06..2026-11-05", "ends before it begins"),
            ("2026-01-01..2026-12-31", "longer than 62 days"),
            ("-262143-01-01..+262142-12-31", "longer than 62 days"),
        ] {
            assert!(span(text).unwrap_err().contains(what), "{text}: {:?}", span(text));
        }
    }
}
