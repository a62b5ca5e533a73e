//! Art. 9(3)2: which approved extension counts; there is one (A11).

use chrono::{DateTime, Utc};

use crate::ticket::{Moment, Ticket};

use super::{
    settings::OnceEach,
    standing::{Grant, RoundFacts},
};

/// The extension that counts in the round that began at `round_start`.
///
/// The first that was granted counts; a later application overwrites days and
/// times in the row, and changes nothing. What the row says of the first one
/// itself is believed: it may have been corrected, or taken back. One used in an
/// earlier round stays used, unless there is one each round.
pub fn counting(ticket: &Ticket, facts: &RoundFacts, round_start: Option<Moment>, once: OnceEach) -> Option<Grant> {
    let in_round = |at: DateTime<Utc>| round_start.is_none_or(|start| !start.is_after(Moment::at_instant(at)));
    let mut remembered: Vec<Grant> = facts.grants.clone();
    if once == OnceEach::Round {
        remembered.retain(|grant| in_round(grant.approved));
    }
    let row = of_row(ticket);
    let first = remembered.into_iter().min_by_key(|grant| grant.approved);
    let counts = match first {
        Some(first) if applied_after(ticket, first.approved) => Some(first),
        // The row still tells of the first grant, unless that was an earlier round's.
        Some(first) if in_round(first.approved) => row,
        Some(first) => Some(first),
        None => row,
    };
    counts.filter(|grant| grant.days > 0 && in_round(grant.approved))
}

/// Whether an extension was granted before the application that the row shows:
/// then this one is a second one.
pub fn used_before(ticket: &Ticket, facts: &RoundFacts, round_start: Option<Moment>, once: OnceEach) -> Option<Grant> {
    let in_round = |at: DateTime<Utc>| round_start.is_none_or(|start| !start.is_after(Moment::at_instant(at)));
    let granted = facts.grants.iter().copied().chain(of_row(ticket));
    granted
        .filter(|grant| once == OnceEach::Ticket || in_round(grant.approved))
        .filter(|grant| applied_after(ticket, grant.approved))
        .min_by_key(|grant| grant.approved)
}

/// The approval in the row, with its days; the days are those of a later
/// application if there is one.
pub fn of_row(ticket: &Ticket) -> Option<Grant> {
    Some(Grant { approved: ticket.extension_approved?.at(), days: ticket.extension_days.unwrap_or(0) })
}

fn applied_after(ticket: &Ticket, approved: DateTime<Utc>) -> bool {
    ticket.extension_applied.is_some_and(|applied| applied.is_after(Moment::at_instant(approved)))
}
