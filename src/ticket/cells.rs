//! The cells of one row, read one by one.

use std::{borrow::Cow, sync::Arc};

use chrono::FixedOffset;

use super::{
    ContactAttempt, Difficulty, Field, Moment, Origin, Phone, RawRow, ReturnPaper, ReturnResult, Status, Supervision,
    SupervisionMarks, TicketNo, Urgency, Words,
    contact_log::{self, Span},
    dates::{self, Reading},
    number::NumberKey,
    phone::{self, NumberKind},
    text,
    value::{Answer, Attempted},
};

/// What separates the parts of a cell that holds a list.
const LIST: [char; 8] = ['、', ',', ';', '/', '|', '\n', '\r', '，'];

/// What begins a remark in a name.
const BRACKETS: [char; 6] = ['(', '（', '[', '【', '〔', '<'];

/// Characters of a category at most; notices show it.
const LONGEST_CATEGORY: usize = 16;

/// Characters of a town's name at most; notices show it.
const LONGEST_TOWN: usize = 8;

/// A row and what is needed to read it.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    pub(super) row: &'a RawRow,
    pub(super) words: &'a Words,
    pub(super) zone: FixedOffset,
}

impl<'a> Cells<'a> {
    /// The cell folded, to be looked for in a list of words; `None` without the
    /// column or with nothing in it.
    pub(super) fn word(&self, field: Field) -> Option<Cow<'a, str>> {
        self.row.get(field).filter(|cell| !cell.is_empty()).map(text::fold)
    }

    /// The cell folded; `None` for a word for nothing, too.
    pub(super) fn folded(&self, field: Field) -> Option<Cow<'a, str>> {
        self.word(field).filter(|folded| !self.words.is_null(folded))
    }

    /// A name: the cell without blanks.
    pub(super) fn name(&self, field: Field) -> Option<Cow<'a, str>> {
        let folded = self.folded(field)?;
        let cell = self.row.get(field)?;
        Some(if *folded == *cell { Cow::Borrowed(cell) } else { text::squeeze(cell) })
    }

    /// 街镇, by name.
    pub(super) fn town(&self) -> Option<Arc<str>> {
        let folded = self.folded(Field::Town)?;
        self.words.town(&folded).and_then(town_only).map(Arc::from)
    }

    /// 大类 or 小类: a word, not a sentence with a number in it.
    pub(super) fn category(&self, field: Field) -> Option<Arc<str>> {
        self.name(field).filter(|name| is_word(name, LONGEST_CATEGORY)).map(Arc::from)
    }

    /// A cell with several names.
    pub(super) fn names(&self, field: Field) -> Box<[Arc<str>]> {
        let Some(names) = self.name(field) else {
            return Box::default();
        };
        if !names.contains(LIST) && !names.contains(BRACKETS) {
            return Box::new([names.into()]);
        }
        // What stands in brackets is a remark, perhaps with somebody's number.
        let names = names.split(LIST).map(|name| name.split(BRACKETS).next().unwrap_or_default());
        names.filter(|name| !name.is_empty()).map(Arc::from).collect()
    }

    /// A cell with several numbers of tickets.
    pub(super) fn ticket_nos(&self, field: Field) -> Box<[TicketNo]> {
        if self.folded(field).is_none() {
            return Box::default();
        }
        let clean = self.row.get(field).map(text::clean).unwrap_or_default();
        clean.split(LIST).flat_map(str::split_whitespace).filter_map(TicketNo::read).collect()
    }

    /// What a cell says about a date.
    pub(super) fn reading(&self, field: Field) -> Reading {
        let cell = self.row.get(field).unwrap_or_default();
        if cell.is_empty() || self.words.is_null_date(cell) {
            return Reading::Empty;
        }
        match dates::read(cell, self.zone) {
            // 无 and the like are no dates, but not unreadable either.
            Reading::Unreadable | Reading::Impossible if self.folded(field).is_none() => Reading::Empty,
            reading => reading,
        }
    }

    /// The date in a cell.
    pub(super) fn moment(&self, field: Field) -> Option<Moment> {
        self.reading(field).moment()
    }

    pub(super) fn status(&self) -> Option<Status> {
        self.words.status(&self.word(Field::Status)?)
    }

    pub(super) fn origin(&self) -> Option<Origin> {
        self.words.origin(&self.folded(Field::Origin)?)
    }

    /// 紧急程度; some platforms keep both words of the class in one column.
    pub(super) fn urgency(&self) -> Option<Urgency> {
        let word = |field| self.words.urgency(&self.word(field)?);
        word(Field::Urgency).or_else(|| word(Field::Difficulty))
    }

    /// 难易/办理类别, in its own column or in that of 紧急程度.
    pub(super) fn difficulty(&self) -> Option<Difficulty> {
        let word = |field| self.words.difficulty(&self.word(field)?);
        word(Field::Difficulty).or_else(|| word(Field::Urgency))
    }

    /// Whether 业务类型 is 咨询.
    pub(super) fn is_inquiry(&self) -> bool {
        self.word(Field::BusinessType).is_some_and(|word| word == "咨询")
    }

    /// 是 or 否.
    pub(super) fn answer(&self, field: Field) -> Option<Answer> {
        self.words.answer(&self.word(field)?)
    }

    /// Whether a cell says yes in any way: a yes, a name, a date.
    pub(super) fn is_given(&self, field: Field) -> bool {
        self.folded(field).is_some_and(|word| self.words.answer(&word) != Some(Answer::No))
    }

    /// The papers of a return that are listed; 退单依据 has a column of its own.
    pub(super) fn return_papers(&self) -> Box<[ReturnPaper]> {
        let listed = self.folded(Field::ReturnMaterials);
        let basis = self.folded(Field::ReturnReason).map(|_| ReturnPaper::Basis);
        let in_list = |paper: &ReturnPaper| listed.as_deref().is_some_and(|list| self.words.has_paper(list, *paper));
        ReturnPaper::ALL.into_iter().filter(|paper| basis == Some(*paper) || in_list(paper)).collect()
    }

    /// What 是否延期 says of an application; a plain no says nothing of one.
    pub(super) fn extension_result(&self) -> Option<ReturnResult> {
        let word = self.folded(Field::Extended)?;
        match self.words.answer(&word) {
            Some(Answer::Yes) => Some(ReturnResult::Agreed),
            Some(Answer::No) => None,
            None => self.words.return_result(&word),
        }
    }

    /// The five columns about supervision.
    pub(super) fn supervision_marks(&self) -> SupervisionMarks {
        let plainly = self.answer(Field::Supervised) == Some(Answer::Yes);
        let leader_note = self.is_given(Field::LeaderNote);
        SupervisionMarks {
            // Beside a leader's note a plain yes says nothing more.
            cause: self.supervision().filter(|_| !(leader_note && plainly)),
            leader_note,
            due: self.moment(Field::SupervisionDue),
            answered: self.moment(Field::SupervisionAnswered),
            signed: self.is_given(Field::SupervisionSigned),
        }
    }

    /// 是否督办: a cause by its name, or a plain yes.
    fn supervision(&self) -> Option<Supervision> {
        let word = self.folded(Field::Supervised)?;
        match self.words.answer(&word) {
            Some(Answer::Yes) => Some(Supervision::Upstream),
            Some(Answer::No) => None,
            None => self.words.supervision(&word),
        }
    }

    /// Whether the citizen's data is to be masked: always, but for a clear no.
    pub(super) fn is_secret(&self) -> bool {
        match self.answer(Field::Secret) {
            Some(Answer::No) => false,
            Some(Answer::Yes) | None => true,
        }
    }

    /// Days of an extension: from 延期天数, else from 是否延期.
    pub(super) fn extension_days(&self) -> Option<u16> {
        let days = self.word(Field::ExtensionDays).and_then(|days| days_of(&days));
        days.or_else(|| days_of(self.word(Field::Extended)?.strip_prefix("延期")?))
    }

    /// The failed attempts of 联系记录; without any, the one that 未联系原因 names.
    pub(super) fn attempts(&self, dispatched: Option<Moment>, updated: Option<Moment>) -> Box<[ContactAttempt]> {
        let span = Span { zone: self.zone, dispatched, updated };
        let log = self.row.get(Field::ContactLog).filter(|log| !log.is_empty());
        let attempts = log.map(|log| contact_log::attempts(log, span, self.words)).unwrap_or_default();
        if !attempts.is_empty() {
            return attempts.into();
        }
        let reason = self.word(Field::NonContactReason).and_then(|reason| self.words.attempted(&reason));
        match reason {
            Some(Attempted::Failed(result)) => Box::new([ContactAttempt { at: None, result }]),
            Some(Attempted::Reached) | None => Box::default(),
        }
    }

    /// What 联系电话 allows.
    pub(super) fn phone(&self, key: &NumberKey) -> Phone {
        let Some(cell) = self.row.get(Field::ContactPhone) else {
            return Phone::Unknown;
        };
        if phone::is_mobile(cell) {
            return Phone::Mobile(key.hash(cell));
        }
        let numbers = phone::numbers(cell);
        let first = |kind| numbers.iter().find(|number| number.kind == kind);
        if let Some(mobile) = first(NumberKind::Mobile) {
            return Phone::Mobile(key.hash(mobile.digits.expose()));
        }
        if let Some(landline) = first(NumberKind::Landline) {
            return Phone::Landline(key.hash(landline.digits.expose()));
        }
        match self.folded(Field::ContactPhone) {
            None => Phone::Missing,
            Some(word) if self.words.keeps_number_back(&word) => Phone::Secret,
            Some(_) => Phone::Bad,
        }
    }

    /// Usable mobile numbers in 联系电话, each once.
    pub(super) fn mobiles(&self) -> Vec<String> {
        let mut mobiles: Vec<String> = Vec::new();
        for number in phone::numbers(self.row.get(Field::ContactPhone).unwrap_or_default()) {
            let digits = number.digits.expose();
            if number.kind == NumberKind::Mobile && !mobiles.contains(digits) {
                mobiles.push(digits.clone());
            }
        }
        mobiles
    }
}

/// The town of a cell that may go on with a street and a name, which nobody is told.
fn town_only(text: &str) -> Option<&str> {
    let ends = ["街道", "镇", "乡"];
    let end = ends.into_iter().filter_map(|end| text.find(end).map(|at| at + end.len())).min();
    let town = end.map_or(text, |end| &text[..end]);
    is_word(town, LONGEST_TOWN).then_some(town)
}

/// Whether a text is short and has no number in it.
fn is_word(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.bytes().any(|byte| byte.is_ascii_digit())
}

/// `15`, `15.0`, `15个工作日`, `15天`; nothing that is no whole number of days.
fn days_of(folded: &str) -> Option<u16> {
    let end = folded.find(|c: char| !c.is_ascii_digit()).unwrap_or(folded.len());
    let (number, rest) = folded.split_at(end);
    let rest = rest.strip_prefix(".0").unwrap_or(rest);
    let unit = ["", "个工作日", "工作日", "个自然日", "日", "天", "个日"].contains(&rest);
    number.parse().ok().filter(|days| unit && (1..=999).contains(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_town_with_a_street_behind_it_only_the_town_is_read() {
        let rows = [
            ("赵巷镇", Some("赵巷镇")),
            ("赵巷镇碧落路88弄7号某家", Some("赵巷镇")),
            ("澄湾街道清漪路21弄", Some("澄湾街道")),
            ("工业园区", Some("工业园区")),
            ("清漪路21弄", None),
            ("清漪路附近某某先生的家门口", None),
        ];
        for (text, town) in rows {
            assert_eq!(town_only(text), town, "{text}");
        }
    }

    #[test]
    fn days_are_a_whole_number_with_or_without_a_unit() {
        let rows = [
            ("15", Some(15)),
            ("15.0个工作日", Some(15)),
            ("15个工作日", Some(15)),
            ("20天", Some(20)),
            ("0", None),
            ("15.5", None),
            ("-15", None),
            ("15或30", None),
            ("", None),
            ("99999999", None),
        ];
        for (text, days) in rows {
            assert_eq!(days_of(text), days, "{text}");
        }
    }
}
