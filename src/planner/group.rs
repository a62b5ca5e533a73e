//! Art. 13: a matter complained of five times or more goes to the leaders.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    calendar::civil,
    notice::{Batch, Fact, Facts, Kind, Notice, Occurrence, Reason, Subject, Wish},
    rules::{
        Count, deadline,
        repeat::{Group, RepeatEntry},
    },
    ticket::TicketNo,
};

use super::{Order, Plan, Policy, Watch, words};

/// A repeat group as the planner sees it.
#[derive(Clone, Copy, Debug)]
pub struct GroupView<'a> {
    /// The ticket it was first known by; it keeps that name though the first
    /// ticket ages out of the window.
    pub identity: &'a TicketNo,
    pub group: &'a Group,
    /// Its newest ticket: category and town.
    pub newest: &'a RepeatEntry,
    /// The newest form (批办单) issued for it.
    pub form: Option<Order>,
    /// The latest meeting that stands in a row of one of its tickets.
    pub meeting: Option<DateTime<Utc>>,
}

/// repeat-approaching at 4, batch-form-issued at 5, 10, 15 …: the highest only;
/// batch-meeting-due as long as the newest form has no meeting.
pub fn group(view: GroupView<'_>, policy: &Policy, watch: Watch, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan::default();
    by_size(&mut plan, view, policy, now);
    plan.notices.retain(|notice| notice.due >= watch.floor(&policy.rules));
    if let Some(later) = plan.notices.iter().map(|notice| notice.due).filter(|due| *due > now).min() {
        plan.wake(later);
    }
    plan.notices.retain(|notice| notice.due <= now);
    meeting(&mut plan, view, policy, now);
    plan
}

fn by_size(plan: &mut Plan, view: GroupView<'_>, policy: &Policy, now: DateTime<Utc>) {
    let sizes = sizes(view.group.members.len(), policy);
    let Some((highest, lower)) = sizes.split_last() else { return };
    for size in lower {
        let mut notice = notice(view, *size, policy, now);
        notice.wish = Wish::Superseded(Reason::HigherStep);
        plan.notices.push(notice);
    }
    plan.notices.push(notice(view, *highest, policy, now));
}

/// The reminder of a meeting that nobody has entered: five working days after the
/// form, and every five after that; only the latest is still true.
fn meeting(plan: &mut Plan, view: GroupView<'_>, policy: &Policy, now: DateTime<Utc>) {
    let Some(form) = view.form else { return };
    let issued = civil::day_of(form.issued);
    // A meeting of an earlier form is none of this one.
    if view.meeting.is_some_and(|meeting| civil::day_of(meeting) >= issued) {
        return;
    }
    let (mut day, mut latest) = (issued, None);
    let span = Count::Workdays(policy.rules.repeat.meeting_workdays);
    // Beyond the calendar's years nothing can be counted, and nothing is due.
    while let Ok((next, _, provisional)) = deadline::step(&policy.calendar, day, span) {
        let at = policy.rules.reminders.at.on(next);
        if at > now {
            plan.wake(at);
            break;
        }
        (day, latest) = (next, Some((at, provisional)));
    }
    let Some((due, provisional)) = latest else { return };
    let late = now - due > TimeDelta::minutes(i64::from(policy.rules.catch_up.late_after_min));
    let mut facts = facts(view, Kind::BatchMeetingDue);
    // P0: the numbers of the tickets say enough.
    facts.retain(|name, _| !matches!(name.as_str(), "cat" | "cat1" | "town"));
    facts.insert("form".into(), words::text(form.text()));
    facts.insert("issued".into(), words::text(issued.to_string()));
    plan.notices.push(Notice {
        occurrence: Occurrence::Due(due),
        batch: if late { Batch::Cycle(now) } else { Batch::Due(due) },
        late,
        provisional,
        facts,
        ..of_group(view, Kind::BatchMeetingDue, due)
    });
}

/// The thresholds that `n` tickets have reached.
fn sizes(n: usize, policy: &Policy) -> Vec<u16> {
    let rules = &policy.rules.repeat;
    let reached = u16::try_from(n).unwrap_or(u16::MAX);
    let mut sizes = Vec::new();
    if reached >= rules.approaching && rules.approaching < rules.form {
        sizes.push(rules.approaching);
    }
    let forms = (rules.form..=reached).step_by(usize::from(rules.again_every));
    sizes.extend(forms);
    sizes
}

fn notice(view: GroupView<'_>, size: u16, policy: &Policy, now: DateTime<Utc>) -> Notice {
    let kind = if size < policy.rules.repeat.form { Kind::RepeatApproaching } else { Kind::BatchFormIssued };
    // The ticket that reached the size; without its time, it is as old as its sighting.
    let due = view.group.received.get(usize::from(size) - 1).copied().flatten().unwrap_or(now);
    Notice { occurrence: Occurrence::Size(size), facts: facts(view, kind), ..of_group(view, kind, due) }
}

/// A notice about the group with everything but its occurrence and its facts.
fn of_group(view: GroupView<'_>, kind: Kind, due: DateTime<Utc>) -> Notice {
    let subject = Subject::Group { first: view.identity.clone() };
    let category = view.newest.category.as_deref().map(Into::into);
    Notice { category, batch: Batch::Alone, ..Notice::new(kind, subject, Occurrence::Once, due) }
}

fn facts(view: GroupView<'_>, kind: Kind) -> Facts {
    let mut facts = Facts::new();
    let n = i64::try_from(view.group.members.len()).unwrap_or(i64::MAX);
    let date = |at: Option<&Option<DateTime<Utc>>>| {
        at.copied().flatten().map_or_else(|| "未知".into(), |at| civil::day_of(at).to_string())
    };
    facts.insert("n".into(), words::number(n));
    facts.insert("nos".into(), Fact::List(view.group.members.iter().map(|no| no.as_str().to_owned()).collect()));
    facts.insert("first".into(), words::text(date(view.group.received.first())));
    facts.insert("last".into(), words::text(date(view.group.received.last())));
    let newest = view.newest;
    facts.insert("cat".into(), words::text(words::category(newest.category.as_deref(), newest.subcategory.as_deref())));
    facts.insert("cat1".into(), words::text(newest.category.as_deref().unwrap_or("未分类")));
    facts.insert("town".into(), words::text(newest.town.as_deref().unwrap_or("未知街镇")));
    facts.insert("notice_id".into(), words::text(format!("{kind}/{}", view.identity)));
    facts
}
