//! The daemon's rooms put together as the daemon does it, gone through step by step
//! with a clock moved by hand and channels that answer as a test says.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use duban::{
    channel::{Letter, Limits},
    clock::{Clock, HandClock},
    config::{self, Places},
    daemon::{
        Assembly, Changeable, Fixed, Gateways, LedgerLock, Maker, Proving, Watcher, citizens,
        forms::{Cabinet, FormParts},
    },
    delivery::{Boxed, Carrier, Delivery, Means, Round},
    notice::{Failure, Kind, Medium, Outcome, Receipt, Refusal},
    outbox::{Filter, NoticeState, Outbox},
    source::SourceError,
};

use crate::program::House;

/// A daemon that moves only when it is told to.
pub struct Office {
    pub house: House,
    pub outbox: Outbox,
    pub watcher: Watcher,
    pub sms: Arc<Line>,
    pub mail: Arc<Line>,
    pub delivery: Delivery,
    pub means: Arc<Means>,
    pub proving: Option<Proving>,
    maker: Maker,
    gateways: Gateways,
    clock: Arc<HandClock>,
    _lock: LedgerLock,
}

impl Office {
    pub async fn open(house: House, now: &str) -> Self {
        let now = DateTime::parse_from_rfc3339(now).unwrap().to_utc();
        let [sms, mail] = [("sms", Medium::Sms), ("mail", Medium::Email)].map(|(name, medium)| Line::new(name, medium));
        Self::opened(house, Arc::new(HandClock::at(now)), sms, mail).await
    }

    /// The same house, clock and channels in a new process.
    pub async fn restarted(self) -> Self {
        let Self { house, clock, sms, mail, _lock: lock, .. } = self;
        drop(lock);
        Self::opened(house, clock, sms, mail).await
    }

    async fn opened(house: House, clock: Arc<HandClock>, sms: Arc<Line>, mail: Arc<Line>) -> Self {
        let loaded = config::load(&Places { dir: house.config(), credentials: None }).unwrap();
        let fixed = Fixed {
            columns: loaded.columns.clone(),
            key: config::number_key(&house.state()).unwrap(),
            state: loaded.settings.state.dir.clone(),
            store: loaded.store.clone(),
            ledger: loaded.settings.ledger_path(),
            write_back: loaded.settings.write_back.statement.clone(),
            forms: FormParts {
                settings: loaded.settings.forms.clone(),
                cabinet: Cabinet::Folder(loaded.settings.forms_path()),
            },
            clock: clock.clone(),
        };
        let changeable = changeable(loaded);
        let Assembly { watcher, delivery, gateways, proving, means, outbox, maker, lock } =
            Assembly::open(fixed, changeable).await.unwrap();
        let channels: Vec<Arc<dyn Carrier>> = vec![sms.clone(), mail.clone()];
        let means = Arc::new(Means { channels, ..(**means.load()).clone() });
        Self { house, outbox, watcher, sms, mail, delivery, means, proving, maker, gateways, clock, _lock: lock }
    }

    /// Takes the settings on disk into force, as a reload does; gives how many tickets
    /// were planned again.
    pub async fn reload(&mut self) -> usize {
        let loaded = config::load(&Places { dir: self.house.config(), credentials: None }).unwrap();
        let (policy, means) = self.maker.make(changeable(loaded));
        self.means = Arc::new(Means { channels: self.means.channels.clone(), ..(*means).clone() });
        self.watcher.adopt(policy, self.now()).await.unwrap().planned
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn forward(&self, by: TimeDelta) {
        self.clock.set(self.now() + by);
    }

    /// Looks at the store and sends what is due, twice: what the sending brought
    /// about is planned and sent too.
    pub async fn step(&mut self) -> Vec<Round> {
        let mut rounds = Vec::new();
        self.watcher.cycle(self.now()).await.unwrap();
        for _ in 0..2 {
            let round = self.delivery.run(&self.means).await.unwrap();
            self.gateways.look(&round, &self.means, self.now()).await.unwrap();
            self.watcher.outcomes_changed(&citizens(&round), self.now()).await.unwrap();
            rounds.push(round);
        }
        rounds
    }

    /// Tells the store of SMS to citizens, if it is to be told.
    pub async fn prove(&mut self) -> Option<SourceError> {
        let now = self.now();
        self.proving.as_mut().unwrap().look(now).await.unwrap()
    }

    /// How many notices of a kind are in a state.
    pub async fn count(&self, kind: Kind, state: NoticeState) -> usize {
        let listed = self.outbox.list(&Filter::Notice(state), 10_000).await.unwrap();
        listed.iter().filter(|row| row.notice.key.kind == kind).count()
    }

    /// Takes the store away, or puts it back.
    pub fn move_store(&self, from: &str, to: &str) {
        for ending in ["", "-wal", "-shm"] {
            let [from, to] = [from, to].map(|name| self.house.state().join(format!("{name}{ending}")));
            if from.exists() {
                std::fs::rename(from, to).unwrap();
            }
        }
    }
}

fn changeable(loaded: config::Loaded) -> Changeable {
    Changeable {
        rules: loaded.rules,
        calendar: loaded.calendars.calendar,
        roster: loaded.roster,
        templates: loaded.templates,
        channels: loaded.channels.open(&loaded.secrets).unwrap(),
        mail_domain: "example.org".into(),
    }
}

/// A channel that answers as it is told, accepting unless told otherwise.
pub struct Line {
    name: &'static str,
    medium: Medium,
    answer: Mutex<Outcome>,
    letters: Mutex<Vec<Letter>>,
}

impl Line {
    fn new(name: &'static str, medium: Medium) -> Arc<Self> {
        Arc::new(Self { name, medium, answer: Mutex::new(accepted()), letters: Mutex::default() })
    }

    /// From now on nothing gets through.
    pub fn breaks(&self) {
        let why = Failure::new("connect", "no route to host");
        *self.answer.lock().unwrap() = Outcome::NotSent { not_before: None, why };
    }

    /// From now on every number or address is refused.
    pub fn refuses(&self) {
        *self.answer.lock().unwrap() = Outcome::Refused(Refusal::Recipient(Failure::new("no-such", "")));
    }

    /// From now on everything does.
    pub fn heals(&self) {
        *self.answer.lock().unwrap() = accepted();
    }

    /// What it was handed since it was last asked.
    pub fn taken(&self) -> Vec<Letter> {
        std::mem::take(&mut *self.letters.lock().unwrap())
    }

    /// The words of what it was handed since it was last asked, those with `part` in them.
    pub fn taken_with(&self, part: &str) -> Vec<String> {
        let words = |letter: &Letter| match letter {
            Letter::Sms(sms) => sms.text.clone(),
            Letter::Email(mail) => format!("{}\n{}", mail.subject, mail.body),
            Letter::Chat(post) | Letter::Webhook(post) => format!("{}\n{}", post.title, post.body),
        };
        self.taken().iter().map(words).filter(|words| words.contains(part)).collect()
    }
}

fn accepted() -> Outcome {
    Outcome::Accepted(Receipt(None))
}

impl Carrier for Line {
    fn name(&self) -> &str {
        self.name
    }

    fn medium(&self) -> Medium {
        self.medium
    }

    fn limits(&self) -> Limits {
        Limits { call: Duration::from_secs(10), at_once: 4, per_minute: None, text_units: None, text_bytes: None }
    }

    fn carry<'a>(&'a self, letter: &'a Letter, _now: DateTime<Utc>) -> Boxed<'a, Outcome> {
        Box::pin(async move {
            self.letters.lock().unwrap().push(letter.clone());
            self.answer.lock().unwrap().clone()
        })
    }
}
