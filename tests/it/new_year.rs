//! A calendar that changes while tickets are open: what the preview says is what
//! happens, nothing is told twice, and who took it over is known.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use duban::{
    calendar::{YearFile, civil},
    notice::Kind,
    outbox::{Filter, Listed, NoticeState},
};
use serde_json::Value;

use crate::{
    office::Office,
    program::{House, bad, fixture, good, objects, path},
};

const HEADER: &str =
    "工单编号,来源,紧急程度,办理类别,大类,接收时间,派单时间,承办单位,经办人,接单时间,先行联系时间,状态,更新时间";

/// What is wanted of a ticket: its number, kind and instant.
type Wanted = (String, String, DateTime<Utc>);

/// Four hundred tickets of the last days of 2026, of every class and both regimes.
fn tickets() -> Vec<(String, NaiveDate, u32)> {
    let first = NaiveDate::from_ymd_opt(2026, 12, 17).unwrap();
    let of = |n: u32| {
        let day = first + chrono::Days::new(u64::from(n % 14));
        let (class, workdays) = [("复杂", 3), ("疑难", 10), ("复杂", 3), ("疑难", 10)][(n / 14 % 4) as usize];
        let no = format!("2026{n:04}");
        let row = format!(
            "{no},12345,一般,{class},供水,{day} 09:00:00,{day} 09:30:00,澄湾供水服务站,周经办,{day} 10:00:00,\
             {day} 11:00:00,处理中,{day} 11:00:00"
        );
        (row, day, workdays)
    };
    (0..400).map(of).collect()
}

fn no(row: &str) -> String {
    row.split(',').next().unwrap().to_owned()
}

/// The end by walking day by day, apart from the program's own table.
fn end(day: NaiveDate, workdays: u32, files: &[&YearFile]) -> NaiveDate {
    let listed: BTreeMap<NaiveDate, bool> =
        files.iter().flat_map(|file| file.days()).map(|day| (day.date, day.works)).collect();
    let works = |date: &NaiveDate| {
        let weekend = chrono::Datelike::weekday(date).number_from_monday() > 5;
        listed.get(date).copied().unwrap_or(!weekend)
    };
    day.iter_days().skip(1).filter(works).nth(workdays as usize - 1).unwrap()
}

fn year(path: &str) -> YearFile {
    YearFile::parse(path, &fs::read_to_string(path).unwrap()).unwrap()
}

fn instant(value: &Value) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap().to_utc()
}

fn listed(moved: &[Value], what: &str) -> BTreeSet<Wanted> {
    let of = |one: &Value| {
        let ticket = one["ticket"].as_str().unwrap().to_owned();
        let told = one[what].as_array().unwrap().clone();
        told.into_iter()
            .map(move |told| (ticket.clone(), told["kind"].as_str().unwrap().to_owned(), instant(&told["at"])))
    };
    moved.iter().flat_map(of).collect()
}

async fn ledger(office: &Office) -> Vec<Listed> {
    office.outbox.list(&Filter::All, 100_000).await.unwrap()
}

/// The ledger's rows about tickets that are as `is` says.
fn wanted(rows: &[Listed], is: impl Fn(&Listed) -> bool) -> BTreeSet<Wanted> {
    let of = |row: &Listed| {
        let ticket = row.notice.ticket.as_ref()?.to_string();
        Some((ticket, row.notice.key.kind.id().to_owned(), row.notice.due))
    };
    rows.iter().filter(|row| is(row)).filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_preview_of_a_new_year_is_what_happens_and_nothing_is_told_twice() {
    let house = House::new();
    let tickets = tickets();
    let rows: Vec<&str> = tickets.iter().map(|(row, ..)| row.as_str()).collect();
    house.import(HEADER, &rows);
    let mut office = Office::open(house, "2026-12-30T16:30:00+08:00").await;
    office.step().await;
    let now = office.now();
    let new = fixture("calendar/2027-invented.json");
    let preview = || {
        let at = civil::iso(now);
        objects(&office.house.duban(&["calendar", "diff", path(&new), "--now", &at, "--json"]))
    };
    let moved = preview();

    // Exactly the deadlines that another count gives.
    let (this_year, next_year) = (year("calendars/2026.json"), year(path(&new)));
    let expected: BTreeMap<String, [String; 2]> = tickets
        .iter()
        .map(|(row, day, n)| (no(row), [end(*day, *n, &[&this_year]), end(*day, *n, &[&this_year, &next_year])]))
        .filter(|(_, [old, new])| old != new)
        .map(|(no, ends)| (no, ends.map(|day| civil::iso(civil::at(day.succ_opt().unwrap(), 0, 0)))))
        .collect();
    let conclusion = |one: &Value| {
        let deadlines = one["deadlines"].as_array().unwrap();
        let end = deadlines.iter().find(|end| end["duty"] == "conclusion")?;
        let text = |name: &str| end[name].as_str().unwrap().to_owned();
        Some((one["ticket"].as_str().unwrap().to_owned(), [text("old"), text("new")]))
    };
    let told: BTreeMap<String, [String; 2]> = moved.iter().filter_map(conclusion).collect();
    assert_eq!(told, expected);
    assert!((100..400).contains(&told.len()), "{}", told.len());

    // Taken over, only what moves is touched, and the ledger changes as foretold.
    let before = ledger(&office).await;
    let file = path(&new).to_owned();
    good(&office.house.duban(&["calendar", "import", &file, "--anyway", "--by", "张三"]));
    let planned = office.reload().await;
    assert!(planned >= told.len() && planned < 400, "{planned} of {}", told.len());
    let after = ledger(&office).await;
    let known: BTreeSet<i64> = before.iter().map(|row| row.notice.id.0).collect();
    let added = wanted(&after, |row| !known.contains(&row.notice.id.0) && row.state == NoticeState::Open);
    let foretold = listed(&moved, "added");
    let at_once =
        |told: &BTreeSet<Wanted>| -> BTreeSet<Wanted> { told.iter().filter(|(.., at)| *at <= now).cloned().collect() };
    assert_eq!(added, at_once(&foretold));
    let open: BTreeSet<i64> =
        before.iter().filter(|row| row.state == NoticeState::Open).map(|row| row.notice.id.0).collect();
    let gone = wanted(&after, |row| open.contains(&row.notice.id.0) && row.state == NoticeState::Superseded);
    let withdrawn = listed(&moved, "withdrawn");
    assert_eq!(gone, at_once(&withdrawn));
    let recomputed = |set: &BTreeSet<Wanted>| -> BTreeSet<String> {
        set.iter().filter(|(_, kind, _)| kind == "deadline-recomputed").map(|(no, ..)| no.clone()).collect()
    };
    assert_eq!(recomputed(&added), told.keys().cloned().collect());

    // A second look finds nothing more; the days after go as foretold.
    assert_eq!(
        objects(&office.house.duban(&["calendar", "diff", &file, "--now", &civil::iso(now), "--json"])),
        [Value::Null; 0]
    );
    let last = DateTime::parse_from_rfc3339("2027-01-08T23:00:00+08:00").unwrap().to_utc();
    while office.now() < last {
        office.step().await;
        office.forward(TimeDelta::hours(2));
    }
    let rows = ledger(&office).await;
    let sent = wanted(&rows, |row| row.state != NoticeState::Superseded);
    let in_time = |told: &BTreeSet<Wanted>| -> BTreeSet<Wanted> {
        told.iter().filter(|(.., at)| *at < last - TimeDelta::hours(2)).cloned().collect()
    };
    let missing: Vec<_> = in_time(&foretold).difference(&sent).cloned().collect();
    assert_eq!(missing, [], "foretold and never wanted");
    let anyhow: Vec<_> = in_time(&withdrawn).intersection(&sent).cloned().collect();
    assert_eq!(anyhow, [], "withdrawn and wanted all the same");
    let recomputed = rows.iter().filter(|row| row.notice.key.kind == Kind::DeadlineRecomputed);
    let mut legs: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in recomputed {
        for leg in row.legs.iter().filter(|leg| leg.ended.is_some()) {
            *legs.entry((row.notice.key.subject.clone(), leg.person.clone())).or_default() += 1;
        }
    }
    assert!(legs.values().all(|n| *n == 1) && legs.len() >= told.len(), "{legs:?}");
}

#[tokio::test]
async fn the_emergency_notice_of_2020_moves_deadlines_that_are_running() {
    let house = House::new();
    let notice = |name: &str| fixture(&format!("calendar/notices/{name}.txt"));
    good(&house.duban(&["calendar", "import-notice", path(&notice("2020-1")), "--source", "国办发明电〔2019〕16号"]));
    let day = "2020-01-20";
    let row = |no: &str, class: &str| {
        format!(
            "{no},12345,一般,{class},供水,{day} 09:00:00,{day} 09:30:00,澄湾供水服务站,周经办,{day} 10:00:00,\
             {day} 11:00:00,处理中,{day} 11:00:00"
        )
    };
    house.import(HEADER, &[&row("A3", "复杂"), &row("A10", "疑难")]);
    let mut office = Office::open(house, "2020-01-20T12:00:00+08:00").await;
    office.step().await;
    let end = |office: &Office, no: &str| {
        let at = civil::iso(office.now());
        let told = objects(&office.house.duban(&["explain", no, "--now", &at, "--json"])).remove(0);
        let duties = told["deadlines"].as_array().unwrap().clone();
        let due = duties.iter().find(|duty| duty["duty"] == "conclusion").unwrap()["due"].clone();
        (due.as_str().unwrap()[..10].to_owned(), told["calendar_parts"].clone())
    };
    // Exclusive ends: of 01-23 and 02-07.
    assert_eq!((end(&office, "A3").0.as_str(), end(&office, "A10").0.as_str()), ("2020-01-24", "2020-02-08"));

    // Monday 27 January: the break is longer by three days, and 1 February is off.
    office.forward(TimeDelta::days(7));
    office.step().await;
    let correcting = notice("2020-2");
    let emergency = ["calendar", "import-notice", path(&correcting), "--source", "国办发明电〔2020〕1号"];
    good(&office.house.duban(&[&emergency[..], &["--by", "李四", "--now", "2020-01-27T12:00"]].concat()));
    // Of the one that is overdue by then only the further steps move.
    assert_eq!(office.reload().await, 2);
    office.step().await;
    assert_eq!(end(&office, "A3").0, "2020-01-24");
    let (due, parts) = end(&office, "A10");
    assert_eq!(due, "2020-02-12");
    // The proof names the notice that stands, who took it over, and since when.
    let of_year = parts.as_array().unwrap().iter().find(|part| part["part"] == "2020").unwrap();
    assert_eq!(
        (&of_year["source"], &of_year["person"], &of_year["since"]),
        (&"国办发明电〔2020〕1号".into(), &"李四".into(), &"2020-01-27T12:00:00+08:00".into())
    );
    // Mails are held until nobody rests.
    for _ in 0..40 {
        office.forward(TimeDelta::hours(6));
        office.step().await;
    }
    let told = office.mail.taken_with("期限变更");
    assert!(
        !told.is_empty() && told.iter().all(|text| text.contains("A10") && text.contains("2020-02-11 24:00")),
        "{told:?}"
    );
    let rows = ledger(&office).await;
    let recomputed: Vec<&Listed> = rows.iter().filter(|row| row.notice.key.kind == Kind::DeadlineRecomputed).collect();
    assert!(recomputed.iter().all(|row| row.notice.ticket.as_ref().unwrap().as_str() == "A10"));
    let occurrences: BTreeSet<&str> = recomputed.iter().map(|row| row.notice.key.occurrence.as_str()).collect();
    assert_eq!(occurrences.len(), 1);
}

#[test]
fn a_local_closure_is_written_with_its_reason_and_taken_back() {
    let house = House::new();
    let local = |args: &[&str]| house.duban(&[&["calendar", "local"], args].concat());
    let closed = ["2026-11-05..2026-11-06", "--closed", "--reason", "进博会,沪府办〔2026〕9号"];
    let tried = good(&local(&[&closed[..], &["--dry-run"]].concat()));
    assert!(
        tried.contains("2026-11-05 周四 上班 → 本地停办(进博会,沪府办〔2026〕9号)") && tried.contains("未写入"),
        "{tried}"
    );
    assert!(!house.config().join("calendars").exists());
    good(&local(&closed));
    let shown = good(&house.duban(&["calendar", "show", "2026"]));
    assert!(shown.contains("进博会"), "{shown}");
    let due =
        good(&house.duban(&["deadlines", "--regime", "1310", "--level", "urgent", "--start", "2026-11-04T10:00"]));
    assert!(due.contains("2026-11-07") || due.contains("2026-11-09"), "{due}");
    let refused = bad(&local(&["2026-11-07", "--remove"]), 3);
    assert!(refused.contains("nothing was changed"), "{refused}");
    good(&local(&["2026-11-05..2026-11-06", "--remove"]));
    assert!(!good(&house.duban(&["calendar", "show", "2026"])).contains("进博会"));
    assert!(bad(&local(&["2026-11-05", "--closed"]), 2).contains("--reason"));
    assert!(bad(&local(&["2026-11-05", "--closed", "--reason", "x", "--file", "../x"]), 3).contains("--file"));
}

#[test]
fn half_a_year_is_not_taken_over_and_a_broken_file_gives_way_to_a_whole_one() {
    let house = House::new();
    let folder = house.config().join("calendars");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("2027.json");
    let invented = fixture("calendar/2027-invented.json");
    let refused = bad(&house.duban(&["calendar", "import", path(&invented)]), 3);
    assert!(refused.contains("春节") && refused.contains("--anyway"), "{refused}");
    assert!(!file.exists());
    fs::write(&file, "{\"year\": 2027,").unwrap();
    let out = house.duban(&["calendar", "import", path(&invented), "--anyway"]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("2027.json"), "{out:?}");
    assert!(out.status.success(), "{out:?}");
    // Another one that is broken keeps nothing from being taken over.
    fs::write(folder.join("2028.json"), "{").unwrap();
    let out = house.duban(&["calendar", "import", path(&invented), "--anyway"]);
    assert!(out.status.success() && String::from_utf8_lossy(&out.stderr).contains("2028.json"), "{out:?}");
    fs::remove_file(folder.join("2028.json")).unwrap();
    assert_eq!(fs::read_to_string(folder.join("2027.json.bak")).unwrap(), "{\"year\": 2027,");
    let checked = house.duban(&["check"]);
    assert!(String::from_utf8_lossy(&checked.stdout).contains("2027 年的文件不像完整的放假安排"), "{checked:?}");
    assert!(good(&house.duban(&["calendar", "verify"])).contains("2027年:没有另一来源,未比对"));
}
