//! The first look at a large store: what is urgent does not wait for the rest of it,
//! and what travels together is not torn apart.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use duban::{
    calendar::{Calendar, civil, embedded},
    channel::{Channel, memory::Memory},
    clock::HandClock,
    daemon::{TicketsAgain, Watcher, WatcherParts, forms::FormParts},
    delivery::{Carrier, Delivery, DeliverySettings, Leaving, Means},
    message::{Templates, Wording},
    notice::{Batch, Kind, Medium, Notice, Role},
    outbox::{NoticeState, Outbox},
    planner::{Policy, Watch},
    roster::Roster,
    rules::Rules,
    source::{ColumnMap, HistoryStore, Store},
    ticket::NumberKey,
};
use tokio::sync::Notify;

use crate::{
    peers::office::{Office, notice},
    program::fixture,
};

/// More than one page of a store.
const TICKETS: usize = 2_500;

#[tokio::test]
async fn what_is_urgent_leaves_after_the_first_page_and_the_rest_of_the_store_in_one_message_a_person() {
    let now = nine() + TimeDelta::hours(1);
    let place = Place::new(now).await;
    let mut watcher = place.watcher(now).await;
    let delivery = Delivery::new(place.outbox.clone(), Arc::new(HandClock::at(now)));
    let means = Arc::new(place.means());
    let kept = Arc::new(Notify::new());
    watcher.call(delivery.clone(), kept.clone());

    // Held beyond the watcher's own, so that the early round is early on any machine.
    let under_way = delivery.cycle();
    let (report, early) = tokio::join!(watcher.cycle(now), async {
        kept.notified().await;
        delivery.run(&means).await.unwrap()
    });
    assert_eq!(report.unwrap().read, TICKETS);
    assert!(early.left.iter().any(|left| kind(left) == Kind::UrgentAlert));
    for left in &early.left {
        assert_eq!(tickets(std::slice::from_ref(left)), [["20260922000000"]], "the urgent one alone");
    }

    drop(under_way);
    let rest = delivery.run(&means).await.unwrap();
    let assigned = rest.left.iter().filter(|left| kind(left) == Kind::TicketAssigned);
    let told: Vec<(Medium, usize)> = assigned.map(|left| (left.medium, left.notices.len())).collect();
    assert_eq!(told.len(), 2, "one SMS and one mail: {told:?}");
    assert!(told.iter().all(|(_, notices)| *notices == TICKETS - 1), "about all others: {told:?}");
}

#[tokio::test]
async fn until_a_cycle_has_ended_only_what_goes_alone_becomes_legs() {
    let office = Office::at(nine(), |_| ()).await;
    let to_handler = |no: &str| Notice { roles: vec![Role::Handler], ..notice(no, Kind::DueToday, nine()) };
    let urgent = Notice { urgent: true, batch: Batch::Alone, ..to_handler("U1") };
    let sms = Notice { batch: Batch::Alone, ..notice("C1", Kind::CitizenUnreachableSms, nine()) };
    let under_way = office.delivery.cycle();
    office.keep([to_handler("A1"), urgent, sms]).await;
    let left = office.until(nine() + TimeDelta::minutes(1)).await;
    assert_eq!(tickets(&left), [["U1"], ["C1"]]);
    office.keep([to_handler("A2")]).await;
    drop(under_way);
    let left = office.until(nine() + TimeDelta::minutes(2)).await;
    assert_eq!(tickets(&left), [["A1", "A2"]]);
    assert!(office.all().await.iter().all(|one| one.state == NoticeState::Done));
}

/// A store of one unit's tickets, the first of them urgent, and an empty ledger.
struct Place {
    store: Arc<Store>,
    outbox: Outbox,
    policy: Arc<Policy>,
    watch: Watch,
}

impl Place {
    async fn new(now: DateTime<Utc>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let history = folder.path().join("history.csv");
        std::fs::write(&history, history_text()).unwrap();
        let map = ColumnMap::built_in().unwrap();
        let history = HistoryStore::from_csv(&history, &map, &map.reader(NumberKey::new([7; 32]))).unwrap();
        history.set_now(now);
        let roster = Roster::from_csv("roster.csv", &std::fs::read_to_string(fixture("samples/roster.csv")).unwrap());
        let policy = Policy {
            calendar: Calendar::new(&embedded().unwrap(), &[]).unwrap(),
            rules: Rules::embedded().unwrap(),
            roster: Some(Arc::new(roster.unwrap())),
        };
        Self {
            store: Arc::new(Store::History(history)),
            outbox: Outbox::in_memory().await.unwrap(),
            policy: Arc::new(policy),
            watch: Watch { since: now },
        }
    }

    async fn watcher(&self, now: DateTime<Utc>) -> Watcher {
        let parts = WatcherParts {
            store: self.store.clone(),
            outbox: self.outbox.clone(),
            reader: Arc::new(ColumnMap::built_in().unwrap().reader(NumberKey::new([7; 32]))),
            policy: self.policy.clone(),
            watch: self.watch,
            forms: FormParts::paperless(),
            state: None,
        };
        Watcher::new(parts, now).await.unwrap()
    }

    fn means(&self) -> Means {
        let line = |medium: Medium| -> Arc<dyn Carrier> {
            Arc::new(Channel::Memory(Arc::new(Memory::new(medium.id(), medium))))
        };
        Means {
            roster: self.policy.roster.clone().unwrap(),
            templates: Arc::new(Templates::load(&[], &Wording::default()).unwrap()),
            channels: vec![line(Medium::Sms), line(Medium::Email)],
            tickets: Arc::new(TicketsAgain {
                store: self.store.clone(),
                outbox: self.outbox.clone(),
                reader: Arc::new(ColumnMap::built_in().unwrap().reader(NumberKey::new([7; 32]))),
                policy: self.policy.clone(),
                watch: self.watch,
            }),
            settings: DeliverySettings::default(),
        }
    }
}

fn history_text() -> String {
    let mut text =
        String::from("at,工单编号,来源,紧急程度,办理类别,大类,小类,街镇,接收时间,派单时间,承办单位,经办人,状态\n");
    for n in 0..TICKETS {
        let urgency = if n == 0 { "紧急" } else { "一般" };
        // Another town each, so that they are no burst.
        let (second, no, town) = (n % 60, format!("20260922{n:06}"), format!("{n}镇"));
        let at = format!("2026-09-22T09:{:02}:{second:02}+08:00", n / 100 % 60);
        text += &format!(
            "{at},{no},12345,{urgency},复杂,供水,水压,{town},2026-09-22 08:50:00,2026-09-22 09:00:00,澄湾供水服务站,周经办,待处置\n"
        );
    }
    text
}

fn kind(left: &Leaving) -> Kind {
    left.notices[0].key.kind
}

fn tickets(left: &[Leaving]) -> Vec<Vec<&str>> {
    left.iter().map(|left| left.notices.iter().map(|one| one.ticket.as_ref().unwrap().as_str()).collect()).collect()
}

fn nine() -> DateTime<Utc> {
    civil::at(chrono::NaiveDate::from_ymd_opt(2026, 9, 22).unwrap(), 9, 0)
}
