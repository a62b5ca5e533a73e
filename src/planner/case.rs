//! One ticket at one instant, and how notices are made for it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    notice::{Batch, Facts, Kind, Notice, Occurrence, Reason, Role, Subject, Wish},
    rules::{Class, Rules, Standing},
    ticket::{Moment, ReturnResult},
};

use super::{Plan, Policy, View, Watch, sights::Sight, words};

/// The first read of a large store is over by then.
const FIRST_READ: TimeDelta = TimeDelta::minutes(10);

/// What a notice belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The ticket in its current round.
    Round,
    /// The ticket in a named round.
    InRound(u16),
    /// The current assignment.
    Assignment,
}

/// A ticket at an instant, and the plan under construction.
pub(super) struct Case<'a> {
    pub view: View<'a>,
    pub standing: &'a Standing,
    pub policy: &'a Policy,
    pub now: DateTime<Utc>,
    pub watch: Watch,
    pub floor: DateTime<Utc>,
    pub plan: Plan,
}

/// An event that somebody is told of.
pub(super) struct Event {
    pub kind: Kind,
    pub scope: Scope,
    pub occurrence: Occurrence,
    pub at: DateTime<Utc>,
}

impl<'a> Case<'a> {
    pub fn new(view: View<'a>, standing: &'a Standing, policy: &'a Policy, watch: Watch, now: DateTime<Utc>) -> Self {
        let floor = watch.floor(&policy.rules);
        Self { view, standing, policy, now, watch, floor, plan: Plan::default() }
    }

    pub fn rules(&self) -> &'a Rules {
        &self.policy.rules
    }

    /// Whether a unit holds the ticket now.
    pub fn is_assigned(&self) -> bool {
        use crate::rules::State;
        let waits = matches!(self.standing.state, State::Received | State::DispatchWait);
        self.view.ticket.dispatched.is_some() && !waits && !self.standing.assignment_is_over(self.view.ticket)
    }

    /// Whether the unit that holds it has taken it, in words or by a time; a refused
    /// return counts as taken (A18).
    pub fn is_taken(&self) -> bool {
        use crate::rules::State;
        let ticket = self.view.ticket;
        let accepted = ticket.accepted.is_some_and(|accepted| self.is_of_assignment(accepted));
        let refused = self.return_applied().is_some() && ticket.return_result == Some(ReturnResult::Refused);
        accepted || refused || matches!(self.standing.state, State::Accepted | State::AuditRejected)
    }

    /// When the unit that holds it applied for its return.
    pub fn return_applied(&self) -> Option<Moment> {
        self.view.ticket.return_applied.filter(|applied| self.is_of_assignment(*applied))
    }

    fn is_of_assignment(&self, moment: Moment) -> bool {
        self.view.ticket.dispatched.is_none_or(|dispatched| !dispatched.is_after(moment))
    }

    /// Whether a moment lies in the current round.
    pub fn is_of_round(&self, moment: Moment) -> bool {
        self.standing.round_start.is_none_or(|start| !start.is_after(moment))
    }

    /// When the row changed last, if it tells and that is not in the future.
    pub fn updated(&self) -> Option<DateTime<Utc>> {
        self.view.ticket.updated.map(Moment::at).filter(|updated| *updated <= self.now)
    }

    /// Since when the row shows something that has no time of its own.
    ///
    /// A row that was old when the watch began does not say since when it has
    /// shown it: then it is taken to be as old as the ticket (A40).
    pub fn since(&self, sight: Sight) -> Option<DateTime<Utc>> {
        let seen = self.view.facts.since(sight).or_else(|| self.updated()).unwrap_or(self.now);
        let ticket = self.view.ticket;
        let began = ticket.dispatched.or(ticket.received).map(Moment::at).filter(|began| *began < self.floor);
        let first_sight = seen >= self.watch.since && seen - self.watch.since < FIRST_READ;
        Some(began.filter(|_| first_sight && ticket.updated.is_none()).unwrap_or(seen))
    }

    pub fn is_concluded(&self) -> bool {
        self.standing.is_concluded(self.view.ticket)
    }

    pub fn subject(&self, scope: Scope) -> Subject {
        let no = self.view.ticket.no.clone();
        match scope {
            Scope::Round => Subject::Ticket { no, round: self.standing.round, assignment: None },
            Scope::InRound(round) => Subject::Ticket { no, round, assignment: None },
            Scope::Assignment => Subject::Ticket {
                no,
                round: self.standing.round,
                assignment: self.view.ticket.dispatched.map(|dispatched| dispatched.at()),
            },
        }
    }

    /// The lead unit under its present name, if the roster knows it.
    ///
    /// After an approved return nobody holds the ticket until it is dispatched again.
    pub fn unit(&self) -> Option<Arc<str>> {
        if self.standing.assignment_is_over(self.view.ticket) {
            return None;
        }
        self.view.ticket.units.first().map(|written| self.present_name(written))
    }

    /// A unit's present name, if the roster knows it.
    pub fn present_name(&self, written: &Arc<str>) -> Arc<str> {
        let known = self.policy.roster.as_deref().and_then(|roster| roster.unit(written));
        known.map_or_else(|| written.clone(), |unit| Arc::from(&*unit.name))
    }

    pub fn is_urgent(&self) -> bool {
        self.standing.class == Class::Urgent
    }

    /// Wants an event notice: at once when the event is seen, never before it,
    /// and not at all if it is older than the first start allows (A40).
    /// Its facts are made only if it is wanted.
    pub fn event(&mut self, event: Event, facts: impl FnOnce(&Case<'_>) -> Facts) {
        if event.at > self.now {
            self.plan.wake(event.at);
            return;
        }
        if event.at < self.floor {
            return;
        }
        // A fault of the data is no urgent matter, whatever the ticket is.
        let urgent = self.is_urgent() && event.kind != Kind::DataQuality;
        let batch = if urgent || event.kind.is_to_citizen() { Batch::Alone } else { Batch::Cycle(self.now) };
        let subject = self.subject(event.scope);
        let facts = facts(self);
        let mut notice = self.notice(event.kind, subject, event.occurrence, event.at);
        notice.batch = batch;
        notice.urgent = urgent;
        notice.provisional &= event.kind != Kind::DataQuality;
        notice.facts = facts;
        self.plan.notices.push(notice);
    }

    /// A notice with everything but its facts.
    pub fn notice(&self, kind: Kind, subject: Subject, occurrence: Occurrence, due: DateTime<Utc>) -> Notice {
        let ticket = self.view.ticket;
        let provisional = self.standing.conclusion.as_ref().is_some_and(|deadline| deadline.provisional);
        Notice {
            unit: self.unit(),
            category: ticket.category.clone(),
            urgent: self.is_urgent(),
            provisional,
            ..Notice::new(kind, subject, occurrence, due)
        }
    }

    /// Records a step that came due and is not the one to send.
    pub fn superseded(&mut self, kind: Kind, scope: Scope, at: DateTime<Utc>, reason: Reason) {
        let mut notice = self.notice(kind, self.subject(scope), Occurrence::Due(at), at);
        notice.wish = Wish::Superseded(reason);
        self.plan.notices.push(notice);
    }

    /// Whether a step due at `at` is planned noticeably late.
    pub fn is_late(&self, at: DateTime<Utc>) -> bool {
        self.now - at > TimeDelta::minutes(i64::from(self.rules().catch_up.late_after_min))
    }

    /// The facts every notice about this ticket has.
    pub fn facts(&self, kind: Kind) -> Facts {
        words::common(self, kind)
    }

    /// Adds a role to the last notice, where the catalogue's row says so.
    pub fn add_role(&mut self, role: Role) {
        if let Some(notice) = self.plan.notices.last_mut()
            && !notice.roles.contains(&role)
        {
            notice.roles.push(role);
        }
    }
}
