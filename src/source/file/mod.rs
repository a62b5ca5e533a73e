//! Export files: CSV in UTF-8 or GB18030, and XLSX workbooks.
//!
//! An [`Export`] is opened when its header row has been found, and then gives
//! one row after another; it holds no more than a few rows at a time. Title rows
//! above the header, totals and footers below, blank rows and sheets without a
//! ticket table are passed over. A file that cannot be read to its end is an
//! error, and whoever keeps the rows must then keep none of them.

use std::{collections::VecDeque, fs::File, path::Path, sync::Arc};

use crate::{
    source::{ColumnMap, Place, SourceError},
    ticket::{Field, RawRow},
};

mod csv;
mod header;
mod kind;
mod text;
mod xlsx;

pub(super) use csv::CsvTable;
pub(super) use header::{Header, Nearest, Verdict};
use kind::Kind;
pub(super) use text::Lines;
use xlsx::XlsxTable;

/// The header stands within so many rows of the top of a sheet.
const HEADER_WITHIN: usize = 20;

/// A ticket's row in an export.
#[derive(Clone, Debug)]
pub struct FileRow {
    /// Where it stands.
    pub place: Place,
    /// Its cells by column.
    pub cells: RawRow,
}

/// A row of a table, not yet judged.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) row: u64,
    pub(super) cells: Vec<String>,
    /// The last row of the merged cells that begin in this one.
    pub(super) header_ends: u64,
}

/// What a table gives: sheets and their rows.
pub(super) enum Line {
    Sheet(Option<Arc<str>>),
    Row(Record),
}

enum Table {
    Csv(CsvTable),
    Xlsx(XlsxTable),
}

impl Table {
    fn next(&mut self) -> Result<Option<Line>, SourceError> {
        match self {
            Self::Csv(table) => table.next(),
            Self::Xlsx(table) => table.next(),
        }
    }
}

/// Where in a sheet the reader is.
enum Seek {
    /// Above the header; so many rows were looked at.
    Looking(usize),
    /// Within a header of several rows; its last row counts.
    Within { ends: u64, first: Header },
    /// Below the header.
    Below(Header),
    /// In a sheet without tickets.
    Elsewhere,
}

/// An export file, opened and with its header read.
pub struct Export {
    file: Arc<str>,
    map: ColumnMap,
    table: Table,
    sheet: Option<Arc<str>>,
    seek: Seek,
    nearest: Nearest,
    /// Rows read while the header was looked for.
    ready: VecDeque<FileRow>,
    headers: Vec<(Field, String)>,
    unread: Vec<String>,
    rows: u64,
    skipped: u64,
    ended: bool,
}

impl Export {
    /// Opens a file and reads as far as its header.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is no export, or has no header that the
    /// map knows; the error names the headers that were seen.
    pub fn open(path: &Path, map: &ColumnMap) -> Result<Self, SourceError> {
        let name: Arc<str> = path.display().to_string().into();
        let mut file = File::open(path).map_err(|source| SourceError::FileUnreadable { file: name.clone(), source })?;
        match kind::kind(&mut file, &name)? {
            Kind::Workbook => Self::begin(Table::Xlsx(XlsxTable::open(file, name.clone())?), name, map),
            Kind::Text => Self::open_text(&Lines::open(file, name.clone())?, &name, map),
        }
    }

    /// Tries what may stand between the cells, until a header shows.
    fn open_text(lines: &Lines, name: &Arc<str>, map: &ColumnMap) -> Result<Self, SourceError> {
        let mut likeliest = None;
        for delimiter in lines.delimiters {
            let table = CsvTable::new(lines.again()?, delimiter);
            match Self::begin(Table::Csv(table), name.clone(), map) {
                Ok(export) => return Ok(export),
                Err(error) => likeliest = likeliest.or(Some(error)),
            }
        }
        Err(likeliest.unwrap_or_else(|| Nearest::default().refusal(name, map)))
    }

    /// Reads as far as the first header.
    fn begin(table: Table, name: Arc<str>, map: &ColumnMap) -> Result<Self, SourceError> {
        let mut export = Self {
            file: name,
            map: map.clone(),
            table,
            sheet: None,
            seek: Seek::Elsewhere,
            nearest: Nearest::default(),
            ready: VecDeque::new(),
            headers: Vec::new(),
            unread: Vec::new(),
            rows: 0,
            skipped: 0,
            ended: false,
        };
        while export.headers.is_empty() {
            match export.advance()? {
                Some(row) => export.ready.push_back(row),
                None if export.ended => return Err(export.nearest.refusal(&export.file, map)),
                None => {}
            }
        }
        Ok(export)
    }

    /// The columns that are read, each with the header it was found under.
    pub fn headers(&self) -> &[(Field, String)] {
        &self.headers
    }

    /// The headers that are not read, in the order of the file.
    pub fn unread_headers(&self) -> &[String] {
        &self.unread
    }

    /// How many rows below the header held no ticket so far: totals and the like.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The next row that holds a ticket.
    ///
    /// # Errors
    ///
    /// When the file turns out to be damaged or half-written, or ends without a
    /// single ticket.
    pub fn next_row(&mut self) -> Result<Option<FileRow>, SourceError> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                self.rows += 1;
                return Ok(Some(row));
            }
            if self.ended {
                return match self.rows {
                    0 => Err(SourceError::NoRows { file: self.file.clone(), skipped: self.skipped }),
                    _ => Ok(None),
                };
            }
            if let Some(row) = self.advance()? {
                self.ready.push_back(row);
            }
        }
    }

    /// One step through the table; a row if the step met one.
    fn advance(&mut self) -> Result<Option<FileRow>, SourceError> {
        match self.table.next()? {
            None => {
                self.ended = true;
                Ok(None)
            }
            Some(Line::Sheet(name)) => {
                self.sheet = name;
                self.seek = Seek::Looking(0);
                Ok(None)
            }
            Some(Line::Row(record)) => self.step(record),
        }
    }

    fn step(&mut self, record: Record) -> Result<Option<FileRow>, SourceError> {
        let place = Place { file: self.file.clone(), sheet: self.sheet.clone(), row: record.row };
        match &self.seek {
            // A CSV has no other sheet to wait for.
            Seek::Elsewhere => self.ended = matches!(self.table, Table::Csv(_)),
            Seek::Looking(rows) => {
                let looked = rows + 1;
                self.seek = match Header::judge(&self.map, &record.cells, &place)? {
                    Verdict::Header(header) if record.header_ends > record.row => {
                        Seek::Within { ends: record.header_ends, first: header }
                    }
                    Verdict::Header(header) => self.found(header, &record.cells),
                    Verdict::Other { missing, found } => {
                        self.nearest.consider(&record.cells, missing, found);
                        if looked < HEADER_WITHIN { Seek::Looking(looked) } else { Seek::Elsewhere }
                    }
                };
            }
            Seek::Within { ends, .. } if record.row < *ends => {}
            Seek::Within { ends, first } => {
                let (ends, first) = (*ends, first.clone());
                match Header::judge(&self.map, &record.cells, &place)? {
                    Verdict::Header(header) if record.row == ends => self.seek = self.found(header, &record.cells),
                    Verdict::Header(_) | Verdict::Other { .. } => {
                        self.seek = self.found(first, &[]);
                        return self.below(record, place);
                    }
                }
            }
            Seek::Below(_) => return self.below(record, place),
        }
        Ok(None)
    }

    /// Notes the first sheet's headers for the reports.
    fn found(&mut self, header: Header, cells: &[String]) -> Seek {
        if self.headers.is_empty() {
            let name = |at: usize| cells.get(at).map_or("", |cell| cell.trim()).to_owned();
            self.headers = header.fields().map(|(at, field)| (field, name(at))).collect();
            let read: Vec<usize> = header.fields().map(|(at, _)| at).collect();
            self.unread =
                (0..cells.len()).filter(|at| !read.contains(at)).map(name).filter(|h| !h.is_empty()).collect();
        }
        Seek::Below(header)
    }

    fn below(&mut self, record: Record, place: Place) -> Result<Option<FileRow>, SourceError> {
        let Seek::Below(header) = &self.seek else { return Ok(None) };
        if record.cells.iter().all(|cell| header::is_blank(cell)) {
            return Ok(None);
        }
        if matches!(self.table, Table::Csv(_)) && !fits(header, &record.cells) {
            if header::is_remark(&record.cells) {
                self.skipped += 1;
                return Ok(None);
            }
            let (found, expected) = (record.cells.len(), header.width);
            return Err(self.misfit(place, found, expected));
        }
        if !header.is_ticket(&record.cells) {
            self.skipped += 1;
            return Ok(None);
        }
        Ok(Some(FileRow { place, cells: header.row(&record.cells) }))
    }

    /// A short last row is what a half-written file ends with.
    fn misfit(&mut self, place: Place, found: usize, expected: usize) -> SourceError {
        match self.table.next() {
            Ok(None) if found < expected => {
                SourceError::HalfWritten { place, what: "the last row has fewer cells than the header" }
            }
            Ok(_) | Err(_) => SourceError::RowWidth { place, found, expected },
        }
    }
}

/// Whether a CSV row is as wide as its header; blank cells beyond it do no harm.
fn fits(header: &Header, cells: &[String]) -> bool {
    cells.len() >= header.width && cells.iter().skip(header.reach).all(|cell| header::is_blank(cell))
}

impl Iterator for Export {
    type Item = Result<FileRow, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.next_row().transpose();
        if let Some(Err(_)) = &row {
            // After an error there is nothing more to be had.
            self.ended = true;
            self.ready.clear();
            self.rows = self.rows.max(1);
        }
        row
    }
}
