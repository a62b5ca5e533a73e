//! `/metrics`: everything in numbers, in the text format of Prometheus.
//!
//! Labels are states, classes, names of channels and loops: nothing about a ticket,
//! a person or a citizen. The page is made anew for each question.

use std::sync::atomic::AtomicU64;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::{Fault, Finding, Site};
use crate::{
    calendar::civil,
    outbox::{Counts, LegState, NoticeState, OutboxError},
    telemetry::{Pulse, Vitals, chain},
};

const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;
type Whole = Gauge<i64>;
type Broken = Gauge<f64, AtomicU64>;

/// The page.
pub async fn metrics(State(site): State<Site>) -> Response {
    match page(&site, site.clock.now()).await {
        Ok(page) => ([(header::CONTENT_TYPE, TYPE)], page).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, chain(&error)).into_response(),
    }
}

/// What the ledger says.
struct Ledger {
    counts: Counts,
    waiting: Vec<(String, u64)>,
    backed_up: Option<DateTime<Utc>>,
    found: Vec<Finding>,
}

async fn page(site: &Site, now: DateTime<Utc>) -> Result<String, OutboxError> {
    let ledger = Ledger {
        counts: site.outbox.counts().await?,
        waiting: site.outbox.waiting().await?,
        backed_up: site.outbox.backed_up().await?,
        found: site.audit(now).await?,
    };
    let mut sheet = Sheet(Registry::with_prefix("duban"));
    sheet.daemon(&site.vitals, now);
    sheet.ledger(&ledger, now);
    let mut page = String::new();
    // Writing into a string cannot fail.
    let _ = text::encode(&mut page, &sheet.0);
    Ok(page)
}

struct Sheet(Registry);

impl Sheet {
    fn daemon(&mut self, vitals: &Vitals, now: DateTime<Utc>) {
        let state = vitals.state();
        let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
        self.wholes("build", "The program that runs", [(version, 1)]);
        self.whole("ready", "1 once the whole store has been read", i64::from(state.is_ready));
        self.whole("tickets_open", "Open tickets", whole(state.look.open));
        if let Some(read) = state.store_read {
            self.broken("scan_lag_seconds", "Since the store was last read to its end", seconds(now - read));
        }
        self.broken("clock_skew_seconds", "Wall clock against monotonic since the start", seconds(vitals.skew(now)));
        let reload = i64::from(state.is_as_the_files());
        self.whole("settings_in_force", "1 if the settings in the files are in force", reload);
        let end = state.look.horizon.and_then(|year| NaiveDate::from_ymd_opt(year, 12, 31));
        let left = end.map_or(0, |end| (end - civil::day_of(now)).num_days());
        self.whole("calendar_horizon_days", "Days until the last day with an official calendar", left);
        let loops = Pulse::ALL.map(|pulse| (one("loop", pulse.id()), vitals.pulses.age(pulse).as_secs_f64()));
        self.brokens("loop_age_seconds", "Since a loop last went round", loops);
        let answers = Family::<Labels, Counter>::default();
        for (class, n) in vitals.counters.answers() {
            answers.get_or_create(&one("class", class)).inc_by(n);
        }
        self.0.register("attempts", "Answers of channels by class, since the start", answers);
        for (name, n) in vitals.counters.all() {
            let counter: Counter = Counter::default();
            counter.inc_by(n);
            self.0.register(name, "Since the start", counter);
        }
    }

    fn ledger(&mut self, ledger: &Ledger, now: DateTime<Utc>) {
        let Ledger { counts, waiting, backed_up, found } = ledger;
        let of = |found: Option<&u64>| found.map_or(0, |n| i64::try_from(*n).unwrap_or(i64::MAX));
        let notices = NoticeState::ALL.map(|state| {
            let n = counts.notices.iter().find(|(of, _)| *of == state).map(|(_, n)| n);
            (one("state", state.id()), of(n))
        });
        self.wholes("notices", "Notices by state", notices);
        let legs = LegState::ALL.map(|state| {
            let n = counts.legs.iter().find(|(of, _)| *of == state).map(|(_, n)| n);
            (one("state", state.id()), of(n))
        });
        self.wholes("legs", "Legs by state", legs);
        let waiting = waiting.iter().map(|(channel, n)| (one("channel", channel), of(Some(n))));
        self.wholes("channel_waiting_legs", "Legs that wait for a channel or are on their way", waiting);
        let oldest = counts.oldest_waiting.map_or(0.0, |at| seconds(now - at).max(0.0));
        self.broken("oldest_pending_age_seconds", "How long what waits longest could have left", oldest);
        if let Some(at) = backed_up {
            self.broken("backup_age_seconds", "Since the last backup", seconds(now - *at));
        }
        let faults = Fault::ALL.map(|fault| {
            let count = found.iter().find(|finding| finding.fault == fault).map_or(0, |finding| finding.count);
            (one("fault", fault.id()), whole(count))
        });
        self.wholes("faults", "What the auditor finds", faults);
    }

    fn whole(&mut self, name: &str, help: &str, value: i64) {
        let gauge: Whole = Gauge::default();
        gauge.set(value);
        self.0.register(name, help, gauge);
    }

    fn broken(&mut self, name: &str, help: &str, value: f64) {
        let gauge: Broken = Gauge::default();
        gauge.set(value);
        self.0.register(name, help, gauge);
    }

    fn wholes(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, i64)>) {
        let family = Family::<Labels, Whole>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
        }
        self.0.register(name, help, family);
    }

    fn brokens(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, f64)>) {
        let family = Family::<Labels, Broken>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
        }
        self.0.register(name, help, family);
    }
}

fn one(name: &'static str, value: &str) -> Labels {
    vec![(name, value.to_owned())]
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn seconds(span: TimeDelta) -> f64 {
    span.as_seconds_f64()
}
