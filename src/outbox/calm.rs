//! What keeps messages from becoming too many: how much a person has had, and what
//! they have acknowledged (签收).

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{NoticeId, Outbox, OutboxError, SentSince, Token};
use crate::notice::{Facts, Kind, Said};

/// Which messages are counted.
#[derive(Clone, Debug)]
pub struct HandedOrder<'a> {
    /// The persons asked about.
    pub persons: &'a [&'a str],
    /// The channels of the medium.
    pub channels: &'a [&'a str],
    /// Later than this.
    pub since: DateTime<Utc>,
    /// A claim that is not counted: the one being worked on.
    pub except: Token,
}

/// That a person has acknowledged a notice.
#[derive(Clone, Debug, PartialEq)]
pub struct Ack {
    pub notice: NoticeId,
    /// The notice's subject as it stands in its key.
    pub subject: String,
    pub kind: Kind,
    /// The notice's facts: they tell which deadline it was about.
    pub facts: Facts,
    pub person: String,
    pub at: DateTime<Utc>,
}

impl Ack {
    /// The notice as far as later ones concern it.
    pub fn said(&self) -> Said<'_> {
        Said { subject: &self.subject, kind: self.kind, facts: &self.facts }
    }
}

impl Outbox {
    /// Records that a person has acknowledged a notice, by the hand of `who`; says
    /// whether that is new. It stops the repeats of that step for that person, in
    /// whatever role they hear, and nothing else.
    ///
    /// # Errors
    ///
    /// When there is no such notice, the person was not among those told of it, or
    /// the ledger fails.
    pub async fn ack(
        &self,
        notice: NoticeId,
        person: &str,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, OutboxError> {
        self.ledger.ack(notice, person, who, now).await
    }

    /// The acknowledgements of scopes (`T/no` for a ticket), in the order given.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn acks_of(&self, scopes: &[String]) -> Result<Vec<Ack>, OutboxError> {
        self.ledger.acks_of(scopes).await
    }

    /// When persons were handed ordinary messages, the newest first. Urgent ones do
    /// not count, nor what surely did not arrive; what is being handed over does.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn handed(&self, order: &HandedOrder<'_>) -> Result<HashMap<String, Vec<DateTime<Utc>>>, OutboxError> {
        self.ledger.handed(order).await
    }

    /// How many messages a channel was handed after an instant; claims that were
    /// put back without a call do not count.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn sent_since(&self, channel: &str, since: DateTime<Utc>) -> Result<SentSince, OutboxError> {
        self.ledger.sent_since(channel, since).await
    }
}
