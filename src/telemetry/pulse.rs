//! Heartbeats of the loops: a watchdog that asks nobody proves nothing.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A loop that beats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    Watch,
    Delivery,
}

impl Pulse {
    /// Every loop.
    pub const ALL: [Pulse; 2] = [Self::Watch, Self::Delivery];
    /// A loop that has not gone round for so long is stuck.
    pub const PATIENCE: Duration = Duration::from_secs(120);

    /// The loop's stable name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Delivery => "delivery",
        }
    }
}

/// When each loop last went round, on monotonic time.
#[derive(Debug)]
pub struct Pulses([Mutex<Instant>; 2]);

impl Default for Pulses {
    fn default() -> Self {
        Self([Mutex::new(Instant::now()), Mutex::new(Instant::now())])
    }
}

impl Pulses {
    /// A loop has gone round.
    pub fn beat(&self, pulse: Pulse) {
        *self.0[pulse as usize].lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// How long ago a loop went round.
    pub fn age(&self, pulse: Pulse) -> Duration {
        self.0[pulse as usize].lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Whether every loop went round within `span`.
    pub fn all_within(&self, span: Duration) -> bool {
        Pulse::ALL.iter().all(|pulse| self.age(*pulse) < span)
    }
}
