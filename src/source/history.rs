//! A history of rows, for `simulate`: what a store showed from when on.
//!
//! The file is a CSV with the column `at` before those of an export. Each line
//! is the whole row of one ticket from `at` on; lines of one ticket with the same
//! `at` are several rows of it. The store shows what is visible at `now`, which
//! is moved from outside; time never goes on by itself.

use std::{
    collections::HashMap,
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, Utc};

use super::{
    ColumnMap, Cursor, Page, Place, Rows, SourceError,
    file::{CsvTable, Header, Line, Lines, Nearest, Record, Verdict},
};
use crate::ticket::{RawRow, Reader, TicketNo};

/// A history, seen at an instant.
#[derive(Debug)]
pub struct HistoryStore {
    /// The states of each ticket, by instant.
    states: HashMap<TicketNo, Vec<(i64, Vec<RawRow>)>>,
    /// Every change: instant and number, sorted.
    changes: Vec<(i64, TicketNo)>,
    now: AtomicI64,
}

/// What the store is called in cursors.
const NAME: &str = "history";

impl HistoryStore {
    /// Reads a history; nothing is visible before [`HistoryStore::set_now`].
    /// `reader` tells the ticket number of a row.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, has no `at` before the headers of an
    /// export, or a line has no instant with its zone or no ticket number.
    pub fn from_csv(path: &Path, map: &ColumnMap, reader: &Reader) -> Result<Self, SourceError> {
        let name: Arc<str> = path.display().to_string().into();
        let file = File::open(path).map_err(|source| SourceError::FileUnreadable { file: name.clone(), source })?;
        let mut table = CsvTable::new(Lines::open(file, name.clone())?, ',');
        let place = |row| Place { file: name.clone(), sheet: None, row };
        let mut header = None;
        let mut lines = Vec::new();
        while let Some(line) = table.next()? {
            let Line::Row(record) = line else { continue };
            match &header {
                None => header = Some(header_of(map, &record, &place(record.row))?),
                Some(header) => lines.push(
                    line_of(header, &record, reader)
                        .map_err(|what| SourceError::History { place: place(record.row), what })?,
                ),
            }
        }
        match lines.is_empty() {
            true => Err(SourceError::NoRows { file: name, skipped: 0 }),
            false => Ok(Self::of(lines)),
        }
    }

    fn of(mut lines: Vec<(i64, TicketNo, RawRow)>) -> Self {
        // A stable sort: lines of one instant stay in the order of the file.
        lines.sort_by_key(|(at, ..)| *at);
        let mut states: HashMap<TicketNo, Vec<(i64, Vec<RawRow>)>> = HashMap::new();
        let mut changes = Vec::new();
        for (at, no, row) in lines {
            let states = states.entry(no.clone()).or_default();
            match states.last_mut() {
                Some((last, rows)) if *last == at => rows.push(row),
                Some(_) | None => {
                    states.push((at, vec![row]));
                    changes.push((at, no));
                }
            }
        }
        changes.sort_unstable();
        Self { states, changes, now: AtomicI64::new(i64::MIN) }
    }

    /// Moves the instant at which the store is seen.
    pub fn set_now(&self, now: DateTime<Utc>) {
        self.now.store(now.timestamp_millis(), Ordering::SeqCst);
    }

    /// The instants at which something changes, in order.
    pub fn instants(&self) -> Vec<DateTime<Utc>> {
        let mut instants: Vec<_> =
            self.changes.iter().filter_map(|(at, _)| DateTime::from_timestamp_millis(*at)).collect();
        instants.dedup();
        instants
    }

    /// Every row of every ticket, in no order.
    pub fn all_rows(&self) -> impl Iterator<Item = &RawRow> {
        self.states.values().flatten().flat_map(|(_, rows)| rows)
    }

    /// See [`super::Store::changed`].
    pub fn changed(&self, since: Cursor, limit: usize) -> Page {
        let now = self.now.load(Ordering::SeqCst);
        let (at, no) = if since.store == NAME { (since.at, since.no) } else { (i64::MIN, String::new()) };
        let first = self.changes.partition_point(|(when, ticket)| (*when, ticket.as_str()) <= (at, no.as_str()));
        let visible = self.changes[first..].iter().take_while(|(when, _)| *when <= now);
        // A ticket that changed again since is given once, by its last change.
        let mut latest = visible.filter(|(when, ticket)| self.state(ticket, now).is_some_and(|(at, _)| at == when));
        let given: Vec<&(i64, TicketNo)> = latest.by_ref().take(limit).collect();
        let more = latest.next().is_some();
        let (at, no) = given.last().map_or((at, no), |(at, no)| (*at, no.as_str().to_owned()));
        let tickets = given.iter().map(|(_, no)| self.rows(no, now)).collect();
        Page { tickets, cursor: Cursor { store: NAME.to_owned(), at, no, position: None }, more }
    }

    /// See [`super::Store::read`].
    pub fn read(&self, nos: &[TicketNo]) -> Vec<Rows> {
        let now = self.now.load(Ordering::SeqCst);
        nos.iter().map(|no| self.rows(no, now)).collect()
    }

    fn rows(&self, no: &TicketNo, now: i64) -> Rows {
        Rows { no: no.clone(), rows: self.state(no, now).map_or_else(Vec::new, |(_, rows)| rows.clone()) }
    }

    fn state(&self, no: &TicketNo, now: i64) -> Option<&(i64, Vec<RawRow>)> {
        let states = self.states.get(no)?;
        states[..states.partition_point(|(at, _)| *at <= now)].last()
    }
}

fn header_of(map: &ColumnMap, record: &Record, place: &Place) -> Result<Header, SourceError> {
    if record.cells.first().is_none_or(|cell| cell.trim() != "at") {
        return Err(SourceError::History { place: place.clone(), what: "the first column of a history must be `at`" });
    }
    match Header::judge(map, &record.cells, place)? {
        Verdict::Header(header) => Ok(header),
        Verdict::Other { missing, found } => {
            let mut nearest = Nearest::default();
            nearest.consider(&record.cells, missing, found);
            Err(nearest.refusal(&place.file, map))
        }
    }
}

fn line_of(header: &Header, record: &Record, reader: &Reader) -> Result<(i64, TicketNo, RawRow), &'static str> {
    if record.cells.len() != header.reach {
        return Err("the line has more or fewer cells than the header");
    }
    let at = record.cells.first().and_then(|cell| DateTime::parse_from_rfc3339(cell.trim()).ok());
    let at = at.ok_or("`at` is no instant with its zone, such as 2025-09-11T10:20:00+08:00")?;
    let row = header.row(&record.cells);
    let no = reader.number(&row).ok_or("the line has no ticket number")?;
    Ok((at.timestamp_millis(), no, row))
}
