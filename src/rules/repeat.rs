//! Repeat groups (art. 13): one matter, complained of again and again (A27).

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use crate::ticket::{NumberHash, Phone, Ticket, TicketNo};

/// What is kept of a ticket, closed ones too, to find its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatEntry {
    pub no: TicketNo,
    /// Keyed hash of the first mobile number.
    pub number: Option<NumberHash>,
    /// 小类; the same number with another matter is no repeat.
    pub subcategory: Option<String>,
    pub received: Option<DateTime<Utc>>,
    /// 重复工单号.
    pub links: Vec<TicketNo>,
    /// 大类, for the notice and the leader of the matter.
    pub category: Option<String>,
    /// 街镇, for the notice.
    pub town: Option<String>,
    /// 批办单协调会时间; the ledger does not keep it, every reading of the store brings it.
    pub meeting: Option<DateTime<Utc>>,
}

impl RepeatEntry {
    /// The entry of a ticket.
    pub fn of(ticket: &Ticket) -> Self {
        let number = match ticket.phone {
            Phone::Mobile(hash) => Some(hash),
            Phone::Landline(_) | Phone::Secret | Phone::Missing | Phone::Bad | Phone::Unknown => None,
        };
        Self {
            no: ticket.no.clone(),
            number,
            subcategory: ticket.subcategory.as_deref().map(str::to_owned),
            received: ticket.received.or(ticket.dispatched).map(|moment| moment.at()),
            links: ticket.repeat_of.iter().filter(|no| **no != ticket.no).cloned().collect(),
            category: ticket.category.as_deref().map(str::to_owned),
            town: ticket.town.as_deref().map(str::to_owned),
            meeting: ticket.meeting.map(|moment| moment.at()),
        }
    }

    /// Whether it can be in a group at all.
    pub fn may_repeat(&self) -> bool {
        !self.links.is_empty() || (self.number.is_some() && self.subcategory.is_some())
    }

    fn key(&self) -> Option<(NumberHash, String)> {
        Some((self.number?, self.subcategory.clone()?))
    }

    fn day(&self) -> Option<NaiveDate> {
        self.received.map(crate::calendar::civil::day_of)
    }
}

/// A group of at least two tickets about one matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its tickets, the oldest first.
    pub members: Vec<TicketNo>,
    /// When each of them was received, in the same order.
    pub received: Vec<Option<DateTime<Utc>>>,
}

impl Group {
    /// The ticket it began with.
    pub fn first(&self) -> &TicketNo {
        &self.members[0]
    }
}

/// The tickets by what can join them. A look-up costs what its group costs, not
/// what the store holds.
#[derive(Debug, Default)]
pub struct RepeatIndex {
    entries: HashMap<TicketNo, RepeatEntry>,
    by_number: HashMap<(NumberHash, String), BTreeSet<TicketNo>>,
    linked_from: HashMap<TicketNo, BTreeSet<TicketNo>>,
}

impl RepeatIndex {
    /// Adds a ticket, or replaces what was known of it; says whether anything changed.
    pub fn insert(&mut self, entry: RepeatEntry) -> bool {
        if self.entries.get(&entry.no) == Some(&entry) {
            return false;
        }
        if let Some(old) = self.entries.remove(&entry.no) {
            if let Some(set) = old.key().and_then(|key| self.by_number.get_mut(&key)) {
                set.remove(&old.no);
            }
            for link in &old.links {
                if let Some(set) = self.linked_from.get_mut(link) {
                    set.remove(&old.no);
                }
            }
        }
        if let Some(key) = entry.key() {
            self.by_number.entry(key).or_default().insert(entry.no.clone());
        }
        for link in &entry.links {
            self.linked_from.entry(link.clone()).or_default().insert(entry.no.clone());
        }
        self.entries.insert(entry.no.clone(), entry);
        true
    }

    /// What is known of a ticket.
    pub fn get(&self, no: &TicketNo) -> Option<&RepeatEntry> {
        self.entries.get(no)
    }

    /// The group of `no`: joined by the platform's link, or by the same first
    /// mobile number and small category, looking `window_days` back from its
    /// newest ticket. `None` if the ticket is alone.
    ///
    /// A link to a ticket that is not known joins nothing, and a link of a
    /// ticket to itself is ignored.
    pub fn group_of(&self, no: &TicketNo, window_days: u32) -> Option<Group> {
        let mut seen = BTreeSet::from([no.clone()]);
        let mut keys = BTreeSet::new();
        let mut open = vec![no.clone()];
        while let Some(at) = open.pop() {
            // Those with one number and matter name each other: asked once, not by each.
            let key = self.entries.get(&at).and_then(RepeatEntry::key).filter(|key| keys.insert(key.clone()));
            for next in self.linked(&at).chain(key.and_then(|key| self.by_number.get(&key)).into_iter().flatten()) {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        let mut members: Vec<&RepeatEntry> = seen.iter().filter_map(|no| self.entries.get(no)).collect();
        members.sort_by(|a, b| (a.received, &a.no).cmp(&(b.received, &b.no)));
        let newest = members.iter().filter_map(|entry| entry.day()).max();
        members.retain(|entry| match (entry.day(), newest) {
            (Some(day), Some(newest)) => (newest - day).num_days() <= i64::from(window_days),
            (None, _) | (_, None) => true,
        });
        (members.len() > 1).then(|| Group {
            members: members.iter().map(|entry| entry.no.clone()).collect(),
            received: members.iter().map(|entry| entry.received).collect(),
        })
    }

    /// Every group, by the number of its first ticket.
    pub fn groups(&self, window_days: u32) -> Vec<Group> {
        let mut done = BTreeSet::new();
        let mut groups = Vec::new();
        for no in self.entries.keys() {
            if done.contains(no) {
                continue;
            }
            if let Some(group) = self.group_of(no, window_days) {
                done.extend(group.members.iter().cloned());
                groups.push(group);
            }
        }
        groups.sort_by(|a, b| a.members.cmp(&b.members));
        groups.dedup();
        groups
    }

    /// Those that a ticket's link names, and those whose link names it.
    fn linked(&self, no: &TicketNo) -> impl Iterator<Item = &TicketNo> {
        let entry = self.entries.get(no);
        let links = entry.into_iter().flat_map(|entry| &entry.links).filter(|link| self.entries.contains_key(*link));
        links.chain(self.linked_from.get(no).into_iter().flatten())
    }
}
