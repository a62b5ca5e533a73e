//! A ticket whose row is no longer in the store.

use chrono::TimeDelta;
use duban::{notice::Kind, outbox::NoticeState};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use crate::{office::Office, program::House, wanted::STAFF_SMS};

const NOW: &str = "2026-09-10T08:30:00+08:00";

/// The row was there at 08:30, and is deleted right after.
async fn without_its_row() -> Office {
    let house = House::new();
    house.import_all([STAFF_SMS.ticket.to_owned()]);
    let mut office = Office::open(house, NOW).await;
    office.step().await;
    delete(&office).await;
    office
}

async fn delete(office: &Office) {
    let options = SqliteConnectOptions::new().filename(office.house.state().join("tickets.db"));
    let mut store = options.connect().await.unwrap();
    sqlx::query("DELETE FROM hotline_ticket WHERE ticket_no = 'A2'").execute(&mut store).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn for_a_day_the_last_state_stands_then_the_desk_is_told_and_all_else_rests() {
    let mut office = without_its_row().await;
    office.step().await;
    office.forward(TimeDelta::hours(23));
    office.step().await;
    assert_eq!(office.mail.taken_with("数据源中已无此工单"), [""; 0]);
    office.forward(TimeDelta::hours(2));
    office.step().await;
    let told = office.mail.taken_with("数据源中已无此工单");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("A2") && told[0].contains("2026-09-10 08:30"), "{told:?}");
    // Its reminders of the last day would be of 09-15.
    office.forward(TimeDelta::days(5));
    office.step().await;
    assert_eq!(office.count(Kind::DueToday, NoticeState::Open).await, 0);
    assert_eq!(office.mail.taken_with("数据源中已无此工单"), [""; 0]);
}

#[tokio::test]
async fn a_restart_does_not_forget_since_when_the_row_is_gone() {
    let mut office = without_its_row().await;
    office.step().await;
    office.forward(TimeDelta::hours(12));
    let mut office = office.restarted().await;
    office.step().await;
    assert_eq!(office.mail.taken_with("数据源中已无此工单"), [""; 0]);
    office.forward(TimeDelta::hours(13));
    office.step().await;
    assert_eq!(office.mail.taken_with("数据源中已无此工单").len(), 1);
}

#[tokio::test]
async fn a_row_that_is_back_within_the_day_is_nothing_to_tell() {
    let mut office = without_its_row().await;
    office.step().await;
    office.forward(TimeDelta::hours(5));
    office.house.import_all([STAFF_SMS.ticket.to_owned()]);
    office.step().await;
    office.forward(TimeDelta::hours(30));
    office.step().await;
    assert_eq!(office.mail.taken_with("数据源中已无此工单"), [""; 0]);
}
