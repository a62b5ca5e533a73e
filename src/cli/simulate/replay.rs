//! The replay: the daemon's own watcher, outbox and delivery on a hand-moved
//! clock, a ledger in memory and channels that take everything.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
};

use chrono::{DateTime, Utc};

use super::{Args, Span, Told};
use crate::{
    calendar::{Calendar, YearFile, embedded},
    channel::{Channel, memory::Memory},
    cli::{Stop, calendars},
    clock::{Clock, HandClock},
    daemon::{TicketsAgain, Watcher, WatcherParts, citizens, forms::FormParts},
    delivery::{BackOff, Carrier, Delivery, DeliverySettings, Jitter, Leaving, Means},
    message::{Item, Templates},
    notice::{Fact, Kind, Medium, Outcome, Role},
    outbox::{Filter, KeptNotice, NoticeState, Outbox},
    planner::{Policy, Watch},
    roster::Roster,
    rules::Rules,
    source::{ColumnMap, HistoryStore, Store},
    ticket::NumberKey,
};

/// What the settings give a replay.
pub struct Setting {
    pub rules: Rules,
    pub templates: Templates,
    pub columns: ColumnMap,
}

impl Setting {
    /// What comes with the program.
    ///
    /// # Errors
    ///
    /// Never for the files as shipped.
    pub fn shipped() -> anyhow::Result<Self> {
        let templates = Templates::load(&[], &crate::message::Wording::default())
            .map_err(|faults| anyhow::anyhow!("{} shipped templates are at fault", faults.len()))?;
        Ok(Self { rules: Rules::embedded()?, templates, columns: ColumnMap::built_in()? })
    }
}

/// A replay under way.
pub struct Replay {
    span: Span,
    down: Vec<Span>,
    arrivals: Vec<(PathBuf, DateTime<Utc>)>,
    files: Vec<YearFile>,
    fail: Vec<super::Failing>,
    roster: Option<Arc<Roster>>,
    units: BTreeSet<String>,
    setting: Setting,
    store: Arc<Store>,
    reader: Arc<crate::ticket::Reader>,
    instants: Vec<DateTime<Utc>>,
    digest: Digest,
    record: Record,
}

/// One object a message, or one a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digest {
    Message,
    Ticket,
}

/// Only what left, or also what never did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record {
    Left,
    All,
}

/// The daemon between two stops.
struct Running {
    watcher: Watcher,
    delivery: Delivery,
    means: Arc<Means>,
}

impl Replay {
    /// Reads what the replay is made from.
    ///
    /// # Errors
    ///
    /// A file at fault, with name and line.
    pub fn new(args: &Args, setting: Setting) -> anyhow::Result<Self> {
        let reader = Arc::new(setting.columns.reader(NumberKey::new([0; 32])));
        let history = HistoryStore::from_csv(&args.history, &setting.columns, &reader)
            .map_err(|e| Stop::bad_input(crate::telemetry::chain(&e)))?;
        let instants = history.instants();
        let files = match &args.calendars {
            Some(dir) => calendars::read(dir)?,
            None => embedded().map_err(|e| Stop::bad_input(e.to_string()))?,
        };
        let roster = args.roster.as_deref().map(super::roster).transpose()?.map(Arc::new);
        Ok(Self {
            span: Span { from: args.from, to: args.to },
            down: args.down.clone(),
            arrivals: args.load_calendar.clone(),
            files,
            fail: args.fail.clone(),
            roster,
            units: units(&history, &reader),
            setting,
            store: Arc::new(Store::History(history)),
            reader,
            instants,
            digest: if args.no_digest { Digest::Ticket } else { Digest::Message },
            record: if args.all { Record::All } else { Record::Left },
        })
    }

    /// Runs it and gives everything that left, from the first line on.
    ///
    /// # Errors
    ///
    /// When a year file that arrives is at fault, or the ledger fails.
    pub async fn run(mut self) -> anyhow::Result<Vec<Told>> {
        let outbox = Outbox::in_memory().await.map_err(Stop::ledger)?;
        let first = self.instants.first().copied().unwrap_or(self.span.from);
        let mut now = first.min(self.span.from);
        let clock = Arc::new(HandClock::at(now));
        let mut running = self.start(&outbox, &clock).await?;
        let mut left = Vec::new();
        while now < self.span.to {
            if let Some(down) = self.down.iter().find(|down| down.from <= now && now < down.to) {
                now = down.to;
                clock.set(now);
                self.arrive(now)?;
                running = self.start(&outbox, &clock).await?;
            }
            if self.arrive(now)? {
                let policy = self.policy()?;
                running.watcher.adopt(policy.clone(), now).await.map_err(Stop::ledger)?;
                running.means = self.means(&outbox, policy);
            }
            if let Store::History(history) = &*self.store {
                history.set_now(now);
            }
            let next = self.step(&mut running, now, &mut left).await?;
            now = self.next(now, next);
            clock.set(now);
        }
        self.told(&left, &outbox).await
    }

    /// One instant: what changed is planned and sent until nothing moves.
    async fn step(
        &self,
        running: &mut Running,
        now: DateTime<Utc>,
        left: &mut Vec<Leaving>,
    ) -> anyhow::Result<Option<DateTime<Utc>>> {
        let mut next = running.watcher.cycle(now).await.map_err(Stop::ledger)?.next;
        loop {
            let round = running.delivery.run(&running.means).await?;
            if let Some(broken) = round.broken.first() {
                anyhow::bail!("the work on {} broke off: {}", broken.channel, broken.why);
            }
            let tickets = citizens(&round);
            let moved = !round.left.is_empty();
            left.extend(round.left);
            if !tickets.is_empty() {
                next = running.watcher.outcomes_changed(&tickets, now).await.map_err(Stop::ledger)?.next;
            }
            if !moved {
                break;
            }
        }
        let wake = running.delivery.next_wake().await?;
        Ok(next.into_iter().chain(wake).filter(|at| *at > now).min())
    }

    /// The next instant at which anything can happen.
    fn next(&self, now: DateTime<Utc>, planned: Option<DateTime<Utc>>) -> DateTime<Utc> {
        let lines = self.instants.iter().copied();
        let downs = self.down.iter().map(|down| down.from);
        let arrivals = self.arrivals.iter().map(|(_, at)| *at);
        let all = planned.into_iter().chain(lines).chain(downs).chain(arrivals);
        all.filter(|at| *at > now).min().unwrap_or(self.span.to).min(self.span.to)
    }

    /// Takes in the year files that have arrived by `now`.
    fn arrive(&mut self, now: DateTime<Utc>) -> anyhow::Result<bool> {
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.arrivals).into_iter().partition(|(_, at)| *at <= now);
        self.arrivals = later;
        for (path, _) in &due {
            let file = calendars::file(path)?;
            self.files.retain(|known| known.year() != file.year());
            self.files.push(file);
        }
        Ok(!due.is_empty())
    }

    fn policy(&self) -> anyhow::Result<Arc<Policy>> {
        let calendar = Calendar::new(&self.files, &[]).map_err(|e| Stop::bad_input(e.to_string()))?;
        Ok(Arc::new(Policy { calendar, rules: self.setting.rules.clone(), roster: self.roster.clone() }))
    }

    async fn start(&self, outbox: &Outbox, clock: &Arc<HandClock>) -> anyhow::Result<Running> {
        let policy = self.policy()?;
        let parts = WatcherParts {
            store: self.store.clone(),
            outbox: outbox.clone(),
            reader: self.reader.clone(),
            policy: policy.clone(),
            watch: WATCH,
            forms: FormParts::paperless(),
            state: None,
        };
        let watcher = Watcher::new(parts, clock.now()).await.map_err(Stop::ledger)?;
        let delivery = Delivery::new(outbox.clone(), clock.clone());
        Ok(Running { watcher, delivery, means: self.means(outbox, policy) })
    }

    fn means(&self, outbox: &Outbox, policy: Arc<Policy>) -> Arc<Means> {
        let line = |medium: Medium| -> Arc<dyn Carrier> {
            let memory = self
                .fail
                .iter()
                .filter(|fail| fail.medium == medium)
                .fold(Memory::new(medium.id(), medium), |memory, fail| {
                    memory.answering(fail.class, fail.span.from, fail.span.to)
                });
            Arc::new(Channel::Memory(Arc::new(memory)))
        };
        let back_off = BackOff { jitter: Jitter::None, ..BackOff::default() };
        let roster =
            self.roster.clone().unwrap_or_else(|| Arc::new(Roster::roles_only(self.units.iter().map(String::as_str))));
        Arc::new(Means {
            roster,
            templates: Arc::new(self.setting.templates.clone()),
            channels: vec![line(Medium::Sms), line(Medium::Email)],
            tickets: Arc::new(TicketsAgain {
                store: self.store.clone(),
                outbox: outbox.clone(),
                reader: self.reader.clone(),
                policy,
                watch: WATCH,
            }),
            settings: DeliverySettings { back_off, ..crate::daemon::delivery_settings(&self.setting.rules) },
        })
    }

    /// Leavings as they are shown; with `--all` what never left too.
    async fn told(&self, left: &[Leaving], outbox: &Outbox) -> anyhow::Result<Vec<Told>> {
        let listed = outbox.list(&Filter::All, u32::MAX).await.map_err(Stop::ledger)?;
        let mut roles: HashMap<(String, Kind, String), BTreeSet<Role>> = HashMap::new();
        for row in listed.iter().filter(|row| row.state != NoticeState::Superseded) {
            let key = &row.notice.key;
            roles.entry((key.subject.clone(), key.kind, key.occurrence.clone())).or_default().insert(key.role);
        }
        let mut told: BTreeMap<_, Told> = BTreeMap::new();
        for leaving in left.iter().filter(|leaving| self.record == Record::All || has_left(&leaving.outcome)) {
            let parts: Vec<&[KeptNotice]> = match self.digest {
                Digest::Message => vec![&leaving.notices],
                Digest::Ticket => leaving.notices.chunks(1).collect(),
            };
            for notices in parts {
                let Some(new) = self.one(leaving, notices, &roles) else { continue };
                let tickets = new.tickets.clone();
                let key = (new.at, new.kind, tickets, new.unit.clone(), new.deferred_from, new.repeat, new.outcome);
                let known = told.entry(key).or_insert_with(|| new.clone());
                known.roles.extend(&new.roles);
                known.text.extend(new.text);
            }
        }
        let mut told: Vec<Told> = told.into_values().collect();
        if self.record == Record::All {
            told.extend(listed.iter().filter(|row| row.state == NoticeState::Superseded).map(superseded));
        }
        Ok(told)
    }

    fn one(
        &self,
        leaving: &Leaving,
        notices: &[KeptNotice],
        roles: &HashMap<(String, Kind, String), BTreeSet<Role>>,
    ) -> Option<Told> {
        let first = notices.first()?;
        let text = match self.digest {
            Digest::Ticket if leaving.notices.len() == 1 => leaving.text.clone(),
            Digest::Message => leaving.text.clone(),
            Digest::Ticket => {
                let items: Vec<Item<'_>> =
                    notices.iter().map(|n| Item { facts: &n.facts, late: n.late, repeat: leaving.is_repeat }).collect();
                self.setting.templates.render(first.key.kind, leaving.medium, &items).ok()?
            }
        };
        let whole = text.subject.map_or_else(|| text.body.clone(), |subject| format!("{subject}\n\n{}", text.body));
        let mut new = told_of(first);
        new.at = leaving.at;
        new.tickets = notices.iter().flat_map(tickets).collect::<BTreeSet<_>>().into_iter().collect();
        new.list = new.list || new.tickets.len() > 1;
        let of = |n: &KeptNotice| roles.get(&(n.key.subject.clone(), n.key.kind, n.key.occurrence.clone()));
        new.roles =
            notices.iter().filter_map(of).flatten().copied().chain(notices.iter().map(|n| n.key.role)).collect();
        new.text = [(leaving.medium.id(), whole)].into();
        new.late = notices.iter().any(|n| n.late);
        new.provisional = notices.iter().any(|n| n.provisional);
        new.deferred_from = leaving.deferred_from;
        new.repeat = leaving.is_repeat;
        new.outcome = (!matches!(leaving.outcome, Outcome::Accepted(_))).then(|| leaving.outcome.class());
        Some(new)
    }
}

/// Whether anything left with an answer like this.
fn has_left(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Accepted(_) | Outcome::Refused(_) | Outcome::Unknown(_) => true,
        Outcome::NotSent { .. } | Outcome::Throttled { .. } | Outcome::ChannelDown { .. } => false,
    }
}

/// As if the daemon had run all along.
const WATCH: Watch = Watch { since: DateTime::<Utc>::UNIX_EPOCH };

fn units(history: &HistoryStore, reader: &crate::ticket::Reader) -> BTreeSet<String> {
    history
        .all_rows()
        .filter_map(|row| reader.ticket(std::slice::from_ref(row)).ok())
        .flat_map(|t| t.units.to_vec())
        .map(|u| u.to_string())
        .collect()
}

fn tickets(notice: &KeptNotice) -> Vec<String> {
    match (&notice.ticket, notice.facts.get("nos")) {
        (Some(ticket), _) => vec![ticket.to_string()],
        (None, Some(Fact::List(nos))) => nos.clone(),
        (None, _) => Vec::new(),
    }
}

fn told_of(notice: &KeptNotice) -> Told {
    Told {
        at: notice.due,
        due_at: notice.due,
        kind: notice.key.kind,
        tickets: tickets(notice),
        list: notice.ticket.is_none(),
        unit: notice.unit.clone(),
        roles: [notice.key.role].into(),
        text: BTreeMap::new(),
        late: notice.late,
        provisional: notice.provisional,
        deferred_from: None,
        repeat: false,
        outcome: None,
        superseded: None,
    }
}

fn superseded(row: &crate::outbox::Listed) -> Told {
    Told { superseded: Some(row.reason.clone().unwrap_or_default()), ..told_of(&row.notice) }
}
