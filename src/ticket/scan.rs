//! A cursor over a short text, for [`dates`](super::dates).

/// Which part of the day an hour is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// 上午, 早上, 凌晨, AM.
    Morning,
    /// 中午.
    Noon,
    /// 下午, 傍晚, PM.
    Afternoon,
    /// 晚上.
    Evening,
}

/// The words for the parts of the day.
const HALVES: [(&str, Half); 9] = [
    ("上午", Half::Morning),
    ("早上", Half::Morning),
    ("凌晨", Half::Morning),
    ("AM", Half::Morning),
    ("中午", Half::Noon),
    ("下午", Half::Afternoon),
    ("傍晚", Half::Afternoon),
    ("PM", Half::Afternoon),
    ("晚上", Half::Evening),
];

/// A text that is eaten from the left.
pub(super) struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn next_char(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    pub(super) fn skip(&mut self) {
        let _ = self.next_char();
    }

    /// Skips the character if it comes next.
    pub(super) fn skip_char(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Skips the word if it comes next, in whatever case its Latin letters are.
    pub(super) fn skip_word(&mut self, word: &str) -> bool {
        match self.rest.get(..word.len()) {
            Some(head) if head.eq_ignore_ascii_case(word) => {
                self.rest = &self.rest[word.len()..];
                true
            }
            _ => false,
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Skips blanks if one of `marks` stands behind them (`2025 年 9 月 30 日`).
    pub(super) fn skip_blanks_before(&mut self, marks: &str) {
        let trimmed = self.rest.trim_start();
        if trimmed.starts_with(|c| marks.contains(c)) {
            self.rest = trimmed;
        }
    }

    /// Skips `星期二`, `周二` or the same in brackets.
    pub(super) fn skip_weekday(&mut self) {
        let start = self.rest;
        self.skip_blanks();
        let bracket = self.skip_char('(');
        let named = self.skip_word("星期") || self.skip_word("周");
        let day = named && self.next_char().is_some_and(|c| "一二三四五六日天".contains(c));
        if !day || (bracket && !self.skip_char(')')) {
            self.rest = start;
        }
    }

    /// How many digits come next.
    pub(super) fn digit_run(&self) -> usize {
        self.rest.bytes().take_while(u8::is_ascii_digit).count()
    }

    /// Skips all digits that come next and says how many there were.
    pub(super) fn skip_digits(&mut self) -> usize {
        let run = self.digit_run();
        self.rest = &self.rest[run..];
        run
    }

    /// The number in the next `count` digits, at most nine; `None` if they are fewer.
    pub(super) fn digits(&mut self, count: usize) -> Option<u32> {
        if count == 0 || self.digit_run() < count {
            return None;
        }
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        digits.parse().ok()
    }

    /// The number in a run of one or two digits, with blanks before it.
    pub(super) fn one_or_two_digits(&mut self) -> Option<u32> {
        self.skip_blanks();
        match self.digit_run() {
            run @ (1 | 2) => self.digits(run),
            _ => None,
        }
    }

    /// The word for a part of the day, if it comes next, with the blanks around it.
    pub(super) fn half_of_day(&mut self) -> Option<Half> {
        let start = self.rest;
        self.skip_blanks();
        for (word, half) in HALVES {
            if self.skip_word(word) {
                self.skip_blanks();
                return Some(half);
            }
        }
        self.rest = start;
        None
    }
}
