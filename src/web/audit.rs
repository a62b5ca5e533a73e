//! The auditor: what should have moved and has not.
//!
//! It looks at what the loops publish and at the ledger, and believes neither that
//! all is well because nothing was said, nor that a loop lives because the process
//! does.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::{
    outbox::{Filter, LegState, NoticeState, Outbox, OutboxError},
    telemetry::{Pulse, State, Vitals},
};

/// A wake or a lease that is so far past its time is stuck: both are looked at
/// every half minute.
const PATIENCE: TimeDelta = TimeDelta::minutes(2);
/// Legs on their way that are looked at.
const SENDING: u32 = 1_000;
/// Of what is at fault, so much is named.
const NAMED: usize = 10;

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// An open ticket of which nothing is kept and nothing more is planned.
    NoNextAction,
    /// A ticket was to be planned again, and was not.
    OverdueWake,
    /// A leg is on its way though its lease ran out.
    StuckLease,
    /// A loop has not gone round.
    StuckLoop,
    /// The ticket store cannot be read.
    Store,
    /// Tickets cannot be planned.
    Planning,
    /// Messages cannot be handed over: the ledger fails, or the clock ran backwards.
    Delivery,
    /// The settings in the files do not fit; older ones are in force.
    Settings,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Fault; 8] = [
        Self::NoNextAction,
        Self::OverdueWake,
        Self::StuckLease,
        Self::StuckLoop,
        Self::Store,
        Self::Planning,
        Self::Delivery,
        Self::Settings,
    ];

    /// The fault's stable name.
    pub fn id(self) -> &'static str {
        match self {
            Self::NoNextAction => "no-next-action",
            Self::OverdueWake => "overdue-wake",
            Self::StuckLease => "stuck-lease",
            Self::StuckLoop => "stuck-loop",
            Self::Store => "store",
            Self::Planning => "planning",
            Self::Delivery => "delivery",
            Self::Settings => "settings",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub fault: Fault,
    /// How often.
    pub count: usize,
    /// Of what: numbers of tickets or legs, a loop, a cause; a few of them.
    pub about: Vec<String>,
}

/// Looks for everything that is wrong at `now`.
///
/// # Errors
///
/// When the ledger cannot be read.
pub async fn audit(vitals: &Vitals, outbox: &Outbox, now: DateTime<Utc>) -> Result<Vec<Finding>, OutboxError> {
    let state = vitals.state();
    let loops = Pulse::ALL.into_iter().filter(|pulse| vitals.pulses.age(*pulse) > Pulse::PATIENCE);
    let settings = (!state.is_as_the_files()).then(|| "duban check".to_owned());
    let mut found = vec![
        of(Fault::NoNextAction, forgotten(&state, outbox).await?),
        of(Fault::OverdueWake, overdue_wake(&state, now)),
        of(Fault::StuckLease, stuck_leases(outbox, now).await?),
        of(Fault::StuckLoop, loops.map(|pulse| pulse.id().to_owned()).collect()),
        of(Fault::Store, state.store_fault.into_iter().collect()),
        of(Fault::Planning, state.cycle_fault.into_iter().collect()),
        of(Fault::Delivery, state.round_fault.into_iter().collect()),
        of(Fault::Settings, settings.into_iter().collect()),
    ];
    found.retain(|finding| finding.count > 0);
    Ok(found)
}

fn of(fault: Fault, mut about: Vec<String>) -> Finding {
    let count = about.len();
    about.truncate(NAMED);
    Finding { fault, count, about }
}

/// Tickets that neither time moves nor anything in the ledger.
async fn forgotten(state: &State, outbox: &Outbox) -> Result<Vec<String>, OutboxError> {
    let mut forgotten = Vec::new();
    for no in &state.look.idle.0 {
        let notices = outbox.list(&Filter::Ticket(no.clone()), 1_000).await?;
        if notices.is_empty() {
            forgotten.push(no.to_string());
        }
    }
    Ok(forgotten)
}

/// Only after a whole cycle: what is due in one that goes on is not late.
fn overdue_wake(state: &State, now: DateTime<Utc>) -> Vec<String> {
    let overdue = state.look.next.filter(|next| state.is_ready && *next + PATIENCE < now);
    overdue.map(|next| next.to_rfc3339()).into_iter().collect()
}

async fn stuck_leases(outbox: &Outbox, now: DateTime<Utc>) -> Result<Vec<String>, OutboxError> {
    let listed = outbox.list(&Filter::Leg(LegState::Sending), SENDING).await?;
    let open = listed.iter().filter(|one| one.state != NoticeState::Superseded);
    let stuck = open.flat_map(|one| &one.legs).filter(|leg| leg.state == LegState::Sending);
    let stuck = stuck.filter(|leg| leg.lease_until.is_some_and(|until| until + PATIENCE < now));
    Ok(stuck.map(|leg| format!("leg {}", leg.id.0)).collect())
}
