//! Tickets read again from their store, and planned anew.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};

use super::{Boxed, Fresh, Reread, RereadError};
use crate::{
    outbox::{CitizenOutcome, LegState, Outbox},
    planner::{self, Policy, SmsOutcome, SmsState, TicketFacts, View, Watch},
    source::Store,
    ticket::{Private, Reader, TicketNo},
};

/// Asks the store how tickets stand, and the planner what that makes wanted.
pub struct StoreReread {
    pub store: Arc<Store>,
    pub reader: Arc<Reader>,
    pub policy: Arc<Policy>,
    pub watch: Watch,
    /// What the ledger remembers of the tickets.
    pub outbox: Outbox,
}

impl Reread for StoreReread {
    fn reread<'a>(
        &'a self,
        tickets: &'a [TicketNo],
        now: DateTime<Utc>,
    ) -> Boxed<'a, Result<HashMap<TicketNo, Fresh>, RereadError>> {
        Box::pin(self.read(tickets, now))
    }
}

impl StoreReread {
    async fn read(&self, tickets: &[TicketNo], now: DateTime<Utc>) -> Result<HashMap<TicketNo, Fresh>, RereadError> {
        let rows = self.store.read(tickets).await.map_err(|error| RereadError(Box::new(error)))?;
        let facts = self.outbox.facts_of(tickets).await.map_err(|error| RereadError(Box::new(error)))?;
        let outcomes = self.outbox.citizen_outcomes(tickets).await.map_err(|error| RereadError(Box::new(error)))?;
        let mut outcomes = outcomes_by_ticket(outcomes);
        let mut known: HashMap<TicketNo, TicketFacts> = HashMap::new();
        for fact in facts {
            known.entry(fact.ticket).or_default().add(&fact.what, &fact.value, fact.first_seen);
        }
        let mut fresh = HashMap::new();
        for rows in rows {
            // What is gone, or cannot be read any more, is missing from the answer.
            let Ok((ticket, citizen)) = self.reader.read(&rows.rows) else { continue };
            let facts = known.remove(&rows.no).unwrap_or_default();
            let outcomes = outcomes.remove(&rows.no).unwrap_or_default();
            let view = View { ticket: &ticket, facts: &facts, outcomes: &outcomes };
            let (_, plan) = planner::wanted(view, &self.policy, self.watch, now);
            let mobile = citizen.mobiles.expose().first().cloned().map(Private::new);
            fresh.insert(rows.no, Fresh { notices: plan.notices, mobile });
        }
        Ok(fresh)
    }
}

/// Outcomes of citizen SMS by ticket, as the planner takes them: nothing of one
/// that only waits, or was withdrawn before it left.
pub fn outcomes_by_ticket(outcomes: Vec<CitizenOutcome>) -> HashMap<TicketNo, Vec<SmsOutcome>> {
    let mut by_ticket: HashMap<TicketNo, Vec<SmsOutcome>> = HashMap::new();
    for outcome in outcomes {
        let state = match outcome.state {
            LegState::Accepted | LegState::Delivered => SmsState::Accepted,
            LegState::Unknown => SmsState::Unknown,
            LegState::Failed | LegState::Dead => SmsState::Failed,
            LegState::Sending => SmsState::Open,
            LegState::Pending | LegState::Expired | LegState::Superseded | LegState::Held => continue,
        };
        by_ticket.entry(outcome.ticket).or_default().push(SmsOutcome {
            round: outcome.round,
            kind: outcome.kind,
            occurrence: outcome.occurrence,
            state,
            at: outcome.at,
            code: outcome.cause.unwrap_or_else(|| "-".into()),
        });
    }
    by_ticket
}
