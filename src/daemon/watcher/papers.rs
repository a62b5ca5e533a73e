//! The forms of what is planned: numbered before a notice is kept, and written as
//! soon as they can be.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::{CycleReport, Watcher};
use crate::{
    daemon::forms::{self, About, FormFault, Known, Sources},
    notice::Subject,
    outbox::{FormFilter, IssuedForm, OutboxError, Series, Wanted, scope},
    ticket::TicketNo,
};

/// How far back forms are looked for at the start, in days: longer than a repeat
/// group or an order lives.
const LOOK_BACK_DAYS: i64 = 400;
/// A form issued by hand may carry an instant a little before the last look.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);

/// What is known of the forms issued.
#[derive(Debug)]
pub(super) struct Papers {
    seen: HashSet<(Series, i32, u32)>,
    /// By subject: those whose file is still to be written.
    unfiled: BTreeMap<String, IssuedForm>,
    since: DateTime<Utc>,
}

impl Papers {
    pub fn new(now: DateTime<Utc>) -> Self {
        let since = now - TimeDelta::days(LOOK_BACK_DAYS);
        Self { seen: HashSet::new(), unfiled: BTreeMap::new(), since }
    }
}

impl Watcher {
    /// Takes in forms that were issued since the last look, by an earlier run or by
    /// hand; gives the tickets that are planned anew for it.
    pub(super) async fn look_for_forms(&mut self, now: DateTime<Utc>) -> Result<BTreeSet<TicketNo>, OutboxError> {
        let mut issued = self.parts.outbox.forms(FormFilter::Since(self.papers.since - OVERLAP)).await?;
        self.papers.since = self.papers.since.max(now);
        issued.retain(|form| !self.papers.seen.contains(&(form.series, form.year, form.number)));
        let mut again = BTreeSet::new();
        for Known { form, path } in forms::with_paths(&self.parts.outbox, issued).await? {
            again.extend(self.remember(&form));
            if path.is_none() {
                self.papers.unfiled.insert(form.subject.clone(), form);
            }
        }
        Ok(again)
    }

    /// The book learns of a form; gives the ticket that is to be planned for it.
    fn remember(&mut self, form: &IssuedForm) -> Option<TicketNo> {
        self.papers.seen.insert((form.series, form.year, form.number));
        match About::read(&form.subject)? {
            About::Ticket { no, .. } => self.book.remember_order(&no, forms::order(form)).then_some(no),
            About::Group { first, .. } => {
                self.book.remember_form(&first, forms::order(form));
                None
            }
        }
    }

    /// Writes what could not be written before; gives the tickets whose notices may
    /// now tell where the form is.
    pub(super) async fn file_the_rest(
        &mut self,
        now: DateTime<Utc>,
        report: &mut CycleReport,
    ) -> Result<BTreeSet<TicketNo>, OutboxError> {
        let mut again = BTreeSet::new();
        // A group is known only once the whole store has been read.
        let waiting = if self.settled_in { self.papers.unfiled.clone() } else { BTreeMap::new() };
        for form in waiting.values() {
            match self.file(form, now).await? {
                Ok(_) => match About::read(&form.subject) {
                    Some(About::Ticket { no, .. }) => _ = again.insert(no),
                    Some(About::Group { first, .. }) => self.book.regroup(&first),
                    None => {}
                },
                Err(fault) => report.forms = Some(fault),
            }
        }
        Ok(again)
    }

    /// The notices of `sets` get the forms that they are told with.
    pub(super) async fn add_forms(
        &mut self,
        sets: &mut [Wanted],
        now: DateTime<Utc>,
        report: &mut CycleReport,
    ) -> Result<(), OutboxError> {
        let outbox = self.parts.outbox.clone();
        let mut known = forms::known(&outbox, sets.iter().flat_map(|set| &set.notices)).await?;
        let new = forms::number(&outbox, sets.iter().flat_map(|set| &set.notices), &known, now).await?;
        for form in new {
            if let Some(no) = self.remember(&form) {
                self.plan_anew(&no, sets, now);
            }
            known.insert(form.subject.clone(), Known { form, path: None });
        }
        for known in known.values_mut().filter(|known| known.path.is_none()) {
            match self.file(&known.form, now).await? {
                Ok(path) => known.path = Some(path),
                Err(fault) => report.forms = Some(fault),
            }
        }
        for set in sets {
            forms::dress(&mut set.notices, &known);
        }
        Ok(())
    }

    /// An order brings duties of its own.
    fn plan_anew(&mut self, no: &TicketNo, sets: &mut [Wanted], now: DateTime<Utc>) {
        let subject = Subject::Ticket { no: no.clone(), round: 0, assignment: None };
        let set = sets.iter_mut().find(|set| set.scope == scope(&subject));
        if let (Some(set), Some(planned)) = (set, self.book.plan(no, &self.parts.policy, self.parts.watch, now)) {
            set.notices = planned.plan.notices;
        }
    }

    /// Writes one form; what keeps it from that is told, and it is tried again.
    async fn file(&mut self, form: &IssuedForm, now: DateTime<Utc>) -> Result<Result<String, FormFault>, OutboxError> {
        let parts = &self.parts;
        let members = match About::read(&form.subject) {
            Some(About::Group { first, .. }) => {
                let members = self.book.members(&first, parts.policy.rules.repeat.window_days);
                // A form by hand may be of one ticket.
                if members.is_empty() { vec![first] } else { members }
            }
            Some(About::Ticket { .. }) | None => Vec::new(),
        };
        let sources = Sources {
            store: &parts.store,
            outbox: &parts.outbox,
            reader: &parts.reader,
            policy: &parts.policy,
            watch: parts.watch,
            settings: &parts.forms.settings,
        };
        match forms::file(&sources, &parts.forms.cabinet, form, &members, now).await {
            Ok(path) => {
                self.papers.unfiled.remove(&form.subject);
                Ok(Ok(path))
            }
            Err(FormFault::Ledger(error)) => Err(error),
            Err(fault) => {
                self.papers.unfiled.insert(form.subject.clone(), form.clone());
                Ok(Err(fault))
            }
        }
    }
}
