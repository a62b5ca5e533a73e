//! What goes out at once when a ticket arrives or is dispatched.

use crate::{
    notice::{Facts, Kind, Occurrence, Role},
    rules::{deadline::extension_window, settings::OtherUnits},
    ticket::Moment,
};

use super::{
    case::{Case, Event, Scope},
    words,
};

/// ticket-assigned and urgent-alert.
pub(super) fn plan(case: &mut Case<'_>) {
    if case.is_concluded() {
        return;
    }
    if case.is_urgent() {
        urgent_alert(case);
    }
    if case.is_assigned() {
        ticket_assigned(case);
    }
}

/// Art. 12: sudden events are reported at once, at all hours (A32).
fn urgent_alert(case: &mut Case<'_>) {
    let ticket = case.view.ticket;
    let Some(received) = ticket.received.or(ticket.dispatched) else { return };
    let event =
        Event { kind: Kind::UrgentAlert, scope: Scope::InRound(1), occurrence: Occurrence::Once, at: received.at() };
    case.event(event, |case| {
        let mut facts = case.facts(Kind::UrgentAlert);
        words::place(&mut facts, case.view.ticket);
        let time = received.at().with_timezone(&crate::calendar::civil::zone()).format("%H:%M").to_string();
        facts.insert("recv_s".into(), words::text(time));
        facts
    });
}

fn ticket_assigned(case: &mut Case<'_>) {
    let ticket = case.view.ticket;
    let Some(dispatched) = ticket.dispatched else { return };
    let planned = case.plan.notices.len();
    let event = Event {
        kind: Kind::TicketAssigned,
        scope: Scope::Assignment,
        occurrence: Occurrence::Once,
        at: dispatched.at(),
    };
    case.event(event, |case| assigned_facts(case, dispatched));
    let sent = case.plan.notices.len() > planned;
    if sent && (case.is_urgent() || case.standing.round > 1) {
        case.add_role(Role::Deputy);
    }
    if case.rules().dispatch.other_units == OtherUnits::Told {
        other_units(case, dispatched);
    }
}

/// A41: the first unit leads and owes; the others are told of the ticket, no more.
fn other_units(case: &mut Case<'_>, dispatched: Moment) {
    let lead = case.unit();
    let mut told = Vec::new();
    for written in &case.view.ticket.units {
        let unit = case.present_name(written);
        if Some(&unit) == lead.as_ref() || told.contains(&unit) {
            continue;
        }
        let planned = case.plan.notices.len();
        let event = Event {
            kind: Kind::TicketAssigned,
            scope: Scope::Assignment,
            occurrence: Occurrence::Unit(unit.to_string()),
            at: dispatched.at(),
        };
        case.event(event, |case| {
            let mut facts = assigned_facts(case, dispatched);
            facts.insert("unit".into(), words::text(unit.as_ref()));
            facts
        });
        if case.plan.notices.len() > planned
            && let Some(notice) = case.plan.notices.last_mut()
        {
            notice.unit = Some(unit.clone());
        }
        told.push(unit);
    }
}

fn assigned_facts(case: &Case<'_>, dispatched: Moment) -> Facts {
    let mut facts = case.facts(Kind::TicketAssigned);
    words::place(&mut facts, case.view.ticket);
    words::end(&mut facts, "d1", case.standing.first_contact.as_ref());
    words::end(&mut facts, "d2", case.standing.return_window.as_ref());
    let last = case
        .standing
        .conclusion
        .and_then(|due| extension_window(&case.policy.calendar, due.original_day, &case.rules().extension).ok())
        .filter(|window| window.last_day >= dispatched.day());
    facts.insert("de".into(), words::text(last.map_or_else(|| "不适用".into(), |window| window.last_day.to_string())));
    facts
}
