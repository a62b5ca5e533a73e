//! Which line of a calendar file an entry stands in.
//!
//! The JSON parser knows the line of what it cannot parse, but not of what it
//! could: a duplicate or a stray date is found only afterwards. This walks text
//! that has been parsed already, so it need not check the form again.

/// The lines of the parts that a fault may be found in, counted from 1.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// The line of the key `year`.
    pub(super) year: usize,
    /// The line of the key `days`.
    pub(super) days: usize,
    /// For each entry of `days` the line of its `date`.
    entries: Vec<usize>,
}

impl Lines {
    /// The lines of well-formed `text`.
    pub(super) fn of(text: &str) -> Lines {
        let mut lines = Lines::default();
        let (mut line, mut depth, mut key) = (1_usize, 0_usize, "");
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(SIGNS) {
            let sign = rest.as_bytes()[before.len()];
            rest = after;
            match sign {
                b'\n' => line += 1,
                b'"' => (key, rest) = string(rest),
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => lines.note(depth, key, line),
            }
            if sign == b'{' && depth == ENTRY {
                lines.entries.push(line);
            }
        }
        lines
    }

    /// The line of the entry at `position`.
    pub(super) fn entry(&self, position: usize) -> usize {
        self.entries.get(position).copied().unwrap_or(self.days)
    }

    fn note(&mut self, depth: usize, key: &str, line: usize) {
        match (depth, key, self.entries.last_mut()) {
            (1, "year", _) => self.year = line,
            (1, "days", _) => self.days = line,
            (ENTRY, "date", Some(entry)) => *entry = line,
            _ => {}
        }
    }
}

/// All that the walk stops at; the colon tells a key from a value.
const SIGNS: [char; 7] = ['\n', '"', '{', '[', '}', ']', ':'];

/// The depth inside an entry: the file, the list, the entry.
const ENTRY: usize = 3;

/// Splits at the quote that ends a string.
fn string(text: &str) -> (&str, &str) {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if !escaped => return (&text[..at], &text[at + 1..]),
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_has_the_line_of_its_date() {
        let text = "{\n \"papers\": [\"{:\\\"}\"],\n \"year\": 2026,\n \"days\": [\n  {\"name\": \"a:{\", \"date\": \"x\"},\n  {\n   \"name\": \"b\",\n   \"date\": \"y\"\n  }\n ]\n}\n";
        let lines = Lines::of(text);
        assert_eq!((lines.year, lines.days), (3, 4));
        assert_eq!(lines.entries, [5, 8]);
        assert_eq!(lines.entry(9), 4);
    }

    #[test]
    fn broken_text_ends_the_walk() {
        for text in ["", "{\"", "}}]]", "\"\\", "{\"days\":[{\"date"] {
            Lines::of(text);
        }
    }
}
