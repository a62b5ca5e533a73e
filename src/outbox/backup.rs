//! Backups: the whole ledger in one file, taken while the daemon works on it.
//!
//! A backup is a ledger with one table more, its seal: when it was taken, and the
//! key of the hashes of citizens' numbers, without which a restored ledger would
//! find no repeat again. So a backup is as secret as the state folder itself.
//! Whoever takes one up gets a ledger in which all that was due is held: between
//! the backup and now it may have been sent.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};

use super::{Outbox, OutboxError, Repeats};

/// Until when notices may have been sent by the ledger that is lost; gone once all
/// that is wanted has been compared with it.
pub(super) const RESTORED: &str = "restore/until";
/// When a backup was last taken.
const TAKEN: &str = "backup/taken";

const TABLES: &str = "SELECT name FROM sqlite_schema WHERE type = 'table'";
const SEAL_TABLE: &str =
    "CREATE TABLE backup (taken_at INTEGER NOT NULL, number_key BLOB NOT NULL CHECK (length(number_key) = 32)) STRICT";
const SEAL: &str = "INSERT INTO backup (taken_at, number_key) VALUES (?1, ?2)";
const SEALED: &str = "SELECT taken_at, number_key FROM backup";
const UNSEAL: &str = "PRAGMA secure_delete = on; DROP TABLE backup;";

/// SQLite's code for a file that is no database.
const NO_DATABASE: &str = "26";

/// Why there is no backup, or none that can be taken up.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The ledger in it, or the one it is taken of, is at fault.
    #[error(transparent)]
    Ledger(#[from] OutboxError),
    /// A file cannot be read or written.
    #[error(
        "{file} cannot be read or written; see that its folder is there, has room, and belongs to the user of duban"
    )]
    File {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The database library failed on it.
    #[error("{file}: the copy failed; nothing was put in its place")]
    Copy {
        file: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    /// Something else.
    #[error(
        "{file} is no backup made by `duban backup`; name one, or put a copied ledger and its number.key back by hand"
    )]
    NotABackup { file: PathBuf },
    /// It does not say what it said when it was taken.
    #[error("{file} is damaged ({found}); take an older backup")]
    Damaged { file: PathBuf, found: String },
}

/// What a backup holds beside the ledger.
#[derive(Clone, PartialEq, Eq)]
pub struct Seal {
    pub taken: DateTime<Utc>,
    /// The key of the hashes of numbers.
    pub key: [u8; 32],
}

/// The key is a secret.
impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("taken", &self.taken).finish_non_exhaustive()
    }
}

/// A ledger made of a backup, whole and ready to be put in its place.
#[derive(Debug)]
pub struct Prepared {
    pub seal: Seal,
    /// Notices that wait for the desk now.
    pub held: u64,
}

/// Copies the ledger as it is at this moment into `file`, which is replaced as a
/// whole or not at all, and is its owner's alone. Gives its size.
///
/// # Errors
///
/// When the ledger is damaged or cannot be read, or the file cannot be written.
pub async fn back_up(ledger: &Path, file: &Path, seal: &Seal) -> Result<u64, BackupError> {
    let part = beside(file, "part");
    let done = async {
        private(&part)?;
        copy(ledger, &part).await?;
        add_seal(&part, seal).await?;
        durable(&part, file)
    };
    let size = done.await;
    if size.is_err() {
        // The first error says more than that of the clearing away.
        let _ = fs::remove_file(&part);
    }
    size
}

/// Makes a ledger at `fresh` of a backup: every claim in it has ended, every notice
/// due by `now` is held, and so will be those that are wanted anew and were due.
///
/// # Errors
///
/// When it is no backup, is damaged, or was written by a newer program.
pub async fn prepare(backup: &Path, fresh: &Path, now: DateTime<Utc>) -> Result<Prepared, BackupError> {
    let done = async {
        private(fresh)?;
        fs::copy(backup, fresh).map_err(|source| BackupError::File { file: backup.to_owned(), source })?;
        let seal = take_seal(backup, fresh).await?;
        let outbox = Outbox::open(fresh).await?;
        // Whoever made the claims has ended, and what became of them is lost.
        let never = Repeats { sms: 0, email: 0, chat: 0, webhook: 0, file: 0 };
        outbox.recover_all(&never, now).await?;
        let held = outbox.hold(now).await?;
        outbox.set(RESTORED, &now.to_rfc3339()).await?;
        drop(outbox);
        into_one_file(fresh).await?;
        File::open(fresh).and_then(|file| file.sync_all()).map_err(fault(fresh))?;
        Ok(Prepared { seal, held })
    };
    let prepared = done.await;
    if prepared.is_err() {
        for left in [fresh.to_owned(), beside_name(fresh, "-wal"), beside_name(fresh, "-shm")] {
            // The first error says more than that of the clearing away.
            let _ = fs::remove_file(left);
        }
    }
    prepared
}

/// Puts a prepared ledger in the place of the one there, which stays under another
/// name with all that belongs to it.
///
/// # Errors
///
/// When a file cannot be moved. Whenever it breaks off, a ledger is in the place.
pub fn put_in_place(fresh: &Path, ledger: &Path, aside: &Path) -> Result<(), BackupError> {
    if ledger.exists() {
        fs::hard_link(ledger, aside).map_err(fault(aside))?;
    }
    // A journal left behind would be taken for that of the new file.
    for ending in ["-wal", "-shm"] {
        match fs::rename(beside_name(ledger, ending), beside_name(aside, ending)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(BackupError::File { file: beside_name(ledger, ending), source }),
        }
    }
    durable(fresh, ledger).map(drop)
}

impl Outbox {
    /// Holds every open notice due by `until`, after a restore: it may have been
    /// sent. Gives how many.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn hold(&self, until: DateTime<Utc>) -> Result<u64, OutboxError> {
        self.ledger.hold(until).await
    }

    /// Until when notices may have been sent by a ledger that is lost.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn restored(&self) -> Result<Option<DateTime<Utc>>, OutboxError> {
        Ok(self.get(RESTORED).await?.as_deref().and_then(moment))
    }

    /// All that is wanted has been compared with the restored ledger.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn restore_is_over(&self) -> Result<(), OutboxError> {
        self.set(RESTORED, "").await
    }

    /// When a backup was last taken.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn backed_up(&self) -> Result<Option<DateTime<Utc>>, OutboxError> {
        Ok(self.get(TAKEN).await?.as_deref().and_then(moment))
    }

    /// Remembers that a backup was taken.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn note_backup(&self, now: DateTime<Utc>) -> Result<(), OutboxError> {
        self.set(TAKEN, &now.to_rfc3339()).await
    }
}

/// An instant as it is kept under a key; nothing is none.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}

/// Only its owner may read it, from its first moment.
fn private(file: &Path) -> Result<(), BackupError> {
    let open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    open.map(drop).map_err(fault(file))
}

async fn copy(ledger: &Path, part: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::from(super::sqlite::explain(ledger, source));
    let mut conn = connect(ledger, Access::Read).await.map_err(failed)?;
    let tables = sqlx::query(TABLES).fetch_all(&mut conn).await.map_err(failed)?;
    if !names(&tables).iter().any(|name| name == "migration") {
        return Err(OutboxError::NotALedger { path: ledger.to_owned() }.into());
    }
    let into = part.to_string_lossy().into_owned();
    sqlx::query("VACUUM INTO ?1").bind(into).execute(&mut conn).await.map_err(failed)?;
    conn.close().await.map_err(failed)
}

async fn add_seal(part: &Path, seal: &Seal) -> Result<(), BackupError> {
    let failed = |source| BackupError::Copy { file: part.to_owned(), source };
    let mut conn = connect(part, Access::Write).await.map_err(failed)?;
    sqlx::query(SEAL_TABLE).execute(&mut conn).await.map_err(failed)?;
    let entry = sqlx::query(SEAL).bind(seal.taken.timestamp_micros()).bind(seal.key.to_vec());
    entry.execute(&mut conn).await.map_err(failed)?;
    whole(&mut conn, part).await?;
    conn.close().await.map_err(failed)
}

async fn take_seal(backup: &Path, fresh: &Path) -> Result<Seal, BackupError> {
    let failed = |source| BackupError::Damaged { file: backup.to_owned(), found: said(&source) };
    let mut conn = connect(fresh, Access::Write).await.map_err(failed)?;
    let tables = sqlx::query(TABLES).fetch_all(&mut conn).await.map_err(|source| {
        let code = source.as_database_error().and_then(|error| error.code());
        if code.as_deref() == Some(NO_DATABASE) { not_a_backup(backup) } else { failed(source) }
    })?;
    let names = names(&tables);
    if !["migration", "backup"].iter().all(|needed| names.iter().any(|name| name == needed)) {
        return Err(not_a_backup(backup));
    }
    whole(&mut conn, backup).await?;
    let row = sqlx::query(SEALED).fetch_optional(&mut conn).await.map_err(failed)?;
    let seal = row.as_ref().and_then(seal_of).ok_or_else(|| not_a_backup(backup))?;
    sqlx::raw_sql(UNSEAL).execute(&mut conn).await.map_err(failed)?;
    conn.close().await.map_err(failed)?;
    Ok(seal)
}

fn seal_of(row: &SqliteRow) -> Option<Seal> {
    let (taken, key): (i64, Vec<u8>) = (row.try_get(0).ok()?, row.try_get(1).ok()?);
    Some(Seal { taken: DateTime::from_timestamp_micros(taken)?, key: key.try_into().ok()? })
}

/// Every page and every index entry is looked at.
async fn whole(conn: &mut SqliteConnection, file: &Path) -> Result<(), BackupError> {
    let damaged = |found: String| BackupError::Damaged { file: file.to_owned(), found };
    let row =
        sqlx::query("PRAGMA integrity_check(1)").fetch_one(conn).await.map_err(|source| damaged(said(&source)))?;
    match row.try_get::<String, _>(0) {
        Ok(found) if found == "ok" => Ok(()),
        Ok(found) => Err(damaged(found)),
        Err(source) => Err(damaged(said(&source))),
    }
}

/// The journal becomes part of the file, which then can be moved alone.
async fn into_one_file(file: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::Copy { file: file.to_owned(), source };
    let mut conn = connect(file, Access::Write).await.map_err(failed)?;
    sqlx::query("PRAGMA journal_mode = DELETE").execute(&mut conn).await.map_err(failed)?;
    conn.close().await.map_err(failed)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

async fn connect(file: &Path, access: Access) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(file).read_only(access == Access::Read);
    options.busy_timeout(super::sqlite::BUSY_TIMEOUT).disable_statement_logging().connect().await
}

fn names(rows: &[SqliteRow]) -> Vec<String> {
    rows.iter().filter_map(|row| row.try_get(0).ok()).collect()
}

/// Gives a file that is whole on the disk its name; the name is on the disk, too,
/// when this returns. Gives its size.
fn durable(part: &Path, file: &Path) -> Result<u64, BackupError> {
    let size = File::open(part).and_then(|open| {
        open.sync_all()?;
        Ok(open.metadata()?.len())
    });
    let size = size.map_err(fault(part))?;
    fs::rename(part, file).map_err(fault(file))?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(fault(folder))?;
    Ok(size)
}

fn fault(file: &Path) -> impl Fn(io::Error) -> BackupError + use<> {
    let file = file.to_owned();
    move |source| BackupError::File { file: file.clone(), source }
}

fn not_a_backup(file: &Path) -> BackupError {
    BackupError::NotABackup { file: file.to_owned() }
}

fn said(error: &sqlx::Error) -> String {
    error.to_string()
}

/// `ledger.db.part` of `ledger.db`.
fn beside(file: &Path, ending: &str) -> PathBuf {
    beside_name(file, &format!(".{ending}"))
}

fn beside_name(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
