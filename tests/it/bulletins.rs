//! The weekly and the monthly bulletin: what they say, when they are made, and
//! who is told.

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use chrono::{DateTime, Utc};
use duban::{
    calendar::{Calendar, embedded},
    daemon::{Watcher, WatcherParts, bulletins, forms::FormParts},
    notice::{Fact, Kind, Period, Role},
    outbox::{Filter, KeptNotice, NoticeState, Outbox},
    planner::{Policy, TicketFacts, View, Watch, bulletin::Released},
    report::{
        bulletin::{Bulletin, Gather, csv, lines, text},
        json,
    },
    roster::Roster,
    rules::Rules,
    source::{ColumnMap, Export, HistoryStore, Store},
    ticket::{Field, NumberKey, Ticket},
};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    planner::{LONG_AGO, at, policy, reader, ticket},
    program::{House, bad, fixture, good, object},
};

type Row = [(Field, &'static str)];

/// Concluded and fed back in time.
const DONE: &Row = &[
    (Field::Contacted, "2026-03-02 10:00:00"),
    (Field::Status, "待回访"),
    (Field::Concluded, "2026-03-04 16:00:00"),
    (Field::FedBack, "2026-03-04 17:00:00"),
    (Field::Audited, "2026-03-05 10:00:00"),
    (Field::AuditResult, "通过"),
];

fn with(no: &'static str, rows: &[&Row]) -> Ticket {
    let changes: Vec<_> = rows.concat().into_iter().chain([(Field::TicketNo, no)]).collect();
    ticket(&changes)
}

/// The week of 2 March 2026, at nine on the Monday after it.
fn week(tickets: &[Ticket]) -> Bulletin {
    gathered(Period::week_of("2026-03-02".parse().unwrap()), "2026-03-09 09:00", tickets)
}

fn gathered(period: Period, cut: &str, tickets: &[Ticket]) -> Bulletin {
    let policy = policy();
    let mut gather = Gather::new(&policy, period, at(cut));
    let facts = TicketFacts::default();
    for ticket in tickets {
        gather.add(View { ticket, facts: &facts, outcomes: &[], told: &[] });
    }
    gather.done()
}

fn some() -> Vec<Ticket> {
    let other: &Row = &[(Field::Units, "莲渡河道管理站"), (Field::Category, "河道"), (Field::Subcategory, "保洁")];
    let satisfied: &Row = &[(Field::Revisited, "2026-03-06 10:00:00"), (Field::Satisfaction, "满意")];
    let unhappy: &Row =
        &[(Field::Revisited, "2026-03-06 11:00:00"), (Field::Satisfaction, "不满意"), (Field::Status, "待重办")];
    let before: &Row = &[(Field::Received, "2026-02-27 09:00:00"), (Field::Dispatched, "2026-02-28 09:30:00")];
    let waits: &Row = &[
        (Field::Dispatched, ""),
        (Field::Accepted, ""),
        (Field::Units, ""),
        (Field::Status, "待派遣"),
        (Field::Origin, "12319"),
        (Field::Received, "2026-03-08 20:00:00"),
        (Field::ContactPhone, "无"),
    ];
    vec![
        with("A1", &[DONE, satisfied]),
        with("A2", &[DONE, unhappy]),
        with("A3", &[]),
        with("B1", &[DONE, other, &[(Field::Difficulty, "")], &[(Field::Urgency, "")]]),
        with("B2", &[other, before]),
        with("C1", &[waits]),
        with("V1", &[&[(Field::Status, "作废")]]),
    ]
}

#[test]
fn a_weekly_bulletin_says_what_happened_in_its_week() {
    let expected = "\
2026年第10周热线工作通报
统计期间:2026-03-02至2026-03-08  截止:2026-03-09 09:00  口径版本:2020-32-1

一、受理与转派
受理6件,上期1件,增加5件。
来源:12345 5,12319 1
办理类别:复杂 6
大类:供水 5,河道 1
街镇:赵巷镇 6
当日转派5件,逾日转派0件,直接答复0件,待转派1件。

二、五率
先行联系率 60.00%(3/5)
及时处置率 100.00%(5/5)
及时办结率 60.00%(3/5)
处理反馈率 100.00%(3/3)
市民满意率 50.00%(1/2)
先行联系率排名:1 澄湾供水服务站 66.67%;2 莲渡河道管理站 50.00%
及时处置率排名:1 澄湾供水服务站 100.00%;1 莲渡河道管理站 100.00%
及时办结率排名:1 澄湾供水服务站 66.67%;2 莲渡河道管理站 50.00%
处理反馈率排名:1 澄湾供水服务站 100.00%;1 莲渡河道管理站 100.00%
市民满意率排名:1 澄湾供水服务站 50.00%

三、各单位办理情况
澄湾供水服务站:受理4,到期3,按时办结2,逾期未办结1,先行联系2,未联系1,不满意1
综合管理科:受理1
莲渡河道管理站:受理1,到期2,按时办结1,逾期未办结1,先行联系1,未联系1

四、逾期未办结工单
B2  莲渡河道管理站  截止2026-03-03 24:00  逾期6天
A3  澄湾供水服务站  截止2026-03-05 24:00  逾期4天

五、重点督办事项(第十条)
A2  澄湾供水服务站  不满意、多次反映且不满意

六、重复反映事项
供水/水压  4件:A1、A2、A3、V1

七、数据质量
紧急程度与办理类别为空,按“复杂”计 1件
";
    assert_eq!(text(&week(&some()), 1), expected);
}

#[test]
fn a_bulletin_of_nothing_says_so() {
    let empty = week(&[]);
    let told = text(&empty, 1);
    assert!(told.contains("受理0件,上期0件,持平。") && told.contains("先行联系率 -\n"), "{told}");
    assert_eq!(told.matches("\n无\n").count(), 5, "{told}");
    assert_eq!(csv(&empty).lines().count(), 2, "the head and the sum");
    assert!(csv(&empty).ends_with(&format!("{}\r\n", ",".repeat(10))), "rates of nothing are empty cells");
}

#[test]
fn a_table_has_a_line_a_unit_and_their_sum() {
    let table = csv(&week(&some()));
    let mut lines = csv::Reader::from_reader(table.trim_start_matches('\u{feff}').as_bytes());
    let head = lines.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = lines.records().map(Result::unwrap).collect();
    let cell =
        |row: &csv::StringRecord, name: &str| row[head.iter().position(|column| column == name).unwrap()].to_owned();
    let names: Vec<String> = rows.iter().map(|row| cell(row, "承办单位")).collect();
    assert_eq!(names, ["澄湾供水服务站", "综合管理科", "莲渡河道管理站", "合计"]);
    let received: Vec<String> = rows.iter().map(|row| cell(row, "受理")).collect();
    assert_eq!(received, ["4", "1", "1", "6"]);
    assert_eq!((cell(&rows[0], "及时办结率(%)"), cell(&rows[2], "及时办结率排名")), ("66.67".into(), "2".into()));
    assert_eq!(cell(&rows[3], "及时办结率(%)"), "60.00");
}

#[test]
fn a_unit_sees_its_own_lines_and_the_figures_of_all() {
    let mut bulletin = week(&some());
    bulletin.only("莲渡河道管理站");
    let told = text(&bulletin, 1);
    assert!(told.contains("及时办结率 60.00%(3/5)") && told.contains("B2  莲渡河道管理站"), "{told}");
    assert!(!told.contains("澄湾供水服务站"), "{told}");
}

#[test]
fn a_monthly_bulletin_ends_with_the_agenda_if_that_is_set() {
    let mut bulletin = gathered(Period::month_of("2026-03-02".parse().unwrap()), "2026-04-01 09:00", &some());
    assert!(!text(&bulletin, 1).contains("例会议题"));
    bulletin.agenda = duban::rules::rates::Agenda::On;
    assert!(text(&bulletin, 2).contains("热线工作通报(第2版)") && text(&bulletin, 2).contains("八、例会议题"));
    assert_eq!(lines(&bulletin).len(), 10, "the rates and the places of the units");
}

#[test]
fn no_bulletin_of_the_sample_tells_of_a_citizen() {
    let needles = crate::personal_data::needles();
    let map = ColumnMap::built_in().unwrap();
    let reader = reader();
    let mut export = Export::open(&fixture("samples/export-utf8.csv"), &map).unwrap();
    let mut policy = policy();
    policy.roster = Some(Arc::new(roster()));
    let period = Period::month_of("2026-11-01".parse().unwrap());
    let mut gather = Gather::new(&policy, period, at("2026-11-24 17:30"));
    let facts = TicketFacts::default();
    let mut n = 0;
    while let Some(row) = export.next_row().unwrap() {
        match reader.ticket(&[row.cells]) {
            Ok(ticket) => gather.add(View { ticket: &ticket, facts: &facts, outcomes: &[], told: &[] }),
            Err(_) => gather.add_unreadable(),
        }
        n += 1;
    }
    let bulletin = gather.done();
    assert!(n > 100 && bulletin.received.n > 20, "{n} {}", bulletin.received.n);
    for told in [text(&bulletin, 1), csv(&bulletin), json::bulletin(&bulletin).to_string(), lines(&bulletin).join("\n")]
    {
        crate::personal_data::silent("a bulletin", &told, &needles);
    }
}

fn roster() -> Roster {
    let text = std::fs::read_to_string(fixture("samples/roster.csv")).unwrap();
    Roster::from_csv("roster.csv", &text).unwrap()
}

/// A daemon's watcher over a history, with a state folder.
struct Office {
    dir: TempDir,
    store: Arc<Store>,
    outbox: Outbox,
}

const HEADER: &str = "at,工单编号,来源,办理类别,大类,小类,接收时间,派单时间,承办单位,接单时间,先行联系时间,状态,\
    办结时间,反馈时间,回访时间,综合满意度";

impl Office {
    async fn new(lines: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("history.csv");
        std::fs::write(&file, format!("{HEADER}\n{}\n", lines.join("\n"))).unwrap();
        let history = HistoryStore::from_csv(&file, &ColumnMap::built_in().unwrap(), &reader()).unwrap();
        let outbox = Outbox::open(dir.path().join("ledger.db")).await.unwrap();
        Self { store: Arc::new(Store::History(history)), outbox, dir }
    }

    async fn watcher(&self, watch: Watch, now: &str) -> Watcher {
        let parts = WatcherParts {
            store: self.store.clone(),
            outbox: self.outbox.clone(),
            reader: Arc::new(ColumnMap::built_in().unwrap().reader(NumberKey::new([1; 32]))),
            policy: Arc::new(Policy {
                calendar: Calendar::new(&embedded().unwrap(), &[]).unwrap(),
                rules: Rules::embedded().unwrap(),
                roster: Some(Arc::new(roster())),
            }),
            watch,
            forms: FormParts::paperless(),
            state: Some(self.dir.path().to_owned()),
        };
        Watcher::new(parts, at(now)).await.unwrap()
    }

    async fn cycle(&self, watcher: &mut Watcher, now: &str) -> Option<DateTime<Utc>> {
        let Store::History(history) = &*self.store else { unreachable!() };
        history.set_now(at(now));
        watcher.cycle(at(now)).await.unwrap().next
    }

    /// What is or was open about bulletins.
    async fn told(&self, state: NoticeState) -> Vec<KeptNotice> {
        let listed = self.outbox.list(&Filter::Notice(state), 1000).await.unwrap();
        let mut told: Vec<KeptNotice> = listed.into_iter().map(|row| row.notice).collect();
        told.retain(|notice| Period::KINDS.contains(&notice.key.kind));
        told.sort_by(|a, b| a.key.cmp(&b.key));
        told
    }

    async fn keys(&self) -> Vec<String> {
        self.told(NoticeState::Open).await.iter().map(|notice| notice.key.to_string()).collect()
    }

    fn files(&self) -> Vec<String> {
        let folder = self.dir.path().join("reports/2026");
        let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Of March, satisfied only after the month was told.
const MARCH: [&str; 3] = [
    "2026-03-26T09:30:00+08:00,A1,12345,复杂,供水,水压,2026-03-26 09:00:00,2026-03-26 09:30:00,澄湾供水服务站,\
     2026-03-26 09:40:00,2026-03-26 10:00:00,处理中,,,,",
    "2026-03-30T16:00:00+08:00,A1,12345,复杂,供水,水压,2026-03-26 09:00:00,2026-03-26 09:30:00,澄湾供水服务站,\
     2026-03-26 09:40:00,2026-03-26 10:00:00,待回访,2026-03-30 15:00:00,2026-03-30 15:30:00,,",
    "2026-04-09T10:00:00+08:00,A1,12345,复杂,供水,水压,2026-03-26 09:00:00,2026-03-26 09:30:00,澄湾供水服务站,\
     2026-03-26 09:40:00,2026-03-26 10:00:00,已回访,2026-03-30 15:00:00,2026-03-30 15:30:00,2026-03-31 10:00:00,满意",
];

#[tokio::test]
async fn a_bulletin_is_stored_for_its_owner_only_before_it_is_told() {
    let office = Office::new(&MARCH).await;
    let mut watcher = office.watcher(Watch { since: at("2026-03-26 09:00") }, "2026-03-30 08:59").await;
    let next = office.cycle(&mut watcher, "2026-03-30 08:59").await;
    assert_eq!((office.files(), office.keys().await), (vec![], vec![]), "nothing is due");
    assert_eq!(next, Some(at("2026-03-30 09:00")));
    office.cycle(&mut watcher, "2026-03-30 09:00").await;
    assert_eq!(office.files(), ["week-13.csv", "week-13.txt"]);
    assert_eq!(office.keys().await, ["P/2026-W13|weekly-bulletin|rev1|desk"]);
    let [notice] = <[_; 1]>::try_from(office.told(NoticeState::Open).await).unwrap();
    let Fact::Text(stored) = &notice.facts["path"] else { panic!("{:?}", notice.facts) };
    let text = office.dir.path().join(format!("{stored}.txt"));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&text), mode(text.parent().unwrap())), (0o600, 0o700));
    assert!(std::fs::read_to_string(text).unwrap().contains("受理1件"));
    assert_eq!((notice.due, notice.late), (at("2026-03-30 09:00"), false));
    assert_eq!(notice.facts["n"], Fact::Number(1));
}

#[tokio::test]
async fn a_bulletin_is_made_once_whatever_is_started_again() {
    let office = Office::new(&MARCH).await;
    let watch = Watch { since: at("2026-03-26 09:00") };
    let mut first = office.watcher(watch, "2026-03-30 11:00").await;
    office.cycle(&mut first, "2026-03-30 11:00").await;
    let text = std::fs::read_to_string(office.dir.path().join("reports/2026/week-13.txt")).unwrap();
    let [notice] = <[_; 1]>::try_from(office.told(NoticeState::Open).await).unwrap();
    assert!(notice.late, "it was due at nine");
    for now in ["2026-03-30 11:01", "2026-03-30 18:00"] {
        let mut again = office.watcher(watch, now).await;
        office.cycle(&mut again, now).await;
    }
    assert_eq!(std::fs::read_to_string(office.dir.path().join("reports/2026/week-13.txt")).unwrap(), text);
    assert_eq!(office.keys().await.len(), 1);
}

#[tokio::test]
async fn nothing_is_told_of_the_time_before_the_first_start() {
    let office = Office::new(&MARCH).await;
    let mut watcher = office.watcher(Watch { since: at("2026-03-30 10:00") }, "2026-03-30 10:00").await;
    office.cycle(&mut watcher, "2026-03-30 10:00").await;
    assert_eq!((office.files(), office.keys().await), (vec![], vec![]));
}

#[tokio::test]
async fn a_month_whose_figures_changed_is_told_again_with_its_revision() {
    let office = Office::new(&MARCH).await;
    let mut watcher = office.watcher(Watch { since: at("2026-03-26 09:00") }, "2026-04-01 09:00").await;
    office.cycle(&mut watcher, "2026-04-01 09:00").await;
    office.cycle(&mut watcher, "2026-04-06 09:00").await;
    let month = |keys: Vec<String>| keys.into_iter().filter(|key| key.contains("monthly")).collect::<Vec<_>>();
    assert_eq!(month(office.keys().await), ["P/2026-03|monthly-bulletin|rev1|desk"], "nothing has changed");
    // The verdict comes in between; the next weekly bulletin is the time to look again.
    office.cycle(&mut watcher, "2026-04-09 10:00").await;
    assert_eq!(month(office.keys().await), ["P/2026-03|monthly-bulletin|rev1|desk"]);
    office.cycle(&mut watcher, "2026-04-13 09:00").await;
    assert_eq!(month(office.keys().await), ["P/2026-03|monthly-bulletin|rev2|desk"], "the first is withdrawn");
    let files = office.files();
    assert!(files.contains(&"month-03.txt".to_owned()) && files.contains(&"month-03-r2.txt".to_owned()), "{files:?}");
    let told = office.told(NoticeState::Open).await;
    let notice = told.iter().find(|notice| notice.key.kind == Kind::MonthlyBulletin).unwrap();
    assert_eq!((&notice.facts["r"], notice.late), (&Fact::Number(2), false));
    office.cycle(&mut watcher, "2026-04-20 09:00").await;
    assert_eq!(month(office.keys().await), ["P/2026-03|monthly-bulletin|rev2|desk"], "and stays so");
}

#[tokio::test]
async fn leaders_of_the_units_get_a_bulletin_when_the_desk_releases_it() {
    let office = Office::new(&MARCH).await;
    let mut watcher = office.watcher(LONG_AGO, "2026-04-01 09:00").await;
    office.cycle(&mut watcher, "2026-04-01 09:00").await;
    let roles = async || {
        let told = office.told(NoticeState::Open).await;
        let of = told.into_iter().filter(|notice| notice.key.kind == Kind::MonthlyBulletin);
        of.map(|notice| (notice.key.role, notice.unit)).collect::<Vec<_>>()
    };
    assert_eq!(roles().await, [(Role::Desk, None)]);
    let march = Period::month_of("2026-03-01".parse().unwrap());
    let release = Released { revision: 1, by: "周管理".into(), at: at("2026-04-01 10:00") };
    bulletins::release(&office.outbox, march, &release).await.unwrap();
    office.cycle(&mut watcher, "2026-04-01 10:00").await;
    assert_eq!(roles().await, [(Role::Desk, None), (Role::Chief, Some("澄湾供水服务站".into()))]);
}

#[tokio::test]
async fn a_bulletin_that_cannot_be_stored_is_not_told_and_tried_again() {
    let office = Office::new(&MARCH).await;
    let in_the_way = office.dir.path().join("reports");
    std::fs::write(&in_the_way, "no folder").unwrap();
    let mut watcher = office.watcher(Watch { since: at("2026-03-26 09:00") }, "2026-03-30 09:00").await;
    let next = office.cycle(&mut watcher, "2026-03-30 09:00").await;
    assert_eq!((office.keys().await, next), (vec![], Some(at("2026-03-30 09:05"))));
    std::fs::remove_file(in_the_way).unwrap();
    office.cycle(&mut watcher, "2026-03-30 09:04").await;
    assert_eq!(office.keys().await, [""; 0], "the whole store is not read with every poll");
    office.cycle(&mut watcher, "2026-03-30 09:05").await;
    assert_eq!(office.keys().await.len(), 1);
}

const EXPORT: &str = "工单编号,来源,办理类别,大类,小类,反映人,联系电话,接收时间,派单时间,承办单位,接单时间,先行联系时间,\
    状态,办结时间,反馈时间,回访时间,综合满意度";

fn house() -> House {
    let house = House::new();
    house.import(
        EXPORT,
        &[
            "A1,12345,复杂,供水,水压,李女士,13800012345,2026-03-02 09:00:00,2026-03-02 09:30:00,澄湾供水服务站,\
             2026-03-02 09:40:00,2026-03-02 10:00:00,已回访,2026-03-04 15:00:00,2026-03-04 15:30:00,2026-03-06 10:00:00,基本满意",
            "A2,12345,复杂,供水,水压,李女士,13800012345,2026-03-02 09:00:00,2026-03-02 09:30:00,澄湾供水服务站,\
             2026-03-02 09:40:00,2026-03-02 10:00:00,处理中,,,,",
        ],
    );
    house
}

const MONDAY: &str = "2026-03-09T09:00:00+08:00";

#[test]
fn report_rates_gives_the_rates_with_the_tickets_behind_them() {
    let house = house();
    let span = ["report", "rates", "--from", "2026-03-01", "--to", "2026-03-31", "--now", MONDAY];
    let got = object(&house.duban(&[&span[..], &["--json"]].concat()));
    assert_eq!((&got["from"], &got["to"], &got["cut"]), (&json!("2026-03-01"), &json!("2026-03-31"), &json!(MONDAY)));
    assert_eq!(
        got["rates"][2],
        json!({
            "rate": "conclusion", "name": "及时办结率", "numerator": 1.0, "denominator": 2, "percent": 50.0,
            "against": ["A2"], "left_out": [],
        })
    );
    assert_eq!((&got["rates"][4]["numerator"], &got["rates"][4]["percent"]), (&json!(0.8), &json!(80.0)));
    assert_eq!(got["units"][0]["rates"][2]["rank"], json!(1));
    let told = good(&house.duban(&span));
    assert!(told.contains("及时办结率 1件:A2") && told.contains("市民满意率 80.00%(0.8/1)"), "{told}");
    assert!(!told.contains("李女士") && !told.contains("13800012345"));
    let other = good(&house.duban(&[&span[..], &["--unit", "莲渡河道管理站"]].concat()));
    assert!(other.contains("及时办结率 50.00%(1/2)") && !other.contains("A2"), "of another unit: {other}");
    let table = good(&house.duban(&[&span[..], &["--csv"]].concat()));
    assert!(table.contains("及时办结率,1,2,50.00,1,A2;,\r\n"), "{table}");
}

#[test]
fn report_week_and_month_give_the_last_whole_one_or_the_one_asked_for() {
    let house = house();
    let name = |args: &[&str]| {
        object(&house.duban(&[&["report"], args, &["--json", "--now", MONDAY]].concat()))["name"].clone()
    };
    assert_eq!(name(&["week"]), json!("2026-W10"));
    assert_eq!(name(&["week", "--at", "2026-01-01"]), json!("2026-W01"));
    assert_eq!(name(&["month"]), json!("2026-02"));
    assert_eq!(name(&["month", "--at", "2026-03"]), json!("2026-03"));
    let told = good(&house.duban(&["report", "week", "--now", MONDAY]));
    assert!(told.starts_with("2026年第10周热线工作通报\n") && told.contains("A2  澄湾供水服务站"), "{told}");
    let table = good(&house.duban(&["report", "week", "--csv", "--now", MONDAY]));
    assert!(table.starts_with("\u{feff}承办单位,受理"), "{table}");
}

#[test]
fn report_refuses_what_it_cannot_answer() {
    let house = house();
    let rows: [(&[&str], i32, &str); 5] = [
        (&["week", "--unit", "无此所"], 3, "is not on the roster"),
        (&["week", "--at", "yesterday"], 2, "is no day"),
        (&["week", "--csv", "--json"], 2, "cannot be used with"),
        (&["rates", "--from", "2026-03-09", "--to", "2026-03-01"], 3, "lies after"),
        (&["release", "week"], 5, "no bulletin of"),
    ];
    for (args, code, says) in rows {
        let error = bad(&house.duban(&[&["report"], args].concat()), code);
        assert!(error.contains(says), "{args:?}: {error}");
    }
}

#[tokio::test]
async fn report_release_lets_a_bulletin_go_that_the_daemon_has_made() {
    let house = house();
    house.watch("2026-03-08T10:00:00+08:00").await;
    let outbox = house.watch(MONDAY).await;
    let told = good(&house.duban(&["report", "release", "week", "--by", "周管理", "--now", MONDAY]));
    assert!(told.contains("2026年第10周热线工作通报(第1版)已发布"), "{told}");
    let week = Period::week_of("2026-03-02".parse().unwrap());
    assert_eq!(bulletins::released(&outbox, week).await.unwrap().unwrap().by, "周管理");
    house.watch("2026-03-09T09:01:00+08:00").await;
    let chiefs = outbox.list(&Filter::Notice(NoticeState::Open), 1000).await.unwrap();
    let chiefs = chiefs.iter().filter(|row| row.notice.key.role == Role::Chief && row.notice.ticket.is_none());
    assert_eq!(chiefs.count(), 1);
}

#[test]
fn plan_tells_the_bulletins_that_come_due() {
    let house = house();
    let args = ["plan", "--days", "30", "--now", "2026-03-09T10:00:00+08:00"];
    let told = good(&house.duban(&args));
    assert_eq!(told.matches("09:00 热线工作周通报 → ").count(), 4, "{told}");
    assert_eq!(told.matches("09:00 热线工作月通报 → ").count(), 1, "{told}");
}

#[test]
fn a_return_is_its_units_who_had_applied_and_what_is_supervised_is_on_the_list() {
    let returned = with(
        "R1",
        &[&[
            (Field::ReturnApplied, "2026-03-02 11:00:00"),
            (Field::ReturnResult, "同意"),
            (Field::Units, "莲渡河道管理站"),
            (Field::Dispatched, "2026-03-03 09:00:00"),
        ]],
    );
    let watched =
        with("S1", &[DONE, &[(Field::Supervised, "是"), (Field::Excluded, "是"), (Field::ExcludedApproved, "是")]]);
    let policy = policy();
    let mut facts = TicketFacts::default();
    let applied = at("2026-03-02 11:00").timestamp();
    facts.add(&format!("return-decided:{applied}"), "agreed//澄湾供水服务站", at("2026-03-02 16:00"));
    let period = Period::week_of("2026-03-02".parse().unwrap());
    let mut gather = Gather::new(&policy, period, at("2026-03-09 09:00"));
    let none = TicketFacts::default();
    for (ticket, facts) in [(&returned, &facts), (&watched, &none)] {
        gather.add(View { ticket, facts, outcomes: &[], told: &[] });
    }
    let told = text(&gather.done(), 1);
    assert!(told.contains("退单申请1,退单同意1") && told.contains("不纳入测评1"), "{told}");
    let line = |unit: &str| told.lines().find(|line| line.starts_with(&format!("{unit}:"))).unwrap().to_owned();
    assert!(line("澄湾供水服务站").contains("退单申请1") && !line("莲渡河道管理站").contains("退单"), "{told}");
    assert!(told.contains("S1  澄湾供水服务站  上级督办"), "{told}");
}
