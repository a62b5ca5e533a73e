//! How often what happened since the start.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::notice::Outcome;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts `n` more.
    pub fn add(&self, n: usize) {
        self.0.fetch_add(u64::try_from(n).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub struct Counters {
    /// Cycles that were run to their end.
    pub cycles: Counter,
    /// Cycles that failed.
    pub cycles_failed: Counter,
    /// Tickets read from the store.
    pub tickets_read: Counter,
    /// Notices kept for the first time.
    pub notices_kept: Counter,
    /// Notices that were no longer wanted before they went out.
    pub notices_superseded: Counter,
    /// Texts that could not be put into words.
    pub texts_failed: Counter,
    /// Settings that were loaded anew.
    pub reloads: Counter,
    /// Settings that did not fit and were not taken.
    pub reloads_refused: Counter,
    accepted: Counter,
    not_sent: Counter,
    throttled: Counter,
    refused: Counter,
    channel_down: Counter,
    unknown: Counter,
}

impl Counters {
    /// Counts the answer of a channel.
    pub fn answer(&self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Accepted(_) => &self.accepted,
            Outcome::NotSent { .. } => &self.not_sent,
            Outcome::Throttled { .. } => &self.throttled,
            Outcome::Refused(_) => &self.refused,
            Outcome::ChannelDown { .. } => &self.channel_down,
            Outcome::Unknown(_) => &self.unknown,
        };
        counter.add(1);
    }

    /// The answers of channels by their class.
    pub fn answers(&self) -> [(&'static str, u64); 6] {
        [
            ("accepted", self.accepted.get()),
            ("not_sent", self.not_sent.get()),
            ("throttled", self.throttled.get()),
            ("refused", self.refused.get()),
            ("channel_down", self.channel_down.get()),
            ("unknown", self.unknown.get()),
        ]
    }

    /// Every other counter with its stable name.
    pub fn all(&self) -> [(&'static str, u64); 8] {
        [
            ("cycles", self.cycles.get()),
            ("cycles_failed", self.cycles_failed.get()),
            ("tickets_read", self.tickets_read.get()),
            ("notices_kept", self.notices_kept.get()),
            ("notices_superseded", self.notices_superseded.get()),
            ("texts_failed", self.texts_failed.get()),
            ("reloads", self.reloads.get()),
            ("reloads_refused", self.reloads_refused.get()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::{Failure, Receipt};

    #[test]
    fn answer_counts_each_case_apart() {
        let counters = Counters::default();
        counters.answer(&Outcome::Accepted(Receipt::default()));
        counters.answer(&Outcome::Unknown(Failure::new("timeout", "")));
        counters.answer(&Outcome::Unknown(Failure::new("timeout", "")));
        counters.tickets_read.add(300);
        let counted = counters.all().into_iter().chain(counters.answers()).filter(|(_, n)| *n > 0);
        assert_eq!(counted.collect::<Vec<_>>(), [("tickets_read", 300), ("accepted", 1), ("unknown", 2)]);
    }
}
