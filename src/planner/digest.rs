//! The daily digest (每日 08:30): what ends today, what is late and what waits, by
//! ticket number. The desk has all of it, the deputy of a unit what the unit holds.
//!
//! It is gathered once a day from where every open ticket stands; whoever has
//! nothing to be told is told nothing.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::{
    calendar::civil,
    notice::{Fact, Facts, Kind, Notice, Occurrence, Role, Subject},
    rules::{Rules, findings::findings, standing::standing},
    ticket::TicketNo,
};

use super::{Policy, View, Watch, after, case::Case, contact, extension, words};

/// A list of the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    /// The conclusion limit ends today.
    DueToday,
    /// The conclusion limit has ended.
    Overdue,
    /// The limit of the first contact ends today.
    ContactDue,
    /// Fed back and not audited.
    AuditPending,
    /// An extension is asked for and not decided.
    ExtensionPending,
    /// Something of the row is unusable or contradictory.
    DataProblems,
}

impl Section {
    const ALL: [Section; 6] = [
        Section::DueToday,
        Section::Overdue,
        Section::ContactDue,
        Section::AuditPending,
        Section::ExtensionPending,
        Section::DataProblems,
    ];

    /// The fact that holds its tickets.
    fn fact(self) -> &'static str {
        match self {
            Section::DueToday => "due_today",
            Section::Overdue => "overdue",
            Section::ContactDue => "contact_due",
            Section::AuditPending => "audit_pending",
            Section::ExtensionPending => "extension_pending",
            Section::DataProblems => "data_problems",
        }
    }
}

/// Tickets by section.
type Lists = BTreeMap<Section, Vec<TicketNo>>;

/// The digest of one day under construction.
#[derive(Clone, Debug)]
pub struct Digest {
    date: NaiveDate,
    due: DateTime<Utc>,
    all: Lists,
    units: BTreeMap<Arc<str>, Lists>,
}

impl Digest {
    /// The empty digest of a day.
    pub fn of(date: NaiveDate, rules: &Rules) -> Self {
        Self { date, due: rules.calm.daily_digest.on(date), all: Lists::new(), units: BTreeMap::new() }
    }

    /// The empty digest of the day of `now`, and when the next one comes due.
    pub fn today(rules: &Rules, now: DateTime<Utc>) -> (Self, DateTime<Utc>) {
        let today = civil::day_of(now);
        let digest = Self::of(today, rules);
        let next = if digest.due > now { digest.due } else { Self::of(today + Days::new(1), rules).due };
        (digest, next)
    }

    /// Its day.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// When it is due.
    pub fn at(&self) -> DateTime<Utc> {
        self.due
    }

    /// Takes in a ticket as it stands at `now`.
    pub fn add(&mut self, view: View<'_>, policy: &Policy, now: DateTime<Utc>) {
        let sections = sections(view, policy, self.date, now);
        if sections.is_empty() {
            return;
        }
        let no = &view.ticket.no;
        add(&mut self.all, &sections, no);
        if let Some(unit) = holder(view, policy, self.date) {
            add(self.units.entry(unit).or_default(), &sections, no);
        }
    }

    /// The notices wanted at `now`: of a day on which nobody watched yet there are
    /// none, and what was not sent on its day is not sent.
    pub fn notices(self, policy: &Policy, watch: Watch, now: DateTime<Utc>) -> Vec<Notice> {
        let ends = civil::end_of(self.date);
        if self.due > now || self.due <= watch.since || ends <= now {
            return Vec::new();
        }
        let late = now - self.due > chrono::TimeDelta::minutes(i64::from(policy.rules.catch_up.late_after_min));
        let Self { date, due, all, units } = self;
        let desk = (!all.is_empty()).then_some((None, all));
        let units = units.into_iter().map(|(unit, lists)| (Some(unit), lists));
        let notices = desk.into_iter().chain(units).map(|(unit, lists)| {
            let mut notice = notice(date, due, unit, lists);
            notice.late = late;
            notice
        });
        notices.collect()
    }
}

fn add(lists: &mut Lists, sections: &[Section], no: &TicketNo) {
    for section in sections {
        lists.entry(*section).or_default().push(no.clone());
    }
}

/// The lists that a ticket stands on.
fn sections(view: View<'_>, policy: &Policy, today: NaiveDate, now: DateTime<Utc>) -> Vec<Section> {
    let standing = standing(view.ticket, &view.facts.rounds, &policy.calendar, &policy.rules, now);
    if standing.state.is_final() {
        return Vec::new();
    }
    // Since when the ledger watches matters to notices only.
    let watch = Watch { since: DateTime::UNIX_EPOCH };
    let case = Case::new(view, &standing, policy, watch, now);
    let is_on = |section: &Section| match section {
        Section::DueToday => case.ends().is_some_and(|(day, end)| day == today && end > now),
        Section::Overdue => case.ends().is_some_and(|(_, end)| end <= now),
        Section::ContactDue => contact::owed(&case).is_some_and(|deadline| deadline.day == today),
        Section::AuditPending => after::awaits_audit(&case),
        Section::ExtensionPending => extension::awaits_decision(&case),
        Section::DataProblems => {
            let found = findings(view.ticket, &standing, &policy.rules, policy.roster.as_deref(), now);
            found.into_iter().any(|anomaly| policy.rules.reports(anomaly))
        }
    };
    Section::ALL.into_iter().filter(is_on).collect()
}

impl Case<'_> {
    /// The last day and the end of the conclusion limit, as long as it matters.
    fn ends(&self) -> Option<(NaiveDate, DateTime<Utc>)> {
        let due = self.standing.conclusion.filter(|_| !self.is_concluded())?;
        Some((due.day, due.due))
    }
}

/// The unit that answers for a ticket on that day. A ticket that no unit answers for
/// is the desk's alone.
fn holder(view: View<'_>, policy: &Policy, day: NaiveDate) -> Option<Arc<str>> {
    let written = view.ticket.units.first()?;
    match policy.roster.as_deref() {
        Some(roster) => roster.answering(written, day).ok().map(|unit| unit.name.clone()),
        None => Some(written.clone()),
    }
}

fn notice(date: NaiveDate, due: DateTime<Utc>, unit: Option<Arc<str>>, mut lists: Lists) -> Notice {
    let subject = Subject::Day { date, unit: unit.clone() };
    let mut facts = Facts::new();
    let mut put = |name: &str, fact: Fact| facts.insert(name.to_owned(), fact);
    put("date", words::text(date.to_string()));
    put("unit", words::text(unit.as_deref().unwrap_or("全局")));
    put("notice_id", words::text(format!("{}/{}", Kind::DailyDigest, subject.text())));
    for section in Section::ALL {
        let mut numbers = lists.remove(&section).unwrap_or_default();
        numbers.sort_unstable();
        put(section.fact(), Fact::List(numbers.iter().map(ToString::to_string).collect()));
    }
    Notice {
        roles: vec![if unit.is_some() { Role::Deputy } else { Role::Desk }],
        unit,
        expires: Some(civil::end_of(date)),
        facts,
        ..Notice::new(Kind::DailyDigest, subject, Occurrence::Once, due)
    }
}
