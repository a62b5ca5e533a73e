//! Tickets whose rows are no longer in the store.
//!
//! For a day the last state stands and nothing is cancelled; then the desk is
//! told, and nothing more is sent about the ticket until its row is back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    outbox::{FactSeen, Wanted},
    planner::{self, Policy},
    ticket::TicketNo,
};

/// What the ledger calls the facts of this file: `row:1772525400`.
const ROW: &str = "row:";

#[derive(Clone, Copy, Debug)]
struct Absence {
    since: DateTime<Utc>,
    told: Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    NotYet,
    ToTheDesk,
}

/// The rows that are gone, and since when.
#[derive(Debug, Default)]
pub(super) struct Gone(BTreeMap<TicketNo, Absence>);

impl Gone {
    pub fn has(&self, no: &TicketNo) -> bool {
        self.0.contains_key(no)
    }

    /// A row of the ticket is there again; the fact to remember, if it was gone.
    pub fn back(&mut self, no: &TicketNo, now: DateTime<Utc>) -> Option<FactSeen> {
        self.0.remove(no).map(|_| fact(no, now, "back"))
    }

    /// The row went just now.
    pub fn went(&mut self, no: &TicketNo, now: DateTime<Utc>) -> FactSeen {
        self.0.insert(no.clone(), Absence { since: now, told: Told::NotYet });
        fact(no, now, "gone")
    }

    /// The row was gone already when the daemon started, as the ledger remembers.
    pub fn was(&mut self, no: &TicketNo, facts: &[FactSeen]) -> bool {
        let rows = facts.iter().filter(|fact| fact.ticket == *no && fact.what.starts_with(ROW));
        let last = rows.max_by_key(|fact| fact.first_seen).filter(|fact| fact.value == "gone");
        if let Some(last) = last {
            self.0.insert(no.clone(), Absence { since: last.first_seen, told: Told::NotYet });
        }
        last.is_some()
    }

    /// The tickets that are to be frozen now, with what the desk is told of each.
    pub fn due(&mut self, policy: &Policy, now: DateTime<Utc>) -> Vec<(TicketNo, Wanted)> {
        let patience = patience(policy);
        let mut due = Vec::new();
        for (no, absence) in &mut self.0 {
            if absence.told == Told::NotYet && now - absence.since >= patience {
                absence.told = Told::ToTheDesk;
                let notice = planner::vanished(no, absence.since, absence.since + patience);
                due.push((no.clone(), Wanted { scope: format!("T/{no}"), notices: vec![notice] }));
            }
        }
        due
    }

    /// When the next ticket is to be frozen.
    pub fn next(&self, policy: &Policy) -> Option<DateTime<Utc>> {
        let waiting = self.0.values().filter(|absence| absence.told == Told::NotYet);
        waiting.map(|absence| absence.since + patience(policy)).min()
    }

    /// Forgets what was told in this run, after a commit that failed.
    pub fn tell_again(&mut self, numbers: &BTreeSet<TicketNo>) {
        for (no, absence) in &mut self.0 {
            if numbers.contains(no) {
                absence.told = Told::NotYet;
            }
        }
    }
}

fn patience(policy: &Policy) -> TimeDelta {
    TimeDelta::hours(policy.rules.vanished.hours.into())
}

fn fact(no: &TicketNo, now: DateTime<Utc>, value: &str) -> FactSeen {
    FactSeen {
        ticket: no.clone(),
        round: 1,
        assignment: None,
        what: format!("{ROW}{}", now.timestamp()),
        value: value.into(),
        first_seen: now,
    }
}
