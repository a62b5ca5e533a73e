//! The year files: those in the binary, and over them those on disk.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

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
    /// A print of every file that was read: equal prints are equal calendars.
    pub print: [u8; 32],
}

/// How the files of a calendar folder look from outside: equal stamps, equal files.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Stamp(Vec<(PathBuf, Option<(u64, SystemTime)>)>);

impl Stamp {
    /// Of the folder as it is now; no file is read.
    pub fn of(directory: &Path) -> Stamp {
        let mut files = Vec::new();
        for folder in [directory.to_owned(), directory.join("local")] {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let paths = entries.map(|entry| entry.path());
            files.extend(paths.filter(|path| path.extension().is_some_and(|found| found == "json")).map(|path| {
                let looks = std::fs::metadata(&path).and_then(|data| Ok((data.len(), data.modified()?))).ok();
                (path, looks)
            }));
        }
        files.sort();
        Stamp(files)
    }
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

    /// The calendar with this overlay in the place of that of its name.
    ///
    /// # Errors
    ///
    /// When it contradicts another.
    pub fn with_local(&self, overlay: &Overlay) -> Result<Calendar, CalendarError> {
        let others = self.overlays.iter().filter(|other| other.file() != overlay.file());
        let overlays: Vec<Overlay> = others.chain([overlay]).cloned().collect();
        Calendar::new(&self.years, &overlays)
    }

    /// The file of a year.
    pub fn of(&self, year: i32) -> Option<&YearFile> {
        self.years.iter().find(|file| file.year() == year && !file.is_empty())
    }
}

/// Reads the folder; what is not there comes from the binary.
///
/// # Errors
///
/// Every fault that was found in its files.
pub fn read(directory: &Path) -> Result<Calendars, Vec<Fault>> {
    let mut folder = Folder::new();
    let read = all(directory, &mut folder);
    let (faults, print) = folder.finish();
    match read {
        Some(calendars) if faults.is_empty() => Ok(Calendars { print, ..calendars }),
        Some(_) | None => Err(faults),
    }
}

/// Reads the folder and leaves out each file at fault: for the commands by which it is
/// put right. The faults are given too.
pub fn read_sound(directory: &Path) -> (Option<Calendars>, Vec<Fault>) {
    let mut folder = Folder::new();
    let read = all(directory, &mut folder);
    let (faults, print) = folder.finish();
    (read.map(|calendars| Calendars { print, ..calendars }), faults)
}

fn all(directory: &Path, folder: &mut Folder) -> Option<Calendars> {
    let on_disk = parse_all(directory, folder, YearFile::parse);
    let overlays = parse_all(&directory.join("local"), folder, Overlay::parse);
    let embedded = calendar::embedded().map_err(|error| folder.add(fault(directory, &error))).ok();
    let mut years = embedded?;
    years.retain(|file| on_disk.iter().all(|newer| newer.year() != file.year()));
    years.extend(on_disk);
    match Calendar::new(&years, &overlays) {
        Ok(calendar) => Some(Calendars { folder: directory.to_owned(), years, overlays, calendar, print: [0; 32] }),
        Err(error) => {
            folder.add(fault(directory, &error));
            None
        }
    }
}

/// Every sound file of a folder; the faults of the others are in `folder`.
fn parse_all<T>(directory: &Path, folder: &mut Folder, parse: fn(&str, &str) -> Result<T, CalendarError>) -> Vec<T> {
    let mut all = Vec::new();
    for path in folder.list(directory, "json") {
        let Some(text) = folder.text(&path) else { continue };
        match parse(&path.to_string_lossy(), &text) {
            Ok(file) => all.push(file),
            Err(error) => folder.add(fault(&path, &error)),
        }
    }
    all
}

fn fault(file: &Path, error: &CalendarError) -> Fault {
    let remedy = "correct or remove it; until then the last good calendar stays in force";
    Fault::placed(file, &crate::telemetry::chain(error), remedy)
}
