//! What every ticket store promises, and what the SQLite store adds.

use std::{
    fs,
    path::{Path, PathBuf},
};

use duban::{
    source::{
        ColumnMap, Cursor, Dialect, HistoryStore, Page, SourceError, SqliteStore, SqliteStoreWriter, Store,
        sqlite::SCHEMA,
    },
    ticket::{Field, NumberKey, RawRow, TicketNo},
};
use sqlx::{Connection, Executor, Row, SqliteConnection};
use tempfile::TempDir;

use crate::servers::{BOTH, Database};

/// A store of each kind with the tickets A to E, changed in this order, and E
/// in two rows.
async fn each_store(folder: &TempDir) -> Vec<Store> {
    let mut stores: Vec<Store> = own_stores(folder).await.into();
    for dialect in BOTH {
        stores.push(platform(dialect).await.1);
    }
    stores
}

/// A platform's database with the same tickets; small letters, blanks and a second
/// row in another spelling included.
async fn platform(dialect: Dialect) -> (Database, Store) {
    let mut sql = "CREATE TABLE task (no VARCHAR(40) NOT NULL, status VARCHAR(20), updated TIMESTAMP NULL);\
                   CREATE INDEX by_no ON task (no); CREATE INDEX by_time ON task (updated, no);"
        .to_owned();
    for (at, no) in ["c", "A ", "\tB", "Ｄ", "E"].iter().enumerate() {
        sql.push_str(&format!("INSERT INTO task VALUES ('{no}', '待处置', '2026-09-0{} 10:00:00');", at + 1));
    }
    sql.push_str("INSERT INTO task VALUES ('e', '处理中', '2026-09-05 10:00:00');");
    sql.push_str("UPDATE task SET status = '已办结', updated = '2026-09-06 10:00:00' WHERE no = 'A ';");
    let database = Database::with(dialect, &sql).await;
    let map = "zone = \"+08:00\"\n[table]\nname = \"task\"\nupdated = \"updated\"\n[table.columns]\nticket_no = \"no\"\n\
               origin = { sql = \"'12345'\" }\nreceived = { sql = \"'2026-09-01'\" }\nstatus = \"status\"\n";
    let store = database.open(&ColumnMap::parse("task.toml", map).unwrap().tables.unwrap()).await;
    (database, store)
}

async fn own_stores(folder: &TempDir) -> [Store; 2] {
    let mut lines = "at,工单编号,来源,接收时间,状态\n".to_owned();
    let mut sql = "INSERT INTO hotline_column VALUES ('ticket_no'), ('status'), ('concluded');".to_owned();
    for (at, no) in ["C", "A", "B", "D", "E"].iter().enumerate() {
        lines.push_str(&format!("2026-09-0{}T10:00:00+08:00,{no},12345,2026-09-01,待处置\n", at + 1));
        sql.push_str(&format!("INSERT INTO hotline_ticket (ticket_no, status) VALUES ('{no}', '待处置');"));
    }
    lines.push_str(
        "2026-09-05T10:00:00+08:00,E,12345,2026-09-01,处理中\n2026-09-06T10:00:00+08:00,A,12345,2026-09-01,已办结\n",
    );
    sql.push_str("INSERT INTO hotline_ticket (ticket_no, row_no, status) VALUES ('E', 2, '处理中');");
    sql.push_str("UPDATE hotline_ticket SET status = '已办结' WHERE ticket_no = 'A';");
    let history = folder.path().join("history.csv");
    fs::write(&history, lines).unwrap();
    let history = read_history(&history).unwrap();
    history.set_now("2026-09-30T00:00:00Z".parse().unwrap());
    let path = folder.path().join("tickets.db");
    fill(&path, &sql).await;
    [Store::Sqlite(SqliteStore::open(&path).await.unwrap()), Store::History(history)]
}

#[tokio::test]
async fn pages_give_every_ticket_once_with_all_its_rows() {
    let folder = TempDir::new().unwrap();
    for store in each_store(&folder).await {
        for limit in 1..7 {
            let (mut shown, mut cursor, mut pages) = (Vec::new(), Cursor::start(), 0);
            loop {
                let page = store.changed(cursor, limit).await.unwrap();
                assert!(page.tickets.len() <= limit);
                assert_eq!(page.more, shown.len() + page.tickets.len() < 5);
                shown.extend(show(&page));
                cursor = page.cursor;
                pages += 1;
                if !page.more {
                    break;
                }
            }
            if let Store::Database(_) = store {
                // It is gone through by number, as the database sorts them.
                shown.sort_by_key(|ticket| "CBDEA".find(&ticket[..1]));
                shown.iter_mut().for_each(|ticket| *ticket = ticket.replace("处理中/待处置", "待处置/处理中"));
            }
            assert_eq!(shown, ["C 待处置", "B 待处置", "D 待处置", "E 待处置/处理中", "A 已办结"], "{limit}");
            assert_eq!(pages, 5_usize.div_ceil(limit));
            let rest = store.changed(cursor.clone(), limit).await.unwrap();
            assert_eq!((rest.tickets.len(), rest.more, rest.cursor), (0, false, cursor));
        }
    }
}

#[tokio::test]
async fn tickets_are_read_in_the_order_asked_and_absent_ones_have_no_rows() {
    let folder = TempDir::new().unwrap();
    for store in each_store(&folder).await {
        let nos = ["E", "X", "A"].map(TicketNo::new);
        let tickets = store.read(&nos).await.unwrap();
        let rows: Vec<_> = tickets.iter().map(|ticket| (ticket.no.as_str(), ticket.rows.len())).collect();
        assert_eq!(rows, [("E", 2), ("X", 0), ("A", 1)]);
        assert_eq!(store.read(&[]).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_change_by_anyones_own_job_is_seen_once() {
    let folder = TempDir::new().unwrap();
    let [store, _] = own_stores(&folder).await;
    let path = folder.path().join("tickets.db");
    let mut cursor = store.changed(Cursor::start(), 100).await.unwrap().cursor;
    let cases = [
        ("UPDATE hotline_ticket SET status = '待审核' WHERE ticket_no = 'B'", vec!["B 待审核"]),
        ("UPDATE hotline_ticket SET status = status", vec![]),
        (
            "INSERT INTO hotline_ticket (ticket_no, status) VALUES ('D', '待处置'), ('F', '新') \
             ON CONFLICT (ticket_no, row_no) DO UPDATE SET status = excluded.status",
            vec!["F 新"],
        ),
        ("DELETE FROM hotline_ticket WHERE ticket_no = 'C'", vec!["C "]),
        ("DELETE FROM hotline_ticket WHERE ticket_no = 'E' AND row_no = 1", vec!["E 处理中"]),
        ("UPDATE hotline_ticket SET ticket_no = 'G' WHERE ticket_no = 'F'", vec!["F ", "G 新"]),
        ("INSERT INTO hotline_ticket (ticket_no, status) VALUES ('C', '又来')", vec!["C 又来"]),
    ];
    for (sql, expected) in cases {
        run(&path, sql).await;
        let page = store.changed(cursor, 100).await.unwrap();
        assert_eq!(show(&page), expected, "{sql}");
        cursor = page.cursor;
    }
}

#[tokio::test]
async fn a_column_that_is_not_entered_is_absent_and_an_entered_one_is_empty() {
    let folder = TempDir::new().unwrap();
    let [store, _] = own_stores(&folder).await;
    let cursor = store.changed(Cursor::start(), 100).await.unwrap().cursor;
    let row = store.read(&[TicketNo::new("A")]).await.unwrap().remove(0).rows.remove(0);
    assert_eq!(row.get(Field::Concluded), Some(""));
    assert_eq!(row.get(Field::Contacted), None);
    run(&folder.path().join("tickets.db"), "INSERT INTO hotline_column VALUES ('contacted')").await;
    let page = store.changed(cursor, 100).await.unwrap();
    assert_eq!(page.tickets.len(), 5, "a new column changes what every ticket says");
    assert_eq!(page.tickets[0].rows[0].get(Field::Contacted), Some(""));
}

#[tokio::test]
async fn a_store_without_entered_columns_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tickets.db");
    fill(&path, "").await;
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.changed(Cursor::start(), 10).await.unwrap().tickets, [], "an empty store is none at fault");
    run(&path, "INSERT INTO hotline_ticket (ticket_no) VALUES ('A1')").await;
    let error = store.changed(Cursor::start(), 10).await.unwrap_err().to_string();
    assert!(error.contains("hotline_column"), "{error}");
}

#[tokio::test]
async fn a_number_that_is_not_normalised_is_refused_by_the_schema() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tickets.db");
    fill(&path, "").await;
    let mut job = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    for no in ["''", "'a1'", "' A1'", "'A1' || char(9)", "char(12288) || 'A1'"] {
        let sql = format!("INSERT INTO hotline_ticket (ticket_no) VALUES ({no})");
        assert!(job.execute(sqlx::AssertSqlSafe(sql)).await.is_err(), "{no}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_do_not_stop_the_reading() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tickets.db");
    let sql = "INSERT INTO hotline_column VALUES ('status'); \
               INSERT INTO hotline_ticket (ticket_no, status, origin) VALUES ('A1', x'FF41', 12345)";
    fill(&path, sql).await;
    let page = SqliteStore::open(&path).await.unwrap().changed(Cursor::start(), 10).await.unwrap();
    assert_eq!(page.tickets[0].rows[0].get(Field::Status), Some("\u{fffd}A"));
    assert_eq!(page.tickets[0].rows[0].get(Field::Origin), Some("12345"), "what is not entered but there is read");
}

#[tokio::test]
async fn a_store_that_was_replaced_is_read_from_the_start() {
    let folder = TempDir::new().unwrap();
    let [store, _] = own_stores(&folder).await;
    let cursor = store.changed(Cursor::start(), 100).await.unwrap().cursor;
    let other = folder.path().join("other.db");
    let tickets = "INSERT INTO hotline_column VALUES ('status'); INSERT INTO hotline_ticket (ticket_no, status) VALUES ('Z', '新')";
    fill(&other, tickets).await;
    for tail in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(folder.path().join(format!("tickets.db{tail}")));
    }
    fs::rename(&other, folder.path().join("tickets.db")).unwrap();
    let page = store.changed(cursor, 100).await.unwrap();
    assert_eq!(show(&page), ["Z 新"]);
}

#[tokio::test]
async fn a_store_that_cannot_be_read_says_which_and_what_to_do() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let error = SqliteStore::open(&at("absent.db")).await.unwrap_err();
    assert!(matches!(error, SourceError::StoreMissing { .. }));
    assert!(error.to_string().contains("absent.db does not exist: fill it with `duban import FILE`"), "{error}");

    fs::write(at("text.db"), "工单编号,来源\n".repeat(500)).unwrap();
    let error = SqliteStore::open(&at("text.db")).await.unwrap_err();
    assert!(matches!(error, SourceError::StoreDamaged { .. }), "{error}");

    fs::write(at("empty.db"), "").unwrap();
    let error = SqliteStore::open(&at("empty.db")).await.unwrap_err().to_string();
    assert!(error.contains("it has no table `hotline_ticket`"), "{error}");

    let error = SqliteStore::open(folder.path()).await.unwrap_err().to_string();
    assert!(error.contains("it is a folder"), "{error}");

    for (name, sql, expected) in [
        ("newer.db", "PRAGMA user_version = 9", "use the matching program"),
        ("older.db", "PRAGMA user_version = 1", "make a store anew and fill it"),
        ("trigger.db", "DROP TRIGGER hotline_ticket_deleted", "its trigger `hotline_ticket_deleted` was removed"),
        ("column.db", "ALTER TABLE hotline_ticket RENAME COLUMN town TO street", "column"),
    ] {
        fill(&at(name), sql).await;
        let error = SqliteStore::open(&at(name)).await.unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(name), "{error}");
        assert!(SqliteStoreWriter::open(&at(name)).await.is_err(), "{name} is not written either");
    }
}

#[tokio::test]
async fn a_damaged_page_is_an_error_and_no_panic() {
    let folder = TempDir::new().unwrap();
    let [store, _] = own_stores(&folder).await;
    drop(store);
    let path = folder.path().join("tickets.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xAA);
    fs::write(&path, bytes).unwrap();
    let end = match SqliteStore::open(&path).await {
        Ok(store) => store.changed(Cursor::start(), 10).await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(matches!(end, Err(SourceError::StoreDamaged { .. })), "{end:?}");
}

#[tokio::test]
async fn a_database_of_somebody_else_is_neither_read_nor_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("other.db");
    fs::write(&path, "").unwrap();
    run(&path, "CREATE TABLE accounts (x)").await;
    let before = fs::read(&path).unwrap();
    assert!(SqliteStore::open(&path).await.is_err());
    assert!(SqliteStoreWriter::open(&path).await.is_err());
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_locked_store_says_so() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tickets.db");
    fill(&path, "").await;
    let mut other = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let error = SqliteStoreWriter::open(&path).await.unwrap_err();
    assert!(matches!(error, SourceError::StoreLocked { .. }));
    assert!(error.to_string().contains("tickets.db is locked by another program"), "{error}");
    assert!(SqliteStore::open(&path).await.is_ok(), "a writer does not keep readers out");
}

#[tokio::test]
async fn the_documented_schema_is_the_one_that_is_made() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tickets.db");
    fill(&path, "").await;
    let mut made = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    let rows = made.fetch_all("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").await.unwrap();
    assert_eq!(rows.len(), SCHEMA.matches("\nCREATE ").count());
    for row in rows {
        let sql: &str = row.get(0);
        assert!(SCHEMA.contains(sql), "{sql}");
    }
    let map = ColumnMap::built_in().unwrap();
    for field in Field::ALL.into_iter().filter(|field| *field != Field::TicketNo) {
        // Each column says which of the platform's it is, by its name in exports.
        let line = format!("\n    {} TEXT, -- {}", field.id(), map.first_header(field));
        assert!(SCHEMA.contains(&line), "{line}");
        let compared = format!("NEW.{0} IS NOT OLD.{0}", field.id());
        assert!(SCHEMA.contains(&compared), "{compared}");
        assert!(SCHEMA.contains(&format!("'{}'", field.id())), "{}", field.id());
    }
}

#[test]
fn the_history_of_s01_is_seen_step_by_step() {
    let history = history("S01");
    let instants = history.instants();
    assert_eq!(instants.len(), 9);
    assert!(history.changed(Cursor::start(), 10).tickets.is_empty(), "nothing is visible before the clock is set");
    let mut cursor = Cursor::start();
    let mut states = Vec::new();
    for instant in &instants {
        history.set_now(*instant - chrono::TimeDelta::seconds(1));
        assert!(history.changed(cursor.clone(), 10).tickets.is_empty());
        history.set_now(*instant);
        let page = history.changed(cursor, 10);
        states.push(page.tickets[0].rows[0].get(Field::Status).unwrap().to_owned());
        cursor = page.cursor;
    }
    assert_eq!(states, ["待派遣", "待处置", "处理中", "处理中", "已办结", "待审核", "待回访", "已回访", "已归档"]);
    let page = history.changed(Cursor::start(), 10);
    assert_eq!(page.tickets.len(), 1, "what changed again is given by its last state alone");
}

#[test]
fn the_history_of_s12_has_its_own_columns_and_jumps_to_any_instant() {
    let history = history("S12");
    let no = [TicketNo::new("20260326001012")];
    let cell = |field| history.read(&no)[0].rows.first().map(|row| row.get(field).unwrap().to_owned());
    assert_eq!(cell(Field::Status), None);
    history.set_now("2026-04-01T10:00:00+08:00".parse().unwrap());
    assert_eq!(cell(Field::Reassigned).as_deref(), Some(""));
    assert_eq!(cell(Field::Status).as_deref(), Some("待重办"));
    history.set_now("2026-04-02T11:00:00+08:00".parse().unwrap());
    assert_eq!(cell(Field::Reassigned).as_deref(), Some("2026-04-01 14:00:00"));
    assert_eq!(cell(Field::SecondRevisited).as_deref(), Some("2026-04-02 11:00:00"));
    assert_eq!(history.read(&no)[0].rows[0].get(Field::SupervisionAnswered), None);
}

#[test]
fn a_bad_line_of_a_history_is_named() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.csv");
    let head = "at,工单编号,来源,接收时间\n";
    for (text, expected) in [
        (format!("{head}2026-09-01 10:00:00,A1,12345,2026-09-01\n"), "line 2: `at` is no instant with its zone"),
        (format!("{head}2026-09-01T10:00:00+08:00,,12345,2026-09-01\n"), "line 2: the line has no ticket number"),
        (format!("{head}2026-09-01T10:00:00+08:00,A1\n"), "line 2: the line has more or fewer cells"),
        ("工单编号,来源,接收时间\n".to_owned(), "line 1: the first column of a history must be `at`"),
        ("at,工单,来源,接收时间\n".to_owned(), "headers seen: at, 工单, 来源, 接收时间"),
        (head.to_owned(), "no ticket below it"),
    ] {
        fs::write(&path, text).unwrap();
        let error = read_history(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

fn history(story: &str) -> HistoryStore {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/histories/{story}.csv"));
    read_history(&path).unwrap()
}

/// Reads a history under the built-in column map.
fn read_history(path: &Path) -> Result<HistoryStore, SourceError> {
    let map = ColumnMap::built_in().unwrap();
    HistoryStore::from_csv(path, &map, &map.reader(NumberKey::new([0; 32])))
}

fn show(page: &Page) -> Vec<String> {
    let state = |row: &RawRow| row.get(Field::Status).unwrap().to_owned();
    let states = |rows: &[RawRow]| rows.iter().map(state).collect::<Vec<_>>().join("/");
    page.tickets.iter().map(|ticket| format!("{} {}", ticket.no, states(&ticket.rows))).collect()
}

/// Makes a store, then does as somebody's own job would.
async fn fill(path: &Path, sql: &str) {
    SqliteStoreWriter::open(path).await.unwrap().close().await.unwrap();
    run(path, sql).await;
}

async fn run(path: &Path, sql: &str) {
    let mut job = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut job).await.unwrap();
    job.close().await.unwrap();
}
