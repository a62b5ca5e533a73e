//! Export files: what is read from good ones, and how bad ones are refused.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta};
use duban::{
    source::{ColumnMap, Export, SourceError},
    ticket::{Field, RawRow},
};
use encoding_rs::GB18030;
use proptest::prelude::*;
use tempfile::TempDir;

const HEADER: &str = "工单编号,来源,接收时间,反映内容";

#[test]
fn the_three_samples_hold_the_same_rows() {
    let utf8 = rows("samples/export-utf8.csv");
    let gb18030 = rows("samples/export-gb18030.csv");
    let xlsx = rows("samples/export.xlsx");
    assert_eq!((utf8.len(), gb18030.len(), xlsx.len()), (324, 324, 324));
    for (at, row) in utf8.iter().enumerate() {
        for field in Field::ALL {
            assert_eq!(row.get(field), gb18030[at].get(field), "row {at}, {}", field.id());
            let (mut text, mut cell) = (plain(row.get(field)), plain(xlsx[at].get(field)));
            if field == Field::PlatformDue {
                // 23:59:59, midnight and no time all mean the end of the day; date cells have no time.
                text.truncate(10);
                cell.truncate(10);
            }
            assert_eq!(text, cell, "row {at}, {}", field.id());
        }
    }
}

#[test]
fn every_header_of_the_samples_is_read() {
    for name in ["export-utf8.csv", "export-gb18030.csv", "export.xlsx"] {
        let export = open(&fixture("samples").join(name)).unwrap();
        assert_eq!(export.headers().len(), 42, "{name}");
        assert!(export.unread_headers().is_empty(), "{name}");
    }
}

#[test]
fn the_total_of_a_workbook_is_skipped() {
    let mut export = open(&fixture("samples/export.xlsx")).unwrap();
    assert_eq!(export.by_ref().count(), 324);
    assert_eq!(export.skipped(), 1);
}

#[test]
fn every_column_of_the_histories_is_known() {
    let map = ColumnMap::built_in().unwrap();
    for story in 1..=14 {
        let text = fs::read_to_string(fixture(&format!("histories/S{story:02}.csv"))).unwrap();
        let header = text.lines().next().unwrap().to_owned();
        let folder = TempDir::new().unwrap();
        let export = Export::open(&write(&folder, "header.csv", text.as_bytes()), &map).unwrap();
        assert_eq!(export.unread_headers(), ["at"], "S{story:02}: {header}");
    }
}

#[test]
fn a_1904_workbook_keeps_its_dates() {
    let rows = rows("exports/epoch-1904.xlsx");
    let dispatched: Vec<_> = rows.iter().map(|row| row.get(Field::Dispatched).unwrap()).collect();
    assert_eq!(dispatched, ["2026-09-01 09:30:00", "2026-09-01 23:59:59", "2026-09-02 00:00:00"]);
}

#[test]
fn a_header_of_two_merged_rows_is_found_and_merged_cells_hold_for_all_their_rows() {
    let mut export = open(&fixture("exports/header-of-two-rows.xlsx")).unwrap();
    let rows: Vec<_> = export.by_ref().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(export.skipped(), 1);
    assert_eq!(export.unread_headers(), ["序号"]);
    assert_eq!(rows[0].place.row, 5);
    assert_eq!(rows[2].place.to_string().rsplit_once(", ").unwrap().1, "row 7");
    let cells = |field| rows.iter().map(|row| row.cells.get(field).unwrap()).collect::<Vec<_>>();
    assert_eq!(cells(Field::Units), ["芦汀水利管理站", "莲渡河道管理站", "莲渡河道管理站"]);
    assert_eq!(cells(Field::Received)[1], "2026-09-01 10:00:00");
    assert_eq!(cells(Field::Dispatched)[0], "2026-09-01 09:30:00");
    assert_eq!(cells(Field::Status), ["处理中", "已办结", "待处置"]);
}

#[test]
fn all_visible_sheets_with_tickets_are_read() {
    let rows = rows("exports/several-sheets.xlsx");
    let numbers: Vec<_> = rows.iter().map(|row| row.get(Field::TicketNo).unwrap()).collect();
    assert_eq!(numbers, ["20260901000001", "20260901000002", "20260901000003"]);
}

#[test]
fn cells_of_every_kind_become_text() {
    let rows = rows("exports/odd-cells.xlsx");
    let cell = |field| rows[0].get(field).unwrap();
    assert_eq!(cell(Field::TicketNo), "20260901000001");
    assert_eq!(cell(Field::Origin), "12345");
    assert_eq!(cell(Field::Received), "46266.3875");
    assert_eq!(cell(Field::Dispatched), "2026-09-01 09:30:00");
    assert_eq!(cell(Field::ContactPhone), "13800000001");
    assert_eq!(cell(Field::ExtensionDays), "15");
    assert_eq!(cell(Field::Content), "第一行\n第二行 \"引号\"");
    assert_eq!(cell(Field::Secret), "TRUE");
    assert_eq!(cell(Field::Updated), "#N/A");
    assert_eq!(rows[1].get(Field::Received), Some("2026-09-01 00:00:00"));
    assert_eq!(rows[1].get(Field::Urgency), None);
}

#[test]
fn inline_strings_are_read() {
    let rows = rows("exports/inline-strings.xlsx");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].get(Field::Received), Some(" 2026-09-01 08:00:00"));
    assert_eq!(rows[1].get(Field::TicketNo), Some("20260901a0002"));
}

#[test]
fn a_csv_may_have_titles_totals_footers_blank_rows_and_repeated_headers() {
    let text = "热线工单导出,,,\n导出时间：2026-11-24 17:30,,,\n\n\
        受理编号,接收时间(),渠道,来源,问题描述,\n\
        2026A1,2026-09-01,甲,12345,\"第一行\n第二行,\"\"引号\"\"\",\n,,,,,\n\
        工单编号,接收时间,渠道,来源,问题描述,\n２０２６Ａ２,2026-09-02,乙,网格,,\n合 计：,2,,,,\n总计,2\n制表人：王,,,,,\n";
    let mut export = open_text(text).unwrap();
    let rows: Vec<_> = export.by_ref().map(Result::unwrap).collect();
    assert_eq!(rows.iter().map(|row| row.place.row).collect::<Vec<_>>(), [5, 9]);
    assert_eq!(rows[0].cells.get(Field::Content), Some("第一行\n第二行,\"引号\""));
    assert_eq!(rows[0].cells.get(Field::Origin), Some("12345"));
    assert_eq!(rows[1].cells.get(Field::Content), Some(""));
    assert_eq!(rows[1].cells.get(Field::Status), None);
    assert_eq!(export.skipped(), 4);
}

#[test]
fn the_header_listed_first_is_read_where_a_column_has_two() {
    let export =
        open_text("HOTLINESN,infosource,RecvTime,STATUS,STATUSNAME\n2026A1,12345,2026-09-01,7,处理中\n").unwrap();
    let row = export.map(Result::unwrap).next().unwrap();
    assert_eq!(row.cells.get(Field::Status), Some("处理中"));
}

#[test]
fn tabs_and_semicolons_separate_as_well() {
    for delimiter in ["\t", ";"] {
        let text = format!("{HEADER}\n2026A1,12345,2026-09-01,甲\n").replace(',', delimiter);
        assert_eq!(open_text(&text).unwrap().count(), 1);
    }
}

#[test]
fn an_export_without_a_ticket_number_is_refused_with_the_headers_seen() {
    let error = refusal("工单序列,来源,接收时间,联系电话\n1,12345,2026-09-01,13800000001\n");
    let tail = error.to_string().split_once(": ").unwrap().1.to_owned();
    assert_eq!(
        tail,
        "no header row with 工单编号 (ticket_no) among the first 20 rows; \
         headers seen: 工单序列, 来源, 接收时间, 联系电话; name the headers in a column map"
    );
}

#[test]
fn a_refusal_never_shows_a_citizens_data() {
    let row = "2026A1,12345,2026-09-01 10:00:00,张先生,13800000001,清漪路21弄4号\n";
    let error = refusal(&row.repeat(30)).to_string();
    assert!(error.contains("no row looks like a header"), "{error}");
    assert!(!error.contains("张先生") && !error.contains("清漪路"), "{error}");
}

#[test]
fn a_header_that_stands_twice_is_refused() {
    let error = refusal("工单编号,来源,接收时间,状态,状态\n2026A1,12345,2026-09-01,,\n").to_string();
    assert!(
        error.ends_with("line 1: the header `状态` stands in columns 4 and 5; remove or rename one of them"),
        "{error}"
    );
}

#[test]
fn a_file_of_another_kind_is_refused_with_what_to_do() {
    let cases: [(&[u8], &str); 8] = [
        (b"%PDF-1.7\n", "is a PDF"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest", "save it as .xlsx without a password"),
        (b"<html><table><tr><td>", "is a web page or XML"),
        (b"\xEF\xBB\xBF\n <?xml version=\"1.0\"?>", "is a web page or XML"),
        (b"\xFF\xFE\xE5\x5D", "is UTF-16 text"),
        (b"", "is empty"),
        (b"\x7FELF\x02\x01\x01\0\0\0\0\0", "binary data"),
        (b"PK\x03\x04 cut off", "half-written"),
    ];
    let folder = TempDir::new().unwrap();
    for (bytes, expected) in cases {
        let error = open(&write(&folder, "export.xlsx", bytes)).err().unwrap().to_string();
        assert!(error.contains(expected) && error.contains("export.xlsx"), "{error}");
    }
    let error = open(&fixture("exports/archive-without-workbook.zip")).err().unwrap().to_string();
    assert!(error.contains("is a ZIP archive without a workbook"), "{error}");
    let error = open(&folder.path().join("absent.csv")).err().unwrap().to_string();
    assert!(error.ends_with("absent.csv cannot be read"), "{error}");
    assert!(matches!(open(folder.path()), Err(SourceError::FileUnreadable { .. })));
}

#[test]
fn a_workbook_cut_anywhere_is_refused() {
    let whole = fs::read(fixture("samples/export.xlsx")).unwrap();
    let folder = TempDir::new().unwrap();
    for part in 1..20 {
        let path = write(&folder, "cut.xlsx", &whole[..whole.len() * part / 20]);
        let end = open(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        assert!(end.err().unwrap().to_string().contains("half-written"), "{part}/20");
    }
}

#[test]
fn a_workbook_with_flipped_bytes_is_refused_or_read() {
    let whole = fs::read(fixture("exports/header-of-two-rows.xlsx")).unwrap();
    let folder = TempDir::new().unwrap();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let path = write(&folder, "flipped.xlsx", &bytes);
        refused += usize::from(open(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>).is_err());
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn a_quote_that_never_closes_is_refused_with_its_line() {
    let text =
        format!("{HEADER}\n2026A1,12345,2026-09-01,甲\n2026A2,12345,2026-09-01,\"乙\n2026A3,12345,2026-09-01,丙\n");
    let error = first_error(open_text(&text).unwrap());
    assert!(error.contains("line 3: a quote in this row is never closed; the file is half-written"), "{error}");
}

#[test]
fn a_short_last_row_is_half_written_and_a_short_row_between_is_not_read() {
    let text = format!("{HEADER}\n2026A1,12345,2026-09-01,甲\n2026A2,123");
    let error = first_error(open_text(&text).unwrap());
    assert!(error.contains("line 3: the last row has fewer cells than the header"), "{error}");
    let text = format!("{HEADER}\n2026A1,12345\n2026A2,12345,2026-09-01,甲\n");
    let error = first_error(open_text(&text).unwrap());
    assert!(error.contains("line 2: the row has 2 cells, the header 4"), "{error}");
    let text = format!("{HEADER}\n2026A1,12345,2026-09-01,甲,乙\n");
    assert!(first_error(open_text(&text).unwrap()).contains("the row has 5 cells"));
}

#[test]
fn a_header_alone_is_an_error_that_says_so() {
    for text in [format!("{HEADER}\n"), HEADER.to_owned(), format!("{HEADER}\n合计,0,,\n")] {
        let error = first_error(open_text(&text).unwrap());
        assert!(error.contains("has a header but no ticket below it"), "{error}");
    }
    let error = first_error(open(&fixture("exports/header-only.xlsx")).unwrap());
    assert!(error.contains("(1 rows without a ticket number)"), "{error}");
}

#[test]
fn gb18030_is_told_from_utf8_by_the_whole_file() {
    // 5,000 rows in ASCII before the first Chinese cell.
    let mut text = "TICKET_NO,SOURCE,RECEIVED,CONTENT\n".to_owned();
    (0..5000).for_each(|at| text.push_str(&format!("A{at},12345,2026-09-01,x\n")));
    text.push_str("A9999,12345,2026-09-01,水压不足𠮷€\n");
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "late.csv", &GB18030.encode(&text).0);
    let last = open(&path).unwrap().last().unwrap().unwrap();
    assert_eq!(last.cells.get(Field::Content), Some("水压不足𠮷€"));
}

#[test]
fn text_in_two_charsets_or_none_is_refused_with_its_line() {
    let line = "2026A1,12345,2026-09-01,反映清漪路附近水压不足请尽快处理\n";
    let head = format!("{HEADER}\n");
    let gb = |text: &str| GB18030.encode(text).0.into_owned();
    let both = "is UTF-8 in one part and GB18030 in another";
    let cases: [(Vec<u8>, &str, u64); 4] = [
        ([head.as_bytes(), line.as_bytes(), &gb(line)].concat(), both, 3),
        ([&gb(&head), &gb(line)[..], line.as_bytes()].concat(), both, 3),
        ([b"\xEF\xBB\xBF", head.as_bytes(), &gb(line)].concat(), both, 2),
        ([head.as_bytes(), b"2026A1,12345,2026-09-01,\xFF\xFF\n"].concat(), "is neither UTF-8 nor GB18030", 2),
    ];
    let folder = TempDir::new().unwrap();
    for (bytes, expected, at) in cases {
        let error = open(&write(&folder, "mixed.csv", &bytes)).err().unwrap().to_string();
        assert!(error.contains(expected) && error.contains(&format!("line {at}: ")), "{error}");
    }
}

#[test]
fn text_cut_within_a_character_is_half_written() {
    let text = format!("{HEADER}\n2026A1,12345,2026-09-01,反映清漪路附近水压不足");
    let folder = TempDir::new().unwrap();
    let gb18030 = GB18030.encode(&text).0;
    let error = open(&write(&folder, "cut.csv", &gb18030[..gb18030.len() - 1])).err().unwrap().to_string();
    assert!(error.contains("line 2: the file ends in the middle of a character"), "{error}");
    let error = open(&write(&folder, "cut.csv", &text.as_bytes()[..text.len() - 1])).err().unwrap().to_string();
    assert!(error.contains("line 2: the file ends in the middle of a character; the file is half-written"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_a_csv_writer_wrote_is_read_back(
        cells in proptest::collection::vec("[a-z0-9水压不足，。€𠮷\u{3000}\",;\t\r\n' -]{0,24}", 1..30),
        gb18030 in any::<bool>(),
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(HEADER.split(',')).unwrap();
        for (at, cell) in cells.iter().enumerate() {
            writer.write_record([&format!("2026A{at}"), "12345", "2026-09-01", cell]).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let bytes = if gb18030 { GB18030.encode(&text).0.into_owned() } else { text.into_bytes() };
        let folder = TempDir::new().unwrap();
        let rows = open(&write(&folder, "export.csv", &bytes)).unwrap().map(|row| row.unwrap().cells);
        let read: Vec<String> = rows.map(|row| row.get(Field::Content).unwrap().to_owned()).collect();
        prop_assert_eq!(read, cells);
    }

    #[test]
    fn a_csv_with_changed_bytes_is_refused_or_read(at in 0..30_000_usize, byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = fs::read(fixture("samples/export-gb18030.csv")).unwrap();
        bytes[at] = byte;
        bytes.truncate(if cut { at + 1 } else { 40_000 });
        let folder = TempDir::new().unwrap();
        if let Ok(export) = open(&write(&folder, "export.csv", &bytes)) {
            let _ = export.collect::<Result<Vec<_>, _>>();
        }
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn open(path: &Path) -> Result<Export, SourceError> {
    Export::open(path, &ColumnMap::built_in().unwrap())
}

fn rows(name: &str) -> Vec<RawRow> {
    open(&fixture(name)).unwrap().map(|row| row.unwrap().cells).collect()
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn open_text(text: &str) -> Result<Export, SourceError> {
    let folder = TempDir::new().unwrap();
    // The opened file outlives its name.
    open(&write(&folder, "export.csv", text.as_bytes()))
}

fn refusal(text: &str) -> SourceError {
    open_text(text).err().unwrap()
}

fn first_error(mut export: Export) -> String {
    let error = export.find_map(Result::err).unwrap().to_string();
    assert!(export.next().is_none(), "nothing comes after an error");
    error
}

/// A cell without what a spreadsheet cannot keep: a date cell has its seconds, a
/// date alone its midnight, and a number no zeros at its end.
fn plain(cell: Option<&str>) -> String {
    let text = cell.unwrap_or("absent");
    let date = DateTime::parse_from_str(&format!("{text} +00:00"), "%Y-%m-%d %H:%M:%S %z");
    match (date, text.parse::<f64>()) {
        (Ok(date), _) if date.time() == chrono::NaiveTime::MIN => date.format("%Y-%m-%d").to_string(),
        (Ok(date), _) => (date + TimeDelta::zero()).format("%Y-%m-%d %H:%M:%S").to_string(),
        (Err(_), Ok(number)) => number.to_string(),
        (Err(_), Err(_)) => text.to_owned(),
    }
}
