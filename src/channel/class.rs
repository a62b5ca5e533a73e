//! The classes of a provider's answers, as tables of answers name them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::notice::{Failure, Outcome, Receipt, Refusal};

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It was taken.
    Accepted,
    /// It was not taken, for a reason that passes.
    NotSent,
    /// Too much for now.
    Throttled,
    /// This number or address will never receive it.
    BadRecipient,
    /// This text will never be taken.
    BadContent,
    /// Nothing will be taken until somebody acts.
    ChannelDown,
    /// It may have been taken.
    Unknown,
}

/// How long a full destination is left alone if the provider does not say.
const THROTTLED: Duration = Duration::from_secs(60);
/// How long a channel that is out is left alone.
const DOWN: Duration = Duration::from_secs(300);

impl Class {
    /// Every class.
    pub const ALL: [Class; 7] = [
        Class::Accepted,
        Class::NotSent,
        Class::Throttled,
        Class::BadRecipient,
        Class::BadContent,
        Class::ChannelDown,
        Class::Unknown,
    ];

    /// The class's stable name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NotSent => "not-sent",
            Self::Throttled => "throttled",
            Self::BadRecipient => "bad-recipient",
            Self::BadContent => "bad-content",
            Self::ChannelDown => "channel-down",
            Self::Unknown => "unknown",
        }
    }

    /// The class of a stable name; `refused`, as the attempts have it, is a bad
    /// recipient.
    pub fn from_id(id: &str) -> Option<Class> {
        match id {
            "refused" => Some(Self::BadRecipient),
            _ => Self::ALL.into_iter().find(|class| class.id() == id),
        }
    }

    /// The outcome of an answer of this class. `wait` is what the provider or the
    /// table asks for; it counts from `now`.
    pub fn outcome(self, why: Failure, now: DateTime<Utc>, wait: Option<Duration>) -> Outcome {
        match self {
            Self::Accepted => Outcome::Accepted(Receipt(None)),
            Self::NotSent => Outcome::NotSent { not_before: wait.map(|wait| after(now, wait)), why },
            Self::Throttled => Outcome::Throttled { until: after(now, wait.unwrap_or(THROTTLED)), why },
            Self::BadRecipient => Outcome::Refused(Refusal::Recipient(why)),
            Self::BadContent => Outcome::Refused(Refusal::Content(why)),
            Self::ChannelDown => Outcome::ChannelDown { until: after(now, wait.unwrap_or(DOWN)), why },
            Self::Unknown => Outcome::Unknown(why),
        }
    }
}

/// The longest wait that is honoured: a provider that asks for a century is wrong.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

fn after(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    let wait = TimeDelta::from_std(wait.min(LONGEST)).unwrap_or(TimeDelta::zero());
    now.checked_add_signed(wait).unwrap_or(now)
}
