//! The work on one channel: claim, check again, wrap; what is ready is handed over
//! (`handing`).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use super::{
    Carrier, DeliveryError, Haste, Means, Paused, Point, Round,
    breaker::Gate,
    check::{Check, check},
    core::Core,
    room::Rooms,
    verdict::Way,
    wrap::Wanted,
};
use crate::{
    channel::Letter,
    message::Text,
    notice::{Medium, Outcome, Refusal},
    outbox::{Bundle, ClaimOrder, ClaimedLeg, LegId, Next, Settled, Settlement, Token},
    ticket::TicketNo,
};

/// After so long a turn ends, so that new settings take effect.
const LONGEST_TURN: std::time::Duration = std::time::Duration::from_secs(20);
/// The code of a leg whose person has had its messages of the hour.
const CEILING: &str = "person-ceiling";
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// One channel's part of a round.
pub(super) struct Work<'a> {
    pub(super) core: &'a Core,
    pub(super) means: &'a Means,
    pub(super) channel: &'a Arc<dyn Carrier>,
    /// What is to be settled with the next commit.
    pub(super) settled: Vec<Settled>,
    pub(super) round: Round,
    /// What the persons of the present claim have had.
    rooms: Rooms,
}

/// A message on its way.
pub(super) struct Sending {
    pub bundle: Bundle,
    pub letter: Letter,
    pub text: Text,
}

/// One claim, and until when it may be acted on by the monotonic clock.
struct Claim {
    bundles: Vec<Bundle>,
    ends: Instant,
}

impl<'a> Work<'a> {
    pub(super) fn new(core: &'a Core, means: &'a Means, channel: &'a Arc<dyn Carrier>) -> Self {
        Self { core, means, channel, settled: Vec::new(), round: Round::default(), rooms: Rooms::default() }
    }

    /// Works off what the channel has, until nothing can leave or it was long
    /// enough for once.
    pub(super) async fn run(mut self) -> Result<Round, DeliveryError> {
        match self.work_off().await {
            Ok(()) => Ok(self.round),
            Err(error) => {
                self.core.owe(self.settled, self.round);
                Err(error)
            }
        }
    }

    async fn work_off(&mut self) -> Result<(), DeliveryError> {
        let began = Instant::now();
        while !self.core.is_stopping() {
            if began.elapsed() > LONGEST_TURN {
                self.round.unfinished = true;
                return Ok(());
            }
            let now = self.core.now()?;
            let limit = match self.limit(now).await? {
                Ok(limit) => limit,
                Err(until) => {
                    let channel = self.channel.name().to_owned();
                    self.core.pause(&channel, until);
                    self.round.paused.push(Paused { channel, until });
                    return Ok(());
                }
            };
            let claim = self.claim(limit, now).await?;
            if claim.bundles.is_empty() {
                return Ok(());
            }
            // A clock that leaps must not take these claims back from us.
            let _held = self.core.hold(claim.bundles[0].token);
            self.rooms = Rooms::of(self.core, self.means, &claim.bundles, now).await?;
            let ready = self.ready(&claim.bundles, now).await;
            self.hand_over(ready, claim.ends).await?;
            self.write_down(&[]).await?;
        }
        Ok(())
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
        if let Some(until) = self.rooms.full_until(bundle) {
            let legs = wanted.iter().map(|one| one.leg.id);
            self.round.gathered += wanted.len() as u64;
            self.settled.extend(legs.map(|leg| one(bundle.token, leg, Settlement::Gathered { until, why: CEILING })));
            return None;
        }
        let legs: Vec<ClaimedLeg> = wanted.iter().map(|one| one.leg.clone()).collect();
        let number = legs.iter().map(|leg| self.core.number_of(leg.id)).max().unwrap_or_default();
        match self.means.wrap(bundle, &wanted, number) {
            Ok(wrapped) => {
                self.round.words_faults.extend(wrapped.fault);
                self.rooms.take(bundle, now);
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

    pub(super) fn release(&mut self, token: Token, leg: LegId, until: DateTime<Utc>, why: &'static str) {
        self.round.released += 1;
        self.settled.push(one(token, leg, Settlement::Released { until, why }));
    }

    /// What follows from an answer for each leg of a bundle.
    pub(super) fn answer(&mut self, bundle: &Bundle, outcome: &Outcome, now: DateTime<Utc>) {
        let way = Way { person: &bundle.person, medium: bundle.medium };
        for leg in &bundle.legs {
            let next = if self.goes_to_next_number(bundle, leg, outcome) {
                Next::Retry { at: now }
            } else {
                self.means.settings.next(way, leg, outcome, now)
            };
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
}

impl Work<'_> {
    /// Whether a leg whose number was refused goes to another number of the person.
    fn goes_to_next_number(&self, bundle: &Bundle, leg: &ClaimedLeg, outcome: &Outcome) -> bool {
        match (outcome, bundle.medium) {
            (Outcome::Refused(Refusal::Recipient(_)), Medium::Sms) => {}
            // The same number is tried again.
            (Outcome::NotSent { .. } | Outcome::Throttled { .. } | Outcome::ChannelDown { .. }, _) => return false,
            (Outcome::Accepted(_) | Outcome::Refused(_) | Outcome::Unknown(_), _) => {
                self.core.forget_numbers(leg.id);
                return false;
            }
        }
        let numbers = self.means.roster.person(&bundle.person).map_or(0, |person| person.phones.len());
        let has_more = self.core.number_of(leg.id) + 1 < numbers;
        if has_more {
            self.core.next_number(leg.id)
        } else {
            self.core.forget_numbers(leg.id)
        }
        has_more
    }
}

fn one(token: Token, leg: LegId, settlement: Settlement) -> Settled {
    Settled { leg, token, settlement }
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
