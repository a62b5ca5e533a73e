//! Writes into a ticket store that a citizen was written to: the one thing that the
//! daemon ever writes there, and only by the administrator's own [`Statement`].
//!
//! It goes in two steps, so that the ledger can remember in between that it may
//! have happened: [`WriteBack::begin`] does all that may fail, and
//! [`Begun::commit`] makes it last.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, SqlSafeStr, SqliteConnection};

use super::{
    Dialect, SourceError, Statement, Store,
    database::{
        Cause, Place, fault,
        link::{Purpose, Session},
        sql::Arg,
    },
    sqlite::{options, refused, verify},
    statement::{Marks, Parameter},
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
    target: Target,
    sql: String,
    parameters: Vec<Parameter>,
}

#[derive(Clone, Debug)]
enum Target {
    Sqlite(PathBuf),
    Database(Place),
}

impl WriteBack {
    /// The statement for a store.
    ///
    /// # Errors
    ///
    /// When the store is of a kind that takes none.
    pub fn of(store: &Store, statement: Statement) -> Result<Self, SourceError> {
        let (target, marks) = match store {
            Store::Sqlite(store) => (Target::Sqlite(store.path().to_owned()), Marks::Numbered),
            Store::Database(store) => {
                let marks = match store.place().dialect {
                    Dialect::Postgres => Marks::Dollar,
                    Dialect::MySql => Marks::Plain,
                };
                (Target::Database(store.place().clone()), marks)
            }
            Store::History(_) => return Err(SourceError::NoWriteBack { kind: "an export (CSV or XLSX)" }),
        };
        let (sql, parameters) = statement.prepared(marks);
        Ok(Self { target, sql, parameters })
    }

    /// Whether the store has what the statement speaks of. Nothing is run.
    ///
    /// # Errors
    ///
    /// When the store cannot be opened to write, or does not understand the statement.
    pub async fn check(&self) -> Result<(), SourceError> {
        match &self.target {
            Target::Sqlite(path) => {
                // SQLite itself opens what it may not write, and says so only when it writes.
                let writable = std::fs::OpenOptions::new().write(true).open(path);
                writable.map_err(|error| refused(path, sqlx::Error::Io(error)))?;
                let mut connection = open(path).await?;
                let sql = AssertSqlSafe(self.sql.as_str()).into_sql_str();
                connection.prepare(sql).await.map(|_| ()).map_err(|error| self.fault(error))
            }
            Target::Database(place) => {
                let mut session = place.connect(Purpose::WritingBack).await?;
                // What would be done is planned, and rights are looked at; nothing is done.
                let nobody = Sent { ticket: TicketNo::new("0"), round: 1, at: DateTime::UNIX_EPOCH, kind: "" };
                let planned = session.ask(format!("EXPLAIN {}", self.sql), self.args(&nobody)).await;
                planned.map(|_| ()).map_err(|error| self.fault(error))
            }
        }
    }

    /// Runs the statement, so far for nobody else to see.
    ///
    /// # Errors
    ///
    /// When the store or the statement fails, or no row was hit; nothing has
    /// changed then.
    pub async fn begin(&self, sent: &Sent) -> Result<Begun, SourceError> {
        let (begun, hit) = match &self.target {
            Target::Sqlite(path) => {
                let mut connection = open(path).await?;
                connection.execute("BEGIN IMMEDIATE").await.map_err(|error| refused(path, error))?;
                let query =
                    self.args(sent).into_iter().fold(sqlx::query(AssertSqlSafe(self.sql.as_str())), |query, value| {
                        match value {
                            Arg::Text(text) => query.bind(text),
                            Arg::Number(number) => query.bind(number),
                            // No parameter is one.
                            Arg::List(_) => query,
                        }
                    });
                let done = query.execute(&mut connection).await.map_err(|error| self.fault(error))?;
                (Begun::Sqlite(connection, path.clone()), done.rows_affected())
            }
            Target::Database(place) => {
                let mut session = place.connect(Purpose::WritingBack).await?;
                session.run("BEGIN").await.map_err(|error| place.refused(&error))?;
                let hit = session.tell(self.sql.clone(), self.args(sent)).await.map_err(|error| self.fault(error))?;
                (Begun::Database(session, place.clone()), hit)
            }
        };
        // The connection ends here and takes its transaction with it.
        if hit == 0 { Err(SourceError::NothingWritten { ticket: sent.ticket.clone() }) } else { Ok(begun) }
    }

    fn args(&self, sent: &Sent) -> Vec<Arg> {
        let arg = |parameter: &Parameter| match parameter {
            Parameter::TicketNo => Arg::Text(sent.ticket.as_str().to_owned()),
            Parameter::SentAt => {
                Arg::Text(sent.at.with_timezone(&civil::zone()).format("%Y-%m-%d %H:%M:%S").to_string())
            }
            Parameter::Round => Arg::Number(i64::from(sent.round)),
            Parameter::Kind => Arg::Text(sent.kind.to_owned()),
        };
        self.parameters.iter().map(arg).collect()
    }

    /// Another program's lock and a broken connection are the store's matter, all
    /// else the statement's.
    fn fault(&self, error: sqlx::Error) -> SourceError {
        match &self.target {
            Target::Sqlite(path) => match refused(path, error) {
                SourceError::Store { source, .. } => SourceError::Statement { source },
                other => other,
            },
            Target::Database(place) => match fault::cause(&error) {
                cause @ (Cause::Lost | Cause::Slow | Cause::Starting | Cause::Full) => place.fault(cause),
                _ => SourceError::Statement { source: Box::new(error) },
            },
        }
    }
}

async fn open(path: &Path) -> Result<SqliteConnection, SourceError> {
    let connection = options(path).create_if_missing(false).connect().await;
    let mut connection = connection.map_err(|error| refused(path, error))?;
    verify(&mut connection, path).await?;
    Ok(connection)
}

/// A statement that was run and waits to last; dropped, it never happened.
#[derive(Debug)]
pub enum Begun {
    /// In our own schema.
    Sqlite(SqliteConnection, PathBuf),
    /// In a database.
    Database(Session, Place),
}

impl Begun {
    /// Makes it last.
    ///
    /// # Errors
    ///
    /// When the store fails: it may have happened, or not.
    pub async fn commit(self) -> Result<(), SourceError> {
        match self {
            Self::Sqlite(mut connection, path) => {
                connection.execute("COMMIT").await.map(|_| ()).map_err(|error| refused(&path, error))
            }
            Self::Database(mut session, place) => session.run("COMMIT").await.map_err(|error| place.refused(&error)),
        }
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
