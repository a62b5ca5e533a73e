//! The daemon as a process: signals, a second one, disks and stores that fail, and
//! what systemd is told.

use std::{
    io::Write,
    os::unix::net::UnixDatagram,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use duban::{
    notice::Kind,
    outbox::{LegState, Listed},
};

use crate::{
    handed::{self, name_peers, name_peers_with},
    peers::{
        gateway::{Do as Answer, GatewayPeer},
        smtp::{At, Do as Reply, SmtpPeer},
    },
    program::{House, fixture, path},
    running::{Running, Time, copied, is_over, ledger, notices},
    wanted::{STAFF_SMS, urgent, urgent_unreached},
};

/// What the daemon says when the store has been read.
const READY: &str = "the store has been read";
/// What it says after each look.
const CYCLE: &str = "a cycle has ended";

/// What twenty urgent tickets of one place that nobody could reach come to: ten
/// messages each to staff, one to the citizen, and the burst told to two people.
const ALL: usize = 20 * 10 + 20 + 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_on_one_ledger_ends_with_5_and_says_why() {
    let peers = Peers::well().await;
    let (house, time) = (peers.house(), Time::morning());
    house.import_all([urgent(1)]);
    let mut first = Running::start(&house, &time);
    first.until_said(READY, 1).await;
    let mut second = Running::start(&house, &time);
    assert_eq!(second.ended().await.code(), Some(5), "{}", second.said());
    let said = second.said();
    assert!(said.contains("ledger.db is in use by another `duban run`; stop that one first"), "{said}");
    let outbox = ledger(&house).await;
    first.until("everything had ended", async || is_over(&outbox).await).await;
    first.stop().await;
    let mut third = Running::start(&house, &time);
    third.until_said(READY, 1).await;
    third.stop().await;
    peers.nothing_twice();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sigterm_awaits_the_calls_under_way_and_begins_no_other() {
    let pause = Arc::new(AtomicU64::new(150));
    let peers = Peers::slow(pause.clone()).await;
    let (house, time) = (peers.house(), Time::morning());
    house.import_all((0..20).map(urgent_unreached));
    let mut running = Running::start(&house, &time);
    running.until("some were handed over", async || peers.handed() >= 12).await;
    running.signal("TERM");
    let at_the_signal = peers.handed();
    assert!(running.ended().await.success(), "{}", running.said());
    // Four calls of the gateway and one of the mail server may be under way, and as
    // many may begin while the signal is on its way.
    let begun = peers.handed() - at_the_signal;
    assert!(begun <= 10, "{begun} were handed over after the signal");
    let outbox = ledger(&house).await;
    let listed = notices(&outbox).await;
    let legs: Vec<_> = listed.iter().flat_map(|one| &one.legs).collect();
    let accepted = legs.iter().filter(|leg| leg.state == LegState::Accepted).count();
    assert_eq!(accepted, peers.handed(), "each answer is in the ledger");
    let waits = |leg: &&&duban::outbox::ListedLeg| leg.state == LegState::Pending && leg.tries == 0;
    assert_eq!(accepted + legs.iter().filter(waits).count(), legs.len());
    pause.store(0, Ordering::SeqCst);
    let mut next = Running::start(&house, &time);
    next.until("everything had ended", async || is_over(&outbox).await).await;
    next.stop().await;
    peers.nothing_twice();
    assert_eq!(peers.handed(), ALL);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_waits_for_no_answer_longer_than_a_call_may_take() {
    let peers = Peers { mail: SmtpPeer::doing(|_, _| Reply::Well).await, sms: GatewayPeer::doing(Answer::Stall).await };
    let (house, time) = (House::new(), Time::starting_at(STAFF_SMS.now));
    let gateway = format!("url = \"http://127.0.0.1:{}/send\"\nconnect_ms = 300\ncall_ms = 1500", peers.sms.port);
    name_peers_with(&house, &format!("port = {}", peers.mail.port), &gateway);
    house.import_all([STAFF_SMS.ticket.to_owned()]);
    let mut running = Running::start(&house, &time);
    running.until("it was handed over", async || peers.handed() == 1).await;
    running.stop().await;
    let listed = notices(&ledger(&house).await).await;
    let leg = listed.iter().flat_map(|one| &one.legs).next().unwrap();
    let attempt = &leg.attempts[0];
    assert_eq!(
        (leg.state, attempt.code.as_deref()),
        (LegState::Pending, Some("http-timeout-after-request")),
        "{leg:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_disk_is_told_once_and_nothing_is_lost_or_sent_twice_when_there_is_room_again() {
    let disk = Arc::new(Mutex::new(None::<Disk>));
    let of_gateway = disk.clone();
    let sms = GatewayPeer::scripted(move |n| {
        std::thread::sleep(Duration::from_millis(20));
        // The disk fills up while calls are under way.
        if n == 30 {
            of_gateway.lock().unwrap().as_ref().unwrap().fill();
        }
        Answer::json(200, r#"{"code":0}"#)
    });
    let peers = Peers { mail: SmtpPeer::doing(|_, _| Reply::Well).await, sms: sms.await };
    let (house, time) = (peers.house(), Time::morning());
    let store = house.config().join("tickets.db");
    house.edit("duban.toml", "path = \"tickets.db\"", &format!("path = \"{}\"", store.display()));
    house.import_all((0..20).map(urgent_unreached));
    let mut running = Running::start_on_a_disk(&house, &time, 16_000);
    *disk.lock().unwrap() = Some(Disk(running.seen(&house.state())));

    running.until_said("the disk or the size limit is full", 1).await;
    let (full, cycles) = (peers.handed(), running.said().matches(CYCLE).count());
    running.until_said(CYCLE, cycles + 4).await;
    assert_eq!(peers.handed(), full, "nothing is begun that cannot be written down");
    let errors: Vec<String> = running.said().lines().filter(|line| line.contains("ERROR")).map(str::to_owned).collect();
    assert!(errors.len() == 1 && errors[0].contains("ledger.db"), "{errors:#?}");
    disk.lock().unwrap().as_ref().unwrap().make_room();
    running.until("everything was handed over", async || peers.handed() == ALL).await;
    let disk = running.seen(&house.state());
    running.until("everything had ended", async || is_over(&copied(&disk).await.0).await).await;
    let counts = copied(&disk).await.0.counts().await.unwrap();
    assert_eq!(counts.legs, [(LegState::Accepted, ALL as u64)], "each answer is in the ledger");
    assert!(running.said().contains("messages go out again"), "{}", running.said());
    running.stop().await;
    peers.nothing_twice();
}

/// A folder that is a disk of its own.
struct Disk(PathBuf);

impl Disk {
    fn fill(&self) {
        let filling = std::fs::File::create(self.0.join("filling")).unwrap();
        for size in [1 << 20, 4_096, 1] {
            while (&filling).write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("filling")).unwrap();
    }
}

#[tokio::test]
async fn a_store_that_is_missing_at_the_start_ends_with_4_and_the_remedy() {
    let (house, time) = (House::new(), Time::morning());
    let mut running = Running::start(&house, &time);
    assert_eq!(running.ended().await.code(), Some(4), "{}", running.said());
    let said = running.said();
    assert!(said.contains("tickets.db") && said.contains("duban import"), "{said}");
}

#[tokio::test]
async fn a_ledger_that_is_none_ends_with_5_and_is_left_alone() {
    let (house, time) = (House::new(), Time::morning());
    house.import_all([urgent(1)]);
    let file = house.state().join("ledger.db");
    std::fs::write(&file, "minutes of a meeting, to be kept\n").unwrap();
    let mut running = Running::start(&house, &time);
    assert_eq!(running.ended().await.code(), Some(5), "{}", running.said());
    assert!(running.said().contains("ledger.db"), "{}", running.said());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "minutes of a meeting, to be kept\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_vanishes_is_told_once_and_what_is_known_goes_on() {
    let peers = Peers::well().await;
    let house = peers.house();
    // The reminder comes due at nine.
    let time = Time::starting_at("2026-09-15T08:50:00+08:00");
    house.import_all([STAFF_SMS.ticket.to_owned()]);
    let mut running = Running::start_with(&house, &time, &["--log", "debug"], &[]);
    running.until_said(READY, 1).await;
    let (store, away) = (house.state().join("tickets.db"), house.state().join("away.db"));
    std::fs::rename(&store, &away).unwrap();
    running.until_said("the ticket store cannot be read", 1).await;
    time.forward(TimeDelta::minutes(10));
    running.until("the reminder was handed over", async || peers.sms.asked().len() == 1).await;
    let cycles = running.said().matches(CYCLE).count();
    running.until_said(CYCLE, cycles + 3).await;
    let lost = running.said();
    assert_eq!(lost.matches("the ticket store cannot be read").count(), 1, "{lost}");
    std::fs::rename(&away, &store).unwrap();
    running.until_said("the ticket store can be read again", 1).await;
    let mails = |part: &str| handed::mails(&peers.mail).iter().filter(|mail| mail.words.contains(part)).count();
    running.until("ops and desk were told", async || mails("已恢复") == 2).await;
    running.stop().await;
    assert_eq!((mails("无法读取"), peers.handed()), (2, 5));
    peers.nothing_twice();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_takes_settings_that_fit_and_leaves_the_old_where_they_do_not() {
    let (old, new) = (Peers::well().await, Peers::well().await);
    let (house, time) = (old.house(), Time::morning());
    // The operator and the desk are told of each refusal, too.
    let refusals = || handed::mails(&old.mail).iter().filter(|mail| mail.words.contains("有误未采用")).count();
    let of_tickets = || old.handed() - refusals();
    house.import_all([urgent(1)]);
    let mut running = Running::start(&house, &time);
    running.until("the first was told", async || of_tickets() == 10).await;

    house.edit("duban.toml", "poll_s = 1", "pol_s = 1");
    running.signal("HUP");
    running.until_said("the old stay in force", 1).await;
    assert!(running.said().contains("duban.toml") && running.said().contains("pol_s"), "{}", running.said());
    house.edit("duban.toml", "pol_s = 1", "poll_s = 1");
    // The desk and a deputy stand in for each other.
    let roster = house.config().join("roster.toml");
    let people = std::fs::read_to_string(&roster).unwrap();
    let stands_in = |of: &str, by: &str| {
        format!("\n[[stand_in]]\nof = \"{of}\"\nby = \"{by}\"\nfrom = 2026-09-15\nto = 2026-09-20\n")
    };
    let circle = stands_in("desk", "2601-deputy") + &stands_in("2601-deputy", "desk");
    std::fs::write(&roster, format!("{people}{circle}")).unwrap();
    running.signal("HUP");
    running.until_said("the old stay in force", 2).await;
    assert!(running.said().contains("roster.toml") && running.said().contains("stand_in"), "{}", running.said());
    std::fs::write(&roster, people).unwrap();
    running.signal("HUP");
    running.until_said("the settings are as they were", 1).await;
    house.import_all([urgent(1), urgent(2)]);
    running.until("the second was told", async || of_tickets() == 20).await;

    house.edit("duban.toml", &format!("127.0.0.1:{}", old.sms.port), &format!("127.0.0.1:{}", new.sms.port));
    house.edit("duban.toml", &format!("port = {}", old.mail.port), &format!("port = {}", new.mail.port));
    running.signal("HUP");
    running.until_said("the settings were reloaded", 1).await;
    house.import_all([urgent(1), urgent(2), urgent(3)]);
    running.until("the third was told by the new ones", async || new.handed() == 10).await;
    running.stop().await;
    assert_eq!(of_tickets(), 20);
    old.nothing_twice();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_put_into_the_folder_is_taken_up_and_a_bad_one_alarms_once() {
    let peers = Peers::well().await;
    let (house, time) = (peers.house(), Time::morning());
    house.import_all([urgent(1)]);
    let mut running = Running::start(&house, &time);
    running.until("the first was told", async || peers.handed() == 10).await;
    let folder = house.config().join("calendars");
    std::fs::create_dir(&folder).unwrap();
    let good = std::fs::read_to_string(fixture("calendar/2027-invented.json")).unwrap();
    std::fs::write(folder.join("2027.json"), &good[..good.len() / 2]).unwrap();
    running.until_said("the old stay in force", 1).await;
    assert!(running.said().contains("2027.json"), "{}", running.said());
    let book = ledger(&house).await;
    let refused = async || {
        let mut listed = notices(&book).await;
        listed.retain(|one| one.notice.key.kind == Kind::SettingsRefused);
        listed
    };
    let was_told = |one: &Listed| one.legs.iter().any(|leg| leg.state == LegState::Accepted);
    running.until("the operator was told", async || refused().await.iter().any(was_told)).await;
    // One notice for each of its two roles, however often it is looked at.
    assert_eq!(refused().await.len(), 2);
    // A signal finds the same fault, which is told already.
    running.signal("HUP");
    running.until_said("the old stay in force", 2).await;
    assert_eq!(refused().await.len(), 2);
    std::fs::write(folder.join("2027.json"), &good).unwrap();
    running.until_said("the settings were reloaded", 1).await;
    running.stop().await;
    assert_eq!(refused().await.len(), 2);
    let parts = book.calendar_versions().await.unwrap();
    assert!(parts.iter().any(|part| part.part == "2027" && part.person.is_empty()), "{parts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn systemd_is_told_when_it_is_ready_that_it_lives_and_that_it_stops() {
    let peers = Peers::well().await;
    let (house, time) = (peers.house(), Time::morning());
    house.import_all([urgent(1)]);
    let socket = house.state().join("notify");
    let notify = UnixDatagram::bind(&socket).unwrap();
    notify.set_nonblocking(true).unwrap();
    let variables = [("NOTIFY_SOCKET", path(&socket)), ("WATCHDOG_USEC", "200000")];
    let mut running = Running::start_with(&house, &time, &[], &variables);
    let told = Mutex::new(Vec::<String>::new());
    let hear = || {
        let mut told = told.lock().unwrap();
        let mut datagram = [0; 4096];
        while let Ok(length) = notify.recv(&mut datagram) {
            told.extend(String::from_utf8_lossy(&datagram[..length]).lines().map(str::to_owned));
        }
        told.clone()
    };
    running.until("it was ready", async || hear().contains(&"READY=1".to_owned())).await;
    let count = |line: &str| hear().iter().filter(|told| *told == line).count();
    running.until("it lived", async || count("WATCHDOG=1") >= 3).await;
    running
        .until("its state was told", async || hear().iter().any(|line| line.starts_with("STATUS=1 open tickets")))
        .await;
    assert_eq!(count("STOPPING=1"), 0);
    running.stop().await;
    assert_eq!((count("READY=1"), count("STOPPING=1")), (1, 1));
    assert_eq!(hear().last().map(String::as_str), Some("STOPPING=1"), "{:?}", hear());
}

/// A mail server and a gateway.
struct Peers {
    mail: SmtpPeer,
    sms: GatewayPeer,
}

impl Peers {
    async fn well() -> Self {
        Self::slow(Arc::default()).await
    }

    /// Servers that take so many milliseconds for each message.
    async fn slow(pause: Arc<AtomicU64>) -> Self {
        let of_mail = pause.clone();
        let wait = |pause: &AtomicU64| std::thread::sleep(Duration::from_millis(pause.load(Ordering::SeqCst)));
        let mail = SmtpPeer::doing(move |_, at| {
            if at == At::Dot {
                wait(&of_mail);
            }
            Reply::Well
        });
        let sms = GatewayPeer::scripted(move |_| {
            wait(&pause);
            Answer::json(200, r#"{"code":0}"#)
        });
        Self { mail: mail.await, sms: sms.await }
    }

    /// A house that knows them.
    fn house(&self) -> House {
        let house = House::new();
        house.edit("duban.toml", "poll_s = 15", "poll_s = 1");
        name_peers(&house, self.mail.port, self.sms.port);
        house
    }

    fn handed(&self) -> usize {
        self.mail.seen(|seen| seen.mails.len()) + self.sms.asked().len()
    }

    fn nothing_twice(&self) {
        let all = [handed::sms(&self.sms), handed::mails(&self.mail)].concat();
        let mut ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        assert!(all.iter().all(|one| !one.words.contains("重发")));
    }
}
