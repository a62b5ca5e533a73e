//! Keeps a dead channel from being hammered, and a full destination from being
//! asked again too soon.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::notice::Outcome;

/// So many calls in a row that came to nothing close a channel for a while.
const STRIKES: u32 = 5;
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(5);

/// What a channel may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Open,
    /// One message, to see whether it is well again.
    Probe,
    /// Nothing until then.
    Closed {
        until: DateTime<Utc>,
    },
}

/// One channel's recent luck.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker {
    strikes: u32,
    /// How often it was closed since it was last well.
    closings: u32,
    closed_until: Option<DateTime<Utc>>,
    /// Destinations that are full, by person.
    full: HashMap<String, DateTime<Utc>>,
}

impl Breaker {
    /// What may be asked at `now`.
    pub(super) fn gate(&self, now: DateTime<Utc>) -> Gate {
        match self.closed_until {
            Some(until) if until > now => Gate::Closed { until },
            Some(_) => Gate::Probe,
            None => Gate::Open,
        }
    }

    /// Until when a person's destination is full.
    pub(super) fn full_until(&self, person: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.full.get(person).copied().filter(|until| *until > now)
    }

    /// Takes an answer into account.
    pub(super) fn note(&mut self, person: &str, outcome: &Outcome, now: DateTime<Utc>) {
        match outcome {
            // It answers, so it is well.
            Outcome::Accepted(_) | Outcome::Refused(_) => self.recover(),
            Outcome::Throttled { until, .. } => {
                self.recover();
                self.full.retain(|_, until| *until > now);
                self.full.insert(person.to_owned(), *until);
            }
            // A gateway that leaves everything unknown is not fed with more.
            Outcome::NotSent { .. } | Outcome::Unknown(_) => {
                self.strikes += 1;
                // Calls that were under way when it was closed say nothing new.
                let is_closed = matches!(self.gate(now), Gate::Closed { .. });
                if self.strikes >= STRIKES && !is_closed {
                    let pause = FIRST_PAUSE * (1_i32 << self.closings.min(10));
                    self.closings += 1;
                    self.close(now + pause.min(LONGEST_PAUSE));
                }
            }
            Outcome::ChannelDown { until, .. } => {
                self.strikes = self.strikes.max(STRIKES);
                self.close((*until).max(now + FIRST_PAUSE));
            }
        }
    }

    fn recover(&mut self) {
        self.strikes = 0;
        self.closings = 0;
        self.closed_until = None;
    }

    fn close(&mut self, until: DateTime<Utc>) {
        self.closed_until = Some(self.closed_until.map_or(until, |known| known.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::{Failure, Receipt};

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
    }

    fn failed() -> Outcome {
        Outcome::NotSent { not_before: None, why: Failure::new("refused", "") }
    }

    #[test]
    fn gate_closes_after_five_failures_in_a_row_and_longer_each_time() {
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            breaker.note("p1", &failed(), at(0));
        }
        assert_eq!(breaker.gate(at(0)), Gate::Open);
        breaker.note("p1", &failed(), at(0));
        breaker.note("p1", &failed(), at(0));
        assert_eq!(breaker.gate(at(0)), Gate::Closed { until: at(30) }, "one more was under way");
        assert_eq!(breaker.gate(at(30)), Gate::Probe);
        breaker.note("p1", &failed(), at(30));
        assert_eq!(breaker.gate(at(31)), Gate::Closed { until: at(90) });
        breaker.note("p1", &Outcome::Accepted(Receipt(None)), at(90));
        assert_eq!(breaker.gate(at(90)), Gate::Open);
    }

    #[test]
    fn gate_closes_at_once_when_the_channel_says_it_is_out() {
        let mut breaker = Breaker::default();
        let why = Failure::new("balance", "");
        breaker.note("p1", &Outcome::ChannelDown { until: at(5), why: why.clone() }, at(0));
        assert_eq!(breaker.gate(at(6)), Gate::Closed { until: at(30) }, "not sooner than the shortest pause");
        breaker.note("p1", &Outcome::ChannelDown { until: at(600), why }, at(30));
        assert_eq!(breaker.gate(at(31)), Gate::Closed { until: at(600) });
    }

    #[test]
    fn full_until_concerns_one_person_only() {
        let mut breaker = Breaker::default();
        let why = Failure::new("quota", "");
        breaker.note("p1", &Outcome::Throttled { until: at(60), why }, at(0));
        assert_eq!(breaker.full_until("p1", at(59)), Some(at(60)));
        assert_eq!((breaker.full_until("p1", at(60)), breaker.full_until("p2", at(0))), (None, None));
        assert_eq!(breaker.gate(at(0)), Gate::Open);
    }
}
