//! Hands messages over: which calls begin is written down before they do, and what
//! they answered with the next ones.

use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::{
    task::{Id, JoinError, JoinSet},
    time::Instant,
};

use super::{
    Carrier, DeliveryError, DeliverySettings, Leaving, Point,
    breaker::Gate,
    work::{Sending, Work},
};
use crate::{
    channel::Letter,
    message::Text,
    notice::{Failure, Outcome},
    outbox::{Begun, Bundle, LegId, Settlement},
};

/// How often the ledger is tried before it is left alone for a round.
const WRITE_TRIES: u32 = 6;
const WRITE_PAUSE: Duration = Duration::from_millis(100);

impl Work<'_> {
    /// Makes the calls, so many at once, and settles what has come in. When the
    /// ledger fails nothing more begins; what is on the way is awaited all the same.
    pub(super) async fn hand_over(&mut self, ready: Vec<Sending>, ends: Instant) -> Result<(), DeliveryError> {
        // The set ends with this function: nothing runs on behind it.
        let mut calls = JoinSet::new();
        let mut on_the_way = HashMap::new();
        let mut waiting = ready.into_iter();
        let mut failed = None;
        loop {
            match self.begin(&mut waiting, on_the_way.len(), ends).await {
                Ok(begun) => {
                    for sending in begun {
                        on_the_way.insert(calls.spawn(self.call(&sending)).id(), sending);
                    }
                }
                Err(error) => {
                    waiting.by_ref().for_each(|sending| self.put_back(&sending, "not-begun"));
                    failed = failed.or(Some(error));
                }
            }
            let mut ended = match calls.join_next_with_id().await {
                None if waiting.len() > 0 => continue,
                None => return failed.map_or(Ok(()), Err),
                ended @ Some(_) => ended,
            };
            while let Some(one) = ended {
                self.take_in(one, &mut on_the_way);
                ended = calls.try_join_next_with_id();
            }
        }
    }

    /// Takes the next messages for which there is room, and writes down that their
    /// calls begin in one commit with what has come in; gives those that may be
    /// made.
    async fn begin(
        &mut self,
        waiting: &mut std::vec::IntoIter<Sending>,
        on_the_way: usize,
        ends: Instant,
    ) -> Result<Vec<Sending>, DeliveryError> {
        let room = self.channel.limits().at_once.max(1).saturating_sub(on_the_way);
        let now = self.core.now()?;
        let mut next = Vec::new();
        while next.len() < room
            && let Some(sending) = waiting.next()
        {
            next.extend(self.unless_barred(sending, ends, now));
        }
        let fenced = match self.write_down(&next).await {
            Ok(fenced) => fenced,
            Err(error) => {
                next.iter().for_each(|sending| self.put_back(sending, "not-begun"));
                return Err(error);
            }
        };
        next.retain(|sending| sending.bundle.legs.iter().all(|leg| !fenced.contains(&leg.id)));
        // The ledger may have kept us waiting.
        let now = self.core.now_or_newest();
        Ok(next.into_iter().filter_map(|sending| self.unless_barred(sending, ends, now)).collect())
    }

    fn call(&self, sending: &Sending) -> impl Future<Output = Outcome> + Send + 'static {
        let call = Call {
            channel: self.channel.clone(),
            letter: sending.letter.clone(),
            settings: self.means.settings.clone(),
        };
        call.make(self.core.now_or_newest())
    }

    fn unless_barred(&mut self, sending: Sending, ends: Instant, now: DateTime<Utc>) -> Option<Sending> {
        let Some((until, why)) = self.barred(&sending.bundle, ends, now) else { return Some(sending) };
        for leg in &sending.bundle.legs {
            self.release(sending.bundle.token, leg.id, until, why);
        }
        None
    }

    /// A message whose call was not made waits as before.
    fn put_back(&mut self, sending: &Sending, why: &'static str) {
        let now = self.core.now_or_newest();
        for leg in &sending.bundle.legs {
            self.release(sending.bundle.token, leg.id, now, why);
        }
    }

    /// Why a message must not be handed over now: the process ends, the channel was
    /// closed by the calls before it, or what is left of the lease, by the monotonic
    /// clock and by the wall, is too short for a call. A frozen process that wakes
    /// stops here.
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

    fn take_in(&mut self, ended: Result<(Id, Outcome), JoinError>, on_the_way: &mut HashMap<Id, Sending>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            // The request may have left before the channel's code broke.
            Err(error) => (error.id(), Outcome::Unknown(Failure::new("broke-off", "the channel's code broke off"))),
        };
        let Some(Sending { bundle, text, .. }) = on_the_way.remove(&id) else { return };
        let now = self.core.now_or_newest();
        self.core.note(self.channel.name(), &bundle.person, &outcome, now);
        self.answer(&bundle, &outcome, now);
        self.round.left.push(leaving(bundle, text, outcome, now));
    }

    /// Writes down what has come in, and which calls begin; gives the legs that must
    /// not be called. An answer is worth several tries: without it the legs would
    /// count as unknown.
    pub(super) async fn write_down(&mut self, next: &[Sending]) -> Result<Vec<LegId>, DeliveryError> {
        let calls =
            next.iter().flat_map(|sending| sending.bundle.legs.iter().map(|leg| (leg.id, sending.bundle.token)));
        let begun: Vec<Begun> = calls.map(|(leg, token)| Begun { leg, token }).collect();
        if self.settled.iter().any(|one| matches!(one.settlement, Settlement::Answered { .. })) {
            self.means.settings.fail_point.at(Point::AfterCall);
        }
        let mut tries = 0;
        let fenced = loop {
            tries += 1;
            let now = self.core.now_or_newest();
            match self.core.outbox.settle_and_begin(&self.settled, &begun, now).await {
                Ok(fenced) => break fenced,
                Err(error) if tries >= WRITE_TRIES => return Err(error.into()),
                Err(_) => tokio::time::sleep(WRITE_PAUSE * 2_u32.pow(tries)).await,
            }
        };
        if !std::mem::take(&mut self.settled).is_empty() {
            self.means.settings.fail_point.at(Point::Settled);
        }
        self.round.fenced.extend(fenced.settled);
        Ok(fenced.begun)
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
