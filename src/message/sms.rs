//! How long an SMS is, and where it is cut.
//!
//! Every character counts as its UTF-16 units, signature and blanks included:
//! there is no shorter alphabet for Chinese text. Up to 70 units travel as one
//! message; a longer text is cut in parts of 67.

/// Units that fit into a message that travels alone.
const SINGLE: usize = 70;
/// Units that fit into each part of a longer one.
const PART: usize = 67;

/// The length of an SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// UTF-16 units of the whole text.
    pub units: usize,
    /// Messages that it takes.
    pub parts: usize,
}

/// The length of `text`.
///
/// ```
/// use duban::message::sms::{Count, count};
/// assert_eq!(count("您好"), Count { units: 2, parts: 1 });
/// ```
pub fn count(text: &str) -> Count {
    Count { units: units(text), parts: parts(text).len() }
}

/// `text` in the parts in which it travels, in order; together they are the text.
///
/// A character that takes two units (a surrogate pair) is never cut: the part
/// before it then holds 66.
pub fn parts(text: &str) -> Vec<&str> {
    if units(text) <= SINGLE {
        return vec![text];
    }
    let mut parts = Vec::new();
    let (mut start, mut filled) = (0, 0);
    for (at, c) in text.char_indices() {
        if filled + c.len_utf16() > PART {
            parts.push(&text[start..at]);
            (start, filled) = (at, 0);
        }
        filled += c.len_utf16();
    }
    parts.push(&text[start..]);
    parts
}

/// UTF-16 units of `text`.
fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn count_takes_70_units_alone_and_67_a_part_beyond() {
        let rows = [(0, 1), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (160, 3), (201, 3), (202, 4), (500, 8)];
        for (units, parts) in rows {
            assert_eq!(count(&"水".repeat(units)), Count { units, parts }, "{units}");
            assert_eq!(count(&"a".repeat(units)), Count { units, parts }, "{units} latin");
        }
    }

    #[test]
    fn parts_never_cut_a_surrogate_pair() {
        // 35 pairs are 70 units; one more unit, and each part holds 33 pairs.
        assert_eq!(count(&"𠮷".repeat(35)), Count { units: 70, parts: 1 });
        let text = "𠮷".repeat(67);
        assert_eq!(count(&text), Count { units: 134, parts: 3 });
        assert_eq!(parts(&text).iter().map(|part| part.chars().count()).collect::<Vec<_>>(), [33, 33, 1]);
        let odd = format!("水{}", "𠮷".repeat(35));
        assert_eq!(parts(&odd).iter().map(|part| units(part)).collect::<Vec<_>>(), [67, 4]);
    }

    proptest! {
        #[test]
        fn parts_join_to_the_text_and_each_fits_and_is_filled(text in "[a水😀𠮷\n]{0,300}") {
            let parts = parts(&text);
            prop_assert_eq!(parts.concat(), text.clone());
            let all = count(&text);
            prop_assert_eq!(all.units, text.encode_utf16().count());
            prop_assert_eq!(all.parts, parts.len());
            if all.units <= 70 {
                prop_assert_eq!(all.parts, 1);
            } else {
                prop_assert!(parts.iter().all(|part| (1..=67).contains(&units(part))));
                prop_assert!(parts[..parts.len() - 1].iter().all(|part| units(part) >= 66));
            }
        }
    }
}
