//! `duban form`: the clerk's forms, and what a second reader finds in them.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use duban::outbox::{FormFilter, Series};
use serde_json::Value;

use crate::program::{House, bad, good, object, objects, path, root};

const HEADER: &str = "工单编号,来源,紧急程度,办理类别,大类,小类,反映人,联系电话,是否保密,地址,街镇,反映内容,接收时间,派单时间,\
                      承办单位,经办人,接单时间,先行联系时间,状态,更新时间";

/// Overdue from Thursday 2026-06-18 24:00 on.
const LATE: &str = "20260615000123,12345,一般,复杂,供水,水压,孙不存在,13800012345,否,绮霞路88弄6号,赵巷镇,水压太低,\
                    2026-06-15 09:00:00,2026-06-15 09:10:00,澄湾供水服务站,周经办,2026-06-15 09:30:00,2026-06-15 09:40:00,\
                    处理中,2026-06-15 09:40:00";
/// Early on its third overdue day.
const THIRD: &str = "2026-06-24T09:00:00+08:00";

#[tokio::test]
async fn the_forms_of_a_ticket_are_written_under_the_numbers_they_were_issued_with() {
    let house = House::new();
    house.import(HEADER, &[LATE]);
    house.watch(THIRD).await;
    let out = tempfile::tempdir().unwrap();
    let args = ["form", "20260615000123", "--out", path(out.path()), "--now", "2026-06-25T10:00", "--json"];
    let told = object(&house.duban(&args));
    assert_eq!(told["form"], "督办单");
    assert_eq!(told["number"], "〔2026〕1号");
    assert_eq!(told["issued"], THIRD);
    let file = out.path().join("order-2026-1.docx");
    assert_eq!(told["file"], path(&file));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let form = read(&file);
    assert_eq!(form["title"], "青浦区水务局热线督办单");
    let field = |name: &str| field(&form, name);
    assert_eq!(field("编号"), "督办〔2026〕1号");
    assert_eq!(field("工单编号"), "20260615000123");
    assert_eq!(field("逾期天数"), "3个工作日");
    assert_eq!(field("反馈期限"), "2026-07-01 24:00");
    assert!(field("督办来源").contains("■逾期第3日"));
    assert_eq!(field("主要领导\n审核").trim_end(), "签字\u{ff1a}              日期\u{ff1a}      年    月    日");
    // The same again is the same file.
    good(&house.duban(&args));
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_form_by_hand_takes_the_next_number_once() {
    let house = House::new();
    let repeats: Vec<String> = (1..=5).map(repeat).collect();
    house.import(HEADER, &repeats.iter().map(String::as_str).collect::<Vec<_>>());
    house.watch("2026-03-05T10:00:00+08:00").await;
    let out = tempfile::tempdir().unwrap();
    let form = |args: &[&str]| {
        let now = ["form", "2026030500010", "--out", path(out.path()), "--now", "2026-03-06T11:00", "--json"];
        objects(&house.duban(&[&now[..], args].concat()))
    };
    let [batch] = form(&[]).try_into().unwrap();
    assert_eq!((&batch["form"], &batch["number"]), (&Value::from("批办单"), &Value::from("〔2026〕1号")));
    for _ in 0..2 {
        let [order] = form(&["--issue", "order"]).try_into().unwrap();
        assert_eq!((&order["form"], &order["number"]), (&Value::from("督办单"), &Value::from("〔2026〕1号")));
    }
    assert_eq!(form(&[]).len(), 2);
    let form = read(&out.path().join("batch-2026-1.docx"));
    assert_eq!(form["title"], "青浦区水务局热线复杂疑难事项批办单");
    assert_eq!(field(&form, "反映次数"), "5次");
    assert_eq!(field(&form, "反映人"), "孙*  138****2345  绮霞路");
    assert_eq!(field(&form, "诉求摘要"), "", "the complaint is never copied");
    let listed = form["tables"][1].as_array().unwrap();
    assert_eq!(listed.len(), 6);
    assert_eq!(listed[1][1], "2026030100010");
    let whole = form.to_string();
    for secret in ["孙不存在", "13800012345", "88弄", "水压太低"] {
        assert!(!whole.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_cannot_be_made_says_why_and_takes_no_number() {
    let house = House::new();
    house.import(HEADER, &[LATE]);
    let run = |args: &[&str]| house.duban(&[&["form"], args, &["--now", "2026-06-16T10:00"]].concat());
    let error = bad(&run(&["20260615000123", "--issue", "order"]), 5);
    assert!(error.contains("made by the first `duban run`"), "{error}");
    let outbox = house.watch("2026-06-16T09:00:00+08:00").await;
    let error = bad(&run(&["20260615000999"]), 3);
    assert!(error.contains("ticket 20260615000999 is not in the store") && error.contains("tickets.db"), "{error}");
    let error = bad(&run(&["20260615000123"]), 3);
    assert!(error.contains("no form has been issued") && error.contains("--issue order"), "{error}");
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = bad(&run(&["20260615000123", "--issue", "order", "--out", path(file.path())]), 1);
    assert!(error.contains(" cannot be written; see that the disk has room"), "{error}");
    assert_eq!(outbox.forms(FormFilter::Series(Series::Order)).await.unwrap(), []);
}

fn repeat(day: u32) -> String {
    format!(
        "2026030{day}00010,12345,一般,复杂,供水,水压,孙不存在,13800012345,否,绮霞路88弄6号,赵巷镇,水压太低,\
         2026-03-0{day} 09:00:00,2026-03-0{day} 09:10:00,澄湾供水服务站,周经办,2026-03-0{day} 09:30:00,\
         2026-03-0{day} 09:40:00,处理中,2026-03-0{day} 09:40:00"
    )
}

/// What a reader finds that shares nothing with the writer.
fn read(file: &Path) -> Value {
    let reader: PathBuf = root().join("tests/peers/docx_reader.py");
    let output = Command::new("python3").arg(reader).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The field beside a label.
fn field(form: &Value, label: &str) -> String {
    let rows = form["tables"][0].as_array().unwrap().iter().map(|row| row.as_array().unwrap());
    let found = rows.flat_map(|row| row.chunks(2)).find(|pair| pair[0] == label);
    found.unwrap_or_else(|| panic!("{label} of {form}"))[1].as_str().unwrap().to_owned()
}
