//! Every ticket of the store, closed ones too, each with what the ledger remembers.

use std::collections::HashMap;

use crate::{
    outbox::{Outbox, OutboxError},
    planner::{SmsOutcome, TicketFacts, View},
    source::{Cursor, SourceError, Store},
    ticket::{Reader, Ticket, TicketNo},
};

use super::watcher::outcomes_by_ticket;

/// Tickets that are read at a time.
const PAGE: usize = 2_000;

/// Why not every ticket could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum EveryError {
    /// The ticket store cannot be read.
    #[error("the ticket store cannot be read")]
    Store(#[from] SourceError),
    /// The ledger cannot be read.
    #[error("the ledger cannot be used")]
    Ledger(#[from] OutboxError),
}

/// Shows each ticket to `look`, and `None` for rows that are no ticket. Without a
/// ledger nothing is remembered.
///
/// # Errors
///
/// When the store or the ledger cannot be read; some have been shown then.
pub async fn every_ticket(
    store: &Store,
    ledger: Option<&Outbox>,
    reader: &Reader,
    mut look: impl FnMut(Option<View<'_>>),
) -> Result<(), EveryError> {
    let mut cursor = Cursor::start();
    loop {
        let page = store.changed(cursor, PAGE).await?;
        let mut tickets: Vec<Ticket> = Vec::with_capacity(page.tickets.len());
        for rows in page.tickets.iter().filter(|rows| !rows.rows.is_empty()) {
            match reader.ticket(&rows.rows) {
                Ok(ticket) => tickets.push(ticket),
                Err(_) => look(None),
            }
        }
        let nos: Vec<TicketNo> = tickets.iter().map(|ticket| ticket.no.clone()).collect();
        let (facts, outcomes) = remembered(ledger, &nos).await?;
        let (no_facts, no_outcomes) = (TicketFacts::default(), Vec::new());
        for ticket in &tickets {
            let facts = facts.get(&ticket.no).unwrap_or(&no_facts);
            let outcomes = outcomes.get(&ticket.no).unwrap_or(&no_outcomes);
            look(Some(View { ticket, facts, outcomes, told: &[] }));
        }
        cursor = page.cursor;
        if !page.more {
            return Ok(());
        }
    }
}

type Remembered = (HashMap<TicketNo, TicketFacts>, HashMap<TicketNo, Vec<SmsOutcome>>);

async fn remembered(ledger: Option<&Outbox>, nos: &[TicketNo]) -> Result<Remembered, OutboxError> {
    let mut facts: HashMap<TicketNo, TicketFacts> = HashMap::new();
    let Some(ledger) = ledger else { return Ok((facts, HashMap::new())) };
    for fact in ledger.facts_of(nos).await? {
        facts.entry(fact.ticket).or_default().add(&fact.what, &fact.value, fact.first_seen);
    }
    Ok((facts, outcomes_by_ticket(ledger.citizen_outcomes(nos).await?)))
}
