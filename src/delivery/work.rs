//! The work on one channel: claim, check again, wrap, hand over, settle.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{task::JoinSet, time::Instant};

use super::{
    Carrier, DeliveryError, DeliverySettings, Haste, Leaving, Means, Paused, Point, Round,
    breaker::Gate,
    check::{Check, check},
    core::Core,
    verdict::Way,
    wrap::Wanted,
};
use crate::{
    channel::Letter,
    message::Text,
    notice::{Failure, Outcome},
    outbox::{Bundle, ClaimOrder, ClaimedLeg, LegId, Next, Settled, Settlement, Token},
    ticket::TicketNo,
};

/// After so long a turn ends, so that new settings take effect.
const LONGEST_TURN: std::time::Duration = std::time::Duration::from_secs(20);
const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// How often a settlement is tried before the claims are left to run out.
const SETTLE_TRIES: u32 = 6;
const SETTLE_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// One channel's part of a round.
pub(super) struct Work<'a> {
    core: &'a Core,
    means: &'a Means,
    channel: &'a Arc<dyn Carrier>,
    /// What is to be settled with the next commit.
    settled: Vec<Settled>,
    round: Round,
}

/// A message on its way.
struct Sending {
    bundle: Bundle,
    letter: Letter,
    text: Text,
}

/// One claim, and until when it may be acted on by the monotonic clock.
struct Claim {
    bundles: Vec<Bundle>,
    ends: Instant,
}

impl<'a> Work<'a> {
    pub(super) fn new(core: &'a Core, means: &'a Means, channel: &'a Arc<dyn Carrier>) -> Self {
        Self { core, means, channel, settled: Vec::new(), round: Round::default() }
    }

    /// Works off what the channel has, until nothing can leave or it was long
    /// enough for once.
    pub(super) async fn run(mut self) -> Result<Round, DeliveryError> {
        let began = Instant::now();
        loop {
            if self.core.is_stopping() {
                return Ok(self.round);
            }
            if began.elapsed() > LONGEST_TURN {
                self.round.unfinished = true;
                return Ok(self.round);
            }
            let now = self.core.now()?;
            let limit = match self.limit(now).await? {
                Ok(limit) => limit,
                Err(until) => {
                    let channel = self.channel.name().to_owned();
                    self.core.pause(&channel, until);
                    self.round.paused.push(Paused { channel, until });
                    return Ok(self.round);
                }
            };
            let claim = self.claim(limit, now).await?;
            if claim.bundles.is_empty() {
                return Ok(self.round);
            }
            // A clock that leaps must not take these claims back from us.
            let _held = self.core.hold(claim.bundles[0].token);
            let ready = self.ready(&claim.bundles, now).await;
            self.hand_over(ready, claim.ends).await?;
            self.settle().await?;
        }
    }

    /// How many legs may be claimed now, or until when none may: the channel is
    /// closed, or has had its messages of the minute.
    async fn limit(&self, now: DateTime<Utc>) -> Result<Result<u32, DateTime<Utc>>, DeliveryError> {
        let most = match self.core.gate(self.channel.name(), now) {
            Gate::Open => self.means.settings.per_claim,
            Gate::Probe => 1,
            Gate::Closed { until } => return Ok(Err(until)),
        };
        let Some(per_minute) = self.channel.limits().per_minute else { return Ok(Ok(most)) };
        // Counted in the ledger, so that a restart forgets nothing.
        let sent = self.core.outbox.sent_since(self.channel.name(), now - MINUTE).await?;
        let left = per_minute.saturating_sub(sent.messages);
        Ok(match sent.first {
            Some(first) if left == 0 => Err(first + MINUTE),
            Some(_) | None => Ok(most.min(left.max(1))),
        })
    }

    async fn claim(&self, limit: u32, now: DateTime<Utc>) -> Result<Claim, DeliveryError> {
        let settings = &self.means.settings;
        let began = Instant::now();
        let holds = settings.lease(self.channel.limits().call);
        let lease = TimeDelta::from_std(holds).unwrap_or(TimeDelta::MAX);
        let order = ClaimOrder { channel: self.channel.name(), limit, lease };
        let bundles = self.core.outbox.claim(&order, now).await?;
        if !bundles.is_empty() {
            settings.fail_point.at(Point::Claimed);
        }
        Ok(Claim { bundles, ends: began + holds })
    }

    /// Reads the tickets again and wraps what is still wanted.
    async fn ready(&mut self, bundles: &[Bundle], now: DateTime<Utc>) -> Vec<Sending> {
        let legs = bundles.iter().flat_map(|bundle| &bundle.legs);
        let numbers: HashSet<&TicketNo> = legs.filter_map(|leg| leg.notice.ticket.as_ref()).collect();
        let mut numbers: Vec<TicketNo> = numbers.into_iter().cloned().collect();
        numbers.sort_unstable();
        let reread =
            if numbers.is_empty() { Ok(HashMap::new()) } else { self.means.tickets.reread(&numbers, now).await };
        if let Err(error) = &reread {
            let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            tracing::warn!(error = %cause, channel.name = self.channel.name(), "{error}; staff are told what is known");
            self.round.store_unreadable = Some(cause);
        }
        let mut ready = Vec::new();
        for bundle in bundles {
            let checks: Vec<Check> = bundle.legs.iter().map(|leg| check(&bundle.person, leg, &reread)).collect();
            ready.extend(self.wrap(bundle, &checks, now));
        }
        ready
    }

    /// Wraps one bundle; what cannot or need not leave is settled instead.
    fn wrap(&mut self, bundle: &Bundle, checks: &[Check], now: DateTime<Utc>) -> Option<Sending> {
        let mut wanted = Vec::new();
        for (leg, check) in bundle.legs.iter().zip(checks) {
            match check {
                Check::Send { .. } | Check::SendTo { .. } => match self.closed_until(bundle, leg, now) {
                    None => wanted.push(Wanted { leg, check }),
                    Some((until, why)) => self.release(bundle.token, leg.id, until, why),
                },
                Check::Withdraw(reason) => {
                    self.round.withdrawn += 1;
                    self.settled.push(one(bundle.token, leg.id, Settlement::Superseded(*reason)));
                }
                Check::Wait(why) => {
                    let until = now + self.means.settings.back_off.wait(0);
                    self.release(bundle.token, leg.id, until, why);
                }
            }
        }
        if wanted.is_empty() {
            return None;
        }
        let legs: Vec<ClaimedLeg> = wanted.iter().map(|one| one.leg.clone()).collect();
        match self.means.wrap(bundle, &wanted) {
            Ok(wrapped) => {
                self.round.words_faults.extend(wrapped.fault);
                let bundle = Bundle { legs, ..bundle.clone() };
                Some(Sending { bundle, letter: wrapped.letter, text: wrapped.text })
            }
            Err(unsendable) => {
                self.round.words_faults.extend(unsendable.fault);
                let bundle = Bundle { legs, ..bundle.clone() };
                self.answer(&bundle, &unsendable.outcome, now);
                None
            }
        }
    }

    /// Whether a leg must wait after all: it is quiet by now, or its destination
    /// is full.
    fn closed_until(
        &self,
        bundle: &Bundle,
        leg: &ClaimedLeg,
        now: DateTime<Utc>,
    ) -> Option<(DateTime<Utc>, &'static str)> {
        let haste = Haste::of(leg.notice.urgent);
        let open = self.means.settings.quiet.first_open(&bundle.person, bundle.medium, haste, now);
        if open > now {
            return Some((open, "quiet-hours"));
        }
        let full = self.core.full_until(self.channel.name(), &bundle.person, now);
        full.map(|until| (until, "destination-full"))
    }

    fn release(&mut self, token: Token, leg: LegId, until: DateTime<Utc>, why: &'static str) {
        self.round.released += 1;
        self.settled.push(one(token, leg, Settlement::Released { until, why }));
    }

    /// Makes the calls, so many at once, and settles what has come in.
    async fn hand_over(&mut self, ready: Vec<Sending>, ends: Instant) -> Result<(), DeliveryError> {
        // The set ends with this function: nothing runs on behind it.
        let mut calls = JoinSet::new();
        let mut on_the_way = HashMap::new();
        let mut waiting = ready.into_iter();
        loop {
            while on_the_way.len() < self.channel.limits().at_once.max(1)
                && let Some(sending) = waiting.next()
            {
                let now = self.core.now()?;
                if let Some((until, why)) = self.barred(&sending.bundle, ends, now) {
                    for leg in &sending.bundle.legs {
                        self.release(sending.bundle.token, leg.id, until, why);
                    }
                    continue;
                }
                let call = Call {
                    channel: self.channel.clone(),
                    letter: sending.letter.clone(),
                    settings: self.means.settings.clone(),
                };
                on_the_way.insert(calls.spawn(call.make(now)).id(), sending);
            }
            let Some(ended) = calls.join_next_with_id().await else { return Ok(()) };
            let mut ended = Some(ended);
            while let Some(one) = ended {
                self.take_in(one, &mut on_the_way)?;
                ended = calls.try_join_next_with_id();
            }
            self.settle().await?;
        }
    }

    /// Why a message must not be handed over now: the process ends, the channel was
    /// closed by the calls before it, or what is left of the lease, by the monotonic clock and
    /// by the wall, is too short for a call. A frozen process that wakes stops
    /// here.
    fn barred(&self, bundle: &Bundle, ends: Instant, now: DateTime<Utc>) -> Option<(DateTime<Utc>, &'static str)> {
        if self.core.is_stopping() {
            return Some((now, "stopping"));
        }
        if let Gate::Closed { until } = self.core.gate(self.channel.name(), now) {
            return Some((until, "channel-paused"));
        }
        let settings = &self.means.settings;
        let needed = settings.needed(self.channel.limits().call);
        let late = Instant::now() + needed > ends || now + needed > bundle.lease_until;
        late.then_some((now, "lease-too-short"))
    }

    fn take_in(
        &mut self,
        ended: Result<(tokio::task::Id, Outcome), tokio::task::JoinError>,
        on_the_way: &mut HashMap<tokio::task::Id, Sending>,
    ) -> Result<(), DeliveryError> {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            // The request may have left before the channel's code broke.
            Err(error) => (error.id(), Outcome::Unknown(Failure::new("broke-off", "the channel's code broke off"))),
        };
        let Some(Sending { bundle, text, .. }) = on_the_way.remove(&id) else { return Ok(()) };
        let now = self.core.now_or_newest();
        self.core.note(self.channel.name(), &bundle.person, &outcome, now);
        self.answer(&bundle, &outcome, now);
        self.round.left.push(leaving(bundle, text, outcome, now));
        Ok(())
    }

    /// What follows from an answer for each leg of a bundle.
    fn answer(&mut self, bundle: &Bundle, outcome: &Outcome, now: DateTime<Utc>) {
        let way = Way { person: &bundle.person, medium: bundle.medium };
        for leg in &bundle.legs {
            let next = self.means.settings.next(way, leg, outcome, now);
            let instead = match next {
                Next::Failed | Next::Dead => self.means.other_ways(&bundle.person, leg, self.channel.name(), now),
                Next::Accepted | Next::Retry { .. } | Next::Park { .. } | Next::Repeat { .. } | Next::Unknown => {
                    Vec::new()
                }
            };
            report(bundle, leg, outcome, next);
            let settlement = Settlement::Answered { outcome: outcome.clone(), next, instead };
            self.settled.push(one(bundle.token, leg.id, settlement));
        }
    }

    /// Writes down what has come in. An answer is worth several tries: without it
    /// the legs would count as unknown.
    async fn settle(&mut self) -> Result<(), DeliveryError> {
        if self.settled.is_empty() {
            return Ok(());
        }
        self.means.settings.fail_point.at(Point::AfterCall);
        let mut tries = 0;
        let fenced = loop {
            tries += 1;
            match self.core.outbox.settle(&self.settled, self.core.now_or_newest()).await {
                Ok(fenced) => break fenced,
                Err(error) if tries >= SETTLE_TRIES => return Err(error.into()),
                Err(_) => tokio::time::sleep(SETTLE_PAUSE * 2_u32.pow(tries)).await,
            }
        };
        self.settled.clear();
        self.round.fenced.extend(fenced);
        self.means.settings.fail_point.at(Point::Settled);
        Ok(())
    }
}

/// One bounded call.
struct Call {
    channel: Arc<dyn Carrier>,
    letter: Letter,
    settings: DeliverySettings,
}

impl Call {
    async fn make(self, now: DateTime<Utc>) -> Outcome {
        self.settings.fail_point.at(Point::BeforeCall);
        let limit = self.settings.call_limit(self.channel.limits().call);
        // Past the limit the letter may have left: the outcome is unknown.
        let answer = tokio::time::timeout(limit, self.channel.carry(&self.letter, now)).await;
        answer.unwrap_or_else(|_| Outcome::Unknown(Failure::new("call-limit", "no answer within the limit of a call")))
    }
}

fn one(token: Token, leg: LegId, settlement: Settlement) -> Settled {
    Settled { leg, token, settlement }
}

fn leaving(bundle: Bundle, text: Text, outcome: Outcome, at: DateTime<Utc>) -> Leaving {
    let deferred = bundle.legs.iter().filter(|leg| leg.attempt == 1 && leg.first > leg.added);
    Leaving {
        at,
        deferred_from: deferred.map(|leg| leg.added).min(),
        is_repeat: bundle.legs.iter().any(|leg| leg.repeats > 0),
        person: bundle.person,
        medium: bundle.medium,
        channel: bundle.channel,
        text,
        notices: bundle.legs.into_iter().map(|leg| leg.notice).collect(),
        outcome,
    }
}

/// A leg's bad end is logged here and nowhere else.
fn report(bundle: &Bundle, leg: &ClaimedLeg, outcome: &Outcome, next: Next) {
    let ended = match next {
        Next::Unknown => "unknown",
        Next::Failed => "failed",
        Next::Dead => "dead",
        Next::Accepted | Next::Retry { .. } | Next::Park { .. } | Next::Repeat { .. } => return,
    };
    tracing::warn!(
        notice.key = %leg.notice.key,
        notice.kind = %leg.notice.key.kind,
        channel.name = %bundle.channel,
        attempt = leg.attempt,
        error = outcome.class(),
        "a leg ended {ended} on {}",
        bundle.channel
    );
}
