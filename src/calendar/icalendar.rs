//! A year in iCalendar: all-day events, each marked as a day off or worked.
//!
//! Dates are taken as written and never shifted by a zone. An event must say which
//! it is, by Apple's property or by words in its summary; nothing is guessed.

use chrono::{Days, NaiveDate};

use super::{CalendarError, Listed, YearFile};

/// Words of a summary that mean work; asked first, for `调休` alone means neither.
const WORKED: [&str; 3] = ["上班", "补班", "班)"];
/// Words of a summary that mean a day off.
const OFF: [&str; 5] = ["放假", "休息", "假期", "休)", "休假"];
/// The longest event; no holiday is longer.
const LONGEST_D: i64 = 31;

/// The year file of the text of an iCalendar file; the year is that of its last day.
///
/// # Errors
///
/// The line of an event that is not all-day, recurs, says neither off nor worked,
/// or lies in another year.
pub fn year_file(file: &str, text: &str) -> Result<YearFile, CalendarError> {
    let (mut days, mut event): (Vec<Listed>, Option<Event>) = (Vec::new(), None);
    for (line, content) in unfolded(text) {
        let (head, value) = content.split_once(':').unwrap_or((content.as_str(), ""));
        let (name, params) = head.split_once(';').unwrap_or((head, ""));
        let fault = |what| CalendarError::Event { file: file.to_owned(), line, what };
        match (name.to_ascii_uppercase().as_str(), &mut event) {
            ("BEGIN", _) if value.trim().eq_ignore_ascii_case("VEVENT") => event = Some(Event::at(line)),
            ("END", Some(done)) if value.trim().eq_ignore_ascii_case("VEVENT") => {
                for day in
                    done.days().map_err(|(line, what)| CalendarError::Event { file: file.to_owned(), line, what })?
                {
                    if let Some(other) = days.iter().find(|other| other.date == day.date) {
                        let (line, date, first) = (day.line, day.date, other.line);
                        return Err(CalendarError::Duplicate { file: file.to_owned(), line, date, first });
                    }
                    days.push(day);
                }
                event = None;
            }
            ("DTSTART", Some(event)) => {
                event.start = Some((line, date(value, params).ok_or_else(|| fault("no all-day date"))?))
            }
            ("DTEND", Some(event)) => event.end = Some(date(value, params).ok_or_else(|| fault("no all-day date"))?),
            ("SUMMARY", Some(event)) => event.summary = unescaped(value),
            ("X-APPLE-SPECIAL-DAY", Some(event)) => event.mark = Some(value.trim().to_ascii_uppercase()),
            ("RRULE" | "RDATE" | "EXDATE" | "DURATION", Some(_)) => {
                return Err(fault("an event that recurs or has a length of time"));
            }
            _ => {}
        }
    }
    YearFile::of_dated(file, days)
}

/// The text of an iCalendar file of the year: an event a day.
pub fn text(year: &YearFile) -> String {
    let mut text =
        String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//duban//calendar//ZH\r\nCALSCALE:GREGORIAN\r\n");
    for day in year.days() {
        let next = day.date.checked_add_days(Days::new(1)).unwrap_or(day.date).format("%Y%m%d");
        let date = day.date.format("%Y%m%d");
        let (what, mark) = if day.works { ("上班", "ALTERNATE-WORKDAY") } else { ("放假", "WORK-HOLIDAY") };
        let name = day.name.replace('\\', "\\\\").replace([',', ';'], "、").replace(['\n', '\r'], " ");
        let lines = [
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{date}@duban"),
            format!("DTSTAMP:{:04}0101T000000Z", year.year()),
            format!("DTSTART;VALUE=DATE:{date}"),
            format!("DTEND;VALUE=DATE:{next}"),
            format!("SUMMARY:{name}{what}"),
            format!("X-APPLE-SPECIAL-DAY:{mark}"),
            "TRANSP:TRANSPARENT".to_owned(),
            "END:VEVENT".to_owned(),
        ];
        text.extend(lines.iter().flat_map(|line| [line, "\r\n"]));
    }
    text + "END:VCALENDAR\r\n"
}

/// One event as far as it has been read.
struct Event {
    line: usize,
    start: Option<(usize, NaiveDate)>,
    end: Option<NaiveDate>,
    summary: String,
    mark: Option<String>,
}

impl Event {
    fn at(line: usize) -> Self {
        Self { line, start: None, end: None, summary: String::new(), mark: None }
    }

    /// Its days; the end is the first day after it, or absent.
    fn days(&self) -> Result<Vec<Listed>, (usize, &'static str)> {
        let (line, start) = self.start.ok_or((self.line, "no DTSTART"))?;
        let after = self.end.or(start.succ_opt()).unwrap_or(start);
        if after <= start || (after - start).num_days() > LONGEST_D {
            return Err((line, "an end that no holiday has"));
        }
        let works = self.works().ok_or((self.line, "it says neither 放假 nor 上班"))?;
        let listed = |date| Listed { name: self.name(), date, works, line };
        Ok(start.iter_days().take_while(|day| *day < after).map(listed).collect())
    }

    fn works(&self) -> Option<bool> {
        let says = |words: &[&str]| words.iter().any(|word| self.summary.replace('\u{ff09}', ")").contains(word));
        match self.mark.as_deref() {
            Some("ALTERNATE-WORKDAY") => Some(true),
            Some("WORK-HOLIDAY") => Some(false),
            Some(_) | None if says(&WORKED) => Some(true),
            Some(_) | None if says(&OFF) => Some(false),
            Some(_) | None => None,
        }
    }

    /// The summary without what it says of the day.
    fn name(&self) -> String {
        let end = ["放假", "调休", "上班", "补班", "休息", "休假", "假期", "(", "\u{ff08}"]
            .iter()
            .filter_map(|word| self.summary.find(word))
            .min();
        let name = self.summary[..end.unwrap_or(self.summary.len())].trim();
        if name.is_empty() { self.summary.trim().to_owned() } else { name.to_owned() }
    }
}

/// A date without a time of day.
fn date(value: &str, params: &str) -> Option<NaiveDate> {
    let value = value.trim();
    let plain = value.len() == 8 && !params.to_ascii_uppercase().contains("VALUE=DATE-TIME");
    plain.then(|| NaiveDate::parse_from_str(value, "%Y%m%d").ok()).flatten()
}

/// The lines with the number of their first; a blank continues the one before.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some((_, last))) => last.push_str(more),
            (Some(_) | None, _) => lines.push((at + 1, line.to_owned())),
        }
    }
    lines
}

fn unescaped(value: &str) -> String {
    value.replace("\\n", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::embedded;

    #[test]
    fn every_shipped_year_comes_back_from_icalendar() {
        for year in embedded().unwrap() {
            let back = year_file("x.ics", &text(&year)).unwrap();
            let days = |file: &YearFile| {
                file.days().iter().map(|day| (day.date, day.works, day.name.clone())).collect::<Vec<_>>()
            };
            assert_eq!((back.year(), days(&back)), (year.year(), days(&year)));
        }
    }

    fn event(lines: &str) -> String {
        format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n")
    }

    #[test]
    fn an_event_of_several_days_ends_before_its_end() {
        let file =
            year_file("x.ics", &event("DTSTART;VALUE=DATE:20271001\nDTEND;VALUE=DATE:20271008\nSUMMARY:国庆\n 节放假"))
                .unwrap();
        assert_eq!((file.days().len(), file.year(), file.days()[6].name.as_str()), (7, 2027, "国庆节"));
    }

    #[test]
    fn an_event_that_is_not_clear_is_refused_with_its_line() {
        for (lines, told) in [
            ("DTSTART:20271001T000000Z\nSUMMARY:国庆节放假", "x.ics line 3: no all-day date"),
            ("DTSTART;VALUE=DATE:20271001\nSUMMARY:国庆节", "x.ics line 2: it says neither 放假 nor 上班"),
            ("DTSTART;VALUE=DATE:20271001\nSUMMARY:国庆节调休", "x.ics line 2: it says neither 放假 nor 上班"),
            (
                "DTSTART;VALUE=DATE:20271001\nDTEND;VALUE=DATE:20271001\nSUMMARY:放假",
                "x.ics line 3: an end that no holiday has",
            ),
            (
                "DTSTART;VALUE=DATE:20271001\nRRULE:FREQ=YEARLY",
                "x.ics line 4: an event that recurs or has a length of time",
            ),
            ("SUMMARY:放假", "x.ics line 2: no DTSTART"),
        ] {
            assert_eq!(year_file("x.ics", &event(lines)).unwrap_err().to_string(), told, "{lines}");
        }
        let two = event("DTSTART;VALUE=DATE:20261001\nSUMMARY:国庆节放假")
            + &event("DTSTART;VALUE=DATE:20271001\nSUMMARY:国庆节放假");
        let told = year_file("x.ics", &two).unwrap_err().to_string();
        assert_eq!(told, "x.ics line 3: 2026-10-01 lies neither in 2027 nor in the last week before it");
    }
}
