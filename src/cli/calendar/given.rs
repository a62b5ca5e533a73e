//! A year as a file gives it: which form it has is seen from its text.

use super::table;
use crate::{
    calendar::{Announcement, YearFile, icalendar},
    cli::exit::Stop,
    config::Calendars,
    telemetry::chain,
};

/// The year file of a text in JSON, iCalendar or CSV; `name` is its file.
///
/// # Errors
///
/// The line at fault.
pub fn year_file(name: &str, text: &str) -> anyhow::Result<YearFile> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let file = match () {
        () if start.starts_with('{') => YearFile::parse(name, text),
        () if start.starts_with("BEGIN:VCALENDAR") => icalendar::year_file(name, text),
        () => return table::year_file(name, text),
    };
    file.map_err(|e| Stop::bad_input(chain(&e)))
}

/// The same, or the text of a notice; what it corrects is taken from the settings.
///
/// # Errors
///
/// The line or clause at fault.
pub fn any(name: &str, text: &str, calendars: &Calendars) -> anyhow::Result<YearFile> {
    let header = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let is_table = header.split(',').any(|cell| table::DATE.contains(&cell.trim().to_lowercase().as_str()));
    if text.trim_start().starts_with('{') || text.contains("BEGIN:VCALENDAR") || is_table {
        return year_file(name, text);
    }
    let read = Announcement::read(text).and_then(|read| read.year_file(calendars.of(read.year()), None));
    read.map_err(|e| Stop::bad_input(format!("{name}: {}", chain(&e))))
}
