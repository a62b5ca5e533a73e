//! Which part of a text is the arrangement: its year, its clauses, its end.

use super::{
    ClauseFault, Faulty,
    festival::{Festival, joined},
    text::{sentences, without_ordinal},
    token::names_a_date,
};

/// The parts of an announcement.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) year: i32,
    /// The words before the first clause.
    pub(super) opening: &'a str,
    pub(super) sections: Vec<Section<'a>>,
}

/// What is said of one holiday.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) festivals: Vec<Festival>,
    /// The heading as written.
    pub(super) heading: &'a str,
    pub(super) sentences: Vec<&'a str>,
}

/// Words of a title or opening that make it a correction of an earlier notice.
const CORRECTIONS: [&str; 8] = ["调整", "延长", "更正", "变更", "更改", "推迟", "顺延", "补充"];
/// Words that end the opening.
const OPENED: [&str; 4] = ["如下调整", "通知如下", "调整如下", "安排如下"];
/// Beginnings of the sentences that follow the last clause.
const CLOSING: [&str; 6] = ["节假日期间", "放假期间", "假日期间", "各地区", "各单位", "各部门"];
/// Who signs.
const SIGNED: &str = "国务院办公厅";

/// Cuts plain text into its parts.
///
/// # Errors
///
/// When no year or no holiday is found, or a date stands where none is expected.
pub(super) fn parts(plain: &str) -> Result<Parts<'_>, Faulty> {
    let headings = headings(plain);
    let Some((first, ..)) = headings.first() else { return correction(plain) };
    let opening = opening(&plain[..*first]);
    let year = year(opening, &plain[*first..])?;
    let mut sections = Vec::new();
    for (at, (from, body, festivals)) in headings.iter().enumerate() {
        let to = headings.get(at + 1).map_or(plain.len(), |(next, ..)| *next);
        let heading = plain[*from..*body].trim_end_matches(':');
        let sentences = clauses(sentences(&plain[*body..to]))?;
        sections.push(Section { festivals: festivals.clone(), heading, sentences });
    }
    Ok(Parts { year, opening, sections })
}

/// Whether the opening says that an earlier notice is changed.
pub(super) fn corrects(opening: &str) -> bool {
    CORRECTIONS.iter().any(|word| opening.contains(word))
}

/// A correction names its festival in the title and has no headings.
fn correction(plain: &str) -> Result<Parts<'_>, Faulty> {
    let opening_end = OPENED.iter().filter_map(|word| plain.rfind(word).map(|at| at + word.len())).max();
    let (before, body) = plain.split_at(opening_end.unwrap_or(0));
    let opening = if before.is_empty() { opening(plain) } else { opening(before) };
    let year = year(opening, body)?;
    let named = named_years(opening).chain(named_years(body)).map(|(_, festivals)| festivals);
    let missing = || Faulty::new(start(opening), ClauseFault::Missing(joined(&Festival::ALL)));
    let festivals = named.into_iter().find(|festivals| !festivals.is_empty()).ok_or_else(missing)?;
    let sentences = clauses(sentences(body.trim_start_matches([':', ','])))?;
    // What is no clause of the arrangement, such as advice to schools, has no date.
    let is_clause = |sentence: &&str| names_a_date(sentence) || ["上班", "放假"].iter().any(|w| sentence.contains(w));
    let sentences = sentences.into_iter().filter(is_clause).collect();
    Ok(Parts { year, opening, sections: vec![Section { festivals, heading: "", sentences }] })
}

/// Where each clause begins, where its text begins, and its festivals.
fn headings(plain: &str) -> Vec<(usize, usize, Vec<Festival>)> {
    let ends = plain.char_indices().filter(|(_, c)| ['\n', '。', ';', ':', '.', '!'].contains(c));
    let starts = std::iter::once(0).chain(ends.map(|(at, end)| at + end.len_utf8()));
    let mut headings: Vec<(usize, usize, Vec<Festival>)> = Vec::new();
    for start in starts {
        // `1.元旦` begins at its ordinal, not behind it, and no heading follows another's colon.
        if headings.last().is_some_and(|(_, body, _)| start <= *body) {
            continue;
        }
        let (festivals, after) = Festival::joined_at(without_ordinal(&plain[start..]));
        if !festivals.is_empty()
            && let Some(body) = body(after)
        {
            headings.push((start, plain.len() - body.len(), festivals));
        }
    }
    headings
}

/// The text of a clause after its heading; `None` if there is no heading.
fn body(after: &str) -> Option<&str> {
    let rest =
        ["放假安排", "放假时间", "假期安排", "放假", "假期", "假"].iter().find_map(|word| after.strip_prefix(word));
    let colon = rest.unwrap_or(after).strip_prefix(':').or_else(|| after.strip_prefix(['。', '\n']));
    colon.or_else(|| after.starts_with(|c: char| c.is_ascii_digit()).then_some(after))
}

/// The opening from the title on; what a page shows above it is left out.
fn opening(before: &str) -> &str {
    let title = before.rfind("国务院办公厅关于").unwrap_or(0);
    &before[title..]
}

/// The sentences of a clause up to the closing words or the signature.
fn clauses(all: Vec<&str>) -> Result<Vec<&str>, Faulty> {
    let is_end = |sentence: &&str| sentence.starts_with(SIGNED) || is_closing(sentence);
    let end = all.iter().position(is_end).unwrap_or(all.len());
    let after = all[end..].iter().take_while(|sentence| !sentence.starts_with(SIGNED));
    let rules = |word: &&str| ["放假", "上班", "休息", "补班", "调休"].iter().any(|rule| word.contains(rule));
    match after.into_iter().find(|sentence| names_a_date(sentence) && rules(sentence)) {
        Some(sentence) => Err(Faulty::new(sentence, ClauseFault::Unreadable(start(sentence).to_owned()))),
        None => Ok(all[..end].iter().filter(|sentence| !is_advice(sentence)).copied().collect()),
    }
}

fn is_closing(sentence: &str) -> bool {
    let sentence = without_ordinal(sentence);
    CLOSING.iter().any(|closing| sentence.starts_with(closing))
}

/// `鼓励…在除夕(2月9日)休息` gives nobody a day off.
fn is_advice(sentence: &str) -> bool {
    sentence.starts_with("鼓励")
}

fn year(opening: &str, clauses: &str) -> Result<i32, Faulty> {
    let mut named: Vec<i32> = named_years(opening).map(|(year, _)| year).collect();
    if named.is_empty() {
        named.extend(dated_years(clauses).max());
    }
    named.dedup();
    match named.as_slice() {
        [] => Err(Faulty::new(start(clauses), ClauseFault::NoYear)),
        [year] if !(2008..=2100).contains(year) => Err(Faulty::new(start(opening), ClauseFault::YearNotCovered(*year))),
        [year] => Ok(*year),
        [year, other, ..] => Err(Faulty::new(start(opening), ClauseFault::TwoYears(*year, *other))),
    }
}

/// The years that stand before a festival or `节假日`, with the festivals.
fn named_years(text: &str) -> impl Iterator<Item = (i32, Vec<Festival>)> + '_ {
    years(text).filter_map(|(year, after)| {
        let (festivals, _) = Festival::joined_at(after);
        let named = ["部分节假日", "节假日", "放假", "休假", "假期"].iter().any(|word| after.starts_with(word));
        (named || !festivals.is_empty()).then_some((year, festivals))
    })
}

/// The years that stand before a month, up to the signature.
fn dated_years(text: &str) -> impl Iterator<Item = i32> + '_ {
    let text = text.split(SIGNED).next().unwrap_or_default();
    let month = |after: &str| after.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('月');
    years(text).filter(move |(_, after)| month(after)).map(|(year, _)| year)
}

/// Every number of four digits before `年`, and what follows it.
fn years(text: &str) -> impl Iterator<Item = (i32, &str)> + '_ {
    text.match_indices('年').filter_map(move |(at, sign)| {
        let digits = text[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        let year = text[at - digits..at].parse().ok().filter(|_| digits == 4)?;
        Some((year, &text[at + sign.len()..]))
    })
}

/// The beginning of a text, to name it by.
pub(super) fn start(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.char_indices().nth(60).map_or(line, |(at, _)| &line[..at])
}
