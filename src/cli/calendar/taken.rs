//! A new year, taken over from a notice or a file: looked at, then written.

use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};

use super::{given, input};
use crate::{
    calendar::{Announcement, Calendar, Day, Part, Scope, Why, YearFile},
    cli::{
        exit::Stop,
        file, open, runtime,
        session::{Form, Session},
    },
    config::{self, Calendars},
    rules::proof::weekday,
    telemetry::chain,
};

/// Everybody may read a year file.
const MODE: u32 = 0o644;

#[derive(clap::Args, Debug)]
pub struct Notice {
    /// The text of the notice, or `-` for standard input.
    file: PathBuf,
    /// The address of the notice, for the proofs.
    #[arg(long, value_name = "URL")]
    source: Option<String>,
    #[command(flatten)]
    to: Target,
}

#[derive(clap::Args, Debug)]
pub struct Import {
    /// A year file (.json), iCalendar (.ics) or table (.csv), or `-` for standard input.
    file: PathBuf,
    /// Take it over though festivals or make-up days are missing.
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    to: Target,
}

#[derive(clap::Args, Debug)]
struct Target {
    /// Write into this folder instead of the calendars/ of the settings.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    hand: Hand,
}

/// By whose hand a calendar changes, and whether it does.
#[derive(clap::Args, Debug)]
pub struct Hand {
    /// Only show what would be written.
    #[arg(long)]
    pub dry_run: bool,
    /// Who takes it over, for the proofs; the user at this terminal if not named.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Hand {
    /// Notes in the ledger, if there is one, who took over a part. The part is in its
    /// folder already: what keeps it from being noted is only told.
    pub fn note(&self, part: &Part, session: &Session<'_>) {
        if let Err(fault) = self.noted(part, session) {
            eprintln!("duban: it is taken over, but the ledger does not know by whom: {fault:#}");
        }
    }

    fn noted(&self, part: &Part, session: &Session<'_>) -> anyhow::Result<()> {
        let Some(settings) = session.settings_if_any()? else { return Ok(()) };
        let by = self.by.clone().unwrap_or_else(config::person);
        let now = session.now;
        runtime::block_on(async {
            let Some(ledger) = open::ledger(&settings).await? else { return Ok(()) };
            ledger.calendar_taken_over(part, &by, now).await.map_err(Stop::ledger)
        })?
    }
}

/// What may become of a file that is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Old {
    /// Only a correction replaces it.
    Stays,
    /// It is kept as `.bak`.
    GivesWay,
}

/// Takes over a notice.
///
/// # Errors
///
/// A clause at fault, a correction of nothing, a file that must not be replaced.
pub fn notice(args: &Notice, calendars: &Calendars, session: &mut Session<'_>) -> anyhow::Result<()> {
    let refused = |e| Stop::bad_input(format!("{}: {}", args.file.display(), chain(&e)));
    let announcement = Announcement::read(&input(&args.file)?).map_err(refused)?;
    let path = args.to.path(announcement.year(), calendars);
    let there = there(&path)?;
    let known = there.as_ref().or_else(|| calendars.of(announcement.year()));
    let file = announcement.year_file(known, args.source.as_deref()).map_err(refused)?;
    let old = match announcement.scope() {
        Scope::Year => Old::Stays,
        Scope::YearAgain | Scope::Correction => Old::GivesWay,
    };
    args.to.take(&New { file, path, there, old }, calendars, session)
}

/// Takes over a file.
///
/// # Errors
///
/// A line at fault, a file that cannot be written.
pub fn import(args: &Import, calendars: &Calendars, session: &mut Session<'_>) -> anyhow::Result<()> {
    let file = given::year_file(&args.file.display().to_string(), &input(&args.file)?)?;
    let doubts = file.doubts();
    if !doubts.is_empty() && !args.anyway {
        let (name, year) = (args.file.display(), file.year());
        let text = format!(
            "{name}: this is not the whole of {year}: {}; nothing was written (a draft is taken over by --anyway)",
            doubts.join("; ")
        );
        return Err(Stop::bad_input(text));
    }
    let path = args.to.path(file.year(), calendars);
    let there = there(&path)?;
    args.to.take(&New { file, path, there, old: Old::GivesWay }, calendars, session)
}

/// A year file that is to be written.
struct New {
    file: YearFile,
    path: PathBuf,
    /// What stands there now.
    there: Option<YearFile>,
    old: Old,
}

impl Target {
    fn path(&self, year: i32, calendars: &Calendars) -> PathBuf {
        self.out.as_ref().unwrap_or(&calendars.folder).join(format!("{year}.json"))
    }

    /// Shows the file and what it changes, and writes it unless it is a dry run.
    fn take(&self, new: &New, calendars: &Calendars, session: &mut Session<'_>) -> anyhow::Result<()> {
        let file = &new.file;
        let calendar = calendars.with(file).map_err(|e| Stop::bad_input(chain(&e)))?;
        let done = match self.hand.dry_run {
            true => "试算,未写入".to_owned(),
            false => new.write(self)?,
        };
        // Another folder than that of the settings is not in force.
        if !self.hand.dry_run && self.out.is_none() {
            self.hand.note(&Part::of_year(file), session);
        }
        match session.form {
            Form::Json => session.object(&serde_json::from_str::<serde_json::Value>(&file.text())?),
            Form::Text => {
                let (year, old) = (file.year(), &calendars.calendar);
                let workdays = (1..=366).filter_map(|n| NaiveDate::from_yo_opt(year, n));
                let workdays = workdays.filter(|date| calendar.day(*date).is_ok_and(|day| day.works)).count();
                let lines = changes(year, old, &calendar)?;
                writeln!(session.out, "{year}年 工作日 {workdays} 天;与现用日历相比变动 {} 天", lines.len())?;
                lines.iter().try_for_each(|line| writeln!(session.out, "{line}"))?;
                writeln!(session.out, "{done}")?;
                Ok(())
            }
        }
    }
}

impl New {
    fn write(&self, to: &Target) -> anyhow::Result<String> {
        let path = self.path.display();
        if self.there.as_ref().is_some_and(|there| there.text() == self.file.text()) {
            return Ok(format!("{path} 已是此内容,未改动"));
        }
        let differs = |there: &YearFile| !there.is_empty() && !same_days(there, &self.file);
        if self.old == Old::Stays && self.there.as_ref().is_some_and(differs) {
            let text =
                format!("{path} is there and says otherwise; only a correcting notice replaces it, or remove it first");
            return Err(Stop::bad_input(text));
        }
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|e| Stop::bad_input(format!("{}: cannot be made: {e}", folder.display())))?;
        }
        let was_there = self.path.exists();
        file::replace(&self.path, &self.file.text(), MODE)?;
        let kept = if was_there { ",原文件存为 .bak" } else { "" };
        let taken = if to.out.is_none() { ";运行中的 duban 一分钟内自动采用" } else { "" };
        Ok(format!("已写入 {path}{kept}{taken}"))
    }
}

/// The year file that stands at a path, if there is one.
fn there(path: &Path) -> anyhow::Result<Option<YearFile>> {
    if !path.exists() {
        return Ok(None);
    }
    let name = path.display().to_string();
    // One that cannot be read rules nothing: it gives way and is kept as `.bak`.
    Ok(YearFile::parse(&name, &file::text(path)?).ok())
}

fn same_days(a: &YearFile, b: &YearFile) -> bool {
    let days = |file: &YearFile| {
        let mut days: Vec<_> = file.days().iter().map(|day| (day.date, day.works, day.name.clone())).collect();
        days.sort();
        days
    };
    days(a) == days(b)
}

/// Every day of a year and the last week before it that is another than before, with
/// what it was and will be.
///
/// # Errors
///
/// When the year is none of a calendar's.
pub fn changes(year: i32, old: &Calendar, new: &Calendar) -> anyhow::Result<Vec<String>> {
    let first = NaiveDate::from_ymd_opt(year - 1, 12, 25).unwrap_or(NaiveDate::MIN);
    let mut lines = Vec::new();
    for date in first.iter_days().take_while(|date| date.year() <= year) {
        let (before, after) = (old.day(date)?, new.day(date)?);
        if before.why != after.why {
            lines.push(format!("  {date} {} {} → {}", weekday(date), said(&before), said(&after)));
        }
    }
    Ok(lines)
}

fn said(day: &Day) -> String {
    match &day.why {
        Why::Weekday => "上班".to_owned(),
        Why::Weekend => "周末".to_owned(),
        Why::Holiday(name) => format!("{name}放假"),
        Why::MakeUp(name) => format!("{name}调休上班"),
        Why::Closed(reason) => format!("本地停办({reason})"),
        Why::Opened(reason) => format!("本地上班({reason})"),
    }
}
