//! What stops a delivery, as far as it is not a message's own failure.

use chrono::{DateTime, Utc};

use crate::outbox::OutboxError;

/// A fault that ends a round; what was not settled is taken up by a later one.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The ledger failed.
    #[error("the outbox cannot be worked on")]
    Outbox(#[from] OutboxError),
    /// The clock ran backwards: nothing is claimed until it has caught up.
    #[error("the clock says {now}, and {newest} was before; set it right, nothing is sent until then")]
    ClockWentBack { now: DateTime<Utc>, newest: DateTime<Utc> },
}

/// Tickets could not be read again before sending.
#[derive(Debug, thiserror::Error)]
#[error("the tickets cannot be read again")]
pub struct RereadError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// An error with what lies beneath it, in one line; a cause that its effect has
/// already told is not told again.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let more = source.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = source.source();
    }
    text
}
