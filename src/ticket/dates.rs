//! Dates as platforms, Excel and people write them.
//!
//! Each form is read only as far as it is certain: nothing is completed or
//! guessed. A zone is used only if it is written; else the text is in the zone of
//! the store. `24:00` is the end of its day.

use std::num::ParseIntError;

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime};

use super::{
    Moment,
    scan::{Half, Scan},
    text,
};

/// Years that a written date may have.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2199;

/// Excel's serials from 2000-01-01 to 2099-12-31 (1900 system): other numbers of
/// five digits are no dates.
const EXCEL_DAYS: std::ops::RangeInclusive<u64> = 36_526..=73_050;

/// Epoch seconds from 2001-09-09 to 2033-05-18. From then on ten digits would be
/// taken for `2034030515`, which some write for a date and hour.
const EPOCH_S: std::ops::Range<i64> = 1_000_000_000..2_000_000_000;

/// Epoch milliseconds from 2001-09-09 to 2099-12-31.
const EPOCH_MS: std::ops::Range<i64> = 1_000_000_000_000..4_102_416_000_000;

/// What a cell says about a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// An instant, or a date without a time of day.
    Known(Moment),
    /// Nothing: empty, `0000-00-00` or `1900-01-01`.
    Empty,
    /// No form that is known, or a number outside the plausible range.
    Unreadable,
    /// The form of a date that does not exist, such as 2025-09-31 or 25:10.
    Impossible,
}

impl Reading {
    /// The moment, if there is one.
    pub fn moment(self) -> Option<Moment> {
        match self {
            Self::Known(moment) => Some(moment),
            Self::Empty | Self::Unreadable | Self::Impossible => None,
        }
    }
}

/// Reads a date that is in `zone` unless it says otherwise.
///
/// ```
/// use duban::{calendar::civil, ticket::dates};
/// let reading = dates::read("2025/9/30 下午3:05", civil::zone());
/// assert_eq!(civil::iso(reading.moment().unwrap().at()), "2025-09-30T15:05:00+08:00");
/// assert_eq!(dates::read("2025-09-31", civil::zone()), dates::Reading::Impossible);
/// ```
pub fn read(text: &str, zone: FixedOffset) -> Reading {
    let reading = match plain(text.as_bytes()) {
        Some((date, clock)) => moment(date, Some(clock), zone),
        None => any_form(text, zone),
    };
    reading.unwrap_or_else(|flaw| match flaw {
        Flaw::Empty => Reading::Empty,
        Flaw::Unreadable => Reading::Unreadable,
        Flaw::Impossible => Reading::Impossible,
    })
}

/// Exactly `2025-09-30 15:05:00`: nearly every cell has this form, and a store has
/// many millions of them.
fn plain(text: &[u8]) -> Option<(Date, Clock)> {
    let text: &[u8; 19] = text.try_into().ok()?;
    let marks = [text[4], text[7], text[10], text[13], text[16]];
    if marks != *b"-- ::" {
        return None;
    }
    let mut valid = true;
    let mut two = |at: usize| {
        let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
        valid &= tens < 10 && ones < 10;
        u32::from(tens.wrapping_mul(10).wrapping_add(ones))
    };
    let date = Date { year: two(0) * 100 + two(2), month: two(5), day: two(8) };
    let clock = Clock { hour: two(11), minute: two(14), second: two(17) };
    valid.then_some((date, clock))
}

/// Any of the forms.
fn any_form(text: &str, zone: FixedOffset) -> Result<Reading, Flaw> {
    let text = text::clean(text);
    if text.is_empty() {
        return Err(Flaw::Empty);
    }
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if numeric && text.bytes().filter(|&byte| byte == b'.').count() < 2 {
        number(&text, zone)
    } else {
        written(&text, zone)
    }
}

/// Reads a time of day without a date, such as `9:00` or `下午3点20分`.
pub fn time_of_day(text: &str) -> Option<NaiveTime> {
    let text = text::clean(text);
    let mut scan = Scan::new(&text);
    let time = Clock::scan(&mut scan).ok()?;
    scan.skip_blanks();
    if !scan.is_done() {
        return None;
    }
    NaiveTime::from_num_seconds_from_midnight_opt(time.second_of_day().ok()?, 0)
}

/// Why a text gives no moment.
enum Flaw {
    Empty,
    Unreadable,
    Impossible,
}

impl From<ParseIntError> for Flaw {
    fn from(_: ParseIntError) -> Self {
        Self::Unreadable
    }
}

/// A text of digits with at most one point.
fn number(text: &str, zone: FixedOffset) -> Result<Reading, Flaw> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    match whole.len() {
        5 => excel(whole, fraction, zone),
        10 => epoch(whole.parse()?, EPOCH_S, 1),
        13 => epoch(whole.parse()?, EPOCH_MS, 1000),
        8 | 12 | 14 | 17 if fraction.bytes().all(|byte| byte == b'0') => {
            let mut scan = Scan::new(whole);
            let date = Date::scan_compact(&mut scan).ok_or(Flaw::Unreadable)?;
            let clock = if scan.is_done() { None } else { Some(Clock::scan_compact(&mut scan)?) };
            moment(date, clock, zone)
        }
        _ => Err(Flaw::Unreadable),
    }
}

/// A day number of Excel's 1900 system; its fraction is the time of day, to the
/// nearest second.
fn excel(whole: &str, fraction: &str, zone: FixedOffset) -> Result<Reading, Flaw> {
    let days: u64 = whole.parse()?;
    if !EXCEL_DAYS.contains(&days) {
        return Err(Flaw::Unreadable);
    }
    // Excel takes 1900 for a leap year, so from March 1900 on day 0 is 1899-12-30.
    let day = NaiveDate::from_ymd_opt(1899, 12, 30).and_then(|zero| zero.checked_add_days(Days::new(days)));
    let day = day.ok_or(Flaw::Unreadable)?;
    if fraction.bytes().all(|byte| byte == b'0') {
        return Ok(Reading::Known(Moment::on_date(day)));
    }
    // More than twelve digits are finer than anything a second could show.
    let fraction = &fraction[..fraction.len().min(12)];
    let part: u64 = fraction.parse()?;
    let scale = 10_u64.pow(fraction.len() as u32);
    let second = (part * 86_400 + scale / 2) / scale;
    Ok(Reading::Known(civil(day, second as u32, zone)))
}

/// A number of seconds (or with `per_second` = 1000 milliseconds) since 1970.
fn epoch(number: i64, plausible: std::ops::Range<i64>, per_second: i64) -> Result<Reading, Flaw> {
    if !plausible.contains(&number) {
        return Err(Flaw::Unreadable);
    }
    let instant = DateTime::from_timestamp(number / per_second, 0).ok_or(Flaw::Unreadable)?;
    Ok(Reading::Known(Moment::at_instant(instant)))
}

/// A date with separators, or any date followed by a time.
fn written(text: &str, zone: FixedOffset) -> Result<Reading, Flaw> {
    let mut scan = Scan::new(text);
    let date = match scan.digit_run() {
        8 => Date::scan_compact(&mut scan),
        4 => Date::scan_separated(&mut scan),
        _ => None,
    };
    let date = date.ok_or(Flaw::Unreadable)?;
    scan.skip_weekday();
    scan.skip_blanks();
    if scan.is_done() {
        return moment(date, None, zone);
    }
    if scan.skip_char('T') || scan.skip_char('t') || scan.skip_char(',') {
        scan.skip_blanks();
    }
    let clock = Clock::scan(&mut scan)?;
    scan.skip_blanks();
    let zone = if scan.is_done() { zone } else { offset(&mut scan).ok_or(Flaw::Unreadable)? };
    if scan.is_done() { moment(date, Some(clock), zone) } else { Err(Flaw::Unreadable) }
}

/// `Z`, `UTC`, `GMT+8`, `+08:00`, `+0800` or `+08`.
fn offset(scan: &mut Scan<'_>) -> Option<FixedOffset> {
    let named = scan.skip_word("UTC") || scan.skip_word("GMT") || scan.skip_char('Z') || scan.skip_char('z');
    let east = match scan.peek() {
        Some('+') => 1,
        Some('-') => -1,
        _ if named => return FixedOffset::east_opt(0),
        _ => return None,
    };
    scan.skip();
    let run = scan.digit_run();
    let (hours, minutes) = match run {
        4 => (scan.digits(2)?, scan.digits(2)?),
        1 | 2 => {
            let hours = scan.digits(run)?;
            (hours, if scan.skip_char(':') { scan.digits(2)? } else { 0 })
        }
        _ => return None,
    };
    // No place on earth is further than this from UTC.
    if hours > 14 || minutes > 59 {
        return None;
    }
    FixedOffset::east_opt(east * (hours * 3600 + minutes * 60) as i32)
}

/// Puts date and time together and checks that they exist.
fn moment(date: Date, clock: Option<Clock>, zone: FixedOffset) -> Result<Reading, Flaw> {
    let day = date.day()?;
    Ok(Reading::Known(match clock {
        None => Moment::on_date(day),
        Some(clock) => civil(day, clock.second_of_day()?, zone),
    }))
}

/// The instant of a civil time in a zone.
fn civil(day: NaiveDate, second_of_day: u32, zone: FixedOffset) -> Moment {
    Moment::at_seconds(day, i64::from(second_of_day) - i64::from(zone.local_minus_utc()))
}

/// A date as written, perhaps one that does not exist.
struct Date {
    year: u32,
    month: u32,
    day: u32,
}

impl Date {
    /// `20250930`.
    fn scan_compact(scan: &mut Scan<'_>) -> Option<Self> {
        Some(Self { year: scan.digits(4)?, month: scan.digits(2)?, day: scan.digits(2)? })
    }

    /// `2025-9-30`, with the same separator twice, or `2025年9月30日`.
    fn scan_separated(scan: &mut Scan<'_>) -> Option<Self> {
        let year = scan.digits(4)?;
        scan.skip_blanks_before("年");
        let first = scan.next_char()?;
        let second = match first {
            '-' | '/' | '.' => first,
            '年' => '月',
            _ => return None,
        };
        let month = scan.one_or_two_digits()?;
        scan.skip_blanks_before("月");
        if !scan.skip_char(second) {
            return None;
        }
        let day = scan.one_or_two_digits()?;
        scan.skip_blanks_before("日号");
        if first == '年' {
            let _ = scan.skip_char('日') || scan.skip_char('号');
        }
        Some(Self { year, month, day })
    }

    fn day(&self) -> Result<NaiveDate, Flaw> {
        match (self.year, self.month, self.day) {
            (0, 0, 0) | (1900, 1, 1) => Err(Flaw::Empty),
            (year, ..) if !YEARS.contains(&year) => Err(Flaw::Unreadable),
            (year, month, day) => NaiveDate::from_ymd_opt(year as i32, month, day).ok_or(Flaw::Impossible),
        }
    }
}

/// A time of day as written, perhaps one that does not exist.
struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
}

impl Clock {
    /// `15:05`, `15:05:00.123`, `下午3:05`, `3:05 PM`, `15时05分`, `150500`.
    fn scan(scan: &mut Scan<'_>) -> Result<Self, Flaw> {
        let before = scan.half_of_day();
        let mut clock = match scan.digit_run() {
            4 | 6 => Self::scan_compact(scan)?,
            _ => Self::scan_separated(scan).ok_or(Flaw::Unreadable)?,
        };
        let half = before.or_else(|| scan.half_of_day());
        if let Some(half) = half {
            clock.hour = hour_of_half(clock.hour, half)?;
        }
        Ok(clock)
    }

    /// `1505`, `150500` or `150500123`.
    fn scan_compact(scan: &mut Scan<'_>) -> Result<Self, Flaw> {
        let mut two = || scan.digits(2);
        let (hour, minute) = (two().ok_or(Flaw::Unreadable)?, two().ok_or(Flaw::Unreadable)?);
        let clock = Self { hour, minute, second: two().unwrap_or(0) };
        scan.skip_digits();
        Ok(clock)
    }

    fn scan_separated(scan: &mut Scan<'_>) -> Option<Self> {
        let hour = scan.one_or_two_digits()?;
        let mut clock = Self { hour, minute: 0, second: 0 };
        if scan.skip_char('时') || scan.skip_char('点') {
            if scan.digit_run() == 0 {
                return Some(clock);
            }
        } else if !scan.skip_char(':') {
            return None;
        }
        clock.minute = scan.one_or_two_digits()?;
        let seconds_follow = scan.skip_char(':') || (scan.skip_char('分') && scan.digit_run() > 0);
        if seconds_follow {
            clock.second = scan.one_or_two_digits()?;
            let _ = scan.skip_char('秒');
            // Fractions are finer than any rule; they are dropped.
            if scan.skip_char('.') && scan.skip_digits() == 0 {
                return None;
            }
        }
        Some(clock)
    }

    /// Seconds after midnight; `24:00` is the end of its day.
    fn second_of_day(&self) -> Result<u32, Flaw> {
        match (self.hour, self.minute, self.second) {
            (0..=23, 0..=59, 0..=59) | (24, 0, 0) => Ok(self.hour * 3600 + self.minute * 60 + self.second),
            _ => Err(Flaw::Impossible),
        }
    }
}

/// The hour of the day from an hour of one of its halves. `下午15:05` is common
/// and clear; 晚上 after midnight belongs to another date and is not.
fn hour_of_half(hour: u32, half: Half) -> Result<u32, Flaw> {
    match (half, hour) {
        (Half::Morning, 12) => Ok(0),
        (Half::Morning, 0..=11) => Ok(hour),
        (Half::Noon, 11 | 12) => Ok(hour),
        (Half::Noon, 1 | 2) => Ok(hour + 12),
        (Half::Noon, 13 | 14) => Ok(hour),
        (Half::Afternoon, 0..=11) => Ok(hour + 12),
        (Half::Afternoon, 12..=23) => Ok(hour),
        (Half::Evening, 5..=11) => Ok(hour + 12),
        (Half::Evening, 17..=23) => Ok(hour),
        (Half::Noon | Half::Evening, 0..=23) => Err(Flaw::Unreadable),
        _ => Err(Flaw::Impossible),
    }
}

#[cfg(test)]
mod tests;
