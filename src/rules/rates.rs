//! How the five rates are counted, and when a bulletin tells them (A29).

use serde::Deserialize;

use super::time_of_day::TimeOfDay;

/// `[rates]`: art. 7(2) names the five rates and gives no formula; these are the
/// readings of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    pub article: String,
    /// What the readings are called in a bulletin.
    pub version: String,
    pub first_contact: ContactRate,
    pub handling: HandlingRate,
    pub conclusion: ConclusionRate,
    pub feedback: FeedbackRate,
    pub feedback_workdays: u32,
    pub satisfaction: SatisfactionRate,
    pub revisit: WhichRevisit,
    pub excluded: ExcludedFrom,
    pub weights: Weights,
}

/// What a rating is worth, in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    pub satisfied: u32,
    pub basic: u32,
    pub fair: u32,
    pub dissatisfied: u32,
}

/// 先行联系率.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactRate {
    /// A contact in time, or tries and the SMS in time.
    ContactOrSms,
    /// Only a contact.
    ContactOnly,
    /// What the platform says (是否先行联系), of tickets concluded in the period.
    Platform,
}

/// 及时处置率.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HandlingRate {
    /// Anything done about the ticket within the first-contact limit.
    FirstAction,
    /// Taken within the first-contact limit.
    Accepted,
    /// The same as 及时办结率.
    SameAsConclusion,
}

/// 及时办结率.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConclusionRate {
    /// Of the limits that ended in the period, those concluded before their end.
    ByEnd,
    /// Of what was concluded in the period, what was concluded in time.
    ByConcluded,
    /// As `by-end`, but passed on to upstream before the end.
    UpstreamFeedback,
}

/// 处理反馈率.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedbackRate {
    /// Fed back within the limit.
    InTime,
    /// Fed back at all.
    AnyTime,
}

/// 市民满意率.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SatisfactionRate {
    /// Every rating by its weight.
    Weighted,
    /// 满意 and 基本满意 of all.
    Simple,
}

/// Which of several revisits of a ticket within the period counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhichRevisit {
    Last,
    First,
}

/// A36: from which rates an approved 不纳入测评 takes a ticket out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExcludedFrom {
    Satisfaction,
    All,
}

/// `[bulletin]`: art. 11, the weekly and the monthly bulletin.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bulletin {
    pub article: String,
    /// On Monday for the week before, on the 1st for the month before.
    pub at: TimeOfDay,
    /// A month whose figures change is told again, looked at with each weekly
    /// bulletin for so many days after its end; 0: never.
    pub corrections_days: u32,
    /// Art. 6(3): the agenda of the regular meeting, in the monthly bulletin.
    pub agenda: Agenda,
    /// Repeat groups of this many tickets and more are listed.
    pub groups_from: u16,
}

/// Whether the monthly bulletin ends with the agenda of the meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agenda {
    Off,
    On,
}
