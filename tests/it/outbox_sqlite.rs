//! The ledger's file in SQLite: bad files, a full disk, upgrades, and rows that
//! the schema refuses.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use duban::{
    notice::{Batch, Fact, Facts, Kind, Medium, Notice, Occurrence, Subject, Wish},
    outbox::{ClaimOrder, Expansion, LedgerSettings, NewLeg, Outbox, OutboxError, Wanted, scope},
    ticket::TicketNo,
};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

#[tokio::test]
async fn a_file_that_is_no_database_is_named_as_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let export = "工单编号,来源\n".repeat(500);
    std::fs::write(&path, &export).unwrap();
    let error = Outbox::open(&path).await.unwrap_err();
    assert!(matches!(error, OutboxError::Corrupt { .. }), "{error:?}");
    assert!(error.to_string().contains("ledger.db: the file is damaged or is no database"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), export, "left as it was");
}

#[tokio::test]
async fn a_damaged_page_is_found_by_verify_and_named_while_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let outbox = Outbox::open(&path).await.unwrap();
    outbox.keep(&wanted(2_000), at(0)).await.unwrap();
    drop(outbox);
    checkpoint(&path).await;
    let mut bytes = std::fs::read(&path).unwrap();
    let from = bytes.len() / 2;
    bytes[from..from + 40_960].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let outbox = Outbox::open(&path).await.unwrap();
    assert!(matches!(outbox.verify().await, Err(OutboxError::Corrupt { .. })));
    let error = outbox.keep(&wanted(2_000), at(1)).await.unwrap_err();
    assert!(matches!(error, OutboxError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn somebody_elses_database_is_refused_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tickets.db");
    let mut conn = connect(&path).await;
    sqlx::query("CREATE TABLE ticket (ticket_no TEXT)").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = Outbox::open(&path).await.unwrap_err();
    assert!(matches!(error, OutboxError::NotALedger { .. }), "{error:?}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_ledger_of_a_newer_program_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(Outbox::open(&path).await.unwrap());
    let mut conn = connect(&path).await;
    sqlx::query("INSERT INTO migration (number, name) VALUES (99, 'later')").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let error = Outbox::open(&path).await.unwrap_err().to_string();
    assert!(error.contains("it has schema 99 and this duban knows schemas up to"), "{error}");
    assert!(error.contains("install the newer duban again, or restore the backup"), "{error}");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Outbox::open(folder.path().join("no").join("ledger.db")).await.unwrap_err();
    assert!(matches!(error, OutboxError::Open { .. }), "{error:?}");
}

#[tokio::test]
async fn a_full_disk_is_a_clear_error_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let small = LedgerSettings { path: path.clone(), max_bytes: Some(512 * 1024) };
    let outbox = Outbox::open_with(&small).await.unwrap();
    assert_eq!(outbox.keep(&wanted(100), at(0)).await.unwrap().new, 100);
    let error = outbox.keep(&wanted(3_000), at(1)).await.unwrap_err();
    assert!(matches!(error, OutboxError::Full { .. }), "{error:?}");
    assert_eq!(outbox.keep(&wanted(100), at(2)).await.unwrap().unchanged, 100, "what was kept stays");
    let roomy = Outbox::open(&path).await.unwrap();
    let kept = roomy.keep(&wanted(3_000), at(3)).await.unwrap();
    assert_eq!(kept.new + kept.unchanged, 3_000, "once there is room it goes on");
}

#[tokio::test]
async fn a_step_waits_while_another_program_holds_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let outbox = Outbox::open(&path).await.unwrap();
    let mut conn = connect(&path).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut conn).await.unwrap();
    let (waited, ()) = tokio::join!(outbox.set("key", "value"), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        sqlx::query("COMMIT").execute(&mut conn).await.unwrap();
    });
    waited.unwrap();
    assert_eq!(outbox.get("key").await.unwrap().as_deref(), Some("value"));
}

#[tokio::test]
async fn applying_the_migrations_twice_equals_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(Outbox::open(&path).await.unwrap());
    let once = schema(&path).await;
    drop(Outbox::open(&path).await.unwrap());
    assert_eq!(schema(&path).await, once);
}

#[tokio::test]
async fn an_upgraded_schema_equals_a_fresh_one() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("fresh.db");
    drop(Outbox::open(&fresh).await.unwrap());
    let mut texts: Vec<_> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/outbox/schema"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    texts.sort();
    for applied in 1..=texts.len() {
        let path = folder.path().join(format!("from{applied}.db"));
        let mut conn = connect(&path).await;
        let table = "CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT";
        sqlx::query(table).execute(&mut conn).await.unwrap();
        for (text, number) in texts[..applied].iter().zip(1_i64..) {
            let script = AssertSqlSafe(std::fs::read_to_string(text).unwrap());
            sqlx::raw_sql(script).execute(&mut conn).await.unwrap();
            let entry = sqlx::query("INSERT INTO migration (number, name) VALUES (?1, 'old')");
            entry.bind(number).execute(&mut conn).await.unwrap();
        }
        conn.close().await.unwrap();
        drop(Outbox::open(&path).await.unwrap());
        assert_eq!(schema(&path).await, schema(&fresh).await, "from schema {applied}");
    }
}

#[tokio::test]
async fn checks_refuse_a_state_without_its_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let outbox = Outbox::open(&path).await.unwrap();
    outbox.keep(&wanted(2), at(0)).await.unwrap();
    let due = outbox.unexpanded(at(0), 9).await.unwrap();
    let leg = NewLeg { person: "p1".into(), medium: Medium::Sms, channel: "gateway".into(), not_before: None };
    let expansions = due.iter().map(|one| Expansion { notice: one.id, legs: vec![leg.clone()], left_out: Vec::new() });
    outbox.expand(&expansions.collect::<Vec<_>>(), at(0)).await.unwrap();
    outbox.claim(&ClaimOrder { channel: "gateway", limit: 1, lease: TimeDelta::seconds(60) }, at(0)).await.unwrap();
    let mut conn = connect(&path).await;
    let refused = [
        ("done without an end", "UPDATE notice SET state = 'done' WHERE id = 1"),
        ("open with an end", "UPDATE notice SET ended_at = 1 WHERE id = 1"),
        ("superseded without a reason", "UPDATE notice SET state = 'superseded', ended_at = 1 WHERE id = 1"),
        ("an unheard-of state", "UPDATE notice SET state = 'lost', ended_at = 1 WHERE id = 1"),
        ("a foreign scope", "UPDATE notice SET scope = 'T/other' WHERE id = 1"),
        ("a half flag", "UPDATE notice SET late = 2 WHERE id = 1"),
        (
            "a second row of one promise",
            "INSERT INTO notice SELECT 99, scope, subject, kind, occurrence, role, unit, category, due, expires, batch, urgent, late, provisional, facts, digest, state, reason, created_at, expanded_at, ended_at FROM notice WHERE id = 1",
        ),
        ("sending without a lease", "UPDATE leg SET lease_token = NULL, lease_until = NULL WHERE state = 'sending'"),
        ("a lease without an end", "UPDATE leg SET lease_until = NULL WHERE state = 'sending'"),
        ("accepted with a lease", "UPDATE leg SET state = 'accepted', ended_at = 1 WHERE state = 'sending'"),
        ("pending with an end", "UPDATE leg SET ended_at = 1 WHERE state = 'sending'"),
        (
            "unknown without a cause",
            "UPDATE leg SET state = 'unknown', ended_at = 1, lease_token = NULL, lease_until = NULL WHERE state = 'sending'",
        ),
        ("a medium of no kind", "UPDATE leg SET medium = 'fax'"),
        ("more tries than attempts", "UPDATE leg SET tries = 9"),
        ("a leg of no notice", "UPDATE leg SET notice = 77"),
        ("an outcome without an end", "UPDATE attempt SET outcome = 'accepted'"),
        ("a late answer before any", "UPDATE attempt SET late_outcome = 'accepted', late_at = 1"),
        ("an attempt taken away", "DELETE FROM attempt"),
    ];
    for (name, sql) in refused {
        let done = sqlx::query(sql).execute(&mut conn).await;
        assert!(done.is_err(), "{name} was let through");
    }
    sqlx::query("UPDATE attempt SET outcome = 'unknown', ended_at = 1").execute(&mut conn).await.unwrap();
    let rewritten = sqlx::query("UPDATE attempt SET outcome = 'accepted'").execute(&mut conn).await;
    assert!(rewritten.unwrap_err().to_string().contains("written once"));
}

#[tokio::test]
async fn no_citizen_column_is_in_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(Outbox::open(&path).await.unwrap());
    let columns = schema(&path).await.join("\n");
    for word in ["phone", "mobile", "address", "citizen_name", "content", "text TEXT", "body"] {
        assert!(!columns.contains(word), "`{word}` is in the schema");
    }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
}

fn wanted(tickets: usize) -> Vec<Wanted> {
    let one = |n: usize| {
        let subject = Subject::Ticket { no: TicketNo::new(&format!("A{n}")), round: 1, assignment: None };
        let notice = Notice {
            subject: subject.clone(),
            kind: Kind::DueToday,
            occurrence: Occurrence::Due(at(0)),
            roles: Kind::DueToday.roles().to_vec(),
            unit: None,
            category: None,
            due: at(0),
            expires: None,
            batch: Batch::Alone,
            wish: Wish::Send,
            late: false,
            urgent: false,
            provisional: false,
            facts: Facts::from([("no".into(), Fact::Text("A".repeat(100)))]),
        };
        Wanted { scope: scope(&subject), notices: vec![notice] }
    };
    (0..tickets).map(one).collect()
}

async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).foreign_keys(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn checkpoint(path: &Path) {
    let mut conn = connect(path).await;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

async fn schema(path: &Path) -> Vec<String> {
    let mut conn = connect(path).await;
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'migration' ORDER BY type, name";
    let rows = sqlx::query(sql).fetch_all(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
