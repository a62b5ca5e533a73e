//! The telephone numbers in a text.
//!
//! A field of a platform holds several numbers, remarks, extensions and every way
//! to group digits. What is found here is a form, not a promise: a number of a
//! range that no carrier has yet is a mobile number all the same.

use super::{Private, text};

/// A number found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// What can be done with it.
    pub kind: NumberKind,
    /// Its digits without country code or extension: 11 of a mobile number, those
    /// of a landline with its area.
    pub digits: Private<String>,
}

/// The kinds of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKind {
    /// 1[3-9] and nine digits: takes an SMS.
    Mobile,
    /// Area and seven or eight digits: takes none.
    Landline,
    /// Service numbers, foreign ones, ones for machines, a wrong count of digits.
    Other,
}

/// The area of a landline number that is written without one (Shanghai).
const AREA: &str = "021";

/// Prefixes by which a call was once sent over the internet.
const IP_PREFIXES: [&str; 5] = ["17951", "17911", "17901", "17909", "12593"];

/// Groups of digits that one number may be split into.
const GROUPS: usize = 8;

impl Number {
    fn new(kind: NumberKind, digits: impl Into<String>) -> Self {
        Self { kind, digits: Private::new(digits.into()) }
    }

    /// The number with its middle hidden: `138****2345`, `021-****1234`.
    pub fn masked(&self) -> String {
        let digits = self.digits.expose().as_str();
        match self.kind {
            NumberKind::Mobile => format!("{}****{}", &digits[..3], &digits[digits.len() - 4..]),
            NumberKind::Landline => {
                format!("{}-****{}", &digits[..area_len(digits).unwrap_or(3)], &digits[digits.len() - 4..])
            }
            NumberKind::Other if digits.len() < 7 => {
                format!("{}{}", "*".repeat(digits.len() - 1), &digits[digits.len() - 1..])
            }
            NumberKind::Other => {
                // At most half of the digits are shown.
                let tail = (digits.len() / 2 - 3).min(4);
                format!("{}****{}", &digits[..3], &digits[digits.len() - tail..])
            }
        }
    }
}

/// The numbers in a text, in its order.
///
/// ```
/// use duban::ticket::phone;
/// let masked: Vec<_> = phone::numbers("13800012345(儿子)/59721234转801").iter().map(|n| n.masked()).collect();
/// assert_eq!(masked, ["138****2345", "021-****1234"]);
/// ```
pub fn numbers(text: &str) -> Vec<Number> {
    if is_mobile(text) {
        return vec![Number::new(NumberKind::Mobile, text)];
    }
    let text = text::clean(text);
    let mut found = Vec::new();
    for piece in pieces(&text) {
        for run in runs(piece.text) {
            run.read(piece.place, &mut found);
        }
    }
    found
}

/// Where a piece of text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    /// A remark in brackets, where digits may be a date or a door.
    Remark,
}

struct Piece<'a> {
    text: &'a str,
    place: Place,
}

/// Splits a text where one number cannot go on: at separators and around remarks.
/// `(021)` is no remark.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((at, end)) = next_remark(rest) {
        split_plain(&rest[..at], &mut pieces);
        let remark = rest[at..end].trim_matches(is_bracket);
        pieces.extend(remark.split(is_separator).map(|text| Piece { text, place: Place::Remark }));
        rest = &rest[end..];
    }
    split_plain(rest, &mut pieces);
    pieces
}

fn split_plain<'a>(text: &'a str, pieces: &mut Vec<Piece<'a>>) {
    pieces.extend(text.split(is_separator).map(|text| Piece { text, place: Place::Plain }));
}

/// Where the next pair of brackets with anything but a number in it begins and
/// ends; one that is never closed ends with the text.
fn next_remark(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(open) = text[from..].find(is_opening).map(|at| at + from) {
        let close = text[open..].find(is_closing).map(|at| at + open);
        let end = close.map_or(text.len(), |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
        if text[open..end].chars().all(|c| is_bracket(c) || c.is_ascii_digit() || is_joint(c) || c == '+') {
            from = end;
        } else {
            return Some((open, end));
        }
    }
    None
}

fn is_opening(c: char) -> bool {
    matches!(c, '(' | '[' | '{' | '<' | '【' | '《' | '〔' | '「')
}

fn is_closing(c: char) -> bool {
    matches!(c, ')' | ']' | '}' | '>' | '】' | '》' | '〕' | '」')
}

fn is_bracket(c: char) -> bool {
    is_opening(c) || is_closing(c)
}

fn is_separator(c: char) -> bool {
    matches!(c, '/' | '\\' | '|' | ',' | ';' | '、' | '。' | ':' | '\n' | '\r' | '或' | '和' | '及' | '与')
}

/// Characters that may stand inside a number.
fn is_joint(c: char) -> bool {
    c.is_whitespace() || is_bracket(c) || matches!(c, '-' | '.' | '·' | '・' | '_' | '~' | '\'' | '"')
}

/// Groups of digits with nothing but joints between them.
struct Run<'a> {
    groups: Vec<&'a str>,
    lead: Lead,
    /// An asterisk touches it: some of its digits are hidden.
    starred: bool,
}

/// What stands before a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    None,
    /// `+`: a country code follows.
    Plus,
    /// 转, 分机, ext, `#`: an extension follows.
    Extension,
}

/// Splits a piece into runs.
fn runs(piece: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut rest = piece;
    let mut lead = Lead::None;
    let mut starred = false;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() {
            let (run, behind) = scan_run(rest, lead, starred);
            runs.push(run);
            (rest, lead, starred) = (behind, Lead::None, false);
            continue;
        }
        match c {
            '+' => lead = Lead::Plus,
            '转' | '机' | '线' | '#' | 't' | 'T' | 'x' | 'X' => lead = Lead::Extension,
            '*' => (lead, starred) = (Lead::None, true),
            _ if is_joint(c) => {}
            _ => (lead, starred) = (Lead::None, false),
        }
        rest = &rest[c.len_utf8()..];
    }
    runs
}

/// Takes the run at the start of a text; gives it and what stands behind it.
fn scan_run(text: &str, lead: Lead, starred: bool) -> (Run<'_>, &str) {
    let mut run = Run { groups: Vec::new(), lead, starred };
    let mut rest = text;
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        run.groups.push(&rest[..digits]);
        rest = &rest[digits..];
        let behind = rest.trim_start_matches(is_joint);
        if !behind.starts_with(|c: char| c.is_ascii_digit()) {
            run.starred |= behind.starts_with('*');
            return (run, rest);
        }
        rest = behind;
    }
}

impl Run<'_> {
    /// Adds the numbers of this run.
    fn read(&self, place: Place, found: &mut Vec<Number>) {
        if self.starred {
            return;
        }
        let mut at = 0;
        let mut left = String::new();
        while at < self.groups.len() {
            match self.longest(at) {
                Some((taken, number)) => {
                    self.leave(&mut left, place, found);
                    if place == Place::Plain || number.kind == NumberKind::Mobile {
                        found.push(number);
                    }
                    at += taken;
                    // Digits behind a number on the same run are its extension.
                    while self.groups.get(at).is_some_and(|group| group.len() < 7) && self.longest(at).is_none() {
                        at += 1;
                    }
                }
                None => {
                    left.push_str(self.groups[at]);
                    at += 1;
                }
            }
        }
        self.leave(&mut left, place, found);
    }

    /// The longest number that begins with the group `at`, and how many groups it is.
    fn longest(&self, at: usize) -> Option<(usize, Number)> {
        let most = (self.groups.len() - at).min(GROUPS);
        (1..=most).rev().find_map(|taken| {
            let digits = self.groups[at..at + taken].concat();
            let lead = if at == 0 { self.lead } else { Lead::None };
            recognised(&digits, lead).map(|number| (taken, number))
        })
    }

    /// Takes digits that are no number we know: one of an odd kind if they are
    /// enough, a service number, or else an extension or a remark.
    fn leave(&self, left: &mut String, place: Place, found: &mut Vec<Number>) {
        let digits = std::mem::take(left);
        let counts = digits.len() >= 7 || (self.lead != Lead::Extension && is_short_service(&digits));
        if counts && place == Place::Plain {
            found.push(Number::new(NumberKind::Other, digits));
        }
    }
}

/// The number that these digits are, if they have the form of one.
fn recognised(digits: &str, lead: Lead) -> Option<Number> {
    let international = digits.strip_prefix("00").or((lead == Lead::Plus).then_some(digits));
    if let Some(abroad) = international {
        return match abroad.strip_prefix("86") {
            Some(home) => domestic(home).or_else(|| landline(&format!("0{home}"))),
            None if (8..=15).contains(&abroad.len()) => Some(Number::new(NumberKind::Other, abroad)),
            None => None,
        };
    }
    domestic(digits)
        .or_else(|| digits.strip_prefix("86").filter(|home| home.len() == 11).and_then(domestic))
        .or_else(|| IP_PREFIXES.iter().find_map(|prefix| digits.strip_prefix(prefix).and_then(domestic)))
}

/// A number as dialled within the country.
fn domestic(digits: &str) -> Option<Number> {
    if is_mobile(digits) {
        return Some(Number::new(NumberKind::Mobile, digits));
    }
    // Mobile numbers of another city were once dialled with a 0 before them.
    if let Some(mobile) = digits.strip_prefix('0').filter(|rest| is_mobile(rest)) {
        return Some(Number::new(NumberKind::Mobile, mobile));
    }
    if digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800")) {
        return Some(Number::new(NumberKind::Other, digits));
    }
    landline(digits).or_else(|| {
        let local = matches!(digits.len(), 7 | 8) && !digits.starts_with(['0', '1']);
        local.then(|| Number::new(NumberKind::Landline, format!("{AREA}{digits}")))
    })
}

/// A landline number with its area.
fn landline(digits: &str) -> Option<Number> {
    let local = digits.len().checked_sub(area_len(digits)?)?;
    matches!(local, 7 | 8).then(|| Number::new(NumberKind::Landline, digits))
}

/// How long the area at the head of a landline number is.
fn area_len(digits: &str) -> Option<usize> {
    match digits.as_bytes() {
        [b'0', b'1', b'0', ..] => Some(3),
        [b'0', b'2', b'0'..=b'5' | b'7'..=b'9', ..] => Some(3),
        [b'0', b'3'..=b'9', _, _, ..] => Some(4),
        _ => None,
    }
}

/// Whether a text is the eleven digits of a mobile number and nothing else.
pub fn is_mobile(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'1', b'3'..=b'9', rest @ ..] if rest.len() == 9 && rest.iter().all(u8::is_ascii_digit))
}

/// 110, 12345, 12319, 95588, 962740.
fn is_short_service(digits: &str) -> bool {
    matches!(
        digits.as_bytes(),
        [b'1', b'1' | b'2', _]
            | [b'1', b'2', b'3', _, _]
            | [b'1', b'0', _, _, _]
            | [b'9', b'5' | b'6', _, _, _]
            | [b'9', b'5' | b'6', _, _, _, _]
    )
}

#[cfg(test)]
mod tests {
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
}
