//! Text as people and platforms write it, brought into one form.
//!
//! Spellings of a word (full-width digits, blanks inside, a BOM, `1.0` for `1`)
//! are made equal here, so that the lists of words need each word only once.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// The text after NFKC, trimmed, without invisible characters and with one kind
/// of dash.
///
/// ```
/// use duban::ticket::text;
/// assert_eq!(text::clean("\u{feff}２０２５–０９–３０\u{3000}\t"), "2025-09-30");
/// ```
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text.trim_matches(is_margin));
    }
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let folded: String = text.nfkc().filter(|&c| !is_invisible(c)).map(|c| if is_dash(c) { '-' } else { c }).collect();
    match folded.trim_matches(is_margin) {
        inner if inner.len() == folded.len() => Cow::Owned(folded),
        inner => Cow::Owned(inner.to_owned()),
    }
}

/// [`clean`] without any blanks: names and words of Chinese text.
pub fn squeeze(text: &str) -> Cow<'_, str> {
    if is_folded(text) {
        return Cow::Borrowed(text);
    }
    let clean = clean(text);
    if clean.contains(char::is_whitespace) { Cow::Owned(clean.split_whitespace().collect()) } else { clean }
}

/// The form in which words are compared: [`squeeze`], in upper case, and a whole
/// number without the `.0` that a floating-point column gives it.
///
/// ```
/// use duban::ticket::text;
/// assert_eq!(text::fold(" 疑\u{3000}难"), "疑难");
/// assert_eq!(text::fold("68.0"), "68");
/// ```
pub fn fold(text: &str) -> Cow<'_, str> {
    if is_folded(text) {
        return Cow::Borrowed(text);
    }
    let mut folded = squeeze(text);
    if folded.bytes().any(|byte| byte.is_ascii_lowercase()) {
        folded.to_mut().make_ascii_uppercase();
    }
    match without_zero_fraction(&folded).len() {
        len if len == folded.len() => folded,
        len => match folded {
            Cow::Borrowed(text) => Cow::Borrowed(&text[..len]),
            Cow::Owned(mut text) => {
                text.truncate(len);
                Cow::Owned(text)
            }
        },
    }
}

/// Whether a text is certainly folded: nothing but Chinese characters and ASCII
/// without blanks, lower case and points. Most cells are, and this is cheap.
fn is_folded(text: &str) -> bool {
    let mut bytes = text.as_bytes();
    loop {
        bytes = match bytes {
            [] => return true,
            // U+4000 to U+9FFF.
            [0xe4..=0xe9, _, _, rest @ ..] => rest,
            [b'!'..=b'-' | b'/'..=b'`' | b'{'..=b'~', rest @ ..] => rest,
            _ => return false,
        }
    }
}

/// `68.0` as `68`; any other text as it is.
pub fn without_zero_fraction(text: &str) -> &str {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, zeros)) if digits(whole) && digits(zeros) && zeros.bytes().all(|byte| byte == b'0') => whole,
        _ => text,
    }
}

/// Characters that NFKC leaves alone and that are neither blank nor invisible:
/// text of only these is already clean.
fn is_plain(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '!'..='~')
}

fn is_margin(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_invisible(c)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_fold_to_one_form() {
        for spelling in ["处理中", " 处理中\t", "处 理 中", "\u{3000}处理中\u{3000}", "\u{feff}处理\u{200b}中"]
        {
            assert_eq!(fold(spelling), "处理中", "{spelling:?}");
        }
        for spelling in ["城建热线１２３１９", "城建热线 12319", "城建热线12319\t"] {
            assert_eq!(fold(spelling), "城建热线12319", "{spelling:?}");
        }
        for spelling in ["null", "NULL ", "Ｎｕｌｌ"] {
            assert_eq!(fold(spelling), "NULL", "{spelling:?}");
        }
    }

    #[test]
    fn only_a_whole_number_loses_its_zero_fraction() {
        let rows = [
            ("1.0", "1"),
            ("10.00", "10"),
            ("1.5", "1.5"),
            ("1.", "1."),
            (".0", ".0"),
            ("a.0", "A.0"),
            ("1.0.0", "1.0.0"),
        ];
        for (text, folded) in rows {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn what_is_taken_for_folded_is_so_by_unicode() {
        for c in (0..=0x2_ffff).filter_map(char::from_u32) {
            let mut buffer = [0; 4];
            let text: &str = c.encode_utf8(&mut buffer);
            if is_folded(text) {
                let normal: String = text.nfkc().collect();
                assert!(normal == text && !c.is_whitespace() && !c.is_control() && !is_invisible(c), "{c:?}");
            }
        }
    }

    #[test]
    fn a_blank_inside_stays_in_clean_text() {
        assert_eq!(clean(" 2025-09-30\u{a0}15:05 "), "2025-09-30 15:05");
    }
}
