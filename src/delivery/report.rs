//! What a round did, as data: for the demo, `simulate`, the health page and tests.

use chrono::{DateTime, Utc};

use super::WordsFault;
use crate::{
    message::Text,
    notice::{Medium, Outcome},
    outbox::{Expanded, KeptNotice, LegId, Recovered},
};

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Round {
    /// Claims whose lease had run out.
    pub recovered: Vec<Recovered>,
    /// Notices whose moment had passed.
    pub expired: u64,
    /// Notices that became legs.
    pub expanded: Expanded,
    /// Every call.
    pub left: Vec<Leaving>,
    /// Legs no longer wanted when they were checked again.
    pub withdrawn: u64,
    /// Legs put back without a call: the store, quiet hours, a closed channel.
    pub released: u64,
    /// Legs put back because their person has had its messages of the hour.
    pub gathered: u64,
    /// Answers that came after their claim had been taken away.
    pub fenced: Vec<LegId>,
    /// Templates that failed.
    pub words_faults: Vec<WordsFault>,
    /// Channels that are not asked for the time being.
    pub paused: Vec<Paused>,
    /// The store could not be read again.
    pub store_unreadable: Option<String>,
    /// Legs whose channel is gone from the settings; they go by another.
    pub rerouted: u64,
    /// Channels whose work came to a bad end.
    pub broken: Vec<Broken>,
    /// A channel stopped with work left, so that new settings can take effect.
    pub unfinished: bool,
}

/// A channel whose work came to a bad end; it is taken up in the next round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub channel: String,
    pub why: String,
}

/// One call to a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaving {
    /// When the answer was there.
    pub at: DateTime<Utc>,
    pub person: String,
    pub medium: Medium,
    pub channel: String,
    pub text: Text,
    /// What it told, one leg each.
    pub notices: Vec<KeptNotice>,
    /// It was sent before with an unknown outcome.
    pub is_repeat: bool,
    /// Since when it had waited for the end of the quiet hours.
    pub deferred_from: Option<DateTime<Utc>>,
    pub outcome: Outcome,
}

/// A channel that is left in peace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    pub channel: String,
    pub until: DateTime<Utc>,
}

impl Round {
    /// Adds what another part of the round did.
    pub(super) fn add(&mut self, other: Round) {
        self.recovered.extend(other.recovered);
        self.expired += other.expired;
        self.expanded.legs += other.expanded.legs;
        self.expanded.left_out += other.expanded.left_out;
        self.expanded.told_already += other.expanded.told_already;
        self.expanded.nobody += other.expanded.nobody;
        self.left.extend(other.left);
        self.withdrawn += other.withdrawn;
        self.released += other.released;
        self.gathered += other.gathered;
        self.fenced.extend(other.fenced);
        self.words_faults.extend(other.words_faults);
        self.paused.extend(other.paused);
        self.rerouted += other.rerouted;
        self.broken.extend(other.broken);
        self.unfinished |= other.unfinished;
        self.store_unreadable = self.store_unreadable.take().or(other.store_unreadable);
    }
}
