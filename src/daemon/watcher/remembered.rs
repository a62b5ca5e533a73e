//! What was seen of a ticket as the ledger takes it, and what became of its SMS as
//! the planner does.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::{
    daemon::book::Planned,
    outbox::{CitizenOutcome, FactSeen, LegState},
    planner::{SmsOutcome, SmsState},
    ticket::TicketNo,
};

pub(super) fn facts_of(planned: &Planned, now: DateTime<Utc>) -> impl Iterator<Item = FactSeen> {
    planned.seen.iter().map(move |seen| FactSeen {
        ticket: planned.no.clone(),
        round: seen.round,
        assignment: seen.assignment,
        what: seen.what.clone(),
        value: seen.value.clone(),
        first_seen: now,
    })
}

/// Outcomes of citizen SMS by ticket, as the planner takes them.
pub fn outcomes_by_ticket(outcomes: Vec<CitizenOutcome>) -> HashMap<TicketNo, Vec<SmsOutcome>> {
    let mut by_ticket: HashMap<TicketNo, Vec<SmsOutcome>> = HashMap::new();
    for outcome in outcomes {
        if let Some((ticket, outcome)) = sms_outcome(outcome) {
            by_ticket.entry(ticket).or_default().push(outcome);
        }
    }
    by_ticket
}

/// What of a ledger's outcome matters to the planner: nothing while the SMS only
/// waits, or was withdrawn before it left.
fn sms_outcome(outcome: CitizenOutcome) -> Option<(TicketNo, SmsOutcome)> {
    let state = match outcome.state {
        LegState::Accepted | LegState::Delivered => SmsState::Accepted,
        LegState::Unknown => SmsState::Unknown,
        LegState::Failed | LegState::Dead => SmsState::Failed,
        LegState::Sending => SmsState::Open,
        LegState::Pending | LegState::Expired | LegState::Superseded | LegState::Held => return None,
    };
    let sms = SmsOutcome {
        round: outcome.round,
        kind: outcome.kind,
        occurrence: outcome.occurrence,
        state,
        at: outcome.at,
        code: outcome.cause.unwrap_or_else(|| "-".into()),
    };
    Some((outcome.ticket, sms))
}
