use proptest::prelude::*;

use super::*;
use crate::calendar::civil;

/// What a text says in the policy zone.
fn told(text: &str) -> String {
    match read(text, civil::zone()) {
        Reading::Known(moment) => format!("{moment:?}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn assert_told(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        assert_eq!(told(text), *expected, "{text:?}");
    }
}

#[test]
fn dates_with_a_time_are_read_in_every_form() {
    const RECEIVED: &str = "2025-09-30T15:05:00+08:00";
    for text in [
        "2025-09-30 15:05:00",
        "2025-09-30 15:05",
        "2025-9-30 15:5:0",
        "2025-09-30T15:05:00",
        "2025-09-30  15:05:00.000",
        "2025/9/30 下午3:05",
        "2025/9/30 下午 3:05:00",
        "2025/9/30 下午15:05",
        "2025/9/30 3:05 PM",
        "2025/9/30 3:05:00 pm",
        "2025.9.30 15:05",
        "2025年9月30日 15:05",
        "2025年9月30日15:05",
        "2025年9月30日15时05分",
        "2025年09月30日 下午3时5分0秒",
        "2025年9月30日 下午3点05分",
        "2025 年 9 月 30 日 15:05",
        "2025年9月30日 星期二 15:05",
        "2025-09-30(周二) 15:05",
        "20250930150500",
        "202509301505",
        "20250930150500123",
        "20250930150500.0",
        "20250930 150500",
        "20250930 15:05",
        "20250930T150500+0800",
        "45930.628472",
        "45930.6284722222222222",
        "1759215900000",
        "1759215900000.0",
        "1759215900",
        "2025-09-30T07:05:00Z",
        "2025-09-30T07:05:00.123z",
        "2025-09-30 07:05:00 UTC",
        "2025-09-30T09:05:00+02:00",
        "2025-09-30T16:05:00+0900",
        "2025-09-30 15:05:00 GMT+8",
        "2025-09-29T23:05-0800",
        "2025-09-30T02:05:00-05",
        "２０２５－０９－３０　１５：０５：００",
        "\u{feff}2025–09–30 15:05\u{3000}\t",
        "2025/9/30\u{a0}下午3:05",
    ] {
        assert_eq!(told(text), RECEIVED, "{text:?}");
    }
}

#[test]
fn a_date_alone_has_no_time_of_day() {
    for text in [
        "2025-09-30",
        "2025/9/30",
        "2025.09.30",
        "2025年9月30日",
        "2025年9月30号",
        "2025年9月30",
        "20250930",
        "20250930.0",
        "45930",
        "45930.0",
        "2025-09-30 星期二",
    ] {
        assert_eq!(told(text), "2025-09-30", "{text:?}");
    }
}

#[test]
fn hours_of_a_half_day_are_counted_as_said() {
    assert_told(&[
        ("2025-09-30 上午12:30", "2025-09-30T00:30:00+08:00"),
        ("2025-09-30 凌晨0:30", "2025-09-30T00:30:00+08:00"),
        ("2025-09-30 上午9:00", "2025-09-30T09:00:00+08:00"),
        ("2025-09-30 中午12:05", "2025-09-30T12:05:00+08:00"),
        ("2025-09-30 中午1:05", "2025-09-30T13:05:00+08:00"),
        ("2025-09-30 下午12:30", "2025-09-30T12:30:00+08:00"),
        ("2025-09-30 下午0:30", "2025-09-30T12:30:00+08:00"),
        ("2025-09-30 晚上9:00", "2025-09-30T21:00:00+08:00"),
        ("2025-09-30 12:30 AM", "2025-09-30T00:30:00+08:00"),
        ("2025-09-30 晚上1:00", "unreadable"),
        ("2025-09-30 上午15:00", "impossible"),
    ]);
}

#[test]
fn midnight_may_be_written_as_the_end_of_its_day() {
    assert_told(&[
        ("2025-09-30 24:00", "2025-10-01T00:00:00+08:00"),
        ("2025-09-30 24:00:00", "2025-10-01T00:00:00+08:00"),
        ("2025-09-30 24:01", "impossible"),
    ]);
}

#[test]
fn a_date_that_does_not_exist_is_impossible() {
    for text in [
        "2025-09-31",
        "2025-09-31 10:00:00",
        "2026/2/29 8:30",
        "2026年9月31日",
        "20260931",
        "20260931100000",
        "2026-10-10 25:10:00",
        "2026-10-10 25:10",
        "2025-13-01",
        "2025-00-10",
        "2025-09-30 15:60",
        "2025-09-30 23:59:60",
        "2025-09-31T10:00:00Z",
    ] {
        assert_eq!(told(text), "impossible", "{text:?}");
    }
}

#[test]
fn words_for_no_date_are_empty() {
    for text in
        ["", " \t\u{3000}", "0000-00-00", "0000-00-00 00:00:00", "00000000000000", "1900-01-01", "1900/1/1 0:00"]
    {
        assert_eq!(told(text), "empty", "{text:?}");
    }
}

#[test]
fn what_is_not_certain_is_unreadable() {
    for text in [
        "昨天",
        "见附件",
        "上周五下午",
        "9月30日",
        "2025年9月",
        "2025-09",
        "30-09-2025",
        "9/30/2025",
        "25-09-30",
        "2025-09/30",
        "2025-09-30 15",
        "2025-09-30 下午",
        "2025-09-30 15:05:00 左右",
        "2025-09-30 15:05 CST",
        "2025-09-30 15:05+25:00",
        "2025-09-30T",
        "约2025-09-30",
        "2.02509E+13",
        "59721234",
        "12345",
        "99999.5",
        "45930.6.2",
        "45930,628472",
        "2025093015",
        "9999999999999",
        "999999999",
        "20250930.5",
        "0025-09-30",
        "9999-12-31",
        "１２３４５６７８９０１２３４５６７８９０１２３４５６７８９０",
        ".",
        "1.",
    ] {
        assert_eq!(told(text), "unreadable", "{text:?}");
    }
}

#[test]
fn a_text_without_zone_is_in_the_zone_of_the_store() {
    let utc = FixedOffset::east_opt(0).unwrap();
    for (text, expected) in [
        ("2025-09-30 15:05", "2025-09-30T23:05:00+08:00"),
        ("45930.628472", "2025-09-30T23:05:00+08:00"),
        ("2025-09-30 15:05+08:00", "2025-09-30T15:05:00+08:00"),
        ("1759215900000", "2025-09-30T15:05:00+08:00"),
        ("2025-09-30", "2025-09-30"),
    ] {
        let moment = read(text, utc).moment().unwrap();
        assert_eq!(format!("{moment:?}"), expected, "{text}");
    }
}

#[test]
fn a_time_of_day_is_read_without_its_date() {
    let rows = [("9:00", Some((9, 0))), ("下午3点20分", Some((15, 20))), ("25:10", None), ("无", None)];
    for (text, expected) in rows {
        assert_eq!(time_of_day(text), expected.and_then(|(h, m)| NaiveTime::from_hms_opt(h, m, 0)), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = read(&text, civil::zone());
        let _ = time_of_day(&text);
    }

    #[test]
    fn no_text_like_a_date_panics(text in "[0-9年月日时分秒点上下午TZ:./ +\u{ff11}\u{ff1a}-]{0,30}") {
        let _ = read(&text, civil::zone());
    }

    #[test]
    fn every_second_is_read_back(at in 1_000_000_000_i64..4_000_000_000) {
        let instant = DateTime::from_timestamp(at, 0).unwrap();
        let local = instant.with_timezone(&civil::zone());
        for form in ["%Y-%m-%d %H:%M:%S", "%Y/%-m/%-d %-H:%M:%S", "%Y年%-m月%-d日 %H时%M分%S秒", "%Y%m%d%H%M%S", "%+"] {
            let text = local.format(form).to_string();
            prop_assert_eq!(read(&text, civil::zone()), Reading::Known(Moment::at_instant(instant)), "{}", text);
        }
    }
}
