//! The year files: those in the binary, and over them those on disk.

use std::path::{Path, PathBuf};

use super::{Fault, folder::Folder};
use crate::calendar::{self, Calendar, CalendarError, Overlay, YearFile};

/// What the calendar is made of, and the calendar.
#[derive(Clone, Debug)]
pub struct Calendars {
    /// Where they are read, and where a new one belongs.
    pub folder: PathBuf,
    /// A file for each year, later ones from disk in place of the embedded.
    pub years: Vec<YearFile>,
    /// Local closures, `local/*.json`.
    pub overlays: Vec<Overlay>,
    /// The table.
    pub calendar: Calendar,
}

impl Calendars {
    /// The calendar with this file in the place of that of its year.
    ///
    /// # Errors
    ///
    /// When the file contradicts another.
    pub fn with(&self, file: &YearFile) -> Result<Calendar, CalendarError> {
        let others = self.years.iter().filter(|other| other.year() != file.year());
        let years: Vec<YearFile> = others.chain([file]).cloned().collect();
        Calendar::new(&years, &self.overlays)
    }

    /// The file of a year.
    pub fn of(&self, year: i32) -> Option<&YearFile> {
        self.years.iter().find(|file| file.year() == year && !file.is_empty())
    }
}

/// Reads the folder; what is not there comes from the binary.
pub fn read(directory: &Path, folder: &mut Folder) -> Option<Calendars> {
    let on_disk = parse_all(directory, folder, YearFile::parse);
    let overlays = parse_all(&directory.join("local"), folder, Overlay::parse);
    let embedded = calendar::embedded().map_err(|error| folder.add(fault(directory, &error))).ok();
    let (on_disk, overlays) = (on_disk?, overlays?);
    let mut years = embedded?;
    years.retain(|file| on_disk.iter().all(|newer| newer.year() != file.year()));
    years.extend(on_disk);
    match Calendar::new(&years, &overlays) {
        Ok(calendar) => Some(Calendars { folder: directory.to_owned(), years, overlays, calendar }),
        Err(error) => {
            folder.add(fault(directory, &error));
            None
        }
    }
}

/// Every file of a folder; `None` if one of them is refused.
fn parse_all<T>(
    directory: &Path,
    folder: &mut Folder,
    parse: fn(&str, &str) -> Result<T, CalendarError>,
) -> Option<Vec<T>> {
    let mut all = Some(Vec::new());
    for path in folder.list(directory, "json") {
        let parsed = folder.text(&path).map(|text| parse(&path.to_string_lossy(), &text));
        match parsed {
            Some(Ok(file)) => all = all.map(|all: Vec<T>| with(all, file)),
            Some(Err(error)) => {
                folder.add(fault(&path, &error));
                all = None;
            }
            None => all = None,
        }
    }
    all
}

fn with<T>(mut all: Vec<T>, one: T) -> Vec<T> {
    all.push(one);
    all
}

fn fault(file: &Path, error: &CalendarError) -> Fault {
    let remedy = "correct or remove it; until then the last good calendar stays in force";
    Fault::placed(file, &crate::telemetry::chain(error), remedy)
}
