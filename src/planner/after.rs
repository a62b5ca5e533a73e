//! What follows a conclusion: report, feedback, audit and the archive (art. 8(4), 8(7), 9(4), 9(5)).

use chrono::NaiveDate;

use crate::{
    calendar::civil,
    notice::{Fact, Kind, Occurrence},
    rules::{Count, State, deadline},
    ticket::{AuditResult, Field, Moment},
};

use super::{
    case::{Case, Event, Scope},
    ladder::{self, Phase, Step},
    sights::Sight,
    words,
};

/// Working days from one reminder of the archive to the next.
const WEEK: u32 = 5;

/// The duties after the conclusion, each while it is open.
pub(super) fn plan(case: &mut Case<'_>) {
    // What the desk answered itself has no unit that owes anything (art. 8(1)).
    if case.view.ticket.dispatched.is_none() {
        return;
    }
    rejected(case);
    match case.standing.state {
        State::Concluded => {
            report(case);
            feedback(case);
        }
        State::FedBack => audit(case),
        State::FedUpstream | State::RevisitedOk => archive(case),
        State::Unknown if case.is_concluded() => unknown(case),
        State::Received
        | State::DispatchWait
        | State::Dispatched
        | State::DeemedAccepted
        | State::Accepted
        | State::ReturnReview
        | State::ReturnedUpstream
        | State::AuditRejected
        | State::Dissatisfied
        | State::Reassigned
        | State::Archived
        | State::Void
        | State::Unknown => {}
    }
}

/// Whether the unit's feedback has not been audited.
pub(super) fn awaits_audit(case: &Case<'_>) -> bool {
    let (ticket, state) = (case.view.ticket, case.standing.state);
    let by_times = ticket.fed_back.is_some() && ticket.audited.is_none();
    state == State::FedBack || state == State::Unknown && case.is_concluded() && by_times
}

/// Under an unknown state word the times alone tell what is open.
fn unknown(case: &mut Case<'_>) {
    let ticket = case.view.ticket;
    match (ticket.fed_back, ticket.audited) {
        (None, None) => {
            report(case);
            feedback(case);
        }
        (Some(_), None) => audit(case),
        (_, Some(_)) => {}
    }
}

/// The conclusion of this round; without its time, since when the row shows it. A
/// time before the receipt is none.
fn concluded(case: &Case<'_>) -> Option<Moment> {
    let ticket = case.view.ticket;
    let possible = |at: &Moment| ticket.received.is_none_or(|received| !received.is_after(*at));
    match ticket.concluded {
        Some(concluded) => Some(concluded).filter(possible).filter(|concluded| case.is_of_round(*concluded)),
        None => case.view.facts.since(Sight::Concluded).map(Moment::at_instant),
    }
}

/// Art. 9(4): which of the ten elements the report lacks; its words are not judged.
fn report(case: &mut Case<'_>) {
    let Some(concluded) = concluded(case) else { return };
    let ticket = case.view.ticket;
    if !ticket.columns.has(Field::ReportElements) {
        return;
    }
    let listed = |element: &String| ticket.report_elements.iter().any(|there| there.contains(element.as_str()));
    let lack: Vec<String> = case.rules().report.elements.iter().filter(|element| !listed(element)).cloned().collect();
    if lack.is_empty() {
        return;
    }
    let (kind, occurrence) = (Kind::ReportIncomplete, Occurrence::Due(concluded.at()));
    case.event(Event { kind, scope: Scope::Round, occurrence, at: concluded.at() }, |case| {
        let mut facts = case.facts(kind);
        facts.insert("lack".into(), Fact::List(lack));
        facts
    });
}

/// feedback-due on the last day, feedback-overdue on the working day after it.
fn feedback(case: &mut Case<'_>) {
    let Some(concluded) = concluded(case) else { return };
    if case.view.ticket.fed_back.is_some_and(|fed_back| !concluded.is_after(fed_back)) {
        return;
    }
    let rules = &case.rules().feedback;
    let Some(last) = workday_after(case, concluded.day(), rules.workdays) else { return };
    let Some(next) = workday_after(case, last, 1) else { return };
    let end = civil::end_of(last);
    let steps = [(Kind::FeedbackDue, last, Some(end)), (Kind::FeedbackOverdue, next, None)]
        .map(|(kind, day, expires)| Step { kind, at: rules.at.on(day), expires, phase: Phase::Reminder, n: 0 });
    ladder::plan(case, Scope::Round, &steps, |case, step| {
        let mut facts = case.facts(step.kind);
        facts.insert("concluded".into(), words::text(words::moment(concluded)));
        if step.kind == Kind::FeedbackOverdue {
            facts.insert("d".into(), words::text(words::long(end)));
        }
        facts
    });
}

/// audit-pending at the end of the desk's own limit.
fn audit(case: &mut Case<'_>) {
    let Some(fed_back) = case.view.ticket.fed_back.filter(|fed_back| case.is_of_round(*fed_back)) else { return };
    let rules = &case.rules().audit;
    let Some(day) = workday_after(case, fed_back.day(), rules.workdays) else { return };
    let step = Step { kind: Kind::AuditPending, at: rules.at.on(day), expires: None, phase: Phase::Reminder, n: 0 };
    ladder::plan(case, Scope::Round, &[step], |case, step| {
        let mut facts = case.facts(step.kind);
        facts.insert("fed_back".into(), words::text(words::moment(fed_back)));
        facts
    });
}

/// audit-rejected: the conclusion is void and the old end runs on (A23).
fn rejected(case: &mut Case<'_>) {
    let ticket = case.view.ticket;
    let is_rejected = ticket.audit_result == Some(AuditResult::Rejected) || case.standing.state == State::AuditRejected;
    if !is_rejected || case.is_concluded() {
        return;
    }
    let audited = ticket.audited.filter(|audited| case.is_of_round(*audited)).map(Moment::at);
    let Some(at) = audited.or_else(|| case.since(Sight::Rejected)) else { return };
    let (kind, occurrence) = (Kind::AuditRejected, Occurrence::Due(at));
    case.event(Event { kind, scope: Scope::Round, occurrence, at }, |case| {
        let mut facts = case.facts(kind);
        facts.insert("audited".into(), words::text(words::event(at)));
        facts
    });
}

/// archive-due, then weekly; a dissatisfied revisit stops it.
fn archive(case: &mut Case<'_>) {
    let Some(audited) = case.view.ticket.audited.filter(|audited| case.is_of_round(*audited)) else { return };
    let rules = &case.rules().archive;
    let calendar = &case.policy.calendar;
    let passed = calendar.workdays_between(audited.day(), civil::day_of(case.now)).unwrap_or(0);
    let weeks = u32::try_from(passed).unwrap_or(0).saturating_sub(rules.workdays) / WEEK;
    let days = [weeks.saturating_sub(1), weeks, weeks + 1].map(|week| rules.workdays + week * WEEK);
    let steps: Vec<Step> = days
        .into_iter()
        .filter_map(|n| workday_after(case, audited.day(), n))
        .map(|day| Step { kind: Kind::ArchiveDue, at: rules.at.on(day), expires: None, phase: Phase::Reminder, n: 0 })
        .collect();
    let mut steps = steps;
    steps.dedup_by_key(|step| step.at);
    let ticket = case.view.ticket;
    let dossier = ticket.supervision.causes().next().is_some() || ticket.excluded || !case.view.facts.orders.is_empty();
    ladder::plan(case, Scope::Round, &steps, |case, step| {
        let mut facts = case.facts(step.kind);
        facts.insert("since".into(), words::text(words::moment(audited)));
        facts.insert("dossier".into(), Fact::Flag(dossier));
        facts
    });
}

/// exclusion-review-pending: at once, and once again on the next working day (A36).
pub(super) fn exclusion(case: &mut Case<'_>) {
    let ticket = case.view.ticket;
    if !ticket.excluded || ticket.excluded_approved {
        return;
    }
    let Some(seen) = case.since(Sight::Excluded) else { return };
    let text = |case: &Case<'_>| {
        let mut facts = case.facts(Kind::ExclusionReviewPending);
        facts.insert("seen".into(), words::text(words::event(seen)));
        facts
    };
    let again = workday_after(case, civil::day_of(seen), 1).map(|day| case.rules().exclusion.again.on(day));
    let kind = Kind::ExclusionReviewPending;
    match again {
        Some(at) if at <= case.now => {
            let step = Step { kind, at, expires: None, phase: Phase::Reminder, n: 0 };
            ladder::plan(case, Scope::Round, &[step], |case, _| text(case));
        }
        again => {
            again.into_iter().for_each(|at| case.plan.wake(at));
            case.event(Event { kind, scope: Scope::Round, occurrence: Occurrence::Once, at: seen }, text);
        }
    }
}

/// The working day `n` after `day`.
pub(super) fn workday_after(case: &Case<'_>, day: NaiveDate, n: u32) -> Option<NaiveDate> {
    deadline::step(&case.policy.calendar, day, Count::Workdays(n)).ok().map(|(day, _, _)| day)
}
