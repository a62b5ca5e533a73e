//! Art. 13: a matter complained of five times or more goes to the leaders.

use chrono::{DateTime, Utc};

use crate::{
    calendar::civil,
    notice::{Batch, Fact, Facts, Kind, Notice, Occurrence, Reason, Subject, Wish},
    rules::repeat::{Group, RepeatEntry},
    ticket::TicketNo,
};

use super::{Plan, Policy, Watch, words};

/// A repeat group as the planner sees it.
#[derive(Clone, Copy, Debug)]
pub struct GroupView<'a> {
    /// The ticket it was first known by; it keeps that name though the first
    /// ticket ages out of the window.
    pub identity: &'a TicketNo,
    pub group: &'a Group,
    /// Its newest ticket: category and town.
    pub newest: &'a RepeatEntry,
}

/// repeat-approaching at 4, batch-form-issued at 5, 10, 15 …: the highest only.
pub fn group(view: GroupView<'_>, policy: &Policy, watch: Watch, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan::default();
    let sizes = sizes(view.group.members.len(), policy);
    let Some((highest, lower)) = sizes.split_last() else { return plan };
    for size in lower {
        let mut notice = notice(view, *size, policy, now);
        notice.wish = Wish::Superseded(Reason::HigherStep);
        plan.notices.push(notice);
    }
    plan.notices.push(notice(view, *highest, policy, now));
    plan.notices.retain(|notice| notice.due >= watch.floor(&policy.rules));
    if let Some(later) = plan.notices.iter().map(|notice| notice.due).find(|due| *due > now) {
        plan.wake(later);
    }
    plan.notices.retain(|notice| notice.due <= now);
    plan
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
    Notice {
        subject: Subject::Group { first: view.identity.clone() },
        kind,
        occurrence: Occurrence::Size(size),
        roles: kind.roles().to_vec(),
        unit: None,
        category: view.newest.category.as_deref().map(Into::into),
        due,
        expires: None,
        batch: Batch::Alone,
        wish: Wish::Send,
        late: false,
        urgent: false,
        provisional: false,
        facts: facts(view, kind),
    }
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
