//! Tickets that the roster has no answer for: named, told to the desk, and the rest
//! goes on.

use duban::{
    notice::{Fact, Kind, Role},
    outbox::Filter,
    ticket::TicketNo,
};

use crate::{
    office::Office,
    program::{House, ended},
    wanted::{STAFF_SMS, urgent},
};

const STRANGER: &str = "20260915A0001";

/// Of three tickets the one is a unit's that is on no roster.
async fn office() -> Office {
    let house = House::new();
    let stranger = urgent(1).replace("苇塘排水养护站", "无此养护所");
    assert!(stranger.contains(STRANGER) && stranger.contains("无此养护所"));
    house.import_all([stranger, urgent(0), STAFF_SMS.ticket.to_owned()]);
    Office::open(house, STAFF_SMS.now).await
}

#[tokio::test]
async fn a_unit_that_nobody_answers_for_is_named_and_its_notices_go_to_the_desk() {
    let mut office = office().await;
    office.step().await;
    let listed = office.outbox.list(&Filter::Ticket(TicketNo::new(STRANGER)), 100).await.unwrap();
    assert!(listed.iter().any(|row| row.notice.key.kind == Kind::TicketAssigned));
    for row in listed.iter().filter(|row| matches!(row.notice.key.role, Role::Handler | Role::Deputy)) {
        assert!(!row.legs.is_empty() || row.ended.is_some(), "{:?}", row.notice.key);
        assert!(row.legs.iter().all(|leg| leg.person == "desk"), "{:?}", row.legs);
    }
    let named = listed.iter().find(|row| row.notice.key.kind == Kind::DataQuality).unwrap();
    let Fact::List(what) = &named.notice.facts["what"] else { panic!("a list") };
    assert!(what.iter().any(|one| one.contains("承办单位不在名册")), "{what:?}");
    let to: Vec<String> = office.sms.taken().iter().map(|letter| letter.to().expose().clone()).collect();
    assert!(to.contains(&STAFF_SMS.to.to_owned()), "the others go on: {to:?}");
    let said = ended(&office.house.duban(&["check", "--now", STAFF_SMS.now]), 0);
    assert!(said.contains("[提示] 工单库:1 件的承办单位“无此养护所”不在名册"), "{said}");
}

#[tokio::test]
async fn people_of_one_unit_in_two_circles_of_days_are_followed_to_whoever_is_there() {
    let house = House::new();
    // Each stands in for the other, on days that do not meet.
    let days = "\n[[stand_in]]\nof = \"2601-handler\"\nby = \"2601-deputy\"\nfrom = 2026-09-15\nto = 2026-09-15\n\n\
                [[stand_in]]\nof = \"2601-deputy\"\nby = \"2601-handler\"\nfrom = 2026-09-16\nto = 2026-09-16\n";
    let file = house.config().join("roster.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, text + days).unwrap();
    house.import_all([STAFF_SMS.ticket.to_owned()]);
    let mut office = Office::open(house, STAFF_SMS.now).await;
    office.step().await;
    let to: Vec<String> = office.sms.taken().iter().map(|letter| letter.to().expose().clone()).collect();
    assert!(!to.contains(&STAFF_SMS.to.to_owned()) && to.contains(&"13800090002".to_owned()), "{to:?}");
}
