//! `duban explain`: the proof of each deadline, what is wanted and what was sent.

use duban::{
    notice::{Medium, Outcome, Receipt},
    outbox::{ClaimOrder, Expansion, NewLeg, Next, Settled, Settlement},
};
use serde_json::{Value, json};

use crate::program::{House, bad, good, object};

const HEADER: &str = "工单编号,来源,紧急程度,办理类别,大类,小类,反映人,联系电话,地址,街镇,反映内容,接收时间,派单时间,承办单位,经办人,\
                      接单时间,先行联系时间,联系记录,延期天数,延期批准时间,状态,办结时间,综合满意度,回访时间,更新时间";

/// A difficult ticket received before Mid-Autumn and National Day 2026.
const AUTUMN: &str = "20260924A0001,12345,一般,疑难,供水,水压,欧阳不存在,13800012345,无此路一号,香花桥街道,水压太低,2026-09-24 10:00:00,\
                      2026-09-24 11:00:00,澄湾自来水管理所,周经办,2026-09-24 14:00:00,2026-09-24 15:00:00,,,,处理中,,,,2026-09-24 15:00:00";

/// A complex one whose citizen was tried once.
const TRIED: &str = "20260907B0002,12345,一般,复杂,供水,停水,欧阳不存在,13800012345,无此路一号,香花桥街道,停水,2026-09-07 09:00:00,\
                     2026-09-07 09:30:00,澄湾供水服务站,周经办,,,2026-09-07 10:00无人接听,,,待处置,,,,2026-09-07 10:05:00";

const UNUSABLE: &str = "C3,12345,一般,复杂,供水,停水,,,,,,无,,澄湾供水服务站,周经办,,,,,,处理中,,,,2026-09-07 10:05:00";

#[test]
fn a_ticket_over_national_day_names_every_holiday_and_the_make_up_day() {
    let house = House::new();
    house.import(HEADER, &[AUTUMN]);
    let text = good(&house.duban(&["explain", "20260924a0001", "--now", "2026-10-09T08:00"]));
    for part in [
        "工单 20260924A0001\n来源 12345(工作日)  类别 疑难\n状态 处理中(accepted)  第1轮\n",
        "办结期限(第九条第三项)  截止 2026-10-15 24:00  未到期",
        "起算 接收之日 2026-09-24,当日不计;期限 10个工作日",
        "不计节假日 中秋节9月25日至27日、国庆节10月1日至7日",
        "计入调休上班 国庆节调休10月10日",
        "2026-09-25 周五 不计:中秋节放假\n",
        "2026-10-10 周六 第6个工作日:国庆节调休上班\n",
        "2026-10-15 周四 第10个工作日\n",
        "延期申请 最迟 2026-10-09 24:00 前申请\n",
        "先行联系期限(第九条第一项)  截止 2026-09-28 24:00  已于 2026-09-24 15:00 联系",
        "工作日历 2018-2026 #",
        "此刻应发的通知:无",
        "台账中的通知:无",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for day in 1..=7 {
        assert!(text.contains(&format!("2026-10-0{day}")), "{day}");
    }
    let next = "接下来60天的通知:\n  2026-10-";
    assert!(text.contains(next) && text.contains("办结临期提醒 → 经办人(周经办)"), "{text}");
}

#[test]
fn an_explanation_for_programs_has_the_proof_day_by_day() {
    let house = House::new();
    house.import(HEADER, &[AUTUMN]);
    let explained = object(&house.duban(&["explain", "20260924A0001", "--now", "2026-10-09T08:00", "--json"]));
    let conclusion = duty(&explained, "conclusion");
    assert_eq!(conclusion["due"], "2026-10-16T00:00:00+08:00");
    assert_eq!(conclusion["skipped"]["holidays"], json!(["中秋节9月25日至27日", "国庆节10月1日至7日"]));
    let proof = conclusion["proof"].as_array().unwrap();
    assert_eq!(proof.len(), 21);
    assert_eq!(proof.iter().filter(|day| day["counted"].is_u64()).count(), 10);
    assert_eq!(
        proof[15],
        json!({
            "date": "2026-10-10", "weekday": "周六", "counted": 6, "why": "国庆节调休上班",
            "in_extension": false, "assumed": false
        })
    );
    assert_eq!(explained["calendar"].as_str().map(|version| &version[..9]), Some("2018-2026"));
}

#[test]
fn an_extended_ticket_shows_what_the_extension_is_counted_from() {
    let house = House::new();
    let line = AUTUMN.replace(",,,,处理中", ",,15,2026-09-28 10:00:00,处理中");
    house.import(HEADER, &[&line]);
    let text = good(&house.duban(&["explain", "20260924A0001", "--now", "2026-10-09T08:00"]));
    for part in [
        "截止 2026-11-05 24:00",
        "延期 15个工作日(自原期限末日 2026-10-15 起算);原截止 2026-10-15 24:00",
        "延期申请 已延期一次,不再延期",
        "2026-10-16 周五 延期第1个工作日\n",
        "2026-11-05 周四 延期第15个工作日\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn a_ticket_into_a_year_without_a_calendar_is_marked_provisional() {
    let house = House::new();
    house.import(HEADER, &[&AUTUMN.replace("2026-09-24", "2026-12-24")]);
    let text = good(&house.duban(&["explain", "20260924A0001", "--now", "2026-12-25T08:00"]));
    assert!(text.contains("截止 2027-01-07 24:00(暂定)"), "{text}");
    assert!(text.contains("2027-01-01 周五 第6个工作日(该年度日历未载入,按周一至周五暂定)"), "{text}");
}

#[test]
fn what_is_wanted_now_and_next_is_told_with_the_people_of_the_day() {
    let house = House::new();
    house.edit(
        "roster.toml",
        "email = \"handler.cw@example.org\"",
        "email = \"handler.cw@example.org\"\nabsent = [{ from = 2026-09-01, to = 2026-09-30 }]",
    );
    house.import(HEADER, &[TRIED]);
    let explained = object(&house.duban(&["explain", "20260907B0002", "--now", "2026-09-08T09:00", "--json"]));
    assert_eq!((&explained["tries"], &explained["counted_tries"]), (&json!(1), &json!(1)));
    let wanted = explained["wanted"].as_array().unwrap();
    let due = wanted.iter().find(|notice| notice["kind"] == "first-contact-due").unwrap();
    assert_eq!(due["at"], "2026-09-08T09:00:00+08:00");
    assert_eq!(due["to"], json!([{ "role": "handler", "people": ["综管值班"], "instead": "all-away" }]));
    let kinds: Vec<&str> =
        explained["upcoming"].as_array().unwrap().iter().map(|n| n["kind"].as_str().unwrap()).collect();
    for kind in ["first-contact-final", "first-contact-overdue", "due-today", "overdue-1"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let text = good(&house.duban(&["explain", "20260907B0002", "--now", "2026-09-08T09:00"]));
    assert!(text.contains("先行联系到期 → 经办人(均不在岗,由综合管理科综管值班代收)"), "{text}");
}

#[test]
fn a_ticket_without_usable_times_says_that_no_deadline_can_be_given() {
    let house = House::new();
    house.import(HEADER, &[UNUSABLE]);
    let text = good(&house.duban(&["explain", "c3", "--now", "2026-09-08T09:00"]));
    assert!(text.contains("办结期限(第九条第三项):接收时间与派单时间均不可用,无法给出期限"), "{text}");
    assert!(text.contains("缺接收时间(missing-received)"), "{text}");
}

#[test]
fn nothing_about_the_citizen_is_explained() {
    let house = House::new();
    house.import(HEADER, &[AUTUMN, TRIED]);
    for no in ["20260924A0001", "20260907B0002"] {
        for form in [&[][..], &["--json"]] {
            let text = good(&house.duban(&[&["explain", no, "--now", "2026-09-08T09:00"][..], form].concat()));
            for private in ["欧阳", "13800012345", "138", "无此路", "水压太低"] {
                assert!(!text.contains(private), "{private}\n{text}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_ledger_has_is_told_with_its_states() {
    let house = House::new();
    house.import(HEADER, &[TRIED]);
    let now = "2026-09-08T09:00:00+08:00";
    let outbox = house.watch(now).await;
    let instant = chrono::DateTime::parse_from_rfc3339(now).unwrap().to_utc();
    let due = outbox.unexpanded(instant, 100).await.unwrap();
    let first = due.iter().find(|notice| notice.key.kind.id() == "first-contact-due").unwrap();
    let leg =
        NewLeg { person: "2601-handler".to_owned(), medium: Medium::Sms, channel: "sms".to_owned(), not_before: None };
    outbox.expand(&[Expansion { notice: first.id, legs: vec![leg], left_out: Vec::new() }], instant).await.unwrap();
    let order = ClaimOrder { channel: "sms", limit: 1, lease: chrono::TimeDelta::seconds(60) };
    let [bundle] = outbox.claim(&order, instant).await.unwrap().try_into().unwrap();
    let settlement =
        Settlement::Answered { outcome: Outcome::Accepted(Receipt(None)), next: Next::Accepted, instead: Vec::new() };
    let settled = Settled { leg: bundle.legs[0].id, token: bundle.token, settlement };
    assert!(outbox.settle(&[settled], instant).await.unwrap().is_empty());

    let text = good(&house.duban(&["explain", "20260907B0002", "--now", now]));
    let line = "2026-09-08 09:00 先行联系到期 → 经办人 已办:周经办短信 已发出 2026-09-08 09:00\n";
    assert!(text.contains(line), "{text}");
    let explained = object(&house.duban(&["explain", "20260907B0002", "--now", now, "--json"]));
    let sent = explained["sent"].as_array().unwrap();
    let entry = sent.iter().find(|entry| entry["kind"] == "first-contact-due").unwrap();
    assert_eq!((&entry["state"], &entry["legs"][0]["state"]), (&json!("done"), &json!("accepted")));
    assert!(sent.iter().any(|entry| entry["kind"] == "ticket-assigned" && entry["state"] == "open"), "{sent:?}");
}

#[test]
fn a_ticket_that_is_not_there_and_a_store_that_is_not_there_are_told_apart() {
    let house = House::new();
    let error = bad(&house.duban(&["explain", "X1"]), 4);
    assert!(error.contains("tickets.db does not exist") && error.contains("duban import"), "{error}");
    house.import(HEADER, &[AUTUMN]);
    let error = bad(&house.duban(&["explain", "X1"]), 3);
    assert!(error.contains("ticket X1 is not in the store"), "{error}");
    bad(&house.duban(&["explain", " "]), 3);
    bad(&house.duban(&["explain"]), 2);
    assert_eq!(
        std::fs::read_dir(house.state())
            .unwrap()
            .filter(|e| {
                let name = e.as_ref().unwrap().file_name().into_string().unwrap();
                !name.starts_with("tickets.db")
            })
            .count(),
        0,
        "looking makes neither ledger nor key"
    );
}

fn duty<'a>(explained: &'a Value, name: &str) -> &'a Value {
    explained["deadlines"].as_array().unwrap().iter().find(|duty| duty["duty"] == name).unwrap()
}

#[test]
fn what_follows_the_conclusion_is_explained_too() {
    let house = House::new();
    house.import(
        "工单编号,来源,办理类别,接收时间,派单时间,承办单位,经办人,接单时间,先行联系时间,状态,办结时间,反馈时间",
        &["B7,12345,复杂,2026-03-02 09:00:00,2026-03-02 09:30:00,澄湾供水服务站,周经办,2026-03-02 09:40:00,\
           2026-03-02 10:00:00,待审核,2026-03-04 10:00:00,2026-03-05 11:00:00"],
    );
    let text = good(&house.duban(&["explain", "B7", "--now", "2026-03-05T15:00"]));
    for line in [
        "办结反馈期限(第九条第五项)  截止 2026-03-05 24:00  已于 2026-03-05 11:00 反馈",
        "审核期限(第八条第四项)  截止 2026-03-06 24:00  未到期",
        "起算 反馈之日 2026-03-05,当日不计;期限 1个工作日",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains("归档期限"), "{text}");
    let late = good(&house.duban(&["explain", "B7", "--now", "2026-03-09T15:00"]));
    assert!(late.contains("截止 2026-03-06 24:00  未审核"), "{late}");
}
