use proptest::prelude::*;

use super::*;

/// `m` mobile, `l` landline, `o` other, with the digits.
fn told(text: &str) -> Vec<String> {
    let letter = |number: &Number| match number.kind {
        NumberKind::Mobile => 'm',
        NumberKind::Landline => 'l',
        NumberKind::Other => 'o',
    };
    numbers(text).iter().map(|number| format!("{}{}", letter(number), number.digits.expose())).collect()
}

fn assert_told(rows: &[(&str, &[&str])]) {
    for (text, expected) in rows {
        assert_eq!(told(text), *expected, "{text:?}");
    }
}

#[test]
fn a_mobile_number_is_read_in_every_spelling() {
    for text in [
        "13800012345",
        "１３８０００１２３４５",
        " 13800012345\u{3000}",
        "138-0001-2345",
        "138 0001 2345",
        "138·0001·2345",
        "138—0001—2345",
        "+86 138 0001 2345",
        "+86-13800012345",
        "(+86)13800012345",
        "008613800012345",
        "0086-138-0001-2345",
        "8613800012345",
        "86 13800012345",
        "013800012345",
        "0138 0001 2345",
        "1795113800012345",
        "12593 13800012345",
        "13800012345(儿子)",
        "13800012345（已换号？）",
        "13800012345,1234",
        "13800012345转1234",
        "手机13800012345",
        "张先生:13800012345",
        "13800012345\u{200b}",
        "13800012345(2025-09-30起停用)",
        "13800012345 2025年9月30日后可打",
        "Tel.13800012345",
    ] {
        assert_eq!(told(text), ["m13800012345"], "{text:?}");
    }
}

#[test]
fn several_numbers_keep_their_order() {
    assert_told(&[
        ("13800012345/13900012345", &["m13800012345", "m13900012345"]),
        ("13800012345 13900012345", &["m13800012345", "m13900012345"]),
        ("13800012345；13900012345", &["m13800012345", "m13900012345"]),
        ("13800012345或13900012345", &["m13800012345", "m13900012345"]),
        ("021-59721234、13800012345", &["l02159721234", "m13800012345"]),
        ("13800012345/021-59721234", &["m13800012345", "l02159721234"]),
        ("13800012345(儿子13900012345)", &["m13800012345", "m13900012345"]),
        ("家59721234 手机138 0001 2345", &["l02159721234", "m13800012345"]),
        ("59721234转13800012345", &["l02159721234", "m13800012345"]),
    ]);
}

#[test]
fn a_landline_is_read_with_its_area_and_without_its_extension() {
    for text in [
        "021-59721234",
        "(021)59721234",
        "（021）5972 1234",
        "021 59721234",
        "02159721234",
        "59721234",
        "5972-1234",
        "59721234转801",
        "021-59721234转801",
        "021-59721234-801",
        "59721234 转 801",
        "59721234分机801",
        "59721234ext.801",
        "59721234#801",
        "59721234转110",
        "+86 21 59721234",
        "0086-21-59721234",
        "+86(021)59721234",
    ] {
        assert_eq!(told(text), ["l02159721234"], "{text:?}");
    }
    assert_told(&[
        ("010-62345678", &["l01062345678"]),
        ("0512-65123456", &["l051265123456"]),
        ("0571 8712345", &["l05718712345"]),
    ]);
}

#[test]
fn a_number_that_takes_neither_is_other() {
    assert_told(&[
        ("400-000-0000", &["o4000000000"]),
        ("4000000000", &["o4000000000"]),
        ("8001234567", &["o8001234567"]),
        ("12345", &["o12345"]),
        ("110", &["o110"]),
        ("95588", &["o95588"]),
        ("1064812345678", &["o1064812345678"]),
        ("12345678901", &["o12345678901"]),
        ("1380008576", &["o1380008576"]),
        ("138000359030", &["o138000359030"]),
        ("+852 2345 6789", &["o85223456789"]),
        ("00852-23456789", &["o85223456789"]),
    ]);
}

#[test]
fn a_text_without_a_number_gives_none() {
    for text in
        ["", "无", "保密", "不愿透露", "-", "NULL", "见附件", "1234", "1380001****", "138****2345", "138**** 2345"]
    {
        assert!(numbers(text).is_empty(), "{text:?}");
    }
}

#[test]
fn a_masked_number_shows_its_ends() {
    let rows = [
        ("13800012345", "138****2345"),
        ("+86 138 0001 2345", "138****2345"),
        ("59721234转801", "021-****1234"),
        ("0512-65123456", "0512-****3456"),
        ("0571 8712345", "0571-****2345"),
        ("400-000-1234", "400****34"),
        ("1064812345678", "106****678"),
        ("12345", "****5"),
    ];
    for (text, masked) in rows {
        assert_eq!(numbers(text)[0].masked(), masked, "{text}");
        assert_eq!(format!("{:?}", numbers(text)[0].digits), "***");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        for number in numbers(&text) {
            let _ = number.masked();
        }
    }

    #[test]
    fn no_text_like_numbers_panics(text in "[0-9+*转/,;() \u{ff10}-\u{ff19}【】或-]{0,60}") {
        for number in numbers(&text) {
            let masked = number.masked();
            prop_assert!(!masked.contains(number.digits.expose().as_str()));
        }
    }

    #[test]
    fn a_mobile_number_survives_any_grouping(tail in "[3-9][0-9]{9}", cuts in proptest::collection::vec(1_usize..11, 0..4)) {
        let mobile = format!("1{tail}");
        let mut text = mobile.clone();
        let mut cuts = cuts;
        cuts.sort_unstable();
        cuts.dedup();
        for at in cuts.into_iter().rev() {
            text.insert(at, '-');
        }
        // A grouping may begin with what is a whole number by itself only if
        // the whole is not read first.
        prop_assert_eq!(told(&text), [format!("m{mobile}")]);
    }
}
