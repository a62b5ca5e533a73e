//! A damaged ledger, a disk that cannot be written to, a clock that is put back: it is
//! said what is wrong, and nothing is sent that should not be.

use std::os::unix::fs::FileExt;

use chrono::TimeDelta;

use crate::{
    handed::{self, name_peers},
    peers::{
        gateway::{Do as Answer, GatewayPeer},
        smtp::{Do as Reply, SmtpPeer},
    },
    program::{House, good, path},
    running::{LastingDisk, Running, Time, is_over, ledger},
    wanted::urgent,
    web,
};

/// What an urgent ticket comes to.
const EACH: usize = 10;

struct Office {
    mail: SmtpPeer,
    sms: GatewayPeer,
    house: House,
    time: Time,
    port: u16,
}

impl Office {
    async fn opened() -> Self {
        let mail = SmtpPeer::doing(|_, _| Reply::Well).await;
        let sms = GatewayPeer::scripted(|_| Answer::json(200, r#"{"code":0}"#)).await;
        let house = House::new();
        house.edit("duban.toml", "poll_s = 15", "poll_s = 1");
        name_peers(&house, mail.port, sms.port);
        let port = web::show(&house, "");
        house.import_all([urgent(1)]);
        Self { mail, sms, house, time: Time::morning(), port }
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
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_ledger_ends_with_5_sends_nothing_and_the_backup_takes_its_place() {
    let office = Office::opened().await;
    let (house, time) = (&office.house, &office.time);
    let mut running = Running::start(house, time);
    running.until("it was told", async || office.handed() == EACH).await;
    let outbox = ledger(house).await;
    running.until("all had ended", async || is_over(&outbox).await).await;
    drop(outbox);
    running.stop().await;
    let backup = house.state().join("a.backup");
    let now = time.now().to_rfc3339();
    good(&house.duban(&["backup", path(&backup), "--now", &now]));
    let file = std::fs::OpenOptions::new().write(true).open(house.state().join("ledger.db")).unwrap();
    let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
    file.write_all_at(&vec![0xa5; length - 16_384], 16_384).unwrap();
    let before = std::fs::read(house.state().join("ledger.db")).unwrap();

    let mut running = Running::start(house, time);
    assert_eq!(running.ended().await.code(), Some(5), "{}", running.said());
    let said = running.said();
    assert!(said.contains("is damaged") && said.contains("restore the last backup"), "{said}");
    assert_eq!(office.handed(), EACH);
    assert_eq!(std::fs::read(house.state().join("ledger.db")).unwrap(), before, "it is left as it was");

    good(&house.duban(&["restore", path(&backup), "--now", &time.now().to_rfc3339()]));
    house.import_all([urgent(1), urgent(2).replace("09-15 00", "09-15 09").replace("09:13:00,", "09:29:00,")]);
    time.forward(TimeDelta::minutes(5));
    let mut running = Running::start(house, time);
    let outbox = ledger(house).await;
    running.until("the restore was over", async || outbox.restored().await.unwrap().is_none()).await;
    running.stop().await;
    office.nothing_twice();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_cannot_be_written_to_ends_with_5_and_sends_nothing() {
    let office = Office::opened().await;
    let house = &office.house;
    let store = house.config().join("tickets.db");
    std::fs::rename(house.state().join("tickets.db"), &store).unwrap();
    house.edit("duban.toml", "path = \"tickets.db\"", &format!("path = \"{}\"", path(&store)));
    let disk = LastingDisk::under(&house.state(), 16_000);
    let mut running = Running::start_on(house, &office.time, &disk);
    running.until("it was told", async || office.handed() == EACH).await;
    running.stop().await;
    disk.read_only();
    let mut running = Running::start_on(house, &office.time, &disk);
    assert_eq!(running.ended().await.code(), Some(5), "{}", running.said());
    assert!(running.said().contains("ledger"), "{}", running.said());
    assert_eq!(office.handed(), EACH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_put_back_stops_what_leaves_until_it_has_caught_up() {
    let office = Office::opened().await;
    let (house, time) = (&office.house, &office.time);
    let mut running = Running::start(house, time);
    running.until("it was told", async || office.handed() == EACH).await;
    time.forward(TimeDelta::hours(-2));
    running.until_said("clock", 1).await;
    house.import_all([urgent(1), urgent(2)]);
    let looks = async || web::number(&web::page(office.port).await, "duban_cycles_total");
    let before = looks().await;
    running.until("it had looked", async || looks().await >= before + 3.0).await;
    assert_eq!(office.handed(), EACH, "nothing leaves while the clock is behind");
    let (status, said) = web::get(office.port, "healthz").await;
    assert!(status == 503 && said.contains("\"delivery\""), "{said}");
    let skew = web::number(&web::page(office.port).await, "duban_clock_skew_seconds");
    assert!((-7_260.0..-7_140.0).contains(&skew), "{skew}");
    time.forward(TimeDelta::hours(2));
    running.until("the second was told", async || office.handed() == 2 * EACH).await;
    running.until("all was well again", async || web::get(office.port, "healthz").await.0 == 200).await;
    running.stop().await;
    office.nothing_twice();
}
