//! The contact log (联系记录): which tries to reach the citizen failed, and when.
//!
//! Entries without a date belong to the first day from the dispatch on, as long
//! as their times rise and stay before the row's change time; the others are kept
//! without a time, so that they are shown and not counted.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Timelike, Utc};

use super::{ContactAttempt, ContactResult, Moment, Words, dates, text, value::Attempted};

/// What the rest of the row says about the time of its log.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The store's zone.
    pub zone: FixedOffset,
    /// 派单时间: no try without a date is earlier.
    pub dispatched: Option<Moment>,
    /// 更新时间: no try without a date is later.
    pub updated: Option<Moment>,
}

/// The failed attempts of a log, in its order.
pub fn attempts(log: &str, span: Span, words: &Words) -> Vec<ContactAttempt> {
    let clean = text::clean(log);
    let mut days = Days { span, last: None, broken: false };
    let mut attempts = Vec::new();
    for entry in clean.split([';', ',', '。', '|', '\n', '\r']) {
        let entry = Entry::of(entry, span.zone);
        let at = match entry.time {
            Time::At(moment) => days.dated(moment),
            Time::OfDay(time) => days.undated(time),
            Time::None => None,
        };
        match words.attempted(&entry.told) {
            Some(Attempted::Failed(result)) => attempts.push(ContactAttempt { at, result }),
            Some(Attempted::Reached) => {}
            // Without time and word it is a remark, no attempt.
            None if entry.told.is_empty() || entry.time == Time::None => {}
            None => attempts.push(ContactAttempt { at, result: ContactResult::Other }),
        }
    }
    attempts
}

/// One entry of a log.
struct Entry {
    time: Time,
    /// What is left when the time is taken out, folded.
    told: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Time {
    At(Moment),
    OfDay(NaiveTime),
    None,
}

impl Entry {
    /// Finds the time in an entry, before or behind its words.
    fn of(entry: &str, zone: FixedOffset) -> Self {
        let mut from = 0;
        while let Some((start, end)) = next_time(entry, from) {
            let written = entry[start..end].trim();
            let time = match dates::read(written, zone) {
                dates::Reading::Known(moment) => Time::At(moment),
                _ => dates::time_of_day(written).map_or(Time::None, Time::OfDay),
            };
            if time != Time::None {
                return Self { time, told: told(&[&entry[..start], &entry[end..]]) };
            }
            from = end;
        }
        Self { time: Time::None, told: told(&[entry]) }
    }
}

/// The next stretch of characters of which dates and times are made; it begins
/// with a digit or with the word for a half day.
fn next_time(entry: &str, from: usize) -> Option<(usize, usize)> {
    let is_start = |c: char| c.is_ascii_digit() || "上下早凌晨中晚".contains(c);
    let start = from + entry[from..].find(is_start)?;
    let is_part = |c: char| is_start(c) || c.is_whitespace() || "年月日号时点分秒午间-/.:TZ+".contains(c);
    let len = entry[start..].find(|c| !is_part(c)).unwrap_or(entry.len() - start);
    Some((start, start + len))
}

/// The words of an entry without blanks, brackets and punctuation.
fn told(parts: &[&str]) -> String {
    let words: String = parts.iter().flat_map(|part| part.chars()).filter(|c| c.is_alphanumeric()).collect();
    text::fold(&words).into_owned()
}

/// Places times on days.
struct Days {
    span: Span,
    /// The last time that was placed, civil in the store's zone.
    last: Option<DateTime<FixedOffset>>,
    /// Whether a time could not be placed; then no later one without a date can.
    broken: bool,
}

impl Days {
    fn dated(&mut self, moment: Moment) -> Option<Moment> {
        // A date alone cannot be counted by the hour.
        if moment.is_date_only() {
            return None;
        }
        self.last = Some(moment.at().with_timezone(&self.span.zone));
        self.broken = false;
        Some(moment)
    }

    fn undated(&mut self, time: NaiveTime) -> Option<Moment> {
        let placed = if self.broken { None } else { self.place(time) };
        match placed {
            Some(at) => {
                self.last = Some(at.with_timezone(&self.span.zone));
                Some(Moment::at_instant(at))
            }
            None => {
                self.broken = true;
                None
            }
        }
    }

    fn place(&self, time: NaiveTime) -> Option<DateTime<Utc>> {
        let day = match self.last {
            Some(last) if time >= last.time() => last.date_naive(),
            Some(_) => return None,
            None => self.first_day(time)?,
        };
        let at = day.and_time(time).checked_sub_offset(self.span.zone)?.and_utc();
        let moment = Moment::at_instant(at);
        let too_late = self.span.updated.is_some_and(|updated| moment.is_after(updated));
        if too_late { None } else { Some(at) }
    }

    /// The first day on which a time is not before the dispatch. Logs are kept to
    /// the minute, so the dispatch's seconds do not count.
    fn first_day(&self, time: NaiveTime) -> Option<NaiveDate> {
        let dispatched = self.span.dispatched?;
        if dispatched.is_date_only() {
            return Some(dispatched.day());
        }
        let civil = dispatched.at().with_timezone(&self.span.zone);
        let dispatch_minute = civil.time().with_second(0)?;
        if time >= dispatch_minute { Some(civil.date_naive()) } else { civil.date_naive().succ_opt() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::civil;

    fn moment(text: &str) -> Option<Moment> {
        dates::read(text, civil::zone()).moment()
    }

    fn told_of(log: &str, dispatched: &str, updated: &str) -> Vec<String> {
        let span = Span { zone: civil::zone(), dispatched: moment(dispatched), updated: moment(updated) };
        let attempts = attempts(log, span, &Words::embedded());
        let at = |attempt: &ContactAttempt| attempt.at.map_or("?".to_owned(), |at| format!("{at:?}")[5..16].to_owned());
        attempts.iter().map(|attempt| format!("{} {:?}", at(attempt), attempt.result)).collect()
    }

    #[test]
    fn entries_with_a_date_are_read_as_written() {
        let expected = ["11-03T10:00 NoAnswer", "11-03T10:30 Busy"];
        for log in [
            "2025-11-03 10:00无人接听;2025-11-03 10:30忙音",
            "2025-11-03 10:00 无人接听；2025-11-03 10:30 忙音；",
            "2025/11/3 上午10:00 电话无人接听\n2025/11/3 10:30:00 忙音",
            "无人接听(2025年11月3日10时00分);忙音(20251103 10:30)",
            "第1次 2025-11-03 10:00 无人接听;第2次 2025-11-03 10:30 忙音",
            "2025-11-03 10:00无人接听;10:30忙音",
        ] {
            assert_eq!(told_of(log, "2025-11-03 09:00", ""), expected, "{log}");
        }
    }

    #[test]
    fn entries_without_a_date_belong_to_the_first_day_from_the_dispatch_on() {
        let rows: &[(&str, &str, &[&str])] = &[
            ("10:55停机;12:10无法接通", "2025-11-03 10:10", &["11-03T10:55 Suspended", "11-03T12:10 Unreachable"]),
            ("9:00无人接听;10:30忙音", "2025-11-03 16:00", &["11-04T09:00 NoAnswer", "11-04T10:30 Busy"]),
            ("16:00关机", "2025-11-03 16:00:40", &["11-03T16:00 PoweredOff"]),
            ("9:00空号", "2025-11-03", &["11-03T09:00 NotInService"]),
            ("9:00非本人", "", &["? WrongPerson"]),
        ];
        for (log, dispatched, expected) in rows {
            assert_eq!(told_of(log, dispatched, ""), *expected, "{log}");
        }
    }

    #[test]
    fn times_that_fall_or_pass_the_change_time_are_kept_without_a_time() {
        let dispatched = "2025-11-03 08:00";
        assert_eq!(
            told_of("22:00忙音;23:30关机;0:30忙音;9:00拒接", dispatched, ""),
            ["11-03T22:00 Busy", "11-03T23:30 PoweredOff", "? Busy", "? Rejected"]
        );
        assert_eq!(
            told_of("9:00忙音;10:00关机;11:00关机", dispatched, "2025-11-03 10:00"),
            ["11-03T09:00 Busy", "11-03T10:00 PoweredOff", "? PoweredOff"]
        );
        assert_eq!(told_of("9:00忙音", dispatched, "2025-11-01 10:00"), ["? Busy"]);
    }

    #[test]
    fn what_is_no_failed_attempt_is_left_out() {
        assert!(told_of("", "2025-11-03", "").is_empty());
        assert!(told_of("已发短信;9:30已联系;2025-11-03 10:00 已接通;9:00", "2025-11-03", "").is_empty());
        assert_eq!(told_of("9:00 家人转告;无人接听", "2025-11-03", ""), ["11-03T09:00 Other", "? NoAnswer"]);
        assert_eq!(told_of("2025-11-03 忙音;25:10忙音", "2025-11-03", ""), ["? Busy", "? Busy"]);
    }

    proptest! {
        #[test]
        fn no_log_panics(log in "\\PC{0,80}") {
            told_of(&log, "2025-11-03 10:00", "");
        }

        #[test]
        fn no_text_like_a_log_panics(log in "[0-9:：;；年月日上下午忙音关机已联系 -]{0,80}") {
            told_of(&log, "2025-11-03 10:00", "2025-11-05 10:00");
        }
    }
}
