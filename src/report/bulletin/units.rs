//! What each unit was given and what it did, in pieces.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    planner::{End, Policy, View},
    report::rates::{Contact, Course, DESK, Done, Excluded, Span, unit_name},
    rules::Standing,
    ticket::{AuditResult, Moment, ReturnResult, Satisfaction, Ticket},
};

/// The pieces of one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pieces {
    /// 受理: received in the period.
    pub received: u64,
    /// 到期: conclusion limits that ended in it.
    pub due: u64,
    /// 按时办结.
    pub in_time: u64,
    /// 逾期办结.
    pub late: u64,
    /// 逾期未办结.
    pub open: u64,
    /// 先行联系: made in time.
    pub contacted: u64,
    /// The tries and the SMS in its place.
    pub by_sms: u64,
    /// Missed.
    pub not_contacted: u64,
    /// 退单申请.
    pub returns: u64,
    /// Agreed to.
    pub returns_agreed: u64,
    /// Refused.
    pub returns_refused: u64,
    /// 二次退单: applied for although it had been before.
    pub second_returns: u64,
    /// 视作接单.
    pub deemed: u64,
    /// 延期申请.
    pub extensions: u64,
    /// Approved.
    pub extensions_approved: u64,
    /// 审核退回.
    pub rejected: u64,
    /// 不满意.
    pub dissatisfied: u64,
    /// 重办: rounds that began in the period.
    pub again: u64,
    /// 督办: orders issued in the period.
    pub supervised: u64,
    /// 不纳入测评, approved, of what was concluded in the period.
    pub excluded: u64,
}

/// A column of pieces: its heading, and how to read it.
pub type Column = (&'static str, fn(&Pieces) -> u64);

/// Every column, in the order of the bulletin.
pub const COLUMNS: [Column; 20] = [
    ("受理", |p| p.received),
    ("到期", |p| p.due),
    ("按时办结", |p| p.in_time),
    ("逾期办结", |p| p.late),
    ("逾期未办结", |p| p.open),
    ("先行联系", |p| p.contacted),
    ("短信告知", |p| p.by_sms),
    ("未联系", |p| p.not_contacted),
    ("退单申请", |p| p.returns),
    ("退单同意", |p| p.returns_agreed),
    ("退单不同意", |p| p.returns_refused),
    ("二次退单", |p| p.second_returns),
    ("视作接单", |p| p.deemed),
    ("延期申请", |p| p.extensions),
    ("延期批准", |p| p.extensions_approved),
    ("审核退回", |p| p.rejected),
    ("不满意", |p| p.dissatisfied),
    ("重办", |p| p.again),
    ("督办", |p| p.supervised),
    ("不纳入测评", |p| p.excluded),
];

/// Counts pieces by unit.
#[derive(Debug)]
pub(super) struct Units<'a> {
    pub policy: &'a Policy,
    pub span: Span,
    pub cut: DateTime<Utc>,
    pub by_unit: BTreeMap<Arc<str>, Pieces>,
}

impl Units<'_> {
    /// Counts a ticket, for the unit of each round.
    pub fn add(&mut self, view: View<'_>, standing: &Standing, rounds: &[Course]) {
        let unhappy = |span: Span, (at, rating): &(Option<Moment>, Satisfaction)| {
            *rating == Satisfaction::Dissatisfied && at.is_some_and(|at| span.contains(at.day()))
        };
        for course in rounds.iter().filter(|course| course.out.is_none()) {
            let mut pieces = Pieces::default();
            self.conclusion(course, &mut pieces);
            if let Some(contact) = &course.contact {
                self.contact(contact, &mut pieces);
            }
            pieces.dissatisfied = course.ratings.iter().filter(|rating| unhappy(self.span, rating)).count() as u64;
            self.put(&course.unit, pieces);
        }
        if let Some(course) = rounds.last() {
            // What came of a void ticket is nobody's, that it came is.
            self.current(view, standing, course);
            self.returns(view, course);
        }
    }

    fn put(&mut self, unit: &Arc<str>, pieces: Pieces) {
        if pieces != Pieces::default() {
            *self.by_unit.entry(unit.clone()).or_default() += pieces;
        }
    }

    fn is_here(&self, at: Option<Moment>) -> bool {
        at.is_some_and(|at| self.span.contains(at.day()) && at.at() <= self.cut)
    }

    fn has_ended(&self, end: End) -> bool {
        self.span.contains(end.day) && end.due <= self.cut
    }

    fn conclusion(&self, course: &Course, pieces: &mut Pieces) {
        let Some(end) = course.conclusion.filter(|end| self.has_ended(*end)) else { return };
        pieces.due = 1;
        match course.concluded {
            Done::No => pieces.open = 1,
            Done::At(at) if end.is_after(at) => pieces.in_time = 1,
            Done::At(_) => pieces.late = 1,
            // Neither can be said of it.
            Done::Undated => {}
        }
    }

    fn contact(&self, contact: &Contact, pieces: &mut Pieces) {
        let returned = contact.returned.is_some_and(|at| contact.end.is_after(at));
        if returned || !self.has_ended(contact.end) {
            return;
        }
        if contact.contacted.is_some_and(|at| contact.end.is_after(at)) {
            pieces.contacted = 1;
        } else if contact.sms.is_some_and(|at| at < contact.end.due) {
            pieces.by_sms = 1;
        } else {
            pieces.not_contacted = 1;
        }
    }

    /// What only the row of the current round tells.
    fn current(&mut self, view: View<'_>, standing: &Standing, course: &Course) {
        let ticket = view.ticket;
        let one = |is_so: bool| u64::from(is_so);
        let issued = |at: DateTime<Utc>| self.is_here(Some(Moment::at_instant(at)));
        let concluded = match course.concluded {
            Done::At(at) => Some(at),
            Done::No | Done::Undated => None,
        };
        let pieces = Pieces {
            received: one(self.is_here(ticket.received)),
            deemed: one(self.is_deemed(ticket, standing)),
            extensions: one(self.is_here(ticket.extension_applied)),
            extensions_approved: one(self.is_here(ticket.extension_approved)),
            rejected: one(ticket.audit_result == Some(AuditResult::Rejected) && self.is_here(ticket.audited)),
            again: one(self.is_here(standing.round_start)),
            supervised: view.facts.orders.iter().filter(|order| issued(order.issued)).count() as u64,
            excluded: one(course.excluded == Excluded::Approved && self.is_here(concluded)),
            ..Pieces::default()
        };
        self.put(&course.unit, pieces);
    }

    /// Applications for a return, each for the unit that had applied: the row shows
    /// the last, whoever has the ticket now, the ledger those that were decided.
    fn returns(&mut self, view: View<'_>, course: &Course) {
        let ticket = view.ticket;
        let decisions = view.facts.decisions.iter();
        let mut all: Vec<(DateTime<Utc>, Option<ReturnResult>, Arc<str>)> = decisions
            .map(|decision| (decision.applied, Some(decision.result), unit_name(self.policy, Some(&decision.unit))))
            .collect();
        if let Some(applied) = ticket.return_applied.filter(|at| !all.iter().any(|(known, ..)| *known == at.at())) {
            let by_this_unit = ticket.dispatched.is_some_and(|dispatched| !dispatched.is_after(applied));
            let unit = if by_this_unit { course.unit.clone() } else { Arc::from(DESK) };
            all.push((applied.at(), ticket.return_result, unit));
        }
        all.sort_by_key(|(applied, ..)| *applied);
        for (nth, (applied, result, unit)) in all.into_iter().enumerate() {
            if self.is_here(Some(Moment::at_instant(applied))) {
                let pieces = Pieces {
                    returns: 1,
                    returns_agreed: u64::from(result == Some(ReturnResult::Agreed)),
                    returns_refused: u64::from(result == Some(ReturnResult::Refused)),
                    second_returns: u64::from(nth > 0),
                    ..Pieces::default()
                };
                self.put(&unit, pieces);
            }
        }
    }

    /// Art. 9(2)3: neither taken nor asked to be returned in its window.
    fn is_deemed(&self, ticket: &Ticket, standing: &Standing) -> bool {
        let Some(end) = standing.return_window.as_ref().map(End::of).filter(|end| self.has_ended(*end)) else {
            return false;
        };
        let by_unit = |at: Moment| ticket.dispatched.is_some_and(|dispatched| !dispatched.is_after(at));
        let acts = [ticket.accepted, ticket.return_applied, ticket.concluded];
        !acts.into_iter().flatten().any(|at| by_unit(at) && end.is_after(at))
    }
}

impl std::ops::AddAssign for Pieces {
    fn add_assign(&mut self, more: Self) {
        let Self {
            received,
            due,
            in_time,
            late,
            open,
            contacted,
            by_sms,
            not_contacted,
            returns,
            returns_agreed,
            returns_refused,
            second_returns,
            deemed,
            extensions,
            extensions_approved,
            rejected,
            dissatisfied,
            again,
            supervised,
            excluded,
        } = more;
        self.received += received;
        self.due += due;
        self.in_time += in_time;
        self.late += late;
        self.open += open;
        self.contacted += contacted;
        self.by_sms += by_sms;
        self.not_contacted += not_contacted;
        self.returns += returns;
        self.returns_agreed += returns_agreed;
        self.returns_refused += returns_refused;
        self.second_returns += second_returns;
        self.deemed += deemed;
        self.extensions += extensions;
        self.extensions_approved += extensions_approved;
        self.rejected += rejected;
        self.dissatisfied += dissatisfied;
        self.again += again;
        self.supervised += supervised;
        self.excluded += excluded;
    }
}
