//! How far a database was read, and what was seen on the way.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::ticket::TicketNo;

/// Where a reading stands. Clones share what was seen: a page that was given is not
/// given again, whichever of them asks.
#[derive(Clone, Debug)]
pub(in crate::source) struct Position {
    pub pass: Pass,
    /// The change time up to which is known; none where there are no change times.
    pub mark: Option<String>,
    /// The latest change time of this poll, not later than the database's now.
    pub top: Option<String>,
    /// In a first reading, from when on changes will be looked at again.
    pub since: Option<String>,
    seen: Arc<Mutex<Seen>>,
}

/// What is gone through by key, and the key at which it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) enum Pass {
    /// Everything, by number.
    Whole { after: Option<String> },
    /// What changed since the mark, by change time and number.
    Stamped { after: Option<(String, String)> },
    /// Rows without a change time, by number; given if they differ.
    Unstamped { after: Option<String> },
    /// Everything, by number; given if it differs.
    Compared { after: Option<String> },
}

/// Hashes of tickets that are looked at at each poll.
#[derive(Default)]
struct Seen {
    before: HashMap<TicketNo, [u8; 8]>,
    now: HashMap<TicketNo, [u8; 8]>,
    /// Of tickets with several spellings, the one by which it is given.
    given_as: HashMap<TicketNo, String>,
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seen({})", self.before.len())
    }
}

impl Position {
    /// Before everything.
    pub fn start() -> Self {
        Self { pass: Pass::Whole { after: None }, mark: None, top: None, since: None, seen: Arc::default() }
    }

    pub fn at(&self, pass: Pass) -> Self {
        Self { pass, ..self.clone() }
    }

    /// The next poll. What this one did not meet need not be remembered.
    pub fn next_poll(&self) -> Self {
        let mut seen = self.seen();
        seen.before = std::mem::take(&mut seen.now);
        seen.given_as.clear();
        drop(seen);
        let pass = match self.mark {
            Some(_) => Pass::Stamped { after: None },
            None => Pass::Compared { after: None },
        };
        let mark = self.mark.clone().max(self.top.clone());
        Self { pass, mark, top: None, since: None, seen: self.seen.clone() }
    }

    /// Whether a ticket with several spellings is given by this one: it is by the
    /// first that is met.
    pub fn is_given_as(&self, no: &TicketNo, raw: &str) -> bool {
        self.seen().given_as.entry(no.clone()).or_insert_with(|| raw.to_owned()) == raw
    }

    /// Remembers how a ticket looks; whether it looked otherwise before.
    pub fn differs(&self, no: &TicketNo, hash: [u8; 8]) -> bool {
        let mut seen = self.seen();
        seen.now.insert(no.clone(), hash);
        seen.before.get(no) != Some(&hash)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Equal places are equal, whatever was seen on the way to them.
impl PartialEq for Position {
    fn eq(&self, other: &Self) -> bool {
        (&self.pass, &self.mark, &self.top) == (&other.pass, &other.mark, &other.top)
    }
}

impl Eq for Position {}
