//! Art. 8(3): a ticket is dispatched on the day of its receipt.

use chrono::{Days, TimeDelta};

use crate::{
    calendar::civil,
    notice::Kind,
    rules::State,
    ticket::{Moment, ReturnResult},
};

use super::{
    case::{Case, Scope},
    ladder::{self, Phase, Step},
};

/// dispatch-reminder at 16:30, dispatch-overdue at 09:00 of the next day.
pub(super) fn plan(case: &mut Case<'_>) {
    let ticket = case.view.ticket;
    let waits = matches!(case.standing.state, State::Received | State::DispatchWait);
    // After an approved return it waits again, from the decision on.
    let returned = case.standing.assignment_is_over(ticket).then(|| returned_at(case)).flatten();
    let from = match ticket.dispatched {
        None => ticket.received,
        Some(_) => returned,
    };
    let Some(received) = from.filter(|_| waits) else { return };
    let rules = &case.rules().dispatch;
    let day = received.day();
    let end = civil::end_of(day) + TimeDelta::hours(i64::from(rules.grace_h));
    let reminder = rules.reminder.on(day);
    let mut steps = Vec::with_capacity(2);
    // A31: a receipt after 16:30 gets no reminder on its day.
    if received.at() < reminder {
        steps.push(Step {
            kind: Kind::DispatchReminder,
            at: reminder,
            expires: Some(end),
            phase: Phase::Reminder,
            n: 0,
        });
    }
    let overdue = rules.overdue.on(day + Days::new(1)).max(end);
    steps.push(Step { kind: Kind::DispatchOverdue, at: overdue, expires: None, phase: Phase::Reminder, n: 0 });
    ladder::plan(case, Scope::Round, &steps, |case, step| case.facts(step.kind));
}

/// When the return was agreed to, as near as is known.
fn returned_at(case: &Case<'_>) -> Option<Moment> {
    let applied = case.view.ticket.return_applied.map(Moment::at);
    let agreed = case.view.facts.decisions.iter().find(|decision| {
        decision.result == ReturnResult::Agreed && applied.is_none_or(|applied| decision.applied == applied)
    });
    let at = agreed.map(|decision| decision.at).or_else(|| case.updated()).or(applied);
    at.map(Moment::at_instant)
}
