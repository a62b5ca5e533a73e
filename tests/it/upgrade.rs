//! Ledgers of every earlier schema are taken up with all that is in them.

use std::{collections::BTreeMap, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use duban::outbox::{Filter, LegState, NoticeState, Outbox};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::program::{fixture, root};

/// Tables that an upgrade may make anew, for nothing was ever written to them.
const ANEW: [&str; 2] = ["calendar_version", "migration"];

#[tokio::test]
async fn a_ledger_of_every_earlier_schema_keeps_every_row_and_becomes_as_a_fresh_one() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("fresh.db");
    drop(Outbox::open(&fresh).await.unwrap());
    let newest = std::fs::read_dir(root().join("src/outbox/schema"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "sql"));
    let newest = newest.count();
    for schema in 1..newest {
        let dump = fixture(&format!("ledgers/{schema:04}.sql"));
        let text = std::fs::read_to_string(&dump).unwrap_or_else(|e| {
            panic!("{}: {e}; keep a ledger of schema {schema} here, with rows of every table", dump.display())
        });
        let ledger = folder.path().join(format!("{schema}.db"));
        let mut conn = connect(&ledger).await;
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut conn).await.unwrap();
        let before = rows(&mut conn).await;
        conn.close().await.unwrap();
        assert!(before.values().all(|rows| !rows.is_empty()), "{before:#?}");

        let outbox = Outbox::open(&ledger).await.unwrap();
        outbox.verify().await.unwrap();
        let mut conn = connect(&ledger).await;
        assert_eq!(of(rows(&mut conn).await, &before), before, "from schema {schema}");
        assert_eq!(shape(&mut conn).await, shape(&mut connect(&fresh).await).await, "from schema {schema}");
        conn.close().await.unwrap();
        goes_on(&outbox).await;
    }
    assert!(newest > 1);
}

/// What waited goes on waiting, and what was held can be let go.
async fn goes_on(outbox: &Outbox) {
    let now = DateTime::parse_from_rfc3339("2026-09-15T10:00:00+08:00").unwrap().to_utc();
    let all = outbox.list(&Filter::All, 1_000).await.unwrap();
    let legs: Vec<LegState> = all.iter().flat_map(|one| &one.legs).map(|leg| leg.state).collect();
    for state in [LegState::Pending, LegState::Accepted, LegState::Delivered, LegState::Unknown, LegState::Held] {
        assert!(legs.contains(&state), "{state} {legs:?}");
    }
    let held = all.iter().find(|one| one.state == NoticeState::Held).unwrap();
    outbox.free(held.notice.id, "operator", now).await.unwrap();
    assert_eq!(outbox.show(held.notice.id).await.unwrap().state, NoticeState::Open);
    assert!(outbox.next_wake(now - TimeDelta::days(1)).await.unwrap().is_some_and(|at: DateTime<Utc>| at <= now));
}

async fn connect(path: &Path) -> SqliteConnection {
    // A dump names tables before those that they refer to.
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).foreign_keys(false);
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Every row of every table as text, with the names of its columns.
async fn rows(conn: &mut SqliteConnection) -> BTreeMap<String, Vec<String>> {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *conn).await.unwrap();
    let mut all = BTreeMap::new();
    for table in tables.into_iter().filter(|table| !ANEW.contains(&table.as_str())) {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?1)")
            .bind(&table)
            .fetch_all(&mut *conn)
            .await
            .unwrap();
        let pairs: Vec<String> = columns.iter().map(|column| format!("'{column}', {column}")).collect();
        let text = format!("SELECT json_object({}) FROM {table} ORDER BY 1", pairs.join(", "));
        let found = sqlx::query(AssertSqlSafe(text)).fetch_all(&mut *conn).await.unwrap();
        all.insert(table, found.iter().map(|row| row.get(0)).collect());
    }
    all
}

/// The same tables and columns as `before`: an upgrade may add some.
fn of(after: BTreeMap<String, Vec<String>>, before: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let names = |row: &String| -> Vec<String> {
        let row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(row).unwrap();
        row.keys().cloned().collect()
    };
    let known = |table: &String, row: String| {
        let names = names(&before[table][0]);
        let row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&row).unwrap();
        let kept: serde_json::Map<_, _> = names.into_iter().map(|name| (name.clone(), row[&name].clone())).collect();
        serde_json::to_string(&kept).unwrap()
    };
    let tables = after.into_iter().filter(|(table, _)| before.contains_key(table));
    tables.map(|(table, rows)| (table.clone(), rows.into_iter().map(|row| known(&table, row)).collect())).collect()
}

/// The statements that made it.
async fn shape(conn: &mut SqliteConnection) -> Vec<String> {
    let text = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'migration' ORDER BY type, name";
    sqlx::query_scalar(text).fetch_all(conn).await.unwrap()
}
