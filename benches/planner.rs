//! Deadlines and the wanted set of a ticket: the budget is 0.5 µs a ticket.
//!
//! The tickets are those of the sample export, each as often as it takes; most
//! of a real store are closed, the worst case is that all are open.

use std::hint::black_box;

use chrono::{DateTime, Utc};
use divan::{Bencher, counter::ItemsCount};
use duban::{
    calendar::{Calendar, embedded},
    planner::{Policy, TicketFacts, View, Watch, wanted},
    rules::Rules,
    source::{ColumnMap, HistoryStore},
    ticket::{NumberKey, Status, Ticket},
};

fn main() {
    divan::main();
}

fn policy() -> Policy {
    Policy {
        calendar: Calendar::new(&embedded().expect("embedded year files"), &[]).expect("embedded calendar"),
        rules: Rules::embedded().expect("embedded rules"),
        roster: None,
    }
}

fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("an instant").to_utc()
}

/// The tickets of a history, as they stand at an instant.
fn tickets(at: &str) -> Vec<Ticket> {
    let map = ColumnMap::built_in().expect("built-in columns");
    let reader = map.reader(NumberKey::new([7; 32]));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/histories/S13.csv");
    let history = HistoryStore::from_csv(path.as_ref(), &map, &reader).expect("history");
    history.set_now(instant(at));
    let rows = history.changed(duban::source::Cursor::start(), 100).tickets;
    rows.iter().map(|rows| reader.ticket(&rows.rows).expect("a ticket")).collect()
}

fn run(bencher: Bencher<'_, '_>, tickets: &[Ticket], now: &str) {
    let (policy, facts, now) = (policy(), TicketFacts::default(), instant(now));
    let watch = Watch { since: instant("2026-01-01T00:00:00+08:00") };
    bencher.counter(ItemsCount::new(tickets.len())).bench_local(|| {
        for ticket in black_box(tickets) {
            let view = View { ticket, facts: &facts, outcomes: &[], told: &[] };
            black_box(wanted(view, &policy, watch, now));
        }
    });
}

#[divan::bench]
fn closed(bencher: Bencher<'_, '_>) {
    run(bencher, &tickets("2026-03-24T23:00:00+08:00"), "2026-03-25T10:00:00+08:00");
}

/// Open, and nothing has come due yet: the usual open ticket.
#[divan::bench]
fn open_and_quiet(bencher: Bencher<'_, '_>) {
    let mut tickets = tickets("2026-03-16T10:00:00+08:00");
    for ticket in &mut tickets {
        ticket.received = tickets_received();
        ticket.dispatched = ticket.received;
        ticket.contacted = ticket.received;
        ticket.status = Some(Status::Accepted);
        ticket.anomalies = Box::default();
    }
    run(bencher, &tickets, "2025-11-11T10:00:00+08:00");
}

/// Open and overdue: notices with their facts are made.
#[divan::bench]
fn open_and_overdue(bencher: Bencher<'_, '_>) {
    let mut tickets = tickets("2026-03-16T10:00:00+08:00");
    for ticket in &mut tickets {
        ticket.status = Some(Status::Accepted);
    }
    run(bencher, &tickets, "2026-03-25T10:00:00+08:00");
}

fn tickets_received() -> Option<duban::ticket::Moment> {
    Some(duban::ticket::Moment::at_instant(instant("2025-11-10T09:00:00+08:00")))
}
