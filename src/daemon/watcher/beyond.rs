//! What a cycle keeps beyond single tickets: groups, bursts, years without a
//! calendar, and tickets whose rows are gone.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use tracing::{debug, warn};

use super::{CycleReport, PAGE, Watcher, add, to_ledger};
use crate::{
    outbox::{self, OutboxError, Wanted},
    planner,
    source::{Rows, SourceError},
    ticket::TicketNo,
};

impl Watcher {
    /// Remembers which rows went and which came back: a row that vanished cancels
    /// nothing for a day, the last sight of it stands.
    pub(super) async fn note_gone(
        &mut self,
        page: &[crate::source::Rows],
        now: DateTime<Utc>,
    ) -> Result<(), OutboxError> {
        let mut facts = Vec::new();
        let mut unknown = Vec::new();
        for Rows { no, rows } in page {
            if !rows.is_empty() {
                facts.extend(self.gone.back(no, now));
            } else if self.gone.has(no) {
                continue;
            } else if self.book.holds(no) {
                warn!(ticket.no = %no, "ticket {no} is gone from the store; its last state stands");
                facts.push(self.gone.went(no, now));
            } else {
                unknown.push(no.clone());
            }
        }
        let remembered = self.parts.outbox.facts_of(&unknown).await?;
        for no in unknown {
            // It went while no daemon ran: of interest only if something of it is open.
            if !self.gone.was(&no, &remembered) && self.inherited.contains(&format!("T/{no}")) {
                facts.push(self.gone.went(&no, now));
            }
        }
        self.parts.outbox.add_facts(&facts).await?;
        Ok(())
    }

    /// Everything was read: what is known and was not met is gone, or was missed and
    /// is looked for once more. Why that could not be done is no fault of the ledger.
    pub(super) async fn note_left_out(&mut self, now: DateTime<Utc>) -> Result<Option<SourceError>, OutboxError> {
        let Some(met) = self.met.take() else { return Ok(None) };
        let inherited = self.inherited.iter().filter_map(|scope| scope.strip_prefix("T/")).map(TicketNo::new);
        let known = self.book.views().map(|view| view.ticket.no.clone()).chain(inherited);
        let left_out: Vec<TicketNo> = known.filter(|no| !met.contains(no) && !self.gone.has(no)).collect();
        for some in left_out.chunks(PAGE) {
            match self.parts.store.read(some).await {
                Ok(mut rows) => {
                    rows.retain(|ticket| ticket.rows.is_empty());
                    self.note_gone(&rows, now).await?;
                }
                Err(error) => return Ok(Some(error)),
            }
        }
        Ok(None)
    }

    /// Rows gone for a day: the desk is told, and all else about them is withdrawn.
    pub(super) async fn keep_gone(&mut self, now: DateTime<Utc>, report: &mut CycleReport) -> Result<(), OutboxError> {
        let due = self.gone.due(&self.parts.policy, now);
        if due.is_empty() {
            return Ok(());
        }
        let (numbers, sets): (BTreeSet<TicketNo>, Vec<Wanted>) = due.into_iter().unzip();
        match self.parts.outbox.keep(&sets, now).await {
            Ok(kept) => add(&mut report.kept, kept),
            Err(error) => {
                self.gone.tell_again(&numbers);
                return Err(error);
            }
        }
        numbers.iter().for_each(|no| self.book.drop(no));
        Ok(())
    }

    pub(super) async fn keep_groups(
        &mut self,
        now: DateTime<Utc>,
        report: &mut CycleReport,
    ) -> Result<(), OutboxError> {
        // Whoever is in a group is known only then.
        if !self.settled_in {
            return Ok(());
        }
        let planned = self.book.plan_groups(&self.parts.policy, self.parts.watch, now);
        let mut sets = Vec::new();
        let mut repeats = Vec::new();
        for (identity, members, plan) in planned {
            repeats.extend(members.iter().filter_map(|no| self.book.repeat_entry(no)).map(|e| to_ledger(e, &identity)));
            sets.push(Wanted { scope: format!("G/{identity}"), notices: plan.notices });
        }
        if sets.is_empty() {
            return Ok(());
        }
        self.add_forms(&mut sets, now, report).await?;
        // The sets first: a group saved but not kept would not be looked at again.
        add(&mut report.kept, self.parts.outbox.keep(&sets, now).await?);
        self.parts.outbox.save_repeats(&repeats).await?;
        Ok(())
    }

    pub(super) async fn keep_topics(
        &mut self,
        now: DateTime<Utc>,
        report: &mut CycleReport,
    ) -> Result<(), OutboxError> {
        let planned = self.book.plan_topics(&self.parts.policy, self.parts.watch, now);
        // A burst that shrinks by a corrected ticket stays told: it is one notice of a day.
        let notices = planned.into_iter().flat_map(|plan| plan.notices);
        let sets: Vec<Wanted> =
            notices.map(|notice| Wanted { scope: outbox::scope(&notice.subject), notices: vec![notice] }).collect();
        if !sets.is_empty() {
            add(&mut report.kept, self.parts.outbox.keep(&sets, now).await?);
        }
        Ok(())
    }

    /// Years without a calendar; the next instant at which that is said again.
    pub(super) async fn keep_calendar(
        &mut self,
        now: DateTime<Utc>,
        report: &mut CycleReport,
    ) -> Result<Option<DateTime<Utc>>, OutboxError> {
        let mut next: Option<DateTime<Utc>> = None;
        let mut sets = Vec::new();
        for (year, plan) in planner::calendar_missing(&self.parts.policy, self.book.unknown_years(), now) {
            next = next.into_iter().chain(plan.next).min();
            sets.push(Wanted { scope: format!("Y/{year}"), notices: plan.notices });
        }
        add(&mut report.kept, self.parts.outbox.keep(&sets, now).await?);
        debug!(planned = report.planned, new = report.kept.new, "cycle");
        Ok(next)
    }

    /// After a restore: once the whole store was looked at, all that was wanted
    /// meanwhile is in the ledger, and held.
    pub(super) async fn end_restore(&mut self, report: &CycleReport) -> Result<(), OutboxError> {
        if self.settled_in && report.store.is_none() && self.restored.is_some() {
            self.parts.outbox.restore_is_over().await?;
            self.restored = None;
        }
        Ok(())
    }
}
