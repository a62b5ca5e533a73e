//! How the daemon fares, as data: the loops write it, the pages read it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Counters, Pulses};
use crate::ticket::TicketNo;

/// What a look at the store came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// When it began.
    pub at: DateTime<Utc>,
    /// Tickets that are open.
    pub open: usize,
    /// The earliest instant at which an open ticket is to be planned again.
    pub next: Option<DateTime<Utc>>,
    /// Open tickets that nothing more is planned of; the first of them, and how many.
    pub idle: (Vec<TicketNo>, usize),
    /// The last year with an official calendar.
    pub horizon: Option<i32>,
}

/// What became of a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// None was asked for, or the settings are those of the files.
    AsTheFiles,
    /// The settings in the files do not fit; older ones are in force.
    Refused,
}

/// The state of the daemon at a moment.
#[derive(Clone, Debug)]
pub struct State {
    /// The whole store has been read once.
    pub is_ready: bool,
    pub look: Look,
    /// When the store was last read to its end.
    pub store_read: Option<DateTime<Utc>>,
    /// By what reading the store fails at present.
    pub store_fault: Option<String>,
    /// By what a cycle, or a round of delivery, fails at present.
    pub cycle_fault: Option<String>,
    pub round_fault: Option<String>,
    /// What became of the last reload of all settings, and of the calendars alone.
    pub settings: Reloaded,
    pub calendars: Reloaded,
}

impl State {
    /// Whether settings and calendars are those of the files.
    pub fn is_as_the_files(&self) -> bool {
        self.settings == Reloaded::AsTheFiles && self.calendars == Reloaded::AsTheFiles
    }
}

/// The signs of life of the daemon; shared by all its tasks.
#[derive(Debug)]
pub struct Vitals {
    pub counters: Counters,
    pub pulses: Pulses,
    /// The wall clock and the monotonic one as it started.
    started: (DateTime<Utc>, Instant),
    state: Mutex<State>,
}

impl Vitals {
    /// Nothing is known yet at `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        let state = State {
            is_ready: false,
            look: Look { at: now, ..Look::default() },
            store_read: None,
            store_fault: None,
            cycle_fault: None,
            round_fault: None,
            settings: Reloaded::AsTheFiles,
            calendars: Reloaded::AsTheFiles,
        };
        Self {
            counters: Counters::default(),
            pulses: Pulses::default(),
            started: (now, Instant::now()),
            state: Mutex::new(state),
        }
    }

    /// How everything stands.
    pub fn state(&self) -> State {
        self.lock().clone()
    }

    /// Changes what is known; gives what the change gives.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.lock())
    }

    /// How far the wall clock has moved against the monotonic one since the start.
    pub fn skew(&self, now: DateTime<Utc>) -> TimeDelta {
        let (wall, monotonic) = self.started;
        let elapsed = TimeDelta::from_std(monotonic.elapsed()).unwrap_or(TimeDelta::MAX);
        (now - wall).checked_sub(&elapsed).unwrap_or(TimeDelta::MIN)
    }

    /// Each change is whole before the lock is left, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skew_is_what_the_wall_clock_leapt() {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let vitals = Vitals::new(start);
        assert_eq!(vitals.skew(start + TimeDelta::hours(2)).num_minutes(), 119);
        assert_eq!(vitals.skew(start - TimeDelta::hours(2)).num_minutes(), -120);
    }
}
