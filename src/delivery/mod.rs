//! Delivery: from notices that have come due to people who were told.
//!
//! A round takes back claims that ran out, lets pass what is no longer timely,
//! turns due notices into legs, and then works off each channel by itself: claim,
//! read the ticket again, wrap, hand over, settle. It is the only room that tries
//! again. What it promises: no call without a durable claim; no call on a claim
//! that may have been taken away; nothing goes out that the ticket no longer
//! wants; a citizen's number is read here, right before the call, and goes
//! nowhere else; an unknown outcome is never taken for a failure, and what was
//! certainly never called is never taken for unknown: which calls begin is in the
//! ledger before they do.
//!
//! It does not decide what is wanted, and it does not know providers.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::{
    sync::Mutex,
    task::{Id, JoinError, JoinSet},
    time::{Instant, timeout_at},
};

use crate::{
    clock::Clock,
    outbox::{KeptNotice, Outbox},
};

mod breaker;
mod check;
mod core;
mod cycle;
mod error;
mod handing;
mod means;
mod people;
mod quiet;
mod report;
mod room;
mod settings;
mod verdict;
mod work;
mod wrap;

pub use cycle::Cycle;
pub use error::{DeliveryError, RereadError};
pub use means::{Boxed, Carrier, Fresh, Means, Reread};
pub use quiet::{Haste, Quiet, QuietHours};
pub use report::{Broken, Leaving, Paused, Round};
pub use room::Ceilings;
pub use settings::{BackOff, DeliverySettings, FailPoint, Jitter, Point};
pub use wrap::WordsFault;

use self::{core::Core, cycle::Seen};

/// Notices turned into legs with one commit.
const EXPANDED_AT_ONCE: u32 = 500;
/// Longer than any round: no limit.
const NO_LIMIT: Duration = Duration::from_secs(365 * 24 * 3600);

/// Delivers from an outbox. Clones share everything; when the last is dropped,
/// calls in flight are cut off.
#[derive(Clone)]
pub struct Delivery {
    core: Core,
    running: Arc<Mutex<Running>>,
}

/// The channels being worked off right now.
#[derive(Default)]
struct Running {
    parts: JoinSet<Result<Round, DeliveryError>>,
    channels: HashMap<Id, String>,
}

impl Delivery {
    /// Delivery from an outbox, by a clock.
    pub fn new(outbox: Outbox, clock: Arc<dyn Clock>) -> Self {
        Self { core: Core::new(outbox, clock), running: Arc::default() }
    }

    /// A whole round: [`Delivery::prepare`], then every channel by itself until
    /// nothing can leave now. A channel that takes longer than the settings'
    /// patience goes on by itself, and what it did stands in a later round.
    ///
    /// # Errors
    ///
    /// When the ledger fails or the clock ran backwards before anything was
    /// claimed. A single channel's bad end stands in the round; what it had
    /// claimed is taken back when its lease has run out.
    pub async fn run(&self, means: &Arc<Means>) -> Result<Round, DeliveryError> {
        let mut round = self.prepare(means).await?;
        let patience = Instant::now() + means.settings.patience.unwrap_or(NO_LIMIT);
        let mut running = self.running.lock().await;
        loop {
            for channel in self.core.outbox.waiting_channels().await? {
                running.start(&self.core, means, channel);
            }
            // All that end in time are taken in; if one of them stopped with work
            // left, it is started again.
            let mut goes_on = false;
            while let Ok(Some(part)) = timeout_at(patience, running.parts.join_next_with_id()).await {
                goes_on |= running.take_in(part, &mut round);
            }
            if !goes_on || Instant::now() >= patience {
                return Ok(round);
            }
        }
    }

    /// A cycle of the planner begins; it ends when what is given is dropped. Until
    /// then only what goes alone becomes legs: what is urgent does not wait for the
    /// rest of a large store, and what travels together is not torn apart.
    pub fn cycle(&self) -> Cycle {
        self.core.cycles.begin()
    }

    /// From now on nothing more is claimed and no call is begun.
    pub fn stop(&self) {
        self.core.stop();
    }

    /// Ends the delivery for good: nothing more is claimed, no call is begun, and
    /// the calls under way are awaited and settled.
    pub async fn finish(&self) -> Round {
        self.core.stop();
        let mut round = Round::default();
        let mut running = self.running.lock().await;
        while let Some(part) = running.parts.join_next_with_id().await {
            running.take_in(part, &mut round);
        }
        // What the ledger does not take now is unknown to whoever comes next.
        round.add(self.core.pay(self.core.now_or_newest()).await.unwrap_or_default());
        round
    }

    /// Takes back claims that ran out, ends what is no longer timely, and turns
    /// due notices into legs.
    ///
    /// # Errors
    ///
    /// As [`Delivery::run`].
    pub async fn prepare(&self, means: &Means) -> Result<Round, DeliveryError> {
        let core = &self.core;
        let now = core.now()?;
        // Asked first, so that no claim is missed whose answer comes to be owed.
        let held = core.held();
        let mut round = core.pay(now).await?;
        round.add(Round {
            recovered: core.outbox.recover(&means.settings.repeats, &held, now).await?,
            expired: core.outbox.expire(now).await?,
            ..Round::default()
        });
        loop {
            let seen = core.cycles.seen();
            let due = match seen {
                Seen::Between(_) => core.outbox.unexpanded(now, EXPANDED_AT_ONCE).await?,
                Seen::UnderWay => core.outbox.unexpanded_alone(now, EXPANDED_AT_ONCE).await?,
            };
            // With a cycle that began meanwhile, this may be half of what it keeps.
            if core.cycles.seen() != seen {
                continue;
            }
            if due.is_empty() {
                break;
            }
            let acks = core.outbox.acks_of(&repeating(&due)).await?;
            let expansions: Vec<_> = due.iter().map(|notice| means.expansion(notice, &acks, now)).collect();
            let expanded = core.outbox.expand(&expansions, now).await?;
            round.add(Round { expanded, ..Round::default() });
        }
        means.settings.fail_point.at(Point::Intent);
        Ok(round)
    }

    /// The next instant after now at which something here moves by itself.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn next_wake(&self) -> Result<Option<DateTime<Utc>>, DeliveryError> {
        let now = self.core.now_or_newest();
        let wakes = [self.core.outbox.next_wake(now).await?, self.core.first_pause_end(now)];
        Ok(wakes.into_iter().flatten().min())
    }
}

/// The scopes of notices that only say again what may have been acknowledged.
fn repeating(due: &[KeptNotice]) -> Vec<String> {
    let repeats = due.iter().filter(|notice| notice.key.kind.repeats().is_some());
    let scopes: BTreeSet<String> = repeats.map(|notice| notice.scope()).collect();
    scopes.into_iter().collect()
}

impl Running {
    /// Starts a channel's work unless it is under way.
    fn start(&mut self, core: &Core, means: &Arc<Means>, channel: String) {
        if self.channels.values().any(|running| *running == channel) {
            return;
        }
        let (core, means, name) = (core.clone(), means.clone(), channel.clone());
        let part = self.parts.spawn(async move { core.deliver(&means, &name).await });
        self.channels.insert(part.id(), channel);
    }

    /// Adds what a channel did to the round; says whether it left work undone.
    fn take_in(&mut self, part: Result<(Id, Result<Round, DeliveryError>), JoinError>, round: &mut Round) -> bool {
        let id = part.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let channel = self.channels.remove(&id).unwrap_or_default();
        let why = match part {
            Ok((_, Ok(part))) => {
                let goes_on = part.unfinished || part.rerouted > 0;
                round.add(part);
                return goes_on;
            }
            Ok((_, Err(error))) => error::chain(&error),
            Err(error) => error.to_string(),
        };
        round.broken.push(Broken { channel, why });
        false
    }
}
