//! A view of the tickets that may be old sends nothing to a citizen.

use chrono::TimeDelta;
use duban::{notice::Kind, outbox::NoticeState};

use crate::{office::Office, program::House, wanted::CITIZEN_SMS};

const STORE: &str = "tickets.db";
const CONTACTED: &str = "2026-09-14 08:20:00,2026-09-14 16:30:00,";

/// The SMS is due at 08:30, and the store is gone at the moment `lost_at` names.
async fn without_a_store() -> Office {
    let house = House::new();
    house.import_all([CITIZEN_SMS.ticket.to_owned()]);
    let mut office = Office::open(house, "2026-09-15T07:30:00+08:00").await;
    // It is wanted, and waits for the morning.
    office.step().await;
    assert!(office.sms.taken().iter().all(|letter| letter.to().expose() != CITIZEN_SMS.to));
    assert_eq!(office.count(Kind::CitizenUnreachableSms, NoticeState::Open).await, 1);
    office.move_store(STORE, "away.db");
    for _ in 0..12 {
        office.forward(TimeDelta::minutes(15));
        for round in office.step().await {
            let told = round.left.iter().flat_map(|leaving| &leaving.notices);
            assert!(!told.into_iter().any(|notice| notice.key.kind.is_to_citizen()), "{:?}", office.now());
        }
    }
    assert_eq!(office.count(Kind::CitizenUnreachableSms, NoticeState::Open).await, 1, "it waits");
    office
}

/// How many SMS the citizen got since.
async fn to_the_citizen(office: &mut Office) -> usize {
    office.step().await;
    office.forward(TimeDelta::hours(1));
    office.step().await;
    office.sms.taken().iter().filter(|letter| letter.to().expose() == CITIZEN_SMS.to).count()
}

#[tokio::test]
async fn without_the_store_a_citizen_is_told_nothing_and_once_when_it_is_back() {
    let mut office = without_a_store().await;
    office.move_store("away.db", STORE);
    assert_eq!(to_the_citizen(&mut office).await, 1);
}

#[tokio::test]
async fn a_citizen_who_was_reached_while_the_store_was_away_is_told_nothing() {
    let mut office = without_a_store().await;
    office.move_store("away.db", STORE);
    let contacted = CITIZEN_SMS.ticket.replace("2026-09-14 08:20:00,,", CONTACTED);
    assert_ne!(contacted, CITIZEN_SMS.ticket);
    office.house.import_all([contacted]);
    assert_eq!(to_the_citizen(&mut office).await, 0);
    assert_eq!(office.count(Kind::CitizenUnreachableSms, NoticeState::Open).await, 0);
}
