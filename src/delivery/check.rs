//! Checks again, right before sending, whether a claimed leg is still wanted.

use std::collections::HashMap;

use super::{Fresh, RereadError};
use crate::{
    notice::{Facts, Notice, Reason, Wish},
    outbox::{CITIZEN, ClaimedLeg},
    ticket::{Private, TicketNo},
};

/// What the store said when it was asked again.
pub(super) type Reread = Result<HashMap<TicketNo, Fresh>, RereadError>;

/// What becomes of a claimed leg.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Check {
    /// Still wanted; these are its facts now.
    Send { facts: Facts },
    /// Still wanted, to the citizen at this number.
    SendTo { mobile: Private<String> },
    /// No longer wanted.
    Withdraw(Reason),
    /// A citizen's number can only be read from the store: it waits for it.
    Wait(&'static str),
}

/// The code of a leg that waits because the store cannot be read.
pub(super) const STORE_UNREADABLE: &str = "store-unreadable";
/// The code of a leg that waits because its ticket is not in the store.
pub(super) const TICKET_GONE: &str = "ticket-gone";

/// Decides on one leg. Without an answer from the store, staff are told what the
/// ledger knows; the citizen is not.
pub(super) fn check(person: &str, leg: &ClaimedLeg, reread: &Reread) -> Check {
    let known = || Check::Send { facts: leg.notice.facts.clone() };
    let Some(no) = &leg.notice.ticket else { return known() };
    let fresh = match reread {
        Ok(tickets) => tickets.get(no),
        Err(_) if person == CITIZEN => return Check::Wait(STORE_UNREADABLE),
        Err(_) => return known(),
    };
    // A row that vanished cancels nothing by itself.
    let Some(fresh) = fresh else {
        return if person == CITIZEN { Check::Wait(TICKET_GONE) } else { known() };
    };
    match fresh.notices.iter().find(|notice| is_of(leg, notice)) {
        None => Check::Withdraw(Reason::NotWanted),
        Some(Notice { wish: Wish::Superseded(reason), .. }) => Check::Withdraw(*reason),
        Some(Notice { wish: Wish::Send, facts, .. }) => match &fresh.mobile {
            _ if person != CITIZEN => Check::Send { facts: facts.clone() },
            Some(mobile) => Check::SendTo { mobile: mobile.clone() },
            None => Check::Withdraw(Reason::NobodyReachable),
        },
    }
}

fn is_of(leg: &ClaimedLeg, notice: &Notice) -> bool {
    let key = &leg.notice.key;
    notice.kind == key.kind
        && notice.roles.contains(&key.role)
        && notice.subject.text() == key.subject
        && notice.occurrence.text() == key.occurrence
}
