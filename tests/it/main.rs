//! Integration tests: a file for each promise.
#![allow(clippy::unwrap_used, reason = "tests")]

mod calendar;
mod calendar_faults;
mod channel_contract;
mod channel_gateway;
mod channel_mail;
mod cli_calendar;
mod cli_check;
mod cli_contracts;
mod cli_explain;
mod cli_import;
mod cli_log;
mod cli_outbox;
mod cli_plan;
mod cli_send_test;
mod config_fixtures;
mod delivery;
mod demo;
mod exports;
mod histories;
mod house;
mod imports;
mod outbox_contract;
mod outbox_sqlite;
mod papers;
mod peers;
mod planner;
mod program;
mod rules_vectors;
mod rust_text;
mod source_contract;
mod systemd_unit;
mod ticket_rows;
mod ticket_samples;
mod watcher;
