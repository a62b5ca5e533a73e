//! `duban` (督办): deadlines, reminders and escalation for the tickets of a
//! district water bureau's 12345 hotline.
//!
//! The rooms, from the ground up. A room imports only rooms listed above it;
//! `tests/it/house.rs` reads this list and fails otherwise. The first eight are
//! the pure floor: no async, SQL, network, file, environment, clock or log.

#![forbid(unsafe_code)]

// The pure floor.
pub mod calendar;
pub mod ticket;
pub mod roster;
pub mod notice;
pub mod rules;
pub mod planner;
pub mod message;
pub mod report;

// The edges; they never import each other.
pub mod clock;
pub mod source;
pub mod outbox;
pub mod channel;

// The work.
pub mod delivery;

// The top.
pub mod telemetry;
pub mod config;
pub mod web;
pub mod daemon;
pub mod cli;
