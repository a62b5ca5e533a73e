//! `duban calendar`: what the calendar says, and the second opinion.

use serde_json::json;

use crate::program::{House, bad, duban, ended, good, object, path, root};

#[test]
fn a_year_is_shown_with_its_holidays_make_up_days_and_papers() {
    let text = good(&duban(&["calendar", "show", "2026"]));
    for part in [
        "2026年 工作日 ",
        "2026-10-01 周四 国庆节放假",
        "2026-10-10 周六 国庆节调休上班",
        "2026-09-25 周五 中秋节放假",
        "依据 http",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let shown = object(&duban(&["calendar", "show", "2026", "--json"]));
    let days = shown["days"].as_array().unwrap();
    assert!(days.contains(&json!({ "name": "国庆节", "date": "2026-10-10", "isOffDay": false })), "{days:?}");
    assert_eq!((&shown["known"], days.len()), (&json!(true), listed_days_of("2026")));
}

#[test]
fn a_year_without_an_arrangement_is_shown_as_assumed() {
    let text = good(&duban(&["calendar", "show", "2030"]));
    assert!(text.starts_with("2030年(放假安排未载入,按周一至周五暂定) 工作日 261 天\n"), "{text}");
    assert_eq!(object(&duban(&["calendar", "show", "--now", "2031-05-01", "--json"]))["year"], 2031);
    bad(&duban(&["calendar", "show", "1999"]), 2);
}

#[test]
fn the_second_opinion_agrees_with_the_shipped_years() {
    let verified = object(&duban(&["calendar", "verify", "--json"]));
    assert_eq!(verified["differing"], json!([]));
    assert!(verified["compared"].as_u64().unwrap() > 3000);
}

#[test]
fn a_slip_in_a_year_file_is_found_by_the_second_opinion() {
    let house = House::new();
    let calendars = house.config().join("calendars");
    std::fs::create_dir(&calendars).unwrap();
    let text = std::fs::read_to_string(root().join("calendars/2026.json")).unwrap();
    let slip = text.replace("2026-10-10", "2026-10-11");
    std::fs::write(calendars.join("2026.json"), slip).unwrap();
    let text = ended(&house.duban(&["calendar", "verify"]), 6);
    assert!(text.contains("2026-10-10 周六 本程序为放假,另一来源相反"), "{text}");
    assert!(text.contains("2026-10-11 周日 本程序为上班,另一来源相反"), "{text}");
    std::fs::write(calendars.join("2026.json"), "{").unwrap();
    let error = bad(&house.duban(&["calendar", "verify"]), 3);
    assert!(error.contains(path(&calendars.join("2026.json"))), "{error}");
}

/// Days of a year file that lie in the year itself.
fn listed_days_of(year: &str) -> usize {
    let text = std::fs::read_to_string(root().join(format!("calendars/{year}.json"))).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let days = file["days"].as_array().unwrap();
    days.iter().filter(|day| day["date"].as_str().unwrap().starts_with(year)).count()
}
