//! SMS to citizens as the ticket store is to be told of them, each once: that the
//! telling begins is remembered before it lasts, and that it has, afterwards.

use chrono::{DateTime, Utc};

use super::{FactSeen, Outbox, OutboxError};
use crate::{notice::Kind, ticket::TicketNo};

/// The fact that the store is about to be told; its value is the notice's key.
pub(super) const BEGUN: &str = "write-back-begun";
/// The fact that it was.
pub(super) const WRITTEN: &str = "write-back";

/// An SMS to a citizen that a provider took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub ticket: TicketNo,
    pub round: u16,
    pub kind: Kind,
    /// When the provider took it.
    pub sent: DateTime<Utc>,
    pub state: ProofState,
    /// Subject, kind and occurrence of its notice.
    pub(super) key: String,
}

/// Whether the ticket store knows of an SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofState {
    /// Not yet.
    Open,
    /// It was about to be told, and the process or the store broke off: it may know.
    Unknown { begun: DateTime<Utc> },
    /// It was told.
    Written { at: DateTime<Utc> },
}

impl Outbox {
    /// The SMS to citizens that providers took at `since` or later, in the order
    /// they were taken.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn proofs(&self, since: DateTime<Utc>) -> Result<Vec<Proof>, OutboxError> {
        self.ledger.proofs(since).await
    }

    /// Remembers that the store is about to be told.
    ///
    /// # Errors
    ///
    /// When the ledger fails: then it must not be told.
    pub async fn begin_proof(&self, proof: &Proof, now: DateTime<Utc>) -> Result<(), OutboxError> {
        self.add_facts(&[fact(proof, BEGUN, now)]).await.map(|_| ())
    }

    /// Remembers that the store was told.
    ///
    /// # Errors
    ///
    /// When the ledger fails: then it stays unknown.
    pub async fn end_proof(&self, proof: &Proof, now: DateTime<Utc>) -> Result<(), OutboxError> {
        self.add_facts(&[fact(proof, WRITTEN, now)]).await.map(|_| ())
    }
}

fn fact(proof: &Proof, what: &str, now: DateTime<Utc>) -> FactSeen {
    FactSeen {
        ticket: proof.ticket.clone(),
        round: proof.round,
        assignment: None,
        what: what.to_owned(),
        value: proof.key.clone(),
        first_seen: now,
    }
}
