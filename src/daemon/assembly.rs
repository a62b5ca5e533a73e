//! The rooms put together: from settings to a daemon that can run.

use std::{path::PathBuf, sync::Arc};

use arc_swap::ArcSwap;
use tracing::info;

use crate::{
    calendar::Calendar,
    channel::{Channel, Channels},
    clock::Clock,
    delivery::{Carrier, Delivery, DeliverySettings, Means},
    message::Templates,
    outbox::{Outbox, OutboxError},
    planner::{Policy, Watch},
    roster::Roster,
    rules::Rules,
    source::{ColumnMap, SourceError, Statement, Store, StorePlace, WriteBack},
    ticket::{NumberKey, Reader},
};

use super::{
    Gateways, Proving, TicketsAgain, Watcher, WatcherParts, delivery_settings,
    forms::FormParts,
    lock::{LedgerLock, LockError},
};

/// A round waits no longer for a slow channel, so that what is due next is not
/// held up by it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// Why a daemon cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// Another daemon has the ledger, or nobody can have it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The ledger cannot be opened.
    #[error("the ledger cannot be used")]
    Ledger(#[from] OutboxError),
    /// The ticket store cannot be opened.
    #[error("the ticket store cannot be read")]
    Store(#[from] SourceError),
}

/// What may be replaced while the daemon runs.
pub struct Changeable {
    pub rules: Rules,
    pub calendar: Calendar,
    pub roster: Roster,
    pub templates: Templates,
    pub channels: Channels,
    /// The domain of message ids.
    pub mail_domain: String,
}

/// What stands as long as the daemon runs.
#[derive(Clone)]
pub struct Fixed {
    pub columns: ColumnMap,
    pub key: NumberKey,
    /// The state folder.
    pub state: PathBuf,
    pub store: StorePlace,
    pub ledger: PathBuf,
    /// By what the store is told of SMS to citizens, if at all.
    pub write_back: Option<Statement>,
    pub forms: FormParts,
    pub clock: Arc<dyn Clock>,
}

/// A daemon put together, not yet running.
pub struct Assembly {
    pub watcher: Watcher,
    pub delivery: Delivery,
    pub gateways: Gateways,
    pub proving: Option<Proving>,
    pub means: Arc<ArcSwap<Means>>,
    pub outbox: Outbox,
    /// Makes new means and a new policy from changed settings.
    pub maker: Maker,
    /// Held until the daemon ends.
    pub lock: LedgerLock,
}

impl Assembly {
    /// Takes the ledger, opens it and the store, and joins the rooms.
    ///
    /// # Errors
    ///
    /// When the ledger is taken or cannot be used, or the store cannot be read.
    pub async fn open(fixed: Fixed, changeable: Changeable) -> Result<Self, AssemblyError> {
        let lock = LedgerLock::take(&fixed.ledger)?;
        let outbox = Outbox::open(&fixed.ledger).await?;
        let store = Arc::new(Store::open(&fixed.store).await?);
        let now = fixed.clock.now();
        // The lock is ours, so whoever claimed anything has ended.
        let recovered = outbox.recover_all(&DeliverySettings::default().repeats, now).await?;
        if !recovered.is_empty() {
            info!(legs = recovered.len(), "took back {} claims of a run that broke off", recovered.len());
        }
        let watch = Watch { since: outbox.watch_since(now).await? };
        let proving = match fixed.write_back {
            Some(statement) => Some(Proving::open(outbox.clone(), WriteBack::of(&store, statement)?, now).await?),
            None => None,
        };
        let maker = Maker {
            store: store.clone(),
            outbox: outbox.clone(),
            reader: Arc::new(fixed.columns.reader(fixed.key)),
            watch,
        };
        let (policy, means) = maker.make(changeable);
        let parts = WatcherParts {
            store,
            outbox: outbox.clone(),
            reader: maker.reader.clone(),
            policy,
            watch,
            forms: fixed.forms,
            state: Some(fixed.state),
        };
        Ok(Self {
            watcher: Watcher::new(parts, now).await?,
            delivery: Delivery::new(outbox.clone(), fixed.clock),
            gateways: Gateways::new(outbox.clone()),
            proving,
            means: Arc::new(ArcSwap::new(means)),
            outbox,
            maker,
            lock,
        })
    }
}

/// Makes policy and means, at the start and at each reload.
#[derive(Clone)]
pub struct Maker {
    store: Arc<Store>,
    outbox: Outbox,
    reader: Arc<Reader>,
    watch: Watch,
}

impl Maker {
    /// Policy and means from settings.
    pub fn make(&self, changeable: Changeable) -> (Arc<Policy>, Arc<Means>) {
        let Changeable { rules, calendar, roster, templates, channels, mail_domain } = changeable;
        let roster = Arc::new(roster);
        let settings = DeliverySettings { mail_domain, patience: Some(PATIENCE), ..delivery_settings(&rules) };
        let policy = Arc::new(Policy { calendar, rules, roster: Some(roster.clone()) });
        let carrier = |channel: &Arc<Channel>| -> Arc<dyn Carrier> { channel.clone() };
        let means = Means {
            roster,
            templates: Arc::new(templates),
            channels: channels.iter().map(carrier).collect(),
            tickets: Arc::new(TicketsAgain {
                store: self.store.clone(),
                outbox: self.outbox.clone(),
                reader: self.reader.clone(),
                policy: policy.clone(),
                watch: self.watch,
            }),
            settings,
        };
        (policy, Arc::new(means))
    }
}
