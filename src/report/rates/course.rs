//! The course of a ticket through one round, as the rates look at it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    planner::{End, PastRound, Policy, SmsState, Stamp, View},
    rules::{Count, Deadline, Standing, State, standing::standing},
    ticket::{AuditResult, Moment, Satisfaction, Ticket, TicketNo, value::Answer},
};

/// The unit of what no unit holds: the desk answers for it.
pub const DESK: &str = "综合管理科";

/// One round of a ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    pub no: TicketNo,
    pub round: u16,
    /// The lead unit under its present name, or [`DESK`].
    pub unit: Arc<str>,
    /// Why no rate counts it.
    pub out: Option<Out>,
    /// Whether 不纳入测评 was approved.
    pub excluded: Excluded,
    pub contact: Option<Contact>,
    /// The end of the conclusion limit, with the extension.
    pub conclusion: Option<End>,
    pub concluded: Done,
    pub fed_back: Done,
    /// The end of the limit to feed back.
    pub feedback: Option<End>,
    /// Passed by the audit, and so handed on to upstream.
    pub upstream: Done,
    /// What the citizen said in this round, and when.
    pub ratings: Vec<(Option<Moment>, Satisfaction)>,
    /// 是否先行联系, as the platform has it.
    pub platform: Option<Answer>,
}

/// The duty of first contact, and what was done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    pub end: End,
    /// When the unit applied for the return that ended its assignment.
    pub returned: Option<Moment>,
    pub contacted: Option<Moment>,
    /// When an SMS to the citizen left that counts.
    pub sms: Option<DateTime<Utc>>,
    pub accepted: Option<Moment>,
    /// The first thing done of any kind.
    pub action: Option<Moment>,
}

/// Whether something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    No,
    At(Moment),
    /// It was, and nobody knows when.
    Undated,
}

/// Whether 不纳入测评 takes a ticket out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excluded {
    No,
    Approved,
}

/// Why a ticket is left out of a rate that it would belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Out {
    /// 作废, 合并.
    Void,
    /// 已退回上级.
    Upstream,
    /// The unit's assignment ended before its limit.
    AssignmentOver,
    /// The end has not come, or the day to feed back is not over.
    Pending,
    /// The limit has no beginning that can be read.
    NoDeadline,
    /// Done, without a time.
    Undated,
    /// 未评价, 无法接通.
    Unrated,
    /// 不纳入测评, approved.
    Excluded,
    /// The platform does not say.
    PlatformSilent,
}

impl Out {
    /// The reason's stable code.
    pub fn code(self) -> &'static str {
        match self {
            Out::Void => "void",
            Out::Upstream => "returned-upstream",
            Out::AssignmentOver => "assignment-over",
            Out::Pending => "pending",
            Out::NoDeadline => "no-deadline",
            Out::Undated => "undated",
            Out::Unrated => "unrated",
            Out::Excluded => "excluded",
            Out::PlatformSilent => "platform-silent",
        }
    }

    /// The reason as the clerk says it.
    pub fn chinese(self) -> &'static str {
        match self {
            Out::Void => "作废",
            Out::Upstream => "已退回上级",
            Out::AssignmentOver => "期限内已退单",
            Out::Pending => "期限未到",
            Out::NoDeadline => "期限无法计算",
            Out::Undated => "缺时间",
            Out::Unrated => "未评价",
            Out::Excluded => "不纳入测评",
            Out::PlatformSilent => "平台未评价",
        }
    }
}

impl Course {
    /// The rounds of a ticket as they stand at `cut`, the earlier ones from what
    /// the ledger remembers.
    pub fn all(view: View<'_>, policy: &Policy, cut: DateTime<Utc>) -> Vec<Course> {
        let made = Maker { view, policy, cut };
        let standing = standing(view.ticket, &view.facts.rounds, &policy.calendar, &policy.rules, cut);
        let past = view.facts.past.iter().filter(|past| past.round < standing.round);
        let mut all: Vec<Course> = past.map(|past| made.past(past, &standing)).collect();
        all.push(made.current(&standing));
        all
    }
}

/// The present name of a unit as written, or [`DESK`] where no unit is named.
pub fn unit_name(policy: &Policy, written: Option<&str>) -> Arc<str> {
    let Some(written) = written.filter(|written| !written.is_empty()) else { return Arc::from(DESK) };
    let known = policy.roster.as_deref().and_then(|roster| roster.unit(written));
    known.map_or_else(|| Arc::from(written), |unit| unit.name.clone())
}

/// Makes the courses of one ticket.
struct Maker<'a> {
    view: View<'a>,
    policy: &'a Policy,
    cut: DateTime<Utc>,
}

impl Maker<'_> {
    fn current(&self, standing: &Standing) -> Course {
        let ticket = self.view.ticket;
        // A time before the receipt is a fault of the data, not a conclusion in time.
        let possible = |at: &Moment| ticket.received.is_none_or(|received| !received.is_after(*at));
        let ended = in_round(ticket.concluded, standing).filter(possible);
        let concluded = self.done(standing.is_concluded(ticket), ended);
        // What was fed back of a void conclusion is void as well.
        let fed_back = match concluded {
            Done::No => Done::No,
            Done::At(_) | Done::Undated => {
                self.done(is_fed_back(ticket, standing.state), in_round(ticket.fed_back, standing))
            }
        };
        Course {
            no: ticket.no.clone(),
            round: standing.round,
            unit: self.unit(ticket.units.first().map(|unit| &**unit)),
            out: out_of(standing.state),
            excluded: excluded(ticket),
            contact: self.contact(standing),
            conclusion: standing.conclusion.as_ref().map(End::of),
            concluded,
            fed_back,
            feedback: self.feedback(concluded),
            upstream: self.upstream(standing),
            ratings: self.ratings(standing),
            platform: ticket.first_contacted,
        }
    }

    fn past(&self, past: &PastRound, standing: &Standing) -> Course {
        let moment = |stamp: Option<Stamp>| stamp.map(|Stamp(moment)| moment);
        let done = |stamp| moment(stamp).map_or(Done::Undated, Done::At);
        let (accepted, contacted) = (moment(past.accepted), moment(past.contacted));
        let action = [accepted, contacted, moment(past.tried), moment(past.return_applied)];
        let concluded = done(past.concluded);
        let contact = past.contact.map(|end| Contact {
            end,
            returned: None,
            contacted,
            sms: self.sms(past.round),
            accepted,
            action: earliest(action),
        });
        Course {
            no: self.view.ticket.no.clone(),
            round: past.round,
            unit: self.unit(past.unit.as_deref()),
            out: out_of(standing.state),
            excluded: excluded(self.view.ticket),
            contact,
            conclusion: past.conclusion,
            concluded,
            fed_back: done(past.fed_back),
            feedback: self.feedback(concluded),
            upstream: done(past.audited),
            ratings: vec![(Some(past.revisited.0), Satisfaction::Dissatisfied)],
            platform: None,
        }
    }

    fn unit(&self, written: Option<&str>) -> Arc<str> {
        unit_name(self.policy, written)
    }

    /// Something done, as far as it was by the cut.
    fn done(&self, is_done: bool, at: Option<Moment>) -> Done {
        match at {
            _ if !is_done => Done::No,
            Some(at) if at.at() > self.cut => Done::No,
            Some(at) => Done::At(at),
            None => Done::Undated,
        }
    }

    fn contact(&self, standing: &Standing) -> Option<Contact> {
        let ticket = self.view.ticket;
        let end = standing.first_contact.as_ref().map(End::of)?;
        let dispatched = ticket.dispatched?;
        let by_now = |moment: Option<Moment>| moment.filter(|moment| moment.at() <= self.cut);
        // What the unit did that has the ticket now.
        let by_unit = |moment: Option<Moment>| by_now(moment).filter(|moment| !dispatched.is_after(*moment));
        let contacted = standing.contact(ticket, &self.policy.rules, self.cut);
        let tried = ticket.attempts.iter().filter_map(|attempt| by_unit(attempt.at)).min_by_key(|at| at.at());
        let accepted = by_unit(ticket.accepted);
        let action = earliest([accepted, contacted, tried, by_unit(ticket.return_applied)]);
        let returned = ticket.return_applied.filter(|_| standing.assignment_is_over(ticket));
        Some(Contact { end, returned, contacted, sms: self.sms(standing.round), accepted, action })
    }

    /// A22: the first SMS of the round that was accepted, or may have been.
    fn sms(&self, round: u16) -> Option<DateTime<Utc>> {
        if !self.policy.rules.citizen_sms.fulfils {
            return None;
        }
        let left = self.view.outcomes.iter().filter(|sms| matches!(sms.state, SmsState::Accepted | SmsState::Unknown));
        left.filter(|sms| sms.round == round && sms.at <= self.cut).map(|sms| sms.at).min()
    }

    fn feedback(&self, concluded: Done) -> Option<End> {
        let Done::At(at) = concluded else { return None };
        let rules = &self.policy.rules;
        let limit = Count::Workdays(rules.rates.feedback_workdays);
        let counted = Deadline::count(&self.policy.calendar, at.day(), limit, rules.conclusion.end_of_day);
        counted.ok().as_ref().map(End::of)
    }

    fn upstream(&self, standing: &Standing) -> Done {
        let ticket = self.view.ticket;
        let passed = ticket.audit_result != Some(AuditResult::Rejected)
            && match standing.state {
                State::FedUpstream | State::RevisitedOk | State::Dissatisfied | State::Archived => true,
                State::Received
                | State::DispatchWait
                | State::Dispatched
                | State::DeemedAccepted
                | State::Accepted
                | State::ReturnReview
                | State::ReturnedUpstream
                | State::Concluded
                | State::FedBack
                | State::AuditRejected
                | State::Reassigned
                | State::Void
                | State::Unknown => ticket.audit_result == Some(AuditResult::Passed),
            };
        self.done(passed, in_round(ticket.audited, standing))
    }

    /// The revisits of this round: the row shows the last, the ledger remembers
    /// those that were dissatisfied.
    fn ratings(&self, standing: &Standing) -> Vec<(Option<Moment>, Satisfaction)> {
        let (ticket, facts) = (self.view.ticket, self.view.facts);
        let is_past = |at: Moment| {
            let mut past = facts.past.iter().filter(|past| past.round < standing.round);
            past.any(|past| past.revisited == Stamp(at))
        };
        let dissatisfied = facts.rounds.dissatisfied.iter().map(|at| Moment::at_instant(*at));
        let remembered = dissatisfied.filter(|at| Some(*at) != ticket.revisited);
        let mut all: Vec<_> = remembered.map(|at| (Some(at), Satisfaction::Dissatisfied)).collect();
        all.extend(ticket.satisfaction.map(|satisfaction| (ticket.revisited, satisfaction)));
        all.retain(|(at, _)| at.is_none_or(|at| at.at() <= self.cut && !is_past(at)));
        all
    }
}

fn earliest<const N: usize>(moments: [Option<Moment>; N]) -> Option<Moment> {
    moments.into_iter().flatten().min_by_key(|moment| moment.at())
}

/// What was left standing from an earlier round does not count for this one.
fn in_round(at: Option<Moment>, standing: &Standing) -> Option<Moment> {
    at.filter(|at| standing.round_start.is_none_or(|start| !start.is_after(*at)))
}

/// A36: asked for and approved by the deputy; without that it still counts.
fn excluded(ticket: &Ticket) -> Excluded {
    if ticket.excluded && ticket.excluded_approved { Excluded::Approved } else { Excluded::No }
}

fn out_of(state: State) -> Option<Out> {
    match state {
        State::Void => Some(Out::Void),
        State::ReturnedUpstream => Some(Out::Upstream),
        State::Received
        | State::DispatchWait
        | State::Dispatched
        | State::DeemedAccepted
        | State::Accepted
        | State::ReturnReview
        | State::Concluded
        | State::FedBack
        | State::AuditRejected
        | State::FedUpstream
        | State::RevisitedOk
        | State::Dissatisfied
        | State::Reassigned
        | State::Archived
        | State::Unknown => None,
    }
}

/// Whether the unit has told the desk of its conclusion.
fn is_fed_back(ticket: &Ticket, state: State) -> bool {
    match state {
        State::FedBack | State::FedUpstream | State::RevisitedOk | State::Dissatisfied | State::Archived => true,
        State::Received
        | State::DispatchWait
        | State::Dispatched
        | State::DeemedAccepted
        | State::Accepted
        | State::ReturnReview
        | State::ReturnedUpstream
        | State::Concluded
        | State::AuditRejected
        | State::Reassigned
        | State::Void
        | State::Unknown => ticket.fed_back.is_some(),
    }
}
