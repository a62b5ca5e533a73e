//! `duban demo`: the real daemon on a shipped export, with letters that become files.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::{Session, run::stopped, runtime, stop};
use crate::{
    calendar::{Calendar, civil, embedded},
    channel::{
        self, Channel, Channels,
        file::{FileMedium, FileSink},
    },
    clock::{Clock, ShiftedClock},
    config,
    daemon::{
        Again, Assembly, Changeable, Daemon, Fixed, ScheduleSettings, Settings,
        forms::{Cabinet, FormParts},
    },
    message::{Templates, Wording},
    report::forms,
    roster::Roster,
    rules::Rules,
    source::{self, ColumnMap, Export, SqliteStoreWriter, Step},
    telemetry::Vitals,
    web::Site,
};

mod export;
mod screen;

use screen::Screen;

/// Shows the program at work: one morning, a shipped export, nothing to set up.
///
/// It runs the real daemon on a store of its own, with a clock that stands at
/// 08:59:50 of a working day and goes on from there. Mails and SMS are written to
/// files and reach nobody.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Stop by itself after a span: 30s, 5m; else it goes on until Ctrl-C.
    #[arg(long = "for", value_name = "SPAN", value_parser = stop::span)]
    for_: Option<Duration>,
    /// The folder to work in; by default a fresh one.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
///
/// When the folder cannot be written, or the shipped files are at fault.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let calendar = Calendar::new(&embedded()?, &[])?;
    let morning = export::morning(&calendar, session.now)?;
    let dir = folder(args.dir.as_deref(), session.now)?;
    let csv = dir.join("export.csv");
    std::fs::write(&csv, export::around(civil::day_of(morning), &calendar)?).context("the export cannot be written")?;
    writeln!(session.out, "演示目录 {}", dir.display())?;
    let clock_face = morning.with_timezone(&civil::zone()).format("%Y-%m-%d %H:%M:%S");
    writeln!(session.out, "演示时钟 {clock_face}(北京时间,从此刻起按真实速度走)")?;
    session.out.flush()?;
    let roster = Roster::from_toml("config/roster.toml", include_str!("../../../config/roster.toml"))
        .map_err(|faults| anyhow::anyhow!("the shipped roster has {} faults", faults.len()))?;
    let (screen, mut shown) = Screen::new(&roster);
    let screen = Arc::new(screen);
    runtime::block_on_all_cores(async {
        import(&csv, &dir, session.out).await?;
        let mut running = std::pin::pin!(daemon(&dir, morning, calendar, roster, (args.for_, screen.clone())));
        let ended = loop {
            tokio::select! {
                Some(line) = shown.recv() => show(session.out, &line)?,
                ended = &mut running => break ended,
            }
        };
        while let Ok(line) = shown.try_recv() {
            show(session.out, &line)?;
        }
        screen.summary(session.out)?;
        ended
    })??;
    let (mail, sms) = (dir.join("mail"), dir.join("sms"));
    writeln!(session.out, "邮件(.eml) {}\n短信(.txt) {}", mail.display(), sms.display())?;
    writeln!(session.out, "再看:duban explain 与 duban outbox list 的用法见 README")?;
    Ok(())
}

fn show(out: &mut dyn Write, line: &str) -> std::io::Result<()> {
    writeln!(out, "{line}")?;
    out.flush()
}

/// A fresh folder for one run, for its owner only.
fn folder(chosen: Option<&Path>, now: DateTime<Utc>) -> anyhow::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let fresh = || {
        let stamp = now.with_timezone(&civil::zone()).format("%Y%m%d-%H%M%S");
        std::env::temp_dir().join(format!("duban-demo-{stamp}-{}", std::process::id()))
    };
    let dir = chosen.map_or_else(fresh, Path::to_owned);
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
    made.with_context(|| format!("{} cannot be made", dir.display()))?;
    if dir.join("ledger.db").exists() {
        anyhow::bail!("{} holds an earlier demo; name a new folder with --dir", dir.display());
    }
    // The paths that are printed work from anywhere.
    dir.canonicalize().with_context(|| format!("{} cannot be found again", dir.display()))
}

async fn import(csv: &Path, dir: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let map = ColumnMap::built_in()?;
    let key = config::number_key(dir)?;
    let mut export = Export::open(csv, &map)?;
    let mut into = SqliteStoreWriter::open(&dir.join("tickets.db")).await?;
    let mut read = 0;
    let mut progress = |step| {
        if let Step::Read(rows) = step {
            read = rows;
        }
    };
    let report = source::import(export.by_ref(), &mut into, &map.reader(key), &mut progress).await?;
    into.close().await?;
    writeln!(out, "导入 {}:{} 行,新工单 {} 件", csv.display(), report.rows.max(read), report.new)?;
    out.flush()?;
    Ok(())
}

async fn daemon(
    dir: &Path,
    morning: DateTime<Utc>,
    calendar: Calendar,
    roster: Roster,
    (after, screen): (Option<Duration>, Arc<Screen>),
) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(ShiftedClock::starting_at(morning));
    let fixed = Fixed {
        columns: ColumnMap::built_in()?,
        key: config::number_key(dir)?,
        state: dir.to_owned(),
        store: dir.join("tickets.db").into(),
        ledger: dir.join("ledger.db"),
        write_back: None,
        forms: FormParts { settings: forms::Settings::default(), cabinet: Cabinet::Folder(dir.join("forms")) },
        clock: clock.clone(),
    };
    let templates = Templates::load(&[], &Wording::default())
        .map_err(|faults| anyhow::anyhow!("the shipped templates have {} faults", faults.len()))?;
    let changeable = Changeable {
        rules: Rules::embedded()?,
        calendar,
        roster,
        templates,
        channels: channels(dir)?,
        mail_domain: "demo.example.org".into(),
    };
    let Assembly { watcher, delivery, gateways, proving, means, outbox, lock, .. } =
        Assembly::open(fixed, changeable).await.map_err(stopped)?;
    let schedule = ScheduleSettings {
        poll: Duration::from_secs(5),
        reconcile: "0 7 * * * *".into(),
        calendar_check: "0 0 9 * * *".into(),
    };
    let settings = Box::new(Unchanging);
    let site = Site { vitals: Arc::new(Vitals::new(clock.now())), outbox, clock };
    let daemon = Daemon {
        watcher,
        delivery,
        gateways,
        proving,
        means,
        site,
        pages: None,
        deadman: None,
        observer: screen,
        schedule,
        settings,
    };
    let stop = CancellationToken::new();
    let (told, ran) = tokio::join!(stop::when_told(stop.clone(), after), daemon.run(stop));
    told?;
    drop(lock);
    Ok(ran?)
}

/// The demo's settings are in the binary.
struct Unchanging;

impl Settings for Unchanging {
    fn all(&self) -> Again {
        Again::Untouched
    }

    fn calendars(&self, _now: DateTime<Utc>) -> Again {
        Again::Untouched
    }
}

/// Mails and SMS as files.
fn channels(dir: &Path) -> anyhow::Result<Channels> {
    let mut channels = Channels::default();
    for (name, medium) in [("mail", FileMedium::Email), ("sms", FileMedium::Sms)] {
        let settings = channel::file::Settings {
            medium,
            dir: dir.join(name),
            from_name: "青浦水务热线督办".into(),
            from_address: "duban@example.org".into(),
        };
        channels.add(Channel::File(FileSink::open(name, &settings)?));
    }
    Ok(channels)
}
