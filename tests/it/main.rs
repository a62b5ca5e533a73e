//! Integration tests: a file for each promise.
#![allow(clippy::unwrap_used, reason = "tests")]

mod calendar;
mod calendar_faults;
mod ticket_samples;
