//! Art. 9(1): the citizen is contacted within one working day.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    calendar::civil,
    notice::{Facts, Kind, Occurrence},
    rules::{Attempts, Deadline, deadline},
    ticket::{ContactResult, NumberHash, Phone},
};

use super::{
    case::{Case, Event, Scope},
    citizen_sms::{self, Duty},
    ladder::{self, Phase, Step},
    observe::SmsState,
    words,
};

/// The first-contact ladder, the retries, the doubtful number and the SMS to
/// the citizen.
pub(super) fn plan(case: &mut Case<'_>) {
    let ticket = case.view.ticket;
    let Some(deadline) = running(case) else { return };
    // A contact entered for a later instant is believed when it comes.
    if let Some(later) = ticket.contacted.filter(|contacted| contacted.at() > case.now) {
        case.plan.wake(later.at());
    }
    let attempts =
        Attempts::count(&ticket.attempts, case.standing.round_start, case.now, &case.rules().contact_attempts);
    let number_since = match ticket.phone {
        Phone::Mobile(hash) | Phone::Landline(hash) => case.view.facts.number_since(hash),
        Phone::Secret | Phone::Missing | Phone::Bad | Phone::Unknown => None,
    };
    let duty = Duty { deadline, attempts, number_since };
    if !is_fulfilled(case, &deadline) {
        ladder(case, &duty);
    }
    number_suspect(case, &duty);
    let trigger = citizen_sms::plan(case, &duty);
    retry(case, &duty, trigger);
}

/// The limit of a contact that nobody has made yet.
fn running(case: &Case<'_>) -> Option<Deadline> {
    let deadline = case.standing.first_contact.filter(|_| case.is_assigned() && !case.is_concluded())?;
    case.standing.contact(case.view.ticket, case.rules(), case.now).is_none().then_some(deadline)
}

/// The limit of a contact that is still owed: not made, and nothing else stands for it.
pub(super) fn owed(case: &Case<'_>) -> Option<Deadline> {
    running(case).filter(|deadline| !is_fulfilled(case, deadline))
}

/// A22: tries and an SMS that was accepted, or may have been, before the end.
fn is_fulfilled(case: &Case<'_>, deadline: &Deadline) -> bool {
    case.rules().citizen_sms.fulfils
        && case.view.outcomes.iter().any(|outcome| {
            let reached = matches!(outcome.state, SmsState::Accepted | SmsState::Unknown);
            reached && outcome.round == case.standing.round && outcome.at < deadline.due
        })
}

fn ladder(case: &mut Case<'_>, duty: &Duty) {
    let rules = &case.rules().first_contact;
    let deadline = duty.deadline;
    let Some(dispatched) = case.view.ticket.dispatched else { return };
    let mut steps = Vec::with_capacity(3);
    for (kind, time) in [(Kind::FirstContactDue, rules.due), (Kind::FirstContactFinal, rules.final_)] {
        let at = time.on(deadline.day);
        // A reminder that lies before the dispatch is not wanted.
        if at > dispatched.at() {
            steps.push(Step { kind, at, expires: Some(deadline.due), phase: Phase::Reminder, n: 0 });
        }
    }
    if let Ok((day, _, _)) = deadline::step(&case.policy.calendar, deadline.day, deadline.count.with(1)) {
        let at = rules.overdue.on(day);
        steps.push(Step { kind: Kind::FirstContactOverdue, at, expires: None, phase: Phase::Reminder, n: 0 });
    }
    ladder::plan(case, Scope::Assignment, &steps, |case, step| facts(case, step.kind, duty));
}

/// The facts of the contact notices.
pub(super) fn facts(case: &Case<'_>, kind: Kind, duty: &Duty) -> Facts {
    let mut facts = case.facts(kind);
    words::end(&mut facts, "d1", Some(&duty.deadline));
    facts.insert("tries".into(), words::number(duty.attempts.all));
    let counted = i64::try_from(duty.attempts.counted.len()).unwrap_or(i64::MAX);
    facts.insert("counted".into(), words::number(counted));
    facts
}

/// An hour after a counted failure, unless another counted try has come.
fn retry(case: &mut Case<'_>, duty: &Duty, trigger: Option<DateTime<Utc>>) {
    let rules = &case.rules().contact_attempts;
    let Some(last) = duty.attempts.counted.last() else { return };
    let tries = duty.attempts.counted.len();
    let hopeless = matches!(
        duty.attempts.last.map(|(_, result)| result),
        Some(ContactResult::WrongPerson | ContactResult::NotInService)
    );
    let at = *last + TimeDelta::minutes(i64::from(rules.spacing_min));
    let too_late = at >= duty.deadline.due || trigger.is_some_and(|trigger| at >= trigger);
    if hopeless || too_late || tries >= usize::from(rules.tries) || duty.sms_went_out(case) {
        return;
    }
    if duty.attempts.ordinal_in_day() > rules.retries_a_day {
        return;
    }
    if at > case.now {
        case.plan.wake(at);
        return;
    }
    let expires = civil::end_of(civil::day_of(at));
    if at < case.floor || expires <= case.now {
        return;
    }
    case.plan.wake(expires);
    let ordinal = u16::try_from(tries).unwrap_or(u16::MAX);
    let text = facts(case, Kind::FirstContactRetry, duty);
    let late = case.is_late(at);
    let subject = case.subject(Scope::Round);
    let mut notice = case.notice(Kind::FirstContactRetry, subject, Occurrence::Try(ordinal), at);
    notice.expires = Some(expires);
    notice.late = late;
    notice.facts = text;
    case.plan.notices.push(notice);
}

/// A20: somebody else answers, or the number does not exist; once a number.
fn number_suspect(case: &mut Case<'_>, duty: &Duty) {
    let (Phone::Mobile(hash) | Phone::Landline(hash)) = case.view.ticket.phone else { return };
    let suspect = case.view.ticket.attempts.iter().find(|attempt| {
        let doubtful = matches!(attempt.result, ContactResult::WrongPerson | ContactResult::NotInService);
        doubtful && attempt.at.is_some_and(|at| duty.is_at_this_number(at.at()) && in_round(case, at))
    });
    let Some((attempt, at)) = suspect.and_then(|attempt| Some((attempt, attempt.at?))) else { return };
    let result = if attempt.result == ContactResult::WrongPerson { "非本人" } else { "空号" };
    let event = Event { kind: Kind::ContactNumberSuspect, scope: Scope::Round, occurrence: number(hash), at: at.at() };
    case.event(event, |case| {
        let mut text = facts(case, Kind::ContactNumberSuspect, duty);
        text.insert("result".into(), words::text(result));
        text
    });
}

fn in_round(case: &Case<'_>, at: crate::ticket::Moment) -> bool {
    at.at() <= case.now && case.standing.round_start.is_none_or(|start| !start.is_after(at))
}

/// The occurrence of what goes once a number.
pub(super) fn number(hash: NumberHash) -> Occurrence {
    Occurrence::Number(hash.hex())
}
