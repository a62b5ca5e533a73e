//! Cells of a CSV file, one record after another.
//!
//! Written out here and not left to a library because a half-written file must
//! be told from a whole one: a quote that never closes is an error with its
//! line, not a cell that swallows the rest.

use super::{Line, Record, text::Lines};
use crate::source::SourceError;

/// A quoted cell is never this long; it bounds the memory.
const LONGEST_CELL: usize = 1 << 20;

/// The records of a CSV file.
pub(in crate::source) struct CsvTable {
    lines: Lines,
    delimiter: char,
    begun: bool,
}

/// Where the splitter stands within a record.
enum At {
    CellStart,
    Plain,
    Quoted,
    /// After a quote within quotes: it closes the cell, or stands for itself.
    QuoteSeen,
}

impl CsvTable {
    /// Reads records from lines, whose cells `delimiter` parts.
    pub(in crate::source) fn new(lines: Lines, delimiter: char) -> Self {
        Self { lines, delimiter, begun: false }
    }

    /// The next record; the file counts as one sheet.
    pub(in crate::source) fn next(&mut self) -> Result<Option<Line>, SourceError> {
        if !self.begun {
            self.begun = true;
            return Ok(Some(Line::Sheet(None)));
        }
        let mut splitter = Splitter { cells: Vec::new(), cell: String::new(), at: At::CellStart };
        let mut first = None;
        while let Some((number, text)) = self.lines.next()? {
            let row = *first.get_or_insert(number);
            splitter.add(&text, self.delimiter);
            if !splitter.is_open() {
                return Ok(Some(Line::Row(Record { row, cells: splitter.end(), header_ends: row })));
            }
            if splitter.cell.len() > LONGEST_CELL {
                return Err(self.unclosed(row));
            }
        }
        match first {
            Some(row) if splitter.is_open() => Err(self.unclosed(row)),
            Some(_) | None => Ok(None),
        }
    }

    fn unclosed(&self, row: u64) -> SourceError {
        SourceError::HalfWritten { place: self.lines.place(row), what: "a quote in this row is never closed" }
    }
}

struct Splitter {
    cells: Vec<String>,
    cell: String,
    at: At,
}

impl Splitter {
    fn add(&mut self, line: &str, delimiter: char) {
        for c in line.chars() {
            self.at = match (&self.at, c) {
                (At::CellStart | At::QuoteSeen, '"') => {
                    if matches!(self.at, At::QuoteSeen) {
                        self.cell.push('"');
                    }
                    At::Quoted
                }
                (At::Quoted, '"') => At::QuoteSeen,
                (At::Quoted, _) => {
                    self.cell.push(c);
                    At::Quoted
                }
                (_, _) if c == delimiter => {
                    self.cells.push(std::mem::take(&mut self.cell));
                    At::CellStart
                }
                // The line break at the end of the record.
                (_, '\r' | '\n') => continue,
                (At::CellStart | At::Plain | At::QuoteSeen, _) => {
                    self.cell.push(c);
                    At::Plain
                }
            };
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.at, At::Quoted)
    }

    fn end(mut self) -> Vec<String> {
        self.cells.push(self.cell);
        self.cells
    }
}
