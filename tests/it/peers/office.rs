//! A ledger, a roster, channels that take everything and a clock moved by hand:
//! what is kept is delivered as time passes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use duban::{
    channel::{Channel, memory::Memory},
    clock::{Clock, HandClock},
    delivery::{
        BackOff, Boxed, Carrier, Delivery, DeliverySettings, Fresh, Jitter, Leaving, Means, Reread, RereadError,
    },
    message::{Templates, Wording, fixture_facts},
    notice::{Batch, Fact, Kind, Medium, Notice, Occurrence, Subject, Wish},
    outbox::{Filter, Listed, Outbox, Wanted, scope},
    roster::Roster,
    ticket::{Private, TicketNo},
};

const ROSTER: &str = r#"
unit = [{ code = "01", name = "甲站" }]
person = [
    { id = "handler", name = "周经办", unit = "01", roles = ["handler"], phones = ["13800090001"], email = "handler@example.org" },
    { id = "deputy", name = "吴副站", unit = "01", roles = ["deputy"], phones = ["13800090002"], email = "deputy@example.org" },
    { id = "chief", name = "郑站长", unit = "01", roles = ["chief"], phones = ["13800090003"], email = "chief@example.org" },
    { id = "desk", name = "王科员", roles = ["desk"], phones = ["13800090004"], email = "desk@example.org" },
    { id = "leader", name = "冯局长", roles = ["bureau_hotline", "bureau_matter"], matters = ["供水"], phones = ["13800090005"], email = "leader@example.org" },
    { id = "ops", name = "陈运维", roles = ["ops"], phones = ["13800090006"], email = "ops@example.org" },
]
"#;

/// The whole of it.
pub struct Office {
    pub outbox: Outbox,
    pub delivery: Delivery,
    pub means: Arc<Means>,
    clock: Arc<HandClock>,
    tickets: Arc<Wishes>,
    folder: tempfile::TempDir,
}

impl Office {
    /// An office at an instant; `change` sets what the test is about.
    pub async fn at(now: DateTime<Utc>, change: impl FnOnce(&mut DeliverySettings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path().join("ledger.db")).await.unwrap();
        let clock = Arc::new(HandClock::at(now));
        let tickets = Arc::new(Wishes::default());
        let back_off = BackOff { jitter: Jitter::None, ..BackOff::default() };
        let mut settings = DeliverySettings { back_off, ..DeliverySettings::default() };
        change(&mut settings);
        let line = |medium: Medium| -> Arc<dyn Carrier> {
            Arc::new(Channel::Memory(Arc::new(Memory::new(medium.id(), medium))))
        };
        let means = Means {
            roster: Arc::new(Roster::from_toml("roster.toml", ROSTER).unwrap()),
            templates: Arc::new(Templates::load(&[], &Wording::default()).unwrap()),
            channels: vec![line(Medium::Sms), line(Medium::Email)],
            tickets: tickets.clone(),
            settings,
        };
        let delivery = Delivery::new(outbox.clone(), clock.clone());
        Self { outbox, delivery, means: Arc::new(means), clock, tickets, folder }
    }

    /// The same ledger in a new process.
    pub async fn restarted(mut self) -> Self {
        self.outbox = Outbox::open(self.folder.path().join("ledger.db")).await.unwrap();
        self.delivery = Delivery::new(self.outbox.clone(), self.clock.clone());
        self
    }

    /// The instant it is.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Keeps the whole set of each notice's scope, in the ledger and in the store.
    pub async fn keep(&self, notices: impl IntoIterator<Item = Notice>) {
        let mut sets: Vec<Wanted> = Vec::new();
        for notice in notices {
            let scope = scope(&notice.subject);
            match sets.iter_mut().find(|set| set.scope == scope) {
                Some(set) => set.notices.push(notice),
                None => sets.push(Wanted { scope, notices: vec![notice] }),
            }
        }
        for set in &sets {
            if let Some(no) = set.scope.strip_prefix("T/") {
                self.tickets.0.lock().unwrap().insert(TicketNo::new(no), set.notices.clone());
            }
        }
        self.outbox.keep(&sets, self.now()).await.unwrap();
    }

    /// Lets time pass until an instant, which is not included; gives what left.
    pub async fn until(&self, end: DateTime<Utc>) -> Vec<Leaving> {
        let mut left = Vec::new();
        loop {
            let round = self.delivery.run(&self.means).await.unwrap();
            assert_eq!(round.broken, []);
            assert_eq!(round.words_faults, []);
            left.extend(round.left);
            match self.delivery.next_wake().await.unwrap() {
                Some(next) if next < end => self.clock.set(next),
                Some(_) | None => {
                    self.clock.set(end);
                    return left;
                }
            }
        }
    }

    /// Everything in the ledger.
    pub async fn all(&self) -> Vec<Listed> {
        self.outbox.list(&Filter::All, 100_000).await.unwrap()
    }
}

/// The store and the planner in one: what is wanted of each ticket.
#[derive(Default)]
struct Wishes(Mutex<HashMap<TicketNo, Vec<Notice>>>);

impl Reread for Wishes {
    fn reread<'a>(
        &'a self,
        tickets: &'a [TicketNo],
        _now: DateTime<Utc>,
    ) -> Boxed<'a, Result<HashMap<TicketNo, Fresh>, RereadError>> {
        Box::pin(async move {
            let known = self.0.lock().unwrap();
            let fresh = |notices: &Vec<Notice>| Fresh {
                notices: notices.clone(),
                mobile: Some(Private::new("13800012345".to_owned())),
            };
            Ok(tickets.iter().filter_map(|no| Some((no.clone(), fresh(known.get(no)?)))).collect())
        })
    }
}

/// A notice about a ticket of 甲站, with made-up facts.
pub fn notice(no: &str, kind: Kind, due: DateTime<Utc>) -> Notice {
    let mut facts = fixture_facts(kind, &Wording::default()).unwrap().remove(0);
    facts.insert("no".into(), Fact::Text(no.into()));
    Notice {
        subject: Subject::Ticket { no: TicketNo::new(no), round: 1, assignment: None },
        kind,
        occurrence: if kind.is_to_citizen() { Occurrence::Once } else { Occurrence::Due(due) },
        roles: kind.roles().to_vec(),
        unit: Some("甲站".into()),
        category: None,
        due,
        expires: None,
        batch: Batch::Due(due),
        wish: Wish::Send,
        late: false,
        urgent: false,
        provisional: false,
        facts,
    }
}
