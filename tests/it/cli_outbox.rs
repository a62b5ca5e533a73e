//! `duban outbox`: what is kept, what became of it, and what people change by hand.

use chrono::{DateTime, TimeDelta, Utc};
use duban::{
    notice::{Failure, Medium, Outcome, Receipt, Refusal},
    outbox::{CITIZEN, ClaimOrder, Expansion, NewLeg, Next, Outbox, Settled, Settlement},
};
use serde_json::{Value, json};

use crate::program::{House, bad, good, object, objects};

const HEADER: &str = "工单编号,来源,紧急程度,办理类别,大类,接收时间,派单时间,承办单位,经办人,状态,更新时间";
const ASSIGNED: &str =
    "A1,12345,一般,复杂,供水,2026-09-07 09:00:00,2026-09-07 09:30:00,澄湾供水服务站,周经办,待处置,2026-09-07 09:30:00";
const OTHER: &str =
    "A2,12345,一般,复杂,供水,2026-09-07 09:00:00,2026-09-07 09:30:00,苇塘排水养护站,王经办,待处置,2026-09-07 09:30:00";
const NOW: &str = "2026-09-07T10:00:00+08:00";

#[tokio::test]
async fn a_list_tells_notices_by_ticket_state_and_what_is_stuck() {
    let house = House::new();
    house.import(HEADER, &[ASSIGNED, OTHER]);
    house.watch(NOW).await;
    let all = objects(&house.duban(&["outbox", "list", "--json", "--now", NOW]));
    let tickets: Vec<&Value> = all.iter().filter(|entry| entry["kind"] == "ticket-assigned").collect();
    assert_eq!(tickets.len(), 2, "{all:?}");
    assert_eq!(
        (&tickets[0]["state"], &tickets[0]["role"], &tickets[0]["legs"]),
        (&json!("open"), &json!("handler"), &json!([]))
    );

    let list = |args: &[&str]| objects(&house.duban(&[&["outbox", "list", "--json", "--now", NOW][..], args].concat()));
    assert!(list(&["--ticket", "a1"]).iter().all(|entry| entry["ticket"] == "A1"));
    assert_eq!(list(&["--state", "open"]).len(), all.len());
    assert_eq!(list(&["--state", "done"]), [] as [Value; 0]);
    assert_eq!(list(&["--limit", "1"]).len(), 1);
    let stuck = list(&["--stuck"]);
    assert!(stuck.iter().any(|entry| entry["kind"] == "ticket-assigned"), "due at 09:30, and it is ten");

    let text = good(&house.duban(&["outbox", "list", "--ticket", "A1", "--now", NOW]));
    assert!(
        text.contains("2026-09-07 09:30 T/A1/r1/") && text.contains("新工单 澄湾供水服务站 → 经办人 待发"),
        "{text}"
    );
}

#[tokio::test]
async fn a_notice_is_cancelled_once_and_for_good() {
    let house = House::new();
    house.import(HEADER, &[ASSIGNED]);
    let outbox = house.watch(NOW).await;
    let id = outbox.unexpanded(at(NOW), 10).await.unwrap()[0].id.0.to_string();
    let said = good(&house.duban(&["outbox", "cancel", &id, "--by", "综管值班", "--now", NOW]));
    assert_eq!(said, format!("notice {id} 已取消\n"));
    let shown = object(&house.duban(&["outbox", "show", &id, "--json"]));
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("superseded"), &json!("cancelled")));
    let error = bad(&house.duban(&["outbox", "cancel", &id]), 3);
    assert!(error.contains("only a notice that is open or held can be cancelled"), "{error}");
    house.watch("2026-09-07T10:05:00+08:00").await;
    assert_eq!(object(&house.duban(&["outbox", "show", &id, "--json"]))["state"], "superseded");
}

#[tokio::test]
async fn a_leg_that_failed_is_shown_with_its_attempts_and_sent_again_by_hand() {
    let house = House::new();
    house.import(HEADER, &[ASSIGNED]);
    let outbox = house.watch(NOW).await;
    let refused = Outcome::Refused(Refusal::Recipient(Failure::new("550", "no user 13800090001")));
    let (notice, leg) = settled(&outbox, "2601-handler", refused, Next::Failed).await;
    let (notice, leg) = (notice.to_string(), leg.to_string());
    let failed = objects(&house.duban(&["outbox", "list", "--state", "failed", "--json"]));
    assert_eq!(failed.len(), 1);
    let text = good(&house.duban(&["outbox", "show", &notice]));
    for part in
        [&format!("leg {leg} 周经办短信 被拒"), "[sms] 已试1次", "第1次 2026-09-07 10:00 refused 550 no user 138****"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("13800090001"), "{text}");
    assert_eq!(good(&house.duban(&["outbox", "retry", &leg, "--now", NOW])), format!("leg {leg} 重新待发\n"));
    let shown = object(&house.duban(&["outbox", "show", &notice, "--json"]));
    assert_eq!((&shown["state"], &shown["legs"][0]["state"]), (&json!("open"), &json!("pending")));
    assert_eq!(shown["legs"][0]["attempts"].as_array().unwrap().len(), 1);
    let error = bad(&house.duban(&["outbox", "retry", &leg]), 3);
    assert!(error.contains("it is on its way already"), "{error}");
    good(&house.duban(&["outbox", "cancel", "--leg", &leg]));
    assert_eq!(object(&house.duban(&["outbox", "show", &notice, "--json"]))["legs"][0]["state"], "superseded");
}

#[tokio::test]
async fn an_sms_to_the_citizen_that_may_have_arrived_is_not_sent_again() {
    let house = House::new();
    house.import(HEADER, &[ASSIGNED]);
    let outbox = house.watch(NOW).await;
    let unknown = Outcome::Unknown(Failure::new("timeout", ""));
    let (_, leg) = settled(&outbox, CITIZEN, unknown, Next::Unknown).await;
    let error = bad(&house.duban(&["outbox", "retry", &leg.to_string()]), 3);
    assert!(error.contains("never sent again"), "{error}");
    let stuck = objects(&house.duban(&["outbox", "list", "--stuck", "--json", "--now", NOW]));
    assert!(stuck.iter().any(|entry| entry["legs"][0]["person"] == "诉求人"), "{stuck:?}");
}

#[tokio::test]
async fn a_held_notice_is_released() {
    let house = House::new();
    house.import(HEADER, &[ASSIGNED]);
    let outbox = house.watch(NOW).await;
    let id = outbox.unexpanded(at(NOW), 10).await.unwrap()[0].id.0.to_string();
    outbox.hold(at(NOW)).await.unwrap();
    assert!(!objects(&house.duban(&["outbox", "list", "--state", "held", "--json"])).is_empty());
    assert_eq!(object(&house.duban(&["outbox", "release", &id, "--json"]))["done"], true);
    assert_eq!(object(&house.duban(&["outbox", "show", &id, "--json"]))["state"], "open");
}

#[tokio::test]
async fn an_acknowledgement_is_shown_and_taken_only_from_whom_was_told() {
    let house = House::new();
    house.import(HEADER, &[ASSIGNED]);
    let outbox = house.watch(NOW).await;
    let accepted = Outcome::Accepted(Receipt(None));
    let (notice, _) = settled(&outbox, "2601-handler", accepted, Next::Accepted).await;
    let id = notice.to_string();
    let ack = |person: &str| house.duban(&["outbox", "ack", &id, "--person", person, "--by", "综管值班", "--now", NOW]);
    assert_eq!(good(&ack("2601-handler")), format!("notice {id} 已签收\n"));
    good(&ack("2601-handler"));
    let shown = object(&house.duban(&["outbox", "show", &id, "--json"]));
    assert_eq!(shown["acks"], json!([{ "person": "周经办", "at": "2026-09-07T10:00:00+08:00" }]));
    assert!(good(&house.duban(&["outbox", "show", &id])).contains("周经办 已签收 2026-09-07 10:00"));
    for person in ["2601-deputy", CITIZEN, "nobody"] {
        let error = bad(&ack(person), 3);
        assert!(error.contains("only staff who were told of it can acknowledge it"), "{error}");
    }
}

#[test]
fn what_is_not_there_is_said() {
    let house = House::new();
    let error = bad(&house.duban(&["outbox", "list"]), 5);
    assert!(error.contains("ledger.db does not exist yet"), "{error}");
    assert!(!house.state().join("ledger.db").exists());
    let error = bad(&house.duban(&["outbox", "list", "--state", "sent"]), 2);
    assert!(error.contains("`sent` is no state") && error.contains("accepted"), "{error}");
    bad(&house.duban(&["outbox", "list", "--stuck", "--ticket", "A1"]), 2);
    bad(&house.duban(&["outbox", "cancel"]), 2);
    bad(&house.duban(&["outbox"]), 2);
}

#[tokio::test]
async fn a_number_that_the_ledger_does_not_have_is_named() {
    let house = House::new();
    house.import(HEADER, &[ASSIGNED]);
    house.watch(NOW).await;
    for (args, named) in [
        (&["outbox", "show", "4711"][..], "no notice 4711"),
        (&["outbox", "retry", "4711"], "no leg 4711"),
        (&["outbox", "cancel", "--leg", "4711"], "no leg 4711"),
        (&["outbox", "release", "4711"], "no notice 4711"),
        (&["outbox", "ack", "4711", "--person", "2601-handler"], "no notice 4711"),
    ] {
        let error = bad(&house.duban(args), 3);
        assert!(error.contains(named), "{error}");
    }
    std::fs::write(house.state().join("ledger.db"), "no database at all, but long enough to be looked at").unwrap();
    for end in ["-wal", "-shm"] {
        _ = std::fs::remove_file(house.state().join(format!("ledger.db{end}")));
    }
    let error = bad(&house.duban(&["outbox", "list"]), 5);
    assert!(error.contains("ledger.db") && error.contains("damaged"), "{error}");
}

/// Expands the assignment's notice to one leg and settles it.
async fn settled(outbox: &Outbox, person: &str, outcome: Outcome, next: Next) -> (i64, i64) {
    let due = outbox.unexpanded(at(NOW), 10).await.unwrap();
    let notice = due.iter().find(|notice| notice.key.kind.id() == "ticket-assigned").unwrap().id;
    let (medium, channel) = (Medium::Sms, "sms".to_owned());
    let leg = NewLeg { person: person.to_owned(), medium, channel, not_before: None };
    outbox.expand(&[Expansion { notice, legs: vec![leg], left_out: Vec::new() }], at(NOW)).await.unwrap();
    let order = ClaimOrder { channel: "sms", limit: 1, lease: TimeDelta::seconds(60) };
    let [bundle] = outbox.claim(&order, at(NOW)).await.unwrap().try_into().unwrap();
    let leg = bundle.legs[0].id;
    let settlement = Settlement::Answered { outcome, next, instead: Vec::new() };
    assert!(outbox.settle(&[Settled { leg, token: bundle.token, settlement }], at(NOW)).await.unwrap().is_empty());
    (notice.0, leg.0)
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}
