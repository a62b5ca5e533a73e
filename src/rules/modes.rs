//! The readings that a setting chooses between, each with the open question it answers.

use serde::Deserialize;

/// A02.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactStart {
    Dispatched,
    Received,
    Accepted,
}

/// A44.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EarlierContact {
    Counts,
    EachUnitAnew,
}

/// A19.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpacingAfter {
    Counted,
    Any,
}

/// A20.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WrongPerson {
    NeutralText,
    NoSms,
}

/// A21, and for citizens who asked for secrecy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmsOrNot {
    Sms,
    NoSms,
}

/// A01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConclusionStart {
    Received,
    Dispatched,
}

/// A04.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LateReceipt {
    SameDate,
    NextWorkday,
}

/// A35.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Substitute {
    Dispatched,
    None,
}

/// A05.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComplexOrUrgent {
    Complex,
    Urgent,
}

/// A08.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExtensionUnit {
    Workdays,
    Natural,
}

/// A08.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExtensionBase {
    Deadline,
    Approval,
}

/// A09.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowReading {
    DueDayIncluded,
    FullDaysBefore,
}

/// A26.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoundTwo {
    SameClass,
    Workdays,
}

/// A30.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UrgentLadder {
    Natural,
    Own,
}

/// A39.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MidnightDue {
    EndOfDay,
    Literal,
}

/// A07: in what the duties of a 12319 ticket are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DaysOf12319 {
    Natural,
    Workdays,
}

/// A07: the last day of a 12319 limit is a day off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastDay {
    AsCounted,
    NextWorkday,
}

/// A34.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownYear {
    Provisional,
    NoDeadline,
}

/// A38: the platform shows another end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlatformDue {
    Own,
    Platform,
    Earlier,
}

/// A43.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CatchUpSteps {
    Highest,
    None,
}

/// A10: limits too short for an application to be in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShortLimits {
    Literal,
    DayBefore,
}

/// A11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnceEach {
    Ticket,
    Round,
}

/// A15: a second application for a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondReturn {
    AnyUnit,
    SameUnit,
}

/// A18: after a refused return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterRefusal {
    Barred,
    InWindow,
}

/// A41: units besides the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherUnits {
    Told,
    NotTold,
}
