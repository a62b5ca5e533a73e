//! The values of header lines: encoded, folded, and never more than one line's worth.
//!
//! Written here and not left to the library: it drops doubled blanks between
//! encoded and plain words, and leaves long words in lines above 78.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Bytes of text in one encoded word: 75 characters less `=?utf-8?b?` and `?=`,
/// in base64.
const WORD: usize = 45;
/// The longest line that holds an encoded word, with the name of the field.
const LINE: usize = 76;

/// A text as the value of the header `name`, with its folds.
pub(super) fn unstructured(name: &str, text: &str) -> String {
    let text = one_line(text);
    if is_plain(&text) && name.len() + 2 + text.len() <= LINE { text } else { encoded_words(name.len() + 2, &text) }
}

/// A mailbox as the value of the header `name`. `address` is already checked.
pub(super) fn mailbox(name: &str, display_name: &str, address: &str) -> String {
    let display_name = one_line(display_name);
    if display_name.is_empty() {
        return address.to_owned();
    }
    let is_atom = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let is_plain = is_plain(&display_name) && display_name.chars().all(is_atom);
    let shown = if is_plain && name.len() + 2 + display_name.len() <= LINE {
        display_name
    } else if display_name.len() <= WORD {
        // One word on a line of its own: readers that put a blank between two
        // encoded words of a name would spoil it.
        format!("\r\n {}", encoded_word(&display_name))
    } else {
        encoded_words(name.len() + 2, &display_name)
    };
    format!("{shown}\r\n <{address}>")
}

/// Message ids as the value of a header, one a line.
pub(super) fn message_ids(ids: &[&str]) -> String {
    let ids: Vec<_> = ids.iter().map(|id| format!("<{}>", id.trim_matches(['<', '>', ' ']))).collect();
    ids.join("\r\n ")
}

/// The text without control characters, in one line, without blanks around it.
pub(super) fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect();
    line.trim().chars().filter(|c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')).collect()
}

/// Whether readers show it just as it is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !text.contains("  ") && !text.contains("=?")
}

/// The whole text in encoded words, cut between characters.
fn encoded_words(mut column: usize, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        // What fits behind the field's name on the first line, and on a line of
        // its own after that.
        let room = (LINE - column).saturating_sub("=?utf-8?b??=".len()) / 4 * 3;
        let end = floor_char(rest, room.min(WORD));
        if end > 0 {
            out.push_str(&encoded_word(&rest[..end]));
            rest = &rest[end..];
        }
        if !rest.is_empty() {
            out.push_str("\r\n ");
            column = 1;
        }
    }
    out
}

fn encoded_word(text: &str) -> String {
    format!("=?utf-8?b?{}?=", STANDARD.encode(text))
}

/// The last border of a character at or before `at`.
fn floor_char(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a reader makes of a value: words decoded, blanks between them dropped.
    fn read(value: &str) -> String {
        let mut out = String::new();
        for word in value.split("\r\n ") {
            match word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?=")) {
                Some(base64) => out.push_str(&String::from_utf8(STANDARD.decode(base64).unwrap()).unwrap()),
                None => out.push_str(word),
            }
        }
        out
    }

    #[test]
    fn a_subject_of_plain_letters_stays_as_it_is() {
        assert_eq!(unstructured("Subject", "Reminder 2026"), "Reminder 2026");
        assert_eq!(unstructured("Subject", "工单A1024已受理"), "=?utf-8?b?5bel5Y2VQTEwMjTlt7Llj5fnkIY=?=");
    }

    #[test]
    fn a_line_end_in_a_subject_starts_no_header() {
        let value = unstructured("Subject", "工单\r\nBcc: all@example.org\r\n\r\nbody");
        assert_eq!(read(&value), "工单  Bcc: all@example.org    body");
        assert_eq!(unstructured("Subject", "a\r\nBcc: b"), unstructured("Subject", "a  Bcc: b"));
        assert!(
            !unstructured("Subject", "a\u{0}\u{7f}\nb").contains(|c: char| c.is_control() && c != '\r' && c != '\n')
        );
    }

    #[test]
    fn a_name_with_a_comma_is_one_mailbox() {
        let value = mailbox("From", "市12345,督办", "a@example.org");
        assert_eq!(value, "\r\n =?utf-8?b?5biCMTIzNDUs552j5Yqe?=\r\n <a@example.org>");
        assert!(!mailbox("From", "Smith, John", "a@example.org").contains(','));
        assert_eq!(mailbox("From", "", "a@example.org"), "a@example.org");
    }

    proptest! {
        #[test]
        fn any_subject_is_read_back_and_no_line_is_longer_than_76(text in "\\PC{0,120}") {
            let value = unstructured("Subject", &text);
            prop_assert_eq!(read(&value), one_line(&text));
            for (n, line) in value.split("\r\n").enumerate() {
                prop_assert!(line.len() + if n == 0 { "Subject: ".len() } else { 0 } <= LINE, "{:?}", line);
                prop_assert!(line.trim_start().len() <= 75 || n == 0, "{:?}", line);
            }
            prop_assert!(value.is_ascii());
        }
    }
}
