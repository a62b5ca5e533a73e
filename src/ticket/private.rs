//! Citizen data that cannot be printed or serialised by accident.

use std::fmt;

/// A value about a citizen (name, number, address, complaint).
///
/// It prints `***`, and it does not implement `Serialize`, so it cannot reach a
/// log, a notice, a metric or a ledger row without `expose` being written out.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; every use is a place to review for privacy (art. 5).
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T> fmt::Display for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
