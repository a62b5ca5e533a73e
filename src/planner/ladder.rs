//! Steps in time of which only the highest true one is sent.

use chrono::{DateTime, Utc};

use crate::{
    notice::{Batch, Facts, Kind, Occurrence, Reason},
    rules::settings::CatchUpSteps,
};

use super::case::{Case, Scope};

/// One step of a ladder.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub kind: Kind,
    /// When it comes due.
    pub at: DateTime<Utc>,
    /// From when on it would no longer be true.
    pub expires: Option<DateTime<Utc>>,
    /// A reminder goes before the end, an overdue step after it.
    pub phase: Phase,
    /// The step's number or the days that are left, for its text.
    pub n: u32,
}

/// Whether a step reminds of an end or follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Reminder,
    Overdue,
}

/// Plans a ladder; `steps` rise in time, `facts` gives a step's text.
///
/// After downtime only the highest step that is still true goes out, marked
/// late; the lower ones are recorded as superseded (A43). At the first start a
/// reminder older than a day is not wanted, an overdue step is, in one digest.
pub(super) fn plan(case: &mut Case<'_>, scope: Scope, steps: &[Step], facts: impl Fn(&Case<'_>, &Step) -> Facts) {
    let passed = steps.iter().take_while(|step| step.at <= case.now).count();
    if let Some(next) = steps.get(passed) {
        case.plan.wake(next.at);
    }
    let Some((highest, lower)) = steps[..passed].split_last() else { return };
    let floor = case.floor;
    for step in lower.iter().filter(|step| step.at >= floor) {
        case.superseded(step.kind, scope, step.at, Reason::HigherStep);
    }
    let first_start = highest.at < case.watch.since && highest.phase == Phase::Overdue;
    if highest.at < case.floor && !first_start {
        return;
    }
    match highest.expires {
        Some(expires) if expires <= case.now => {
            case.superseded(highest.kind, scope, highest.at, Reason::Expired);
            return;
        }
        Some(expires) => case.plan.wake(expires),
        None => {}
    }
    let late = case.is_late(highest.at);
    if late && case.rules().catch_up.steps == CatchUpSteps::None {
        case.superseded(highest.kind, scope, highest.at, Reason::Expired);
        return;
    }
    let text = facts(case, highest);
    let mut notice = case.notice(highest.kind, case.subject(scope), Occurrence::Due(highest.at), highest.at);
    notice.expires = highest.expires;
    notice.late = late;
    notice.batch = match (case.is_urgent(), first_start, late) {
        (_, true, _) => Batch::FirstStart(case.watch.since),
        (true, false, _) => Batch::Alone,
        (false, false, true) => Batch::Cycle(case.now),
        (false, false, false) => Batch::Due(highest.at),
    };
    notice.facts = text;
    case.plan.notices.push(notice);
}
