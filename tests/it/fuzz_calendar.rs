//! The readers of notices, iCalendar, year files and overlays take any bytes: what they
//! accept is a calendar, and all else is refused in words.

use std::fs;

use duban::calendar::{Announcement, Calendar, Overlay, YearFile, embedded, icalendar};

use crate::{
    mutation::tried,
    program::{fixture, root},
};

/// What was accepted is written and read again as the same, and makes a calendar or
/// is refused in words.
fn holds(file: &YearFile) {
    let again = YearFile::parse(file.file(), &file.text()).unwrap();
    assert_eq!(again.text(), file.text());
    match Calendar::new(std::slice::from_ref(file), &[]) {
        Ok(calendar) => assert!(file.is_empty() || calendar.knows(file.year())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn texts(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == ending));
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn any_text_is_a_notice_or_is_refused() {
    let known = embedded().unwrap();
    let seeds = texts(fixture("calendar/notices").to_str().unwrap(), "txt");
    let n = tried(&seeds, |bytes| {
        let Ok(announcement) = Announcement::read(&String::from_utf8_lossy(bytes)) else { return };
        let of_year = known.iter().find(|file| file.year() == announcement.year());
        if let Ok(file) = announcement.year_file(of_year, Some("https://example.org/1")) {
            assert_eq!(file.year(), announcement.year());
            holds(&file);
        }
    });
    assert!(n > 10, "{n}");
}

#[test]
fn any_text_is_an_icalendar_or_is_refused() {
    let seeds: Vec<Vec<u8>> = embedded().unwrap().iter().map(|file| icalendar::text(file).into_bytes()).collect();
    let n = tried(&seeds, |bytes| {
        if let Ok(file) = icalendar::year_file("a.ics", &String::from_utf8_lossy(bytes)) {
            holds(&file);
        }
    });
    assert!(n > 10, "{n}");
}

#[test]
fn any_text_is_a_year_file_or_is_refused() {
    let seeds = texts(root().join("calendars").to_str().unwrap(), "json");
    let n = tried(&seeds, |bytes| {
        if let Ok(file) = YearFile::parse("a.json", &String::from_utf8_lossy(bytes)) {
            holds(&file);
        }
    });
    assert!(n > 10, "{n}");
}

#[test]
fn any_text_is_an_overlay_or_is_refused() {
    let seeds = [
        r#"{"days": [{"date": "2026-11-05", "works": false, "reason": "进博会"}, {"date": "2026-11-07", "works": true, "reason": "补班"}]}"#,
    ];
    let n = tried(&seeds.map(|seed| seed.as_bytes().to_vec()), |bytes| {
        if let Ok(overlay) = Overlay::parse("a.json", &String::from_utf8_lossy(bytes)) {
            let again = Overlay::of_days("a.json", overlay.days().to_vec()).unwrap();
            assert_eq!(Overlay::parse("a.json", &again.text()).unwrap(), again);
        }
    });
    assert!(n > 10, "{n}");
}
