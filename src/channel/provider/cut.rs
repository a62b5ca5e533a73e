//! A text that is too long for a robot, cut where nothing is torn.
//!
//! A ticket stands in one line, so lines are kept or left out whole. Only a line that
//! is a list by itself is cut, between two of its items.

/// Room for the words that say what is left out.
const TAIL: usize = 80;

/// `head` and `body`, in at most `most` bytes. The head is never left out.
pub(super) fn fitted(head: &str, body: &str, most: usize) -> String {
    let whole = format!("{head}\n{}", body.trim_end());
    if whole.len() <= most {
        return whole;
    }
    let room = most.saturating_sub(TAIL);
    let mut kept = start(head, room).to_owned();
    let lines: Vec<&str> = body.trim_end().lines().collect();
    let mut n = 0;
    while let Some(line) = lines.get(n).filter(|line| kept.len() + 1 + line.len() <= room) {
        kept.push('\n');
        kept.push_str(line);
        n += 1;
    }
    if let Some(items) = lines.get(n).and_then(|line| some_items(line, room.saturating_sub(kept.len() + 1))) {
        kept.push('\n');
        kept.push_str(items);
        kept.push('等');
    }
    let left = lines[n..].iter().filter(|line| !line.trim().is_empty()).count();
    format!("{}\n（余略{left}行，请登录平台查看）", kept.trim_end())
}

/// As many items of a list as fit; `None` if it is no list or not even one fits.
fn some_items(line: &str, room: usize) -> Option<&str> {
    let ends = line.match_indices('、').map(|(at, _)| at);
    let end = ends.take_while(|end| end + '等'.len_utf8() <= room).last()?;
    Some(&line[..end])
}

/// The start of a text in at most so many bytes, whole characters only.
fn start(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_that_fits_is_left_alone() {
        assert_eq!(fitted("【热线】逾期", "甲\n\n乙\n", 2048), "【热线】逾期\n甲\n\n乙");
    }

    #[test]
    fn a_long_text_is_cut_between_two_tickets() {
        let lines: Vec<String> = (0..100).map(|n| format!("工单202609150{n:04}  承办单位:某某所  已逾期3天")).collect();
        let cut = fitted("【热线】逾期 100件", &lines.join("\n"), 2048);
        assert!(cut.len() <= 2048, "{}", cut.len());
        let kept: Vec<&str> = cut.lines().collect();
        let tickets = &kept[1..kept.len() - 1];
        assert!(tickets.len() > 20 && tickets.iter().zip(&lines).all(|(kept, line)| kept == line));
        assert_eq!(kept[kept.len() - 1], format!("（余略{}行，请登录平台查看）", 100 - tickets.len()));
    }

    #[test]
    fn a_line_that_is_a_list_is_cut_between_two_items() {
        let numbers: Vec<String> = (0..300).map(|n| format!("202609150{n:04}")).collect();
        let cut = fitted("日报", &format!("逾期:{}。", numbers.join("、")), 2048);
        assert!(cut.len() <= 2048);
        let line = cut.lines().nth(1).unwrap().strip_prefix("逾期:").unwrap().strip_suffix('等').unwrap();
        assert!(line.split('、').count() > 50 && line.split('、').zip(&numbers).all(|(kept, number)| kept == number));
    }

    proptest! {
        #[test]
        fn no_text_is_longer_than_it_may_be(head in "\\PC{1,60}", body in "[水a\n、😀]{0,400}", most in 300usize..900) {
            let cut = fitted(&head, &body, most);
            prop_assert!(cut.len() <= most, "{} > {}", cut.len(), most);
        }
    }
}
