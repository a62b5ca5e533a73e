//! Numbered migrations, forward only, each in one transaction.

use std::path::Path;

use sqlx::{Connection, sqlite::SqliteConnectOptions};

use super::{SqliteLedger, cell, connect, explain};
use crate::outbox::OutboxError;

/// Every migration: its name and its text, in order; the first has number 1.
const MIGRATIONS: [(&str, &str); 2] = [
    ("ledger", include_str!("../schema/0001_ledger.sql")),
    ("calendar_version", include_str!("../schema/0002_calendar_version.sql")),
];

const FOUND: &str = "SELECT name FROM sqlite_schema WHERE type = 'table'";
const NEWEST: &str = "SELECT coalesce(max(number), 0) FROM migration";
const REGISTER: &str = "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT";

/// Refuses a file that is no ledger, or a newer one, before anything is changed.
pub(super) async fn inspect(path: &Path, options: &SqliteConnectOptions) -> Result<(), OutboxError> {
    if !path.exists() {
        return Ok(());
    }
    let mut conn = connect(path, options).await?;
    let read = |source| explain(path, source);
    let tables = sqlx::query(FOUND).fetch_all(&mut conn).await.map_err(read)?;
    let names = tables.iter().map(|row| cell::<String>(row, 0)).collect::<Result<Vec<_>, _>>()?;
    if !names.is_empty() && !names.iter().any(|name| name == "migration") {
        return Err(OutboxError::NotALedger { path: path.to_owned() });
    }
    if !names.is_empty() {
        let row = sqlx::query(NEWEST).fetch_one(&mut conn).await.map_err(read)?;
        known(path, cell(&row, 0)?)?;
    }
    conn.close().await.map_err(read)
}

/// Applies the migrations that are missing.
pub(super) async fn apply(ledger: &SqliteLedger) -> Result<(), OutboxError> {
    loop {
        // Another process may be at the same: each looks again inside its step.
        let mut work = ledger.write().await?;
        work.script(REGISTER).await?;
        let newest: i64 = match work.row(sqlx::query(NEWEST)).await? {
            Some(row) => cell(&row, 0)?,
            None => 0,
        };
        known(&ledger.path, newest)?;
        match usize::try_from(newest).ok().and_then(|number| MIGRATIONS.get(number)) {
            None => return work.commit().await,
            Some((name, text)) => {
                work.script(text).await?;
                let entry = sqlx::query("INSERT INTO migration (number, name) VALUES (?1, ?2)");
                work.run(entry.bind(newest + 1).bind(*name)).await?;
                work.commit().await?;
            }
        }
    }
}

fn known(path: &Path, found: i64) -> Result<(), OutboxError> {
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(OutboxError::Newer { path: path.to_owned(), found, known });
    }
    Ok(())
}
