//! What every channel's work shares: the outbox, the clock, and what is known of
//! the channels.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    DeliveryError, Means, Round,
    breaker::{Breaker, Gate},
    cycle::Cycles,
    work::Work,
};
use crate::{
    clock::Clock,
    notice::{Failure, Outcome},
    outbox::{ClaimOrder, LegId, Next, Outbox, Settled, Settlement, Token},
};

/// A leg that changes its channel is claimed for a moment only.
const REROUTE_LEASE: TimeDelta = TimeDelta::seconds(60);
/// A clock this far back is set wrong and not merely corrected.
const BACK_TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// Shared by all channels' work. Clones share everything.
#[derive(Clone)]
pub(super) struct Core {
    pub outbox: Outbox,
    clock: Arc<dyn Clock>,
    pub cycles: Cycles,
    state: Arc<State>,
}

/// What lasts from round to round.
#[derive(Default)]
struct State {
    breakers: Mutex<HashMap<String, Breaker>>,
    /// Claims that this process works on.
    held: Mutex<Vec<Token>>,
    /// What the ledger could not take yet, and the parts of rounds that it belongs to.
    owed: Mutex<(Vec<Settled>, Round)>,
    /// When channels that are left alone are asked again.
    pauses: Mutex<HashMap<String, DateTime<Utc>>>,
    /// Legs of which so many numbers were refused; a process that starts anew
    /// begins with the first again.
    refused: Mutex<HashMap<LegId, usize>>,
    /// The latest instant seen, in microseconds; 0 before the first.
    newest: AtomicI64,
    /// No further call is begun.
    stopping: AtomicBool,
}

impl Core {
    pub(super) fn new(outbox: Outbox, clock: Arc<dyn Clock>) -> Self {
        Self { outbox, clock, cycles: Cycles::default(), state: Arc::default() }
    }

    /// Works off one channel. One that the settings no longer know hands its legs
    /// to others.
    pub(super) async fn deliver(&self, means: &Means, channel: &str) -> Result<Round, DeliveryError> {
        match means.channel(channel) {
            Some(channel) => Work::new(self, means, channel).run().await,
            None => self.reroute(means, channel).await,
        }
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
            round.rerouted += settled.len() as u64;
            round.fenced.extend(self.outbox.settle(&settled, now).await?);
        }
    }

    /// The instant now; an error if the clock ran backwards.
    pub(super) fn now(&self) -> Result<DateTime<Utc>, DeliveryError> {
        let now = self.clock.now();
        let newest = self.state.newest.fetch_max(now.timestamp_micros(), Ordering::SeqCst);
        let newest = DateTime::from_timestamp_micros(newest).unwrap_or(now);
        if now + BACK_TOLERANCE < newest {
            return Err(DeliveryError::ClockWentBack { now, newest });
        }
        Ok(now)
    }

    /// The instant now, or the latest one seen if the clock ran backwards: an
    /// answer is written down in any case.
    pub(super) fn now_or_newest(&self) -> DateTime<Utc> {
        let now = self.clock.now();
        let newest = DateTime::from_timestamp_micros(self.state.newest.load(Ordering::SeqCst));
        newest.map_or(now, |newest| newest.max(now))
    }

    /// Answers that the ledger did not take are kept until it does: without them
    /// what was accepted would count as unknown.
    pub(super) fn owe(&self, settled: Vec<Settled>, round: Round) {
        let mut owed = lock(&self.state.owed);
        owed.0.extend(settled);
        owed.1.add(round);
    }

    /// Writes down what is owed; gives what it belongs to.
    pub(super) async fn pay(&self, now: DateTime<Utc>) -> Result<Round, DeliveryError> {
        let (settled, mut round) = std::mem::take(&mut *lock(&self.state.owed));
        match self.outbox.settle(&settled, now).await {
            Ok(fenced) => {
                round.fenced.extend(fenced);
                Ok(round)
            }
            Err(error) => {
                self.owe(settled, round);
                Err(error.into())
            }
        }
    }

    /// From now on no call is begun.
    pub(super) fn stop(&self) {
        self.state.stopping.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.state.stopping.load(Ordering::SeqCst)
    }

    pub(super) fn gate(&self, channel: &str, now: DateTime<Utc>) -> Gate {
        lock(&self.state.breakers).get(channel).map_or(Gate::Open, |breaker| breaker.gate(now))
    }

    pub(super) fn full_until(&self, channel: &str, person: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        lock(&self.state.breakers).get(channel)?.full_until(person, now)
    }

    /// Takes an answer into account.
    pub(super) fn note(&self, channel: &str, person: &str, outcome: &Outcome, now: DateTime<Utc>) {
        lock(&self.state.breakers).entry(channel.to_owned()).or_default().note(person, outcome, now);
    }

    /// Which of a person's numbers a leg goes to: as many were refused.
    pub(super) fn number_of(&self, leg: LegId) -> usize {
        lock(&self.state.refused).get(&leg).copied().unwrap_or_default()
    }

    /// A number was refused: the leg goes to the next.
    pub(super) fn next_number(&self, leg: LegId) {
        *lock(&self.state.refused).entry(leg).or_default() += 1;
    }

    /// A leg has come to its end.
    pub(super) fn forget_numbers(&self, leg: LegId) {
        lock(&self.state.refused).remove(&leg);
    }

    /// Remembers when a channel is to be asked again.
    pub(super) fn pause(&self, channel: &str, until: DateTime<Utc>) {
        lock(&self.state.pauses).insert(channel.to_owned(), until);
    }

    /// When the first channel that is left alone is asked again.
    pub(super) fn first_pause_end(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut pauses = lock(&self.state.pauses);
        pauses.retain(|_, until| *until > now);
        pauses.values().min().copied()
    }

    /// The claims this process works on.
    pub(super) fn held(&self) -> Vec<Token> {
        lock(&self.state.held).clone()
    }

    /// Marks a claim as worked on until the mark is dropped.
    pub(super) fn hold(&self, token: Token) -> Held<'_> {
        lock(&self.state.held).push(token);
        Held { state: &self.state, token }
    }
}

/// A claim being worked on; given up when dropped.
pub(super) struct Held<'a> {
    state: &'a State,
    token: Token,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        lock(&self.state.held).retain(|token| *token != self.token);
    }
}

/// No code panics while it holds one of these locks, and what they guard is whole
/// at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
