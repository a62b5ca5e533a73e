//! The open tickets in memory, and when each is to be looked at again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Datelike, Utc};

use crate::{
    planner::{self, GroupView, Order, Plan, Policy, Seen, SmsOutcome, TicketFacts, View, Watch},
    rules::{
        Standing, State,
        burst::{Bursts, Topic},
        repeat::{RepeatEntry, RepeatIndex},
        standing,
    },
    ticket::{Ticket, TicketNo},
};

/// An open ticket with what is remembered of it.
#[derive(Debug)]
struct Entry {
    ticket: Ticket,
    facts: TicketFacts,
    outcomes: Vec<SmsOutcome>,
    next: Option<DateTime<Utc>>,
    /// Whether its set has been kept before.
    planned: bool,
    /// The unknown year that a deadline of it needs.
    unknown_year: Option<i32>,
}

impl Entry {
    /// What a policy makes of it, changing nothing.
    fn under(&self, policy: &Policy, watch: Watch, now: DateTime<Utc>) -> (Plan, Vec<Seen>, Option<i32>) {
        let standing =
            crate::rules::standing::standing(&self.ticket, &self.facts.rounds, &policy.calendar, &policy.rules, now);
        let seen = planner::observe(&self.ticket, &standing, &self.facts);
        let view = View { ticket: &self.ticket, facts: &self.facts, outcomes: &self.outcomes, told: &[] };
        let (standing, plan) = planner::wanted(view, policy, watch, now);
        (plan, seen, unknown_year(&standing))
    }
}

/// The unknown year that a deadline of a ticket needs.
fn unknown_year(standing: &Standing) -> Option<i32> {
    let needed = standing.conclusion.filter(|due| due.provisional && !standing.state.is_final());
    needed.map(|due| due.day.year())
}

/// What a look at a ticket gave.
#[derive(Debug)]
pub struct Planned {
    pub no: TicketNo,
    /// Empty for a ticket of which nothing more is owed.
    pub plan: Plan,
    /// Facts worth remembering that the ledger does not know yet.
    pub seen: Vec<Seen>,
}

/// The open tickets, indexed by the instant of their next change; a look costs
/// what changed, not what is open.
#[derive(Debug, Default)]
pub struct Book {
    entries: HashMap<TicketNo, Entry>,
    wakes: BTreeSet<(DateTime<Utc>, TicketNo)>,
    /// Open tickets that are not concluded and that time alone changes no more.
    idle: BTreeSet<TicketNo>,
    repeats: RepeatIndex,
    /// The group that a ticket is known to belong to, by its first ticket.
    identities: HashMap<TicketNo, TicketNo>,
    /// Tickets whose groups are to be looked at.
    regrouped: BTreeSet<TicketNo>,
    /// When the set of a group changes by time alone, by its first ticket, with a
    /// ticket of it by which it is found.
    group_wakes: BTreeMap<TicketNo, (DateTime<Utc>, TicketNo)>,
    /// The newest form of a group, by its first ticket.
    forms: HashMap<TicketNo, Order>,
    /// Tickets of the last days by matter and town.
    bursts: Bursts,
    /// From when on tickets are looked at for bursts.
    bursts_since: DateTime<Utc>,
    /// Unknown years that deadlines of open tickets need, with how many need each.
    unknown_years: BTreeMap<i32, u32>,
}

impl Book {
    /// Whether the ticket is held as open.
    pub fn holds(&self, no: &TicketNo) -> bool {
        self.entries.contains_key(no)
    }

    /// Whether the ticket has been planned before: something of it may be open.
    pub fn was_open(&self, no: &TicketNo) -> bool {
        self.entries.get(no).is_some_and(|entry| entry.planned)
    }

    /// Drops a ticket: nothing is planned of it until it is taken in again.
    pub fn drop(&mut self, no: &TicketNo) {
        if let Some(entry) = self.entries.remove(no) {
            if let Some(next) = entry.next {
                self.wakes.remove(&(next, no.clone()));
            }
            self.idle.remove(no);
            count(&mut self.unknown_years, entry.unknown_year, None);
        }
    }

    /// How many tickets are open.
    pub fn open(&self) -> usize {
        self.entries.len()
    }

    /// Takes in a ticket as it is now, with what the ledger remembers of it if
    /// the book does not hold it yet.
    pub fn take(&mut self, ticket: Ticket, remembered: Option<(TicketFacts, Vec<SmsOutcome>)>) {
        self.bursts.insert(&ticket, self.bursts_since);
        let repeat = RepeatEntry::of(&ticket);
        if repeat.may_repeat() {
            let no = repeat.no.clone();
            // A ticket seen for the first time, by this process or since it was
            // closed, has its group looked at though nothing of it changed.
            if self.repeats.insert(repeat) || !self.holds(&no) {
                self.regrouped.insert(no);
            }
        }
        match self.entries.get_mut(&ticket.no) {
            Some(entry) => entry.ticket = ticket,
            None => {
                let (facts, outcomes) = remembered.unwrap_or_default();
                let entry = Entry { ticket, facts, outcomes, next: None, planned: false, unknown_year: None };
                self.entries.insert(entry.ticket.no.clone(), entry);
            }
        }
    }

    /// Remembers which group a ticket belongs to, from the ledger.
    pub fn remember_group(&mut self, member: TicketNo, first: TicketNo) {
        self.identities.insert(member, first);
    }

    /// Takes in a closed ticket of an earlier run, from the ledger.
    pub fn remember_repeat(&mut self, entry: RepeatEntry) {
        self.repeats.insert(entry);
    }

    /// New outcomes of SMS to a ticket's citizen.
    pub fn set_outcomes(&mut self, no: &TicketNo, outcomes: Vec<SmsOutcome>) {
        if let Some(entry) = self.entries.get_mut(no) {
            entry.outcomes = outcomes;
        }
    }

    /// The tickets whose set changes by time alone at or before `now`.
    pub fn due(&self, now: DateTime<Utc>) -> Vec<TicketNo> {
        self.wakes.iter().take_while(|(at, _)| *at <= now).map(|(_, no)| no.clone()).collect()
    }

    /// Every open ticket with what is remembered of it.
    pub fn views(&self) -> impl Iterator<Item = View<'_>> {
        self.entries.values().map(|entry| View {
            ticket: &entry.ticket,
            facts: &entry.facts,
            outcomes: &entry.outcomes,
            told: &[],
        })
    }

    /// Open tickets that are not concluded and that time alone changes no more.
    pub fn idle(&self) -> &BTreeSet<TicketNo> {
        &self.idle
    }

    /// The next instant at which any set changes by time alone.
    pub fn next_wake(&self) -> Option<DateTime<Utc>> {
        let of_groups = self.group_wakes.values().map(|(at, _)| *at);
        self.wakes.first().map(|(at, _)| *at).into_iter().chain(of_groups).min()
    }

    /// An order that was issued for a ticket; says whether the book holds it.
    pub fn remember_order(&mut self, no: &TicketNo, order: Order) -> bool {
        let Some(entry) = self.entries.get_mut(no) else { return false };
        if !entry.facts.orders.contains(&order) {
            entry.facts.orders.push(order);
        }
        true
    }

    /// A form that was issued for a group; the group is looked at again.
    pub fn remember_form(&mut self, first: &TicketNo, form: Order) {
        let newest = self.forms.entry(first.clone()).or_insert(form);
        if form.issued >= newest.issued {
            *newest = form;
        }
        self.regroup(first);
    }

    /// Has a group looked at again.
    pub fn regroup(&mut self, first: &TicketNo) {
        // The first ticket may have aged out: any of the group will do.
        let member = self.group_wakes.get(first).map(|(_, member)| member);
        let member = member.or_else(|| self.identities.iter().find(|(_, of)| *of == first).map(|(member, _)| member));
        self.regrouped.insert(member.unwrap_or(first).clone());
    }

    /// The tickets of a group as it stands, the oldest first.
    pub fn members(&self, first: &TicketNo, window_days: u32) -> Vec<TicketNo> {
        let of_group = self.identities.iter().filter(|(_, of)| *of == first).map(|(member, _)| member);
        let found = of_group.chain([first]).find_map(|member| self.repeats.group_of(member, window_days));
        found.map_or_else(Vec::new, |group| group.members)
    }

    /// The open tickets of which another policy wants something else, sees something
    /// else or waits for another instant; and those that are due by now anyhow.
    pub fn touched(&self, [old, new]: [&Policy; 2], watch: Watch, now: DateTime<Utc>) -> BTreeSet<TicketNo> {
        let is_touched = |entry: &Entry| {
            entry.next.is_none_or(|next| next <= now) || entry.under(old, watch, now) != entry.under(new, watch, now)
        };
        self.entries.iter().filter(|(_, entry)| is_touched(entry)).map(|(no, _)| no.clone()).collect()
    }

    /// Plans one ticket; a ticket of which nothing more is owed leaves the book.
    pub fn plan(&mut self, no: &TicketNo, policy: &Policy, watch: Watch, now: DateTime<Utc>) -> Option<Planned> {
        let entry = self.entries.get_mut(no)?;
        let standing = standing::standing(&entry.ticket, &entry.facts.rounds, &policy.calendar, &policy.rules, now);
        // What is seen first has an effect on this very plan.
        let seen = planner::observe(&entry.ticket, &standing, &entry.facts);
        for fact in &seen {
            entry.facts.add(&fact.what, &fact.value, now);
        }
        let view = View { ticket: &entry.ticket, facts: &entry.facts, outcomes: &entry.outcomes, told: &[] };
        let (standing, plan) = planner::wanted(view, policy, watch, now);
        if let Some(old) = entry.next.take() {
            self.wakes.remove(&(old, no.clone()));
        }
        let before = std::mem::replace(&mut entry.unknown_year, unknown_year(&standing));
        let after = entry.unknown_year;
        count(&mut self.unknown_years, before, after);
        if standing.state.is_final() {
            self.entries.remove(no);
            self.idle.remove(no);
            return Some(Planned { no: no.clone(), plan, seen });
        }
        let entry = self.entries.get_mut(no)?;
        entry.next = plan.next;
        entry.planned = true;
        match plan.next {
            Some(next) => {
                self.wakes.insert((next, no.clone()));
                self.idle.remove(no);
            }
            None if is_owed(standing.state) => _ = self.idle.insert(no.clone()),
            None => _ = self.idle.remove(no),
        }
        Some(Planned { no: no.clone(), plan, seen })
    }

    /// Plans the groups that changed since the last call: identity, members, plan.
    pub fn plan_groups(
        &mut self,
        policy: &Policy,
        watch: Watch,
        now: DateTime<Utc>,
    ) -> Vec<(TicketNo, Vec<TicketNo>, Plan)> {
        let mut planned = BTreeMap::new();
        let mut done = BTreeSet::new();
        let due = self.group_wakes.values().filter(|(at, _)| *at <= now).map(|(_, member)| member.clone());
        let due: Vec<TicketNo> = due.collect();
        self.group_wakes.retain(|_, (at, _)| *at > now);
        self.regrouped.extend(due);
        for no in std::mem::take(&mut self.regrouped) {
            // Its group was looked at with another of its tickets.
            if done.contains(&no) {
                continue;
            }
            let Some(group) = self.repeats.group_of(&no, policy.rules.repeat.window_days) else { continue };
            let known = group.members.iter().find_map(|member| self.identities.get(member));
            let identity = known.unwrap_or(group.first()).clone();
            if planned.contains_key(&identity) {
                continue;
            }
            let Some(newest) = group.members.last().and_then(|no| self.repeats.get(no)) else { continue };
            let form = self.forms.get(&identity).copied();
            let meeting = group.members.iter().filter_map(|no| self.repeats.get(no)?.meeting).max();
            let view = GroupView { identity: &identity, group: &group, newest, form, meeting };
            let plan = planner::group(view, policy, watch, now);
            self.group_wakes.remove(&identity);
            if let Some(next) = plan.next {
                self.group_wakes.insert(identity.clone(), (next, no.clone()));
            }
            for member in &group.members {
                self.identities.insert(member.clone(), identity.clone());
                done.insert(member.clone());
            }
            planned.insert(identity, (group.members, plan));
        }
        planned.into_iter().map(|(identity, (members, plan))| (identity, members, plan)).collect()
    }

    /// Bursts are looked for among tickets received since `since`.
    pub fn look_for_bursts_since(&mut self, since: DateTime<Utc>) {
        self.bursts_since = since;
        self.bursts.prune(since);
    }

    /// Plans the bursts of the topics that changed since the last call.
    pub fn plan_topics(&mut self, policy: &Policy, watch: Watch, now: DateTime<Utc>) -> Vec<Plan> {
        let rules = &policy.rules.hot_topic;
        let changed = self.bursts.take_changed();
        let mut plan = |topic: Topic| {
            let bursts = self.bursts.of(&topic, rules.tickets, rules.hours);
            let plan = planner::topic(&topic, &bursts, policy, watch, now);
            if plan.next.is_some() {
                // A ticket received in the future: looked at again with every poll.
                self.bursts.look_again(topic);
            }
            plan
        };
        changed.into_iter().map(&mut plan).collect()
    }

    /// The repeat entry of a ticket, for the ledger.
    pub fn repeat_entry(&self, no: &TicketNo) -> Option<&RepeatEntry> {
        self.repeats.get(no)
    }

    /// Unknown years that open tickets need, with how many need each.
    pub fn unknown_years(&self) -> &BTreeMap<i32, u32> {
        &self.unknown_years
    }

    /// An empty book that still knows the groups.
    pub fn fresh(&mut self) -> Book {
        let (repeats, identities) = (std::mem::take(&mut self.repeats), std::mem::take(&mut self.identities));
        Book { repeats, identities, forms: std::mem::take(&mut self.forms), ..Book::default() }
    }
}

/// Whether an answer is owed to the citizen. What comes after the conclusion may be
/// long past at a first start; the daily list has it.
fn is_owed(state: State) -> bool {
    match state {
        State::Received
        | State::DispatchWait
        | State::Dispatched
        | State::DeemedAccepted
        | State::Accepted
        | State::ReturnReview
        | State::AuditRejected
        | State::Reassigned
        | State::Unknown => true,
        State::ReturnedUpstream
        | State::Concluded
        | State::FedBack
        | State::FedUpstream
        | State::RevisitedOk
        | State::Dissatisfied
        | State::Archived
        | State::Void => false,
    }
}

/// Moves a ticket from one unknown year to another.
fn count(years: &mut BTreeMap<i32, u32>, before: Option<i32>, after: Option<i32>) {
    if before == after {
        return;
    }
    if let Some(year) = before
        && let Some(n) = years.get_mut(&year)
    {
        *n -= 1;
        if *n == 0 {
            years.remove(&year);
        }
    }
    if let Some(year) = after {
        *years.entry(year).or_insert(0) += 1;
    }
}
