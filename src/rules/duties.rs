//! Settings of the duties around the conclusion: one struct a table of `config/rules.toml`.

use serde::Deserialize;

use super::time_of_day::TimeOfDay;

/// Art. 12: an urgent ticket that nobody takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Urgent {
    pub article: String,
    /// Minutes after the dispatch: the first call.
    pub unaccepted_min: u32,
    /// Minutes after the dispatch: the second call, to the chief too.
    pub again_min: u32,
}

/// Art. 9(4): what a report on the conclusion must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub article: String,
    /// The elements by the names that the store lists them under.
    pub elements: Vec<String>,
}

/// Art. 9(5): feedback to the bureau (A25).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    pub article: String,
    pub workdays: u32,
    pub at: TimeOfDay,
}

/// Art. 8(4): the desk's audit (A25).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    pub article: String,
    pub workdays: u32,
    pub at: TimeOfDay,
}

/// Art. 8(6): a dissatisfied citizen's ticket is assigned again (A26).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reassign {
    pub article: String,
    /// On the day of the revisit.
    pub at: TimeOfDay,
    /// On the next working day.
    pub again: TimeOfDay,
}

/// Art. 7(3): the deputy reviews what is to be left out of the rating (A36).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    pub article: String,
    /// On the next working day.
    pub again: TimeOfDay,
}

/// Art. 7(5), 10: supervision orders (A28); their length is in `[ladder]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupervisionOrders {
    pub article: String,
    pub at: TimeOfDay,
    /// Working days before the answer is due, for the first reminder.
    pub before: u32,
}

/// Art. 8(7), 9(6): the file is archived (A25).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    pub article: String,
    pub workdays: u32,
    pub at: TimeOfDay,
}

/// Art. 6(4): many tickets about one matter in one town.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HotTopic {
    pub article: String,
    pub tickets: u16,
    pub hours: u32,
}

/// A ticket that is no longer in the store.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vanished {
    pub article: String,
    /// Until then its last state stands; after it nothing more is sent about it.
    pub hours: u32,
}
