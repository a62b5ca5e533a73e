//! `duban run`: the daemon.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{Exit, Session, Stop, runtime, stop};
use crate::{
    channel::tls,
    clock::SystemClock,
    config::{self, Fault, Loaded, Places, Stamp},
    daemon::{
        Again, Assembly, AssemblyError, Changeable, CycleReport, Daemon, Fixed, Maker, Observer, ScheduleSettings,
        Settings, Which,
        forms::{Cabinet, FormParts},
    },
    delivery::Round,
    notice::Outcome,
    telemetry::{Vitals, chain, field},
    web::{Deadman, Pages, Site},
};

/// Watches the tickets and tells people in time, until it is stopped.
///
/// Stops on SIGTERM or SIGINT: no new message is begun, those under way are
/// awaited. SIGHUP reads the settings again; ones that do not fit leave the old
/// in force.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Stop by itself after a span: 30s, 5m, 2h.
    #[arg(long = "for", value_name = "SPAN", value_parser = stop::span)]
    for_: Option<Duration>,
}

/// Runs the command.
///
/// # Errors
///
/// Settings at fault, a ledger in use, a store that cannot be read.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    // A file that comes while the settings are read is one that has changed since.
    let stamp = Stamp::of(&session.basics()?.calendars.folder);
    let loaded = session.settings()?;
    session.start_log(&loaded.settings.log)?;
    runtime::block_on_all_cores(daemon(loaded, session.places.clone(), stamp, args.for_))?
}

async fn daemon(loaded: Loaded, places: Places, stamp: Stamp, after: Option<Duration>) -> anyhow::Result<()> {
    let settings = &loaded.settings;
    let key = config::number_key(&settings.state.dir).map_err(|e| Stop::bad_input(chain(&e)))?;
    let fixed = Fixed {
        columns: loaded.columns.clone(),
        key,
        state: settings.state.dir.clone(),
        store: loaded.store.clone(),
        ledger: settings.ledger_path(),
        write_back: settings.write_back.statement.clone(),
        forms: FormParts { settings: settings.forms.clone(), cabinet: Cabinet::Folder(settings.forms_path()) },
        clock: Arc::new(SystemClock),
    };
    let schedule = ScheduleSettings {
        poll: Duration::from_secs(settings.schedule.poll_s),
        reconcile: settings.schedule.reconcile.clone(),
        calendar_check: settings.schedule.calendar_check.clone(),
    };
    let in_force = loaded.clone();
    let (listen, deadman) = (settings.web.listen, deadman(settings)?);
    let Assembly { watcher, delivery, gateways, proving, means, outbox, maker, lock } =
        Assembly::open(fixed.clone(), changeable(loaded)?).await.map_err(stopped)?;
    info!(version = env!("CARGO_PKG_VERSION"), "duban {} starts", env!("CARGO_PKG_VERSION"));
    let settings = Box::new(OnDisk::new(places, maker, in_force, stamp));
    let observer = Arc::new(LogObserver);
    let site = Site { vitals: Arc::new(Vitals::new(fixed.clock.now())), outbox, clock: fixed.clock };
    let pages = match listen {
        Some(listen) => Some(Pages::listen(listen, site.clone()).await.map_err(|e| Stop::bad_input(chain(&e)))?),
        None => None,
    };
    let daemon =
        Daemon { watcher, delivery, gateways, proving, means, site, pages, deadman, observer, schedule, settings };
    let stop = CancellationToken::new();
    let (told, ran) = tokio::join!(stop::when_told(stop.clone(), after), daemon.run(stop));
    told?;
    drop(lock);
    info!("duban has stopped");
    Ok(ran?)
}

fn deadman(settings: &config::Settings) -> anyhow::Result<Option<Deadman>> {
    let Some(url) = settings.deadman_url() else { return Ok(None) };
    tls::install();
    let every = Duration::from_secs(settings.deadman.every_s);
    Deadman::new(url, every).map(Some).map_err(|e| Stop::bad_input(chain(&e)))
}

/// The part of the settings that may be replaced.
///
/// # Errors
///
/// When a channel cannot be opened.
pub fn changeable(loaded: Loaded) -> anyhow::Result<Changeable> {
    let channels = loaded.channels.open(&loaded.secrets).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|fault| chain(fault)).collect();
        Stop::bad_input(lines.join("\n"))
    })?;
    let domain = loaded.channels.email.values().find_map(|email| email.from_address.split_once('@'));
    Ok(Changeable {
        mail_domain: domain.map_or_else(|| "duban.localhost".to_owned(), |(_, domain)| domain.to_owned()),
        rules: loaded.rules,
        calendar: loaded.calendars.calendar,
        roster: loaded.roster,
        templates: loaded.templates,
        channels,
    })
}

/// The exit code of what keeps a daemon from starting.
pub fn stopped(error: AssemblyError) -> anyhow::Error {
    let exit = match &error {
        AssemblyError::Lock(_) | AssemblyError::Ledger(_) => Exit::Ledger,
        AssemblyError::Store(_) => Exit::Store,
    };
    Stop { exit, text: chain(&error) }.into()
}

/// The settings as their files say.
struct OnDisk {
    places: Places,
    maker: Maker,
    state: Mutex<InForce>,
}

/// What was read last.
struct InForce {
    loaded: Loaded,
    /// The calendar folder as it was read, and how it has looked since when.
    read: Stamp,
    looked: Option<(Stamp, DateTime<Utc>)>,
}

/// For so long nobody writes into a folder that is at rest.
const REST: TimeDelta = TimeDelta::seconds(2);

impl OnDisk {
    /// `loaded` is in force; `stamp` was taken before it was read.
    fn new(places: Places, maker: Maker, loaded: Loaded, stamp: Stamp) -> Self {
        let state = InForce { loaded, read: stamp, looked: None };
        Self { places, maker, state: Mutex::new(state) }
    }

    fn renew(&self, state: &mut InForce, loaded: Loaded) -> Again {
        match changeable(loaded.clone()) {
            Ok(fresh) => {
                state.loaded = loaded;
                let (policy, means) = self.maker.make(fresh);
                Again::Renewed(policy, means)
            }
            Err(fault) => Again::Refused(Which::All, format!("{fault:#}").lines().map(str::to_owned).collect()),
        }
    }
}

impl OnDisk {
    /// What is wrong with the calendars alone is told as their own look would tell it,
    /// so that it is told once.
    fn refused(&self, state: &mut InForce, stamp: Stamp, faults: &[Fault]) -> Again {
        let of_calendars = config::calendars(&self.places, &state.loaded.settings).err().unwrap_or_default();
        let same = |other: &Fault| faults.iter().any(|fault| fault.to_string() == other.to_string());
        if of_calendars.len() != faults.len() || !of_calendars.iter().all(same) {
            return refused(Which::All, faults);
        }
        state.read = stamp;
        refused(Which::Calendars, faults)
    }
}

impl Settings for OnDisk {
    fn all(&self) -> Again {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&state.loaded.calendars.folder);
        let loaded = match config::load(&self.places) {
            Ok(loaded) => loaded,
            Err(faults) => return self.refused(&mut state, stamp, &faults),
        };
        state.read = stamp;
        let prints = |loaded: &Loaded| (loaded.print, loaded.calendars.print);
        if prints(&loaded) == prints(&state.loaded) {
            return Again::Equal;
        }
        self.renew(&mut state, loaded)
    }

    fn calendars(&self, now: DateTime<Utc>) -> Again {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&state.loaded.calendars.folder);
        if stamp == state.read {
            return Again::Untouched;
        }
        match &state.looked {
            Some((looked, since)) if *looked == stamp && (now - *since).abs() >= REST => {}
            Some((looked, _)) if *looked == stamp => return Again::Untouched,
            Some(_) | None => {
                state.looked = Some((stamp, now));
                return Again::Untouched;
            }
        }
        state.read = stamp;
        match config::calendars(&self.places, &state.loaded.settings) {
            Ok(calendars) if calendars.print == state.loaded.calendars.print => Again::Equal,
            Ok(calendars) => {
                let loaded = Loaded { calendars, ..state.loaded.clone() };
                self.renew(&mut state, loaded)
            }
            Err(faults) => refused(Which::Calendars, &faults),
        }
    }
}

fn refused(which: Which, faults: &[Fault]) -> Again {
    Again::Refused(which, faults.iter().map(ToString::to_string).collect())
}

/// Tells the log what happens; nothing in it is about a citizen.
struct LogObserver;

impl Observer for LogObserver {
    fn cycle(&self, report: &CycleReport, _now: DateTime<Utc>) {
        if report.kept.new > 0 || report.kept.superseded > 0 {
            let (new, superseded) = (report.kept.new, report.kept.superseded);
            info!(notice.new = new, notice.superseded = superseded, "kept {new} new notices, withdrew {superseded}");
        }
        debug!(ticket.read = report.read, ticket.planned = report.planned, "a cycle has ended");
    }

    fn round(&self, round: &Round) {
        for leaving in &round.left {
            let Some(first) = leaving.notices.first() else { continue };
            let (kind, n) = (first.key.kind, leaving.notices.len());
            let (channel, class) = (&leaving.channel, leaving.outcome.class());
            match &leaving.outcome {
                Outcome::Accepted(_) => {
                    info!({ field::NOTICE_KEY } = %first.key, channel.name = %channel, n, "{kind} ({n}) went out by {channel}");
                }
                Outcome::NotSent { why, .. }
                | Outcome::Throttled { why, .. }
                | Outcome::ChannelDown { why, .. }
                | Outcome::Unknown(why) => {
                    warn!({ field::NOTICE_KEY } = %first.key, channel.name = %channel, code = %why.code, "{kind} by {channel}: {class}: {}", why.detail);
                }
                Outcome::Refused(refusal) => {
                    let why = refusal.failure();
                    warn!({ field::NOTICE_KEY } = %first.key, channel.name = %channel, code = %why.code, "{kind} by {channel}: {class}: {}", why.detail);
                }
            }
        }
        for fault in &round.words_faults {
            tracing::error!(?fault, "a template failed");
        }
    }
}
