//! A deadline, and the one way to count it.

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar::{Calendar, CalendarError, Workdays};

use super::settings::{Extension, TimeOfDay, WindowReading};

/// A length in the unit it is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Working days of the calendar (1310, and every extension).
    Workdays(u32),
    /// Natural days (135), without roll-over on days off (A07).
    Days(u32),
}

impl Count {
    /// The number of days.
    pub fn days(self) -> u32 {
        match self {
            Count::Workdays(n) | Count::Days(n) => n,
        }
    }

    /// The same unit with another number.
    pub fn with(self, n: u32) -> Count {
        match self {
            Count::Workdays(_) => Count::Workdays(n),
            Count::Days(_) => Count::Days(n),
        }
    }

    /// The unit as the clerk says it.
    pub fn unit(self) -> &'static str {
        match self {
            Count::Workdays(_) => "个工作日",
            Count::Days(_) => "个自然日",
        }
    }
}

/// An approved extension and the day it is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extended {
    pub count: Count,
    /// The deadline's own day, or the approval's (A08); itself not counted.
    pub from: NaiveDate,
}

/// An end, with what it was counted from. The end is exclusive: an event is in
/// time if it is strictly before `due`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The day of the event; itself not counted.
    pub start: NaiveDate,
    pub count: Count,
    pub extended: Option<Extended>,
    /// The last day without the extension.
    pub original_day: NaiveDate,
    /// The last day.
    pub day: NaiveDate,
    /// 24:00 of the last day without the extension.
    pub original_due: DateTime<Utc>,
    /// 24:00 of the last day (or the close of business, A03).
    pub due: DateTime<Utc>,
    /// A day that had to be looked at lies in a year without a calendar (R8).
    pub provisional: bool,
    /// That, or a day that the next year's calendar may still rule (R8).
    pub strict_provisional: bool,
}

impl Deadline {
    /// Counts `count` from `start` (R2, R3), ending at `end_of_day`.
    ///
    /// # Errors
    ///
    /// When the count leaves the calendar's years, 2004 to 2100.
    pub fn count(
        calendar: &Calendar,
        start: NaiveDate,
        count: Count,
        end_of_day: TimeOfDay,
    ) -> Result<Deadline, CalendarError> {
        let (day, provisional, strict_provisional) = step(calendar, start, count)?;
        let due = end_of_day.on(day);
        Ok(Deadline {
            start,
            count,
            extended: None,
            original_day: day,
            day,
            original_due: due,
            due,
            provisional,
            strict_provisional,
        })
    }

    /// The same deadline with an extension counted from `from` (R4), or from its
    /// own last day.
    ///
    /// # Errors
    ///
    /// When the count leaves the calendar's years.
    pub fn extend(
        self,
        calendar: &Calendar,
        count: Count,
        from: Option<NaiveDate>,
        end_of_day: TimeOfDay,
    ) -> Result<Deadline, CalendarError> {
        let from = from.unwrap_or(self.original_day);
        let (day, provisional, strict) = step(calendar, from, count)?;
        Ok(Deadline {
            extended: Some(Extended { count, from }),
            day,
            due: end_of_day.on(day),
            provisional: self.provisional || provisional,
            strict_provisional: self.strict_provisional || strict,
            ..self
        })
    }

    /// The same deadline with another last day, where a setting says so.
    pub fn moved(self, day: NaiveDate, end_of_day: TimeOfDay) -> Deadline {
        Deadline { day, due: end_of_day.on(day), ..self }
    }

    /// The unit its steps run in: an extended deadline is in working days.
    pub fn mode(&self) -> Count {
        self.extended.map_or(self.count, |extended| extended.count)
    }
}

/// The day `count` after `from`, and whether that is provisional, plainly and strictly.
pub fn step(calendar: &Calendar, from: NaiveDate, count: Count) -> Result<(NaiveDate, bool, bool), CalendarError> {
    match count {
        Count::Workdays(n) => {
            let counted = calendar.nth_workday_after(from, Workdays(n))?;
            Ok((counted.value, counted.provisional, counted.strict_provisional))
        }
        Count::Days(n) => Ok((calendar.nth_day_after(from, n)?, false, false)),
    }
}

/// The day `n` steps before `day` in the unit of `mode`: of working days the
/// `n`th one before it, `day` itself not counted.
///
/// # Errors
///
/// When the count leaves the calendar's years.
pub fn step_back(calendar: &Calendar, day: NaiveDate, mode: Count, n: u32) -> Result<NaiveDate, CalendarError> {
    match mode {
        Count::Workdays(_) => {
            let worked = calendar.is_workday(day)?.value;
            Ok(calendar.nth_workday_back(day, Workdays(if worked { n + 1 } else { n }))?.value)
        }
        Count::Days(_) => Ok(day - chrono::Days::new(u64::from(n))),
    }
}

/// The span in which an extension may be asked for (R6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtensionWindow {
    /// The last working day on which an application is accepted.
    pub last_day: NaiveDate,
    /// From this instant on it is refused; days off before it are still in time.
    pub refused_from: DateTime<Utc>,
}

/// Art. 9(3)2: no extension within the last five working days before `due_day`.
///
/// # Errors
///
/// When the count leaves the calendar's years.
pub fn extension_window(
    calendar: &Calendar,
    due_day: NaiveDate,
    rules: &Extension,
) -> Result<ExtensionWindow, CalendarError> {
    let closed = match rules.window {
        WindowReading::DueDayIncluded => rules.window_workdays,
        // Five full working days before it: one working day earlier.
        WindowReading::FullDaysBefore => rules.window_workdays + 1,
    };
    let first_closed = calendar.nth_workday_back(due_day, Workdays(closed))?.value;
    let last_day = calendar.nth_workday_back(due_day, Workdays(closed + 1))?.value;
    Ok(ExtensionWindow { last_day, refused_from: crate::calendar::civil::at(first_closed, 0, 0) })
}
