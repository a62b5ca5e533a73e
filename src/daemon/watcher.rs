//! One cycle: read what changed, plan it, keep it.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tracing::warn;

use crate::{
    delivery::Delivery,
    outbox::{Kept, Outbox, OutboxError, Wanted},
    planner::{Policy, TicketFacts, Watch},
    source::{Cursor, SourceError, Store},
    telemetry::Look,
    ticket::{Reader, Ticket, TicketNo},
};

use super::{
    book::Book,
    bulletins::Bulletins,
    digest::Digests,
    forms::{FormFault, FormParts},
    gone::Gone,
    health::Source,
};

mod beyond;
mod papers;
mod remembered;
mod repeats;

pub use remembered::outcomes_by_ticket;

use papers::Papers;
use remembered::facts_of;
use repeats::{from_ledger, to_ledger};

/// Tickets a page of the store holds, and an outbox commit at most.
const PAGE: usize = 2_000;

/// What the store is called in notices.
const STORE: &str = "工单库";

/// Of tickets that nothing more is planned of, so many are looked up in the ledger.
const IDLE_SHOWN: usize = 50;

/// How far back bursts are looked for: longer than any span of theirs and the first start's.
const BURSTS: TimeDelta = TimeDelta::days(10);

/// What a watcher is made from.
pub struct WatcherParts {
    pub store: Arc<Store>,
    pub outbox: Outbox,
    pub reader: Arc<Reader>,
    pub policy: Arc<Policy>,
    pub watch: Watch,
    pub forms: FormParts,
    /// The state folder, for files; none in a replay, which writes none.
    pub state: Option<PathBuf>,
}

/// What a cycle did.
#[derive(Debug, Default)]
pub struct CycleReport {
    /// Tickets whose rows had changed.
    pub read: usize,
    /// Rows that are no ticket at all, by the reason.
    pub unreadable: usize,
    /// Tickets planned.
    pub planned: usize,
    pub kept: Kept,
    /// Why the store could not be read; the plan went on with what is known.
    pub store: Option<SourceError>,
    /// Why a form could not be written; the notices went on without its file.
    pub forms: Option<FormFault>,
    /// When anything changes by time alone.
    pub next: Option<DateTime<Utc>>,
}

/// Watches the tickets: polls the store, and keeps what is wanted of each.
pub struct Watcher {
    parts: WatcherParts,
    book: Book,
    gone: Gone,
    cursor: Cursor,
    source: Source,
    bulletins: Bulletins,
    digests: Digests,
    /// Who waits for what is kept.
    waiting: Option<(Delivery, Arc<Notify>)>,
    /// Scopes that may still have open notices in the ledger from an earlier run.
    inherited: HashSet<String>,
    /// Whether the whole store has been read once.
    settled_in: bool,
    /// The tickets met while everything is being read, where the store does not tell
    /// which of them are gone.
    met: Option<HashSet<TicketNo>>,
    papers: Papers,
    /// The ledger is a backup's, and not all that is wanted has been compared with it.
    restored: Option<DateTime<Utc>>,
}

impl Watcher {
    /// A watcher that will read the whole store first.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub async fn new(parts: WatcherParts, now: DateTime<Utc>) -> Result<Self, OutboxError> {
        let mut book = Book::default();
        let window = i64::from(parts.policy.rules.repeat.window_days);
        let since = now - TimeDelta::days(window);
        for entry in parts.outbox.repeats(since).await? {
            if let Some(first) = &entry.first {
                book.remember_group(entry.ticket.clone(), first.clone());
            }
            book.remember_repeat(from_ledger(entry));
        }
        parts.outbox.calendar_in_force(parts.policy.calendar.parts(), now).await?;
        let met = starting(&parts.store);
        let inherited = parts.outbox.open_scopes().await?.into_iter().collect();
        let source = Source::read(STORE, &parts.outbox).await?;
        let digests = Digests::read(&parts.outbox).await?;
        let restored = parts.outbox.restored().await?;
        Ok(Self {
            parts,
            book,
            gone: Gone::default(),
            cursor: Cursor::start(),
            source,
            bulletins: Bulletins::default(),
            digests,
            waiting: None,
            inherited,
            settled_in: false,
            met,
            papers: Papers::new(now),
            restored,
        })
    }

    /// From now on tells delivery which cycles are under way, and calls whoever
    /// waits as soon as anything new is kept, though the cycle goes on.
    pub fn call(&mut self, delivery: Delivery, kept: Arc<Notify>) {
        self.waiting = Some((delivery, kept));
    }

    fn call_now(&self) {
        if let Some((_, kept)) = &self.waiting {
            kept.notify_one();
        }
    }

    /// The ledger.
    pub fn outbox(&self) -> &Outbox {
        &self.parts.outbox
    }

    /// How many tickets are open.
    pub fn open(&self) -> usize {
        self.book.open()
    }

    /// What a look at `at` came to.
    pub fn look_of(&self, at: DateTime<Utc>) -> Look {
        let idle = self.book.idle();
        Look {
            at,
            open: self.book.open(),
            next: self.book.next_wake(),
            idle: (idle.iter().take(IDLE_SHOWN).cloned().collect(), idle.len()),
            horizon: self.parts.policy.calendar.horizon(),
        }
    }

    /// Reads the whole store again at the next cycle.
    pub fn reconcile(&mut self) {
        self.cursor = Cursor::start();
        self.met = starting(&self.parts.store);
    }

    /// One cycle at `now`. A store that cannot be read stops nothing: what is
    /// known goes on being planned.
    ///
    /// # Errors
    ///
    /// When the ledger fails; the cycle may be run again.
    pub async fn cycle(&mut self, now: DateTime<Utc>) -> Result<CycleReport, OutboxError> {
        let done = self.look(now).await;
        if done.is_err() {
            // What was planned and not kept is planned again from the whole store.
            self.start_over();
        }
        done
    }

    /// Forgets everything in memory: the next cycle reads the store and the ledger.
    fn start_over(&mut self) {
        self.book = self.book.fresh();
        self.reconcile();
        self.settled_in = false;
    }

    async fn look(&mut self, now: DateTime<Utc>) -> Result<CycleReport, OutboxError> {
        let under_way = self.waiting.as_ref().map(|(delivery, _)| delivery.cycle());
        let mut report = CycleReport::default();
        let mut again = self.look_for_forms(now).await?;
        self.book.look_for_bursts_since(now - BURSTS);
        loop {
            match self.parts.store.changed(self.cursor.clone(), PAGE).await {
                Ok(page) => {
                    self.note_gone(&page.tickets, now).await?;
                    if let Some(met) = &mut self.met {
                        met.extend(page.tickets.iter().map(|ticket| ticket.no.clone()));
                    }
                    let tickets = self.read_page(page.tickets, &mut report);
                    let numbers = self.take(tickets).await?;
                    let before = report.kept.new;
                    self.keep(numbers, now, &mut report).await?;
                    if page.more && report.kept.new > before {
                        self.call_now();
                    }
                    self.cursor = page.cursor;
                    if !page.more {
                        report.store = self.note_left_out(now).await?;
                        self.settled_in = true;
                        break;
                    }
                }
                Err(error) => {
                    report.store = Some(error);
                    break;
                }
            }
        }
        again.extend(self.file_the_rest(now, &mut report).await?);
        again.extend(self.book.due(now));
        self.keep(again, now, &mut report).await?;
        self.keep_groups(now, &mut report).await?;
        // A new form has a meeting that is to be arranged.
        self.keep_groups(now, &mut report).await?;
        self.keep_topics(now, &mut report).await?;
        self.keep_gone(now, &mut report).await?;
        let of_store = self.source.look(&self.parts.outbox, report.store.as_ref(), now).await?;
        let of_calendar = self.keep_calendar(now, &mut report).await?;
        // Half a digest would be taken for a whole one.
        if self.settled_in {
            self.digests.look(&self.book, &self.parts, now, &mut report.kept).await?;
        }
        // Last: the whole store is read for a bulletin, and nothing is to wait for it.
        drop(under_way);
        self.call_now();
        let of_bulletins = match report.store {
            None => Some(self.bulletins.look(&self.parts, now).await?),
            Some(_) => None,
        };
        self.end_restore(&report).await?;
        let (of_digest, of_gone) = (Some(Digests::next(&self.parts.policy, now)), self.gone.next(&self.parts.policy));
        let all = [self.book.next_wake(), of_gone, of_store, of_calendar, of_digest, of_bulletins];
        report.next = all.into_iter().flatten().min();
        Ok(report)
    }

    /// Plans tickets again whose SMS to the citizen came to an end.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn outcomes_changed(
        &mut self,
        tickets: &[TicketNo],
        now: DateTime<Utc>,
    ) -> Result<CycleReport, OutboxError> {
        let done = self.take_outcomes(tickets, now).await;
        if done.is_err() {
            self.start_over();
        }
        done
    }

    async fn take_outcomes(&mut self, tickets: &[TicketNo], now: DateTime<Utc>) -> Result<CycleReport, OutboxError> {
        let mut outcomes = outcomes_by_ticket(self.parts.outbox.citizen_outcomes(tickets).await?);
        for no in tickets {
            self.book.set_outcomes(no, outcomes.remove(no).unwrap_or_default());
        }
        let mut report = CycleReport::default();
        self.keep(tickets.iter().cloned().collect(), now, &mut report).await?;
        report.next = self.book.next_wake();
        Ok(report)
    }

    /// New rules or a new calendar: of the open tickets only those of which something
    /// else is wanted or seen now are kept again.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn adopt(&mut self, policy: Arc<Policy>, now: DateTime<Utc>) -> Result<CycleReport, OutboxError> {
        let old = std::mem::replace(&mut self.parts.policy, policy);
        let mut report = CycleReport::default();
        let touched = self.book.touched([&old, &self.parts.policy], self.parts.watch, now);
        let kept = match self.parts.outbox.calendar_in_force(self.parts.policy.calendar.parts(), now).await {
            Ok(_) => self.keep(touched, now, &mut report).await,
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            self.start_over();
            return Err(error);
        }
        report.next = self.book.next_wake();
        Ok(report)
    }

    /// Rows become tickets; what is no ticket is counted and named by its number.
    fn read_page(&self, rows: Vec<crate::source::Rows>, report: &mut CycleReport) -> Vec<Ticket> {
        let mut tickets = Vec::with_capacity(rows.len());
        for ticket in rows {
            report.read += 1;
            if ticket.rows.is_empty() {
                continue;
            }
            match self.parts.reader.ticket(&ticket.rows) {
                Ok(ticket) => tickets.push(ticket),
                Err(error) => {
                    report.unreadable += 1;
                    warn!(ticket.no = %ticket.no, %error, "a row of ticket {} cannot be read", ticket.no);
                }
            }
        }
        tickets
    }

    /// Takes tickets into the book, with what the ledger remembers of the new ones.
    async fn take(&mut self, tickets: Vec<Ticket>) -> Result<BTreeSet<TicketNo>, OutboxError> {
        let new: Vec<TicketNo> =
            tickets.iter().map(|ticket| ticket.no.clone()).filter(|no| !self.book.holds(no)).collect();
        let mut facts: HashMap<TicketNo, TicketFacts> = HashMap::new();
        for fact in self.parts.outbox.facts_of(&new).await? {
            facts.entry(fact.ticket).or_default().add(&fact.what, &fact.value, fact.first_seen);
        }
        let mut outcomes = outcomes_by_ticket(self.parts.outbox.citizen_outcomes(&new).await?);
        let mut numbers = BTreeSet::new();
        for ticket in tickets {
            let no = ticket.no.clone();
            let remembered = (facts.remove(&no).unwrap_or_default(), outcomes.remove(&no).unwrap_or_default());
            self.book.take(ticket, Some(remembered));
            numbers.insert(no);
        }
        Ok(numbers)
    }

    /// Plans tickets and keeps their sets; the facts seen are kept before.
    async fn keep(
        &mut self,
        numbers: BTreeSet<TicketNo>,
        now: DateTime<Utc>,
        report: &mut CycleReport,
    ) -> Result<(), OutboxError> {
        let numbers: Vec<TicketNo> = numbers.into_iter().collect();
        for some in numbers.chunks(PAGE) {
            let mut sets = Vec::new();
            let mut facts = Vec::new();
            for no in some {
                let was_open = self.book.was_open(no);
                let Some(planned) = self.book.plan(no, &self.parts.policy, self.parts.watch, now) else { continue };
                report.planned += 1;
                facts.extend(facts_of(&planned, now));
                let scope = format!("T/{no}");
                let inherited = self.inherited.remove(&scope);
                // Of a closed ticket nothing is wanted: only worth a row if
                // something of it may be open.
                if was_open || inherited || !planned.plan.notices.is_empty() {
                    sets.push(Wanted { scope, notices: planned.plan.notices });
                }
            }
            self.parts.outbox.add_facts(&facts).await?;
            self.add_forms(&mut sets, now, report).await?;
            add(&mut report.kept, self.parts.outbox.keep(&sets, now).await?);
        }
        Ok(())
    }
}

/// Nothing is met yet; of no interest where the store tells which tickets are gone.
fn starting(store: &Store) -> Option<HashSet<TicketNo>> {
    if store.tells_deletions() { None } else { Some(HashSet::new()) }
}

pub(super) fn add(sum: &mut Kept, more: Kept) {
    sum.new += more.new;
    sum.recorded += more.recorded;
    sum.superseded += more.superseded;
    sum.reopened += more.reopened;
    sum.refreshed += more.refreshed;
    sum.unchanged += more.unchanged;
}
