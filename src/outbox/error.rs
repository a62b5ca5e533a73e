//! What can go wrong with the ledger, and what to do about it.

use std::path::PathBuf;

/// A fault of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The file cannot be opened or made.
    #[error("ledger {}: cannot be opened; its folder must exist and be writable for the user of duban", path.display())]
    Open {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    /// A database, but not ours.
    #[error("ledger {}: this database holds other tables and no ledger; name another file", path.display())]
    NotALedger { path: PathBuf },
    /// Written by a newer program.
    #[error("ledger {}: it has schema {found} and this duban knows schemas up to {known}; install the newer duban again, or restore the backup made before its upgrade", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// The file is damaged or no database.
    #[error("ledger {}: the file is damaged or is no database; stop duban and restore the last backup", path.display())]
    Corrupt {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    /// No room on the disk, or the size limit is reached.
    #[error("ledger {}: the disk or the size limit is full; nothing of this step was kept, it is tried again once there is room", path.display())]
    Full {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    /// Another program kept the file locked.
    #[error("ledger {}: another program kept it locked; nothing of this step was kept", path.display())]
    Busy {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    /// The database refused a statement.
    #[error("ledger {}: a statement failed and nothing of its step was kept", path.display())]
    Statement {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    /// A row holds what this program does not know.
    #[error("ledger table {table}, row {id}: `{value}` is not a {column}")]
    Row { table: &'static str, id: i64, column: &'static str, value: String },
    /// The planner handed a notice over under a foreign scope.
    #[error("notice {key} does not belong to the scope {scope}")]
    ForeignNotice { key: String, scope: String },
    /// There is no such row.
    #[error("the ledger has no {what} {id}")]
    Missing { what: &'static str, id: i64 },
    /// The row's state forbids what was asked.
    #[error("{what} {id} is {state}: {why}")]
    Forbidden { what: &'static str, id: i64, state: &'static str, why: &'static str },
}
