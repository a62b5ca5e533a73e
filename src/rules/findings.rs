//! What is wrong with a ticket beyond its row: judged by deadlines, state,
//! roster and the instant.

use chrono::{DateTime, Utc};

use crate::{
    calendar::civil,
    roster::Roster,
    ticket::{Anomaly, Field, Status, Ticket},
};

use super::{
    settings::{MidnightDue, Rules},
    standing::Standing,
    state::{ConclusionFrom, State},
};

/// All findings of a ticket, sorted by code: those of the row, and those that
/// need its standing. Without a roster the codes that need one are not given.
pub fn findings(
    ticket: &Ticket,
    standing: &Standing,
    rules: &Rules,
    roster: Option<&Roster>,
    now: DateTime<Utc>,
) -> Vec<Anomaly> {
    let mut found: Vec<Anomaly> = ticket.anomalies.to_vec();
    let has = |field| ticket.columns.has(field);
    if ticket.status == Some(Status::Accepted) && has(Field::Accepted) && ticket.accepted.is_none() {
        found.push(Anomaly::MissingAccept);
    }
    let past_conclusion = matches!(standing.state, State::FedUpstream | State::RevisitedOk | State::Archived);
    if past_conclusion && has(Field::Concluded) && ticket.concluded.is_none() {
        found.push(Anomaly::MissingEnd);
    }
    let only_concluded = matches!(standing.state, State::Concluded | State::FedBack);
    if only_concluded && has(Field::Concluded) && ticket.concluded.is_none() {
        found.push(Anomaly::ConcludedWithoutTime);
    }
    if ticket.concluded.is_some_and(|concluded| concluded.at() > now) {
        found.push(Anomaly::ConcludedInFuture);
    }
    if ticket.contacted.is_some_and(|contacted| contacted.at() > now) {
        found.push(Anomaly::ContactInFuture);
    }
    if due_differs(ticket, standing, rules) {
        found.push(Anomaly::DueDiffers);
    }
    if let Some(roster) = roster {
        staff(ticket, roster, civil::day_of(now), &mut found);
    }
    found.sort_by_key(|anomaly| anomaly.code());
    found.dedup();
    found
}

/// 截止时间 names another day than ours (A38); at 00:00:00 it means the end of
/// its date (A39).
fn due_differs(ticket: &Ticket, standing: &Standing, rules: &Rules) -> bool {
    let (Some(platform), Some(ours)) = (ticket.platform_due, &standing.conclusion) else { return false };
    let midnight = platform.at() == civil::at(platform.day(), 0, 0) && !platform.is_date_only();
    let day = match rules.data_quality.platform_due_midnight {
        MidnightDue::Literal if midnight => platform.day() - chrono::Days::new(1),
        MidnightDue::Literal | MidnightDue::EndOfDay => platform.day(),
    };
    standing.conclusion_from != ConclusionFrom::Dispatched && day != ours.day
}

/// A unit for which nobody answers on that day, and a handler who is not, or no
/// longer, on its staff.
fn staff(ticket: &Ticket, roster: &Roster, day: chrono::NaiveDate, found: &mut Vec<Anomaly>) {
    let Some(lead) = ticket.units.first() else { return };
    if roster.answering(lead, day).is_err() {
        found.push(Anomaly::UnknownUnit);
        return;
    }
    let known = ticket.handler.as_deref().is_some_and(|handler| roster.unit_staff_has(lead, handler, day));
    if ticket.columns.has(Field::Handler) && !known {
        found.push(Anomaly::UnknownHandler);
    }
}
