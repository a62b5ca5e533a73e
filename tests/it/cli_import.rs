//! `duban import`: what a dry run says of each ticket, to the letter, and what
//! an import tells.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::program::{House, bad, duban, fixture, good, object, objects, path};

/// The fields of a dry run, in the order that is promised.
const FIELDS: [&str; 18] = [
    "ticket",
    "rows",
    "class",
    "class_known",
    "regime",
    "round",
    "conclusion_from",
    "first_contact_due",
    "return_window_due",
    "conclusion_due_original",
    "extension_workdays",
    "conclusion_due",
    "provisional",
    "strict_provisional",
    "state",
    "unit",
    "repeat_group",
    "anomalies",
];

const EXPORTS: [&str; 3] = ["export-utf8.csv", "export-gb18030.csv", "export.xlsx"];

/// The instant at which the samples were exported.
pub const TAKEN: &str = "2026-11-24T17:30:00+08:00";

#[test]
fn a_dry_run_agrees_with_every_field_of_every_ticket_of_the_samples() {
    let expected = expected();
    let roster = fixture("samples/roster.csv");
    for export in EXPORTS {
        let file = fixture(&format!("samples/{export}"));
        let args = ["import", path(&file), "--dry-run", "--json", "--now", TAKEN, "--roster", path(&roster)];
        let mut seen = BTreeMap::new();
        for ticket in objects(&duban(&args)) {
            let no = ticket["ticket"].as_str().unwrap().to_owned();
            let ticket = ticket.as_object().unwrap().clone();
            assert_eq!(ticket.keys().collect::<Vec<_>>(), FIELDS, "{export} {no}");
            assert_eq!(Value::Object(ticket), expected[&no], "{export} {no}");
            assert!(seen.insert(no.clone(), ()).is_none(), "{export} {no} twice");
        }
        assert_eq!(seen.len(), 300, "{export}");
    }
    assert_eq!(expected.len(), 300);
}

#[test]
fn a_dry_run_without_a_roster_does_not_judge_units_and_staff() {
    let file = fixture("samples/export-utf8.csv");
    let tickets = objects(&duban(&["import", path(&file), "--dry-run", "--json", "--now", TAKEN]));
    let codes: Vec<&str> = tickets
        .iter()
        .flat_map(|ticket| ticket["anomalies"].as_array().unwrap())
        .map(|c| c.as_str().unwrap())
        .collect();
    assert!(codes.contains(&"duplicate-row"));
    assert!(!codes.contains(&"unknown-unit") && !codes.contains(&"unknown-handler"));
}

#[test]
fn a_dry_run_prints_nothing_about_a_citizen() {
    let file = fixture("samples/export-utf8.csv");
    let reader = csv::ReaderBuilder::new().from_path(&file).unwrap();
    let private = private_cells(reader);
    assert!(private.len() > 300);
    for form in [&["--json"][..], &[]] {
        let args = [&["import", path(&file), "--dry-run", "--now", TAKEN][..], form].concat();
        let text = good(&duban(&args));
        assert!(!text.contains("1380003"), "a number");
        for cell in &private {
            assert!(!text.contains(cell.as_str()), "{cell}");
        }
    }
}

#[test]
fn a_dry_run_of_several_files_takes_their_rows_together() {
    let file = fixture("samples/export-utf8.csv");
    let tickets = objects(&duban(&["import", path(&file), path(&file), "--dry-run", "--json", "--now", TAKEN]));
    assert_eq!(tickets.len(), 300);
    assert!(tickets.iter().all(|ticket| ticket["anomalies"].as_array().unwrap().contains(&json!("duplicate-row"))));
}

#[test]
fn a_dry_run_for_people_sums_up() {
    let file = fixture("samples/export.xlsx");
    let text = good(&duban(&["import", path(&file), "--dry-run", "--now", TAKEN]));
    for part in ["工单 300 件,324 行;跳过 1 行", "接收时间→received", "duplicate-row 24", "deemed_accepted"]
    {
        assert!(text.contains(part), "{part} {text}");
    }
}

#[test]
fn an_export_without_the_columns_that_count_is_refused_with_the_headers_seen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.csv");
    std::fs::write(&file, "编号甲,来源,接收时间\nA1,12345,2026-09-01 10:00\n").unwrap();
    let error = bad(&duban(&["import", path(&file), "--dry-run", "--json"]), 3);
    assert!(error.contains("other.csv") && error.contains("编号甲"), "{error}");
    let map = folder.path().join("map.toml");
    let text =
        "zone = \"+08:00\"\n[columns]\nticket_no = [\"编号甲\"]\norigin = [\"来源\"]\nreceived = [\"接收时间\"]\n";
    std::fs::write(&map, text).unwrap();
    let out = duban(&["import", path(&file), "--dry-run", "--json", "--columns", path(&map)]);
    assert_eq!(object(&out)["conclusion_due"], "2026-09-05T00:00:00+08:00");
}

#[test]
fn a_roster_or_column_map_at_fault_is_named_with_line_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let export = fixture("samples/export-utf8.csv");
    let roster = folder.path().join("roster.csv");
    let text = "unit_code,unit,former_name,role,name,phone,email,matters\n2601,甲所,,king,张三,13800012345,,\n";
    std::fs::write(&roster, text).unwrap();
    let error = bad(&duban(&["import", path(&export), "--dry-run", "--roster", path(&roster)]), 3);
    assert!(error.contains("roster.csv") && error.contains("line 2") && error.contains("king"), "{error}");
    assert!(!error.contains("13800012345"), "{error}");
    let map = folder.path().join("map.toml");
    std::fs::write(&map, "zone = \"+08:00\"\n[columns]\nrecieved = [\"接收时间\"]\n").unwrap();
    let error = bad(&duban(&["import", path(&export), "--dry-run", "--columns", path(&map)]), 3);
    assert!(error.contains("map.toml") && error.contains("line 3"), "{error}");
    bad(&duban(&["import", path(&export), "--roster", path(&roster)]), 2);
    bad(&duban(&["import"]), 2);
}

#[test]
fn an_import_tells_what_is_new_and_the_same_file_again_changes_nothing() {
    let house = House::new();
    let file = fixture("samples/export.xlsx");
    let first = object(&house.duban(&["import", path(&file), "--json"]));
    let told = json!({
        "file": path(&file), "rows": 324, "new": 300, "changed": 0, "unchanged": 0, "older": 0, "skipped": 1
    });
    assert_eq!(first, told);
    let again = good(&house.duban(&["import", path(&file), path(&fixture("samples/export-utf8.csv"))]));
    let lines: Vec<&str> = again.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].ends_with("读取 324 行;工单新增 0、变更 0、未变 300、旧于库中 0;跳过 1 行"), "{again}");
    assert_eq!(std::fs::read_dir(house.state()).unwrap().count(), 1, "a store and nothing else");
}

#[test]
fn an_import_without_settings_or_state_folder_says_what_to_do() {
    let file = fixture("samples/export-utf8.csv");
    let error = bad(&duban(&["import", path(&file)]), 3);
    assert!(error.contains("duban.toml: it is not there"), "{error}");
    let house = House::new();
    std::fs::remove_dir(house.state()).unwrap();
    let error = bad(&house.duban(&["import", path(&file)]), 3);
    assert!(error.contains(path(&house.state())) && error.contains("make it"), "{error}");
}

#[test]
fn an_import_that_fails_in_the_second_file_says_that_the_first_is_in() {
    let house = House::new();
    let good_file = fixture("samples/export-utf8.csv");
    let out = house.duban(&["import", path(&good_file), "no-such-file.csv"]);
    let error = bad(&out, 3);
    assert!(String::from_utf8(out.stdout).unwrap().contains("工单新增 300"));
    assert!(error.contains("1 of 2 files are imported") && error.contains("no-such-file.csv"), "{error}");
    assert_eq!(object(&house.duban(&["import", path(&good_file), "--json"]))["unchanged"], 300);
}

#[test]
fn a_store_that_is_none_ends_with_4_and_is_left_alone() {
    let house = House::new();
    let store = house.state().join("tickets.db");
    std::fs::write(&store, "not a database, but something that somebody wants to keep\n").unwrap();
    let file = fixture("samples/export-utf8.csv");
    let error = bad(&house.duban(&["import", path(&file)]), 4);
    assert!(error.contains("tickets.db"), "{error}");
    assert!(std::fs::read_to_string(&store).unwrap().starts_with("not a database"));
}

/// `expected.csv` as the objects that a dry run prints.
pub fn expected() -> BTreeMap<String, Value> {
    let mut reader = csv::Reader::from_path(fixture("samples/expected.csv")).unwrap();
    let headers = reader.headers().unwrap().clone();
    let records = reader.records().map(Result::unwrap);
    let ticket = |record: csv::StringRecord| {
        let at = |field: &str| &record[headers.iter().position(|header| header == field).unwrap()];
        let fields = FIELDS.iter().map(|field| ((*field).to_owned(), value(field, at(field))));
        (at("ticket").to_owned(), Value::Object(fields.collect()))
    };
    records.map(ticket).collect()
}

fn value(field: &str, cell: &str) -> Value {
    match field {
        "rows" | "round" | "extension_workdays" => json!(cell.parse::<u64>().unwrap()),
        "class_known" | "provisional" | "strict_provisional" => json!(cell == "1"),
        "anomalies" => json!(cell.split(';').filter(|code| !code.is_empty()).collect::<Vec<_>>()),
        "conclusion_from" => json!(cell),
        _ if cell.is_empty() || cell == "none" => Value::Null,
        _ => json!(cell),
    }
}

/// Names, addresses and complaints of the samples, but for words of no meaning.
fn private_cells(mut reader: csv::Reader<std::fs::File>) -> Vec<String> {
    let headers = reader.headers().unwrap().clone();
    let columns: Vec<usize> = ["反映人", "地址", "反映内容"]
        .iter()
        .map(|name| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == *name).unwrap())
        .collect();
    let mut cells: Vec<String> = reader
        .records()
        .map(Result::unwrap)
        .flat_map(|record| columns.iter().map(|at| record[*at].trim().to_owned()).collect::<Vec<_>>())
        .filter(|cell| cell.chars().count() >= 3)
        .collect();
    cells.sort();
    cells.dedup();
    cells
}
