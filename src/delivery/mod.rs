//! Delivery: from notices that have come due to people who were told.
//!
//! A round takes back claims that ran out, lets pass what is no longer timely,
//! turns due notices into legs, and then works off each channel by itself: claim,
//! read the ticket again, wrap, hand over, settle. It is the only room that tries
//! again. What it promises: no call without a durable claim; no call on a claim
//! that may have been taken away; nothing goes out that the ticket no longer
//! wants; a citizen's number is read here, right before the call, and goes
//! nowhere else; an unknown outcome is never taken for a failure.
//!
//! It does not decide what is wanted, and it does not know providers.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    clock::Clock,
    notice::{Failure, Outcome},
    outbox::{ClaimOrder, Next, Outbox, Settled, Settlement, Token},
};

mod breaker;
mod check;
mod error;
mod means;
mod people;
mod quiet;
mod report;
mod reread;
mod settings;
mod verdict;
mod work;
mod wrap;

pub use error::{DeliveryError, RereadError};
pub use means::{Boxed, Carrier, Fresh, Means, Reread};
pub use quiet::{Haste, Quiet, QuietHours};
pub use report::{Leaving, Paused, Round};
pub use reread::{StoreReread, outcomes_by_ticket};
pub use settings::{BackOff, DeliverySettings, FailPoint, Jitter, Point};
pub use wrap::WordsFault;

use breaker::{Breaker, Gate};
use work::Work;

/// Notices turned into legs with one commit.
const EXPANDED_AT_ONCE: u32 = 500;
/// A leg that changes its channel is claimed for a moment only.
const REROUTE_LEASE: TimeDelta = TimeDelta::seconds(60);
/// A clock this far back is set wrong and not merely corrected.
const BACK_TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// Delivers from an outbox. Clones share everything.
#[derive(Clone)]
pub struct Delivery {
    outbox: Outbox,
    clock: Arc<dyn Clock>,
    shared: Arc<Shared>,
}

/// What lasts from round to round.
#[derive(Default)]
struct Shared {
    breakers: Mutex<HashMap<String, Breaker>>,
    /// Claims that this process works on.
    held: Mutex<Vec<Token>>,
    /// The latest instant seen, in microseconds; 0 before the first.
    newest: AtomicI64,
}

impl Delivery {
    /// Delivery from an outbox, by a clock.
    pub fn new(outbox: Outbox, clock: Arc<dyn Clock>) -> Self {
        Self { outbox, clock, shared: Arc::default() }
    }

    /// A whole round: [`Delivery::prepare`], then every channel by itself until
    /// nothing can leave now.
    ///
    /// # Errors
    ///
    /// When the ledger fails or the clock ran backwards. What was claimed and not
    /// settled is taken back when its lease has run out.
    pub async fn run(&self, means: &Arc<Means>) -> Result<Round, DeliveryError> {
        let mut round = self.prepare(means).await?;
        // The set ends with this function: nothing runs on behind it.
        let mut parts = tokio::task::JoinSet::new();
        for channel in self.outbox.waiting_channels().await? {
            let (delivery, means) = (self.clone(), means.clone());
            parts.spawn(async move { (delivery.deliver(&means, &channel).await, channel) });
        }
        let mut failed = None;
        while let Some(part) = parts.join_next().await {
            match part {
                Ok((Ok(part), _)) => round.add(part),
                Ok((Err(error), _)) => failed = failed.or(Some(error)),
                Err(_) => failed = failed.or(Some(DeliveryError::BrokeOff { channel: "?".into() })),
            }
        }
        failed.map_or(Ok(round), Err)
    }

    /// Takes back claims that ran out, ends what is no longer timely, and turns
    /// due notices into legs.
    ///
    /// # Errors
    ///
    /// As [`Delivery::run`].
    pub async fn prepare(&self, means: &Means) -> Result<Round, DeliveryError> {
        let now = self.now()?;
        let mine = lock(&self.shared.held).clone();
        let mut round = Round {
            recovered: self.outbox.recover(&means.settings.repeats, &mine, now).await?,
            expired: self.outbox.expire(now).await?,
            ..Round::default()
        };
        loop {
            let due = self.outbox.unexpanded(now, EXPANDED_AT_ONCE).await?;
            if due.is_empty() {
                break;
            }
            let expansions: Vec<_> = due.iter().map(|notice| means.expansion(notice, now)).collect();
            let expanded = self.outbox.expand(&expansions, now).await?;
            round.add(Round { expanded, ..Round::default() });
        }
        means.settings.fail_point.at(Point::Intent);
        Ok(round)
    }

    /// Works off one channel until nothing of it can leave now. A channel that
    /// the settings no longer know hands its legs to another.
    ///
    /// # Errors
    ///
    /// As [`Delivery::run`].
    pub async fn deliver(&self, means: &Means, channel: &str) -> Result<Round, DeliveryError> {
        let Some(channel) = means.channel(channel) else {
            return self.reroute(means, channel).await;
        };
        let mut work = Work::new(self, means, channel);
        work.run().await?;
        Ok(work.round)
    }

    /// The next instant after now at which something here moves by itself.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn next_wake(&self) -> Result<Option<DateTime<Utc>>, DeliveryError> {
        Ok(self.outbox.next_wake(self.now_or_newest()).await?)
    }

    async fn reroute(&self, means: &Means, channel: &str) -> Result<Round, DeliveryError> {
        let mut round = Round::default();
        loop {
            let now = self.now()?;
            let order = ClaimOrder { channel, limit: means.settings.per_claim, lease: REROUTE_LEASE };
            let bundles = self.outbox.claim(&order, now).await?;
            if bundles.is_empty() {
                return Ok(round);
            }
            let why = Failure::new("channel-gone", "the settings no longer know this channel");
            let outcome = Outcome::NotSent { not_before: None, why };
            let mut settled = Vec::new();
            for bundle in &bundles {
                for leg in &bundle.legs {
                    let instead = means.rerouted(&bundle.person, bundle.medium, leg, now);
                    let settlement = Settlement::Answered { outcome: outcome.clone(), next: Next::Dead, instead };
                    settled.push(Settled { leg: leg.id, token: bundle.token, settlement });
                }
            }
            tracing::warn!(
                channel.name = channel,
                legs = settled.len(),
                "channel {channel} is gone; its legs go by others"
            );
            round.fenced.extend(self.outbox.settle(&settled, now).await?);
        }
    }

    /// The instant now; an error if the clock ran backwards.
    fn now(&self) -> Result<DateTime<Utc>, DeliveryError> {
        let now = self.clock.now();
        let newest = self.shared.newest.fetch_max(now.timestamp_micros(), Ordering::SeqCst);
        let newest = DateTime::from_timestamp_micros(newest).unwrap_or(now);
        if now + BACK_TOLERANCE < newest {
            return Err(DeliveryError::ClockWentBack { now, newest });
        }
        Ok(now)
    }

    /// The instant now, or the latest one seen if the clock ran backwards: an
    /// answer is written down in any case.
    fn now_or_newest(&self) -> DateTime<Utc> {
        self.now().unwrap_or_else(|error| match error {
            DeliveryError::ClockWentBack { newest, .. } => newest,
            DeliveryError::Outbox(_) | DeliveryError::BrokeOff { .. } => self.clock.now(),
        })
    }

    fn gate(&self, channel: &str, now: DateTime<Utc>) -> Gate {
        lock(&self.shared.breakers).get(channel).map_or(Gate::Open, |breaker| breaker.gate(now))
    }

    fn full_until(&self, channel: &str, person: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        lock(&self.shared.breakers).get(channel)?.full_until(person, now)
    }

    fn note(&self, channel: &str, person: &str, outcome: &Outcome, now: DateTime<Utc>) {
        lock(&self.shared.breakers).entry(channel.to_owned()).or_default().note(person, outcome, now);
    }

    fn hold(&self, token: Token) -> Held<'_> {
        lock(&self.shared.held).push(token);
        Held { shared: &self.shared, token }
    }
}

/// A claim being worked on; given up when dropped.
struct Held<'a> {
    shared: &'a Shared,
    token: Token,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        lock(&self.shared.held).retain(|token| *token != self.token);
    }
}

/// No code panics while it holds one of these locks, and what they guard is whole
/// at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
