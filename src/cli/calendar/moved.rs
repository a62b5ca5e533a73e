//! What another calendar does to one ticket: its deadlines, and the notices of them.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::{
    cli::{
        instant,
        open::{Known, Opened},
    },
    notice::{Kind, Notice, Wish},
    outbox::{LegState, Listed, NoticeState},
    planner::{self, Policy, View},
    rules::{
        Deadline,
        standing::{Standing, standing},
    },
};

/// How long after the later end its steps are looked for: the ladder and what
/// follows it have ended by then.
const AFTER: TimeDelta = TimeDelta::days(15);

/// A ticket of which something moves.
#[derive(Debug, Serialize)]
pub struct Moved {
    pub ticket: String,
    pub unit: Option<String>,
    pub deadlines: Vec<Move>,
    /// Notices of this round that somebody has been told of; they are not repeated.
    pub sent: Vec<Told>,
    /// What waits in the ledger, or would come, and will not.
    pub withdrawn: Vec<Told>,
    /// What goes out now, or will come instead.
    pub added: Vec<Told>,
}

/// A deadline that is another under the new calendar.
#[derive(Debug, Serialize)]
pub struct Move {
    pub duty: &'static str,
    #[serde(skip)]
    pub name: &'static str,
    #[serde(serialize_with = "instant::iso")]
    pub old: DateTime<Utc>,
    #[serde(serialize_with = "instant::iso")]
    pub new: DateTime<Utc>,
    pub old_provisional: bool,
    pub provisional: bool,
}

/// A notice of the ticket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Told {
    /// When it is due by the rules.
    #[serde(serialize_with = "instant::iso")]
    pub at: DateTime<Utc>,
    #[serde(serialize_with = "id")]
    pub kind: Kind,
    /// Its key but for the role.
    #[serde(skip)]
    key: (String, String),
}

fn id<S: serde::Serializer>(kind: &Kind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kind.id())
}

impl Told {
    fn of(notice: &Notice) -> Self {
        let key = (notice.subject.text(), notice.occurrence.text());
        Self { at: notice.due, kind: notice.kind, key }
    }

    fn kept(row: &Listed) -> Self {
        let key = (row.notice.key.subject.clone(), row.notice.key.occurrence.clone());
        Self { at: row.notice.due, kind: row.notice.key.kind, key }
    }

    fn is(&self, other: &Self) -> bool {
        (self.kind, &self.key) == (other.kind, &other.key)
    }
}

/// How a ticket stands under one calendar.
pub struct Course {
    pub standing: Standing,
    /// Wanted at this instant.
    now: Vec<Told>,
    /// To come if nothing but time changes.
    later: Vec<Told>,
}

impl Course {
    /// The course under a policy. What is seen first under it has its effect.
    pub fn under(policy: &Policy, known: &Known, opened: &Opened, until: DateTime<Utc>) -> Self {
        let view = known.view();
        let mut facts = view.facts.clone();
        let seen = standing(view.ticket, &facts.rounds, &policy.calendar, &policy.rules, opened.now);
        for fact in planner::observe(view.ticket, &seen, &facts) {
            facts.add(&fact.what, &fact.value, opened.now);
        }
        let view = View { facts: &facts, ..view };
        let (standing, plan) = planner::wanted(view, policy, opened.watch, opened.now);
        let to_send = plan.notices.iter().filter(|notice| notice.wish == Wish::Send);
        let later = planner::upcoming(view, policy, opened.watch, opened.now..until);
        // What only says again what was said goes on, one list sooner or later.
        let is_news = |notice: &&Notice| notice.due > opened.now && notice.kind.repeats().is_none();
        let later = later.iter().filter(is_news);
        Self { now: to_send.map(Told::of).collect(), later: later.map(Told::of).collect(), standing }
    }
}

impl Course {
    /// Whether nothing else is wanted, now or later.
    pub fn is_that_of(&self, other: &Self) -> bool {
        (&self.now, &self.later) == (&other.now, &other.later)
    }
}

/// Until when the courses of a ticket are to be compared.
pub fn until(standings: [&Standing; 2], now: DateTime<Utc>) -> DateTime<Utc> {
    let ends = standings.into_iter().flat_map(duties).filter_map(|(.., end)| end.map(|end| end.due));
    ends.max().unwrap_or(now).max(now) + AFTER
}

/// The deadlines that move, and how many stay and are no longer provisional.
pub fn moves(before: &Standing, after: &Standing, now: DateTime<Utc>) -> (Vec<Move>, usize) {
    let (mut moved, mut confirmed) = (Vec::new(), 0);
    for ((duty, name, old), (.., new)) in duties(before).into_iter().zip(duties(after)) {
        let (Some(old), Some(new)) = (old, new) else { continue };
        if old.due == new.due {
            confirmed += usize::from(old.provisional && !new.provisional);
        } else if old.due.max(new.due) > now {
            let (old_provisional, provisional) = (old.provisional, new.provisional);
            moved.push(Move { duty, name, old: old.due, new: new.due, old_provisional, provisional });
        }
    }
    (moved, confirmed)
}

/// What the change of course means for the notices, with what the ledger has of them.
pub fn notices(before: &Course, after: &Course, ledger: &[Listed]) -> [Vec<Told>; 3] {
    let is_of_round = |row: &&Listed| row.notice.round.is_none_or(|round| round == after.standing.round);
    let was_told = |row: &&Listed| {
        row.legs.iter().any(|leg| matches!(leg.state, LegState::Accepted | LegState::Delivered | LegState::Unknown))
    };
    let rows = || ledger.iter().filter(is_of_round);
    let is_step = |row: &&Listed| row.notice.key.occurrence.parse::<i64>().is_ok();
    let sent: Vec<Told> = rows().filter(was_told).filter(is_step).map(Told::kept).collect();
    let open: Vec<Told> = rows().filter(|row| row.state == NoticeState::Open).map(Told::kept).collect();
    let known: Vec<Told> = rows().map(Told::kept).collect();
    let lacks = |all: &[Told], one: &Told| !all.iter().any(|other| other.is(one));
    let withdrawn = open.iter().filter(|one| lacks(&after.now, one));
    let withdrawn =
        withdrawn.chain(before.later.iter().filter(|one| lacks(&after.later, one) && lacks(&after.now, one)));
    let added = after.now.iter().filter(|one| lacks(&before.now, one) && lacks(&known, one));
    let added = added.chain(after.later.iter().filter(|one| lacks(&before.later, one) && lacks(&known, one)));
    let sorted = |told: BTreeSet<Told>| told.into_iter().collect();
    let [withdrawn, added] = [withdrawn.cloned().collect(), added.cloned().collect()];
    [sorted(sent.into_iter().collect()), sorted(withdrawn), sorted(added)]
}

/// The duties with a deadline in working days, each with its id and name.
fn duties(standing: &Standing) -> [(&'static str, &'static str, Option<&Deadline>); 4] {
    [
        ("first-contact", "先行联系", standing.first_contact.as_ref()),
        ("return-window", "退单申请", standing.return_window.as_ref()),
        ("conclusion", "办结", standing.conclusion.as_ref()),
        ("second-revisit", "二次回访", standing.second_revisit.as_ref()),
    ]
}
