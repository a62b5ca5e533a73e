//! Store, ledger and policy as the settings name them, opened to look at them.
//!
//! Nothing is made here: a ledger or key that is not there yet is left out.

use std::{collections::HashMap, path::Path, sync::Arc};

use chrono::{DateTime, Utc};

use super::{exit::Stop, import};
use crate::{
    config::{self, Loaded},
    daemon::watcher,
    outbox::Outbox,
    planner::{self, Policy, SmsOutcome, TicketFacts, View, Watch},
    rules::standing::standing,
    source::Store,
    ticket::{NumberKey, Reader, Ticket, TicketNo},
};

/// Everything that is needed to say what is wanted of a ticket.
pub struct Opened {
    pub settings: Loaded,
    pub store: Store,
    /// `None` before the first `run`.
    pub ledger: Option<Outbox>,
    pub reader: Reader,
    pub policy: Policy,
    pub watch: Watch,
    pub now: DateTime<Utc>,
}

/// What the ledger remembers of a ticket.
#[derive(Debug, Default)]
pub struct Remembered {
    pub facts: TicketFacts,
    pub outcomes: Vec<SmsOutcome>,
}

/// A ticket with what is remembered of it, as the daemon would plan it.
pub struct Known {
    pub ticket: Ticket,
    remembered: Remembered,
}

impl Opened {
    /// Opens what the settings name.
    ///
    /// # Errors
    ///
    /// A store or ledger that cannot be read.
    pub async fn new(settings: Loaded, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let ledger = ledger(&settings).await?;
        let since = match &ledger {
            Some(ledger) => ledger.watch_since(now).await.map_err(Stop::ledger)?,
            None => now,
        };
        let (calendar, rules) = (settings.calendars.calendar.clone(), settings.rules.clone());
        let policy = Policy { calendar, rules, roster: Some(Arc::new(settings.roster.clone())) };
        let reader = settings.columns.reader(number_key(&settings.settings.state.dir)?);
        let store = store(&settings).await?;
        Ok(Self { settings, store, ledger, reader, policy, watch: Watch { since }, now })
    }

    /// The tickets of some rows; rows of no ticket are left out.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub async fn known(&self, rows: &[crate::source::Rows]) -> anyhow::Result<Vec<Known>> {
        let tickets: Vec<Ticket> = rows.iter().filter_map(|rows| self.reader.ticket(&rows.rows).ok()).collect();
        let nos: Vec<TicketNo> = tickets.iter().map(|ticket| ticket.no.clone()).collect();
        let mut remembered = self.remembered(&nos).await?;
        let known = |ticket: Ticket| {
            let remembered = remembered.remove(&ticket.no).unwrap_or_default();
            self.observed(ticket, remembered)
        };
        Ok(tickets.into_iter().map(known).collect())
    }

    async fn remembered(&self, nos: &[TicketNo]) -> anyhow::Result<HashMap<TicketNo, Remembered>> {
        let mut all: HashMap<TicketNo, Remembered> = HashMap::new();
        let Some(ledger) = &self.ledger else { return Ok(all) };
        for fact in ledger.facts_of(nos).await.map_err(Stop::ledger)? {
            all.entry(fact.ticket).or_default().facts.add(&fact.what, &fact.value, fact.first_seen);
        }
        let outcomes = ledger.citizen_outcomes(nos).await.map_err(Stop::ledger)?;
        for (no, outcomes) in watcher::outcomes_by_ticket(outcomes) {
            all.entry(no).or_default().outcomes = outcomes;
        }
        Ok(all)
    }

    /// What is seen first has an effect on the plan, as it has in the daemon.
    fn observed(&self, ticket: Ticket, mut remembered: Remembered) -> Known {
        let facts = &mut remembered.facts;
        let standing = standing(&ticket, &facts.rounds, &self.policy.calendar, &self.policy.rules, self.now);
        for seen in planner::observe(&ticket, &standing, facts) {
            facts.add(&seen.what, &seen.value, self.now);
        }
        Known { ticket, remembered }
    }
}

impl Known {
    /// The ticket as the planner sees it.
    pub fn view(&self) -> View<'_> {
        View { ticket: &self.ticket, facts: &self.remembered.facts, outcomes: &self.remembered.outcomes, told: &[] }
    }
}

/// The ticket store.
///
/// # Errors
///
/// When it cannot be read.
pub async fn store(settings: &Loaded) -> anyhow::Result<Store> {
    Store::open(&settings.store).await.map_err(import::stop)
}

/// The ledger, if one was made.
///
/// # Errors
///
/// When it cannot be used.
pub async fn ledger(settings: &Loaded) -> anyhow::Result<Option<Outbox>> {
    let path = settings.settings.ledger_path();
    if path.exists() { Outbox::open(path).await.map(Some).map_err(Stop::ledger) } else { Ok(None) }
}

/// The key of the numbers' hashes, or any key where none was made yet: then
/// nothing was remembered either.
///
/// # Errors
///
/// When there is one and it cannot be used.
pub fn number_key(state: &Path) -> anyhow::Result<NumberKey> {
    if !state.join(config::KEY_FILE).exists() {
        return Ok(NumberKey::new([0; 32]));
    }
    config::number_key(state).map_err(|e| Stop::bad_input(crate::telemetry::chain(&e)))
}
