//! `duban calendar import-notice`, `import`, `export` and `diff`.

use std::{fs, io::Write, path::PathBuf, process::Stdio};

use serde_json::{Value, json};

use crate::program::{House, bad, command, duban, fixture, good, object, objects, path, root};

#[test]
fn a_notice_read_dry_is_its_year_file_and_writes_nothing() {
    let house = House::new();
    let notice = notice("2026");
    let paper = "https://www.gov.cn/zhengce/zhengceku/202511/content_7047091.htm";
    let args = ["calendar", "import-notice", path(&notice), "--dry-run", "--json", "--source", paper];
    let shipped: Value = serde_json::from_str(&shipped("2026")).unwrap();
    assert_eq!(object(&house.duban(&args)), shipped);
    let text = good(&house.duban(&["calendar", "import-notice", path(&notice), "--dry-run"]));
    assert_eq!(text, "2026年 工作日 248 天;与现用日历相比变动 0 天\n试算,未写入\n");
    assert!(!house.config().join("calendars").exists());
}

#[test]
fn two_notices_in_order_give_the_year_that_stands() {
    let house = House::new();
    for year in ["2019", "2020"] {
        let file = house.config().join(format!("calendars/{year}.json"));
        let shipped: Value = serde_json::from_str(&shipped(year)).unwrap();
        for (part, paper) in ["1", "2"].iter().zip(shipped["papers"].as_array().unwrap()) {
            let notice = notice(&format!("{year}-{part}"));
            let paper = paper.as_str().unwrap();
            let text = good(&house.duban(&["calendar", "import-notice", path(&notice), "--source", paper]));
            assert!(text.contains(&format!("已写入 {}", path(&file))), "{text}");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), self::shipped(year));
        assert!(file.with_extension("json.bak").exists());
    }
    assert!(good(&house.duban(&["calendar", "verify"])).contains("不一致 0 天"));
}

#[test]
fn a_file_that_is_there_is_replaced_by_a_correction_alone() {
    let house = House::new();
    let (first, correction) = (notice("2019-1"), notice("2019-2"));
    good(&house.duban(&["calendar", "import-notice", path(&first)]));
    good(&house.duban(&["calendar", "import-notice", path(&correction)]));
    let file = house.config().join("calendars/2019.json");
    let before = fs::read_to_string(&file).unwrap();
    let error = bad(&house.duban(&["calendar", "import-notice", path(&first)]), 3);
    assert!(error.contains("only a correcting notice replaces it"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    let again = good(&house.duban(&["calendar", "import-notice", path(&correction)]));
    assert!(again.contains("已是此内容,未改动"), "{again}");
}

#[test]
fn a_clause_at_fault_is_named_and_nothing_is_written() {
    let house = House::new();
    let file = house.state().join("notice.txt");
    let text = fs::read_to_string(notice("2026")).unwrap();
    fs::write(&file, text.replace("5月9日\u{ff08}周六", "5月9日\u{ff08}周日")).unwrap();
    for args in [&["--json", "--dry-run"][..], &[]] {
        let args = [&["calendar", "import-notice", path(&file)], args].concat();
        let error = bad(&house.duban(&args), 3);
        let told = "the clause `四、劳动节:5月9日(周日)上班` cannot be taken over: 2026-05-09 is a 周六, not a 周日";
        assert!(error.contains(told), "{error}");
    }
    assert!(!house.config().join("calendars").exists());
}

#[test]
fn a_notice_is_read_from_standard_input_in_either_encoding() {
    let text = fs::read_to_string(notice("2025")).unwrap();
    let (old, _, _) = encoding_rs::GB18030.encode(&text);
    for bytes in [text.as_bytes(), &old] {
        let empty = tempfile::tempdir().unwrap();
        let args = ["calendar", "import-notice", "-", "--dry-run", "--json", "--config", path(empty.path())];
        let mut command = command(&args);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let read = object(&child.wait_with_output().unwrap());
        let shipped: Value = serde_json::from_str(&shipped("2025")).unwrap();
        assert_eq!((&read["days"], &read["papers"]), (&shipped["days"], &json!([])));
    }
}

#[test]
fn a_year_goes_out_and_comes_in_again_in_every_form() {
    let house = House::new();
    let out = house.state().join("out");
    for (form, args) in [("json", &["--json"][..]), ("ics", &["--ics"])] {
        let file = house.state().join(format!("year.{form}"));
        fs::write(&file, good(&duban(&[&["calendar", "export", "2023"], args].concat()))).unwrap();
        good(&house.duban(&["calendar", "import", path(&file), "--out", path(&out)]));
        let written: Value = serde_json::from_str(&fs::read_to_string(out.join("2023.json")).unwrap()).unwrap();
        let shipped: Value = serde_json::from_str(&shipped("2023")).unwrap();
        assert_eq!(written["days"], shipped["days"], "{form}");
    }
    bad(&duban(&["calendar", "export", "2027"]), 3);
}

#[test]
fn a_table_is_taken_over_and_its_changes_are_shown() {
    let house = House::new();
    let file = house.state().join("2027.csv");
    fs::write(&file, "日期,名称,放假\n2027-01-01,元旦,放假\n2027-01-04,元旦,放假\n2027-01-09,元旦,上班\n").unwrap();
    let text = good(&house.duban(&["calendar", "import", path(&file), "--anyway"]));
    for part in [
        "变动 3 天",
        "  2027-01-01 周五 上班 → 元旦放假\n",
        "  2027-01-04 周一 上班 → 元旦放假\n",
        "  2027-01-09 周六 周末 → 元旦调休上班\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(good(&house.duban(&["calendar", "show", "2027"])).starts_with("2027年 工作日 260 天\n"));
    for (bad_row, told) in [
        ("2027-13-01,元旦,放假", "line 2: `2027-13-01` is not a date"),
        ("2027-01-01,元旦,调休", "line 2: `调休` says neither"),
        ("2027-01-01,,放假", "line 2: 2027-01-01 has no name"),
    ] {
        fs::write(&file, format!("日期,名称,放假\n{bad_row}\n")).unwrap();
        let error = bad(&house.duban(&["calendar", "import", path(&file)]), 3);
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_year_is_shown_as_a_grid_of_months() {
    let text = good(&duban(&["calendar", "show", "2026"]));
    for part in ["\n1月", "一   二   三   四   五   六   日", " 1休  2休  3休  4班 ", "10班"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

const HEADER: &str =
    "工单编号,来源,紧急程度,办理类别,大类,接收时间,派单时间,承办单位,经办人,接单时间,先行联系时间,状态,更新时间";

/// A ticket of that number received on that day.
fn ticket(no: &str, day: &str) -> String {
    format!(
        "{no},12345,一般,复杂,供水,{day} 09:00:00,{day} 09:30:00,澄湾供水服务站,周经办,{day} 10:00:00,{day} 11:00:00,\
         处理中,{day} 11:00:00"
    )
}

#[test]
fn a_new_year_moves_the_deadlines_that_reach_into_it_and_no_other() {
    let house = House::new();
    house.import(HEADER, &[&ticket("A1", "2026-12-30"), &ticket("A2", "2026-12-22"), &ticket("A3", "2026-12-29")]);
    let year = fixture("calendar/2027-invented.json");
    let now = "2026-12-30T12:00";
    let before = fs::read(house.state().join("tickets.db")).unwrap();
    let moved = objects(&house.duban(&["calendar", "diff", path(&year), "--now", now, "--json"]));
    let conclusion = |moved: &Value| {
        let deadlines = moved["deadlines"].as_array().unwrap();
        let conclusion = deadlines.iter().find(|one| one["duty"] == "conclusion").cloned()?;
        Some((moved["ticket"].as_str().unwrap().to_owned(), moved["unit"].clone(), conclusion))
    };
    let told = |no: &str, old: &str, new: &str| {
        let moved = json!({
            "duty": "conclusion",
            "old": format!("{old}T00:00:00+08:00"), "new": format!("{new}T00:00:00+08:00"),
            "old_provisional": true, "provisional": false,
        });
        (no.to_owned(), json!("澄湾供水服务站"), moved)
    };
    let moved: Vec<_> = moved.iter().filter_map(conclusion).collect();
    assert_eq!(moved, [told("A3", "2027-01-02", "2027-01-05"), told("A1", "2027-01-05", "2027-01-06")]);
    let text = good(&house.duban(&["calendar", "diff", path(&year), "--now", now]));
    assert!(text.contains("A1 澄湾供水服务站\n"), "{text}");
    assert!(text.contains("  办结截止 2027-01-04 24:00(暂定) → 2027-01-05 24:00\n"), "{text}");
    assert!(text.contains("  不再发:办结临期提醒("), "{text}");
    assert!(text.contains("  新发:期限变更("), "{text}");
    assert_eq!(fs::read(house.state().join("tickets.db")).unwrap(), before);
    assert!(!house.config().join("calendars").exists());
    let same = good(&house.duban(&["calendar", "diff", path(&notice("2026")), "--now", now]));
    assert!(same.contains("变动期限 0 个"), "{same}");
}

fn notice(name: &str) -> PathBuf {
    fixture(&format!("calendar/notices/{name}.txt"))
}

fn shipped(year: &str) -> String {
    fs::read_to_string(root().join(format!("calendars/{year}.json"))).unwrap()
}
