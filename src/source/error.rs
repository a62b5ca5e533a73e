//! What can go wrong between a store or a file and the rows in it.
//!
//! Every text names the file and the place in it and says what to do; none
//! holds a cell of a ticket.

use std::{fmt, io, path::PathBuf, sync::Arc};

use super::database::Cause;
use crate::ticket::TicketNo;

/// Where in an export something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named.
    pub file: Arc<str>,
    /// The worksheet; none in a CSV.
    pub sheet: Option<Arc<str>>,
    /// The row as a spreadsheet counts them; in a CSV the line on which the row begins.
    pub row: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sheet {
            Some(sheet) => write!(f, "{}, sheet `{sheet}`, row {}", self.file, self.row),
            None => write!(f, "{}, line {}", self.file, self.row),
        }
    }
}

/// An error of the room `source`.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A column map that is no TOML of the right form; the cause names line and column.
    #[error("column map {name} cannot be used")]
    ColumnMap {
        /// Its file.
        name: String,
        /// What the parser said.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A fault in what a column map says.
    #[error("column map {name}, line {line}: {fault}")]
    ColumnMapFault {
        /// Its file.
        name: String,
        /// Where.
        line: usize,
        /// What, and what to do.
        fault: String,
    },
    /// A file that cannot be opened or read.
    #[error("{file} cannot be read")]
    FileUnreadable {
        /// The file.
        file: Arc<str>,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of a kind that is no export.
    #[error("{file} is {what}, not a CSV or XLSX export: {remedy}")]
    NotAnExport {
        /// The file.
        file: Arc<str>,
        /// What it is instead.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A file that ends before its end.
    #[error("{place}: {what}; the file is half-written, export it again (nothing was imported)")]
    HalfWritten {
        /// Where it ends.
        place: Place,
        /// How that shows.
        what: &'static str,
    },
    /// A file that ends before its end, where no row can be named.
    #[error("{file} is a workbook without its end; it is half-written, export or copy it again (nothing was imported)")]
    TruncatedWorkbook {
        /// The file.
        file: Arc<str>,
    },
    /// A workbook that the reader gave up on.
    #[error("{file} is a damaged workbook: open it in Excel or WPS and save it anew as .xlsx (nothing was imported)")]
    DamagedWorkbook {
        /// The file.
        file: Arc<str>,
        /// What the reader said.
        #[source]
        source: Option<Box<calamine::XlsxError>>,
    },
    /// Text that is neither UTF-8 nor GB18030, or some of each.
    #[error("{place}: {what}; save the file as \"CSV UTF-8\" and try again")]
    Encoding {
        /// The first line at fault.
        place: Place,
        /// How that shows.
        what: &'static str,
    },
    /// No header row among the first rows.
    #[error("{file}: no header row with {missing} among the first 20 rows; {seen}; name the headers in a column map")]
    NoHeader {
        /// The file.
        file: Arc<str>,
        /// The columns that were not found.
        missing: String,
        /// The headers that were seen.
        seen: String,
    },
    /// One header twice.
    #[error("{place}: the header `{header}` stands in columns {first} and {second}; remove or rename one of them")]
    DuplicateHeader {
        /// The header row.
        place: Place,
        /// The header.
        header: String,
        /// The first column, counted from 1.
        first: usize,
        /// The second column.
        second: usize,
    },
    /// A row of another width than the header.
    #[error(
        "{place}: the row has {found} cells, the header {expected}; nothing was imported, check for a comma or line break outside quotes"
    )]
    RowWidth {
        /// The row.
        place: Place,
        /// Cells in the row.
        found: usize,
        /// Cells in the header.
        expected: usize,
    },
    /// A header and nothing below it.
    #[error(
        "{file} has a header but no ticket below it ({skipped} rows without a ticket number); nothing was imported, check the export's filter"
    )]
    NoRows {
        /// The file.
        file: Arc<str>,
        /// How many rows were passed over.
        skipped: u64,
    },
    /// A line of a history that cannot be placed in time.
    #[error("{place}: {what}")]
    History {
        /// The line.
        place: Place,
        /// What is wrong.
        what: &'static str,
    },
    /// No ticket store where the settings say.
    #[error("ticket store {} does not exist: fill it with `duban import FILE`, or correct the path in the settings", path.display())]
    StoreMissing {
        /// The path.
        path: PathBuf,
    },
    /// Another program holds the store.
    #[error("ticket store {} is locked by another program: let that import or job end, then try again", path.display())]
    StoreLocked {
        /// The path.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Box<sqlx::Error>,
    },
    /// A file that is no SQLite database, or a broken one.
    #[error("ticket store {} is damaged or no SQLite database: restore it from a backup, or move it away and import again", path.display())]
    StoreDamaged {
        /// The path.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Box<sqlx::Error>,
    },
    /// A SQLite database of another shape.
    #[error("{} is no ticket store of this version: {fault}", path.display())]
    StoreSchema {
        /// The path.
        path: PathBuf,
        /// What differs, and what to do.
        fault: String,
    },
    /// Any other failure of the store.
    #[error("ticket store {} failed", path.display())]
    Store {
        /// The path.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Box<sqlx::Error>,
    },
    /// A database that is not ours does not answer.
    #[error("ticket store {store}: {cause}")]
    Database {
        /// Which, without its password.
        store: String,
        /// The true cause, and what to do.
        cause: Cause,
    },
    /// A store of a kind that takes no statement.
    #[error("{kind} takes no statement: remove [write_back] from duban.toml, or read the tickets from a database")]
    NoWriteBack {
        /// What the store is.
        kind: &'static str,
    },
    /// A statement of the administrator's that the store does not take.
    #[error("the statement of [write_back] cannot be run: correct it in duban.toml")]
    Statement {
        /// What the database said.
        #[source]
        source: Box<sqlx::Error>,
    },
    /// A statement of the administrator's without an effect.
    #[error("the statement of [write_back] hit no row for ticket {ticket}: correct it in duban.toml, or add the row")]
    NothingWritten {
        /// For which ticket.
        ticket: TicketNo,
    },
}
