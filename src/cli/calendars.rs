//! Reading a folder of year files for a command's `--calendars`.

use std::path::Path;

use crate::{
    calendar::{Calendar, YearFile},
    cli::exit::Stop,
    telemetry::chain,
};

/// The calendar that the files of `dir` alone make; an empty folder means that
/// no year is known.
///
/// # Errors
///
/// A folder or file that cannot be read, a year file at fault, with its line.
pub fn only(dir: &Path) -> anyhow::Result<Calendar> {
    Calendar::new(&read(dir)?, &[]).map_err(|e| Stop::bad_input(chain(&e)))
}

/// The year files (`*.json`) of a folder, by name.
///
/// # Errors
///
/// As [`only`].
pub fn read(dir: &Path) -> anyhow::Result<Vec<YearFile>> {
    let fault = |e: std::io::Error| Stop::bad_input(format!("{}: cannot be read: {e}", dir.display()));
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .map_err(fault)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(fault)?;
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "json"));
    paths.sort();
    paths.iter().map(|path| file(path)).collect()
}

/// One year file.
///
/// # Errors
///
/// As [`only`].
pub fn file(path: &Path) -> anyhow::Result<YearFile> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| Stop::bad_input(format!("{name}: cannot be read: {e}")))?;
    YearFile::parse(&name, &text).map_err(|e| Stop::bad_input(chain(&e)))
}
