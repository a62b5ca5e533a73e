//! The ticket store is told of SMS to citizens by the administrator's statement:
//! once each, bound, and nobody waits for it.

use chrono::TimeDelta;
use duban::{
    notice::Kind,
    outbox::{NoticeState, Proof, ProofState},
};
use sqlx::{Connection, SqliteConnection};

use crate::{
    office::Office,
    program::{House, ended, good, objects},
    running::{Running, Time},
    wanted::CITIZEN_SMS,
};

const TABLE: &str = "CREATE TABLE proof (ticket_no TEXT, sent_at TEXT, round INTEGER, kind TEXT)";
const INSERT: &str = "INSERT INTO proof VALUES (:ticket_no, :sent_at, :round, :kind)";
const MINUTE: TimeDelta = TimeDelta::minutes(1);

fn house(statement: &str) -> House {
    let house = House::new();
    house.edit("duban.toml", "[schedule]", &format!("[write_back]\nstatement = \"{statement}\"\n\n[schedule]"));
    house.import_all([CITIZEN_SMS.ticket.to_owned()]);
    house
}

async fn store(house: &House) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", house.state().join("tickets.db").display())).await.unwrap()
}

async fn run(house: &House, sql: &'static str) {
    sqlx::query(sql).execute(&mut store(house).await).await.unwrap();
}

type Row = (String, String, i64, String);

async fn rows(house: &House) -> Vec<Row> {
    sqlx::query_as("SELECT * FROM proof").fetch_all(&mut store(house).await).await.unwrap()
}

fn row() -> Row {
    ("A1".into(), "2026-09-15 08:30:00".into(), 1, Kind::CitizenUnreachableSms.id().into())
}

async fn proofs(office: &Office) -> Vec<Proof> {
    office.outbox.proofs(chrono::DateTime::UNIX_EPOCH).await.unwrap()
}

/// Opened, and the SMS was handed over.
async fn sent(house: House) -> Office {
    let mut office = Office::open(house, CITIZEN_SMS.now).await;
    office.step().await;
    let taken = office.sms.taken();
    assert_eq!(taken.iter().filter(|letter| letter.to().expose() == CITIZEN_SMS.to).count(), 1);
    office
}

#[tokio::test]
async fn the_store_is_told_of_an_sms_once_over_looks_and_restarts() {
    let house = house(INSERT);
    run(&house, TABLE).await;
    let mut office = Office::open(house, CITIZEN_SMS.now).await;
    assert!(office.prove().await.is_none());
    assert_eq!(rows(&office.house).await, [], "nothing was taken yet");
    office.step().await;
    assert!(office.prove().await.is_none());
    assert_eq!(rows(&office.house).await, [row()]);
    assert!(office.prove().await.is_none());
    let mut office = office.restarted().await;
    office.forward(MINUTE);
    office.step().await;
    assert!(office.prove().await.is_none());
    assert_eq!(rows(&office.house).await, [row()]);
    let told = good(&office.house.duban(&["outbox", "proofs"]));
    assert_eq!(told, "A1 第1轮 短信 2026-09-15 08:30 已回写 2026-09-15 08:30\n共 1 条\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daemon_tells_the_store_and_a_fault_stops_nothing_else() {
    let house = house(INSERT);
    let time = Time::starting_at(CITIZEN_SMS.now);
    let mut running = Running::start(&house, &time);
    running.until_said("the store cannot be told of SMS to citizens", 1).await;
    assert!(running.said().contains("no such table: proof"), "{}", running.said());
    running.until_said("citizen-unreachable-sms (1) went out", 1).await;
    running.stop().await;
    run(&house, TABLE).await;
    let mut running = Running::start(&house, &time);
    running.until_said("the store was told of the SMS to the citizen of ticket A1", 1).await;
    let said = running.stop().await;
    assert!(!said.contains(CITIZEN_SMS.to), "{said}");
    assert_eq!(rows(&house).await.len(), 1);
}

#[tokio::test]
async fn nothing_is_written_by_default() {
    let house = House::new();
    house.import_all([CITIZEN_SMS.ticket.to_owned()]);
    run(&house, TABLE).await;
    let office = sent(house).await;
    assert!(office.proving.is_none());
    assert_eq!(rows(&office.house).await, []);
    assert_eq!(good(&office.house.duban(&["outbox", "proofs"])), "共 0 条;未设置 [write_back]\n");
}

#[tokio::test]
async fn an_sms_of_before_the_statement_was_there_is_not_told() {
    let before = House::new();
    before.import_all([CITIZEN_SMS.ticket.to_owned()]);
    run(&before, TABLE).await;
    let office = sent(before).await;
    office.house.edit("duban.toml", "[schedule]", &format!("[write_back]\nstatement = \"{INSERT}\"\n\n[schedule]"));
    office.forward(MINUTE);
    let mut office = office.restarted().await;
    assert!(office.prove().await.is_none());
    assert_eq!(rows(&office.house).await, []);
}

#[tokio::test]
async fn a_fault_holds_nothing_up_is_shown_and_told_if_it_lasts_and_made_good() {
    // The table is not there.
    let mut office = sent(house(INSERT)).await;
    assert_eq!(office.count(Kind::CitizenUnreachableSms, NoticeState::Done).await, 1, "the SMS has left all the same");
    for minute in 0..10 {
        let fault = office.prove().await.unwrap();
        assert!(fault.to_string().contains("the statement of [write_back] cannot be run"), "{fault}");
        office.step().await;
        assert!(office.mail.taken_with("回写").is_empty(), "{minute}");
        office.forward(MINUTE);
    }
    office.prove().await.unwrap();
    office.step().await;
    let told = office.mail.taken_with("工单库回写通道故障");
    assert_eq!(told.len(), 2, "ops and desk");
    assert!(told[0].contains("待发1条"), "{}", told[0]);
    let shown = good(&office.house.duban(&["outbox", "proofs"]));
    assert!(shown.contains("A1 第1轮 短信 2026-09-15 08:30 待回写\n"), "{shown}");
    assert!(shown.contains("共 1 条;回写失败:") && shown.contains("no such table: proof"), "{shown}");
    assert!(!shown.contains(CITIZEN_SMS.to));
    let json = objects(&office.house.duban(&["outbox", "proofs", "--json"]));
    assert_eq!((&json[0]["state"], json.len()), (&"open".into(), 2));
    run(&office.house, TABLE).await;
    assert!(office.prove().await.is_none());
    assert_eq!(rows(&office.house).await, [row()]);
    assert!(!good(&office.house.duban(&["outbox", "proofs"])).contains("回写失败"));
    office.forward(TimeDelta::hours(2));
    office.prove().await;
    office.step().await;
    assert!(office.mail.taken_with("回写").is_empty(), "it goes well again");
}

#[tokio::test]
async fn a_statement_that_hits_no_row_is_a_fault_and_not_a_proof() {
    let house = house("UPDATE proof SET sent_at = :sent_at WHERE ticket_no = :ticket_no");
    run(&house, TABLE).await;
    let mut office = sent(house).await;
    assert!(office.prove().await.unwrap().to_string().contains("hit no row for ticket A1"));
    assert_eq!(proofs(&office).await[0].state, ProofState::Open);
    run(&office.house, "INSERT INTO proof (ticket_no) VALUES ('A1')").await;
    assert!(office.prove().await.is_none());
    let at = "2026-09-15 08:30:00".to_owned();
    let found: Vec<(String, String)> = sqlx::query_as("SELECT ticket_no, sent_at FROM proof")
        .fetch_all(&mut store(&office.house).await)
        .await
        .unwrap();
    assert_eq!(found, [("A1".to_owned(), at)]);
}

#[tokio::test]
async fn what_broke_off_in_between_is_unknown_and_not_told_again() {
    let house = house(INSERT);
    run(&house, TABLE).await;
    let office = sent(house).await;
    // The process died between the ledger's note and the store's commit.
    let [proof] = <[Proof; 1]>::try_from(proofs(&office).await).unwrap();
    office.outbox.begin_proof(&proof, office.now()).await.unwrap();
    let mut office = office.restarted().await;
    assert!(office.prove().await.is_none());
    assert_eq!(rows(&office.house).await, []);
    let begun = office.now();
    assert_eq!(proofs(&office).await[0].state, ProofState::Unknown { begun });
    assert!(good(&office.house.duban(&["outbox", "proofs"])).contains("不明(中断,请在工单库核对)"));
}

#[tokio::test]
async fn a_statement_is_told_by_check_and_a_bad_one_with_file_and_line() {
    let good_one = house(INSERT);
    run(&good_one, TABLE).await;
    let said = ended(&good_one.duban(&["check", "--now", CITIZEN_SMS.now]), 0);
    assert!(said.contains("[正常] 工单库:回写语句可用"), "{said}");
    assert_eq!(rows(&good_one).await, [], "it was not run");
    let unknown = house("UPDATE hotline_ticket SET sms_sent = :sent_at WHERE ticket_no = :ticket_no");
    let said = ended(&unknown.duban(&["check", "--now", CITIZEN_SMS.now]), 6);
    assert!(said.contains("[错误] 工单库:the statement of [write_back] cannot be run"), "{said}");
    assert!(said.contains("no such column: sms_sent") && said.contains("会被下一次导入覆盖"), "{said}");
    let bad = house(INSERT);
    bad.edit("duban.toml", INSERT, "DELETE FROM proof WHERE ticket_no = :ticket_no");
    let said = ended(&bad.duban(&["check", "--now", CITIZEN_SMS.now]), 6);
    let text = std::fs::read_to_string(bad.config().join("duban.toml")).unwrap();
    let line = text.lines().position(|line| line.starts_with("statement")).unwrap() + 1;
    assert!(
        said.contains(&format!("duban.toml:{line}: write_back")) && said.contains("one INSERT or UPDATE"),
        "{said}"
    );
}
