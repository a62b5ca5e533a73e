//! How sources and channels fare, remembered in the ledger, so that a restart
//! neither forgets an outage nor tells it anew.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::{
    delivery::{Carrier, Means, Round},
    notice::{Medium, Outcome, Subject},
    outbox::{Outbox, OutboxError, Wanted, scope},
    planner::{self, Gateway, Health, Patience, Plan},
};

/// What is remembered of one subject under `health/S/name` or `health/C/name`.
#[derive(Debug)]
pub(super) struct Remembered {
    subject: Subject,
    pub(super) health: Health,
    /// As the ledger has it.
    kept: Health,
}

impl Remembered {
    pub(super) async fn read(outbox: &Outbox, subject: Subject) -> Result<Self, OutboxError> {
        let text = outbox.get(&key(&subject)).await?;
        // What cannot be read is a fresh start: at worst an outage is told again.
        let health: Health = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Ok(Self { subject, kept: health.clone(), health })
    }

    /// Keeps how it fares and what is wanted for it; the first first, so that the
    /// steps of an outage stay the same whenever the process ends.
    pub(super) async fn keep(&mut self, outbox: &Outbox, plan: Plan, now: DateTime<Utc>) -> Result<(), OutboxError> {
        if self.health != self.kept {
            let text = serde_json::to_string(&self.health).unwrap_or_default();
            outbox.set(&key(&self.subject), &text).await?;
            self.kept = self.health.clone();
        }
        outbox.keep(&[Wanted { scope: scope(&self.subject), notices: plan.notices }], now).await.map(|_| ())
    }
}

fn key(subject: &Subject) -> String {
    format!("health/{}", subject.text())
}

/// Watches the store by what became of its polls.
#[derive(Debug)]
pub(super) struct Source {
    name: &'static str,
    known: Remembered,
}

impl Source {
    /// As the ledger remembers it.
    pub(super) async fn read(name: &'static str, outbox: &Outbox) -> Result<Self, OutboxError> {
        Ok(Self { name, known: Remembered::read(outbox, Subject::Source(name.to_owned())).await? })
    }

    /// Takes a poll into account, with its fault if it failed, and keeps what is
    /// wanted; when to look again.
    pub(super) async fn look<F>(
        &mut self,
        outbox: &Outbox,
        fault: Option<&F>,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, OutboxError> {
        let health = &mut self.known.health;
        match fault {
            Some(_) => health.fails(now),
            None if health.is_failing() => health.mends(now),
            None => return Ok(None),
        }
        health.look(Patience::SOURCE, now);
        let plan = planner::source(self.name, health, now);
        let next = plan.next;
        self.known.keep(outbox, plan, now).await?;
        Ok(next)
    }
}

/// Watches the channels by what became of their calls.
pub struct Gateways {
    outbox: Outbox,
    channels: BTreeMap<String, Remembered>,
}

impl Gateways {
    /// Nothing is known yet; each channel is read when it is met.
    pub fn new(outbox: Outbox) -> Self {
        Self { outbox, channels: BTreeMap::new() }
    }

    /// Takes a round into account, and keeps what is wanted; when to look again.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn look(
        &mut self,
        round: &Round,
        means: &Means,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, OutboxError> {
        self.meet(means).await?;
        let mut changed: BTreeSet<&str> = BTreeSet::new();
        for leaving in &round.left {
            let Some(known) = self.channels.get_mut(&leaving.channel) else { continue };
            let health = &mut known.health;
            match &leaving.outcome {
                // It answers, so it is well.
                Outcome::Accepted(_) | Outcome::Refused(_) | Outcome::Throttled { .. } if health.is_failing() => {
                    health.mends(leaving.at);
                    changed.insert(&leaving.channel);
                }
                Outcome::Accepted(_) | Outcome::Refused(_) | Outcome::Throttled { .. } => {}
                Outcome::NotSent { .. } | Outcome::ChannelDown { .. } | Outcome::Unknown(_) => {
                    health.fails(leaving.at);
                    changed.insert(&leaving.channel);
                }
            }
        }
        self.keep(&changed, means, now).await
    }

    /// Reads what is remembered of channels that are new in the settings.
    async fn meet(&mut self, means: &Means) -> Result<(), OutboxError> {
        for channel in &means.channels {
            if !self.channels.contains_key(channel.name()) {
                let subject = Subject::Channel(channel.name().to_owned());
                let known = Remembered::read(&self.outbox, subject).await?;
                self.channels.insert(channel.name().to_owned(), known);
            }
        }
        Ok(())
    }

    async fn keep(
        &mut self,
        changed: &BTreeSet<&str>,
        means: &Means,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, OutboxError> {
        let mut next = None;
        let mut waiting = None;
        for (name, known) in &mut self.channels {
            if !known.health.is_failing() && !changed.contains(name.as_str()) {
                continue;
            }
            let channel = means.channel(name);
            if waiting.is_none() {
                waiting = Some(self.outbox.waiting().await?);
            }
            let legs = waiting.iter().flatten().find(|(of, _)| of == name).map_or(0, |(_, legs)| *legs);
            known.health.look(Patience::GATEWAY, now);
            let plan = match channel {
                Some(channel) => {
                    let called = called(channel.as_ref(), means);
                    planner::gateway(Gateway { name, called, waiting: legs }, &known.health, now)
                }
                // Nobody misses a channel that the settings no longer know.
                None => {
                    known.health.mends(now);
                    Plan::default()
                }
            };
            next = next.into_iter().chain(plan.next).min();
            known.keep(&self.outbox, plan, now).await?;
        }
        Ok(next)
    }
}

/// What a channel is called: its medium, where it is the only one of it.
fn called<'a>(channel: &'a dyn Carrier, means: &Means) -> &'a str {
    let is_only = means.channels_of(channel.medium()).count() == 1;
    match channel.medium() {
        Medium::Sms if is_only => "短信",
        Medium::Email if is_only => "邮件",
        Medium::Sms | Medium::Email | Medium::Chat | Medium::Webhook | Medium::File => channel.name(),
    }
}
