//! Story S15: rows as they really come, read once and once more.

use chrono::TimeDelta;
use duban::{notice::Kind, outbox::Filter};

use crate::{office::Office, program::House};

const HEADER: &str = "工单编号,来源,紧急程度/类别,接收时间,派单时间,状态,办结时间";
const ROWS: [&str; 6] = [
    "Q1,12345热线 ,NULL,2025/9/30 下午3:05,2025年9月30日 15:20,处理中 ,NULL",
    "Q2,城建热线12319,一般,20250930151000,2025-09-30 15:12,待处置,0000-00-00 00:00:00",
    "Q3,12345,疑难,昨天,NULL,待派遣,NULL",
    "Q1,12345热线,NULL,2025-09-30 15:05:00,2025-09-30 15:20:00,处理中,",
    "Q4,12345,复杂,2025-09-31 10:00:00,2025-09-30 15:00,处理中,NULL",
    "Q5,12345,疑 难,45930.628472,2025-09-30 15:10,已办结,2025-09-30 15:40",
];

#[tokio::test]
async fn rows_as_they_really_come_give_what_the_story_says_and_nothing_the_second_time() {
    let house = House::new();
    house.import(HEADER, &ROWS);
    let mut office = Office::open(house, "2025-09-30T16:00:00+08:00").await;
    office.step().await;

    let mut kept: Vec<(String, Kind)> = Vec::new();
    for row in office.outbox.list(&Filter::All, 100).await.unwrap() {
        kept.push((row.notice.ticket.as_ref().unwrap().to_string(), row.notice.key.kind));
    }
    kept.sort();
    kept.dedup();
    let of = |no: &str, kind| (no.to_owned(), kind);
    let expected = [
        of("Q1", Kind::TicketAssigned),
        of("Q1", Kind::DataQuality),
        of("Q2", Kind::TicketAssigned),
        of("Q3", Kind::DataQuality),
        of("Q4", Kind::TicketAssigned),
        of("Q4", Kind::DataQuality),
    ];
    assert_eq!(kept, expected);

    let faults = office.mail.taken_with("数据问题");
    let [mail] = &faults[..] else { panic!("{faults:?}") };
    for line in ["Q1:存在重复行;紧急程度与办理类别为空", "Q3:接收时间无法识别", "Q4:接收时间为不存在的日期"]
    {
        assert!(mail.contains(line), "{line} in {mail}");
    }
    assert!(!mail.contains("昨天") && !mail.contains("Q2") && !mail.contains("Q5"), "{mail}");

    assert_eq!(office.sms.taken().len(), 1, "three new tickets in one message to the desk");
    office.house.import(HEADER, &ROWS);
    office.forward(TimeDelta::minutes(5));
    office.step().await;
    assert_eq!(office.mail.taken_with(""), [""; 0]);
    assert_eq!(office.sms.taken_with(""), [""; 0]);
}

#[test]
fn their_deadlines_are_those_of_the_story() {
    let house = House::new();
    house.import(HEADER, &ROWS);
    for (no, parts) in [
        ("Q1", &["2025-10-09 24:00", "2025-10-11 24:00"][..]),
        ("Q2", &["2025-10-01 24:00", "2025-10-03 24:00"]),
        ("Q4", &["2025-10-11 24:00"]),
    ] {
        let output = house.duban(&["explain", no, "--now", "2025-09-30T16:00"]);
        let text = String::from_utf8(output.stdout).unwrap();
        for part in parts {
            assert!(text.contains(part), "{no}: {part} in {text}");
        }
    }
    let output = house.duban(&["explain", "Q3", "--now", "2025-09-30T16:00"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("24:00"), "{text}");
}
