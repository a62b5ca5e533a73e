//! Bursts (art. 6(4)): many tickets of one matter in one town within a day.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{
    calendar::civil,
    ticket::{Status, Ticket, TicketNo},
};

/// Where and about what: 大类, 小类 and 街镇.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic {
    pub category: Arc<str>,
    pub subcategory: Option<Arc<str>>,
    pub town: Arc<str>,
}

impl fmt::Display for Topic {
    /// `供水/水压/赵巷镇`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.category, self.subcategory.as_deref().unwrap_or("-"), self.town)
    }
}

/// The first time on a day that a topic has as many tickets as make a burst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    pub day: NaiveDate,
    /// When the ticket that made the number was received.
    pub at: DateTime<Utc>,
    /// The tickets of the span that ends then, and those that followed on the same
    /// day, the oldest first.
    pub tickets: Vec<TicketNo>,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// Recently received tickets by topic.
#[derive(Clone, Debug, Default)]
pub struct Bursts {
    topics: HashMap<Topic, BTreeSet<(DateTime<Utc>, TicketNo)>>,
    of: HashMap<TicketNo, (Topic, DateTime<Utc>)>,
    changed: BTreeSet<Topic>,
}

impl Bursts {
    /// Takes in a ticket as it is now; one received before `since` is left out,
    /// and so is one that is void.
    pub fn insert(&mut self, ticket: &Ticket, since: DateTime<Utc>) {
        let place = place(ticket).filter(|(_, at)| *at >= since);
        if self.of.get(&ticket.no) == place.as_ref() {
            return;
        }
        self.remove(&ticket.no);
        if let Some((topic, at)) = place {
            self.topics.entry(topic.clone()).or_default().insert((at, ticket.no.clone()));
            self.changed.insert(topic.clone());
            self.of.insert(ticket.no.clone(), (topic, at));
        }
    }

    fn remove(&mut self, no: &TicketNo) {
        let Some((topic, at)) = self.of.remove(no) else { return };
        if let Some(tickets) = self.topics.get_mut(&topic) {
            tickets.remove(&(at, no.clone()));
            if tickets.is_empty() {
                self.topics.remove(&topic);
            }
        }
        self.changed.insert(topic);
    }

    /// Forgets what was received before `since`.
    pub fn prune(&mut self, since: DateTime<Utc>) {
        let old: Vec<TicketNo> = self.of.iter().filter(|(_, (_, at))| *at < since).map(|(no, _)| no.clone()).collect();
        let changed = self.changed.clone();
        old.iter().for_each(|no| self.remove(no));
        // Getting older alone is no news.
        self.changed = changed;
    }

    /// The topics that changed since the last call.
    pub fn take_changed(&mut self) -> BTreeSet<Topic> {
        std::mem::take(&mut self.changed)
    }

    /// The topic counts as changed at the next call, too.
    pub fn look_again(&mut self, topic: Topic) {
        self.changed.insert(topic);
    }

    /// The bursts of a topic: on each day the first instant at which `tickets` of
    /// it were received within the `hours` that end then.
    pub fn of(&self, topic: &Topic, tickets: u16, hours: u32) -> Vec<Burst> {
        let Some(received) = self.topics.get(topic) else { return Vec::new() };
        let received: Vec<&(DateTime<Utc>, TicketNo)> = received.iter().collect();
        let mut bursts: Vec<Burst> = Vec::new();
        let mut first = 0;
        for (last, (at, _)) in received.iter().enumerate() {
            while received[first].0 <= *at - TimeDelta::hours(hours.into()) {
                first += 1;
            }
            let day = civil::day_of(*at);
            let span = &received[first..=last];
            if let Some(burst) = bursts.last_mut().filter(|burst| burst.day == day) {
                burst.tickets.push(received[last].1.clone());
                burst.to = *at;
            } else if span.len() >= usize::from(tickets) {
                let numbers = span.iter().map(|(_, no)| no.clone()).collect();
                bursts.push(Burst { day, at: *at, tickets: numbers, from: span[0].0, to: *at });
            }
        }
        bursts
    }
}

/// A ticket's topic and the instant of its receipt; a date alone tells no hour.
fn place(ticket: &Ticket) -> Option<(Topic, DateTime<Utc>)> {
    let received = ticket.received.filter(|received| !received.is_date_only())?;
    if ticket.status == Some(Status::Void) {
        return None;
    }
    let topic = Topic {
        category: ticket.category.clone()?,
        subcategory: ticket.subcategory.clone(),
        town: ticket.town.clone()?,
    };
    Some((topic, received.at()))
}
