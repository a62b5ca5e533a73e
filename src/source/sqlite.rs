//! The SQLite ticket store, read side.
//!
//! The schema is [`SCHEMA`], written for those who fill the store by a job of
//! their own; its triggers number every change, whoever makes it. All
//! connections are opened read-only, so the daemon cannot write here even by
//! mistake. A store file that is replaced while the daemon runs is noticed and
//! read from the start.

use std::{
    borrow::Cow,
    collections::HashMap,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
    time::Duration,
};

use arc_swap::ArcSwap;
use serde::Deserialize;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Row, SqliteConnection, SqlitePool, ValueRef,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow},
};

use super::{Cursor, Page, Rows, SourceError};
use crate::ticket::{Columns, Field, RawRow, TicketNo};

/// The tables of the store, with what each column holds; by `sqlite3 FILE < schema.sql`
/// a store can be made without `duban`.
pub const SCHEMA: &str = include_str!("schema.sql");

/// The version of [`SCHEMA`], `user_version` in the file.
pub(super) const VERSION: i64 = 2;

const TRIGGERS: [&str; 5] = [
    "hotline_ticket_inserted",
    "hotline_ticket_updated",
    "hotline_ticket_deleted",
    "hotline_column_added",
    "hotline_column_removed",
];

/// How long a connection waits for a writer to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Tickets asked for in one statement.
const CHUNK: usize = 500;

/// The columns of `hotline_ticket` but the number, in the order of the enum.
pub(super) static FIELDS: LazyLock<Vec<Field>> =
    LazyLock::new(|| Field::ALL.into_iter().filter(|field| *field != Field::TicketNo).collect());

/// All cells of a row as one JSON list, in the order of [`FIELDS`]: handing over
/// fifty values one by one takes twice as long. A cast makes text of the bytes
/// and numbers that a job may have stored.
pub(super) static CELLS: LazyLock<String> = LazyLock::new(|| {
    let cells: Vec<String> = FIELDS.iter().map(|field| format!("CAST(t.{} AS TEXT)", field.id())).collect();
    format!("json_array({})", cells.join(", "))
});

/// The store, read only. Clones share their connections.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    path: PathBuf,
    open: Arc<ArcSwap<Open>>,
    page: Arc<str>,
    some: Arc<str>,
}

/// Connections to one file, known by device and inode.
#[derive(Debug)]
struct Open {
    file: (u64, u64),
    pool: SqlitePool,
}

impl SqliteStore {
    /// Opens a store and checks that it is one.
    ///
    /// # Errors
    ///
    /// When the file is missing, locked, damaged, or of another schema.
    pub async fn open(path: &Path) -> Result<Self, SourceError> {
        let open = Open::new(path).await?;
        let cells = CELLS.as_str();
        Ok(Self {
            path: path.to_owned(),
            open: Arc::new(ArcSwap::from_pointee(open)),
            page: format!(
                "SELECT p.ticket_no, p.change_no, t.row_no, {cells} FROM (\
                 SELECT ticket_no, change_no FROM hotline_change WHERE (change_no, ticket_no) > (?1, ?2) \
                 ORDER BY change_no, ticket_no LIMIT ?3) p \
                 LEFT JOIN hotline_ticket t ON t.ticket_no = p.ticket_no \
                 ORDER BY p.change_no, p.ticket_no, t.row_no"
            )
            .into(),
            some: format!(
                "SELECT t.ticket_no, 0, t.row_no, {cells} FROM hotline_ticket t \
                 WHERE t.ticket_no IN (SELECT value FROM json_each(?1)) ORDER BY t.ticket_no, t.row_no"
            )
            .into(),
        })
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// See [`super::Store::changed`].
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn changed(&self, since: Cursor, limit: usize) -> Result<Page, SourceError> {
        let pool = self.pool().await?;
        self.page_of(&pool, since, limit).await.map_err(|error| self.refused(error))?
    }

    /// See [`super::Store::read`].
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn read(&self, nos: &[TicketNo]) -> Result<Vec<Rows>, SourceError> {
        let pool = self.pool().await?;
        let mut found = HashMap::new();
        for chunk in nos.chunks(CHUNK) {
            let tickets = self.some_of(&pool, chunk).await.map_err(|error| self.refused(error))?;
            found.extend(tickets.into_iter().map(|ticket| (ticket.no, ticket.rows)));
        }
        let rows = |no: &TicketNo| Rows { no: no.clone(), rows: found.get(no).cloned().unwrap_or_default() };
        Ok(nos.iter().map(rows).collect())
    }

    /// The connections, made anew if another file stands at the path by now.
    async fn pool(&self) -> Result<SqlitePool, SourceError> {
        let open = self.open.load_full();
        if open.file == identity(&self.path)? {
            return Ok(open.pool.clone());
        }
        let anew = Open::new(&self.path).await?;
        let pool = anew.pool.clone();
        self.open.store(Arc::new(anew));
        Ok(pool)
    }

    async fn page_of(
        &self,
        pool: &SqlitePool,
        since: Cursor,
        limit: usize,
    ) -> Result<Result<Page, SourceError>, sqlx::Error> {
        // One transaction, so that all statements see one state of the store.
        let mut tx = pool.begin().await?;
        let (store, last): (String, i64) =
            sqlx::query_as("SELECT store_id, last_change FROM hotline_store").fetch_one(&mut *tx).await?;
        let known = since.store == store && since.at <= last;
        let (at, no) = if known { (since.at, since.no) } else { (i64::MIN, String::new()) };
        let columns = filled(&mut tx).await?;
        // One ticket more than asked tells whether there is more.
        let ask = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let page = sqlx::query(AssertSqlSafe(self.page.clone())).bind(at).bind(&no).bind(ask);
        let rows = page.fetch_all(&mut *tx).await?;
        tx.commit().await?;
        let mut tickets = grouped(&rows, columns)?;
        if columns == Columns::default() && !rows.is_empty() {
            let fault = "no filled column is entered in its table `hotline_column`; enter those that your job fills";
            return Ok(Err(SourceError::StoreSchema { path: self.path.clone(), fault: fault.to_owned() }));
        }
        let more = tickets.len() > limit;
        tickets.truncate(limit);
        let cursor = match tickets.last() {
            Some((last, at)) => Cursor { store, at: *at, no: last.no.as_str().to_owned(), position: None },
            None => Cursor { store, at, no, position: None },
        };
        Ok(Ok(Page { tickets: tickets.into_iter().map(|(rows, _)| rows).collect(), cursor, more }))
    }

    async fn some_of(&self, pool: &SqlitePool, nos: &[TicketNo]) -> Result<Vec<Rows>, sqlx::Error> {
        let mut tx = pool.begin().await?;
        let columns = filled(&mut tx).await?;
        let rows = sqlx::query(AssertSqlSafe(self.some.clone())).bind(list(nos)).fetch_all(&mut *tx).await?;
        tx.commit().await?;
        Ok(grouped(&rows, columns)?.into_iter().map(|(rows, _)| rows).collect())
    }

    fn refused(&self, error: sqlx::Error) -> SourceError {
        refused(&self.path, error)
    }
}

impl Open {
    async fn new(path: &Path) -> Result<Self, SourceError> {
        let file = identity(path)?;
        let options = options(path).read_only(true).pragma("query_only", "ON");
        // One plain connection first: a pool hides the true error behind its time-out.
        let mut connection = options.connect().await.map_err(|error| refused(path, error))?;
        verify(&mut connection, path).await?;
        let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(PATIENCE).connect_lazy_with(options);
        Ok(Self { file, pool })
    }
}

/// Numbers as a JSON list, so that one statement serves any number of them.
pub(super) fn list(nos: &[TicketNo]) -> String {
    serde_json::Value::from(nos.iter().map(TicketNo::as_str).collect::<Vec<_>>()).to_string()
}

/// What every connection to a store has in common.
pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE).disable_statement_logging()
}

fn identity(path: &Path) -> Result<(u64, u64), SourceError> {
    match std::fs::metadata(path) {
        Ok(file) if file.is_file() => Ok((file.dev(), file.ino())),
        Ok(_) => {
            Err(SourceError::StoreSchema { path: path.to_owned(), fault: "it is a folder, not a file".to_owned() })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(SourceError::StoreMissing { path: path.to_owned() })
        }
        Err(source) => Err(SourceError::FileUnreadable { file: path.display().to_string().into(), source }),
    }
}

/// Checks that a database is a ticket store of this version.
pub(super) async fn verify(connection: &mut SqliteConnection, path: &Path) -> Result<(), SourceError> {
    let fault = fault(connection).await.map_err(|error| refused(path, error))?;
    match fault {
        None => Ok(()),
        Some(fault) => Err(SourceError::StoreSchema { path: path.to_owned(), fault }),
    }
}

async fn fault(connection: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE name LIKE 'hotline_%'")
        .fetch_all(&mut *connection)
        .await?;
    if names.is_empty() {
        return Ok(Some(
            "it has no table `hotline_ticket`; correct the path, or make a store by `duban import FILE`".to_owned(),
        ));
    }
    if version < VERSION {
        return Ok(Some(format!(
            "its version is {version}, this program reads {VERSION}; make a store anew and fill it"
        )));
    }
    if version > VERSION {
        return Ok(Some(format!("its version is {version}, this program reads {VERSION}; use the matching program")));
    }
    if let Some(lost) = TRIGGERS.into_iter().find(|trigger| !names.iter().any(|name| name == trigger)) {
        return Ok(Some(format!(
            "its trigger `{lost}` was removed, so changes are lost; make a store anew and fill it"
        )));
    }
    let columns: Vec<String> =
        sqlx::query_scalar("SELECT name FROM pragma_table_info('hotline_ticket')").fetch_all(&mut *connection).await?;
    let lost = Field::ALL.into_iter().find(|field| !columns.iter().any(|column| column == field.id()));
    Ok(lost.map(|field| format!("`hotline_ticket` lacks the column `{}`; make a store anew and fill it", field.id())))
}

/// The columns that whoever fills the store has entered as filled.
pub(super) async fn filled(connection: &mut SqliteConnection) -> Result<Columns, sqlx::Error> {
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM hotline_column").fetch_all(connection).await?;
    let mut columns = Columns::default();
    names.iter().filter_map(|name| Field::from_id(name)).for_each(|field| columns.add(field));
    Ok(columns)
}

/// Rows of number, change, row number and [`CELLS`] as tickets; the rows of a
/// ticket follow one another, and a deleted ticket has one without a row number.
pub(super) fn grouped(rows: &[SqliteRow], columns: Columns) -> Result<Vec<(Rows, i64)>, sqlx::Error> {
    let mut tickets: Vec<(Rows, i64)> = Vec::new();
    for row in rows {
        let no: &str = row.try_get(0)?;
        if tickets.last().is_none_or(|(last, _)| last.no.as_str() != no) {
            tickets.push((Rows { no: TicketNo::new(no), rows: Vec::new() }, row.try_get_unchecked(1)?));
        }
        let is_there = !row.try_get_raw(2)?.is_null();
        if let (true, Some((ticket, _))) = (is_there, tickets.last_mut()) {
            // What is no UTF-8 in a cell cannot be read anyway.
            let cells = String::from_utf8_lossy(row.try_get_unchecked(3)?);
            ticket.rows.push(unpacked(no, &cells, columns)?);
        }
    }
    Ok(tickets)
}

/// A cell without a copy, where it holds nothing that JSON escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Cell<'a>(#[serde(borrow)] Cow<'a, str>);

/// One row from its [`CELLS`]. An empty cell of a filled column is empty; of
/// another it is absent.
pub(super) fn unpacked(no: &str, cells: &str, columns: Columns) -> Result<RawRow, sqlx::Error> {
    let cells: Vec<Option<Cell<'_>>> =
        serde_json::from_str(cells).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let mut raw = RawRow::new();
    raw.set(Field::TicketNo, no);
    for (field, cell) in FIELDS.iter().zip(cells) {
        match cell {
            Some(Cell(text)) => raw.set(*field, &text),
            None if columns.has(*field) => raw.set(*field, ""),
            None => {}
        }
    }
    Ok(raw)
}

/// An error of the database with what to do about it.
pub(super) fn refused(path: &Path, error: sqlx::Error) -> SourceError {
    let code = match &error {
        sqlx::Error::Database(database) => database.code().and_then(|code| code.parse::<i32>().ok()),
        _ => None,
    };
    let (path, source) = (path.to_owned(), Box::new(error));
    // The low byte is the primary code: 5 busy, 6 locked, 11 corrupt, 26 no database.
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => SourceError::StoreLocked { path, source },
        Some(11 | 26) => SourceError::StoreDamaged { path, source },
        Some(_) | None => SourceError::Store { path, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SqliteStoreWriter;

    #[tokio::test]
    async fn the_read_side_cannot_write() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("tickets.db");
        let mut writer = SqliteStoreWriter::open(&path).await.unwrap();
        let insert = "INSERT INTO hotline_ticket (ticket_no) VALUES ('A1')";
        sqlx::query(insert).execute(&mut writer.connection).await.unwrap();
        let store = SqliteStore::open(&path).await.unwrap();
        let pool = store.pool().await.unwrap();
        for sql in [
            "DELETE FROM hotline_ticket",
            "UPDATE hotline_store SET last_change = 9",
            "PRAGMA query_only = OFF; DELETE FROM hotline_ticket",
            "CREATE TABLE other (x)",
            "VACUUM",
        ] {
            let error = sqlx::raw_sql(sql).execute(&pool).await.unwrap_err().to_string();
            assert!(error.contains("readonly"), "{sql}: {error}");
        }
        assert_eq!(store.read(&[TicketNo::new("A1")]).await.unwrap()[0].rows.len(), 1);
    }
}
