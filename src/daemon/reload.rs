//! Settings read again while the daemon runs: all of them when a signal asks for it,
//! the calendars by themselves as soon as their folder has changed and is at rest.
//!
//! What fits takes effect at once; what does not leaves the old in force, and the
//! operator is told once by a notice that names each fault.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::signal::unix::Signal;
use tracing::{error, info};

use super::{Watcher, run::Shared, systemd};
use crate::{
    delivery::Means,
    notice::Subject,
    outbox::{Outbox, OutboxError, Wanted, scope},
    planner::{self, Policy, Refused},
    telemetry::{Reloaded, Vitals, chain},
};

/// What settings give when they are read again.
pub enum Again {
    /// Nothing has changed, and nothing was read.
    Untouched,
    /// They were read and are those in force.
    Equal,
    /// They fit.
    Renewed(Arc<Policy>, Arc<Means>),
    /// What is wrong, and with which of them; a fault a line.
    Refused(Which, Vec<String>),
}

/// Where settings come from.
pub trait Settings: Send + Sync {
    /// Reads all of them.
    fn all(&self) -> Again;
    /// Reads the calendars, if their folder has changed since the last reading and has
    /// looked the same for a while: nobody is writing into it.
    fn calendars(&self, now: DateTime<Utc>) -> Again;
}

/// What is read again, by the name under which its faults are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Everything.
    All,
    /// The year files and overlays.
    Calendars,
}

impl Which {
    fn name(self) -> &'static str {
        match self {
            Self::All => "设置",
            Self::Calendars => "工作日历",
        }
    }
}

/// A hang-up signal asks for the settings to be read again.
pub(super) async fn hang_up(mut hangups: Signal, shared: Arc<Shared>) {
    loop {
        tokio::select! {
            Some(()) = hangups.recv() => shared.wakes.reload(),
            () = shared.stop.cancelled() => return,
        }
    }
}

/// Reads again what was asked for, or has changed.
pub(super) async fn look(watcher: &mut Watcher, shared: &Shared) {
    let (which, again) = match shared.wakes.take_reload() {
        true => (Which::All, shared.settings.all()),
        false => (Which::Calendars, shared.settings.calendars(shared.clock.now())),
    };
    // The watch loop begins with this: before it is ready, systemd waits for that.
    let is_told = which == Which::All && shared.vitals.state().is_ready;
    if is_told {
        systemd::reloading();
    }
    take(watcher, shared, which, &again).await;
    if is_told {
        systemd::ready();
    }
}

async fn take(watcher: &mut Watcher, shared: &Shared, asked: Which, again: &Again) {
    let which = match again {
        Again::Refused(which, _) => *which,
        Again::Untouched | Again::Equal | Again::Renewed(..) => asked,
    };
    let now = shared.clock.now();
    note(&shared.vitals, which, again);
    let told = match again {
        Again::Untouched => return,
        Again::Equal => {
            info!("the settings are as they were; nothing was reloaded");
            mend(watcher.outbox(), which, now).await
        }
        Again::Renewed(policy, means) => {
            adopt(watcher, shared, policy, means).await;
            mend(watcher.outbox(), which, now).await
        }
        Again::Refused(_, lines) => {
            error!(error = %lines.join("; "), "the settings are at fault; the old stay in force");
            refuse(watcher.outbox(), which, lines, now).await
        }
    };
    if let Err(fault) = told {
        error!(error = %chain(&fault), "what became of the settings could not be kept");
    }
    shared.kept.notify_one();
}

/// Signs of life: what came of it.
fn note(vitals: &Vitals, which: Which, again: &Again) {
    let reloaded = match again {
        Again::Untouched => return,
        Again::Equal => Reloaded::AsTheFiles,
        Again::Renewed(..) => {
            vitals.counters.reloads.add(1);
            Reloaded::AsTheFiles
        }
        Again::Refused(..) => {
            vitals.counters.reloads_refused.add(1);
            Reloaded::Refused
        }
    };
    vitals.change(|state| match (which, reloaded) {
        // Settings that fit as a whole have a calendar that fits.
        (Which::All, Reloaded::AsTheFiles) => (state.settings, state.calendars) = (reloaded, reloaded),
        (Which::All, Reloaded::Refused) => state.settings = reloaded,
        (Which::Calendars, _) => state.calendars = reloaded,
    });
}

async fn adopt(watcher: &mut Watcher, shared: &Shared, policy: &Arc<Policy>, means: &Arc<Means>) {
    shared.means.store(means.clone());
    let _under_way = shared.delivery.cycle();
    match watcher.adopt(policy.clone(), shared.clock.now()).await {
        Ok(report) => info!(changed = report.planned, "the settings were reloaded"),
        Err(fault) => {
            error!(error = %chain(&fault), "the settings were reloaded; tickets are planned by them once the ledger can be written");
        }
    }
}

fn key(which: Which) -> String {
    format!("refused/{}", which.name())
}

/// Tells the operator; the same faults again are no further notice.
async fn refuse(outbox: &Outbox, which: Which, lines: &[String], now: DateTime<Utc>) -> Result<(), OutboxError> {
    let known = outbox.get(&key(which)).await?.and_then(|text| serde_json::from_str::<Refused>(&text).ok());
    let refused =
        known.filter(|known| known.lines == lines).unwrap_or_else(|| Refused { since: now, lines: lines.to_vec() });
    outbox.set(&key(which), &serde_json::to_string(&refused).unwrap_or_default()).await?;
    let notices = planner::refused(which.name(), &refused).notices;
    outbox.keep(&[Wanted { scope: of(which), notices }], now).await.map(drop)
}

/// What was wrong is put right: what waits to be told of it is withdrawn.
async fn mend(outbox: &Outbox, which: Which, now: DateTime<Utc>) -> Result<(), OutboxError> {
    // Settings that fit as a whole have a calendar that fits.
    let mended: &[Which] = match which {
        Which::All => &[Which::All, Which::Calendars],
        Which::Calendars => &[Which::Calendars],
    };
    for which in mended {
        if outbox.get(&key(*which)).await?.is_some_and(|text| !text.is_empty()) {
            outbox.set(&key(*which), "").await?;
            outbox.keep(&[Wanted { scope: of(*which), notices: Vec::new() }], now).await?;
        }
    }
    Ok(())
}

fn of(which: Which) -> String {
    scope(&Subject::Source(which.name().to_owned()))
}
