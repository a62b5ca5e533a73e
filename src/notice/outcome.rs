//! What a channel answers: six cases, and no seventh.

use chrono::{DateTime, Utc};

/// The answer of every channel. Only `delivery` retries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it; the receipt is its own message id.
    Accepted(Receipt),
    /// It never reached the provider: worth another try, no sooner than `not_before`.
    NotSent { not_before: Option<DateTime<Utc>>, why: Failure },
    /// The destination is full for now; costs no attempt.
    Throttled { until: DateTime<Utc>, why: Failure },
    /// No retry of this leg will help: bad number or bad content.
    Refused(Refusal),
    /// The channel itself is out: credentials, balance, settings, a signature not
    /// approved. Costs no attempt; its legs wait and the operator is told.
    ChannelDown { until: DateTime<Utc>, why: Failure },
    /// The request left and no clear answer came (5xx, garbage and silence
    /// included): it may have been delivered.
    Unknown(Failure),
}

impl Outcome {
    /// The stable word of the case, as the attempts table and metrics have it.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::NotSent { .. } => "not-sent",
            Self::Throttled { .. } => "throttled",
            Self::Refused(_) => "refused",
            Self::ChannelDown { .. } => "channel-down",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// The provider's own message id, where it gives one.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Receipt(pub Option<String>);

/// What went wrong: a stable code, and the provider's words with every digit
/// run of a telephone number's length masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Provider code or phase, `smtp-421`, `http-503`, `timeout-after-request`.
    pub code: String,
    /// One line for the operator, without citizen data.
    pub detail: String,
}

impl Failure {
    /// A failure with a code and a line of detail; digits are masked here.
    pub fn new(code: impl Into<String>, detail: &str) -> Self {
        Self { code: code.into(), detail: mask_digits(detail) }
    }
}

/// Why a leg is refused for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The number or address cannot receive.
    Recipient(Failure),
    /// The text or mail is not accepted.
    Content(Failure),
}

impl Refusal {
    /// The failure beneath.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::Recipient(failure) | Self::Content(failure) => failure,
        }
    }
}

/// Replaces the middle of every run of seven or more digits: providers echo the
/// number in their answers. Control characters become spaces, and the line is
/// cut at 200 characters.
pub fn mask_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars().take(200).chain(std::iter::once('\0')) {
        if c.is_ascii_digit() {
            run.push(c);
            continue;
        }
        if run.len() >= 7 {
            out.push_str(&run[..3]);
            out.push_str("****");
        } else {
            out.push_str(&run);
        }
        run.clear();
        if c != '\0' {
            out.push(if c.is_control() { ' ' } else { c });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mask_digits_leaves_no_telephone_number() {
        assert_eq!(mask_digits("550 user 13800012345 unknown\r\n"), "550 user 138**** unknown  ");
        assert_eq!(mask_digits("code 451"), "code 451");
        assert_eq!(mask_digits("13800012345"), "138****");
    }
}
