//! Art. 9(2): a unit may return a ticket in a short window, once, with its papers.

use std::sync::Arc;

use chrono::{DateTime, Days, Utc};

use crate::{
    notice::{Fact, Facts, Kind, Occurrence},
    rules::{
        Deadline,
        settings::{AfterRefusal, SecondReturn},
    },
    ticket::{Answer, Field, Moment, ReturnBar, ReturnPaper, ReturnResult},
};

use super::{
    case::{Case, Event, Scope},
    ladder::{self, Phase, Step},
    sights::{Decision, Sight},
    words,
};

/// The review by the deputy, as the notices call it.
const DEPUTY: &str = "分管领导审核";

/// The window and what is applied for in it.
pub(super) fn plan(case: &mut Case<'_>) {
    if case.is_concluded() {
        return;
    }
    results(case);
    match case.return_applied() {
        Some(applied) => application(case, applied),
        None => window(case),
    }
}

/// return-window-closing on the last day, return-deemed-accepted on the next.
fn window(case: &mut Case<'_>) {
    let Some(window) = case.standing.return_window else { return };
    let Some(dispatched) = case.view.ticket.dispatched.filter(|_| case.is_assigned() && !case.is_taken()) else {
        return;
    };
    let rules = &case.rules().return_window;
    let closing = rules.closing.on(window.day);
    let mut steps = Vec::with_capacity(2);
    // Nobody is reminded of a right that the unit does not have.
    if closing > dispatched.at() && barred(case, None).is_none() {
        let expires = Some(window.due);
        steps.push(Step { kind: Kind::ReturnWindowClosing, at: closing, expires, phase: Phase::Reminder, n: 0 });
    }
    let at = rules.deemed.on(window.day + Days::new(1)).max(window.due);
    steps.push(Step { kind: Kind::ReturnDeemedAccepted, at, expires: None, phase: Phase::Reminder, n: 0 });
    ladder::plan(case, Scope::Assignment, &steps, |case, step| facts(case, step.kind, &window));
}

fn facts(case: &Case<'_>, kind: Kind, window: &Deadline) -> Facts {
    let mut facts = case.facts(kind);
    words::end(&mut facts, "d2", Some(window));
    facts
}

fn application(case: &mut Case<'_>, applied: Moment) {
    let Some(window) = case.standing.return_window else { return };
    if case.view.ticket.return_result.is_some_and(|result| result != ReturnResult::Pending) {
        return;
    }
    let occurrence = Occurrence::Due(applied.at());
    if let Some(cause) = barred(case, Some(applied)) {
        let event = Event { kind: Kind::ReturnNotAllowed, scope: Scope::Assignment, occurrence, at: applied.at() };
        case.event(event, |case| {
            let mut facts = facts(case, Kind::ReturnNotAllowed, &window);
            facts.insert("cause".into(), words::text(cause));
            facts.insert("applied".into(), words::text(words::moment(applied)));
            facts
        });
        return;
    }
    let (have, lack) = papers(case);
    if !lack.is_empty() {
        let (kind, lack) = (Kind::ReturnMaterialMissing, lack.clone());
        let event = Event { kind, scope: Scope::Assignment, occurrence: occurrence.clone(), at: applied.at() };
        case.event(event, |case| {
            let mut facts = facts(case, kind, &window);
            facts.insert("lack".into(), Fact::List(lack));
            facts
        });
    }
    let event = Event { kind: Kind::ReturnApplicationReview, scope: Scope::Assignment, occurrence, at: applied.at() };
    case.event(event, |case| {
        let mut facts = facts(case, Kind::ReturnApplicationReview, &window);
        facts.insert("applied".into(), words::text(words::moment(applied)));
        facts.insert("have".into(), Fact::List(have));
        facts.insert("lack".into(), Fact::List(lack));
        facts
    });
}

/// return-result, to the unit that had applied: the row may name another by now.
fn results(case: &mut Case<'_>) {
    let ticket = case.view.ticket;
    let mut decisions = case.view.facts.decisions.clone();
    // Before the ledger knows it, the row itself tells.
    if let Some(decision) =
        Decision::of(ticket).filter(|decision| case.return_applied().is_some_and(|at| at.at() == decision.applied))
        && !decisions.iter().any(|known| (known.applied, known.result) == (decision.applied, decision.result))
    {
        let unit = ticket.units.first().map_or_else(String::new, |unit| unit.to_string());
        decisions.push(Decision { unit, at: case.updated().unwrap_or(case.now), ..decision });
    }
    // A result that was put right is told; the one before it is not told any more.
    let stands = |decision: &Decision| {
        let in_row = ticket.return_applied.is_some_and(|applied| applied.at() == decision.applied);
        let in_round = case.is_of_round(Moment::at_instant(decision.applied));
        in_round && !decision.unit.is_empty() && (!in_row || ticket.return_result == Some(decision.result))
    };
    let decisions: Vec<Decision> = decisions.into_iter().filter(stands).collect();
    for decision in decisions {
        result(case, &decision);
    }
}

fn result(case: &mut Case<'_>, decision: &Decision) {
    let (kind, at) = (Kind::ReturnResult, decision.at);
    let planned = case.plan.notices.len();
    let unit = case.present_name(&Arc::from(decision.unit.as_str()));
    let event = Event { kind, scope: Scope::Round, occurrence: Occurrence::Due(decision.applied), at };
    case.event(event, |case| {
        let mut facts = case.facts(kind);
        facts.insert("unit".into(), words::text(unit.as_ref()));
        facts.insert("decided".into(), words::text(words::event(at)));
        facts.insert("agreed".into(), Fact::Flag(decision.result == ReturnResult::Agreed));
        facts
    });
    if case.plan.notices.len() > planned
        && let Some(notice) = case.plan.notices.last_mut()
    {
        notice.unit = Some(unit);
    }
}

/// Art. 9(2): why the ticket must not be returned; with `applied`, also whether
/// that instant is too late.
fn barred(case: &Case<'_>, applied: Option<Moment>) -> Option<&'static str> {
    let (ticket, rules) = (case.view.ticket, &case.rules().return_window);
    match ticket.return_bar {
        Some(ReturnBar::RefusedUpstream) => return Some("上级不同意退单"),
        Some(ReturnBar::SentAgain) => return Some("上级再次派发"),
        Some(ReturnBar::NamedLead) => return Some("上级指定牵头"),
        None if case.view.facts.since(Sight::ReturnedUpstream).is_some() => return Some("上级再次派发"),
        None => {}
    }
    if case.standing.round > 1 {
        return Some("重办件");
    }
    let earlier = || {
        let before = |at: DateTime<Utc>| applied.is_none_or(|applied| at < applied.at());
        case.view.facts.decisions.iter().filter(move |decision| before(decision.applied))
    };
    let refused = earlier().any(|decision| decision.result == ReturnResult::Refused);
    if refused && rules.after_refusal == AfterRefusal::Barred {
        return Some("已不同意退单");
    }
    let unit = ticket.units.first().map_or("", |unit| unit);
    let of_unit = |decision: &&Decision| rules.second == SecondReturn::AnyUnit || decision.unit == unit;
    if earlier().filter(of_unit).any(|decision| decision.result == ReturnResult::Agreed) {
        return Some("再次退单");
    }
    let window = case.standing.return_window?;
    let late = applied.is_some_and(|applied| applied.at() >= window.due);
    late.then_some("已过申请期限")
}

/// Papers that are there and that are not; a column that the store lacks is not
/// held against the unit.
fn papers(case: &Case<'_>) -> (Vec<String>, Vec<String>) {
    let ticket = case.view.ticket;
    let mut have = Vec::new();
    let mut lack = Vec::new();
    if ticket.columns.has(Field::ReturnDeputyApproved) {
        let approved = ticket.return_approved == Some(Answer::Yes);
        if approved { &mut have } else { &mut lack }.push(DEPUTY.to_owned());
    }
    for paper in ReturnPaper::ALL {
        let column = if paper == ReturnPaper::Basis { Field::ReturnReason } else { Field::ReturnMaterials };
        if ticket.return_papers.contains(&paper) {
            have.push(paper.chinese().to_owned());
        } else if ticket.columns.has(column) {
            lack.push(paper.chinese().to_owned());
        }
    }
    (have, lack)
}

/// urgent-unaccepted: twice, the second time to the chief too (art. 12).
pub(super) fn unaccepted(case: &mut Case<'_>) {
    let ticket = case.view.ticket;
    let Some(dispatched) = ticket.dispatched.filter(|_| case.is_urgent() && case.is_assigned()) else { return };
    let contacted = case.standing.contact(ticket, case.rules(), case.now).is_some();
    if case.is_taken() || contacted || case.is_concluded() || dispatched.is_date_only() {
        return;
    }
    let rules = &case.rules().urgent;
    let steps = [rules.unaccepted_min, rules.again_min].map(|minutes| Step {
        kind: Kind::UrgentUnaccepted,
        at: dispatched.at() + chrono::TimeDelta::minutes(minutes.into()),
        expires: None,
        phase: Phase::Reminder,
        n: minutes,
    });
    let again = steps[1].at <= case.now;
    let planned = case.plan.notices.len();
    ladder::plan(case, Scope::Assignment, &steps, |case, step| {
        let mut facts = case.facts(step.kind);
        facts.insert("minutes".into(), words::number(step.n));
        facts.insert("sent".into(), words::text(words::event(dispatched.at())));
        facts
    });
    if again && case.plan.notices.len() > planned {
        case.add_role(crate::notice::Role::Chief);
    }
}
