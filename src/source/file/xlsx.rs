//! Rows of a workbook, sheet by sheet.
//!
//! The reader of cells borrows the workbook, so both live on a thread of their
//! own that hands over rows in small batches and ends when nobody listens. A
//! panic of the library on a broken file ends that thread only.

use std::{
    fs::File,
    io::BufReader,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use calamine::{Data, DataRef, Dimensions, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use chrono::TimeDelta;

use super::{Line, Record};
use crate::source::SourceError;

/// Rows handed over at once, and how many batches wait.
const BATCH: usize = 256;
const WAITING: usize = 4;

/// The rows of a workbook.
pub(super) struct XlsxTable {
    file: Arc<str>,
    batches: Receiver<Result<Vec<Line>, XlsxError>>,
    batch: std::vec::IntoIter<Line>,
    ended: bool,
}

impl XlsxTable {
    /// Starts to read an opened workbook.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub(super) fn open(file: File, name: Arc<str>) -> Result<Self, SourceError> {
        let (sender, batches) = sync_channel(WAITING);
        thread::Builder::new()
            .name("workbook".to_owned())
            .spawn(move || {
                let end = send_workbook(file, &sender);
                // An empty batch says that the end was reached; nobody may be listening any more.
                let _ = sender.send(end.map(|()| Vec::new()));
            })
            .map_err(|source| SourceError::FileUnreadable { file: name.clone(), source })?;
        Ok(Self { file: name, batches, batch: Vec::new().into_iter(), ended: false })
    }

    /// The next row or the beginning of the next sheet.
    pub(super) fn next(&mut self) -> Result<Option<Line>, SourceError> {
        if let Some(line) = self.batch.next() {
            return Ok(Some(line));
        }
        if self.ended {
            return Ok(None);
        }
        let batch = match self.batches.recv() {
            Ok(Ok(batch)) => batch,
            Ok(Err(error)) => return Err(self.refused(error)),
            Err(_) => return Err(SourceError::DamagedWorkbook { file: self.file.clone(), source: None }),
        };
        self.ended = batch.is_empty();
        self.batch = batch.into_iter();
        Ok(self.batch.next())
    }

    fn refused(&self, error: XlsxError) -> SourceError {
        let file = self.file.clone();
        match error {
            XlsxError::Io(source) => SourceError::FileUnreadable { file, source },
            XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => SourceError::NotAnExport {
                file,
                what: "a ZIP archive without a workbook",
                remedy: "unpack it, or open it in Excel or WPS and save it as .xlsx",
            },
            other => SourceError::DamagedWorkbook { file, source: Some(Box::new(other)) },
        }
    }
}

/// Why a batch could not be handed over: nobody listens, or the file is bad.
enum Stop {
    Unheard,
    Bad(XlsxError),
}

impl From<XlsxError> for Stop {
    fn from(error: XlsxError) -> Self {
        Self::Bad(error)
    }
}

fn send_workbook(file: File, sender: &SyncSender<Result<Vec<Line>, XlsxError>>) -> Result<(), XlsxError> {
    let mut workbook = Xlsx::new(BufReader::new(file))?;
    let sheets: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    for name in sheets {
        match send_sheet(&mut workbook, &name, sender) {
            Ok(()) => {}
            Err(Stop::Unheard) => return Ok(()),
            Err(Stop::Bad(error)) => return Err(error),
        }
    }
    Ok(())
}

fn send_sheet(
    workbook: &mut Xlsx<BufReader<File>>,
    name: &str,
    sender: &SyncSender<Result<Vec<Line>, XlsxError>>,
) -> Result<(), Stop> {
    let mut merged = Merged::new(workbook.merge_cells_by_sheet_name(name)?);
    let mut cells = workbook.worksheet_cells_reader(name)?;
    let mut batch = vec![Line::Sheet(Some(name.into()))];
    let mut record: Option<Record> = None;
    while let Some(cell) = cells.next_cell()? {
        let (row, column) = cell.get_position();
        let number = u64::from(row) + 1;
        if record.as_ref().is_some_and(|record| record.row != number) {
            batch.extend(record.take().map(|record| Line::Row(merged.fill(record))));
            if batch.len() >= BATCH {
                sender.send(Ok(std::mem::take(&mut batch))).map_err(|_| Stop::Unheard)?;
            }
        }
        let record = record.get_or_insert_with(|| Record { row: number, cells: Vec::new(), header_ends: number });
        let column = column as usize;
        if record.cells.len() <= column {
            record.cells.resize(column + 1, String::new());
        }
        record.cells[column] = text(cell.get_value());
    }
    batch.extend(record.map(|record| Line::Row(merged.fill(record))));
    sender.send(Ok(batch)).map_err(|_| Stop::Unheard)
}

/// Merged cells that span rows: a workbook keeps their value in the first row
/// only, and means it for all of them.
struct Merged {
    /// By first row, the last one first.
    waiting: Vec<Dimensions>,
    /// Last row, column and value of the regions around the present row.
    open: Vec<(u64, usize, String)>,
}

impl Merged {
    fn new(mut regions: Vec<Dimensions>) -> Self {
        regions.retain(|region| region.end.0 > region.start.0);
        regions.sort_unstable_by_key(|region| std::cmp::Reverse(region.start.0));
        Self { waiting: regions, open: Vec::new() }
    }

    /// Fills the values from above in, and notes how far regions that begin in
    /// this row reach: that is how high the row is, if it is a header.
    fn fill(&mut self, mut record: Record) -> Record {
        self.open.retain(|(last, ..)| *last >= record.row);
        for (_, column, value) in &self.open {
            if record.cells.len() <= *column {
                record.cells.resize(*column + 1, String::new());
            }
            record.cells[*column].clone_from(value);
        }
        while let Some(region) = self.waiting.pop_if(|region| u64::from(region.start.0) < record.row) {
            let (last, column) = (u64::from(region.end.0) + 1, region.start.1 as usize);
            if u64::from(region.start.0) + 1 == record.row {
                record.header_ends = record.header_ends.max(last);
                self.open.push((last, column, record.cells.get(column).cloned().unwrap_or_default()));
            }
        }
        record
    }
}

/// A cell as text: dates to the second, numbers in the shortest form without an
/// exponent, so that a number of 14 digits keeps them.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::DateTime(date) => date_text(date),
        DataRef::Error(error) => Data::Error(error.clone()).to_string(),
    }
}

fn date_text(date: &ExcelDateTime) -> String {
    // A serial number holds a second only nearly; half of one rounds it.
    let rounded = date.as_datetime().and_then(|at| at.checked_add_signed(TimeDelta::milliseconds(500)));
    match rounded {
        Some(at) if date.is_datetime() => at.format("%Y-%m-%d %H:%M:%S").to_string(),
        Some(_) | None => date.as_f64().to_string(),
    }
}
