//! Integration tests: a file for each promise.
#![allow(clippy::unwrap_used, reason = "tests")]

mod ticket_samples;
