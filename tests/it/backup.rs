//! A backup taken while the daemon works, and the drill: the ledger is lost, the
//! backup takes its place, and nothing that may have been sent is sent again.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use chrono::{DateTime, TimeDelta, Utc};
use duban::outbox::{NoticeState, Outbox};
use serde_json::Value;

use crate::{
    handed::{self, name_peers},
    peers::{
        gateway::{self, GatewayPeer},
        smtp::{self, SmtpPeer},
    },
    program::{House, bad, good, objects, path},
    running::{Running, Time, is_over, ledger},
    wanted::{urgent, urgent_unreached},
};

const NOW: &str = "2026-09-15T09:30:00+08:00";
/// What an urgent ticket comes to, and what one with a citizen who was called in vain.
const EACH: usize = 10;
const EACH_UNREACHED: usize = 11;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_nothing_is_sent_again_and_what_is_new_goes_out() {
    let mail = SmtpPeer::doing(|_, _| smtp::Do::Well).await;
    let sms = GatewayPeer::scripted(|_| gateway::Do::json(200, r#"{"code":0}"#)).await;
    let (house, time) = (House::new(), Time::morning());
    house.edit("duban.toml", "poll_s = 15", "poll_s = 1");
    name_peers(&house, mail.port, sms.port);
    let handed = || mail.seen(|seen| seen.mails.len()) + sms.asked().len();

    house.import_all([urgent(1)]);
    let mut running = Running::start(&house, &time);
    running.until("the first was told", async || handed() == EACH).await;
    let backup = house.state().join("nightly.backup");
    good(&duban(&house, &time, &["backup", path(&backup)]));
    house.import_all([urgent(1), urgent_unreached(2)]);
    running.until("the second was told", async || handed() == EACH + EACH_UNREACHED).await;

    let said = bad(&duban(&house, &time, &["restore", path(&backup)]), 5);
    assert!(said.contains("is in use by another `duban run`; stop that one first"), "{said}");
    let outbox = ledger(&house).await;
    running.until("all had ended", async || is_over(&outbox).await).await;
    drop(outbox);
    running.stop().await;
    let key = std::fs::read(house.state().join("number.key")).unwrap();
    std::fs::remove_file(house.state().join("number.key")).unwrap();

    time.forward(TimeDelta::minutes(20));
    let said = good(&duban(&house, &time, &["restore", path(&backup)]));
    assert!(said.contains("原台账保留为") && said.contains("duban outbox list --state held"), "{said}");
    assert_eq!(std::fs::read(house.state().join("number.key")).unwrap(), key, "repeats are still found");
    let mut running = Running::start(&house, &time);
    running.until_said("the store has been read", 1).await;
    let outbox = ledger(&house).await;
    running.until("the restore was over", async || outbox.restored().await.unwrap().is_none()).await;
    assert_eq!(handed(), EACH + EACH_UNREACHED, "what may have been sent was not sent again");
    let held = objects(&duban(&house, &time, &["outbox", "list", "--state", "held", "--json"]));
    // Each message goes by SMS and by mail but the one to the citizen.
    assert_eq!(held.len(), EACH_UNREACHED / 2 + 1, "{held:#?}");
    let of_second = |one: &Value| one["reason"] == "restored" && one["ticket"] == "20260915A0002";
    assert!(held.iter().all(of_second), "{held:#?}");

    // The desk lets one go, and what came after the restore goes by itself.
    let to_staff = held.iter().find(|one| one["role"] != "citizen").unwrap();
    good(&duban(&house, &time, &["outbox", "release", &to_staff["id"].to_string()]));
    running.until("it was sent", async || handed() > EACH + EACH_UNREACHED).await;
    let before = handed();
    house.import_all([urgent(1), urgent_unreached(2), urgent(3).replace("09-15 00", "09-15 09")]);
    running.until("the third was told", async || handed() >= before + EACH).await;
    running.stop().await;
    let to_citizen = handed::sms(&sms).into_iter().filter(|one| one.to.starts_with("1380007")).count();
    assert_eq!(to_citizen, 1);
}

#[tokio::test]
async fn what_is_no_backup_is_refused_and_the_ledger_stays() {
    let house = House::new();
    house.import_all([urgent(1)]);
    drop(house.watch(NOW).await);
    let backup = house.state().join("a.backup");
    good(&house.duban(&["backup", path(&backup), "--now", NOW]));
    let whole = std::fs::read(&backup).unwrap();
    let before = counts(&house).await;

    let torn = house.state().join("torn.backup");
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0xa5);
    std::fs::write(&torn, bytes).unwrap();
    let half = house.state().join("half.backup");
    std::fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    let text = house.state().join("text.backup");
    std::fs::write(&text, "minutes of a meeting").unwrap();
    let ledger = house.state().join("ledger.db");
    let newer = house.state().join("newer.backup");
    std::fs::write(&newer, &whole).unwrap();
    sql(&newer, "INSERT INTO migration (number, name) VALUES (99, 'later')").await;

    for (file, words) in [
        (&torn, "is damaged"),
        (&half, "is damaged"),
        (&text, "is no backup"),
        (&ledger, "is no backup made by `duban backup`"),
        (&newer, "it has schema 99"),
        (&house.state().join("none.backup"), "cannot be read"),
    ] {
        let code = if file == &newer { 5 } else { 3 };
        let said = bad(&house.duban(&["restore", path(file), "--now", NOW]), code);
        assert!(said.contains(words), "{}: {said}", file.display());
        assert_eq!(counts(&house).await, before, "{}", file.display());
    }
    let left: Vec<_> = names(&house.state()).into_iter().filter(|name| name.contains("restor")).collect();
    assert_eq!(left, [""; 0]);
}

#[tokio::test]
async fn ledger_store_key_and_backup_are_their_owners_alone() {
    let house = House::new();
    house.import_all([urgent(1)]);
    let outbox = house.watch(NOW).await;
    let folder = house.state().join("backups");
    std::fs::create_dir(&folder).unwrap();
    good(&house.duban(&["backup", path(&folder), "--keep", "1", "--now", NOW]));
    let later = "2026-09-16T09:30:00+08:00";
    good(&house.duban(&["backup", path(&folder), "--keep", "1", "--now", later]));
    assert_eq!(names(&folder), ["duban-20260916-093000.backup"]);
    let of_state = ["ledger.db", "ledger.db-wal", "ledger.db-shm", "tickets.db", "number.key"];
    for file in of_state.map(|name| house.state().join(name)).into_iter().chain([folder.join(&names(&folder)[0])]) {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
    assert_eq!(outbox.backed_up().await.unwrap(), Some(at(later)));
    let said = bad(&house.duban(&["backup", path(&folder.join("one")), "--keep", "2"]), 2);
    assert!(said.contains("--keep"), "{said}");
}

#[tokio::test]
async fn a_backup_that_finds_no_room_leaves_nothing_and_the_last_one_stays() {
    let house = House::new();
    house.import_all((0..40).map(urgent));
    drop(house.watch(NOW).await);
    let disk = house.state().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let file = disk.join("last.backup");
    let script = "mount -t tmpfs -o size=96k tmpfs \"$0\" && echo the last one >\"$1\" && shift && { \"$@\"; \
                  code=$?; ls \"$(dirname \"$5\")\"; cat \"$(dirname \"$5\")\"/*; exit $code; }";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, path(&disk), path(&file)]);
    command.args([env!("CARGO_BIN_EXE_duban"), "--config", path(&house.config()), "backup", path(&file)]);
    let out = command.output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("full") && said.contains("ledger.db") || said.contains("room"), "{said}");
    assert_eq!(String::from_utf8_lossy(&out.stdout), "last.backup\nthe last one\n", "{said}");
}

#[tokio::test]
async fn a_backup_of_no_ledger_says_so() {
    let house = House::new();
    let said = bad(&house.duban(&["backup", path(&house.state().join("x"))]), 5);
    assert!(said.contains("does not exist yet"), "{said}");
}

fn duban(house: &House, time: &Time, args: &[&str]) -> std::process::Output {
    house.duban(&[args, &["--now", &time.now().to_rfc3339()]].concat())
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

async fn counts(house: &House) -> Vec<(NoticeState, u64)> {
    Outbox::open(house.state().join("ledger.db")).await.unwrap().counts().await.unwrap().notices
}

fn names(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

async fn sql(file: &PathBuf, statement: &'static str) {
    use sqlx::Connection;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut conn = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query(statement).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}
