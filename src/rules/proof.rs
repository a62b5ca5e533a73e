//! The proof of a deadline, day by day, as the clerk can check it.

use chrono::{Datelike, NaiveDate};

use crate::calendar::{Calendar, CalendarError, Day, Why};

use super::deadline::{Count, Deadline};

/// One day of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofDay {
    pub date: NaiveDate,
    /// The ordinal, if the day was counted.
    pub counted: Option<u32>,
    /// Part of the extension, not of the first limit.
    pub in_extension: Extended,
    /// Why it was counted or skipped: `国庆节 放假`, `国庆节调休 上班`, `周六`.
    pub why: String,
    /// The day's year has no calendar: Monday to Friday was assumed.
    pub assumed: Known,
}

/// Which part of the count a day belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extended {
    FirstLimit,
    Extension,
}

/// Whether a day's year has a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Official,
    Assumed,
}

/// Walks a deadline day by day.
///
/// # Errors
///
/// When the count leaves the calendar's years.
pub fn days(deadline: &Deadline, calendar: &Calendar) -> Result<Vec<ProofDay>, CalendarError> {
    let mut proof = walk(calendar, deadline.start, deadline.original_day, deadline.count, Extended::FirstLimit)?;
    if let Some(extended) = deadline.extended {
        proof.extend(walk(calendar, extended.from, deadline.day, extended.count, Extended::Extension)?);
    }
    Ok(proof)
}

fn walk(
    calendar: &Calendar,
    from: NaiveDate,
    last: NaiveDate,
    count: Count,
    in_extension: Extended,
) -> Result<Vec<ProofDay>, CalendarError> {
    let mut ordinal = 0;
    let mut walked = Vec::new();
    for date in from.iter_days().skip(1).take_while(|date| *date <= last) {
        let day = calendar.day(date)?;
        let counts = match count {
            Count::Workdays(_) => day.works,
            Count::Days(_) => true,
        };
        ordinal += u32::from(counts);
        walked.push(ProofDay {
            date,
            counted: counts.then_some(ordinal),
            in_extension,
            why: why(&day),
            assumed: if day.known { Known::Official } else { Known::Assumed },
        });
    }
    Ok(walked)
}

fn why(day: &Day) -> String {
    match &day.why {
        Why::Weekday => "工作日".into(),
        Why::Weekend => "双休日".into(),
        Why::Holiday(name) => format!("{name}放假"),
        Why::MakeUp(name) => format!("{name}调休上班"),
        Why::Closed(reason) => format!("本地停办:{reason}"),
        Why::Opened(reason) => format!("本地上班:{reason}"),
    }
}

/// The weekday as written in notices: `周一` to `周日`.
pub fn weekday(date: NaiveDate) -> &'static str {
    ["周一", "周二", "周三", "周四", "周五", "周六", "周日"][date.weekday().num_days_from_monday() as usize]
}

/// The proof as lines of text: `10月8日 周四 第1个工作日`, `10月1日 周四 不计:国庆节放假`.
///
/// # Errors
///
/// When the count leaves the calendar's years.
pub fn lines(deadline: &Deadline, calendar: &Calendar) -> Result<Vec<String>, CalendarError> {
    let unit = |part| match (part, deadline.extended) {
        (Extended::Extension, Some(extended)) => extended.count.unit(),
        (Extended::Extension, None) | (Extended::FirstLimit, _) => deadline.count.unit(),
    };
    let line = |day: &ProofDay| {
        let assumed = match day.assumed {
            Known::Official => "",
            Known::Assumed => "(该年度日历未载入,按周一至周五暂定)",
        };
        let part = match day.in_extension {
            Extended::FirstLimit => "",
            Extended::Extension => "延期",
        };
        let told = match day.counted {
            Some(n) if day.why == "工作日" => format!("{part}第{n}{}", unit(day.in_extension)),
            Some(n) => format!("{part}第{n}{}:{}", unit(day.in_extension), day.why),
            None => format!("不计:{}", day.why),
        };
        format!("{} {} {told}{assumed}", day.date, weekday(day.date))
    };
    Ok(days(deadline, calendar)?.iter().map(line).collect())
}
