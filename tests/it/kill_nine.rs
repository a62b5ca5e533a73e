//! Killed with SIGKILL again and again while a thousand messages are due, now and then
//! with a full disk: nothing is lost and nothing doubled. `DUBAN_KILLS` says how often.

use std::time::{Duration, Instant};

use crate::{
    handed::name_peers,
    mutation::told,
    peers::{
        gateway::{self, GatewayPeer},
        smtp::{self, At, SmtpPeer},
    },
    program::{House, path},
    reckoning::{Report, Seen},
    running::{LastingDisk, Running, Time, notices},
    wanted::{citizen, ordinary, urgent, urgent_unreached},
    web,
};

/// Urgent tickets, of ten messages to staff each.
const URGENT: usize = 94;
/// Of these, tickets whose citizen was called in vain three times.
const UNREACHED: usize = 60;
/// Ordinary tickets, of two.
const ORDINARY: usize = 24;
/// How often, if nothing else is said.
const KILLS: usize = 20;
/// The state folder's disk.
const KIB: u32 = 64_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn kills_on_the_way_lose_nothing_and_double_nothing() {
    let kills = told("DUBAN_KILLS").unwrap_or(KILLS);
    let mail = SmtpPeer::doing(|_, at| {
        if at == At::Dot {
            a_little_later();
        }
        smtp::Do::Well
    })
    .await;
    let sms = GatewayPeer::scripted(|_| {
        a_little_later();
        gateway::Do::json(200, r#"{"code":0}"#)
    })
    .await;
    let house = house(mail.port, sms.port);
    let port = web::show(&house, "");
    let unreached = (0..UNREACHED).map(urgent_unreached);
    let tickets = unreached.chain((UNREACHED..URGENT).map(urgent)).chain((URGENT..URGENT + ORDINARY).map(ordinary));
    house.import_all(tickets);
    let time = Time::morning();
    let handed = || mail.seen(|seen| seen.mails.len()) + sms.asked().len();

    let disk = LastingDisk::under(&house.state(), KIB);
    let began = Instant::now();
    for n in 0..kills {
        let mut running = Running::start_on(&house, &time, &disk);
        match n % 4 {
            // At any moment: while it starts, reads, plans.
            3 => tokio::time::sleep(Duration::from_millis(rand::random_range(0..400))).await,
            // In the middle of handing over.
            _ => {
                let enough = (handed() + rand::random_range(1..=(50 * KILLS / kills).max(4))).min(URGENT * 10);
                running.until("enough was handed over", async || handed() >= enough).await;
            }
        }
        if n % 5 == 2 {
            disk.fill();
            tokio::time::sleep(Duration::from_millis(rand::random_range(0..300))).await;
        }
        running.kill();
        disk.make_room();
    }
    let on_the_way = handed();
    let mut running = Running::start_on(&house, &time, &disk);
    running.until_said("the store has been read", 1).await;
    // Nobody else can open a ledger on that disk, but the pages tell of it.
    let all_ended = async || {
        let page = web::page(port).await;
        let waiting = ["notices{state=\"open\"}", "legs{state=\"pending\"}", "legs{state=\"sending\"}"];
        waiting.iter().all(|name| web::number(&page, &format!("duban_{name}")) == 0.0)
    };
    running.until("everything had ended", all_ended).await;
    running.stop().await;
    let (outbox, _copy) = disk.ledger_at_rest().await;

    let seen = Seen::of(&mail, &sms);
    let mut report = Report::of(&notices(&outbox).await, &seen);
    report.mails_named_twice(&seen, "20260915A");
    report.citizens_written_to_twice(&seen, (0..UNREACHED).map(citizen));
    println!("{kills} kills in {:.1?}, {on_the_way} handed over until the last\n{report}", began.elapsed());
    assert!(report.faults.is_empty(), "{}", report.faults.join("\n"));
    let wanted: usize = report.rows.values().map(|row| row.wanted).sum();
    assert!(wanted >= URGENT * 10 + UNREACHED + ORDINARY * 2, "{wanted}");
    assert_eq!(report.rows["citizen sms"].wanted, UNREACHED);
}

/// A peer that is a little slow, so that kills hit in the middle.
fn a_little_later() {
    std::thread::sleep(Duration::from_millis(3));
}

fn house(mail: u16, sms: u16) -> House {
    let house = House::new();
    house.edit("duban.toml", "poll_s = 15", "poll_s = 1");
    name_peers(&house, mail, sms);
    // The ticket store lies elsewhere: only the state folder is on the disk.
    let store = house.config().join("tickets.db");
    house.edit("duban.toml", "path = \"tickets.db\"", &format!("path = \"{}\"", path(&store)));
    house
}
