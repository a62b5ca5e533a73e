//! Reads tickets; a file per kind of store, one column map for all.
//!
//! A store is asked two things: what changed since a [`Cursor`], and how some
//! tickets look now. Rows come as text; what they mean is read in `ticket`. The
//! daemon never writes to a ticket store but by [`mod@write_back`], if the administrator
//! asks for it; [`import()`] does, from the exports that [`mod@file`] opens.

use crate::ticket::{RawRow, TicketNo};

pub mod columns;
pub mod error;
pub mod file;
pub mod history;
pub mod import;
pub mod sqlite;
pub mod statement;
pub mod write_back;
pub mod writer;

pub use columns::ColumnMap;
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
}

impl Default for Cursor {
    fn default() -> Self {
        Self::start()
    }
}

impl Cursor {
    /// Before everything: what follows is the whole store.
    pub fn start() -> Self {
        Self { store: String::new(), at: i64::MIN, no: String::new() }
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
    /// A history for `simulate`.
    History(HistoryStore),
}

impl Store {
    /// The tickets that changed after `since`, at most `limit`, oldest change
    /// first. From [`Cursor::start`] that is every ticket: the full reconcile.
    ///
    /// # Errors
    ///
    /// When the store cannot be read; the cursor then still holds.
    pub async fn changed(&self, since: Cursor, limit: usize) -> Result<Page, SourceError> {
        match self {
            Self::Sqlite(store) => store.changed(since, limit).await,
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
            Self::History(store) => Ok(store.read(nos)),
        }
    }
}
