//! What is told when the store cannot be read or a channel hands nothing over: by
//! which way, how often, and that a restart tells nothing anew.

use chrono::TimeDelta;
use duban::{
    notice::{Kind, Role},
    outbox::{Filter, NoticeState},
};

use crate::{
    office::Office,
    program::House,
    wanted::{STAFF_SMS, citizen, urgent},
};

const MINUTE: TimeDelta = TimeDelta::minutes(1);
const HOUR: TimeDelta = TimeDelta::hours(1);
const STORE: &str = "tickets.db";

async fn office() -> Office {
    let house = House::new();
    house.import_all([STAFF_SMS.ticket.to_owned()]);
    let mut office = Office::open(house, STAFF_SMS.now).await;
    office.step().await;
    office.mail.taken();
    office.sms.taken();
    office
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_told_to_ops_and_desk_at_the_third_poll_and_when_it_is_back() {
    let mut office = office().await;
    office.move_store(STORE, "away.db");
    for polls in 1..=2 {
        office.step().await;
        assert!(office.mail.taken_with("数据源").is_empty(), "{polls}");
        office.forward(MINUTE);
    }
    office.step().await;
    let told = office.mail.taken();
    let mut to: Vec<&str> = told.iter().map(|letter| letter.to().expose().as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["desk@example.org", "ops@example.org"]);
    assert!(told[0].body().contains("数据源工单库自2026-09-15 09:30起连续3次失败"), "{}", told[0].body());
    office.forward(MINUTE);
    office.move_store("away.db", STORE);
    office.step().await;
    let back = office.mail.taken_with("已于2026-09-15 09:33恢复");
    assert_eq!(back.len(), 2);
    office.forward(HOUR);
    office.step().await;
    assert!(office.mail.taken_with("数据源").is_empty(), "all is said");
}

#[tokio::test]
async fn a_lasting_outage_of_the_store_is_told_hourly_over_a_restart() {
    let mut office = office().await;
    office.move_store(STORE, "away.db");
    for _ in 0..3 {
        office.step().await;
    }
    assert_eq!(office.mail.taken_with("数据源").len(), 2);
    for _ in 0..59 {
        office.forward(MINUTE);
        office.step().await;
    }
    assert!(office.mail.taken_with("数据源").is_empty(), "not within the hour");
    office.forward(MINUTE);
    office.step().await;
    assert_eq!(office.mail.taken_with("数据源").len(), 2, "the next hour");
    // A daemon does not start without its store; by then it is back, and goes again.
    office.move_store("away.db", STORE);
    let mut office = office.restarted().await;
    office.move_store(STORE, "away.db");
    for _ in 0..5 {
        office.forward(MINUTE);
        office.step().await;
    }
    assert!(office.mail.taken_with("数据源").is_empty(), "the same outage, told five minutes ago");
    office.move_store("away.db", STORE);
    office.step().await;
    assert_eq!(office.mail.taken_with("已于2026-09-15 10:35恢复").len(), 2, "nothing was lost by the restart");
}

#[tokio::test]
async fn an_sms_gateway_that_hands_nothing_over_is_told_by_mail_only() {
    let mut office = office().await;
    office.sms.breaks();
    office.house.import_all([STAFF_SMS.ticket.to_owned(), urgent(1)]);
    for minute in 0..10 {
        office.step().await;
        assert!(office.mail.taken_with("通道").is_empty(), "{minute}");
        office.forward(MINUTE);
    }
    office.step().await;
    let told = office.mail.taken_with("短信通道故障");
    assert_eq!(told.len(), 2, "ops and desk");
    assert!(told[0].contains("自2026-09-15 09:30起失败"), "{}", told[0]);
    assert!(!told.iter().any(|text| text.contains(&citizen(1)) || text.contains("20260915A")));
    assert!(office.sms.taken_with("通道").is_empty(), "never by the channel itself");
    // Two hours of it are two more steps.
    for _ in 0..120 {
        office.forward(MINUTE);
        office.step().await;
    }
    assert_eq!(office.mail.taken_with("短信通道故障").len(), 4);
    assert!(office.sms.taken_with("通道").is_empty());
    office.sms.heals();
    office.forward(TimeDelta::minutes(30));
    office.step().await;
    office.forward(HOUR);
    office.step().await;
    assert!(office.mail.taken_with("通道").is_empty(), "it is well again");
    assert_eq!(office.count(Kind::GatewayDown, NoticeState::Open).await, 0);
}

#[tokio::test]
async fn a_mail_server_that_takes_nothing_is_told_by_sms_and_over_a_restart_not_anew() {
    let mut office = office().await;
    office.mail.breaks();
    office.house.import_all([STAFF_SMS.ticket.to_owned(), urgent(1)]);
    for _ in 0..=10 {
        office.step().await;
        office.forward(MINUTE);
    }
    let told = office.sms.taken_with("邮件通道自2026-09-15 09:30起发送失败");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(office.mail.taken_with("通道").is_empty());
    let mut office = office.restarted().await;
    for _ in 0..40 {
        office.forward(MINUTE);
        office.step().await;
    }
    assert!(office.sms.taken_with("通道").is_empty(), "within the hour");
    for _ in 0..20 {
        office.forward(MINUTE);
        office.step().await;
    }
    assert_eq!(office.sms.taken_with("邮件通道").len(), 2);
    let down = office.outbox.list(&Filter::All, 1000).await.unwrap();
    let down: Vec<Role> =
        down.iter().filter(|row| row.notice.key.kind == Kind::GatewayDown).map(|row| row.notice.key.role).collect();
    assert_eq!(down.len(), 4, "two steps for ops and desk: {down:?}");
}

#[tokio::test]
async fn a_channel_that_failed_for_a_moment_is_not_told() {
    let mut office = office().await;
    office.sms.breaks();
    office.house.import_all([STAFF_SMS.ticket.to_owned(), urgent(1)]);
    office.step().await;
    office.sms.heals();
    for _ in 0..30 {
        office.forward(MINUTE);
        office.step().await;
    }
    assert!(!office.sms.taken().is_empty());
    assert!(office.mail.taken_with("通道").is_empty());
}

#[tokio::test]
async fn that_a_channel_is_out_goes_by_it_not_even_where_the_other_way_is_refused() {
    let mut office = office().await;
    office.mail.breaks();
    office.sms.refuses();
    office.house.import_all([STAFF_SMS.ticket.to_owned(), urgent(1)]);
    for _ in 0..=15 {
        office.step().await;
        office.forward(MINUTE);
    }
    assert!(!office.sms.taken_with("邮件通道").is_empty(), "it was tried");
    assert!(office.mail.taken_with("通道").is_empty());
    let listed = office.outbox.list(&Filter::All, 1000).await.unwrap();
    let legs = listed.iter().filter(|row| row.notice.key.kind == Kind::GatewayDown).flat_map(|row| &row.legs);
    assert!(
        legs.clone().count() >= 2 && legs.clone().all(|leg| leg.channel != "mail"),
        "{:?}",
        legs.collect::<Vec<_>>()
    );
}
