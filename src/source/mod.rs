//! Reads tickets; a file per kind of store, one column map for all.
//!
//! A store is asked two things: what changed since a [`Cursor`], and how some
//! tickets look now. Rows come as text; what they mean is read in `ticket`. The
//! daemon never writes to a ticket store but by [`mod@write_back`], if the administrator
//! asks for it; [`import()`] does, from the exports that [`mod@file`] opens.

use std::{fmt, path::PathBuf};

use crate::ticket::{RawRow, TicketNo};

pub mod columns;
pub mod database;
pub mod error;
pub mod file;
pub mod history;
pub mod import;
pub mod sqlite;
pub mod statement;
pub mod write_back;
pub mod writer;

pub use columns::ColumnMap;
pub use database::{DatabaseStore, Dialect};
pub use error::{Place, SourceError};
pub use file::{Export, FileRow};
pub use history::HistoryStore;
pub use import::{ImportReport, Step, gathered, import};
pub use sqlite::SqliteStore;
pub use statement::{Parameter, Statement, StatementFault};
pub use write_back::{Begun, Sent, WriteBack};
pub use writer::SqliteStoreWriter;

/// All rows of one ticket as the store has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// The number.
    pub no: TicketNo,
    /// Its rows in the store's order; none if the ticket was deleted.
    pub rows: Vec<RawRow>,
}

/// How far a store was read. A cursor belongs to the store that gave it; a store
/// that was replaced gives everything again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Identity of the store; empty at the start.
    store: String,
    /// Change number, in a history the instant in seconds.
    at: i64,
    /// The last ticket that was given at `at`.
    no: String,
    /// In a platform's database, where the reading stands.
    position: Option<database::position::Position>,
}

impl Default for Cursor {
    fn default() -> Self {
        Self::start()
    }
}

impl Cursor {
    /// Before everything: what follows is the whole store.
    pub fn start() -> Self {
        Self { store: String::new(), at: i64::MIN, no: String::new(), position: None }
    }
}

/// Some of the tickets that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The tickets, all rows of a ticket together.
    pub tickets: Vec<Rows>,
    /// Where to go on.
    pub cursor: Cursor,
    /// Whether more is waiting now.
    pub more: bool,
}

/// A ticket store, read only.
#[derive(Debug)]
pub enum Store {
    /// Our own SQLite schema.
    Sqlite(SqliteStore),
    /// A platform's database: PostgreSQL, MySQL or MariaDB.
    Database(Box<DatabaseStore>),
    /// A history for `simulate`.
    History(HistoryStore),
}

/// Where a ticket store is.
#[derive(Clone, Debug)]
pub enum StorePlace {
    /// A file of our own schema.
    Sqlite(PathBuf),
    /// A database, and what in it is a ticket.
    Database(Box<(database::Place, database::tables::Tables)>),
}

impl From<PathBuf> for StorePlace {
    fn from(path: PathBuf) -> Self {
        Self::Sqlite(path)
    }
}

/// It is read by people: a path, or an address without its password.
impl fmt::Display for StorePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Database(database) => f.write_str(&database.0.name()),
        }
    }
}

impl Store {
    /// Opens a store and checks that it can be read.
    ///
    /// # Errors
    ///
    /// Why it cannot.
    pub async fn open(place: &StorePlace) -> Result<Self, SourceError> {
        match place {
            StorePlace::Sqlite(path) => SqliteStore::open(path).await.map(Self::Sqlite),
            StorePlace::Database(database) => {
                DatabaseStore::open(database.0.clone(), &database.1).await.map(Box::new).map(Self::Database)
            }
        }
    }

    /// Whether a page names tickets whose rows were deleted. Where it does not, they
    /// show only by being left out of a reading of everything.
    pub fn tells_deletions(&self) -> bool {
        match self {
            Self::Sqlite(_) | Self::History(_) => true,
            Self::Database(_) => false,
        }
    }

    /// The tickets that changed after `since`, at most `limit`. From
    /// [`Cursor::start`] that is every ticket: the full reconcile. Our own stores
    /// give the oldest change first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read; the cursor then still holds.
    pub async fn changed(&self, since: Cursor, limit: usize) -> Result<Page, SourceError> {
        match self {
            Self::Sqlite(store) => store.changed(since, limit).await,
            Self::Database(store) => store.changed(since, limit).await,
            Self::History(store) => Ok(store.changed(since, limit)),
        }
    }

    /// The rows of some tickets as they are now, in the order asked; a ticket
    /// that is not there has no rows.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn read(&self, nos: &[TicketNo]) -> Result<Vec<Rows>, SourceError> {
        match self {
            Self::Sqlite(store) => store.read(nos).await,
            Self::Database(store) => store.read(nos).await,
            Self::History(store) => Ok(store.read(nos)),
        }
    }
}
