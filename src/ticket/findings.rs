//! What is wrong with a row by itself, without deadlines, roster or the time.
//!
//! A column that the store does not have is never at fault.

use super::{Anomaly, Field, Phone, Status, Ticket, cells::Cells, dates::Reading};

/// Days of an extension that the regulation knows (art. 9(3)2).
const EXTENSIONS: [u16; 4] = [15, 30, 60, 90];

/// The readings of the two dates whose text matters beyond what it gives.
#[derive(Clone, Copy)]
pub(super) struct Readings {
    pub(super) received: Reading,
    pub(super) dispatched: Reading,
}

/// The anomalies of a ticket's winning row, by code.
pub(super) fn anomalies(ticket: &Ticket, cells: &Cells<'_>, readings: Readings) -> Box<[Anomaly]> {
    let mut found = Vec::new();
    identity(ticket, cells, &mut found);
    words(ticket, cells, &mut found);
    times(ticket, cells, readings, &mut found);
    extension(ticket, &mut found);
    telephone(ticket, &mut found);
    found.sort_unstable();
    found.into()
}

fn identity(ticket: &Ticket, cells: &Cells<'_>, found: &mut Vec<Anomaly>) {
    if ticket.rows > 1 {
        found.push(Anomaly::DuplicateRow);
    }
    if ticket.no.is_damaged() {
        found.push(Anomaly::NumberDamaged);
    }
    if cells.ticket_nos(Field::RepeatOf).contains(&ticket.no) {
        found.push(Anomaly::RepeatSelf);
    }
}

fn words(ticket: &Ticket, cells: &Cells<'_>, found: &mut Vec<Anomaly>) {
    let has = |field| ticket.columns.has(field);
    if has(Field::Origin) && ticket.origin.is_none() {
        found.push(Anomaly::UnknownSource);
    }
    let has_class = has(Field::Urgency) || has(Field::Difficulty);
    if has_class && ticket.urgency.is_none() && ticket.difficulty.is_none() {
        found.push(Anomaly::UnknownClass);
    }
    if ticket.status.is_none() && cells.folded(Field::Status).is_some() {
        found.push(Anomaly::UnknownStatus);
    }
}

fn times(ticket: &Ticket, cells: &Cells<'_>, readings: Readings, found: &mut Vec<Anomaly>) {
    if ticket.columns.has(Field::Received) {
        match readings.received {
            Reading::Known(_) => {}
            Reading::Empty => found.push(Anomaly::MissingReceived),
            Reading::Unreadable => found.push(Anomaly::UnreadableDateReceived),
            Reading::Impossible => found.push(Anomaly::ImpossibleDateReceived),
        }
    }
    if ticket.columns.has(Field::Dispatched) {
        match readings.dispatched {
            Reading::Known(_) => {}
            Reading::Empty if is_past_dispatch(ticket.status, cells) => found.push(Anomaly::MissingDispatch),
            Reading::Empty => {}
            Reading::Unreadable => found.push(Anomaly::UnreadableDateDispatch),
            Reading::Impossible => found.push(Anomaly::ImpossibleDateDispatch),
        }
    }
    if let (Some(received), Some(concluded)) = (ticket.received, ticket.concluded)
        && received.is_after(concluded)
    {
        found.push(Anomaly::ConcludedBeforeReceived);
    }
    let Some(dispatched) = ticket.dispatched.filter(|moment| !moment.is_date_only()) else {
        return;
    };
    if ticket.received.is_some_and(|received| !received.is_date_only() && received.at() > dispatched.at()) {
        found.push(Anomaly::DispatchBeforeReceived);
    }
    if ticket.contacted == Some(dispatched) {
        found.push(Anomaly::ContactEqualsDispatch);
    }
}

/// Whether 状态 says more than 待受理 or 待派遣; a word that is not known does.
fn is_past_dispatch(status: Option<Status>, cells: &Cells<'_>) -> bool {
    match status {
        Some(Status::Received | Status::DispatchWait) => false,
        Some(_) => true,
        None => cells.folded(Field::Status).is_some(),
    }
}

fn extension(ticket: &Ticket, found: &mut Vec<Anomaly>) {
    let has_days = ticket.columns.has(Field::ExtensionDays) || ticket.columns.has(Field::Extended);
    if ticket.extension_approved.is_none() || !has_days {
        return;
    }
    match ticket.extension_days {
        None => found.push(Anomaly::MissingExtensionDays),
        Some(days) if !EXTENSIONS.contains(&days) => found.push(Anomaly::OddExtension),
        Some(_) => {}
    }
}

fn telephone(ticket: &Ticket, found: &mut Vec<Anomaly>) {
    match ticket.phone {
        Phone::Mobile(_) | Phone::Unknown => {}
        Phone::Landline(_) | Phone::Secret | Phone::Missing => found.push(Anomaly::NoMobile),
        Phone::Bad => found.extend([Anomaly::BadPhone, Anomaly::NoMobile]),
    }
}
