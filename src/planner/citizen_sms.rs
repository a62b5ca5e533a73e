//! Art. 9(1): a citizen who was never reached gets one SMS (A19 to A22).

use chrono::{DateTime, Utc};

use crate::{
    calendar::civil,
    notice::{Facts, Kind, Occurrence},
    rules::{
        Attempts, Deadline,
        settings::{SmsOrNot, WrongPerson},
    },
    ticket::{ContactResult, Phone},
};

use super::{
    case::{Case, Event, Scope},
    contact,
    observe::{SmsOutcome, SmsState},
    words,
};

/// The first-contact duty with its counted tries.
pub(super) struct Duty {
    pub deadline: Deadline,
    pub attempts: Attempts,
    /// Since when the present number has stood in the row; `None`: from the start.
    pub number_since: Option<DateTime<Utc>>,
}

impl Duty {
    /// Whether a try at `at` was made at the present number.
    pub fn is_at_this_number(&self, at: DateTime<Utc>) -> bool {
        self.number_since.is_none_or(|since| at >= since)
    }

    /// Whether an SMS to the citizen was handed over in this round, or tried.
    pub fn sms_went_out(&self, case: &Case<'_>) -> bool {
        self.outcome(case).is_some()
    }

    fn outcome<'a>(&self, case: &Case<'a>) -> Option<&'a SmsOutcome> {
        case.view.outcomes.iter().rfind(|outcome| outcome.round == case.standing.round)
    }
}

/// Plans the SMS, or what takes its place; returns when it became due.
pub(super) fn plan(case: &mut Case<'_>, duty: &Duty) -> Option<DateTime<Utc>> {
    failed(case, duty);
    let trigger = trigger(case, duty)?;
    let (last_at, result) = duty.attempts.last?;
    // A number that has only just been put right has not been tried yet.
    if trigger > case.now || !duty.is_at_this_number(last_at) {
        return Some(trigger);
    }
    match obstacle(case, duty, result, trigger) {
        Some(cause) if !duty.sms_went_out(case) => not_possible(case, duty, trigger, cause),
        Some(_) => {}
        None => send(case, duty, trigger, result),
    }
    Some(trigger)
}

/// The third counted try, or 20:00 of the date with at least one.
fn trigger(case: &mut Case<'_>, duty: &Duty) -> Option<DateTime<Utc>> {
    let rules = &case.rules().contact_attempts;
    let counted = &duty.attempts.counted;
    let first = *counted.first()?;
    let last_chance = Some(rules.last_chance.on(duty.deadline.day)).filter(|at| first <= *at);
    let enough = counted.get(usize::from(rules.tries) - 1).copied();
    let trigger = enough.into_iter().chain(last_chance).min()?;
    if trigger > case.now {
        case.plan.wake(trigger);
    }
    Some(trigger)
}

/// Why no SMS can go out, in the clerk's words.
fn obstacle(case: &mut Case<'_>, duty: &Duty, result: ContactResult, trigger: DateTime<Utc>) -> Option<&'static str> {
    let rules = &case.rules().citizen_sms;
    let cause = match case.view.ticket.phone {
        Phone::Mobile(_) => None,
        Phone::Landline(_) => Some("固定电话"),
        Phone::Secret => Some("保密"),
        Phone::Missing | Phone::Unknown => Some("无号码"),
        Phone::Bad => Some("号码无效"),
    };
    if cause.is_some() {
        return cause;
    }
    match result {
        ContactResult::NotInService => return Some("空号"),
        ContactResult::Suspended if rules.suspended == SmsOrNot::NoSms => return Some("停机"),
        ContactResult::NoAnswer
        | ContactResult::Busy
        | ContactResult::PoweredOff
        | ContactResult::Unreachable
        | ContactResult::Suspended
        | ContactResult::WrongPerson
        | ContactResult::Rejected
        | ContactResult::Other => {}
    }
    if case.view.ticket.secret && rules.flagged_secret == SmsOrNot::NoSms {
        return Some("保密");
    }
    at_night(case, duty, trigger)
}

/// The citizens' hours begin only after the duty's end.
fn at_night(case: &mut Case<'_>, duty: &Duty, trigger: DateTime<Utc>) -> Option<&'static str> {
    let rules = &case.rules().citizen_sms;
    let from = trigger.max(case.now);
    if duty.sms_went_out(case) || trigger >= duty.deadline.due || from >= duty.deadline.due {
        return None;
    }
    let day = civil::day_of(from);
    let (opens, closes) = (rules.from.on(day), rules.to.on(day));
    if from < closes {
        // Asked again when the hours close, should the SMS not have left by then.
        case.plan.wake(closes);
        return None;
    }
    let next = opens + chrono::TimeDelta::days(1);
    (next >= duty.deadline.due).then_some("夜间")
}

fn send(case: &mut Case<'_>, duty: &Duty, trigger: DateTime<Utc>, result: ContactResult) {
    let Phone::Mobile(hash) = case.view.ticket.phone else { return };
    let neutral = result == ContactResult::WrongPerson;
    if neutral && case.rules().citizen_sms.wrong_person == WrongPerson::NoSms {
        return;
    }
    let (kind, occurrence) = if neutral {
        (Kind::CitizenNeutralSms, contact::number(hash))
    } else {
        (Kind::CitizenUnreachableSms, Occurrence::Once)
    };
    // One SMS a round and number: what has gone out stays the one.
    let other = duty.outcome(case).filter(|outcome| outcome.kind != kind || outcome.occurrence != occurrence.text());
    if other.is_some_and(|outcome| duty.is_at_this_number(outcome.at)) {
        return;
    }
    case.event(Event { kind, scope: Scope::Round, occurrence, at: trigger }, |_| Facts::new());
}

fn not_possible(case: &mut Case<'_>, duty: &Duty, trigger: DateTime<Utc>, cause: &str) {
    let kind = Kind::CitizenSmsNotPossible;
    case.event(Event { kind, scope: Scope::Round, occurrence: Occurrence::Once, at: trigger }, |case| {
        let mut facts = contact::facts(case, kind, duty);
        facts.insert("cause".into(), words::text(cause));
        facts
    });
}

/// The gateway refused, or what became of the SMS is not known: the desk and
/// the handler reach the citizen another way. It is never sent again by itself.
fn failed(case: &mut Case<'_>, duty: &Duty) {
    let Some(outcome) = duty.outcome(case) else { return };
    let result = match outcome.state {
        SmsState::Failed => "未送达",
        SmsState::Unknown => "结果不明",
        SmsState::Open | SmsState::Accepted => return,
    };
    let occurrence = match outcome.kind {
        Kind::CitizenNeutralSms => Occurrence::Number(outcome.occurrence.clone()),
        _ => Occurrence::Once,
    };
    case.event(Event { kind: Kind::CitizenSmsFailed, scope: Scope::Round, occurrence, at: outcome.at }, |case| {
        let mut facts = contact::facts(case, Kind::CitizenSmsFailed, duty);
        facts.insert("result".into(), words::text(result));
        facts.insert("code".into(), words::text(outcome.code.clone()));
        facts.insert("at".into(), words::text(words::event(outcome.at)));
        facts
    });
}
