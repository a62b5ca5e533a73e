//! Rows as they really come: what `ticket` makes of single rows and of any row.

use duban::{
    calendar::civil,
    ticket::{Difficulty, Field, NumberKey, Origin, Phone, RawRow, ReadError, Reader, Status, Ticket, Urgency, Words},
};
use proptest::prelude::*;

fn reader() -> Reader {
    Reader::new(Words::embedded(), civil::zone(), NumberKey::new([7; 32]))
}

fn row(columns: &[Field], cells: &[&str]) -> RawRow {
    assert_eq!(columns.len(), cells.len());
    let mut row = RawRow::new();
    for (field, cell) in columns.iter().zip(cells) {
        row.set(*field, cell);
    }
    row
}

fn codes(ticket: &Ticket) -> Vec<&'static str> {
    ticket.anomalies.iter().map(|anomaly| anomaly.code()).collect()
}

/// The columns of story S15; there is no 更新时间, and 类别 is one column.
const STORY: [Field; 7] = [
    Field::TicketNo,
    Field::Origin,
    Field::Difficulty,
    Field::Received,
    Field::Dispatched,
    Field::Status,
    Field::Concluded,
];

#[test]
fn the_doubled_ticket_of_s15_is_one_without_a_class() {
    let rows = [
        row(&STORY, &["Q1", "12345热线 ", "NULL", "2025/9/30 下午3:05", "2025年9月30日 15:20", "处理中 ", "NULL"]),
        row(&STORY, &["Q1", "12345热线", "NULL", "2025-09-30 15:05:00", "2025-09-30 15:20:00", "处理中", ""]),
    ];
    let ticket = reader().ticket(&rows).unwrap();
    assert_eq!(codes(&ticket), ["duplicate-row", "unknown-class"]);
    assert_eq!((ticket.rows, ticket.status), (2, Some(Status::Accepted)));
    assert_eq!(ticket.received.map(|at| civil::iso(at.at())).as_deref(), Some("2025-09-30T15:05:00+08:00"));
    assert_eq!(ticket.dispatched.map(|at| civil::iso(at.at())).as_deref(), Some("2025-09-30T15:20:00+08:00"));
    assert_eq!((ticket.concluded, ticket.phone), (None, Phone::Unknown));
}

#[test]
fn the_other_rows_of_s15_are_read_as_far_as_they_can_be() {
    let read = |cells: &[&str]| reader().ticket(&[row(&STORY, cells)]).unwrap();

    let q2 =
        read(&["Q2", "城建热线12319", "一般", "20250930151000", "2025-09-30 15:12", "待处置", "0000-00-00 00:00:00"]);
    assert_eq!((q2.origin, q2.urgency, q2.concluded), (Some(Origin::Hotline12319), Some(Urgency::Normal), None));
    assert!(q2.anomalies.is_empty());

    let q3 = read(&["Q3", "12345", "疑难", "昨天", "NULL", "待派遣", "NULL"]);
    assert_eq!((q3.received, q3.dispatched, codes(&q3)), (None, None, vec!["unreadable-date:received"]));

    let q4 = read(&["Q4", "12345", "复杂", "2025-09-31 10:00:00", "2025-09-30 15:00", "处理中", "NULL"]);
    assert_eq!((q4.received, codes(&q4)), (None, vec!["impossible-date:received"]));

    let q5 = read(&["Q5", "12345", "疑 难", "45930.628472", "2025-09-30 15:10", "已办结", "2025-09-30 15:40"]);
    assert_eq!(q5.difficulty, Some(Difficulty::Difficult));
    assert_eq!(q5.received.map(|at| civil::iso(at.at())).as_deref(), Some("2025-09-30T15:05:00+08:00"));
    assert!(q5.concluded.is_some() && q5.anomalies.is_empty());
}

#[test]
fn the_later_change_counts_and_then_the_later_state() {
    let columns = [Field::TicketNo, Field::Status, Field::Updated];
    let cases = [
        // A state that went back, with a later change.
        ([["1", "已办结", "2025-09-30 15:00"], ["1", "处理中", "2025-09-30 16:00"]], Status::Accepted),
        ([["1", "处理中", "2025-09-30 15:00"], ["1", "已办结", "2025-09-30 15:00"]], Status::Concluded),
        ([["1", "已办结", ""], ["1", "处理中", "2025-09-30 16:00"]], Status::Concluded),
        ([["1", "挂起", "2025-09-30 15:00"], ["1", "待受理", "2025-09-30 15:00"]], Status::Received),
    ];
    for (rows, status) in cases {
        let rows = rows.map(|cells| row(&columns, &cells));
        assert_eq!(reader().ticket(&rows).unwrap().status, Some(status));
    }
}

#[test]
fn one_citizen_has_one_hash_however_the_number_is_written() {
    // Story S13.
    let reader = reader();
    for spelling in
        ["13800012345", "１３８０００１２３４５", "138-0001-2345", "+86 138 0001 2345", "13800012345/021-59721234"]
    {
        let row = row(&[Field::TicketNo, Field::ContactPhone], &["1", spelling]);
        let (ticket, citizen) = reader.read(&[row]).unwrap();
        assert_eq!(ticket.phone, Phone::Mobile(reader.hash("13800012345")), "{spelling}");
        assert_eq!(citizen.mobiles.expose(), &["13800012345"], "{spelling}");
    }
}

#[test]
fn what_a_phone_cell_allows_is_told_apart() {
    let reader = reader();
    let told = |cell: &str| {
        let ticket = reader.ticket(&[row(&[Field::TicketNo, Field::ContactPhone], &["1", cell])]).unwrap();
        (ticket.phone, codes(&ticket))
    };
    assert_eq!(told("13800012345"), (Phone::Mobile(reader.hash("13800012345")), vec![]));
    assert_eq!(told("59721234转801"), (Phone::Landline(reader.hash("02159721234")), vec!["no-mobile"]));
    assert_eq!(told("号码保密"), (Phone::Secret, vec!["no-mobile"]));
    assert_eq!(told("无"), (Phone::Missing, vec!["no-mobile"]));
    assert_eq!(told(""), (Phone::Missing, vec!["no-mobile"]));
    assert_eq!(told("400-000-0000"), (Phone::Bad, vec!["bad-phone", "no-mobile"]));
}

#[test]
fn rows_that_are_no_single_ticket_are_refused() {
    let reader = reader();
    let of = |no| row(&[Field::TicketNo], &[no]);
    assert_eq!(reader.ticket(&[]), Err(ReadError::NoRow));
    assert_eq!(reader.ticket(&[of(" \t")]), Err(ReadError::NoNumber));
    assert_eq!(reader.ticket(&[RawRow::new()]), Err(ReadError::NoNumber));
    let refused = reader.ticket(&[of("A1"), of("A2")]).unwrap_err();
    assert_eq!(refused.to_string(), "a row of ticket A2 among the rows of ticket A1");
}

/// Cells of every sort that a column may hold, and any text.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,20}",
        "[0-9:/年月日 .TZ-]{0,20}",
        "(处理中|已办结|疑 难|12319|紧急|NULL|无|-|是|1\\.0|不满意|同意){0,2}",
        "(13800012345|021-59721234转801|保密|,| |\\(|\\)|\\*){0,4}",
        "20250930A000[1-3](,20250930A000[1-3])?",
    ]
}

proptest! {
    #[test]
    fn any_row_is_read(cells in proptest::collection::vec(proptest::option::of(cell()), Field::ALL.len()), copies in 1_usize..3) {
        let mut row = RawRow::new();
        for (field, cell) in Field::ALL.into_iter().zip(&cells) {
            if let Some(cell) = cell {
                row.set(field, cell);
            }
        }
        row.set(Field::TicketNo, "20250930A0001");
        let ticket = reader().ticket(&vec![row.clone(); copies]).unwrap();
        let given = |code: &str| codes(&ticket).contains(&code);
        prop_assert_eq!(given("duplicate-row"), copies > 1);
        // A column that is not there is never at fault.
        let absent = |field| row.get(field).is_none();
        prop_assert!(!(absent(Field::Origin) && given("unknown-source")));
        prop_assert!(!(absent(Field::Urgency) && absent(Field::Difficulty) && given("unknown-class")));
        prop_assert!(!(absent(Field::Status) && (given("unknown-status") || given("missing-dispatch"))));
        prop_assert!(!(absent(Field::Received) && codes(&ticket).iter().any(|code| code.contains("received") && *code != "dispatch-before-received")));
        prop_assert!(!(absent(Field::Dispatched) && codes(&ticket).iter().any(|code| code.contains("dispatch"))));
        prop_assert!(!(absent(Field::ContactPhone) && (given("no-mobile") || given("bad-phone"))));
    }
}
