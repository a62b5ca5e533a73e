//! The ceiling of messages a person gets in an hour. What lies above it is never
//! dropped: it waits, and then leaves as one message.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::{DeliveryError, Means, core::Core};
use crate::{
    notice::Medium,
    outbox::{Bundle, CITIZEN, HandedOrder, Token},
};

const HOUR: TimeDelta = TimeDelta::hours(1);

/// How many ordinary messages one person gets in any hour; `None`: no ceiling.
/// Urgent ones and those to citizens are exempt and do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Ceilings {
    pub sms: Option<u32>,
    pub email: Option<u32>,
}

impl Ceilings {
    fn of(&self, medium: Medium) -> Option<usize> {
        let most = match medium {
            Medium::Sms => self.sms,
            Medium::Email => self.email,
            Medium::Chat | Medium::Webhook | Medium::File => None,
        };
        most.map(|most| usize::try_from(most).unwrap_or(usize::MAX).max(1))
    }
}

/// What the persons of one claim have had within the hour.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    most: Option<usize>,
    /// By person, the newest first.
    handed: HashMap<String, Vec<DateTime<Utc>>>,
}

impl Rooms {
    /// Reads what the persons of a claim have had. Counted in the ledger, so that a
    /// restart forgets nothing.
    pub(super) async fn of(
        core: &Core,
        means: &Means,
        bundles: &[Bundle],
        now: DateTime<Utc>,
    ) -> Result<Self, DeliveryError> {
        let counted: Vec<&Bundle> = bundles.iter().filter(|bundle| !is_exempt(bundle)).collect();
        let Some(first) = counted.first() else { return Ok(Self::default()) };
        let Some(most) = means.settings.ceilings.of(first.medium) else { return Ok(Self::default()) };
        let persons: HashSet<&str> = counted.iter().map(|bundle| bundle.person.as_str()).collect();
        let persons: Vec<&str> = persons.into_iter().collect();
        let channels: Vec<&str> = means.channels_of(first.medium).map(|channel| channel.name()).collect();
        let except: Token = first.token;
        let order = HandedOrder { persons: &persons, channels: &channels, since: now - HOUR, except };
        let handed = core.outbox.handed(&order).await?;
        Ok(Self { most: Some(most), handed })
    }

    /// Until when a bundle must wait for room; `None`: it may leave.
    pub(super) fn full_until(&self, bundle: &Bundle) -> Option<DateTime<Utc>> {
        let most = self.most.filter(|_| !is_exempt(bundle))?;
        // With so many newer ones, the next is free when this one is an hour old.
        self.handed.get(&bundle.person)?.get(most - 1).map(|at| *at + HOUR)
    }

    /// A bundle leaves.
    pub(super) fn take(&mut self, bundle: &Bundle, now: DateTime<Utc>) {
        if self.most.is_some() && !is_exempt(bundle) {
            self.handed.entry(bundle.person.clone()).or_default().insert(0, now);
        }
    }
}

fn is_exempt(bundle: &Bundle) -> bool {
    bundle.person == CITIZEN || bundle.legs.iter().any(|leg| leg.notice.urgent)
}
