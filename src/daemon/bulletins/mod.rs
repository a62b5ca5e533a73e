//! Makes the bulletins when they are due: first the files, then the ledger's
//! record, then the notice. A process that ends between two of these does the
//! rest when it starts again, and no bulletin is told that is not stored.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use tracing::{error, info};

use crate::{
    notice::{Notice, Period},
    outbox::{Outbox, OutboxError, Wanted, scope},
    planner::bulletin::{self, Issued, Released},
    report::bulletin::{Bulletin, Gather, csv, lines, text},
    telemetry::chain,
};

use super::{
    every::{EveryError, every_ticket},
    watcher::WatcherParts,
};

mod file;

/// The folder of the bulletins, beneath the state folder.
pub const FOLDER: &str = "reports";

/// After a failure it is tried again so much later: the whole store is read for it.
const AGAIN: TimeDelta = TimeDelta::minutes(5);

/// Why a bulletin was not made.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Tickets(#[from] EveryError),
    #[error("the bulletin cannot be written to {file}; see that the folder is there and not full")]
    File {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// Keeps the bulletins.
#[derive(Debug, Default)]
pub(super) struct Bulletins {
    /// What was kept last of each period.
    kept: BTreeMap<Period, (Issued, Option<Released>)>,
    /// Nothing is made before.
    again: Option<DateTime<Utc>>,
}

impl Bulletins {
    /// Makes what is due and keeps what is wanted for it; when to look again.
    pub(super) async fn look(
        &mut self,
        parts: &WatcherParts,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, OutboxError> {
        let rules = &parts.policy.rules;
        let mut periods = bulletin::corrigible(now, &rules.bulletin);
        let due = bulletin::last_due(now, &rules.bulletin);
        periods.extend(due.into_iter().filter(|period| !periods.contains(period)).collect::<Vec<_>>());
        let mut missing = Vec::new();
        let mut known = BTreeMap::new();
        for period in periods {
            match issued(&parts.outbox, period).await? {
                Some(issued) => _ = known.insert(period, issued),
                // Of the time before the first start `duban report` tells whoever asks.
                None if due.contains(&period) && bulletin::due(period, &rules.bulletin) >= parts.watch.since => {
                    missing.push(period);
                }
                None => {}
            }
        }
        if !missing.is_empty() && self.again.is_none_or(|again| again <= now) {
            // With a new week the months before it are looked at again.
            if missing.iter().any(|period| matches!(period, Period::Week(_))) {
                missing.extend(known.keys().filter(|period| matches!(period, Period::Month(_))));
            }
            self.again = match self.make(parts, &missing, &mut known, now).await? {
                Ok(()) => None,
                Err(fault) => {
                    error!(error = %chain(&fault), "a bulletin could not be made; it is tried again");
                    Some(now + AGAIN)
                }
            };
        }
        self.keep(parts, known, now).await?;
        let next = bulletin::next_due(now, &rules.bulletin);
        Ok(self.again.map_or(next, |again| again.min(next)))
    }

    /// Makes bulletins, and those anew whose figures have changed.
    async fn make(
        &self,
        parts: &WatcherParts,
        periods: &[Period],
        known: &mut BTreeMap<Period, Issued>,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Fault>, OutboxError> {
        let made = match gathered(parts, periods, now).await {
            Ok(made) => made,
            Err(EveryError::Ledger(error)) => return Err(error),
            Err(error @ EveryError::Store(_)) => return Ok(Err(error.into())),
        };
        for bulletin in &made {
            let period = bulletin.period;
            let before = known.get(&period);
            if before.is_some_and(|before| before.figures == bulletin.figures()) {
                continue;
            }
            let new = record(bulletin, before, bulletin::due(period, &parts.policy.rules.bulletin));
            if let Err(fault) = store(parts.state.as_deref(), bulletin, &new) {
                return Ok(Err(fault));
            }
            // A struct of plain values has a text.
            let json = serde_json::to_string(&new).unwrap_or_default();
            parts.outbox.set(&key(period), &json).await?;
            info!(report.name = %period.name(), report.revision = new.revision, "bulletin {} was made", period.name());
            known.insert(period, new);
        }
        Ok(Ok(()))
    }

    /// Keeps what is wanted of each bulletin, if that changed.
    async fn keep(
        &mut self,
        parts: &WatcherParts,
        known: BTreeMap<Period, Issued>,
        now: DateTime<Utc>,
    ) -> Result<(), OutboxError> {
        let late = TimeDelta::minutes(parts.policy.rules.catch_up.late_after_min.into());
        for (period, issued) in known {
            let released = released(&parts.outbox, period).await?;
            let state = (issued, released);
            if self.kept.get(&period) == Some(&state) {
                continue;
            }
            let notices = bulletin::bulletin(period, &state.0, state.1.as_ref(), late);
            parts.outbox.keep(&sets(notices), now).await?;
            self.kept.insert(period, state);
        }
        self.kept.retain(|period, _| now - bulletin::due(*period, &parts.policy.rules.bulletin) < TimeDelta::days(400));
        Ok(())
    }
}

/// Each notice is the set of its own scope: the desk's, and each unit's.
fn sets(notices: Vec<Notice>) -> Vec<Wanted> {
    notices.into_iter().map(|notice| Wanted { scope: scope(&notice.subject), notices: vec![notice] }).collect()
}

async fn gathered(parts: &WatcherParts, periods: &[Period], cut: DateTime<Utc>) -> Result<Vec<Bulletin>, EveryError> {
    let mut gather: Vec<Gather<'_>> = periods.iter().map(|period| Gather::new(&parts.policy, *period, cut)).collect();
    every_ticket(&parts.store, Some(&parts.outbox), &parts.reader, |view| {
        for gather in &mut gather {
            match view {
                Some(view) => gather.add(view),
                None => gather.add_unreadable(),
            }
        }
    })
    .await?;
    Ok(gather.into_iter().map(Gather::done).collect())
}

fn record(bulletin: &Bulletin, before: Option<&Issued>, due: DateTime<Utc>) -> Issued {
    let revision = before.map_or(1, |before| before.revision.saturating_add(1));
    let (name, number) = match bulletin.period {
        Period::Week(_) => ("week", bulletin.period.number()),
        Period::Month(_) => ("month", bulletin.period.number()),
    };
    let again = if revision > 1 { format!("-r{revision}") } else { String::new() };
    Issued {
        revision,
        // A correction is due when it is found.
        due: before.map_or(due, |_| bulletin.cut),
        cut: bulletin.cut,
        version: bulletin.version.clone(),
        n: bulletin.received.n,
        path: format!("{FOLDER}/{}/{name}-{number:02}{again}", bulletin.period.year()),
        lines: lines(bulletin),
        units: bulletin.units.iter().map(|(unit, _)| unit.to_string()).collect(),
        figures: bulletin.figures(),
    }
}

/// Writes the files of a bulletin; in a replay there is no folder for them.
fn store(state: Option<&Path>, bulletin: &Bulletin, issued: &Issued) -> Result<(), Fault> {
    let Some(state) = state else { return Ok(()) };
    for (ending, content) in [("txt", text(bulletin, issued.revision)), ("csv", csv(bulletin))] {
        let file = state.join(format!("{}.{ending}", issued.path));
        file::write(&file, content.as_bytes()).map_err(|source| Fault::File { file, source })?;
    }
    Ok(())
}

fn key(period: Period) -> String {
    format!("bulletin/{}", period.name())
}

/// The bulletin of a period that was issued last.
///
/// # Errors
///
/// When the ledger cannot be read.
pub async fn issued(outbox: &Outbox, period: Period) -> Result<Option<Issued>, OutboxError> {
    read(outbox, &key(period)).await
}

/// The release of a period's bulletin.
///
/// # Errors
///
/// When the ledger cannot be read.
pub async fn released(outbox: &Outbox, period: Period) -> Result<Option<Released>, OutboxError> {
    read(outbox, &format!("{}/released", key(period))).await
}

/// Lets the units' leaders have a bulletin; a running daemon notices within a poll.
///
/// # Errors
///
/// When the ledger cannot be written.
pub async fn release(outbox: &Outbox, period: Period, release: &Released) -> Result<(), OutboxError> {
    // A struct of plain values has a text.
    let json = serde_json::to_string(release).unwrap_or_default();
    outbox.set(&format!("{}/released", key(period)), &json).await
}

/// What cannot be read was never written.
async fn read<T: DeserializeOwned>(outbox: &Outbox, key: &str) -> Result<Option<T>, OutboxError> {
    Ok(outbox.get(key).await?.and_then(|text| serde_json::from_str(&text).ok()))
}
