//! What a provider reports of a message that it took, whatever its protocol.

use chrono::{DateTime, Utc};

/// A provider's report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The provider's id of the message, or of one of its parts, written as in the
    /// [`Receipt`](crate::notice::Receipt) of its acceptance.
    /// Empty where the provider repeats only our own.
    pub id: String,
    /// The id of ours that the request carried, where the provider returns it.
    pub ours: Option<String>,
    /// What became of it.
    pub fate: Fate,
    /// The provider's own word for that, `DELIVRD`; what cannot be read, as hex digits.
    pub code: String,
    /// When, if the provider says so.
    pub at: Option<DateTime<Utc>>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// The telephone has it.
    Delivered,
    /// It will not have it any more.
    Failed,
    /// Neither yet.
    Underway,
    /// The provider does not know either.
    Unclear,
    /// The report is in no known form: it is to be kept, and to be looked at.
    Unreadable,
}
