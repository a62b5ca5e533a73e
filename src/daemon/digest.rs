//! The daily digest: gathered once a day from the open tickets, and kept.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    outbox::{Kept, Outbox, OutboxError, Wanted, scope},
    planner::{Digest, Policy},
};

use super::{
    book::Book,
    watcher::{WatcherParts, add},
};

/// Under this the ledger remembers the last day whose digest was made, so that a
/// restart later in the day makes no other.
const KEY: &str = "digest";

/// What is known of the digests made so far.
#[derive(Debug)]
pub(super) struct Digests {
    /// The last day whose digest was made.
    last: Option<NaiveDate>,
}

impl Digests {
    /// As the ledger remembers it.
    pub(super) async fn read(outbox: &Outbox) -> Result<Self, OutboxError> {
        let last = outbox.get(KEY).await?;
        Ok(Self { last: last.and_then(|text| text.parse().ok()) })
    }

    /// When the next digest comes due.
    pub(super) fn next(policy: &Policy, now: DateTime<Utc>) -> DateTime<Utc> {
        Digest::today(&policy.rules, now).1
    }

    /// Makes today's digest if it has come due and was not made.
    pub(super) async fn look(
        &mut self,
        book: &Book,
        parts: &WatcherParts,
        now: DateTime<Utc>,
        kept: &mut Kept,
    ) -> Result<(), OutboxError> {
        let policy = &parts.policy;
        let (mut digest, _) = Digest::today(&policy.rules, now);
        let day = digest.date();
        if digest.at() > now || self.last.is_some_and(|last| last >= day) {
            return Ok(());
        }
        for view in book.views() {
            digest.add(view, policy, now);
        }
        let notices = digest.notices(policy, parts.watch, now).into_iter();
        let sets = notices.map(|notice| Wanted { scope: scope(&notice.subject), notices: vec![notice] });
        // The sets first: a day remembered but not kept would have no digest.
        add(kept, parts.outbox.keep(&sets.collect::<Vec<_>>(), now).await?);
        parts.outbox.set(KEY, &day.to_string()).await?;
        self.last = Some(day);
        Ok(())
    }
}
