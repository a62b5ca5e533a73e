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
mod tests;
