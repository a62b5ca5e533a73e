//! The SQLite ticket store, write side: for imports only.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::{
    SourceError,
    sqlite::{SCHEMA, options, refused, verify},
};

/// The one connection by which an import writes.
#[derive(Debug)]
pub struct SqliteStoreWriter {
    pub(super) path: PathBuf,
    pub(super) connection: SqliteConnection,
}

impl SqliteStoreWriter {
    /// Opens a store to write, and makes it if there is none. The file is
    /// readable by its owner only: it holds citizens' data.
    ///
    /// # Errors
    ///
    /// When the file cannot be made, is locked, damaged, or something else than
    /// a ticket store; such a file is not touched.
    pub async fn open(path: &Path) -> Result<Self, SourceError> {
        let unreadable = |source| SourceError::FileUnreadable { file: path.display().to_string().into(), source };
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(unreadable(source)),
        }
        let connection = options(path).connect().await.map_err(|error| refused(path, error))?;
        let mut writer = Self { path: path.to_owned(), connection };
        writer.make_schema().await.map_err(|error| refused(path, error))?;
        verify(&mut writer.connection, path).await?;
        // WAL, so that the daemon reads while an import writes. Not before the
        // file proved to be ours.
        let wal = sqlx::query("PRAGMA journal_mode = WAL").execute(&mut writer.connection).await;
        wal.map_err(|error| refused(path, error))?;
        Ok(writer)
    }

    /// Closes the store; what was committed is safe without it.
    ///
    /// # Errors
    ///
    /// When SQLite reports a fault on closing.
    pub async fn close(self) -> Result<(), SourceError> {
        self.connection.close().await.map_err(|error| refused(&self.path, error))
    }

    /// Makes the tables in a database that holds nothing at all.
    async fn make_schema(&mut self) -> Result<(), sqlx::Error> {
        let mut tx = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let things: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *tx).await?;
        if things == 0 {
            sqlx::raw_sql(SCHEMA).execute(&mut *tx).await?;
        }
        tx.commit().await
    }
}
