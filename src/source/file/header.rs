//! The header row: found among title rows, and what it says.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    source::{
        ColumnMap, Place, SourceError,
        columns::{REQUIRED, normal},
    },
    ticket::{Field, RawRow},
};

/// A header row that has the columns every export must have.
#[derive(Clone, Debug)]
pub(in crate::source) struct Header {
    /// Position in the row and column, in the order of the file.
    columns: Vec<(usize, Field)>,
    /// Position of the ticket number.
    key: usize,
    /// How many cells a row must have: up to the last named one.
    pub(in crate::source) width: usize,
    /// How many cells the header row itself has.
    pub(in crate::source) reach: usize,
}

/// What a row says if it is taken for a header.
pub(in crate::source) enum Verdict {
    /// It is one.
    Header(Header),
    /// It lacks these columns; so many others were found.
    Other { missing: Vec<Field>, found: usize },
}

impl Header {
    /// Judges a row.
    ///
    /// # Errors
    ///
    /// When it is a header in which one header stands twice.
    pub(in crate::source) fn judge(map: &ColumnMap, cells: &[String], place: &Place) -> Result<Verdict, SourceError> {
        let mut best: BTreeMap<Field, (usize, usize)> = BTreeMap::new();
        let mut twice = None;
        for (at, cell) in cells.iter().enumerate() {
            let Some((field, rank)) = map.find(cell) else { continue };
            match best.get(&field) {
                Some((known, first)) if *known == rank => twice = twice.or(Some((*first, at))),
                Some((known, _)) if *known < rank => {}
                Some(_) | None => {
                    best.insert(field, (rank, at));
                }
            }
        }
        let missing: Vec<Field> = REQUIRED.into_iter().filter(|field| !best.contains_key(field)).collect();
        match (best.get(&Field::TicketNo), twice) {
            (Some(_), Some((first, second))) if missing.is_empty() => Err(SourceError::DuplicateHeader {
                place: place.clone(),
                header: cells[first].trim().to_owned(),
                first: first + 1,
                second: second + 1,
            }),
            (Some((_, key)), None) if missing.is_empty() => {
                let mut columns: Vec<_> = best.iter().map(|(field, (_, at))| (*at, *field)).collect();
                columns.sort_unstable();
                let width = cells.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last + 1);
                Ok(Verdict::Header(Self { columns, key: *key, width, reach: cells.len() }))
            }
            (Some(_) | None, _) => Ok(Verdict::Other { missing, found: best.len() }),
        }
    }

    /// The columns that are read.
    pub(in crate::source) fn fields(&self) -> impl Iterator<Item = (usize, Field)> + '_ {
        self.columns.iter().copied()
    }

    /// The row below the header as cells by column. A cell that the row does not
    /// reach is empty: the column exists.
    pub(in crate::source) fn row(&self, cells: &[String]) -> RawRow {
        let mut row = RawRow::new();
        for (at, field) in &self.columns {
            row.set(*field, cells.get(*at).map_or("", String::as_str));
        }
        row
    }

    /// Whether a row holds a ticket. Totals, footers and repeated headers have a
    /// word where the number should be, or nothing else in the row.
    pub(in crate::source) fn is_ticket(&self, cells: &[String]) -> bool {
        let number = cells.get(self.key).map(|cell| normal(cell)).unwrap_or_default();
        let others = cells.iter().enumerate().filter(|(at, cell)| *at != self.key && !is_blank(cell)).count();
        number.contains(|c: char| c.is_ascii_digit()) && others > 0 && !is_remark(cells)
    }
}

/// Words with which a summary row begins.
const TOTALS: [&str; 8] = ["合计", "总计", "小计", "共计", "累计", "汇总", "总数", "total"];

/// Whether a normalised cell is the head of a summary row.
fn is_total(normalised: &str) -> bool {
    TOTALS.iter().any(|word| normalised.starts_with(word))
}

/// Whether a row begins as a summary does, or holds nothing.
pub(in crate::source) fn is_remark(cells: &[String]) -> bool {
    cells.iter().find(|cell| !is_blank(cell)).is_none_or(|cell| is_total(&normal(cell)))
}

/// Whether a cell shows nothing.
pub(in crate::source) fn is_blank(cell: &str) -> bool {
    cell.chars().all(|c| c.is_whitespace() || c == '\u{feff}')
}

/// The row that came nearest to a header, for the error that none was found.
#[derive(Default)]
pub(in crate::source) struct Nearest {
    missing: Vec<Field>,
    rank: (usize, usize),
    seen: Vec<String>,
}

impl Nearest {
    /// Remembers a row, if it looks more like a header than those before.
    pub(in crate::source) fn consider(&mut self, cells: &[String], missing: Vec<Field>, found: usize) {
        // A row with long numbers and no known header is a ticket's row, and a
        // citizen's data must not reach an error.
        if found == 0 && cells.iter().any(|cell| has_long_number(cell)) {
            return;
        }
        let seen: Vec<String> = cells
            .iter()
            .map(|cell| cell.trim())
            .filter(|cell| !is_blank(cell) && cell.chars().count() <= 20 && !has_long_number(cell))
            .map(str::to_owned)
            .collect();
        let rank = (found, seen.len());
        if rank > self.rank {
            *self = Self { missing, rank, seen };
        }
    }

    /// The error.
    pub(in crate::source) fn refusal(&self, file: &Arc<str>, map: &ColumnMap) -> SourceError {
        let missing = if self.missing.is_empty() { REQUIRED.to_vec() } else { self.missing.clone() };
        let missing: Vec<String> =
            missing.into_iter().map(|field| format!("{} ({})", map.first_header(field), field.id())).collect();
        let seen = match self.seen.is_empty() {
            true => "no row looks like a header".to_owned(),
            false => format!("headers seen: {}", self.seen.join(", ")),
        };
        SourceError::NoHeader { file: file.clone(), missing: missing.join(", "), seen }
    }
}

/// Whether a cell holds four digits in a row, as dates and telephones do.
fn has_long_number(cell: &str) -> bool {
    let mut run = 0;
    normal(cell).chars().any(|c| {
        run = if c.is_ascii_digit() { run + 1 } else { 0 };
        run >= 4
    })
}
