//! A corrected time or class, or a new calendar, moves an end: that is said once.

use crate::{
    notice::{Kind, Occurrence},
    rules::{Count, Deadline},
};

use super::{
    case::{Case, Event, Scope},
    sights::Version,
    words,
};

/// deadline-recomputed, when the end differs from the one computed before.
pub(super) fn plan(case: &mut Case<'_>) {
    if case.is_concluded() {
        return;
    }
    let Some(due) = case.standing.conclusion else { return };
    let facts = case.view.facts;
    let Some(new) = facts.latest_version(case.standing.round).filter(|version| version.due == due.due) else { return };
    let Some(old) = facts.versions.iter().find(|old| old.round == new.round && old.n + 1 == new.n) else { return };
    // A granted extension has its own notice.
    if new.extension != old.extension && new.extension > 0 {
        return;
    }
    let cause = cause(case, old, new, &due);
    let (kind, old_due) = (Kind::DeadlineRecomputed, old.due);
    let event = Event { kind, scope: Scope::Round, occurrence: Occurrence::Due(due.due), at: new.first_seen };
    case.event(event, |case| {
        let mut facts = case.facts(kind);
        facts.insert("old".into(), words::text(words::long(old_due)));
        facts.insert("old_s".into(), words::text(words::short(old_due)));
        facts.insert("cause".into(), words::text(cause));
        facts
    });
}

fn cause(case: &Case<'_>, old: &Version, new: &Version, due: &Deadline) -> &'static str {
    if old.class != new.class {
        return "类别更正";
    }
    if old.start != new.start {
        return "时间更正";
    }
    // The same count from the same day gives another end: the days themselves changed.
    let same_count = old.count == new.count && old.extension == new.extension;
    match (same_count, due.count) {
        (true, Count::Workdays(_)) => "日历更新",
        (true, Count::Days(_)) if case.standing.extension_days > 0 => "日历更新",
        (true | false, Count::Days(_) | Count::Workdays(_)) => "期限更正",
    }
}
