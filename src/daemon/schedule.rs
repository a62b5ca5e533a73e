//! Cron lines that wake the watch loop.
//!
//! Nothing hangs on a tick: one that is late, doubled or missed only makes the
//! loop look earlier or later than asked. The deadlines are the planner's.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::run::ScheduleSettings;
use crate::calendar::civil;

/// Why the scheduler cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// A line is not a schedule.
    #[error("schedule.{key} = \"{line}\" is refused; write six fields: second minute hour day month weekday")]
    Line {
        key: &'static str,
        line: String,
        #[source]
        source: JobSchedulerError,
    },
    /// The scheduler itself failed.
    #[error("the scheduler failed")]
    Scheduler(#[source] JobSchedulerError),
}

/// What a tick asks for.
#[derive(Clone, Debug, Default)]
pub struct Wakes {
    reconcile: Arc<AtomicBool>,
    reload: Arc<AtomicBool>,
    notify: Arc<Notify>,
}

impl Wakes {
    /// Whether a full reconcile was asked for since the last call.
    pub fn take_reconcile(&self) -> bool {
        self.reconcile.swap(false, Ordering::SeqCst)
    }

    /// Ends when a tick comes.
    pub async fn woken(&self) {
        self.notify.notified().await;
    }

    /// Asks for a full reconcile.
    pub fn reconcile(&self) {
        self.reconcile.store(true, Ordering::SeqCst);
        self.notify.notify_one();
    }

    /// Whether the settings are to be read again.
    pub fn take_reload(&self) -> bool {
        self.reload.swap(false, Ordering::SeqCst)
    }

    /// Asks for the settings to be read again.
    pub fn reload(&self) {
        self.reload.store(true, Ordering::SeqCst);
        self.notify.notify_one();
    }

    /// Asks for a look.
    pub fn look(&self) {
        self.notify.notify_one();
    }
}

/// A scheduler that runs.
pub struct Scheduler(JobScheduler);

impl Scheduler {
    /// Stops it; a tick that still comes does no harm.
    pub async fn stop(mut self) {
        if let Err(error) = self.0.shutdown().await {
            tracing::warn!(%error, "the scheduler did not stop cleanly");
        }
    }
}

/// Starts the scheduler.
///
/// # Errors
///
/// When a line is no schedule, or the scheduler fails.
pub async fn start(settings: &ScheduleSettings, wakes: &Wakes) -> Result<Scheduler, ScheduleError> {
    let scheduler = JobScheduler::new().await.map_err(ScheduleError::Scheduler)?;
    let lines = [("reconcile", &settings.reconcile), ("calendar_check", &settings.calendar_check)];
    for (key, line) in lines {
        let ask = if key == "reconcile" { Wakes::reconcile } else { Wakes::look };
        let wakes = wakes.clone();
        let job = Job::new_tz(line.as_str(), civil::zone(), move |_, _| ask(&wakes))
            .map_err(|source| ScheduleError::Line { key, line: line.to_owned(), source })?;
        scheduler.add(job).await.map_err(ScheduleError::Scheduler)?;
    }
    scheduler.start().await.map_err(ScheduleError::Scheduler)?;
    Ok(Scheduler(scheduler))
}
