//! The outbox: keeps each wanted notice once, leases its legs to whoever delivers,
//! and adds every attempt to the ledger.
//!
//! What it promises: one row per promise (subject + kind + occurrence + role); the
//! same input twice changes nothing; what was wanted is durable before anyone
//! tries to send it; a claim whose lease ran out is settled by nobody else's
//! leave; attempts are only added. It never says "exactly once to the phone".
//!
//! It does not decide: who is told, when a try is repeated and how often is said
//! by the planner and by `delivery`. It stores nothing about the citizen. The
//! interface knows no database; each has its statements written out side by side.

use std::{path::PathBuf, sync::Arc};

use chrono::{DateTime, Utc};

use crate::ticket::TicketNo;

mod backup;
mod calendar;
mod calm;
mod compare;
mod error;
mod form;
mod listed;
mod model;
mod proof;
mod sqlite;
mod state;

pub use backup::{BackupError, Prepared, Seal, back_up, prepare, put_in_place};
pub use calendar::CalendarVersion;
pub use calm::{Ack, HandedOrder};
pub use error::OutboxError;
pub use form::{FormFilter, IssuedForm, NewForm, Series};
pub use listed::{Counts, Filter, Listed, ListedAttempt, ListedLeg};
pub use model::{
    Begun, Bundle, CITIZEN, CitizenOutcome, ClaimOrder, ClaimedLeg, Envelope, Expanded, Expansion, FactSeen, Fenced,
    GROUP, Kept, KeptNotice, LedgerSettings, LegId, NOBODY, NewLeg, Next, NoticeId, Recovered, RepeatEntry, Repeats,
    SentSince, Settled, Settlement, Together, Token, Told, Wanted, scope,
};
pub use proof::{Proof, ProofState};
use sqlite::{Lapse, SqliteLedger};
pub use state::{LegState, NoticeState};

/// The outbox on its ledger. Clones share it.
#[derive(Clone, Debug)]
pub struct Outbox {
    ledger: Arc<SqliteLedger>,
}

impl Outbox {
    /// Opens the ledger file, or makes it, and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened, is damaged, is no ledger, or was written
    /// by a newer program. Nothing is changed then.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, OutboxError> {
        Self::open_with(&LedgerSettings { path: path.into(), max_bytes: None }).await
    }

    /// As [`Outbox::open`], with all settings.
    ///
    /// # Errors
    ///
    /// The same.
    pub async fn open_with(settings: &LedgerSettings) -> Result<Self, OutboxError> {
        Ok(Self { ledger: Arc::new(SqliteLedger::open(settings).await?) })
    }

    /// A ledger in memory, for `simulate`; it ends with its last clone.
    ///
    /// # Errors
    ///
    /// When the database library fails.
    pub async fn in_memory() -> Result<Self, OutboxError> {
        Ok(Self { ledger: Arc::new(SqliteLedger::in_memory().await?) })
    }

    /// Reads the whole ledger for damage; slow on a large one.
    ///
    /// # Errors
    ///
    /// When it is damaged or cannot be read.
    pub async fn verify(&self) -> Result<(), OutboxError> {
        self.ledger.verify().await
    }

    /// Keeps wanted sets, each the whole set of its scope: new notices are added,
    /// known ones left (open ones with their newest facts), open ones no longer
    /// wanted are superseded. One commit for many scopes.
    ///
    /// # Errors
    ///
    /// When the ledger fails, or a notice stands under a foreign scope; the sets
    /// of the commits before are kept, and keeping again is harmless.
    pub async fn keep(&self, sets: &[Wanted], now: DateTime<Utc>) -> Result<Kept, OutboxError> {
        self.ledger.keep(sets, now).await
    }

    /// Open notices due by `now` that have no legs yet, urgent ones first.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn unexpanded(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<KeptNotice>, OutboxError> {
        self.ledger.unexpanded(now, limit).await
    }

    /// Of these only those that travel with no other: urgent ones, and those to citizens.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn unexpanded_alone(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<KeptNotice>, OutboxError> {
        self.ledger.unexpanded_alone(now, limit).await
    }

    /// Adds the legs of notices. A person who has a leg for the same matter under
    /// another role gets no second one; a notice left without a leg that waits is
    /// done; a notice that reaches nobody gets a dead leg that says so.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn expand(&self, expansions: &[Expansion], now: DateTime<Utc>) -> Result<Expanded, OutboxError> {
        self.ledger.expand(expansions, now).await
    }

    /// Ends open notices whose moment has passed; gives how many.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn expire(&self, now: DateTime<Utc>) -> Result<u64, OutboxError> {
        self.ledger.expire(now).await
    }

    /// Claims legs of a channel that may leave by `now` and, with each, whatever
    /// else of its batch may; their attempts are in the ledger when this returns.
    ///
    /// # Errors
    ///
    /// When the ledger fails; nothing is claimed then.
    pub async fn claim(&self, order: &ClaimOrder<'_>, now: DateTime<Utc>) -> Result<Vec<Bundle>, OutboxError> {
        self.ledger.claim(order, now).await
    }

    /// The channels that have legs waiting, whether or not the settings still
    /// know them.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn waiting_channels(&self) -> Result<Vec<String>, OutboxError> {
        self.ledger.waiting_channels().await
    }

    /// Settles claims in one commit; gives the legs that were fenced off: their
    /// claim had been taken away, the answer is kept beside the attempt and
    /// nothing else has changed.
    ///
    /// # Errors
    ///
    /// When the ledger fails; nothing is settled then, and it may be tried again.
    pub async fn settle(&self, settled: &[Settled], now: DateTime<Utc>) -> Result<Vec<LegId>, OutboxError> {
        self.ledger.settle(settled, &[], now).await.map(|fenced| fenced.settled)
    }

    /// Settles claims and, in the same commit, records which calls are about to be
    /// made. A claim that ends without this record was never acted on.
    ///
    /// # Errors
    ///
    /// When the ledger fails; nothing is settled and nothing may be called then.
    pub async fn settle_and_begin(
        &self,
        settled: &[Settled],
        begun: &[Begun],
        now: DateTime<Utc>,
    ) -> Result<Fenced, OutboxError> {
        self.ledger.settle(settled, begun, now).await
    }

    /// Takes back claims whose lease ran out. Where the call had begun, the attempt
    /// is unknown, and the leg is repeated as far as `repeats` allows, else it stays
    /// unknown; where it had not, the leg waits as before. Claims that are `mine`
    /// and still worked on are left alone: when the clock leaps, their holder knows
    /// better.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn recover(
        &self,
        repeats: &Repeats,
        mine: &[Token],
        now: DateTime<Utc>,
    ) -> Result<Vec<Recovered>, OutboxError> {
        self.ledger.recover(repeats, mine, Lapse::Expired, now).await
    }

    /// Takes back every claim at once, whether or not its lease ran out: for a
    /// process that has the ledger to itself, as it starts. Whoever made them has
    /// ended.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn recover_all(&self, repeats: &Repeats, now: DateTime<Utc>) -> Result<Vec<Recovered>, OutboxError> {
        self.ledger.recover(repeats, &[], Lapse::Every, now).await
    }

    /// The next instant after `now` at which something here moves by itself.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn next_wake(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, OutboxError> {
        self.ledger.next_wake(now).await
    }

    /// How many rows are in which state.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn counts(&self) -> Result<Counts, OutboxError> {
        self.ledger.counts().await
    }

    /// Notices with their legs, the newest first; attempts are left out.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn list(&self, filter: &Filter, limit: u32) -> Result<Vec<Listed>, OutboxError> {
        self.ledger.list(filter, limit).await
    }

    /// One notice with its legs and their attempts.
    ///
    /// # Errors
    ///
    /// When there is none, or the ledger fails.
    pub async fn show(&self, notice: NoticeId) -> Result<Listed, OutboxError> {
        self.ledger.show(notice).await
    }

    /// Sends a leg on its way again by the hand of `who`.
    ///
    /// # Errors
    ///
    /// When its state does not allow it, or the ledger fails.
    pub async fn retry(&self, leg: LegId, who: &str, now: DateTime<Utc>) -> Result<(), OutboxError> {
        self.ledger.retry(leg, who, now).await
    }

    /// Cancels a leg that waits.
    ///
    /// # Errors
    ///
    /// When it does not wait, or the ledger fails.
    pub async fn cancel_leg(&self, leg: LegId, who: &str, now: DateTime<Utc>) -> Result<(), OutboxError> {
        self.ledger.cancel_leg(leg, who, now).await
    }

    /// Cancels a notice for good: it is not reopened though the planner wants it.
    ///
    /// # Errors
    ///
    /// When it is neither open nor held, or the ledger fails.
    pub async fn cancel(&self, notice: NoticeId, who: &str, now: DateTime<Utc>) -> Result<(), OutboxError> {
        self.ledger.cancel(notice, who, now).await
    }

    /// Releases a held notice.
    ///
    /// # Errors
    ///
    /// When it is not held, or the ledger fails.
    pub async fn free(&self, notice: NoticeId, who: &str, now: DateTime<Utc>) -> Result<(), OutboxError> {
        self.ledger.free(notice, who, now).await
    }

    /// Adds facts that are not known yet; gives how many.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn add_facts(&self, facts: &[FactSeen]) -> Result<u64, OutboxError> {
        self.ledger.add_facts(facts).await
    }

    /// The facts seen of tickets, in the order seen.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn facts_of(&self, tickets: &[TicketNo]) -> Result<Vec<FactSeen>, OutboxError> {
        self.ledger.facts_of(tickets).await
    }

    /// What became of the SMS to the citizens of tickets.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn citizen_outcomes(&self, tickets: &[TicketNo]) -> Result<Vec<CitizenOutcome>, OutboxError> {
        self.ledger.citizen_outcomes(tickets).await
    }

    /// The scopes that have an open notice: after a restart the sets of these are
    /// to be kept again, though they may be empty by now.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn open_scopes(&self) -> Result<Vec<String>, OutboxError> {
        self.ledger.open_scopes().await
    }

    /// Which notices of tickets reached a provider, and when.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn told(&self, tickets: &[TicketNo]) -> Result<Vec<Told>, OutboxError> {
        self.ledger.told(tickets).await
    }

    /// The instant since which this ledger watches (A40): the first call sets it.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn watch_since(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, OutboxError> {
        self.ledger.watch_since(now).await
    }

    /// A small value kept under a key: cursors and the like.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn get(&self, key: &str) -> Result<Option<String>, OutboxError> {
        self.ledger.get(key).await
    }

    /// Keeps a small value under a key.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn set(&self, key: &str, value: &str) -> Result<(), OutboxError> {
        self.ledger.set(key, value).await
    }

    /// Keeps what makes tickets repeats; a known ticket's entry is replaced.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn save_repeats(&self, entries: &[RepeatEntry]) -> Result<(), OutboxError> {
        self.ledger.save_repeats(entries).await
    }

    /// The entries received at `since` or later, or at an unknown instant, in order.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn repeats(&self, since: DateTime<Utc>) -> Result<Vec<RepeatEntry>, OutboxError> {
        self.ledger.repeats(since).await
    }

    /// Takes or renews a role that one node holds at a time, `planner` for one;
    /// gives its epoch, which grows with each change of hands, or `None` while
    /// another holder's lease runs.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn take_role(
        &self,
        role: &str,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<i64>, OutboxError> {
        self.ledger.take_role(role, holder, now, until).await
    }
}
