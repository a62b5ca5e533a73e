//! `duban import`: exports into the ticket store, or only a look at what they say.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    exit::Stop,
    runtime,
    session::{Form, Session},
};
use crate::{
    source::{self, ColumnMap, Export, ImportReport, SourceError, SqliteStoreWriter, Step, StorePlace},
    ticket::NumberKey,
};

mod preview;
mod row;

/// Reads exports (CSV in UTF-8 or GB18030, XLSX) into the ticket store.
///
/// Nothing of a file is kept if any part of it cannot be read. The same export
/// again changes nothing, and an older one does not turn a ticket back.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The exports, in the order in which they were made.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Only show what each ticket is read as; no store is needed, none is changed.
    #[arg(long)]
    dry_run: bool,
    /// For a dry run: units and staff, in TOML or CSV; without it they are not judged.
    #[arg(long, requires = "dry_run")]
    roster: Option<PathBuf>,
    /// Another column map than the one of the settings.
    #[arg(long)]
    columns: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
///
/// A file that cannot be read, a store that cannot be written.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    if args.dry_run {
        return preview::run(args, session);
    }
    let settings = session.settings()?;
    let map = match &args.columns {
        Some(file) => columns(file)?,
        None => settings.columns.clone(),
    };
    if let StorePlace::Database(_) = settings.store {
        let text =
            format!("the tickets are in {}, and an import fills only a store of the kind sqlite", settings.store);
        return Err(Stop::bad_input(text));
    }
    let store = settings.settings.store_path();
    if !store.parent().is_some_and(Path::is_dir) {
        let folder = settings.settings.state.dir.display();
        let text =
            format!("{folder} is not there; make it and let the user that runs duban own it, or correct state.dir");
        return Err(Stop::bad_input(text));
    }
    let mut imported = Vec::new();
    let done = runtime::block_on(all(&args.files, &store, &map, &mut imported))?;
    // Each file is kept as a whole, so those before a fault are in the store.
    for (file, report) in args.files.iter().zip(&imported) {
        tell(file, report, session)?;
    }
    done.map_err(|error| match imported.len() {
        0 => stop(error),
        n => stop(error).context(format!("{n} of {} files are imported", args.files.len())),
    })
}

/// An import of one file, with the rows that hold no ticket.
struct Imported {
    report: ImportReport,
    skipped: u64,
}

async fn all(
    files: &[PathBuf],
    store: &Path,
    map: &ColumnMap,
    imported: &mut Vec<Imported>,
) -> Result<(), SourceError> {
    let mut into = SqliteStoreWriter::open(store).await?;
    for file in files {
        imported.push(one(file, &mut into, map).await?);
    }
    into.close().await
}

async fn one(file: &Path, into: &mut SqliteStoreWriter, map: &ColumnMap) -> Result<Imported, SourceError> {
    let mut export = Export::open(file, map)?;
    // Only numbers and change times are read here, so any key will do.
    let reader = map.reader(NumberKey::new([0; 32]));
    let mut told = 0;
    let mut progress = |step| progress(file, step, &mut told);
    let report = source::import(export.by_ref(), into, &reader, &mut progress).await?;
    Ok(Imported { report, skipped: export.skipped() + report.skipped_rows })
}

/// How often progress is told, in rows and tickets.
const TOLD_EVERY: u64 = 20_000;

fn progress(file: &Path, step: Step, told: &mut u64) {
    let (what, n) = match step {
        Step::Read(n) => ("已读取行数", n),
        Step::Compared(n) => ("已比对工单数", n),
    };
    // Comparing begins anew at nought.
    *told = if n < *told { 0 } else { *told };
    if n >= *told + TOLD_EVERY {
        *told = n;
        // Progress is for who looks; that nobody does is no fault.
        let _ = writeln!(std::io::stderr(), "{}: {what} {n}", file.display());
    }
}

#[derive(Serialize)]
struct Told<'a> {
    file: &'a str,
    rows: u64,
    new: u64,
    changed: u64,
    unchanged: u64,
    older: u64,
    skipped: u64,
}

fn tell(file: &Path, imported: &Imported, session: &mut Session<'_>) -> anyhow::Result<()> {
    let ImportReport { rows, new, changed, unchanged, older, skipped_rows: _ } = imported.report;
    let file = file.display().to_string();
    let told = Told { file: &file, rows, new, changed, unchanged, older, skipped: imported.skipped };
    match session.form {
        Form::Json => session.object(&told),
        Form::Text => Ok(writeln!(
            session.out,
            "{file}: 读取 {rows} 行;工单新增 {new}、变更 {changed}、未变 {unchanged}、旧于库中 {older};跳过 {} 行",
            told.skipped
        )?),
    }
}

/// A column map from a file.
fn columns(file: &Path) -> anyhow::Result<ColumnMap> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|e| Stop::bad_input(format!("{name}: cannot be read: {e}")))?;
    ColumnMap::parse(&name, &text).map_err(stop)
}

/// What a fault of an export or of the store ends with.
pub fn stop(error: SourceError) -> anyhow::Error {
    use SourceError as E;
    match error {
        E::StoreMissing { .. }
        | E::StoreLocked { .. }
        | E::StoreDamaged { .. }
        | E::StoreSchema { .. }
        | E::Store { .. }
        | E::Database { .. }
        | E::NoWriteBack { .. }
        | E::Statement { .. }
        | E::NothingWritten { .. } => Stop::store(error),
        E::ColumnMap { .. }
        | E::ColumnMapFault { .. }
        | E::FileUnreadable { .. }
        | E::NotAnExport { .. }
        | E::HalfWritten { .. }
        | E::TruncatedWorkbook { .. }
        | E::DamagedWorkbook { .. }
        | E::Encoding { .. }
        | E::NoHeader { .. }
        | E::DuplicateHeader { .. }
        | E::RowWidth { .. }
        | E::NoRows { .. }
        | E::History { .. } => Stop::bad_input(crate::telemetry::chain(&error)),
    }
}
