//! Days on end: the real daemon in a time of its own, with tickets that come, are called
//! about, concluded and forgotten, servers that fail at random, reloads, a store that
//! goes away, and SIGKILL. Nothing is lost or doubled, the auditor finds nothing, and
//! memory and handles stay as they were.
//!
//! Two days by default; `DUBAN_SOAK_DAYS` says how many (`tests/run --full`: thirty).

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use duban::outbox::{LegState, Outbox};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

use crate::{
    handed::name_peers,
    mutation::told,
    peers::{
        gateway::{Do as Answer, GatewayPeer},
        smtp::{At, Do as Reply, SmtpPeer},
    },
    program::House,
    reckoning::{Report, Seen},
    running::{Running, Time, ledger, notices},
    web,
};

const HEADER: &str = "工单编号,来源,业务类型,紧急程度,办理类别,大类,小类,反映人,联系电话,是否保密,街镇,反映内容,\
     接收时间,派单时间,承办单位,经办人,接单时间,先行联系时间,联系记录,状态,办结时间,更新时间";
const UNITS: [(&str, &str); 3] =
    [("澄湾供水服务站", "周经办"), ("苇塘排水养护站", "王经办"), ("莲渡河道管理站", "褚经办")];
/// A Monday.
const FIRST: &str = "2026-09-07T07:30:00+08:00";
/// The minutes of a day at which the clock stops for a while.
const STOPS: [i64; 9] =
    [7 * 60 + 35, 8 * 60 + 35, 9 * 60 + 5, 11 * 60, 13 * 60, 15 * 60 + 5, 17 * 60 + 35, 21 * 60 + 5, 24 * 60 + 5];
/// The export of a day comes now.
const EXPORT: i64 = 13 * 60;
/// Tickets of a day.
const EACH_DAY: usize = 8;
/// What a daemon says after each look.
const CYCLE: &str = "a cycle has ended";
/// Of a hundred answers so many are unclear, as long as faults are on.
const UNCLEAR: u32 = 7;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn days_on_end_lose_nothing_double_nothing_and_leave_nothing_behind() {
    let days = told("DUBAN_SOAK_DAYS").unwrap_or(2_usize);
    let faults = Arc::new(AtomicBool::new(true));
    let (mail, sms) = (mail(faults.clone()).await, gateway(faults.clone()).await);
    let house = House::new();
    house.edit("duban.toml", "poll_s = 15", "poll_s = 1");
    name_peers(&house, mail.port, sms.port);
    let port = web::show(&house, "");
    let mut office = Office::default();
    office.export(&house, 0);
    let time = Time::starting_at(FIRST);
    let mut soak =
        Soak { running: start(&house, &time), random: SmallRng::seed_from_u64(7), kills: 0, sizes: Vec::new() };
    let began = Instant::now();
    for day in 0..days {
        // Two thirds are rough; in the last days the sizes of one process are taken.
        let rough = if 3 * day + 1 < 2 * days { Rough::Yes } else { Rough::No };
        for stop in STOPS {
            time.forward(at(day, stop) - time.now());
            if stop == EXPORT {
                office.export(&house, day + 1);
            }
            soak.stop_at(&house, &time, rough).await;
        }
        let (status, said) = web::get(port, "healthz").await;
        assert_eq!((status, said.as_str()), (200, r#"{"status":"ok","faults":[]}"#), "day {day}");
        soak.measure(rough);
    }
    faults.store(false, Ordering::SeqCst);
    let outbox = ledger(&house).await;
    for hour in 0.. {
        // To the working hours of the next day, when all that waits may leave.
        soak.settle().await;
        if nothing_waits(&outbox, time.now()).await {
            break;
        }
        assert!(hour < 48, "{:?}", outbox.counts().await.unwrap());
        time.forward(TimeDelta::minutes(30));
    }
    let Soak { running, kills, sizes, .. } = soak;
    running.stop().await;

    let seen = Seen::of(&mail, &sms);
    let mut report = Report::of(&notices(&outbox).await, &seen);
    report.citizens_written_to_twice(&seen, office.numbers());
    println!("{days} days in {:.0?}, {kills} kills, {} tickets\n{report}", began.elapsed(), office.tickets.len());
    println!("resident KiB and handles at the end of a day: {sizes:?}");
    assert!(report.faults.is_empty(), "{}", report.faults.join("\n"));
    assert!(report.rows["citizen sms"].wanted >= days.saturating_sub(1), "{report}");
    flat(&sizes);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rough {
    Yes,
    No,
}

struct Soak {
    running: Running,
    random: SmallRng,
    kills: u32,
    /// Of the process that runs in the last days.
    sizes: Vec<(u64, usize)>,
}

impl Soak {
    /// The clock has stopped: what is due leaves, or the daemon is hit meanwhile.
    async fn stop_at(&mut self, house: &House, time: &Time, rough: Rough) {
        let store = house.state().join("tickets.db");
        match (rough, self.random.random_range(0..100)) {
            (Rough::Yes, 0..15) => {
                tokio::time::sleep(Duration::from_millis(self.random.random_range(0..1_200))).await;
                self.running.signal("KILL");
                self.running.ended().await;
                self.running = start(house, time);
                self.kills += 1;
            }
            (Rough::Yes, 15..20) => self.running.signal("HUP"),
            (Rough::Yes, 20..24) => {
                let away = house.state().join("away.db");
                std::fs::rename(&store, &away).unwrap();
                tokio::time::sleep(Duration::from_millis(1_500)).await;
                std::fs::rename(&away, &store).unwrap();
            }
            (Rough::Yes | Rough::No, _) => {}
        }
        self.settle().await;
    }

    /// Two looks more, so that the first began after all that was done before.
    async fn settle(&mut self) {
        let cycles = self.running.said().matches(CYCLE).count();
        self.running.until_said(CYCLE, cycles + 2).await;
    }

    fn measure(&mut self, rough: Rough) {
        let process = format!("/proc/{}", self.running.pid());
        let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kib: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
        let handles = std::fs::read_dir(format!("{process}/fd")).unwrap().count();
        assert!(kib < 400_000 && handles < 120, "{kib} KiB, {handles} handles");
        if rough == Rough::No {
            self.sizes.push((kib, handles));
        }
    }
}

/// Over ten days of one process nothing grows but by what the tickets need.
fn flat(sizes: &[(u64, usize)]) {
    let Some((first, rest)) = sizes.split_first() else { return };
    let (kib, handles) = rest.iter().fold(*first, |(kib, handles), size| (kib.max(size.0), handles.max(size.1)));
    assert!(kib <= first.0 + first.0 / 4 + 8_192, "resident memory grows: {sizes:?}");
    assert!(handles <= first.1 + 8, "handles grow: {sizes:?}");
}

fn start(house: &House, time: &Time) -> Running {
    Running::start_with(house, time, &["--log", "debug"], &[])
}

/// An instant by its day and the minute of it, Beijing time.
fn at(day: usize, minute: i64) -> DateTime<Utc> {
    let first = DateTime::parse_from_rfc3339(FIRST).unwrap().date_naive();
    let midnight = (first + TimeDelta::days(i64::try_from(day).unwrap())).and_hms_opt(0, 0, 0).unwrap();
    let zone = FixedOffset::east_opt(8 * 3_600).unwrap();
    midnight.and_local_timezone(zone).unwrap().to_utc() + TimeDelta::minutes(minute)
}

async fn nothing_waits(outbox: &Outbox, now: DateTime<Utc>) -> bool {
    let counts = outbox.counts().await.unwrap();
    let on_the_way = |state: &LegState| matches!(state, LegState::Pending | LegState::Sending);
    counts.legs.iter().all(|(state, n)| !on_the_way(state) || *n == 0)
        && counts.oldest_waiting.is_none_or(|oldest| oldest > now)
}

async fn gateway(faults: Arc<AtomicBool>) -> GatewayPeer {
    GatewayPeer::scripted(move |_| match rand::random_range(0..100_u32) {
        n if n >= UNCLEAR || !faults.load(Ordering::SeqCst) => Answer::json(200, r#"{"code":0}"#),
        0 | 1 => Answer::Close,
        2 | 3 => Answer::text(500, "oops"),
        4 => Answer::json(200, r#"{"cod"#),
        _ => Answer::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n<ht".to_vec()),
    })
    .await
}

async fn mail(faults: Arc<AtomicBool>) -> SmtpPeer {
    SmtpPeer::doing(move |_, at| match (at, rand::random_range(0..100_u32)) {
        (At::Dot, n) if n < UNCLEAR && faults.load(Ordering::SeqCst) => Reply::Close,
        (At::Rcpt, n) if n < UNCLEAR && faults.load(Ordering::SeqCst) => Reply::say("451 4.3.0 later"),
        _ => Reply::Well,
    })
    .await
}

/// The platform whose exports come every day.
#[derive(Default)]
struct Office {
    tickets: Vec<Ticket>,
}

struct Ticket {
    no: String,
    n: usize,
    day: usize,
}

impl Office {
    /// Exports all that there is on the evening before `day`, as the day begins.
    fn export(&mut self, house: &House, day: usize) {
        if let Some(today) = day.checked_sub(1) {
            let date = date(today);
            for n in 0..EACH_DAY {
                self.tickets.push(Ticket { no: format!("{}S{n:03}", date.format("%Y%m%d")), n, day: today });
            }
        } else {
            // A store is there from the start, with a ticket that ended long ago.
            self.tickets.push(Ticket { no: "20260801S000".to_owned(), n: 1, day: 0 });
        }
        let lines: Vec<String> = self.tickets.iter().map(|ticket| ticket.line(day)).collect();
        house.import(HEADER, &lines.iter().map(String::as_str).collect::<Vec<_>>());
    }

    fn numbers(&self) -> impl Iterator<Item = String> {
        self.tickets.iter().map(Ticket::number)
    }
}

impl Ticket {
    fn number(&self) -> String {
        format!("138{:03}{:05}", self.day, 70_000 + self.n)
    }

    /// The row at noon of the day before `day`: called in vain on its own day if it is
    /// every third, and concluded one to four days later, but for some that nobody does.
    fn line(&self, day: usize) -> String {
        let (unit, handler) = UNITS[self.n % UNITS.len()];
        let of = |minute: i64| at(self.day, minute).with_timezone(&FixedOffset::east_opt(8 * 3_600).unwrap());
        let time = |minute: i64| of(minute).format("%Y-%m-%d %H:%M:%S").to_string();
        let received = 8 * 60 + 7 * i64::try_from(self.n).unwrap();
        let (class, log, contacted) = match self.n % 3 {
            0 => {
                let tries =
                    [30, 95, 160].map(|later| of(received + later).format("%Y-%m-%d %H:%M无人接听").to_string());
                ("求助,紧急", tries.join(";"), String::new())
            }
            _ => ("投诉,一般", String::new(), time(received + 40)),
        };
        let age = day.saturating_sub(self.day + 1);
        let is_concluded = self.n % 4 != 3 && age > self.n % 4;
        let (state, concluded) = match is_concluded {
            true => ("已归档", time(1_440 * i64::try_from(1 + self.n % 4).unwrap() + 10 * 60)),
            false => ("处理中", String::new()),
        };
        format!(
            "{},12345热线,{class},复杂,供水,水压,李女士,{},否,澄湾街道,水压低,{},{},{unit},{handler},{},{contacted},\
             {log},{state},{concluded},{}",
            self.no,
            self.number(),
            time(received),
            time(received + 5),
            time(received + 20),
            if is_concluded { concluded.clone() } else { time(12 * 60) },
        )
    }
}

fn date(day: usize) -> NaiveDate {
    at(day, 12 * 60).date_naive()
}
