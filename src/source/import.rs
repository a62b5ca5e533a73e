//! Imports: the rows of an export become the tickets of the SQLite store.
//!
//! Everything happens in one transaction: after an error or a crash the store is
//! as it was. A ticket's rows are replaced together, but a column that the
//! export does not have keeps what the store had. The same file twice changes
//! nothing, and a file older than the store does not turn a ticket back.
//!
//! Rows are staged in a temporary table by ticket, because the rows of a ticket
//! may stand anywhere in a file that need not fit into memory.

use std::{collections::BTreeMap, slice};

use sqlx::{AssertSqlSafe, Connection, Sqlite, SqliteConnection, Transaction, query::Query, sqlite::SqliteArguments};

use super::{
    FileRow, Rows, SourceError, SqliteStoreWriter,
    sqlite::{CELLS, FIELDS, grouped, refused, unpacked},
};
use crate::ticket::{Columns, Field, Moment, RawRow, Reader, TicketNo};

/// Rows staged, and tickets compared, in one statement.
const STAGED_AT_ONCE: usize = 200;
const TICKETS_AT_ONCE: i64 = 500;
/// Rows written in one statement; 54 values each, and SQLite takes 32,766.
const WRITTEN_AT_ONCE: usize = 100;

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many rows were read from the file.
    Read(u64),
    /// So many tickets were compared with the store.
    Compared(u64),
}

/// What an import did, in tickets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    /// Rows that belong to a ticket.
    pub rows: u64,
    /// Rows without a ticket number that the reader knows; those that the file
    /// itself passed over are in [`super::Export::skipped`].
    pub skipped_rows: u64,
    /// Tickets that the store did not have.
    pub new: u64,
    /// Tickets that differ from what the store had.
    pub changed: u64,
    /// Tickets as the store had them.
    pub unchanged: u64,
    /// Tickets left alone because the store has a later state.
    pub older: u64,
}

/// Imports rows; `reader` tells their numbers and 更新时间. `progress` is called every few hundred rows and tickets.
///
/// # Errors
///
/// The first error of the rows, or of the store. Nothing is kept then.
pub async fn import<R>(
    rows: R,
    into: &mut SqliteStoreWriter,
    reader: &Reader,
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<ImportReport, SourceError>
where
    R: Iterator<Item = Result<FileRow, SourceError>> + Send,
{
    let SqliteStoreWriter { path, connection } = into;
    let tx = connection.begin_with("BEGIN IMMEDIATE").await.map_err(|error| refused(path, error))?;
    let mut import = Import { tx, columns: Columns::default(), report: ImportReport::default() };
    import.make_stage().await.map_err(|error| refused(path, error))?;
    let mut batch: Vec<(TicketNo, String)> = Vec::with_capacity(STAGED_AT_ONCE);
    for row in rows {
        let row = row?.cells;
        match reader.number(&row) {
            Some(no) => batch.push((no, import.packed(&row))),
            None => import.report.skipped_rows += 1,
        }
        if batch.len() == STAGED_AT_ONCE {
            import.stage(&mut batch).await.map_err(|error| refused(path, error))?;
            progress(Step::Read(import.report.rows));
        }
    }
    import.stage(&mut batch).await.map_err(|error| refused(path, error))?;
    progress(Step::Read(import.report.rows));
    import.finish(reader, progress).await.map_err(|error| refused(path, error))
}

/// Gathers rows by ticket in memory, for a dry run: the tickets by number, and
/// how many rows have none.
///
/// # Errors
///
/// The first error of the rows.
pub fn gathered<R>(rows: R, reader: &Reader) -> Result<(Vec<Rows>, u64), SourceError>
where
    R: Iterator<Item = Result<FileRow, SourceError>>,
{
    let mut tickets: BTreeMap<TicketNo, Vec<RawRow>> = BTreeMap::new();
    let mut skipped = 0;
    for row in rows {
        let row = row?.cells;
        match reader.number(&row) {
            Some(no) => tickets.entry(no).or_default().push(row),
            None => skipped += 1,
        }
    }
    Ok((tickets.into_iter().map(|(no, rows)| Rows { no, rows }).collect(), skipped))
}

struct Import<'c> {
    tx: Transaction<'c, Sqlite>,
    /// The columns of the export; of all its sheets, if they differ.
    columns: Columns,
    report: ImportReport,
}

impl Import<'_> {
    async fn make_stage(&mut self) -> Result<(), sqlx::Error> {
        let sql = "DROP TABLE IF EXISTS temp.import_row; \
                   CREATE TEMP TABLE import_row (ticket_no TEXT, row_no INTEGER, cells TEXT, \
                   PRIMARY KEY (ticket_no, row_no)) WITHOUT ROWID";
        sqlx::raw_sql(sql).execute(&mut *self.tx).await.map(drop)
    }

    /// A row as a JSON list in the order of [`FIELDS`], null for an absent column.
    fn packed(&mut self, row: &RawRow) -> String {
        let cells: Vec<Option<&str>> = FIELDS.iter().map(|field| row.get(*field)).collect();
        for (field, _) in FIELDS.iter().zip(&cells).filter(|(_, cell)| cell.is_some()) {
            self.columns.add(*field);
        }
        serde_json::Value::from(cells).to_string()
    }

    /// Stages a batch in one statement, and empties it.
    async fn stage(&mut self, batch: &mut Vec<(TicketNo, String)>) -> Result<(), sqlx::Error> {
        if batch.is_empty() {
            return Ok(());
        }
        let sql = format!("INSERT INTO import_row VALUES {}", vec!["(?, ?, ?)"; batch.len()].join(", "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (no, cells) in batch.drain(..) {
            self.report.rows += 1;
            // Rising numbers keep the order of the file within a ticket.
            query = query.bind(no.as_str().to_owned()).bind(self.report.rows.cast_signed()).bind(cells);
        }
        query.execute(&mut *self.tx).await.map(drop)
    }

    async fn finish(
        mut self,
        reader: &Reader,
        progress: &mut (dyn FnMut(Step) + Send),
    ) -> Result<ImportReport, sqlx::Error> {
        enter_columns(&mut self.tx, self.columns).await?;
        let mut after = String::new();
        let mut compared = 0;
        loop {
            let staged = staged(&mut self.tx, &after).await?;
            let Some(last) = staged.last() else { break };
            let mut stored = stored(&mut self.tx, &after, last.no.as_str()).await?.into_iter().peekable();
            after = last.no.as_str().to_owned();
            compared += staged.len() as u64;
            let mut writing = Vec::new();
            for ticket in staged {
                // Both lists are in the order of the number.
                let known = stored.next_if(|known| known.no == ticket.no);
                writing.extend(self.judge(ticket, known, reader));
            }
            write(&mut self.tx, &writing).await?;
            progress(Step::Compared(compared));
        }
        sqlx::query("DROP TABLE temp.import_row").execute(&mut *self.tx).await?;
        self.tx.commit().await?;
        Ok(self.report)
    }

    /// Counts a ticket, and returns it if the store must be written.
    fn judge(&mut self, new: Rows, known: Option<Rows>, reader: &Reader) -> Option<Rows> {
        let Some(known) = known else {
            self.report.new += 1;
            return Some(new);
        };
        let merged = merged(new.clone(), &known);
        if is_same(&merged, &known) {
            self.report.unchanged += 1;
            return None;
        }
        if is_older(&new, &known, reader) {
            self.report.older += 1;
            return None;
        }
        self.report.changed += 1;
        Some(merged)
    }
}

/// Whether every row of `new` is certainly older than what the store has.
fn is_older(new: &Rows, known: &Rows, reader: &Reader) -> bool {
    let moment = |row: &RawRow| reader.ticket(slice::from_ref(row)).ok().and_then(|ticket| ticket.updated);
    let updated = |rows: &Rows| rows.rows.iter().map(moment).collect::<Vec<_>>();
    let known = updated(known);
    let is_behind = |moment: Moment| known.iter().flatten().any(|known| known.is_after(moment));
    updated(new).into_iter().all(|moment| moment.is_some_and(is_behind))
}

/// The new rows, with the cells of columns that they lack from the store's rows.
fn merged(mut new: Rows, known: &Rows) -> Rows {
    for (at, row) in new.rows.iter_mut().enumerate() {
        let Some(from) = known.rows.get(at).or(known.rows.last()) else { break };
        for field in FIELDS.iter() {
            if let (None, Some(cell)) = (row.get(*field), from.get(*field)) {
                row.set(*field, cell);
            }
        }
    }
    new
}

/// Whether two states say the same; an absent cell says what an empty one does.
fn is_same(new: &Rows, known: &Rows) -> bool {
    let is_cell = |new: Option<&str>, known: Option<&str>| new.unwrap_or_default() == known.unwrap_or_default();
    let is_row =
        |(new, known): (&RawRow, &RawRow)| FIELDS.iter().all(|field| is_cell(new.get(*field), known.get(*field)));
    new.rows.len() == known.rows.len() && new.rows.iter().zip(&known.rows).all(is_row)
}

/// Enters the export's columns as filled; those already there fire no trigger.
async fn enter_columns(connection: &mut SqliteConnection, columns: Columns) -> Result<(), sqlx::Error> {
    for field in Field::ALL {
        if columns.has(field) || field == Field::TicketNo {
            let sql = "INSERT INTO hotline_column (name) VALUES (?1) ON CONFLICT (name) DO NOTHING";
            sqlx::query(sql).bind(field.id()).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// The next staged tickets, in the order of the number.
async fn staged(connection: &mut SqliteConnection, after: &str) -> Result<Vec<Rows>, sqlx::Error> {
    let sql = "SELECT r.ticket_no, r.cells FROM (\
               SELECT DISTINCT ticket_no FROM import_row WHERE ticket_no > ?1 ORDER BY ticket_no LIMIT ?2) p \
               JOIN import_row r ON r.ticket_no = p.ticket_no ORDER BY r.ticket_no, r.row_no";
    let rows: Vec<(String, String)> =
        sqlx::query_as(sql).bind(after).bind(TICKETS_AT_ONCE).fetch_all(&mut *connection).await?;
    let mut tickets: Vec<Rows> = Vec::new();
    for (no, cells) in rows {
        if tickets.last().is_none_or(|last| last.no.as_str() != no) {
            tickets.push(Rows { no: TicketNo::new(&no), rows: Vec::new() });
        }
        if let Some(last) = tickets.last_mut() {
            last.rows.push(unpacked(&no, &cells, Columns::default())?);
        }
    }
    Ok(tickets)
}

/// What the store has of the staged tickets of a span.
async fn stored(connection: &mut SqliteConnection, after: &str, last: &str) -> Result<Vec<Rows>, sqlx::Error> {
    let sql = format!(
        "SELECT t.ticket_no, 0, t.row_no, {} FROM hotline_ticket t WHERE t.ticket_no IN (\
         SELECT DISTINCT ticket_no FROM import_row WHERE ticket_no > ?1 AND ticket_no <= ?2) \
         ORDER BY t.ticket_no, t.row_no",
        CELLS.as_str()
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(after).bind(last).fetch_all(connection).await?;
    Ok(grouped(&rows, Columns::default())?.into_iter().map(|(rows, _)| rows).collect())
}

/// Writes tickets: their rows one by one, then no more than these.
async fn write(connection: &mut SqliteConnection, tickets: &[Rows]) -> Result<(), sqlx::Error> {
    let rows: Vec<(&TicketNo, i64, &RawRow)> = tickets
        .iter()
        .flat_map(|ticket| ticket.rows.iter().zip(1..).map(|(row, number)| (&ticket.no, number, row)))
        .collect();
    for chunk in rows.chunks(WRITTEN_AT_ONCE) {
        let mut query = sqlx::query(AssertSqlSafe(upsert(chunk.len())));
        for (no, number, row) in chunk {
            query = bound(query.bind(no.as_str().to_owned()).bind(*number), row);
        }
        query.execute(&mut *connection).await?;
    }
    for ticket in tickets {
        let count = i64::try_from(ticket.rows.len()).unwrap_or(i64::MAX);
        let sql = "DELETE FROM hotline_ticket WHERE ticket_no = ?1 AND row_no > ?2";
        sqlx::query(sql).bind(ticket.no.as_str().to_owned()).bind(count).execute(&mut *connection).await?;
    }
    Ok(())
}

fn bound<'q>(query: Query<'q, Sqlite, SqliteArguments>, row: &RawRow) -> Query<'q, Sqlite, SqliteArguments> {
    FIELDS.iter().fold(query, |query, field| query.bind(row.get(*field).map(str::to_owned)))
}

/// An `INSERT` of so many rows that updates those that are there. Row by row, so
/// that a row without a difference is no change.
fn upsert(rows: usize) -> String {
    let names: Vec<&str> = FIELDS.iter().map(|field| field.id()).collect();
    let values = format!("({})", vec!["?"; names.len() + 2].join(", "));
    let updates: Vec<String> = names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    format!(
        "INSERT INTO hotline_ticket (ticket_no, row_no, {}) VALUES {} ON CONFLICT (ticket_no, row_no) DO UPDATE SET {}",
        names.join(", "),
        vec![values; rows].join(", "),
        updates.join(", ")
    )
}
