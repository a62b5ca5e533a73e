//! A pasted text or saved page made plain: one width, no blanks, no tags.

use unicode_normalization::UnicodeNormalization;

/// Lines that begin so stand on their own; others continue the line before.
const LINE_STARTS: [&str; 8] =
    ["国务院办公厅", "节假日期间", "各地区", "各单位", "各部门", "各省", "经国务院批准", "鼓励"];

/// Ends of a sentence; a half-width full stop is one unless digits surround it.
const ENDS: [char; 6] = ['。', ';', '!', '?', '\n', '.'];

/// The text in one (half) width, without blanks, tags and needless line ends.
pub(super) fn plain(text: &str) -> String {
    let text = if is_page(text) { untagged(text) } else { text.to_owned() };
    let wide: String = text.nfkc().filter(|c| *c == '\n' || !is_blank(*c)).collect();
    let mut plain = String::with_capacity(wide.len());
    for line in wide.lines().filter(|line| !line.is_empty()) {
        if !plain.is_empty() && (plain.ends_with(ENDS) || plain.ends_with(':') || stands_alone(line)) {
            plain.push('\n');
        }
        plain.push_str(line);
    }
    plain
}

/// The sentences of plain text, without their ends and their ordinals.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let (mut sentences, mut from) = (Vec::new(), 0);
    for (at, sign) in text.char_indices().filter(|(_, c)| ENDS.contains(c)) {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let after = at + sign.len_utf8();
        let number = sign == '.' && digit(text[..at].chars().next_back()) && digit(text[after..].chars().next());
        // `1.元旦` is an ordinal, `共7天.` an end.
        if number || (sign == '.' && is_ordinal(&text[from..after])) {
            continue;
        }
        sentences.push(&text[from..at]);
        from = after;
    }
    sentences.push(&text[from..]);
    sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect()
}

/// What follows an ordinal: `一、`, `(一)`, `1.`, `1、`; the text itself if there is none.
pub(super) fn without_ordinal(text: &str) -> &str {
    let inner = text.strip_prefix('(').unwrap_or(text);
    let after = inner.trim_start_matches(|c: char| c.is_ascii_digit() || CHINESE.contains(c));
    if after.len() == inner.len() || inner.len() - after.len() > 9 {
        return text;
    }
    let ended = match inner.len() == text.len() {
        true => after.strip_prefix(['、', '.', ',']),
        false => after.strip_prefix(')').map(|after| after.strip_prefix('、').unwrap_or(after)),
    };
    ended.unwrap_or(text)
}

/// Numerals of ordinals.
const CHINESE: &str = "一二三四五六七八九十";

fn is_ordinal(text: &str) -> bool {
    !text.is_empty() && without_ordinal(text).is_empty()
}

fn stands_alone(line: &str) -> bool {
    without_ordinal(line).len() < line.len()
        || LINE_STARTS.iter().any(|start| line.starts_with(start))
        || super::festival::Festival::at(line).is_some()
}

/// Blanks, and the marks without width that pages hide in their texts.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' | '\u{ad}')
}

fn is_page(text: &str) -> bool {
    text.contains("</") || text.contains("<br") || text.contains("<BR")
}

/// Elements whose content is no text.
const HIDDEN: [&str; 3] = ["script", "style", "head"];
/// Elements that do not end a line.
const INLINE: [&str; 9] = ["span", "a", "b", "i", "u", "em", "strong", "font", "sup"];

/// The text of a page; tags of blocks become line ends.
fn untagged(page: &str) -> String {
    let (mut text, mut rest) = (String::with_capacity(page.len()), page);
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let Some((tag, after)) = after.split_once('>') else {
            rest = "";
            break;
        };
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        rest = match HIDDEN.contains(&name.as_str()) && !tag.starts_with('/') {
            true => after_element(after, &name),
            false => after,
        };
        if !INLINE.contains(&name.as_str()) {
            text.push('\n');
        }
    }
    text.push_str(rest);
    unescaped(&text)
}

/// What follows the end of an element; all of it if it never ends.
fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let lower = text.to_ascii_lowercase();
    match lower.find(&format!("</{name}")) {
        Some(at) => &text[at..],
        None => text,
    }
}

/// The references that pages of text use.
const REFERENCES: [(&str, &str); 11] = [
    ("&nbsp;", ""),
    ("&ensp;", ""),
    ("&emsp;", ""),
    ("&#160;", ""),
    ("&#12288;", ""),
    ("&ldquo;", "“"),
    ("&rdquo;", "”"),
    ("&quot;", "\""),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
];

fn unescaped(text: &str) -> String {
    REFERENCES.iter().fold(text.to_owned(), |text, (reference, sign)| text.replace(reference, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_one_width_and_no_blanks() {
        assert_eq!(
            plain("10 月 1日\u{ff08}周 四)至7日\u{ff0c}共\u{3000}7天。\r\n\r\n二、"),
            "10月1日(周四)至7日,共7天。\n二、"
        );
        assert_eq!(plain("现将2018年元\n旦放假"), "现将2018年元旦放假");
    }

    #[test]
    fn a_saved_page_loses_its_tags_scripts_and_references() {
        let page = "<html><HEAD><title>x</title></HEAD><script>if (a<b) {}</script><p>一、<b>元旦</b>:1月1日&nbsp;放假。</p><p>二、春节</p></html>";
        assert_eq!(plain(page), "一、元旦:1月1日放假。\n二、春节");
        for broken in ["<", "</", "<script", "</p><script>x", "a</b<c"] {
            plain(broken);
        }
    }

    #[test]
    fn sentences_end_at_full_stops_of_both_widths() {
        assert_eq!(sentences("共7天.2月11日上班;好。1.元旦"), ["共7天", "2月11日上班", "好", "1.元旦"]);
        assert_eq!(sentences(""), [""; 0]);
    }

    #[test]
    fn an_ordinal_is_taken_off() {
        for (text, rest) in [
            ("一、元旦", "元旦"),
            ("(十一)元旦", "元旦"),
            ("(2)、春节", "春节"),
            ("3.春节", "春节"),
            ("4、春节", "春节"),
            ("10月1日", "10月1日"),
            ("一月", "一月"),
            ("(周四)", "(周四)"),
        ] {
            assert_eq!(without_ordinal(text), rest, "{text}");
        }
    }
}
