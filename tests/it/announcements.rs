//! Announcements of a year's holidays: each year's text gives its year file, and
//! no slip in a text gets through.

use std::path::Path;

use chrono::{Datelike, Days, NaiveDate};
use duban::calendar::{Announcement, CalendarError, ClauseFault, Scope, YearFile, embedded};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

/// The texts in the order in which they were published.
const TEXTS: [(&str, i32); 11] = [
    ("2018", 2018),
    ("2019-1", 2019),
    ("2019-2", 2019),
    ("2020-1", 2020),
    ("2020-2", 2020),
    ("2021", 2021),
    ("2022", 2022),
    ("2023", 2023),
    ("2024", 2024),
    ("2025", 2025),
    ("2026", 2026),
];

#[test]
fn every_text_gives_the_days_of_its_year_file() {
    for file in embedded().unwrap() {
        let mut read: Option<YearFile> = None;
        for ((text, _), paper) in TEXTS.iter().filter(|(_, year)| *year == file.year()).zip(file.papers()) {
            let announcement = Announcement::read(&fixture(text)).unwrap();
            assert_eq!(announcement.year(), file.year());
            let scope = if read.is_none() { Scope::Year } else { Scope::Correction };
            assert_eq!(announcement.scope(), scope, "{text}");
            read = Some(announcement.year_file(read.as_ref(), Some(paper)).unwrap());
        }
        assert_eq!(read.unwrap().text(), file.text(), "{}", file.year());
    }
}

#[test]
fn a_correction_read_again_changes_nothing() {
    for (text, year) in [("2019-2", 2019), ("2020-2", 2020)] {
        let known = embedded().unwrap().into_iter().find(|file| file.year() == year).unwrap();
        let again = Announcement::read(&fixture(text)).unwrap().year_file(Some(&known), None).unwrap();
        assert_eq!(again.text(), known.text(), "{text}");
    }
}

#[test]
fn a_correction_without_its_first_announcement_is_refused() {
    for (text, year) in [("2019-2", 2019), ("2020-2", 2020)] {
        let refused = Announcement::read(&fixture(text)).unwrap().year_file(None, None).unwrap_err();
        assert_eq!(fault(&refused), &ClauseFault::NothingToCorrect(year));
    }
}

#[test]
fn a_wrong_weekday_is_refused_with_its_clause() {
    let mut tried = 0;
    for (text, at) in clauses_with(&["周", "星期"]) {
        let day = text[at..].chars().next().unwrap();
        for other in "一二三四五六日".chars().filter(|other| *other != day) {
            refused(&text, at, day.len_utf8(), &other.to_string());
            tried += 1;
        }
    }
    assert!(tried > 400, "{tried}");
}

#[test]
fn a_wrong_count_is_refused_with_its_clause() {
    let mut tried = 0;
    for (text, at) in clauses_with(&["共", "放假"]) {
        let digits = text[at..].bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && text[at + digits..].starts_with('天') {
            let n: u32 = text[at..at + digits].parse().unwrap();
            for other in [n - 1, n + 1, n * 10] {
                refused(&text, at, digits, &other.to_string());
                tried += 1;
            }
        }
    }
    assert!(tried > 120, "{tried}");
}

#[test]
fn a_swapped_month_is_refused_with_its_clause() {
    let mut tried = 0;
    for (text, after) in clauses_with(&["月"]) {
        let end = after - "月".len();
        let digits = text[..end].bytes().rev().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            continue;
        }
        let month: u32 = text[end - digits..end].parse().unwrap();
        for other in (1..=13).filter(|other| *other != month) {
            refused(&text, end - digits, digits, &other.to_string());
            tried += 1;
        }
    }
    assert!(tried > 1000, "{tried}");
}

#[test]
fn a_range_cut_short_is_refused_with_its_clause() {
    let mut tried = 0;
    for (text, at) in clauses_with(&["至"]) {
        let line = line_at(&text, at);
        // The day of the range's end, its month skipped.
        let start = text[at..].find(['日', '(', '\u{ff08}']).map(|end| at + end).unwrap();
        let digits = text[..start].bytes().rev().take_while(u8::is_ascii_digit).count();
        if !line.contains("延长") && digits > 0 {
            let day: u32 = text[start - digits..start].parse().unwrap();
            for other in [day - 1, day + 1] {
                refused(&text, start - digits, digits, &other.to_string());
                tried += 1;
            }
        }
    }
    assert!(tried > 90, "{tried}");
}

#[test]
fn a_make_up_day_left_out_or_added_is_refused_with_its_clause() {
    let mut tried = 0;
    for (text, after) in clauses_with(&["上班"]) {
        let end = after - "上班".len();
        let line = line_at(&text, after);
        let list = text[..end].rsplit(['。', '.', '>', '\n']).next().unwrap().trim_start();
        let year = year_of(&text);
        if !list.contains(['(', '\u{ff08}']) || line.contains("延长") {
            continue;
        }
        // Two make-up days are parted by a sign of either width.
        match list.rfind(['、', ',']) {
            Some(parting) => refused(&text, end - list.len() + parting, list.len() - parting, ""),
            None => refused(&text, end - list.len(), list.len() + "上班".len(), ""),
        }
        for days in [7, 14] {
            if let Some(extra) = week_after(list, year, days) {
                refused(&text, end, 0, &extra);
                tried += 1;
            }
        }
    }
    assert!(tried > 70, "{tried}");
}

#[test]
fn a_festival_left_out_is_refused() {
    let text = half_width("2026");
    for name in ["元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"] {
        let line = text.lines().find(|line| line.contains(&format!("、{name}:"))).unwrap();
        let refused = Announcement::read(&text.replace(line, "")).unwrap_err();
        assert_eq!(fault(&refused), &ClauseFault::Missing(name.to_owned()));
    }
}

#[test]
fn other_orders_and_signs_mean_the_same() {
    let same = Announcement::read(&fixture("2026")).unwrap();
    let whole = "七、国庆节:10月1日(周四)至7日(周三)放假调休,共7天。9月20日(周日)、10月10日(周六)上班。";
    for other in [
        "七、国庆节:9月20日(周日)、10月10日(周六)上班,10月1日(周四)至7日(周三)放假调休,共7天。",
        "(七)国庆节:9月20日(周日)上班。10月1日至7日放假。共7天。10月10日(周六)上班。",
        "7.国庆节: 10月1日(周四)-7日(周三)放假, 共7天; 9月20日(周日), 10月10日(周六)上班.",
        "国庆节:10月1日星期四到10月7日星期三放假、调休,共放假7天(9月20日、10月10日上班)。",
        "七、国庆节:放假时间:10月1日至7日,共7天;上班时间:9月20日(星期天)和10月10日(礼拜六)。",
        "七、国庆节:2026年10月1日\n至7日放假调休,\n共7天。2026年9月20日(周日)、10月10日(周六)调休上班。",
        "七、国庆:十月一日至十月七日放假,共七天。九月二十日、十月十日补班。",
    ] {
        let text = half_width("2026").replace(whole, other);
        assert!(text.contains(other));
        let read = Announcement::read(&text).unwrap_or_else(|error| panic!("{other}: {:?}", fault(&error)));
        let texts = [&same, &read].map(|announcement| announcement.year_file(None, None).unwrap().text());
        assert_eq!(texts[0], texts[1], "{other}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_clause() {
    let text = half_width("2026");
    let (whole, head) = ("10月1日(周四)至7日(周三)放假调休,共7天。", "七、国庆节");
    for (other, told) in [
        ("10月1日至7日不放假。", ClauseFault::Unreadable("不".to_owned())),
        ("10月1日至7日调休,共7天。", ClauseFault::Unreadable("调休".to_owned())),
        ("10月1日至7日,共7天。", ClauseFault::NothingSaid(day("2026-10-01"))),
        ("放假7天。", ClauseFault::NoDate),
        ("1日至7日放假。", ClauseFault::NoMonth(1)),
        ("10月1日至32日放假。", ClauseFault::NoSuchDate { year: 2026, month: 10, day: 32 }),
        ("2027年10月1日至7日放假。", ClauseFault::OtherYear { date: day("2027-10-01"), year: 2026 }),
        ("10月1日至3日、5日至8日放假,共7天。", ClauseFault::Gap(day("2026-10-03"))),
        ("中秋节10月1日至7日放假。", ClauseFault::OtherFestival("中秋节")),
        ("10月1日至7日放假,不调休。", ClauseFault::NoSwap),
    ] {
        let refused = Announcement::read(&text.replace(whole, other)).unwrap_err();
        assert_eq!((fault(&refused), clause(&refused).starts_with(head)), (&told, true), "{other}");
    }
    let late = text.replace("国务院办公厅\n2025", "各地区请注意,10月8日也放假。\n国务院办公厅\n2025");
    assert!(matches!(fault(&Announcement::read(&late).unwrap_err()), ClauseFault::Unreadable(_)));
    let two = text.replace("现就2026年", "现就2027年");
    assert_eq!(fault(&Announcement::read(&two).unwrap_err()), &ClauseFault::TwoYears(2026, 2027));
    for empty in ["", "放假", "国务院办公厅", "<html></html>", "2026年元旦"] {
        assert!(Announcement::read(empty).is_err(), "{empty}");
    }
}

/// Words of which texts are made at random.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "元旦",
        "春节",
        "国庆节",
        "、",
        ":",
        "。",
        "(",
        ")",
        "至",
        "2026年",
        "10月",
        "1日",
        "31日",
        "2月29日",
        "放假",
        "上班",
        "调休",
        "共7天",
        "与周末连休",
        "不调休",
        "起",
        "延长",
        "调整",
        "通知如下",
        "周四",
        "农历除夕",
        "正月初一",
        "\n",
        "<p>",
        "</p>",
        "一、",
        "(一)",
        "1.",
        "9999",
        "十",
        "\u{feff}",
        "国务院办公厅",
    ]);
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn no_text_of_random_words_makes_the_reader_panic(text in words()) {
        let _ = Announcement::read(&text).map(|read| read.year_file(None, None));
    }

    #[test]
    fn no_random_text_makes_the_reader_panic(text in any::<String>()) {
        prop_assert!(Announcement::read(&text).is_err());
    }

    #[test]
    fn no_damaged_text_makes_the_reader_panic(
        which in 0..TEXTS.len(), at in any::<prop::sample::Index>(), drop in 0_usize..6, put in words(),
    ) {
        let text: Vec<char> = fixture(TEXTS[which].0).chars().collect();
        let at = at.index(text.len());
        let rest = text.iter().skip(at + drop);
        let damaged: String = text[..at].iter().copied().chain(put.chars()).chain(rest.copied()).collect();
        let known = embedded().unwrap().into_iter().find(|file| file.year() == TEXTS[which].1);
        let _ = Announcement::read(&damaged).map(|read| read.year_file(known.as_ref(), None));
    }
}

/// Reads the text with `put` in the place of `length` bytes at `at`: it must be
/// refused, and the clause named must be the one that was changed.
fn refused(text: &str, at: usize, length: usize, put: &str) {
    let changed = format!("{}{put}{}", &text[..at], &text[at + length..]);
    let line: String = line_at(&changed, at).nfkc().filter(|c| !c.is_whitespace()).collect();
    match Announcement::read(&changed) {
        Ok(read) => panic!("taken over: {line}\n{read:?}"),
        Err(error) => {
            let said = clause(&error).to_owned();
            let (heading, sentence) = said.split_once(':').unwrap_or(("", &said));
            let first = sentence.split('。').next().unwrap();
            assert!(line.contains(heading) && line.contains(first), "{said}\n{line}\n{:?}", fault(&error));
        }
    }
}

/// Every place behind one of the words in the clauses of the texts, advice apart.
fn clauses_with(words: &[&str]) -> Vec<(String, usize)> {
    let mut places = Vec::new();
    for (name, _) in TEXTS {
        let text = fixture(name);
        for word in words {
            for (at, found) in text.match_indices(word) {
                let line = line_at(&text, at);
                let before = &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
                let is_clause = ["放假", "上班"].iter().any(|said| line.contains(said)) && line.contains('月');
                let opening = ["现就", "现将", "为", "var", "各地", "根据"].iter().any(|said| line.contains(said));
                if is_clause && !opening && !before.contains("鼓励") {
                    places.push((text.clone(), at + found.len()));
                }
            }
        }
    }
    places
}

/// The make-up day so many days after the first of the list, as the list writes it.
fn week_after(list: &str, year: i32, days: u64) -> Option<String> {
    let (month, rest) = list.trim_start_matches(|c: char| !c.is_ascii_digit()).split_once('月')?;
    let month = month.rsplit('年').next()?;
    let (date, _) = rest.split_once('日')?;
    let first = NaiveDate::from_ymd_opt(year, month.parse().ok()?, date.parse().ok()?)?;
    let extra = first.checked_add_days(Days::new(days))?;
    Some(format!("、{}月{}日", extra.month(), extra.day()))
}

fn line_at(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    text[start..].lines().next().unwrap_or_default()
}

fn year_of(text: &str) -> i32 {
    let year = ["年部分", "年劳动节", "年春节"].iter().find_map(|word| text.find(word)).unwrap();
    text[year - 4..year].parse().unwrap()
}

fn fault(error: &CalendarError) -> &ClauseFault {
    match error {
        CalendarError::Clause { fault, .. } => fault,
        other => panic!("{other}"),
    }
}

fn clause(error: &CalendarError) -> &str {
    match error {
        CalendarError::Clause { clause, .. } => clause,
        other => panic!("{other}"),
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The text with signs of half a width, as it would be typed.
fn half_width(name: &str) -> String {
    fixture(name).nfkc().collect()
}

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/calendar/notices");
    std::fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap()
}
