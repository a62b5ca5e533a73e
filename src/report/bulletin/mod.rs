//! The weekly and the monthly bulletin (通报, art. 6(2) and 11): figures of a
//! period, as of an instant.
//!
//! A bulletin is gathered ticket by ticket, closed ones too. Tickets are named by
//! their numbers only; nothing of a citizen and nobody of the staff is in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Serialize, Serializer};

use crate::{
    calendar::civil,
    notice::Period,
    planner::{Policy, View, words},
    report::rates::{self, Course, Done, RatesReport, Span},
    rules::{
        Standing,
        findings::findings,
        rates::Agenda,
        repeat::{RepeatEntry, RepeatIndex},
        standing::standing,
    },
    ticket::{Anomaly, Moment, Satisfaction, Ticket, TicketNo},
};

mod csv;
mod text;
mod units;

pub use csv::{csv, rates_csv};
pub use text::{headline, lines, text};
use units::Units;
pub use units::{COLUMNS, Pieces};

/// The figures of a week or a month.
#[derive(Clone, Debug)]
pub struct Bulletin {
    pub period: Period,
    pub cut: DateTime<Utc>,
    /// What the readings of the rates are called.
    pub version: String,
    pub calendar: String,
    pub received: Received,
    pub dispatch: Dispatch,
    /// By name.
    pub units: Vec<(Arc<str>, Pieces)>,
    pub rates: RatesReport,
    /// Open and past their end at the cut, the longest first.
    pub overdue: Vec<Overdue>,
    /// Art. 10: what is to be supervised closely.
    pub focus: Vec<Focus>,
    /// Repeat groups that grew in the period.
    pub groups: Vec<Repeated>,
    /// How many tickets of the period have which finding.
    pub findings: Vec<(Anomaly, u64)>,
    /// Rows that are no ticket at all.
    pub unreadable: u64,
    pub agenda: Agenda,
}

/// What came in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Received {
    pub n: u64,
    /// In the period before.
    pub before: u64,
    pub by_source: Vec<(String, u64)>,
    pub by_class: Vec<(String, u64)>,
    pub by_category: Vec<(String, u64)>,
    pub by_town: Vec<(String, u64)>,
}

/// Art. 8(3): what was sent on the day it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dispatch {
    pub same_day: u64,
    pub late: u64,
    /// Answered by the desk itself.
    pub direct: u64,
    /// Not yet.
    pub waiting: u64,
}

/// An open ticket past its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overdue {
    #[serde(serialize_with = "number")]
    pub ticket_no: TicketNo,
    pub unit: Arc<str>,
    pub due: String,
    /// Natural days since.
    pub days: i64,
}

/// A ticket of the list of art. 10, with what put it there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Focus {
    #[serde(serialize_with = "number")]
    pub ticket_no: TicketNo,
    pub unit: Arc<str>,
    pub why: Vec<&'static str>,
}

/// A matter complained of again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repeated {
    pub n: usize,
    pub category: String,
    #[serde(serialize_with = "numbers")]
    pub ticket_nos: Vec<TicketNo>,
}

fn number<S: Serializer>(no: &TicketNo, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(no.as_str())
}

fn numbers<S: Serializer>(nos: &[TicketNo], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(nos.iter().map(TicketNo::as_str))
}

/// Gathers a bulletin, ticket by ticket.
#[derive(Debug)]
pub struct Gather<'a> {
    policy: &'a Policy,
    period: Period,
    cut: DateTime<Utc>,
    before: Span,
    count: rates::Count<'a>,
    units: Units<'a>,
    received: Received,
    by: [BTreeMap<String, u64>; 4],
    dispatch: Dispatch,
    overdue: Vec<Overdue>,
    focus: BTreeMap<TicketNo, Focus>,
    dissatisfied: BTreeMap<TicketNo, Arc<str>>,
    repeats: RepeatIndex,
    findings: BTreeMap<Anomaly, u64>,
    unreadable: u64,
}

impl<'a> Gather<'a> {
    /// Nothing is gathered yet.
    pub fn new(policy: &'a Policy, period: Period, cut: DateTime<Utc>) -> Self {
        let span = Span::from(period);
        Self {
            policy,
            period,
            cut,
            before: period.before().into(),
            count: rates::Count::new(&policy.rules.rates, span, cut),
            units: Units { policy, span, cut, by_unit: BTreeMap::new() },
            received: Received::default(),
            by: Default::default(),
            dispatch: Dispatch::default(),
            overdue: Vec::new(),
            focus: BTreeMap::new(),
            dissatisfied: BTreeMap::new(),
            repeats: RepeatIndex::default(),
            findings: BTreeMap::new(),
            unreadable: 0,
        }
    }

    /// Takes in a row that is no ticket.
    pub fn add_unreadable(&mut self) {
        self.unreadable += 1;
    }

    /// Takes in a ticket.
    pub fn add(&mut self, view: View<'_>) {
        let (ticket, policy) = (view.ticket, self.policy);
        let standing = standing(ticket, &view.facts.rounds, &policy.calendar, &policy.rules, self.cut);
        let rounds = Course::all(view, policy, self.cut);
        self.count.add(&rounds);
        self.units.add(view, &standing, &rounds);
        self.repeat(ticket);
        // The current round stands last.
        let Some(course) = rounds.last() else { return };
        if self.is_received_in(ticket, self.units.span) {
            self.received(ticket, &standing);
            let roster = policy.roster.as_deref();
            for anomaly in findings(ticket, &standing, &policy.rules, roster, self.cut) {
                if policy.rules.reports(anomaly) {
                    *self.findings.entry(anomaly).or_default() += 1;
                }
            }
        } else if self.is_received_in(ticket, self.before) {
            self.received.before += 1;
        }
        self.overdue(course);
        self.remarkable(&rounds);
        self.supervised(view, &standing, course);
    }

    fn is_received_in(&self, ticket: &Ticket, span: Span) -> bool {
        let received = ticket.received.or(ticket.dispatched);
        received.is_some_and(|at| span.contains(at.day()) && at.at() <= self.cut)
    }

    fn received(&mut self, ticket: &Ticket, standing: &Standing) {
        self.received.n += 1;
        let named = |name: Option<&str>, none: &str| name.unwrap_or(none).to_owned();
        let keys = [
            words::source(ticket).to_owned(),
            standing.class.chinese().to_owned(),
            named(ticket.category.as_deref(), "未分类"),
            named(ticket.town.as_deref(), "未知街镇"),
        ];
        for (counts, key) in self.by.iter_mut().zip(keys) {
            *counts.entry(key).or_default() += 1;
        }
        let concluded = standing.is_concluded(ticket);
        match (ticket.received, ticket.dispatched) {
            (Some(received), Some(dispatched)) if dispatched.day() <= received.day() => self.dispatch.same_day += 1,
            (Some(_), Some(_)) => self.dispatch.late += 1,
            (None, Some(_)) => self.dispatch.same_day += 1,
            (_, None) if concluded => self.dispatch.direct += 1,
            (_, None) => self.dispatch.waiting += 1,
        }
    }

    fn repeat(&mut self, ticket: &Ticket) {
        let entry = RepeatEntry::of(ticket);
        let window = TimeDelta::days(i64::from(self.policy.rules.repeat.window_days));
        let since = civil::at(self.period.first(), 0, 0) - window;
        if entry.may_repeat() && entry.received.is_none_or(|at| at >= since && at <= self.cut) {
            self.repeats.insert(entry);
        }
    }

    fn overdue(&mut self, course: &Course) {
        let Some(end) = course.conclusion.filter(|end| end.due <= self.cut) else { return };
        if course.out.is_some() || course.concluded != Done::No {
            return;
        }
        self.overdue.push(Overdue {
            ticket_no: course.no.clone(),
            unit: course.unit.clone(),
            due: words::long(end.due),
            days: (civil::day_of(self.cut) - end.day).num_days(),
        });
    }

    /// Art. 10: what people note here comes to the list.
    fn remarkable(&mut self, rounds: &[Course]) {
        let span = self.units.span;
        for course in rounds.iter().filter(|course| course.out.is_none()) {
            let is_here = |at: &Option<Moment>| at.is_some_and(|at| span.contains(at.day()));
            let mut ratings = course.ratings.iter();
            if ratings.any(|(at, rating)| *rating == Satisfaction::Dissatisfied && is_here(at)) {
                self.note(&course.no, &course.unit, "不满意");
                self.dissatisfied.insert(course.no.clone(), course.unit.clone());
            }
        }
    }

    /// Art. 10: on the list as long as they are open, and in the period of their order.
    fn supervised(&mut self, view: View<'_>, standing: &Standing, course: &Course) {
        let is_new = |issued| self.units.span.contains(civil::day_of(issued));
        if standing.state.is_final() && !view.facts.orders.iter().any(|order| is_new(order.issued)) {
            return;
        }
        for cause in view.ticket.supervision.causes() {
            self.note(&course.no, &course.unit, cause.chinese());
        }
    }

    fn note(&mut self, no: &TicketNo, unit: &Arc<str>, why: &'static str) {
        let new = || Focus { ticket_no: no.clone(), unit: unit.clone(), why: Vec::new() };
        let focus = self.focus.entry(no.clone()).or_insert_with(new);
        if !focus.why.contains(&why) {
            focus.why.push(why);
        }
    }

    /// The figures.
    pub fn done(mut self) -> Bulletin {
        let groups = self.groups();
        let repeated: BTreeSet<&TicketNo> = groups.iter().flat_map(|group| &group.ticket_nos).collect();
        for (no, unit) in std::mem::take(&mut self.dissatisfied) {
            if repeated.contains(&no) {
                self.note(&no, &unit, "多次反映且不满意");
            }
        }
        let mut overdue = self.overdue;
        overdue.sort_by(|a, b| (b.days, &a.ticket_no).cmp(&(a.days, &b.ticket_no)));
        let [source, class, category, town] = self.by.map(most_first);
        Bulletin {
            period: self.period,
            cut: self.cut,
            version: self.policy.rules.rates.version.clone(),
            calendar: self.policy.calendar.version().to_owned(),
            received: Received {
                by_source: source,
                by_class: class,
                by_category: category,
                by_town: town,
                ..self.received
            },
            dispatch: self.dispatch,
            units: self.units.by_unit.into_iter().collect(),
            rates: self.count.done(),
            overdue,
            focus: self.focus.into_values().collect(),
            groups,
            findings: self.findings.into_iter().collect(),
            unreadable: self.unreadable,
            agenda: match self.period {
                Period::Week(_) => Agenda::Off,
                Period::Month(_) => self.policy.rules.bulletin.agenda,
            },
        }
    }

    /// The groups that are large enough and have a ticket of the period.
    fn groups(&self) -> Vec<Repeated> {
        let rules = &self.policy.rules;
        let is_here = |at: &Option<DateTime<Utc>>| at.is_some_and(|at| self.units.span.contains(civil::day_of(at)));
        let large = self.repeats.groups(rules.repeat.window_days).into_iter().filter(|group| {
            group.members.len() >= usize::from(rules.bulletin.groups_from) && group.received.iter().any(is_here)
        });
        let mut groups: Vec<Repeated> = large
            .map(|group| {
                let newest = group.members.last().and_then(|no| self.repeats.get(no));
                let (large, small) =
                    newest.map_or((None, None), |entry| (entry.category.as_deref(), entry.subcategory.as_deref()));
                Repeated { n: group.members.len(), category: words::category(large, small), ticket_nos: group.members }
            })
            .collect();
        groups.sort_by(|a, b| (b.n, &a.ticket_nos).cmp(&(a.n, &b.ticket_nos)));
        groups
    }
}

/// The largest number first, then by name.
fn most_first(counts: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

impl Bulletin {
    /// Only what concerns one unit; the figures of the whole bureau stay.
    pub fn only(&mut self, unit: &str) {
        self.units.retain(|(name, _)| **name == *unit);
        self.rates.units.retain(|of| *of.unit == *unit);
        self.overdue.retain(|overdue| *overdue.unit == *unit);
        self.focus.retain(|focus| *focus.unit == *unit);
    }

    /// What makes a bulletin that was issued wrong when it changes: the five rates
    /// of each unit.
    pub fn figures(&self) -> String {
        let five = |rates: &rates::Five| rates::Rate::ALL.map(|rate| rates.of(rate).share.text()).join(" ");
        let units = self.rates.units.iter().map(|unit| format!("{}: {}", unit.unit, five(&unit.rates)));
        [five(&self.rates.all)].into_iter().chain(units).collect::<Vec<_>>().join("\n")
    }
}
