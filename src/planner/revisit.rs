//! Art. 8(6): a dissatisfied citizen is visited a second time (A26).

use crate::{
    calendar::civil,
    notice::{Kind, Occurrence},
    ticket::{Moment, Satisfaction},
};

use super::{
    after::workday_after,
    case::{Case, Event, Scope},
    ladder::{self, Phase, Step},
    words,
};

/// revisit-dissatisfied, reassign-due and second-revisit-due.
pub(super) fn plan(case: &mut Case<'_>) {
    let ticket = case.view.ticket;
    let dissatisfied = ticket.satisfaction == Some(Satisfaction::Dissatisfied);
    let Some(revisited) = ticket.revisited.filter(|_| dissatisfied) else { return };
    let Some(deadline) = case.standing.second_revisit else { return };
    // The revisit judges the round before the re-assignment that followed it.
    let reassigned = ticket.reassigned.or(ticket.dispatched).is_some_and(|start| start.is_after(revisited));
    let round = if reassigned { case.standing.round.saturating_sub(1).max(1) } else { case.standing.round };
    if !reassigned {
        let kind = Kind::RevisitDissatisfied;
        let (scope, occurrence) = (Scope::InRound(round), Occurrence::Once);
        case.event(Event { kind, scope, occurrence, at: revisited.at() }, |case| {
            let mut facts = case.facts(kind);
            facts.insert("revisited".into(), words::text(words::event(revisited.at())));
            words::end(&mut facts, "d", Some(&deadline));
            facts
        });
    }
    if !reassigned {
        reassign(case, revisited, round);
    }
    if ticket.second_revisited.is_some() {
        return;
    }
    let at = case.rules().second_revisit.at.on(deadline.day);
    let step = Step { kind: Kind::SecondRevisitDue, at, expires: None, phase: Phase::Reminder, n: 0 };
    ladder::plan(case, Scope::InRound(round), &[step], |case, step| {
        let mut facts = case.facts(step.kind);
        words::end(&mut facts, "d", Some(&deadline));
        facts
    });
}

/// reassign-due on the day of the revisit and once again (A26).
fn reassign(case: &mut Case<'_>, revisited: Moment, round: u16) {
    let rules = &case.rules().reassign;
    let mut steps = Vec::with_capacity(2);
    let step = |at, expires| Step { kind: Kind::ReassignDue, at, expires, phase: Phase::Reminder, n: 0 };
    let same_day = rules.at.on(revisited.day());
    if revisited.at() < same_day {
        steps.push(step(same_day, Some(civil::end_of(revisited.day()))));
    }
    steps.extend(workday_after(case, revisited.day(), 1).map(|day| step(rules.again.on(day), None)));
    ladder::plan(case, Scope::InRound(round), &steps, |case, step| {
        let mut facts = case.facts(step.kind);
        facts.insert("revisited".into(), words::text(words::moment(revisited)));
        facts
    });
}
