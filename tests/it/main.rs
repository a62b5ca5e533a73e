//! Integration tests: a file for each promise.
#![allow(clippy::unwrap_used, reason = "tests")]

mod calendar;
mod calendar_faults;
mod config_fixtures;
mod house;
mod outbox_contract;
mod rust_text;
mod systemd_unit;
mod ticket_rows;
mod ticket_samples;
