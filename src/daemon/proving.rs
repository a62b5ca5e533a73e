//! Tells the ticket store of SMS to citizens, by the administrator's statement. It
//! is a loop of its own: whatever the store does, nobody else waits for it.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tracing::{error, info};

use crate::{
    notice::Subject,
    outbox::{Outbox, OutboxError, Proof, ProofState},
    planner::{self, Gateway, Patience},
    source::{Sent, SourceError, WriteBack},
    telemetry::chain,
};

use super::{health::Remembered, lasting::Lasting, run::Shared};

/// What it is called where outages are told: no channel of the settings.
const NAME: &str = "store/write-back";
const CALLED: &str = "工单库回写";
/// Since when SMS are told of: the instant at which the statement was first there.
pub(super) const SINCE: &str = "write-back/since";
/// By what the telling fails at present; empty if it does not.
pub(super) const FAULT: &str = "write-back/fault";

/// Without anything new it looks all the same.
const AT_REST: Duration = Duration::from_secs(600);
/// What failed is tried again.
const AFTER_FAULT: Duration = Duration::from_secs(60);

/// Tells the store; after a fault it stops and begins with the same one again.
pub struct Proving {
    outbox: Outbox,
    store: WriteBack,
    since: DateTime<Utc>,
    known: Remembered,
    fault: Option<String>,
    /// Of these it is said already that they are unknown.
    unknown: usize,
}

impl Proving {
    /// Begins with the SMS that are taken from now on, or goes on where an earlier
    /// run has stopped.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn open(outbox: Outbox, store: WriteBack, now: DateTime<Utc>) -> Result<Self, OutboxError> {
        let since = match since(&outbox).await? {
            Some(since) => since,
            None => {
                outbox.set(SINCE, &now.to_rfc3339()).await?;
                now
            }
        };
        let known = Remembered::read(&outbox, Subject::Channel(NAME.to_owned())).await?;
        let fault = outbox.get(FAULT).await?.filter(|text| !text.is_empty());
        Ok(Self { outbox, store, since, known, fault, unknown: 0 })
    }

    /// Tells the store what it does not know yet; how many are left, and by what it
    /// failed.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn look(&mut self, now: DateTime<Utc>) -> Result<Option<SourceError>, OutboxError> {
        let proofs = self.outbox.proofs(self.since).await?;
        let mut fault = None;
        let mut left = 0;
        for proof in proofs.iter().filter(|proof| proof.state == ProofState::Open) {
            if fault.is_none() {
                fault = self.tell(proof, now).await?.err();
            }
            left += u64::from(fault.is_some());
        }
        self.say_unknown(&proofs);
        self.keep(fault.as_ref(), left, now).await?;
        Ok(fault)
    }

    async fn tell(&self, proof: &Proof, now: DateTime<Utc>) -> Result<Result<(), SourceError>, OutboxError> {
        let Proof { ticket, round, kind, sent, .. } = proof;
        let sent = Sent { ticket: ticket.clone(), round: *round, at: *sent, kind: kind.id() };
        let begun = match self.store.begin(&sent).await {
            Ok(begun) => begun,
            Err(fault) => return Ok(Err(fault)),
        };
        // If this process ends before the next two steps, nobody knows whether it
        // lasted: it is not told again by itself.
        self.outbox.begin_proof(proof, now).await?;
        if let Err(fault) = begun.commit().await {
            return Ok(Err(fault));
        }
        self.outbox.end_proof(proof, now).await?;
        info!(ticket.no = %ticket, "the store was told of the SMS to the citizen of ticket {ticket}");
        Ok(Ok(()))
    }

    /// What broke off is said once a run; `duban outbox proofs` shows it.
    fn say_unknown(&mut self, proofs: &[Proof]) {
        let unknown = proofs.iter().filter(|proof| matches!(proof.state, ProofState::Unknown { .. }));
        let tickets: Vec<&str> = unknown.map(|proof| proof.ticket.as_str()).collect();
        if tickets.len() > self.unknown {
            error!(n = tickets.len(), "whether the store knows of the SMS of {} is unknown", tickets.join(", "));
        }
        self.unknown = tickets.len();
    }

    /// Keeps how it goes, and tells the administrators if it lasts.
    async fn keep(&mut self, fault: Option<&SourceError>, left: u64, now: DateTime<Utc>) -> Result<(), OutboxError> {
        let text = fault.map(|fault| chain(fault));
        if text != self.fault {
            self.outbox.set(FAULT, text.as_deref().unwrap_or_default()).await?;
            self.fault = text;
        }
        match fault {
            Some(_) => self.known.health.fails(now),
            None if self.known.health.is_failing() => self.known.health.mends(now),
            None => return Ok(()),
        }
        self.known.health.look(Patience::GATEWAY, now);
        let gateway = Gateway { name: NAME, called: CALLED, waiting: left };
        let plan = planner::gateway(gateway, &self.known.health, now);
        self.known.keep(&self.outbox, plan, now).await
    }
}

/// Since when the store is told, if it ever was to be.
///
/// # Errors
///
/// When the ledger fails.
pub async fn since(outbox: &Outbox) -> Result<Option<DateTime<Utc>>, OutboxError> {
    let text = outbox.get(SINCE).await?;
    Ok(text.and_then(|text| DateTime::parse_from_rfc3339(&text).ok()).map(|since| since.to_utc()))
}

/// By what the telling fails at present.
///
/// # Errors
///
/// When the ledger fails.
pub async fn fault(outbox: &Outbox) -> Result<Option<String>, OutboxError> {
    Ok(outbox.get(FAULT).await?.filter(|text| !text.is_empty()))
}

/// Goes on until everything stops.
pub(super) async fn prove(proving: Option<Proving>, shared: Arc<Shared>) {
    let Some(mut proving) = proving else {
        shared.stop.cancelled().await;
        return;
    };
    let mut faults = Lasting::default();
    while !shared.stop.is_cancelled() {
        let fault = match proving.look(shared.clock.now()).await {
            Ok(None) => None,
            Ok(Some(fault)) => Some(chain(&fault)),
            Err(fault) => Some(chain(&fault)),
        };
        let wait = match &fault {
            Some(fault) => {
                faults.fails(fault, "the store cannot be told of SMS to citizens; it is tried again each minute");
                // That it lasts may be due now.
                shared.kept.notify_one();
                AFTER_FAULT
            }
            None => {
                faults.mends("the store is told of SMS to citizens again");
                AT_REST
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shared.taken.notified() => {}
            () = shared.stop.cancelled() => {}
        }
    }
}
