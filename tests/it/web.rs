//! The pages for whoever watches over the daemon, and the dead man's switch.

use std::{net::TcpListener, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use duban::{
    clock::HandClock,
    notice::Medium,
    outbox::{ClaimOrder, Expansion, NewLeg, Outbox},
    telemetry::{Look, Pulse, Vitals},
    ticket::TicketNo,
    web::{Fault, Site},
};

use crate::{
    handed::name_peers,
    peers::{
        gateway::{Do as Answer, GatewayPeer},
        smtp::{Do as Reply, SmtpPeer},
    },
    program::{House, fixture, good, path, root},
    running::{Running, Time},
    wanted::urgent,
};

/// When the sample was exported.
const TAKEN: &str = "2026-11-24T17:30:00+08:00";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_tell_how_the_daemon_fares() {
    let mail = SmtpPeer::doing(|_, _| Reply::Well).await;
    let sms = GatewayPeer::scripted(|_| Answer::json(200, r#"{"code":0}"#)).await;
    let watch = GatewayPeer::scripted(|_| Answer::json(200, "{}")).await;
    let house = House::new();
    house.edit("duban.toml", "poll_s = 15", "poll_s = 1");
    name_peers(&house, mail.port, sms.port);
    let port =
        show(&house, &format!("[deadman]\nurl = \"http://127.0.0.1:{}/ping/token\"\nevery_s = 10\n", watch.port));
    good(&house.duban(&["import", path(&fixture("samples/export-utf8.csv"))]));
    let time = Time::starting_at(TAKEN);
    let mut running = Running::start(&house, &time);
    running.until_said("the store has been read", 1).await;
    assert_eq!(get(port, "readyz").await, (200, "{\"ready\":true}".to_owned()));
    let accepted = "duban_attempts_total{class=\"accepted\"}";
    running.until("some were handed over", async || number(&page(port).await, accepted) > 10.0).await;
    // Nothing of three hundred tickets in every state is taken for a fault.
    let (status, said) = get(port, "healthz").await;
    assert_eq!((status, said.as_str()), (200, r#"{"status":"ok","faults":[]}"#));
    running.until("the other side was told", async || !watch.asked().is_empty()).await;
    assert!(watch.asked()[0].line.starts_with("GET /ping/token "), "{}", watch.asked()[0].line);

    let page = page(port).await;
    assert!(page.ends_with("# EOF\n"), "{page}");
    assert_eq!(number(&page, "duban_tickets_open"), 242.0);
    assert_eq!(number(&page, "duban_calendar_horizon_days"), 37.0, "to the end of 2026");
    assert_eq!(number(&page, "duban_attempts_total{class=\"unknown\"}"), 0.0);
    assert_eq!(number(&page, "duban_settings_in_force"), 1.0);
    assert!(number(&page, "duban_scan_lag_seconds") < 30.0 && number(&page, "duban_oldest_pending_age_seconds") < 60.0);
    for fault in Fault::ALL {
        assert_eq!(number(&page, &format!("duban_faults{{fault=\"{}\"}}", fault.id())), 0.0);
    }
    assert!(!page.contains("backup_age"), "there is none yet");
    good(&house.duban(&["backup", path(&house.state().join("a.backup")), "--now", &time.now().to_rfc3339()]));
    let page = self::page(port).await;
    assert!(number(&page, "duban_backup_age_seconds") < 60.0);
    // Every alert asks for what is there.
    let rules = std::fs::read_to_string(root().join("systemd/duban.rules.yml")).unwrap();
    let asked: Vec<&str> = rules.lines().filter(|line| line.trim().starts_with("expr:")).collect();
    let names = asked.iter().flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let names: Vec<&str> = names.filter(|word| word.starts_with("duban_")).collect();
    assert!(asked.len() >= 12 && names.len() >= 11, "{asked:?}");
    for name in names {
        assert!(page.lines().any(|line| line.starts_with(name)), "{name} is not in\n{page}");
    }

    // A fault turns the page red, and the other side is told no more.
    house.edit("duban.toml", "poll_s = 1", "pol_s = 1");
    running.signal("HUP");
    running.until_said("the old stay in force", 1).await;
    let store = house.state().join("tickets.db");
    std::fs::rename(&store, house.state().join("away.db")).unwrap();
    running.until_said("the ticket store cannot be read", 1).await;
    let (status, said) = get(port, "healthz").await;
    assert!(status == 503 && said.contains("\"settings\"") && said.contains("\"store\""), "{said}");
    let page = self::page(port).await;
    assert_eq!((number(&page, "duban_faults{fault=\"store\"}"), number(&page, "duban_settings_in_force")), (1.0, 0.0));
    assert_eq!(number(&page, "duban_reloads_refused_total"), 1.0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_taken_ends_with_3_and_says_so() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let house = House::new();
    house.import_all([urgent(1)]);
    append(&house, &format!("\n[web]\nlisten = \"{}\"\n", taken.local_addr().unwrap()));
    let mut running = Running::start(&house, &Time::morning());
    assert_eq!(running.ended().await.code(), Some(3), "{}", running.said());
    assert!(running.said().contains("web.listen: 127.0.0.1:"), "{}", running.said());
}

#[tokio::test]
async fn the_auditor_finds_a_ticket_that_is_forgotten_and_a_wake_that_is_overdue() {
    let (site, now) = site().await;
    let look = |next: DateTime<Utc>, idle: &str| Look {
        at: now,
        open: 2,
        next: Some(next),
        idle: (vec![TicketNo::new(idle)], 1),
        horizon: Some(2026),
    };
    let soon = now + TimeDelta::hours(1);
    site.vitals.change(|state| (state.is_ready, state.look) = (true, look(soon, "A7")));
    let found = site.audit(now).await.unwrap();
    assert_eq!((found.len(), found[0].fault, &found[0].about[..]), (1, Fault::NoNextAction, &["A7".to_owned()][..]));
    let found = site.audit(soon + TimeDelta::minutes(3)).await.unwrap();
    assert!(found.iter().any(|one| one.fault == Fault::OverdueWake), "{found:?}");
    let found = site.audit(soon + TimeDelta::minutes(1)).await.unwrap();
    assert!(found.iter().all(|one| one.fault != Fault::OverdueWake), "{found:?}");
}

#[tokio::test]
async fn the_auditor_finds_a_lease_that_nobody_takes_back() {
    let house = House::new();
    house.import_all([urgent(1)]);
    let outbox = house.watch("2026-09-15T09:30:00+08:00").await;
    let now = DateTime::parse_from_rfc3339("2026-09-15T09:30:00+08:00").unwrap().to_utc();
    let due = outbox.unexpanded(now, 1).await.unwrap();
    let leg = NewLeg { person: "p1".into(), medium: Medium::Sms, channel: "gateway".into(), not_before: None };
    outbox.expand(&[Expansion { notice: due[0].id, legs: vec![leg], left_out: Vec::new() }], now).await.unwrap();
    let order = ClaimOrder { channel: "gateway", limit: 1, lease: TimeDelta::seconds(60) };
    assert_eq!(outbox.claim(&order, now).await.unwrap().len(), 1);
    let site = Site { outbox, ..site().await.0 };
    assert_eq!(site.audit(now + TimeDelta::minutes(2)).await.unwrap(), []);
    let found = site.audit(now + TimeDelta::minutes(4)).await.unwrap();
    assert_eq!((found.len(), found[0].fault, found[0].count), (1, Fault::StuckLease, 1));
    assert_eq!(site.vitals.pulses.age(Pulse::Watch).as_secs(), 0);
}

async fn site() -> (Site, DateTime<Utc>) {
    let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    let outbox = Outbox::in_memory().await.unwrap();
    (Site { vitals: Arc::new(Vitals::new(now)), outbox, clock: Arc::new(HandClock::at(now)) }, now)
}

/// Adds the pages and more to the settings; gives their port.
pub fn show(house: &House, more: &str) -> u16 {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    append(house, &format!("\n[web]\nlisten = \"127.0.0.1:{port}\"\n{more}"));
    port
}

fn append(house: &House, text: &str) {
    let file = house.config().join("duban.toml");
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap() + text).unwrap();
}

/// A page: its status and its text.
pub async fn get(port: u16, page: &str) -> (u16, String) {
    duban::channel::tls::install();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("http://127.0.0.1:{port}/{page}")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The page of numbers.
pub async fn page(port: u16) -> String {
    let (status, page) = get(port, "metrics").await;
    assert_eq!(status, 200, "{page}");
    page
}

/// A number of it.
pub fn number(page: &str, name: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{page}")).parse().unwrap()
}
