//! What a cycle or a round came to, noted: as signs of life, and in the log once
//! when it begins to fail and once when it goes well again.

use crate::{
    delivery::{Broken, Round},
    telemetry::{Look, Vitals, chain},
};

use super::{CycleReport, lasting::Lasting};

/// Notes a cycle that came to its end; says whether the store has been read for the
/// first time.
pub(super) fn note_cycle(vitals: &Vitals, report: &CycleReport, look: Look) -> bool {
    let counters = &vitals.counters;
    counters.cycles.add(1);
    counters.tickets_read.add(report.read);
    counters.notices_kept.add(usize::try_from(report.kept.new).unwrap_or(usize::MAX));
    counters.notices_superseded.add(usize::try_from(report.kept.superseded).unwrap_or(usize::MAX));
    vitals.change(|state| {
        state.cycle_fault = None;
        state.store_fault = report.store.as_ref().map(|fault| chain(fault));
        if report.store.is_none() {
            state.store_read = Some(look.at);
        }
        state.look = look;
        let is_first = report.store.is_none() && !state.is_ready;
        state.is_ready |= is_first;
        is_first
    })
}

/// Says once that the store is down, and once that it is back.
pub(super) fn note_store(report: &CycleReport, faults: &mut Lasting) {
    match &report.store {
        Some(fault) => {
            faults.fails(&chain(fault), "the ticket store cannot be read; known tickets go on being watched");
        }
        None => faults.mends("the ticket store can be read again"),
    }
}

/// Says once that forms cannot be written, and once that all of them are.
pub(super) fn note_forms(report: &CycleReport, faults: &mut Lasting) {
    match &report.forms {
        Some(fault) => {
            faults.fails(
                &chain(fault),
                "a form cannot be written; its message goes out without it, and it is tried again",
            );
        }
        None => faults.mends("forms can be written again"),
    }
}

/// Says once that a channel's work broke off, and once that all goes well again.
pub(super) fn note_broken(vitals: &Vitals, round: &Round, faults: &mut Lasting) {
    for leaving in &round.left {
        vitals.counters.answer(&leaving.outcome);
    }
    vitals.counters.texts_failed.add(round.words_faults.len());
    vitals.change(|state| state.round_fault = round.broken.first().map(|broken| broken.why.clone()));
    match round.broken.first() {
        Some(Broken { channel, why }) => {
            faults.fails(why, &format!("the work on {channel} broke off; what it claimed is taken up again"));
        }
        None => faults.mends("messages go out again"),
    }
}
