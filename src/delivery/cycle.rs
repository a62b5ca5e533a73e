//! Whether a cycle of the planner is under way. Until it has ended, what travels
//! together may not be complete; what goes alone waits for nobody.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

/// Counts cycles. Clones share the count.
#[derive(Clone, Debug, Default)]
pub(super) struct Cycles(Arc<Count>);

#[derive(Debug, Default)]
struct Count {
    under_way: AtomicUsize,
    begun: AtomicU64,
}

/// A cycle under way; it ends when this is dropped.
#[derive(Debug)]
pub struct Cycle(Arc<Count>);

/// What was seen of the cycles at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// One is under way.
    UnderWay,
    /// None is; so many have begun.
    Between(u64),
}

impl Cycles {
    pub(super) fn begin(&self) -> Cycle {
        // In this order: whoever sees the new number sees that it is under way too.
        self.0.under_way.fetch_add(1, Ordering::SeqCst);
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        Cycle(self.0.clone())
    }

    pub(super) fn seen(&self) -> Seen {
        let begun = self.0.begun.load(Ordering::SeqCst);
        match self.0.under_way.load(Ordering::SeqCst) {
            0 => Seen::Between(begun),
            _ => Seen::UnderWay,
        }
    }
}

impl Drop for Cycle {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seen_tells_cycles_that_overlap_and_those_that_came_and_went() {
        let cycles = Cycles::default();
        let before = cycles.seen();
        let (one, other) = (cycles.begin(), cycles.begin());
        assert_eq!(cycles.seen(), Seen::UnderWay);
        drop(one);
        assert_eq!(cycles.seen(), Seen::UnderWay);
        drop(other);
        assert_eq!(cycles.seen(), Seen::Between(2));
        assert_ne!(cycles.seen(), before);
    }
}
