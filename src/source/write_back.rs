//! Writes into a ticket store that a citizen was written to: the one thing that the
//! daemon ever writes there, and only by the administrator's own [`Statement`].
//!
//! It goes in two steps, so that the ledger can remember in between that it may
//! have happened: [`WriteBack::begin`] does all that may fail, and
//! [`Begun::commit`] makes it last.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, SqlSafeStr, SqliteConnection};

use super::{
    SourceError, Statement, Store,
    sqlite::{options, refused, verify},
    statement::Parameter,
};
use crate::{calendar::civil, ticket::TicketNo};

/// What the values of a statement are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub ticket: TicketNo,
    pub round: u16,
    /// When a provider took the SMS.
    pub at: DateTime<Utc>,
    /// The stable name of its kind.
    pub kind: &'static str,
}

/// A statement and the store it is for.
#[derive(Clone, Debug)]
pub struct WriteBack {
    path: PathBuf,
    statement: Statement,
}

impl WriteBack {
    /// The statement for a store.
    ///
    /// # Errors
    ///
    /// When the store is of a kind that takes none.
    pub fn of(store: &Store, statement: Statement) -> Result<Self, SourceError> {
        match store {
            Store::Sqlite(store) => Ok(Self { path: store.path().to_owned(), statement }),
            Store::History(_) => Err(SourceError::NoWriteBack { kind: "an export (CSV or XLSX)" }),
        }
    }

    /// Whether the store has what the statement speaks of. Nothing is run.
    ///
    /// # Errors
    ///
    /// When the store cannot be opened to write, or does not understand the statement.
    pub async fn check(&self) -> Result<(), SourceError> {
        // SQLite itself opens what it may not write, and says so only when it writes.
        let writable = std::fs::OpenOptions::new().write(true).open(&self.path);
        writable.map_err(|error| refused(&self.path, sqlx::Error::Io(error)))?;
        let mut connection = self.open().await?;
        let sql = AssertSqlSafe(self.statement.sql()).into_sql_str();
        connection.prepare(sql).await.map(|_| ()).map_err(|error| self.fault(error))
    }

    /// Runs the statement, so far for nobody else to see.
    ///
    /// # Errors
    ///
    /// When the store or the statement fails, or no row was hit; nothing has
    /// changed then.
    pub async fn begin(&self, sent: &Sent) -> Result<Begun, SourceError> {
        let mut connection = self.open().await?;
        connection.execute("BEGIN IMMEDIATE").await.map_err(|error| refused(&self.path, error))?;
        let mut query = sqlx::query(AssertSqlSafe(self.statement.sql()));
        for parameter in self.statement.parameters() {
            query = match parameter {
                Parameter::TicketNo => query.bind(sent.ticket.as_str().to_owned()),
                Parameter::SentAt => {
                    query.bind(sent.at.with_timezone(&civil::zone()).format("%Y-%m-%d %H:%M:%S").to_string())
                }
                Parameter::Round => query.bind(i64::from(sent.round)),
                Parameter::Kind => query.bind(sent.kind),
            };
        }
        let done = query.execute(&mut connection).await.map_err(|error| self.fault(error))?;
        if done.rows_affected() == 0 {
            // The connection ends here and takes its transaction with it.
            return Err(SourceError::NothingWritten { ticket: sent.ticket.clone() });
        }
        Ok(Begun { connection, path: self.path.clone() })
    }

    async fn open(&self) -> Result<SqliteConnection, SourceError> {
        let connection = options(&self.path).create_if_missing(false).connect().await;
        let mut connection = connection.map_err(|error| refused(&self.path, error))?;
        verify(&mut connection, &self.path).await?;
        Ok(connection)
    }

    /// Another program's lock is the store's matter, all else the statement's.
    fn fault(&self, error: sqlx::Error) -> SourceError {
        match refused(&self.path, error) {
            SourceError::Store { source, .. } => SourceError::Statement { source },
            other => other,
        }
    }
}

/// A statement that was run and waits to last; dropped, it never happened.
#[derive(Debug)]
pub struct Begun {
    connection: SqliteConnection,
    path: PathBuf,
}

impl Begun {
    /// Makes it last.
    ///
    /// # Errors
    ///
    /// When the store fails: it may have happened, or not.
    pub async fn commit(mut self) -> Result<(), SourceError> {
        self.connection.execute("COMMIT").await.map(|_| ()).map_err(|error| refused(&self.path, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SqliteStore, SqliteStoreWriter};

    const TABLE: &str = "CREATE TABLE proof (no TEXT, at TEXT, round INTEGER, kind TEXT)";
    const INSERT: &str = "INSERT INTO proof VALUES (:ticket_no, :sent_at, :round, :kind)";

    async fn store(folder: &std::path::Path) -> (Store, SqliteStoreWriter) {
        let path = folder.join("tickets.db");
        let mut writer = SqliteStoreWriter::open(&path).await.unwrap();
        sqlx::query(TABLE).execute(&mut writer.connection).await.unwrap();
        (Store::Sqlite(SqliteStore::open(&path).await.unwrap()), writer)
    }

    fn sent(no: &str) -> Sent {
        let at = DateTime::parse_from_rfc3339("2026-09-15T08:30:01+08:00").unwrap().to_utc();
        Sent { ticket: TicketNo::new(no), round: 2, at, kind: "citizen-neutral-sms" }
    }

    async fn rows(writer: &mut SqliteStoreWriter) -> Vec<(String, String, i64, String)> {
        sqlx::query_as("SELECT no, at, round, kind FROM proof").fetch_all(&mut writer.connection).await.unwrap()
    }

    #[tokio::test]
    async fn begin_binds_its_values_and_commit_makes_it_last() {
        let folder = tempfile::TempDir::new().unwrap();
        let (store, mut writer) = store(folder.path()).await;
        let back = WriteBack::of(&store, Statement::parse(INSERT).unwrap()).unwrap();
        back.check().await.unwrap();
        drop(back.begin(&sent("A1")).await.unwrap());
        assert_eq!(rows(&mut writer).await, [], "dropped, it never happened");
        let hostile = "A1'); DROP TABLE proof; --";
        back.begin(&sent(hostile)).await.unwrap().commit().await.unwrap();
        let no = TicketNo::new(hostile).as_str().to_owned();
        let row = (no, "2026-09-15 08:30:01".to_owned(), 2, "citizen-neutral-sms".to_owned());
        assert_eq!(rows(&mut writer).await, [row]);
    }

    #[tokio::test]
    async fn what_the_store_does_not_understand_and_what_hits_nothing_are_faults() {
        let folder = tempfile::TempDir::new().unwrap();
        let (store, mut writer) = store(folder.path()).await;
        let of = |text: &str| WriteBack::of(&store, Statement::parse(text).unwrap()).unwrap();
        let unknown = of("INSERT INTO prove VALUES (:ticket_no)");
        for error in [unknown.check().await.unwrap_err(), unknown.begin(&sent("A1")).await.unwrap_err()] {
            assert!(matches!(error, SourceError::Statement { .. }), "{error}");
        }
        let nobody = of("UPDATE proof SET at = :sent_at WHERE no = :ticket_no");
        nobody.check().await.unwrap();
        let error = nobody.begin(&sent("A1")).await.unwrap_err().to_string();
        assert!(error.contains("hit no row for ticket A1"), "{error}");
        assert_eq!(rows(&mut writer).await, []);
        std::fs::remove_file(folder.path().join("tickets.db")).unwrap();
        assert!(nobody.check().await.is_err());
        assert!(!folder.path().join("tickets.db").exists(), "a store that is gone is not made");
    }

    #[test]
    fn an_export_takes_none() {
        let map = crate::source::ColumnMap::built_in().unwrap();
        let reader = map.reader(crate::ticket::NumberKey::new([7; 32]));
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/histories/S01.csv");
        let store = Store::History(crate::source::HistoryStore::from_csv(&path, &map, &reader).unwrap());
        let error = WriteBack::of(&store, Statement::parse(INSERT).unwrap()).unwrap_err().to_string();
        assert!(error.contains("an export (CSV or XLSX) takes no statement") && error.contains("[write_back]"));
    }
}
