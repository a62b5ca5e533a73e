//! Where a ticket stands: its round, class, deadlines and state at an instant.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    calendar::Calendar,
    ticket::{AuditResult, Difficulty, Moment, Origin, Satisfaction, Status, Ticket, Urgency},
};

use super::{
    deadline::{Count, Deadline},
    grant,
    settings::{
        ComplexOrUrgent, ConclusionStart, ContactStart, DaysOf12319, EarlierContact, ExtensionBase, ExtensionUnit,
        LastDay, LateReceipt, PlatformDue, RoundTwo, Rules, Substitute, UnknownYear,
    },
    state::{Class, ConclusionFrom, Regime, State},
};

/// What the ledger remembers of a ticket's earlier rounds, which the platform
/// has overwritten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoundFacts {
    /// Instants of dissatisfied revisits seen so far.
    pub dissatisfied: Vec<DateTime<Utc>>,
    /// Round and the instant of the dispatch that began it, for later rounds.
    pub round_starts: Vec<(u16, DateTime<Utc>)>,
    /// Approved extensions seen so far.
    pub grants: Vec<Grant>,
}

/// An approved extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub approved: DateTime<Utc>,
    pub days: u16,
}

/// Where a ticket stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub round: u16,
    /// The dispatch that began the round; `None` in round 1.
    pub round_start: Option<Moment>,
    pub class: Class,
    /// False if the row says nothing usable of the class.
    pub class_known: bool,
    pub regime: Regime,
    pub conclusion_from: ConclusionFrom,
    /// Art. 9(1).
    pub first_contact: Option<Deadline>,
    /// Art. 9(2)3.
    pub return_window: Option<Deadline>,
    /// Art. 9(3)1, with the extension.
    pub conclusion: Option<Deadline>,
    /// Art. 8(6), after a dissatisfied revisit.
    pub second_revisit: Option<Deadline>,
    /// Days of the extension that counts; 0 without.
    pub extension_days: u16,
    pub state: State,
}

/// Decides where `ticket` stands at `now`.
pub fn standing(
    ticket: &Ticket,
    facts: &RoundFacts,
    calendar: &Calendar,
    rules: &Rules,
    now: DateTime<Utc>,
) -> Standing {
    let (class, class_known) = class_of(ticket, rules);
    let regime = match ticket.origin {
        Some(Origin::Hotline12319) => Regime::Days12319,
        Some(Origin::Hotline12345 | Origin::Grid) | None => Regime::Workdays1310,
    };
    let (round, round_start) = round_of(ticket, facts);
    let grant = grant::counting(ticket, facts, round_start, rules.extension.once);
    let counter = Counter { ticket, calendar, rules, class, regime, grant };
    let (conclusion_from, conclusion, extension_days) = counter.conclusion(round, round_start);
    let return_window = counter.return_window();
    let state = state_of(ticket, round, return_window.as_ref(), now);
    Standing {
        round,
        round_start,
        class,
        class_known,
        regime,
        conclusion_from,
        first_contact: counter.first_contact(),
        return_window,
        conclusion,
        second_revisit: counter.second_revisit(),
        extension_days,
        state,
    }
}

impl Standing {
    /// Whether the conclusion duty of this round is met.
    ///
    /// A state word before 已办结 says no, whatever time still stands in 办结时间
    /// (an audit rejection leaves it there); an unknown word lets the time speak.
    pub fn is_concluded(&self, ticket: &Ticket) -> bool {
        let in_round = |at: Moment| self.round_start.is_none_or(|start| !start.is_after(at));
        match self.state {
            State::Concluded | State::FedBack | State::FedUpstream | State::RevisitedOk | State::Dissatisfied => true,
            State::Archived | State::Void | State::ReturnedUpstream => true,
            State::Received
            | State::DispatchWait
            | State::Dispatched
            | State::DeemedAccepted
            | State::Accepted
            | State::ReturnReview
            | State::AuditRejected
            | State::Reassigned => false,
            State::Unknown => ticket.concluded.is_some_and(|at| in_round(at) && !is_rejected(ticket, at)),
        }
    }

    /// The real contact that counts for this round, if it has been made by `now`.
    pub fn contact(&self, ticket: &Ticket, rules: &Rules, now: DateTime<Utc>) -> Option<Moment> {
        let since = match rules.first_contact.contact_before_assignment {
            EarlierContact::Counts => self.round_start,
            EarlierContact::EachUnitAnew => ticket.dispatched,
        };
        ticket
            .contacted
            .filter(|contacted| contacted.at() <= now)
            .filter(|contacted| since.is_none_or(|since| !since.is_after(*contacted)))
    }

    /// Whether the current assignment has ended by an approved return.
    pub fn assignment_is_over(&self, ticket: &Ticket) -> bool {
        use crate::ticket::ReturnResult;
        let returned = ticket.return_result == Some(ReturnResult::Agreed);
        let after_dispatch = match (ticket.return_applied, ticket.dispatched) {
            (Some(applied), Some(dispatched)) => !dispatched.is_after(applied),
            (None, _) | (_, None) => true,
        };
        returned && after_dispatch
    }
}

/// Whether a conclusion was sent back by the audit that followed it.
fn is_rejected(ticket: &Ticket, concluded: Moment) -> bool {
    let audited = ticket.audited.is_some_and(|audited| !concluded.is_after(audited));
    audited && ticket.audit_result == Some(AuditResult::Rejected)
}

/// 紧急程度 decides first, then 办理类别; nothing usable in both is complex (A05).
fn class_of(ticket: &Ticket, rules: &Rules) -> (Class, bool) {
    let simple_inquiry = ticket.inquiry && rules.conclusion.simple_inquiry == ComplexOrUrgent::Urgent;
    match (ticket.urgency, ticket.difficulty) {
        (Some(Urgency::Urgent), _) => (Class::Urgent, true),
        (_, Some(Difficulty::Simple)) if simple_inquiry => (Class::Urgent, true),
        (_, Some(Difficulty::Difficult)) => (Class::Difficult, true),
        (_, Some(Difficulty::Simple | Difficulty::Complex)) | (Some(Urgency::Normal), None) => (Class::Complex, true),
        (None, None) => match rules.conclusion.unknown_class {
            ComplexOrUrgent::Complex => (Class::Complex, false),
            ComplexOrUrgent::Urgent => (Class::Urgent, false),
        },
    }
}

/// A new round begins with the dispatch that follows a dissatisfied revisit.
fn round_of(ticket: &Ticket, facts: &RoundFacts) -> (u16, Option<Moment>) {
    let start = ticket.reassigned.or(ticket.dispatched);
    let now_dissatisfied =
        ticket.revisited.filter(|_| ticket.satisfaction == Some(Satisfaction::Dissatisfied)).map(Moment::at);
    if now_dissatisfied.is_none() && facts.dissatisfied.is_empty() && ticket.reassigned.is_none() {
        return (1, None);
    }
    let mut revisits = facts.dissatisfied.clone();
    revisits.extend(now_dissatisfied);
    revisits.sort();
    revisits.dedup();
    let before =
        |start: Moment| revisits.iter().filter(|revisit| start.is_after(Moment::at_instant(**revisit))).count();
    let passed = start.map_or(0, before).max(usize::from(ticket.reassigned.is_some()));
    let round = u16::try_from(passed).unwrap_or(u16::MAX - 1) + 1;
    if round == 1 {
        return (1, None);
    }
    let remembered = facts.round_starts.iter().filter(|(r, _)| *r == round).map(|(_, at)| *at).min();
    (round, remembered.map(Moment::at_instant).or(start))
}

/// The deadlines of one ticket.
struct Counter<'a> {
    ticket: &'a Ticket,
    calendar: &'a Calendar,
    rules: &'a Rules,
    class: Class,
    regime: Regime,
    /// The extension that counts in this round.
    grant: Option<Grant>,
}

impl Counter<'_> {
    /// A limit in the regime's unit; 12319 counts natural days, by setting not
    /// for first contact and return (A07).
    fn in_mode(&self, n: u32, of_12319: DaysOf12319) -> Count {
        match (self.regime, of_12319) {
            (Regime::Days12319, DaysOf12319::Natural) => Count::Days(n),
            (Regime::Days12319, DaysOf12319::Workdays) | (Regime::Workdays1310, _) => Count::Workdays(n),
        }
    }

    fn end(&self, start: NaiveDate, count: Count) -> Option<Deadline> {
        // A date outside the calendar's years gives no deadline; the reader
        // refuses such dates long before.
        let deadline = Deadline::count(self.calendar, start, count, self.rules.conclusion.end_of_day).ok()?;
        match self.rules.conclusion.unknown_year {
            UnknownYear::NoDeadline if deadline.provisional => None,
            UnknownYear::NoDeadline | UnknownYear::Provisional => Some(deadline),
        }
    }

    fn first_contact(&self) -> Option<Deadline> {
        let start = match self.rules.first_contact.starts {
            ContactStart::Dispatched => self.ticket.dispatched,
            ContactStart::Received => self.ticket.received,
            ContactStart::Accepted => self.ticket.accepted.or(self.ticket.dispatched),
        };
        self.end(start?.day(), self.in_mode(self.rules.first_contact.days, self.rules.first_contact.days_12319))
    }

    fn return_window(&self) -> Option<Deadline> {
        let days = match self.class {
            Class::Urgent | Class::Complex => self.rules.return_window.days,
            Class::Difficult => self.rules.return_window.days_difficult,
        };
        self.end(self.ticket.dispatched?.day(), self.in_mode(days, self.rules.return_window.days_12319))
    }

    fn limit(&self, round: u16) -> Count {
        let (limits, revisit) = match self.regime {
            Regime::Workdays1310 => (self.rules.conclusion.workdays_12345, &self.rules.second_revisit),
            Regime::Days12319 => (self.rules.conclusion.days_12319, &self.rules.second_revisit),
        };
        if round > 1 && revisit.round_two == RoundTwo::Workdays {
            return Count::Workdays(revisit.round_two_workdays);
        }
        let days = match self.class {
            Class::Urgent => limits.urgent,
            Class::Complex => limits.complex,
            Class::Difficult => limits.difficult,
        };
        self.in_mode(days, DaysOf12319::Natural)
    }

    fn conclusion(&self, round: u16, round_start: Option<Moment>) -> (ConclusionFrom, Option<Deadline>, u16) {
        let (from, start) = self.conclusion_start(round_start);
        let Some(start) = start else { return (from, None, 0) };
        let original = self.end(self.moved_start(start.day()), self.limit(round)).map(|end| self.rolled(end));
        let days = self.grant.map_or(0, |grant| grant.days);
        let extended = original.and_then(|deadline| self.extend(deadline, days));
        (from, extended.or(original).map(|end| self.by_platform(end)), days)
    }

    /// A 12319 limit whose last day is a day off, by setting moved to the next
    /// working day (Civil Code, art. 203).
    fn rolled(&self, end: Deadline) -> Deadline {
        let works = self.calendar.is_workday(end.day).is_ok_and(|works| works.value);
        match (self.regime, self.rules.conclusion.last_day_12319) {
            (Regime::Days12319, LastDay::NextWorkday) if !works => {
                let moved = end.moved(self.next_workday(end.day), self.rules.conclusion.end_of_day);
                Deadline { original_day: moved.day, original_due: moved.due, ..moved }
            }
            (Regime::Days12319 | Regime::Workdays1310, _) => end,
        }
    }

    /// The end that the platform shows, where the setting prefers it (A38).
    fn by_platform(&self, end: Deadline) -> Deadline {
        let Some(platform) = self.ticket.platform_due.map(Moment::day) else { return end };
        match self.rules.conclusion.platform_due {
            PlatformDue::Own => end,
            PlatformDue::Platform => end.moved(platform, self.rules.conclusion.end_of_day),
            PlatformDue::Earlier => end.moved(platform.min(end.day), self.rules.conclusion.end_of_day),
        }
    }

    fn next_workday(&self, day: NaiveDate) -> NaiveDate {
        self.calendar.nth_workday_after(day, crate::calendar::Workdays(1)).map_or(day, |counted| counted.value)
    }

    fn conclusion_start(&self, round_start: Option<Moment>) -> (ConclusionFrom, Option<Moment>) {
        if let Some(start) = round_start {
            return (ConclusionFrom::Reassigned, Some(start));
        }
        let substitute = match self.rules.conclusion.substitute {
            Substitute::Dispatched => self.ticket.dispatched,
            Substitute::None => None,
        };
        let received = match self.rules.conclusion.starts {
            ConclusionStart::Received => self.ticket.received,
            ConclusionStart::Dispatched => None,
        };
        match (received, substitute) {
            (Some(received), _) => (ConclusionFrom::Received, Some(received)),
            (None, Some(dispatched)) => (ConclusionFrom::Dispatched, Some(dispatched)),
            (None, None) => (ConclusionFrom::None, None),
        }
    }

    fn moved_start(&self, day: NaiveDate) -> NaiveDate {
        let works = self.calendar.is_workday(day).is_ok_and(|works| works.value);
        match self.rules.conclusion.late_receipt {
            LateReceipt::NextWorkday if !works => self.next_workday(day),
            LateReceipt::NextWorkday | LateReceipt::SameDate => day,
        }
    }

    fn extend(&self, deadline: Deadline, days: u16) -> Option<Deadline> {
        if days == 0 {
            return None;
        }
        let count = match (self.regime, self.rules.extension.unit_12319) {
            (Regime::Days12319, ExtensionUnit::Natural) => Count::Days(days.into()),
            (Regime::Days12319 | Regime::Workdays1310, _) => Count::Workdays(days.into()),
        };
        let from = match self.rules.extension.base {
            ExtensionBase::Deadline => None,
            ExtensionBase::Approval => self.grant.map(|grant| crate::calendar::civil::day_of(grant.approved)),
        };
        deadline.extend(self.calendar, count, from, self.rules.conclusion.end_of_day).ok()
    }

    fn second_revisit(&self) -> Option<Deadline> {
        let dissatisfied = self.ticket.satisfaction == Some(Satisfaction::Dissatisfied);
        let revisited = self.ticket.revisited.filter(|_| dissatisfied)?;
        self.end(revisited.day(), Count::Workdays(self.rules.second_revisit.workdays))
    }
}

fn state_of(ticket: &Ticket, round: u16, return_window: Option<&Deadline>, now: DateTime<Utc>) -> State {
    let Some(status) = ticket.status else { return State::Unknown };
    match status {
        Status::Received => State::Received,
        Status::DispatchWait => State::DispatchWait,
        // Art. 9(2)3: not returned in time counts as taken.
        Status::Dispatched if return_window.is_some_and(|window| window.due <= now) => State::DeemedAccepted,
        Status::Dispatched => State::Dispatched,
        Status::Accepted | Status::ExtensionReview => State::Accepted,
        Status::ReturnReview => State::ReturnReview,
        Status::ReturnedUpstream => State::ReturnedUpstream,
        // A time entered for a later instant is believed when it comes.
        Status::Concluded if ticket.concluded.is_some_and(|concluded| concluded.at() > now) => State::Accepted,
        Status::Concluded => State::Concluded,
        Status::FedBack => State::FedBack,
        Status::AuditRejected => State::AuditRejected,
        Status::FedUpstream => State::FedUpstream,
        Status::Revisited => State::RevisitedOk,
        Status::Dissatisfied => State::Dissatisfied,
        Status::Reassigned if round > 1 => State::Reassigned,
        Status::Reassigned => State::Dissatisfied,
        Status::Archived => State::Archived,
        Status::Void => State::Void,
    }
}
