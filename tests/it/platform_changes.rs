//! How changes in a platform's database are found: by its change time, late ones and
//! those of one instant included, and by comparison where there is none.

use duban::{
    source::{ColumnMap, Cursor, Dialect, Store},
    ticket::{Field, TicketNo},
};

use crate::servers::{BOTH, Database};

const COLUMNS: &str =
    "[table.columns]\nticket_no = \"no\"\norigin = \"origin\"\nreceived = \"received\"\nstatus = \"status\"\n";
const CHILD: &str = "[[child]]\nname = \"log\"\nkey = \"no\"\norder = [\"at\"]\nrows = \"all\"\n\
                     columns = { contact_log = [\"at\", \"told\"] }\n";

/// Tickets A0 to A9 of an hour ago, with the indexes that the manual asks for.
async fn database(dialect: Dialect) -> Database {
    let mut sql = "CREATE TABLE task (no VARCHAR(40) NOT NULL, origin VARCHAR(20), received VARCHAR(30), \
                   status VARCHAR(20), updated TIMESTAMP(0) NULL DEFAULT NULL);\
                   CREATE TABLE log (no VARCHAR(40), at TIMESTAMP(0) NULL DEFAULT NULL, told VARCHAR(20));\
                   CREATE INDEX by_no ON task (no); CREATE INDEX by_time ON task (updated, no);\
                   CREATE INDEX of_no ON log (no);"
        .to_owned();
    for n in 0..10 {
        sql.push_str(&format!(
            "INSERT INTO task VALUES ('A{n}', '12345', '2026-09-01', '待处置', {});",
            ago(dialect, 3600)
        ));
    }
    Database::with(dialect, &sql).await
}

/// An instant before the database's now. The sessions of tests are in UTC, and what
/// stands there is in the zone of the map.
fn ago(dialect: Dialect, seconds: i64) -> String {
    match dialect {
        Dialect::Postgres => {
            format!("date_trunc('second', LOCALTIMESTAMP) + INTERVAL '8 hours' - INTERVAL '{seconds} seconds'")
        }
        Dialect::MySql => format!("NOW() - INTERVAL {seconds} SECOND"),
    }
}

async fn open(database: &Database, head: &str, tail: &str) -> Store {
    let map = format!("zone = \"+08:00\"\n[table]\nname = \"task\"\n{head}\n{COLUMNS}{tail}");
    database.open(&ColumnMap::parse("task.toml", &map).unwrap().tables.unwrap()).await
}

async fn stamped(database: &Database) -> Store {
    open(database, "updated = \"updated\"\noverlap_s = 300", "").await
}

/// Everything that is new since a cursor, with the cursor behind it.
async fn news(store: &Store, mut cursor: Cursor, limit: usize) -> (Vec<String>, Cursor) {
    let mut told = Vec::new();
    loop {
        let page = store.changed(cursor, limit).await.unwrap();
        assert!(page.tickets.len() <= limit);
        for ticket in page.tickets {
            let status = |row: &duban::ticket::RawRow| row.get(Field::Status).unwrap().to_owned();
            let states: Vec<String> = ticket.rows.iter().map(status).collect();
            told.push(format!("{} {}", ticket.no, states.join("/")));
        }
        cursor = page.cursor;
        if !page.more {
            return (told, cursor);
        }
    }
}

#[tokio::test]
async fn a_change_is_given_once_though_the_overlap_is_read_again() {
    for dialect in BOTH {
        let database = database(dialect).await;
        let store = stamped(&database).await;
        let (all, cursor) = news(&store, Cursor::start(), 3).await;
        assert_eq!(all.len(), 10);
        let (none, cursor) = news(&store, cursor, 3).await;
        assert_eq!(none, Vec::<String>::new());
        let now = ago(dialect, 0);
        database
            .run(&format!("UPDATE task SET status = '处理中', updated = {now} WHERE no IN ('A3', 'A4', 'A5', 'A7')"))
            .await;
        // All of one instant, and more than fit into a page.
        let (told, cursor) = news(&store, cursor, 2).await;
        assert_eq!(told, ["A3 处理中", "A4 处理中", "A5 处理中", "A7 处理中"], "{dialect:?}");
        for _ in 0..3 {
            assert_eq!(news(&store, cursor.clone(), 2).await.0, Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn a_second_change_at_the_same_instant_is_seen() {
    for dialect in BOTH {
        let database = database(dialect).await;
        let store = stamped(&database).await;
        let (_, cursor) = news(&store, Cursor::start(), 100).await;
        database
            .run(&format!("UPDATE task SET status = '处理中', updated = {} WHERE no = 'A3'", ago(dialect, 0)))
            .await;
        let (told, cursor) = news(&store, cursor, 100).await;
        assert_eq!(told, ["A3 处理中"]);
        database.run("UPDATE task SET status = '已办结', updated = updated WHERE no = 'A3'").await;
        assert_eq!(news(&store, cursor, 100).await.0, ["A3 已办结"], "{dialect:?}");
    }
}

#[tokio::test]
async fn a_change_that_was_committed_late_is_seen_within_the_overlap() {
    for dialect in BOTH {
        let database = database(dialect).await;
        let store = stamped(&database).await;
        let (_, cursor) = news(&store, Cursor::start(), 100).await;
        let mut late = database.admin().await;
        late.run("BEGIN").await;
        late.run(&format!("UPDATE task SET status = '处理中', updated = {} WHERE no = 'A1'", ago(dialect, 120))).await;
        database
            .run(&format!("UPDATE task SET status = '已办结', updated = {} WHERE no = 'A9'", ago(dialect, 0)))
            .await;
        let (told, cursor) = news(&store, cursor, 100).await;
        assert_eq!(told, ["A9 已办结"]);
        late.run("COMMIT").await;
        assert_eq!(news(&store, cursor, 100).await.0, ["A1 处理中"], "{dialect:?}");
    }
}

#[tokio::test]
async fn a_change_time_in_the_future_hides_no_later_change() {
    for dialect in BOTH {
        let database = database(dialect).await;
        let store = stamped(&database).await;
        let (_, cursor) = news(&store, Cursor::start(), 100).await;
        database.run("UPDATE task SET status = '处理中', updated = '2036-01-01 00:00:00' WHERE no = 'A1'").await;
        let (told, cursor) = news(&store, cursor, 100).await;
        assert_eq!(told, ["A1 处理中"]);
        database
            .run(&format!("UPDATE task SET status = '已办结', updated = {} WHERE no = 'A2'", ago(dialect, 0)))
            .await;
        let (told, cursor) = news(&store, cursor, 100).await;
        assert_eq!(told, ["A2 已办结"], "{dialect:?}");
        // Nor is it a hindrance that it is there from the start.
        assert_eq!(news(&store, Cursor::start(), 100).await.0.len(), 10);
        assert_eq!(news(&store, cursor, 100).await.0, Vec::<String>::new());
    }
}

#[tokio::test]
async fn rows_without_a_change_time_are_compared_at_each_poll() {
    for dialect in BOTH {
        let database = database(dialect).await;
        database.run("UPDATE task SET updated = NULL WHERE no IN ('A2', 'A5', 'A6')").await;
        let store = stamped(&database).await;
        let (all, cursor) = news(&store, Cursor::start(), 100).await;
        assert_eq!(all.len(), 10);
        let (none, cursor) = news(&store, cursor, 100).await;
        assert_eq!(none, Vec::<String>::new());
        database.run("UPDATE task SET status = '处理中', updated = NULL WHERE no IN ('A2', 'A6')").await;
        let (told, cursor) = news(&store, cursor, 1).await;
        assert_eq!(told, ["A2 处理中", "A6 处理中"], "{dialect:?}");
        assert_eq!(news(&store, cursor, 1).await.0, Vec::<String>::new());
    }
}

#[tokio::test]
async fn without_a_change_time_every_row_is_compared_children_included() {
    for dialect in BOTH {
        let database = database(dialect).await;
        let store = open(&database, "key = \"no\"", CHILD).await;
        let (all, cursor) = news(&store, Cursor::start(), 4).await;
        assert_eq!(all.len(), 10);
        let (none, cursor) = news(&store, cursor, 4).await;
        assert_eq!(none, Vec::<String>::new());
        database.run("UPDATE task SET status = '处理中', updated = updated WHERE no = 'A8'").await;
        database
            .run("INSERT INTO log VALUES ('A1', '2026-09-01 10:00:00', '忙音'), ('A1', '2026-09-01 09:00:00', '关机')")
            .await;
        let (told, cursor) = news(&store, cursor, 4).await;
        assert_eq!(told, ["A1 待处置", "A8 处理中"], "{dialect:?}");
        assert_eq!(news(&store, cursor, 4).await.0, Vec::<String>::new());
        let row = store.read(&[TicketNo::new("A1")]).await.unwrap().remove(0).rows.remove(0);
        let log = row.get(Field::ContactLog).unwrap();
        assert!(log.contains("关机;") && log.ends_with("忙音"), "{log}");
    }
}

#[tokio::test]
async fn a_reading_that_broke_off_goes_on_where_it_was() {
    for dialect in BOTH {
        let database = database(dialect).await;
        let store = stamped(&database).await;
        let page = store.changed(Cursor::start(), 4).await.unwrap();
        assert!(page.more);
        // A new row before the key, one behind it, and one that went.
        let now = ago(dialect, 0);
        database.run(&format!("INSERT INTO task VALUES ('A00', '12345', '2026-09-01', '新', {now})")).await;
        database.run("DELETE FROM task WHERE no = 'A7'").await;
        let (rest, cursor) = news(&store, page.cursor, 4).await;
        assert_eq!(rest.len(), 5, "{rest:?}");
        assert_eq!(news(&store, cursor, 4).await.0, ["A00 新"], "{dialect:?}");
    }
}

#[tokio::test]
async fn every_statement_of_a_poll_has_an_index() {
    for dialect in BOTH {
        let database = database(dialect).await;
        let many = match dialect {
            Dialect::Postgres => {
                "INSERT INTO task SELECT 'B' || n, '12345', '2026-09-01', '待处置', CASE WHEN n % 100 > 0 THEN \
                 timestamp '2026-01-01' + n * interval '1 minute' END FROM generate_series(1, 30000) n;\
                 INSERT INTO log SELECT 'B' || n, timestamp '2026-01-01', '忙音' FROM generate_series(1, 30000) n;\
                 ANALYZE task; ANALYZE log"
            }
            Dialect::MySql => {
                "INSERT INTO task SELECT CONCAT('B', seq), '12345', '2026-09-01', '待处置', IF(seq % 100 > 0, \
                 TIMESTAMP('2026-01-01') + INTERVAL seq MINUTE, NULL) FROM seq_1_to_30000;\
                 INSERT INTO log SELECT CONCAT('B', seq), '2026-01-01', '忙音' FROM seq_1_to_30000;\
                 ANALYZE TABLE task, log"
            }
        };
        database.run(many).await;
        let Store::Database(store) = open(&database, "key = \"no\"\nupdated = \"updated\"", CHILD).await else {
            panic!("no database")
        };
        assert_eq!(store.scans().await.unwrap(), [], "{dialect:?}");
        database
            .run(match dialect {
                Dialect::Postgres => "DROP INDEX by_time; DROP INDEX of_no",
                Dialect::MySql => "DROP INDEX by_time ON task; DROP INDEX of_no ON log",
            })
            .await;
        let told: Vec<&str> = store.scans().await.unwrap().iter().map(|scan| scan.what).collect();
        assert!(told.iter().any(|what| what.starts_with("changes, by an index on the change time")), "{told:?}");
        assert!(told.iter().any(|what| what.starts_with("a child's rows")), "{told:?}");
    }
}
