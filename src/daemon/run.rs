//! The two loops and what wakes them.
//!
//! The watch loop polls and plans, the delivery loop sends; neither waits for
//! the other. Both sleep on monotonic time, at most half a minute, and look at
//! the wall clock when they wake, so a clock that is put forward or back, or a
//! machine that slept, is noticed within that. The cron scheduler only wakes
//! what may be late or doubled without harm.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{Notify, mpsc},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info, warn};

use crate::{
    clock::Clock,
    delivery::{Boxed, Delivery, DeliveryError, Means, Round},
    outbox::CITIZEN,
    telemetry::{Pulse, Vitals, chain},
    ticket::TicketNo,
    web::{Deadman, Pages, Site},
};

use super::{
    CycleReport, Gateways, Proving, Watcher,
    lasting::Lasting,
    notes::{note_broken, note_cycle, note_forms, note_store},
    proving::prove,
    reload::{self, Settings},
    schedule::{self, Wakes},
    systemd,
};

/// No sleep is longer: a wall clock that jumped is noticed within it.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// After an error of the ledger the loops wait this long.
const AFTER_ERROR: Duration = Duration::from_secs(5);
/// How long a stop waits for calls in flight.
const STOP_PATIENCE: Duration = Duration::from_secs(45);

/// Is told what happens; the demo prints it.
pub trait Observer: Send + Sync {
    /// A cycle has ended.
    fn cycle(&self, report: &CycleReport, now: DateTime<Utc>);
    /// A round of delivery has ended.
    fn round(&self, round: &Round);
}

/// What the loops run on.
pub struct Daemon {
    pub watcher: Watcher,
    pub delivery: Delivery,
    pub gateways: Gateways,
    /// If the settings ask for it.
    pub proving: Option<Proving>,
    pub means: Arc<ArcSwap<Means>>,
    pub site: Site,
    /// If the settings ask for pages.
    pub pages: Option<Pages>,
    /// If the settings name one.
    pub deadman: Option<Deadman>,
    pub observer: Arc<dyn Observer>,
    pub schedule: ScheduleSettings,
    pub settings: Box<dyn Settings>,
}

/// When the loops look.
#[derive(Clone, Debug)]
pub struct ScheduleSettings {
    pub poll: Duration,
    /// Cron lines of six fields, in the policy zone.
    pub reconcile: String,
    pub calendar_check: String,
}

/// Why the daemon ended other than by a stop.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The scheduler refused a line of the settings.
    #[error("the scheduler cannot be started")]
    Schedule(#[source] schedule::ScheduleError),
    /// The system gives no signals.
    #[error("signals cannot be received")]
    Signal(#[source] std::io::Error),
    /// A loop ended by itself; it never should.
    #[error("the {0} loop ended by itself; restart the daemon")]
    LoopEnded(&'static str),
}

/// What the loops share.
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    pub(super) stop: CancellationToken,
    /// Something was kept that may be due.
    pub(super) kept: Arc<Notify>,
    /// An SMS to a citizen may have been taken.
    pub(super) taken: Notify,
    pub(super) wakes: Wakes,
    pub(super) vitals: Arc<Vitals>,
    pub(super) means: Arc<ArcSwap<Means>>,
    pub(super) settings: Box<dyn Settings>,
    pub(super) delivery: Delivery,
}

impl Daemon {
    /// Runs until `stop`; then no new claims, and calls in flight are awaited.
    ///
    /// # Errors
    ///
    /// When the scheduler cannot be started, or a loop ends by itself.
    pub async fn run(self, stop: CancellationToken) -> Result<(), RunError> {
        let wakes = Wakes::default();
        let scheduler = schedule::start(&self.schedule, &wakes).await.map_err(RunError::Schedule)?;
        let shared = Arc::new(Shared {
            clock: self.site.clock.clone(),
            observer: self.observer,
            stop: stop.clone(),
            kept: Arc::default(),
            taken: Notify::new(),
            wakes,
            vitals: self.site.vitals.clone(),
            means: self.means,
            settings: self.settings,
            delivery: self.delivery.clone(),
        });
        let hangups = signal(SignalKind::hangup()).map_err(RunError::Signal)?;
        let (settled, outcomes) = mpsc::unbounded_channel();
        let tracker = TaskTracker::new();
        let watch = tracker.spawn(watch(self.watcher, shared.clone(), outcomes, self.schedule.poll));
        let deliver = tracker.spawn(deliver(self.delivery, self.gateways, shared.clone(), settled));
        let reloads = tracker.spawn(reload::hang_up(hangups, shared.clone()));
        let feed = tracker.spawn(feed(shared.clone()));
        let proofs = tracker.spawn(prove(self.proving, shared.clone()));
        if let Some(pages) = self.pages {
            tracker.spawn(show(pages, stop.clone()));
        }
        if let Some(deadman) = self.deadman {
            tracker.spawn(deadman.run(self.site, stop.clone()));
        }
        tracker.close();
        let ended = tokio::select! {
            // In this order: loops that end because of a stop have not ended by themselves.
            biased;
            () = stop.cancelled() => None,
            _ = watch => Some("watch"),
            _ = deliver => Some("delivery"),
            _ = feed => Some("watchdog"),
            _ = reloads => Some("reload"),
            _ = proofs => Some("write-back"),
        };
        stop.cancel();
        shared.delivery.stop();
        systemd::stopping();
        scheduler.stop().await;
        if tokio::time::timeout(STOP_PATIENCE, tracker.wait()).await.is_err() {
            warn!("calls in flight did not end in time; their leases will run out and they are recorded as unknown");
        }
        ended.map_or(Ok(()), |name| Err(RunError::LoopEnded(name)))
    }
}

/// Polls and plans.
async fn watch(
    mut watcher: Watcher,
    shared: Arc<Shared>,
    mut outcomes: mpsc::UnboundedReceiver<Vec<TicketNo>>,
    poll: Duration,
) {
    let (mut of_store, mut of_ledger, mut of_forms) = (Lasting::default(), Lasting::default(), Lasting::default());
    watcher.call(shared.delivery.clone(), shared.kept.clone());
    while !shared.stop.is_cancelled() {
        if shared.wakes.take_reconcile() {
            watcher.reconcile();
        }
        reload::look(&mut watcher, &shared).await;
        let now = shared.clock.now();
        let wait = match watcher.cycle(now).await {
            Ok(report) => {
                of_ledger.mends("tickets are planned again");
                note_store(&report, &mut of_store);
                note_forms(&report, &mut of_forms);
                if note_cycle(&shared.vitals, &report, watcher.look_of(now)) {
                    info!(tickets = watcher.open(), "the store has been read; {} tickets are open", watcher.open());
                    systemd::ready();
                }
                systemd::status(&format!("{} open tickets, last look {now}", watcher.open()));
                shared.observer.cycle(&report, now);
                shared.kept.notify_one();
                until(report.next, now).min(poll)
            }
            Err(fault) => {
                shared.vitals.counters.cycles_failed.add(1);
                shared.vitals.change(|state| state.cycle_fault = Some(chain(&fault)));
                of_ledger.fails(&chain(&fault), "a cycle failed; it is run again");
                AFTER_ERROR
            }
        };
        shared.vitals.pulses.beat(Pulse::Watch);
        rest(&mut watcher, &shared, &mut outcomes, wait).await;
    }
}

/// Sleeps until the next look; outcomes of citizen SMS are planned as they come.
async fn rest(
    watcher: &mut Watcher,
    shared: &Shared,
    outcomes: &mut mpsc::UnboundedReceiver<Vec<TicketNo>>,
    wait: Duration,
) {
    let wake = Instant::now() + wait.min(LONGEST_SLEEP);
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(wake) => return,
            () = shared.stop.cancelled() => return,
            () = shared.wakes.woken() => return,
            Some(tickets) = outcomes.recv() => {
                let now = shared.clock.now();
                match watcher.outcomes_changed(&tickets, now).await {
                    Ok(report) => shared.observer.cycle(&report, now),
                    Err(fault) => {
                        error!(error = %chain(&fault), "outcomes could not be planned; the next reconcile does it");
                        watcher.reconcile();
                    }
                }
                shared.kept.notify_one();
            }
        }
    }
}

/// Sends.
async fn deliver(
    delivery: Delivery,
    mut gateways: Gateways,
    shared: Arc<Shared>,
    settled: mpsc::UnboundedSender<Vec<TicketNo>>,
) {
    let mut faults = Lasting::default();
    while !shared.stop.is_cancelled() {
        let means = shared.means.load_full();
        let round: Boxed<'_, _> = Box::pin(delivery.run(&means));
        let wait = match round.await {
            Ok(round) => {
                let citizens = citizens(&round);
                if !citizens.is_empty() {
                    shared.taken.notify_one();
                    // The watch loop is gone only when everything stops.
                    let _ = settled.send(citizens);
                }
                shared.observer.round(&round);
                note_broken(&shared.vitals, &round, &mut faults);
                match after(&delivery, &mut gateways, &round, &shared).await {
                    Ok(next) => until(next, shared.clock.now()),
                    Err(_) => AFTER_ERROR,
                }
            }
            Err(fault) => {
                shared.vitals.change(|state| state.round_fault = Some(chain(&fault)));
                faults.fails(&chain(&fault), "a round of delivery failed; it is run again");
                AFTER_ERROR
            }
        };
        shared.vitals.pulses.beat(Pulse::Delivery);
        tokio::select! {
            () = tokio::time::sleep(wait.min(LONGEST_SLEEP)) => {}
            () = shared.kept.notified() => {}
            () = shared.stop.cancelled() => {}
        }
    }
    // A slow channel may still be at work: its calls are awaited, none is begun.
    shared.observer.round(&delivery.finish().await);
}

/// How the channels fare after a round, and when anything moves by itself.
async fn after(
    delivery: &Delivery,
    gateways: &mut Gateways,
    round: &Round,
    shared: &Shared,
) -> Result<Option<DateTime<Utc>>, DeliveryError> {
    let now = shared.clock.now();
    let of_channels = gateways.look(round, &shared.means.load_full(), now).await?;
    Ok([of_channels.map(|at| at.max(now)), delivery.next_wake().await?].into_iter().flatten().min())
}

/// The tickets whose citizen was written to in a round, or was tried to be, or
/// may have been by a process that died: what became of it changes their plans.
pub fn citizens(round: &Round) -> Vec<TicketNo> {
    let left = round
        .left
        .iter()
        .flat_map(|leaving| leaving.notices.iter())
        .filter(|notice| notice.key.kind.is_to_citizen())
        .filter_map(|notice| notice.ticket.clone());
    let recovered = round.recovered.iter().filter(|one| one.person == CITIZEN).filter_map(|one| one.ticket.clone());
    let mut tickets: Vec<TicketNo> = left.chain(recovered).collect();
    tickets.sort();
    tickets.dedup();
    tickets
}

/// Feeds systemd's watchdog as long as both loops move.
async fn feed(shared: Arc<Shared>) {
    let Some(every) = systemd::watchdog_interval() else {
        shared.stop.cancelled().await;
        return;
    };
    loop {
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = shared.stop.cancelled() => return,
        }
        if shared.vitals.pulses.all_within(Pulse::PATIENCE) {
            systemd::watchdog();
        } else {
            error!("a loop has not moved for two minutes; the watchdog is not fed");
        }
    }
}

/// Shows the pages; that they cannot be shown stops nothing.
async fn show(pages: Pages, stop: CancellationToken) {
    if let Err(fault) = pages.show(stop).await {
        error!(error = %fault, "the pages are gone; restart the daemon to have them back");
    }
}

/// From now until an instant; none means the longest sleep.
fn until(next: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Duration {
    next.map_or(LONGEST_SLEEP, |next| (next - now).to_std().unwrap_or(Duration::ZERO)).min(LONGEST_SLEEP)
}
