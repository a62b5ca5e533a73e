//! Art. 9(3)2: one extension, asked for in time.

use crate::{
    notice::{Facts, Kind, Occurrence},
    rules::{
        Class, Count, Deadline,
        deadline::{ExtensionWindow, extension_window},
        grant,
        settings::ShortLimits,
        standing::Grant,
    },
    ticket::{Moment, ReturnResult},
};

use super::{
    case::{Case, Event, Scope},
    ladder::{self, Phase, Step},
    words,
};

/// The window, the application and what became of it.
pub(super) fn plan(case: &mut Case<'_>) {
    let Some(due) = case.standing.conclusion else { return };
    if case.is_concluded() {
        return;
    }
    approved(case, &due);
    match case.view.ticket.extension_applied.filter(|applied| case.is_of_round(*applied)) {
        Some(applied) => application(case, applied, window(case, &due).as_ref()),
        None if case.standing.class == Class::Difficult => closing(case, &due, window(case, &due).as_ref()),
        None => {}
    }
}

/// The window of the first limit; a short limit has one by setting only (A10).
fn window(case: &Case<'_>, due: &Deadline) -> Option<ExtensionWindow> {
    let rules = &case.rules().extension;
    if due.count.days() <= 5 && rules.short_limits == ShortLimits::DayBefore {
        let last_day = due.original_day - chrono::Days::new(1);
        return Some(ExtensionWindow { last_day, refused_from: crate::calendar::civil::end_of(last_day) });
    }
    extension_window(&case.policy.calendar, due.original_day, rules).ok()
}

/// extension-window-closing, on the last day for those that can still apply.
fn closing(case: &mut Case<'_>, due: &Deadline, window: Option<&ExtensionWindow>) {
    let (ticket, rules) = (case.view.ticket, &case.rules().extension);
    let Some(window) = window.filter(|_| case.is_assigned()) else { return };
    let used = !case.view.facts.rounds.grants.is_empty() || due.extended.is_some();
    let at = rules.ask_at.on(window.last_day);
    if used || ticket.dispatched.is_none_or(|dispatched| at <= dispatched.at()) {
        return;
    }
    let expires = Some(window.refused_from);
    let step = Step { kind: Kind::ExtensionWindowClosing, at, expires, phase: Phase::Reminder, n: 0 };
    ladder::plan(case, Scope::Round, &[step], |case, step| {
        let mut facts = case.facts(step.kind);
        facts.insert("de".into(), words::text(window.last_day.to_string()));
        facts
    });
}

/// What an application calls for, and the extension that was used up before it.
fn answer(case: &Case<'_>, applied: Moment, window: Option<&ExtensionWindow>) -> (Kind, Option<Grant>) {
    let facts = &case.view.facts.rounds;
    let used = grant::used_before(case.view.ticket, facts, case.standing.round_start, case.rules().extension.once);
    let kind = match (used, window) {
        (Some(_), _) => Kind::ExtensionRepeatRefused,
        (None, Some(window)) if applied.at() >= window.refused_from => Kind::ExtensionOutOfWindow,
        (None, Some(_) | None) => Kind::ExtensionApplicationReview,
    };
    (kind, used)
}

fn is_decided(case: &Case<'_>) -> bool {
    let ticket = case.view.ticket;
    ticket.extension_approved.is_some() || ticket.extension_result == Some(ReturnResult::Refused)
}

/// Whether an application that may be granted has not been decided.
pub(super) fn awaits_decision(case: &Case<'_>) -> bool {
    let is_asked = |applied: &Moment| applied.at() <= case.now && case.is_of_round(*applied);
    let Some(applied) = case.view.ticket.extension_applied.filter(is_asked) else { return false };
    let Some(due) = case.standing.conclusion.filter(|_| !case.is_concluded()) else { return false };
    let (kind, _) = answer(case, applied, window(case, &due).as_ref());
    kind == Kind::ExtensionApplicationReview && !is_decided(case)
}

/// An application: the first and in time goes to the desk for review.
fn application(case: &mut Case<'_>, applied: Moment, window: Option<&ExtensionWindow>) {
    let ticket = case.view.ticket;
    let (kind, used) = answer(case, applied, window);
    if kind == Kind::ExtensionApplicationReview && is_decided(case) {
        return;
    }
    let asked = match used {
        Some(used) if kind == Kind::ExtensionRepeatRefused => Some(used.days).filter(|days| *days > 0),
        Some(_) | None => ticket.extension_days,
    };
    let event = Event { kind, scope: Scope::Round, occurrence: Occurrence::Due(applied.at()), at: applied.at() };
    let last_day = window.map(|window| window.last_day);
    case.event(event, |case| {
        let mut facts = case.facts(kind);
        facts.insert("days".into(), words::text(days(asked)));
        facts.insert("applied".into(), words::text(words::moment(applied)));
        if kind != Kind::ExtensionRepeatRefused {
            let last_day = last_day.map_or_else(|| "不适用".to_owned(), |day| day.to_string());
            facts.insert("de".into(), words::text(last_day));
        }
        facts
    });
}

/// extension-approved: the new end takes the place of the old one.
fn approved(case: &mut Case<'_>, due: &Deadline) {
    let (Some(extended), Some(approved)) = (due.extended, case.view.ticket.extension_approved) else { return };
    let occurrence = Occurrence::Due(approved.at());
    let event = Event { kind: Kind::ExtensionApproved, scope: Scope::Round, occurrence, at: approved.at() };
    let due = *due;
    case.event(event, |case| {
        let mut facts: Facts = case.facts(Kind::ExtensionApproved);
        facts.insert("old".into(), words::text(words::long(due.original_due)));
        facts.insert("old_s".into(), words::text(words::short(due.original_due)));
        facts.insert("days".into(), words::text(words::length(extended.count)));
        facts
    });
}

fn days(days: Option<u16>) -> String {
    days.map_or_else(|| "未填写".into(), |days| words::length(Count::Workdays(days.into())))
}
