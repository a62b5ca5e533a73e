//! The watcher over restarts, failures of the ledger and changed outcomes.

use std::{path::PathBuf, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use duban::{
    calendar::{Calendar, embedded},
    daemon::{Watcher, WatcherParts, forms::FormParts},
    notice::{Batch, Facts, Kind, Notice, Occurrence, Role, Subject, Wish},
    outbox::{
        Begun, CITIZEN, ClaimOrder, Expansion, Filter, LedgerSettings, NewLeg, NoticeState, Outbox, Repeats, Wanted,
    },
    planner::{Policy, Watch},
    roster::Medium,
    rules::Rules,
    source::{ColumnMap, HistoryStore, Store},
    ticket::{NumberKey, TicketNo},
};

fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00+08:00")).unwrap().to_utc()
}

/// A story's store, and a ledger file of its own.
struct House {
    store: Arc<Store>,
    ledger: PathBuf,
    forms: FormParts,
    _dir: tempfile::TempDir,
}

impl House {
    fn of(story: &str) -> Self {
        let map = ColumnMap::built_in().unwrap();
        let reader = map.reader(NumberKey::new([7; 32]));
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/histories/{story}.csv"));
        let store = Arc::new(Store::History(HistoryStore::from_csv(&path, &map, &reader).unwrap()));
        let dir = tempfile::tempdir().unwrap();
        Self { store, ledger: dir.path().join("ledger.db"), forms: FormParts::paperless(), _dir: dir }
    }

    async fn watcher(&self, outbox: &Outbox, now: DateTime<Utc>) -> Watcher {
        let parts = WatcherParts {
            store: self.store.clone(),
            outbox: outbox.clone(),
            reader: Arc::new(ColumnMap::built_in().unwrap().reader(NumberKey::new([7; 32]))),
            policy: Arc::new(Policy {
                calendar: Calendar::new(&embedded().unwrap(), &[]).unwrap(),
                rules: Rules::embedded().unwrap(),
                roster: None,
            }),
            watch: Watch { since: DateTime::UNIX_EPOCH },
            forms: self.forms.clone(),
            state: None,
        };
        Watcher::new(parts, now).await.unwrap()
    }

    fn show(&self, now: DateTime<Utc>) {
        let Store::History(history) = &*self.store else { panic!("a history") };
        history.set_now(now);
    }
}

async fn open_kinds(outbox: &Outbox) -> Vec<Kind> {
    let listed = outbox.list(&Filter::Notice(NoticeState::Open), 1000).await.unwrap();
    let mut kinds: Vec<Kind> = listed.iter().map(|row| row.notice.key.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

#[tokio::test]
async fn a_restarted_watcher_wants_what_the_one_before_kept_and_nothing_twice() {
    let house = House::of("S13");
    let now = instant("2026-03-16T09:40");
    house.show(now);
    let outbox = Outbox::open(&house.ledger).await.unwrap();
    let first = house.watcher(&outbox, now).await.cycle(now).await.unwrap();
    assert!(first.kept.new > 0);
    let again = house.watcher(&outbox, now).await.cycle(now).await.unwrap();
    assert_eq!((again.kept.new, again.kept.superseded, again.kept.reopened), (0, 0, 0));
    assert!(open_kinds(&outbox).await.contains(&Kind::BatchFormIssued));
}

#[tokio::test]
async fn what_a_full_ledger_refused_is_kept_when_there_is_room_again() {
    let house = House::of("S13");
    let now = instant("2026-03-16T09:40");
    house.show(now);
    let full = LedgerSettings { path: house.ledger.clone(), max_bytes: Some(400_000) };
    let outbox = Outbox::open_with(&full).await.unwrap();
    let mut watcher = house.watcher(&outbox, now).await;
    let mut year = 3000;
    while outbox.keep(&[other(year, now)], now).await.is_ok() {
        year += 1;
    }
    assert!(watcher.cycle(now).await.is_err(), "the ledger is full");
    drop((watcher, outbox));
    let outbox = Outbox::open(&house.ledger).await.unwrap();
    house.watcher(&outbox, now).await.cycle(now).await.unwrap();
    let kinds = open_kinds(&outbox).await;
    assert!(kinds.contains(&Kind::BatchFormIssued) && kinds.contains(&Kind::TicketAssigned), "{kinds:?}");
}

fn other(year: i32, due: DateTime<Utc>) -> Wanted {
    let notice = Notice {
        subject: Subject::Year(year),
        kind: Kind::CalendarMissing,
        occurrence: Occurrence::Once,
        roles: vec![Role::Desk],
        unit: None,
        category: None,
        due,
        expires: None,
        batch: Batch::Alone,
        wish: Wish::Send,
        late: false,
        urgent: false,
        provisional: false,
        facts: Facts::new(),
    };
    Wanted { scope: format!("Y/{year}"), notices: vec![notice] }
}

#[tokio::test]
async fn an_sms_whose_sender_died_reaches_the_desk_as_unknown() {
    let house = House::of("S06");
    let now = instant("2025-11-03T14:00");
    house.show(now);
    let outbox = Outbox::open(&house.ledger).await.unwrap();
    house.watcher(&outbox, now).await.cycle(now).await.unwrap();
    let due = outbox.unexpanded(now, 100).await.unwrap();
    let sms = due.iter().find(|notice| notice.key.kind == Kind::CitizenUnreachableSms).unwrap();
    let leg = NewLeg { person: CITIZEN.into(), medium: Medium::Sms, channel: "sms".into(), not_before: None };
    outbox.expand(&[Expansion { notice: sms.id, legs: vec![leg], left_out: Vec::new() }], now).await.unwrap();
    let order = ClaimOrder { channel: "sms", limit: 10, lease: TimeDelta::seconds(60) };
    let [claimed] = <[_; 1]>::try_from(outbox.claim(&order, now).await.unwrap()).unwrap();
    let begun = Begun { leg: claimed.legs[0].id, token: claimed.token };
    outbox.settle_and_begin(&[], &[begun], now).await.unwrap();

    // The process dies here; the next one starts before the lease has run out.
    let outbox = Outbox::open(&house.ledger).await.unwrap();
    let mut watcher = house.watcher(&outbox, now).await;
    watcher.cycle(now).await.unwrap();
    let later = now + TimeDelta::seconds(61);
    let repeats = Repeats { sms: 1, email: 3, chat: 0, webhook: 0, file: 0 };
    let recovered = outbox.recover(&repeats, &[], later).await.unwrap();
    let tickets: Vec<TicketNo> = recovered.into_iter().filter_map(|one| one.ticket).collect();
    assert_eq!(tickets, [TicketNo::new("20251103001006")]);
    watcher.outcomes_changed(&tickets, later).await.unwrap();
    let kinds = open_kinds(&outbox).await;
    assert!(kinds.contains(&Kind::CitizenSmsFailed), "{kinds:?}");
    assert!(!kinds.contains(&Kind::CitizenUnreachableSms), "never handed over again by itself");
}
