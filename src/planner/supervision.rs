//! Art. 7(5), 10: supervision orders (督办单) and their answers.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{
    calendar::civil,
    notice::{Fact, Facts, Kind, Occurrence},
    rules::deadline::{Count, step_back},
    ticket::{Supervision, Ticket},
};

use super::{
    after::workday_after,
    case::{Case, Event, Scope},
    ladder::{self, Phase, Step},
    observe::Order,
    sights::Sight,
    words,
};

/// supervision-order for what others ordered, and the answers to all orders.
pub(super) fn plan(case: &mut Case<'_>) {
    for cause in case.view.ticket.supervision.causes() {
        order(case, cause);
    }
    for order in case.view.facts.orders.clone() {
        answer(case, order);
    }
}

/// The order goes out once a cause; the form is made before it leaves.
fn order(case: &mut Case<'_>, cause: Supervision) {
    let Some(seen) = case.since(Sight::Supervised(cause)) else { return };
    // The unit gets it: before the dispatch there is none.
    let Some(dispatched) = case.view.ticket.dispatched.filter(|_| case.unit().is_some()) else { return };
    let at = seen.max(dispatched.at().min(case.now));
    let occurrence = Occurrence::Findings(cause.id().into());
    let event = Event { kind: Kind::SupervisionOrder, scope: Scope::InRound(1), occurrence, at };
    case.event(event, |case| {
        let mut facts = case.facts(Kind::SupervisionOrder);
        words::place(&mut facts, case.view.ticket);
        facts.insert("cause".into(), words::text(cause.chinese()));
        insert_answer(case, &mut facts, at);
        facts
    });
}

/// Adds when the answer to an order is due, as `ds` and `ds_s`.
pub(super) fn insert_answer(case: &Case<'_>, facts: &mut Facts, issued: DateTime<Utc>) {
    let end = answer_day(case, issued).map(civil::end_of).filter(|end| *end - issued > TimeDelta::zero());
    facts.insert("ds".into(), words::text(end.map_or_else(|| "未知".into(), words::long)));
    facts.insert("ds_s".into(), words::text(end.map_or_else(|| "未知".into(), words::short)));
}

/// A28: the last day to answer: the order's own date, else five working days.
fn answer_day(case: &Case<'_>, issued: DateTime<Utc>) -> Option<NaiveDate> {
    let issued_on = civil::day_of(issued);
    dated_answer(case.view.ticket, issued)
        .or_else(|| workday_after(case, issued_on, case.rules().ladder.supervision_workdays))
}

/// The date that the order itself gives for its answer, if it lies after the issue.
pub fn dated_answer(ticket: &Ticket, issued: DateTime<Utc>) -> Option<NaiveDate> {
    ticket.supervision.due.map(|due| due.day()).filter(|day| *day > civil::day_of(issued))
}

/// supervision-due before the answer's date and on it, supervision-overdue daily after it.
fn answer(case: &mut Case<'_>, order: Order) {
    let marks = case.view.ticket.supervision;
    let answered = marks.answered.is_some_and(|at| at.day() >= civil::day_of(order.issued));
    if answered && marks.signed {
        return;
    }
    let Some(last) = answer_day(case, order.issued) else { return };
    let Some(steps) = steps(case, order, last) else { return };
    let planned = case.plan.notices.len();
    let cause = if answered { "缺主要领导审核" } else { "未反馈" };
    // An order has its own number: a new round asks for nothing twice.
    ladder::plan(case, Scope::InRound(1), &steps, |case, step| {
        let mut facts = case.facts(step.kind);
        facts.insert("order".into(), words::text(order.text()));
        insert_answer(case, &mut facts, order.issued);
        match step.kind == Kind::SupervisionDue {
            true => facts.insert("today".into(), Fact::Flag(step.n == 0)),
            false => {
                facts.insert("cause".into(), words::text(cause));
                facts.insert("overdue_days".into(), words::number(step.n))
            }
        };
        facts
    });
    // Several orders may be due on one morning.
    for notice in &mut case.plan.notices[planned..] {
        notice.occurrence = Occurrence::Order { year: order.year, number: order.number, at: notice.due };
    }
}

/// The steps around now: the reminders, the overdue step that has passed, the next.
fn steps(case: &Case<'_>, order: Order, last: NaiveDate) -> Option<Vec<Step>> {
    let rules = &case.rules().supervision;
    let calendar = &case.policy.calendar;
    let before = step_back(calendar, last, Count::Workdays(0), rules.before).ok()?;
    let due = |day, n| Step {
        kind: Kind::SupervisionDue,
        at: rules.at.on(day),
        expires: Some(civil::end_of(day)),
        phase: Phase::Reminder,
        n,
    };
    let mut steps = vec![due(before, rules.before), due(last, 0)];
    steps.retain(|step| step.at > order.issued);
    steps.dedup_by_key(|step| step.at);
    let today = civil::day_of(case.now);
    let yesterday = today.pred_opt()?;
    let counted_to = if case.now < rules.at.on(today) { yesterday } else { today };
    let passed = if counted_to <= last { 0 } else { calendar.workdays_between(last, counted_to).ok()? };
    let passed = u32::try_from(passed).unwrap_or(0);
    for n in passed.max(1)..=passed + 1 {
        let day = workday_after(case, last, n)?;
        let at = rules.at.on(day);
        steps.push(Step { kind: Kind::SupervisionOverdue, at, expires: None, phase: Phase::Reminder, n });
    }
    Some(steps)
}
