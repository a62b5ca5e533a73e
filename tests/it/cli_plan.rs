//! `duban plan`: who will get what when.

use serde_json::json;

use crate::program::{House, bad, fixture, good, objects, path};

const HEADER: &str =
    "工单编号,来源,紧急程度,办理类别,大类,接收时间,派单时间,承办单位,经办人,接单时间,先行联系时间,状态,更新时间";

const COMPLEX: &str = "A1,12345,一般,复杂,供水,2026-09-07 09:00:00,2026-09-07 09:30:00,澄湾自来水管理所,周经办,2026-09-07 10:00:00,\
                       2026-09-07 11:00:00,处理中,2026-09-07 11:00:00";

const ARCHIVED: &str = "A2,12345,一般,复杂,供水,2026-09-07 09:00:00,2026-09-07 09:30:00,澄湾供水服务站,周经办,2026-09-07 10:00:00,\
                        2026-09-07 11:00:00,已归档,2026-09-07 11:00:00";

#[test]
fn the_ladder_of_a_ticket_is_planned_day_by_day_with_its_people() {
    let house = House::new();
    house.import(HEADER, &[COMPLEX, ARCHIVED]);
    let mut planned = objects(&house.duban(&["plan", "--days", "8", "--now", "2026-09-07T12:00", "--json"]));
    // The bulletin is nobody's ticket; `bulletins` has its tests.
    planned.retain(|notice| notice["kind"] != "weekly-bulletin");
    let (digests, planned): (Vec<_>, Vec<_>) = planned.into_iter().partition(|n| n["kind"] == "daily-digest");
    assert!(digests.iter().all(|digest| digest["ticket"].is_null()));
    let told: Vec<_> = planned.iter().map(|n| (n["at"].as_str().unwrap(), n["kind"].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [
            ("2026-09-09T09:00:00+08:00", "due-soon"),
            ("2026-09-10T09:00:00+08:00", "due-today"),
            ("2026-09-10T16:00:00+08:00", "due-final"),
            ("2026-09-11T09:00:00+08:00", "overdue-1"),
            ("2026-09-14T09:00:00+08:00", "overdue-2"),
            ("2026-09-15T09:00:00+08:00", "overdue-3"),
        ]
    );
    assert!(planned.iter().all(|notice| notice["ticket"] == "A1" && notice["unit"] == "澄湾供水服务站"));
    assert_eq!(planned[0]["to"], json!([{ "role": "handler", "people": ["周经办"] }]));
}

#[test]
fn a_plan_for_people_is_grouped_by_day() {
    let house = House::new();
    house.import(HEADER, &[COMPLEX, &COMPLEX.replacen("A1", "A3", 1), ARCHIVED]);
    let text = good(&house.duban(&["plan", "--days", "4", "--now", "2026-09-07T12:00"]));
    let expected =
        "2026-09-09 周三\n  09:00 办结临期提醒 2件 澄湾供水服务站 → 经办人(周经办)\n        A1、A3\n2026-09-10 周四\n";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.ends_with("在办工单 2 件,将发通知 12 条;期限为暂定 0 件\n"), "{text}");
}

#[test]
fn a_plan_of_the_samples_comes_in_order_and_says_nothing_of_the_past() {
    let house = House::new();
    good(&house.duban(&["import", path(&fixture("samples/export-utf8.csv"))]));
    let now = "2026-11-24T17:30:00+08:00";
    let planned = objects(&house.duban(&["plan", "--now", now, "--json"]));
    let at: Vec<&str> = planned.iter().map(|notice| notice["at"].as_str().unwrap()).collect();
    assert!(at.len() > 50 && at.is_sorted(), "{}", at.len());
    assert!(at.iter().all(|at| (now.."2026-12-01T17:30:00+08:00").contains(at)));
}

#[test]
fn a_plan_needs_days_within_a_year_and_a_store() {
    let house = House::new();
    for days in ["0", "367", "-1", "x"] {
        bad(&house.duban(&["plan", "--days", days]), 2);
    }
    bad(&house.duban(&["plan"]), 4);
}
