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

    /// Whether every loop went round within `span`.
    pub fn all_within(&self, span: Duration) -> bool {
        self.0.iter().all(|beat| beat.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < span)
    }
}
