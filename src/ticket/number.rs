//! The number of a ticket, and the keyed hash of a citizen's.

use std::{fmt, sync::Arc};

/// The number of a ticket (工单编号): after NFKC, trimmed, in upper case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketNo(Arc<str>);

impl TicketNo {
    /// Wraps a number that is already normalised.
    pub fn new(normalised: &str) -> Self {
        Self(normalised.into())
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four characters, by which an SMS names the ticket.
    pub fn tail(&self) -> &str {
        let start = self.0.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        &self.0[start..]
    }
}

impl fmt::Display for TicketNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TicketNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A keyed hash of a citizen's number: equal numbers have equal hashes, and
/// nobody without the ledger's key can find the number from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NumberHash(pub [u8; 8]);
