//! The sample exports read by `ticket`, against what a reader should make of them.

use std::{collections::HashMap, path::Path};

use duban::{
    calendar::civil,
    ticket::{
        Anomaly, Citizen, Difficulty, Field, NumberKey, Origin, RawRow, Reader, Ticket, TicketNo, Urgency, Words,
    },
};

/// The headers of the samples.
const HEADERS: [(&str, Field); 42] = [
    ("工单编号", Field::TicketNo),
    ("来源", Field::Origin),
    ("业务类型", Field::BusinessType),
    ("紧急程度", Field::Urgency),
    ("办理类别", Field::Difficulty),
    ("大类", Field::Category),
    ("小类", Field::Subcategory),
    ("反映人", Field::CitizenName),
    ("联系电话", Field::ContactPhone),
    ("是否保密", Field::Secret),
    ("地址", Field::Address),
    ("街镇", Field::Town),
    ("反映内容", Field::Content),
    ("接收时间", Field::Received),
    ("派单时间", Field::Dispatched),
    ("承办单位", Field::Units),
    ("经办人", Field::Handler),
    ("接单时间", Field::Accepted),
    ("先行联系时间", Field::Contacted),
    ("未联系原因", Field::NonContactReason),
    ("联系记录", Field::ContactLog),
    ("退单申请时间", Field::ReturnApplied),
    ("退单结果", Field::ReturnResult),
    ("是否延期", Field::Extended),
    ("延期天数", Field::ExtensionDays),
    ("延期申请时间", Field::ExtensionApplied),
    ("延期批准时间", Field::ExtensionApproved),
    ("截止时间", Field::PlatformDue),
    ("状态", Field::Status),
    ("办结时间", Field::Concluded),
    ("处理结果", Field::Resolution),
    ("反馈时间", Field::FedBack),
    ("审核时间", Field::Audited),
    ("审核结果", Field::AuditResult),
    ("回访时间", Field::Revisited),
    ("综合满意度", Field::Satisfaction),
    ("不纳入测评", Field::Excluded),
    ("是否重复", Field::IsRepeat),
    ("重复工单号", Field::RepeatOf),
    ("是否督办", Field::Supervised),
    ("领导批示", Field::LeaderNote),
    ("更新时间", Field::Updated),
];

/// Codes that need deadlines, the roster or the time, and are given by `rules`.
const NOT_OF_THE_ROW: [Anomaly; 6] = [
    Anomaly::ContactInFuture,
    Anomaly::DueDiffers,
    Anomaly::MissingAccept,
    Anomaly::MissingEnd,
    Anomaly::UnknownHandler,
    Anomaly::UnknownUnit,
];

fn reader() -> Reader {
    Reader::new(Words::embedded(), civil::zone(), NumberKey::new([7; 32]))
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/samples").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The rows of a CSV text, by header.
fn records(csv: &str) -> Vec<HashMap<String, String>> {
    csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// The export's rows by ticket.
fn export(reader: &Reader) -> HashMap<TicketNo, Vec<RawRow>> {
    let mut rows: HashMap<TicketNo, Vec<RawRow>> = HashMap::new();
    for record in records(&fixture("export-utf8.csv")) {
        let mut row = RawRow::new();
        for (header, field) in HEADERS {
            row.set(field, &record[header]);
        }
        rows.entry(reader.number(&row).unwrap()).or_default().push(row);
    }
    rows
}

/// What the reader makes of one ticket, by the columns of expected.csv it decides.
fn told(ticket: &Ticket, citizen: &Citizen) -> [String; 8] {
    let class = match (ticket.urgency, ticket.difficulty) {
        (Some(Urgency::Urgent), _) => "urgent",
        (_, Some(Difficulty::Difficult)) => "difficult",
        _ => "complex",
    };
    let regime = if ticket.origin == Some(Origin::Hotline12319) { "12319" } else { "1310" };
    let approved_days = ticket.extension_approved.and(ticket.extension_days).unwrap_or(0);
    let codes: Vec<&str> = ticket.anomalies.iter().map(|anomaly| anomaly.code()).collect();
    [
        ticket.rows.to_string(),
        class.to_owned(),
        u8::from(ticket.urgency.is_some() || ticket.difficulty.is_some()).to_string(),
        regime.to_owned(),
        approved_days.to_string(),
        citizen.mobiles.expose().first().cloned().unwrap_or_default(),
        u8::from(ticket.secret).to_string(),
        codes.join(";"),
    ]
}

#[test]
fn every_sample_ticket_is_read_as_expected() {
    let reader = reader();
    let rows = export(&reader);
    let expected = records(&fixture("expected.csv"));
    assert_eq!((rows.len(), expected.len()), (300, 300));
    for line in expected {
        let no = &line["ticket"];
        let (ticket, citizen) = reader.read(&rows[&TicketNo::new(no)]).unwrap();
        let mut columns =
            ["rows", "class", "class_known", "regime", "extension_workdays", "sms_number", "secret", "anomalies"]
                .map(|column| line[column].clone());
        let of_the_row = |code: &&str| NOT_OF_THE_ROW.iter().all(|anomaly| anomaly.code() != *code);
        columns[7] = columns[7].split(';').filter(of_the_row).collect::<Vec<_>>().join(";");
        assert_eq!(told(&ticket, &citizen), columns, "{no}");
        assert_eq!(ticket.status.is_none(), line["state"] == "unknown", "{no}");
    }
}

#[test]
fn the_order_of_a_tickets_rows_does_not_matter() {
    let reader = reader();
    for mut rows in export(&reader).into_values().filter(|rows| rows.len() > 1) {
        let read = reader.read(&rows).unwrap();
        rows.reverse();
        assert_eq!(reader.read(&rows).unwrap(), read);
    }
}

#[test]
fn a_ticket_prints_nothing_about_the_citizen() {
    let reader = reader();
    for rows in export(&reader).into_values() {
        let printed = format!("{:?}", reader.read(&rows).unwrap());
        for private in [Field::CitizenName, Field::ContactPhone, Field::Address, Field::Content] {
            let cell = rows[0].get(private).unwrap().trim();
            assert!(cell.chars().count() < 3 || cell == "NULL" || !printed.contains(cell), "{private:?} is printed");
        }
    }
}
