//! Which tries to reach the citizen count (A19).

use chrono::{DateTime, TimeDelta, Utc};

use crate::ticket::{ContactAttempt, ContactResult, Moment};

use super::settings::{ContactAttempts, SpacingAfter};

/// The tries of one round, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Instants of the counted failures, rising.
    pub counted: Vec<DateTime<Utc>>,
    /// How many tries the log shows, the undated ones too.
    pub all: u16,
    /// The last dated try and its result.
    pub last: Option<(DateTime<Utc>, ContactResult)>,
}

impl Attempts {
    /// Counts the tries from `since` (the round's start) up to `now`.
    ///
    /// The first failure counts, and each one at least an hour after the last
    /// *counted* one (or after the last of any kind, by setting). A try without
    /// a day is shown and not counted.
    pub fn count(log: &[ContactAttempt], since: Option<Moment>, now: DateTime<Utc>, rules: &ContactAttempts) -> Self {
        if log.is_empty() {
            return Self::default();
        }
        let mut dated: Vec<(DateTime<Utc>, ContactResult)> = log
            .iter()
            .filter_map(|attempt| attempt.at.map(|at| (at, attempt.result)))
            .filter(|(at, _)| !at.is_date_only() && at.at() <= now)
            .filter(|(at, _)| since.is_none_or(|since| !since.is_after(*at)))
            .map(|(at, result)| (at.at(), result))
            .collect();
        dated.sort_by_key(|(at, _)| *at);
        let spacing = TimeDelta::minutes(i64::from(rules.spacing_min));
        let mut counted: Vec<DateTime<Utc>> = Vec::new();
        let mut before: Option<DateTime<Utc>> = None;
        for (at, _) in &dated {
            let far_enough = before.is_none_or(|before| *at - before >= spacing);
            if far_enough {
                counted.push(*at);
            }
            if far_enough || rules.spacing_after == SpacingAfter::Any {
                before = Some(*at);
            }
        }
        Self { counted, all: u16::try_from(log.len()).unwrap_or(u16::MAX), last: dated.last().copied() }
    }

    /// The ordinal of the last counted try within its own day, 1 for the first.
    pub fn ordinal_in_day(&self) -> u16 {
        let Some(last) = self.counted.last() else { return 0 };
        let day = crate::calendar::civil::day_of(*last);
        let same_day = self.counted.iter().filter(|at| crate::calendar::civil::day_of(**at) == day).count();
        u16::try_from(same_day).unwrap_or(u16::MAX)
    }
}
