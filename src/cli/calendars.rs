//! Reading a folder of year files for a command's `--calendars`.

use std::path::Path;

use crate::{
    calendar::{Calendar, YearFile, embedded},
    cli::exit::Stop,
};

/// The embedded calendar, or the one that `dir` alone makes; an empty folder
/// means that no year is known.
///
/// # Errors
///
/// A folder or file that cannot be read, a year file at fault, with its line.
pub fn load(dir: Option<&Path>) -> anyhow::Result<Calendar> {
    let files = match dir {
        None => embedded().map_err(|e| Stop::bad_input(e.to_string()))?,
        Some(dir) => read(dir)?,
    };
    Calendar::new(&files, &[]).map_err(|e| Stop::bad_input(e.to_string()))
}

/// The year files (`*.json`) of a folder, by name.
///
/// # Errors
///
/// As [`load`].
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
/// As [`load`].
pub fn file(path: &Path) -> anyhow::Result<YearFile> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| Stop::bad_input(format!("{name}: cannot be read: {e}")))?;
    YearFile::parse(&name, &text).map_err(|e| Stop::bad_input(e.to_string()))
}
