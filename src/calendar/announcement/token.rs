//! The words of a clause, one by one.
//!
//! The list of words is closed: what is not in it is not skipped but told, for a
//! word left out may be the one that turns a clause round.

use chrono::Weekday;

use super::{ClauseFault, festival::Festival, moon::LunarDay};

/// One word with a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A year that belongs to no date: `2020年春节`.
    Year(i32),
    /// A date, as much of it as is written.
    Date(Written),
    /// `至`.
    To,
    /// `放假`.
    Rest,
    /// `上班`.
    Work,
    /// `7天`.
    Count(u32),
    /// `与周末连休`.
    Weekend,
    /// `不调休`.
    NoSwap,
    /// `起`.
    From,
    /// A colon: dates follow the word before it.
    Lead,
    /// The name of a festival.
    Festival(Festival),
    /// A sign or word without a meaning of its own.
    Joint,
}

/// A date as it is written; year and month may have been said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) year: Option<i32>,
    pub(super) month: Option<u32>,
    pub(super) day: u32,
    pub(super) notes: Vec<Note>,
}

/// What stands beside a date, to be checked against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    Weekday(Weekday),
    Lunar(LunarDay, String),
}

/// All words but dates and numbers; a longer one stands before its beginning.
const WORDS: [(&str, Token); 63] = [
    ("放假、调休", Token::Rest),
    ("放假调休", Token::Rest),
    ("调休放假", Token::Rest),
    ("放假", Token::Rest),
    ("休假", Token::Rest),
    ("休息", Token::Rest),
    ("正常上班", Token::Work),
    ("照常上班", Token::Work),
    ("恢复上班", Token::Work),
    ("调休上班", Token::Work),
    ("补班", Token::Work),
    ("上班", Token::Work),
    ("与周末连休", Token::Weekend),
    ("和周末连休", Token::Weekend),
    ("同周末连休", Token::Weekend),
    ("与周末相连", Token::Weekend),
    ("与双休日连休", Token::Weekend),
    ("不调休", Token::NoSwap),
    ("开始", Token::From),
    ("起", Token::From),
    ("时间为", Token::Lead),
    ("日期为", Token::Lead),
    ("时间:", Token::Lead),
    ("日期:", Token::Lead),
    ("日为", Token::Lead),
    ("日:", Token::Lead),
    (":", Token::Lead),
    ("至", Token::To),
    ("到", Token::To),
    ("—", Token::To),
    ("–", Token::To),
    ("-", Token::To),
    ("~", Token::To),
    ("〜", Token::To),
    ("调整为", Token::Joint),
    ("延长", Token::Joint),
    ("以及", Token::Joint),
    ("现将", Token::Joint),
    ("其中", Token::Joint),
    ("共计", Token::Joint),
    ("假期", Token::Joint),
    ("当日", Token::Joint),
    ("当天", Token::Joint),
    ("连续", Token::Joint),
    ("分别", Token::Joint),
    ("将", Token::Joint),
    ("共", Token::Joint),
    ("均", Token::Joint),
    ("为", Token::Joint),
    ("和", Token::Joint),
    ("及", Token::Joint),
    ("与", Token::Joint),
    ("并", Token::Joint),
    ("、", Token::Joint),
    (",", Token::Joint),
    (".", Token::Joint),
    ("(", Token::Joint),
    (")", Token::Joint),
    ("[", Token::Joint),
    ("]", Token::Joint),
    ("\"", Token::Joint),
    ("\n", Token::Joint),
    ("/", Token::Joint),
];

/// The words of a sentence.
///
/// # Errors
///
/// When something in it is no word of an arrangement.
pub(super) fn tokens(sentence: &str) -> Result<Vec<Token>, ClauseFault> {
    let (mut all, mut rest) = (Vec::new(), sentence);
    while !rest.is_empty() {
        let (token, after) = word(rest).or_else(|| number(rest)).ok_or_else(|| unreadable(rest))?;
        let token = match (token, all.last()) {
            (Token::Date(date), Some(Token::Year(year))) if date.year.is_none() && date.month.is_some() => {
                let year = Some(*year);
                all.pop();
                Token::Date(Written { year, ..date })
            }
            (token, _) => token,
        };
        all.push(token);
        rest = after;
    }
    Ok(all)
}

/// Whether a sentence names a date with its month, whatever else it says.
pub(super) fn names_a_date(sentence: &str) -> bool {
    let months = sentence.char_indices().filter(|(_, c)| *c == '月');
    months.map(|(at, month)| &sentence[at + month.len_utf8()..]).any(|after| match numeral(after) {
        Some((_, after)) => after.starts_with(['日', '号']),
        None => false,
    })
}

fn word(text: &str) -> Option<(Token, &str)> {
    let fixed = WORDS.iter().find_map(|(word, token)| Some((token.clone(), text.strip_prefix(word)?)));
    fixed.or_else(|| Festival::at(text).map(|(festival, after)| (Token::Festival(festival), after)))
}

fn unreadable(rest: &str) -> ClauseFault {
    let end = rest.char_indices().skip(1).find(|(at, _)| word(&rest[*at..]).is_some()).map_or(rest.len(), |(at, _)| at);
    ClauseFault::Unreadable(rest[..end].chars().take(40).collect())
}

/// A year, a date or a count.
fn number(text: &str) -> Option<(Token, &str)> {
    let (n, after) = numeral(text)?;
    if let Some(after) = after.strip_prefix('年') {
        return Some((Token::Year(i32::try_from(n).ok()?), after));
    }
    if let Some(after) = after.strip_prefix('天') {
        return Some((Token::Count(n), after));
    }
    let (month, day, after) = match after.strip_prefix('月') {
        Some(after) => {
            let (day, after) = numeral(after)?;
            (Some(n), day, after)
        }
        None => (None, n, after),
    };
    let (notes, after) = notes(after.strip_prefix(['日', '号'])?);
    Some((Token::Date(Written { year: None, month, day, notes }), after))
}

/// A number of at most four digits, Arabic or Chinese, and what follows it.
fn numeral(text: &str) -> Option<(u32, &str)> {
    let arabic = text.bytes().take_while(u8::is_ascii_digit).count();
    if arabic > 0 {
        let n = text[..arabic].parse().ok().filter(|_| arabic <= 4)?;
        return Some((n, &text[arabic..]));
    }
    let length = text.chars().take_while(|c| digit(*c).is_some() || *c == '十').map(char::len_utf8).sum();
    Some((chinese(&text[..length])?, &text[length..]))
}

/// `七`, `十一`, `二十三`, `二〇二七`.
fn chinese(text: &str) -> Option<u32> {
    let digits = |text: &str| {
        let valid = (1..=4).contains(&text.chars().count());
        valid.then(|| text.chars().try_fold(0, |n, c| Some(n * 10 + digit(c)?))).flatten()
    };
    match text.split_once('十') {
        Some((tens, ones)) if tens.chars().count() <= 1 && ones.chars().count() <= 1 => {
            let tens = if tens.is_empty() { 1 } else { digits(tens)? };
            Some(tens * 10 + if ones.is_empty() { 0 } else { digits(ones)? })
        }
        Some(_) => None,
        None => digits(text),
    }
}

fn digit(c: char) -> Option<u32> {
    let place = "〇一二三四五六七八九".chars().position(|digit| digit == c);
    place.or(if c == '零' || c == '○' { Some(0) } else { None }).and_then(|n| u32::try_from(n).ok())
}

/// What stands beside a date: in brackets, or a weekday without them. Brackets
/// with anything else in them are left to be read as words.
fn notes(text: &str) -> (Vec<Note>, &str) {
    if let Some((day, after)) = weekday(text) {
        return (vec![Note::Weekday(day)], after);
    }
    let bracketed = text.strip_prefix('(').and_then(|inner| inner.split_once(')'));
    let Some((inner, after)) = bracketed else { return (Vec::new(), text) };
    match inner.split(['、', ',']).map(note).collect() {
        Some(notes) => (notes, after),
        None => (Vec::new(), text),
    }
}

fn note(text: &str) -> Option<Note> {
    if let Some((day, "")) = weekday(text) {
        return Some(Note::Weekday(day));
    }
    let lunar = text.strip_prefix("农历").unwrap_or(text);
    lunar_day(lunar).map(|day| Note::Lunar(day, text.to_owned()))
}

fn weekday(text: &str) -> Option<(Weekday, &str)> {
    let day = ["星期", "礼拜", "周"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let sign = day.chars().next()?;
    let weekday = match sign {
        '一' => Weekday::Mon,
        '二' => Weekday::Tue,
        '三' => Weekday::Wed,
        '四' => Weekday::Thu,
        '五' => Weekday::Fri,
        '六' => Weekday::Sat,
        '日' | '天' => Weekday::Sun,
        _ => return None,
    };
    Some((weekday, &day[sign.len_utf8()..]))
}

/// `除夕`, `正月初七`, `腊月二十八`, `五月初五`.
fn lunar_day(text: &str) -> Option<LunarDay> {
    if text == "除夕" {
        return Some(LunarDay { month: 12, day: None });
    }
    let (month, day) = text.split_once('月')?;
    let month = match month {
        "正" => 1,
        "腊" => 12,
        month => chinese(month)?,
    };
    let day = chinese(day.strip_prefix('初').unwrap_or(day))?;
    (1..=30).contains(&day).then_some(LunarDay { month, day: Some(day) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(month: Option<u32>, day: u32, notes: &[Note]) -> Token {
        Token::Date(Written { year: None, month, day, notes: notes.to_vec() })
    }

    #[test]
    fn a_clause_is_read_word_by_word() {
        let lunar = Note::Lunar(LunarDay { month: 12, day: None }, "农历除夕".to_owned());
        assert_eq!(
            tokens("1月28日(农历除夕、周二)至4日放假调休,共8天"),
            Ok(vec![
                date(Some(1), 28, &[lunar, Note::Weekday(Weekday::Tue)]),
                Token::To,
                date(None, 4, &[]),
                Token::Rest,
                Token::Joint,
                Token::Joint,
                Token::Count(8),
            ])
        );
        let first = Written { year: Some(2019), month: Some(1), day: 1, notes: Vec::new() };
        assert_eq!(tokens("2019年1月1日"), Ok(vec![Token::Date(first)]));
        assert_eq!(tokens("2019年元旦"), Ok(vec![Token::Year(2019), Token::Festival(Festival::NewYear)]));
        assert_eq!(tokens("十月十一号星期天"), Ok(vec![date(Some(10), 11, &[Note::Weekday(Weekday::Sun)])]));
    }

    #[test]
    fn a_word_that_is_not_known_is_told() {
        for (text, told) in
            [("10月1日不放假", "不"), ("10月1日(农历某日)放假", "农历某日"), ("第7天", "第7天"), ("12345天", "12345天")]
        {
            assert_eq!(tokens(text), Err(ClauseFault::Unreadable(told.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_chinese_numeral_is_a_number() {
        for (text, n) in [("七", Some(7)), ("十", Some(10)), ("三十一", Some(31)), ("二〇二七", Some(2027))] {
            assert_eq!(chinese(text), n, "{text}");
        }
        for text in ["", "十十", "一二十", "一二三四五"] {
            assert_eq!(chinese(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_is_seen_in_any_sentence() {
        assert!(names_a_date("自10月1日起") && names_a_date("十月一日"));
        assert!(!names_a_date("十月") && !names_a_date("3号文") && !names_a_date(""));
    }
}
