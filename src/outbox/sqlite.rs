//! The ledger in SQLite: one writing connection, WAL, durable commits.
//!
//! Every step is one `BEGIN IMMEDIATE` transaction and holds nothing but SQL.
//! A step that is dropped half-way (an error, a cancelled future) leaves its
//! connection unfit: the next step closes it and opens another, so no half
//! transaction is ever taken up again. Reading has a connection of its own.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
};
use tokio::sync::{Mutex, MutexGuard};

use super::{LedgerSettings, OutboxError};

mod calendar;
mod calm;
mod claim;
mod desk;
mod facts;
mod forms;
mod keep;
mod legs;
mod migrate;
mod proofs;
mod rows;
mod settle;
mod view;

pub(super) use claim::Lapse;

/// How often a step begins anew when another program holds the file locked; each
/// waits for the busy time-out.
const BUSY_TRIES: u32 = 4;
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const PAGE_BYTES: u64 = 4096;

/// The ledger in one SQLite file, or in memory.
#[derive(Debug)]
pub(super) struct SqliteLedger {
    path: PathBuf,
    writer: Slot,
    /// `None` in memory: there is only one connection to the data.
    reader: Option<Slot>,
}

impl SqliteLedger {
    /// Opens the file, or makes it, and brings its schema up to date.
    pub(super) async fn open(settings: &LedgerSettings) -> Result<Self, OutboxError> {
        let path = settings.path.clone();
        let plain = SqliteConnectOptions::new()
            .filename(&path)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .disable_statement_logging();
        make_private(&path)?;
        // Before anything is changed: it may be somebody else's database.
        migrate::inspect(&path, &plain).await?;
        let shared = plain
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("temp_store", "memory")
            // A commit of two thousand scopes fits into it and is not written twice.
            .pragma("cache_size", "-16384")
            .pragma("journal_size_limit", "67108864")
            // Rows cross from the database's thread in fewer steps.
            .row_buffer_size(512);
        let reading = shared.clone().pragma("query_only", "on");
        let writing = match settings.max_bytes {
            Some(bytes) => shared.pragma("max_page_count", (bytes / PAGE_BYTES).max(1).to_string()),
            None => shared,
        };
        let ledger =
            Self { path, writer: Slot::new(writing, Pin::Loose), reader: Some(Slot::new(reading, Pin::Loose)) };
        migrate::apply(&ledger).await?;
        Ok(ledger)
    }

    /// A ledger in memory, gone when it is dropped.
    pub(super) async fn in_memory() -> Result<Self, OutboxError> {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true).disable_statement_logging();
        let path = PathBuf::from(":memory:");
        let slot = Slot::new(options.clone(), Pin::Pinned);
        slot.state.lock().await.conn = Some(connect(&path, &options).await?);
        let ledger = Self { path, writer: slot, reader: None };
        migrate::apply(&ledger).await?;
        Ok(ledger)
    }

    /// Begins a writing step.
    async fn write(&self) -> Result<Work<'_>, OutboxError> {
        self.writer.begin(&self.path, "BEGIN IMMEDIATE").await
    }

    /// Begins a reading step: one snapshot.
    async fn read(&self) -> Result<Work<'_>, OutboxError> {
        match &self.reader {
            Some(reader) => reader.begin(&self.path, "BEGIN").await,
            None => self.write().await,
        }
    }

    /// Reads the whole file for damage; slow on a large ledger.
    pub(super) async fn verify(&self) -> Result<(), OutboxError> {
        let mut work = self.read().await?;
        let row = work.row(sqlx::query("PRAGMA quick_check(1)")).await?;
        let said: String = row.map_or(Ok("ok".to_owned()), |row| cell(&row, 0))?;
        work.commit().await?;
        if said == "ok" {
            return Ok(());
        }
        Err(OutboxError::Corrupt { path: self.path.clone(), source: sqlx::Error::Protocol(said) })
    }
}

/// A ledger that is not there yet is made for its owner alone; its journals get the
/// rights of the file.
fn make_private(path: &Path) -> Result<(), OutboxError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(OutboxError::Open { path: path.to_owned(), source: sqlx::Error::Io(error) })
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Whether a lost connection may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pin {
    Loose,
    /// The data is in this connection.
    Pinned,
}

/// One connection, used by one step at a time.
#[derive(Debug)]
struct Slot {
    options: SqliteConnectOptions,
    pin: Pin,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    conn: Option<SqliteConnection>,
    /// A step began and did not commit.
    dirty: bool,
}

impl Slot {
    fn new(options: SqliteConnectOptions, pin: Pin) -> Self {
        Self { options, pin, state: Mutex::default() }
    }

    async fn begin<'a>(&'a self, path: &'a Path, how: &'static str) -> Result<Work<'a>, OutboxError> {
        let mut state = self.state.lock().await;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.begin_once(path, how, &mut state).await {
                Err(OutboxError::Busy { .. }) if tries < BUSY_TRIES => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(Work { path, pin: self.pin, state }),
            }
        }
    }

    async fn begin_once(&self, path: &Path, how: &'static str, state: &mut State) -> Result<(), OutboxError> {
        if state.dirty {
            match (self.pin, &mut state.conn) {
                // There may be no transaction left to roll back; either is fine.
                (Pin::Pinned, Some(conn)) => drop(sqlx::query("ROLLBACK").execute(conn).await),
                (Pin::Pinned | Pin::Loose, _) => state.conn = None,
            }
        }
        state.dirty = true;
        let mut conn = match state.conn.take() {
            Some(conn) => conn,
            None => connect(path, &self.options).await?,
        };
        let begun = sqlx::query(how).execute(&mut conn).await;
        state.conn = Some(conn);
        begun.map(drop).map_err(|source| explain(path, source))
    }
}

async fn connect(path: &Path, options: &SqliteConnectOptions) -> Result<SqliteConnection, OutboxError> {
    SqliteConnection::connect_with(options).await.map_err(|source| match explain(path, source) {
        OutboxError::Statement { path, source } => OutboxError::Open { path, source },
        other => other,
    })
}

/// One step: a transaction that ends with [`Work::commit`] or not at all.
struct Work<'a> {
    path: &'a Path,
    pin: Pin,
    state: MutexGuard<'a, State>,
}

impl Drop for Work<'_> {
    /// A step that did not commit must not keep the file locked until the next
    /// one: its connection is closed, and that rolls it back.
    fn drop(&mut self) {
        if self.state.dirty && self.pin == Pin::Loose {
            self.state.conn = None;
        }
    }
}

type Statement<'q> = Query<'q, sqlx::Sqlite, SqliteArguments>;

impl Work<'_> {
    fn conn(&mut self) -> &mut SqliteConnection {
        // `begin` puts a connection there and only `begin` takes it away.
        self.state.conn.as_mut().expect("a step has its connection")
    }

    /// Runs a statement; gives how many rows it changed.
    async fn run(&mut self, statement: Statement<'_>) -> Result<u64, OutboxError> {
        let done = statement.execute(self.conn()).await;
        done.map(|done| done.rows_affected()).map_err(|source| explain(self.path, source))
    }

    /// All rows of a statement.
    async fn rows(&mut self, statement: Statement<'_>) -> Result<Vec<SqliteRow>, OutboxError> {
        let rows = statement.fetch_all(self.conn()).await;
        rows.map_err(|source| explain(self.path, source))
    }

    /// The first row of a statement.
    async fn row(&mut self, statement: Statement<'_>) -> Result<Option<SqliteRow>, OutboxError> {
        let row = statement.fetch_optional(self.conn()).await;
        row.map_err(|source| explain(self.path, source))
    }

    /// Runs a script of several statements.
    async fn script(&mut self, script: &'static str) -> Result<(), OutboxError> {
        let done = sqlx::raw_sql(script).execute(self.conn()).await;
        done.map(drop).map_err(|source| explain(self.path, source))
    }

    /// Makes the step durable.
    async fn commit(mut self) -> Result<(), OutboxError> {
        let done = sqlx::query("COMMIT").execute(self.conn()).await;
        done.map_err(|source| explain(self.path, source))?;
        self.state.dirty = false;
        Ok(())
    }
}

/// Says what a database error means for the operator.
pub(super) fn explain(path: &Path, source: sqlx::Error) -> OutboxError {
    let path = path.to_owned();
    let code = source.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    // The low byte is SQLite's primary result code.
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => OutboxError::Busy { path, source },
        Some(11 | 26) => OutboxError::Corrupt { path, source },
        Some(13) => OutboxError::Full { path, source },
        Some(14) => OutboxError::Open { path, source },
        _ => OutboxError::Statement { path, source },
    }
}

/// A column of a row.
fn cell<'r, T>(row: &'r SqliteRow, column: usize) -> Result<T, OutboxError>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(column).map_err(|source| OutboxError::Statement { path: PathBuf::from("(row)"), source })
}

/// A list for `json_each`.
fn list<T: serde::Serialize>(values: &[T]) -> String {
    // Numbers and strings only: serde_json cannot refuse them.
    serde_json::to_string(values).expect("a list of plain values")
}
