//! How tickets stand right before their messages leave.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};

use crate::{
    delivery::{Boxed, Fresh, Reread, RereadError},
    outbox::Outbox,
    planner::{self, Policy, TicketFacts, View, Watch},
    rules::standing,
    source::{Rows, Store},
    ticket::{Private, Reader, TicketNo},
};

use super::watcher::outcomes_by_ticket;

/// Reads tickets again and plans them anew: the same store, rules and facts as
/// the watcher, at the instant of sending.
pub struct TicketsAgain {
    pub store: Arc<Store>,
    pub outbox: Outbox,
    pub reader: Arc<Reader>,
    pub policy: Arc<Policy>,
    pub watch: Watch,
}

/// What the ledger knows of a ticket.
struct Known {
    facts: TicketFacts,
    outcomes: Vec<planner::SmsOutcome>,
    told: Vec<planner::Told>,
}

impl Reread for TicketsAgain {
    fn reread<'a>(
        &'a self,
        tickets: &'a [TicketNo],
        now: DateTime<Utc>,
    ) -> Boxed<'a, Result<HashMap<TicketNo, Fresh>, RereadError>> {
        Box::pin(self.read(tickets, now))
    }
}

impl TicketsAgain {
    async fn read(&self, tickets: &[TicketNo], now: DateTime<Utc>) -> Result<HashMap<TicketNo, Fresh>, RereadError> {
        let rows = self.store.read(tickets).await.map_err(unreadable)?;
        let mut facts: HashMap<TicketNo, TicketFacts> = HashMap::new();
        for fact in self.outbox.facts_of(tickets).await.map_err(unreadable)? {
            facts.entry(fact.ticket).or_default().add(&fact.what, &fact.value, fact.first_seen);
        }
        let mut outcomes = outcomes_by_ticket(self.outbox.citizen_outcomes(tickets).await.map_err(unreadable)?);
        let mut told: HashMap<TicketNo, Vec<planner::Told>> = HashMap::new();
        for sent in self.outbox.told(tickets).await.map_err(unreadable)? {
            let earlier = planner::Told { round: sent.round, kind: sent.kind, at: sent.at };
            told.entry(sent.ticket).or_default().push(earlier);
        }
        let mut fresh = HashMap::with_capacity(rows.len());
        for ticket in rows {
            let facts = facts.remove(&ticket.no).unwrap_or_default();
            let known = Known {
                facts,
                outcomes: outcomes.remove(&ticket.no).unwrap_or_default(),
                told: told.remove(&ticket.no).unwrap_or_default(),
            };
            if let Some(now_stands) = self.fresh(&ticket, known, now) {
                fresh.insert(ticket.no, now_stands);
            }
        }
        let wanted = || fresh.values().flat_map(|fresh| &fresh.notices);
        let forms = super::forms::known(&self.outbox, wanted()).await.map_err(unreadable)?;
        for fresh in fresh.values_mut() {
            super::forms::dress(&mut fresh.notices, &forms);
        }
        Ok(fresh)
    }

    /// `None` for a ticket that is gone, or of which no row can be read.
    fn fresh(&self, rows: &Rows, mut known: Known, now: DateTime<Utc>) -> Option<Fresh> {
        let (ticket, citizen) = self.reader.read(&rows.rows).ok()?;
        let Policy { calendar, rules, .. } = &*self.policy;
        let standing = standing::standing(&ticket, &known.facts.rounds, calendar, rules, now);
        // A number put right since the last poll has not been tried yet.
        for seen in planner::observe(&ticket, &standing, &known.facts) {
            known.facts.add(&seen.what, &seen.value, now);
        }
        let view = View { ticket: &ticket, facts: &known.facts, outcomes: &known.outcomes, told: &known.told };
        let (_, plan) = planner::wanted(view, &self.policy, self.watch, now);
        let mobile = citizen.mobiles.expose().first().cloned().map(Private::new);
        Some(Fresh { notices: plan.notices, mobile })
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> RereadError {
    RereadError(Box::new(error))
}
