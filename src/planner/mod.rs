//! Ticket, facts seen, settled outcomes and `now` give the notices wanted.
//!
//! The planner is pure: the same input gives the same set. It returns what came
//! due by `now` (to be sent, or recorded as superseded) and the next instant at
//! which anything changes; what lies in the future it does not return. It knows
//! roles, never persons or channels, and it never asks what was sent: the
//! outbox keeps each key once.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    calendar::Calendar,
    notice::Notice,
    roster::Roster,
    rules::{Rules, Standing, standing},
    ticket::Ticket,
};

mod after;
mod assignment;
pub mod bulletin;
mod calendar_missing;
mod case;
mod citizen_sms;
mod conclusion;
mod contact;
mod data_quality;
mod digest;
mod dispatch;
mod extension;
mod group;
mod ladder;
mod observe;
mod past;
mod recomputed;
mod returns;
mod revisit;
mod sights;
mod supervision;
mod system;
mod topic;
mod upcoming;
mod vanished;
pub(crate) mod words;

pub use calendar_missing::calendar_missing;
pub use data_quality::sentence;
pub use digest::Digest;
pub use group::{GroupView, group};
pub use observe::{Order, Seen, SmsOutcome, SmsState, TicketFacts, Told, observe};
pub use past::{End, PastRound, Stamp};
pub use sights::{Decision, Sight, Version};
pub use supervision::dated_answer;
pub use system::{Gateway, Health, Patience, Refused, gateway, refused, source};
pub use topic::topic;
pub use upcoming::upcoming;
pub use vanished::vanished;

use case::Case;

/// What the planner decides by: it changes only when an administrator says so.
#[derive(Clone, Debug)]
pub struct Policy {
    pub calendar: Calendar,
    pub rules: Rules,
    /// Only for findings about units and staff; roles become persons in `delivery`.
    pub roster: Option<Arc<Roster>>,
}

/// Since when this ledger has been watching (A40).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    pub since: DateTime<Utc>,
}

impl Watch {
    /// Nothing due before this instant is announced, the highest overdue step apart.
    pub fn floor(self, rules: &Rules) -> DateTime<Utc> {
        self.since - TimeDelta::hours(i64::from(rules.catch_up.first_start_h))
    }
}

/// A ticket as the planner sees it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub ticket: &'a Ticket,
    /// What earlier rows said and the platform has overwritten.
    pub facts: &'a TicketFacts,
    /// What became of the SMS to the citizen.
    pub outcomes: &'a [SmsOutcome],
    /// Who was reminded before, for the later steps of the ladder; it changes
    /// words, never what is wanted.
    pub told: &'a [Told],
}

/// The wanted set of one subject, and when to look again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub notices: Vec<Notice>,
    /// The next instant at which the set changes by time alone.
    pub next: Option<DateTime<Utc>>,
}

impl Plan {
    /// Asks to be looked at again at `at`.
    pub(crate) fn wake(&mut self, at: DateTime<Utc>) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }
}

/// The notices wanted for a ticket at `now`, and where it stands.
pub fn wanted(view: View<'_>, policy: &Policy, watch: Watch, now: DateTime<Utc>) -> (Standing, Plan) {
    let standing = standing::standing(view.ticket, &view.facts.rounds, &policy.calendar, &policy.rules, now);
    let mut case = Case::new(view, &standing, policy, watch, now);
    if let Some(later) = view.ticket.concluded.filter(|concluded| concluded.at() > now) {
        case.plan.wake(later.at());
    }
    if !standing.state.is_final() {
        dispatch::plan(&mut case);
        assignment::plan(&mut case);
        returns::unaccepted(&mut case);
        contact::plan(&mut case);
        returns::plan(&mut case);
        extension::plan(&mut case);
        recomputed::plan(&mut case);
        conclusion::plan(&mut case);
        after::plan(&mut case);
        after::exclusion(&mut case);
        revisit::plan(&mut case);
        supervision::plan(&mut case);
        data_quality::plan(&mut case);
    }
    let plan = case.plan;
    (standing, plan)
}
