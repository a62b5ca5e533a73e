//! The words by which a store says what it means.
//!
//! Words are data: the embedded list is `config/columns/default.words.toml`, and
//! a column map adds its own. They are compared folded ([`text::fold`]), so only
//! different words are listed, not different spellings.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    AuditResult, ContactResult, Difficulty, Origin, ReturnBar, ReturnPaper, ReturnResult, Satisfaction, Status,
    Supervision, Urgency, text,
    value::{Answer, Attempted},
};

/// The embedded list.
const EMBEDDED: &str = include_str!("../../config/columns/default.words.toml");

/// What a store's words mean. It is read from the table `[words]` of a column
/// map, whose words are added to the embedded ones and win over them.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "WordLists")]
pub struct Words {
    null: Table<()>,
    null_prefixes: Vec<String>,
    answers: Table<Answer>,
    secret_phone: Vec<String>,
    origins: Table<Origin>,
    urgencies: Table<Urgency>,
    difficulties: Table<Difficulty>,
    statuses: Table<Status>,
    attempts: Table<Attempted>,
    return_results: Table<ReturnResult>,
    return_papers: Inside<ReturnPaper>,
    return_bars: Inside<ReturnBar>,
    supervisions: Inside<Supervision>,
    audit_results: Table<AuditResult>,
    satisfactions: Table<Satisfaction>,
    towns: BTreeMap<String, String>,
}

/// What is wrong with a list of words.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// One word was given two meanings.
    #[error("[words] gives `{word}` two meanings, in {place}; leave it under one of them")]
    Twice {
        /// The word, folded.
        word: String,
        /// The table in which it stands twice.
        place: &'static str,
    },
    /// A word that would be found in every text.
    #[error("[words] has an empty word in {place}; remove it")]
    Empty {
        /// The list with the empty word.
        place: &'static str,
    },
    /// More words than any platform has.
    #[error("[words] has too many words in {place}; at most 32767 fit")]
    TooMany {
        /// The list that is too long.
        place: &'static str,
    },
    /// The text is no list of words.
    #[error("the words cannot be read")]
    Toml(#[from] toml::de::Error),
}

impl Words {
    /// The words that `duban` knows by itself.
    pub fn embedded() -> Self {
        // A test reads the embedded file, so a build that ships cannot fail here.
        Self::from_toml(EMBEDDED).expect("the embedded words are tested")
    }

    /// Reads a file with nothing but a table `[words]`, without the embedded words.
    ///
    /// # Errors
    ///
    /// When the text is not TOML of that form, or gives a word two meanings.
    pub fn from_toml(toml: &str) -> Result<Self, WordsError> {
        let file: WordFile = toml::from_str(toml)?;
        let mut words = Self::none();
        words.add(file.words)?;
        Ok(words)
    }

    /// Whether a folded cell holds nothing.
    pub fn is_null(&self, folded: &str) -> bool {
        let Some(first) = folded.bytes().next() else {
            return true;
        };
        self.null.get(folded).is_some() || self.is_null_date_from(first, folded)
    }

    /// Whether a date as written stands for nothing.
    pub fn is_null_date(&self, written: &str) -> bool {
        written.bytes().next().is_some_and(|first| self.is_null_date_from(first, written))
    }

    fn is_null_date_from(&self, first: u8, text: &str) -> bool {
        let mut prefixes = self.null_prefixes.iter();
        prefixes.any(|prefix| prefix.as_bytes()[0] == first && text.starts_with(prefix.as_str()))
    }

    /// 来源.
    pub fn origin(&self, folded: &str) -> Option<Origin> {
        self.origins.get(folded).or_else(|| folded.contains("12319").then_some(Origin::Hotline12319))
    }

    /// 紧急程度.
    pub fn urgency(&self, folded: &str) -> Option<Urgency> {
        self.urgencies.get(folded)
    }

    /// 难易/办理类别.
    pub fn difficulty(&self, folded: &str) -> Option<Difficulty> {
        self.difficulties.get(folded)
    }

    /// 状态.
    pub fn status(&self, folded: &str) -> Option<Status> {
        self.statuses.get(folded)
    }

    /// 是 or 否.
    pub fn answer(&self, folded: &str) -> Option<Answer> {
        self.answers.get(folded)
    }

    /// 退单结果.
    pub fn return_result(&self, folded: &str) -> Option<ReturnResult> {
        self.return_results.get(folded)
    }

    /// Whether a folded 退单材料 lists a paper.
    pub fn has_paper(&self, folded: &str, paper: ReturnPaper) -> bool {
        self.return_papers.0.iter().any(|(word, meant)| *meant == paper && folded.contains(&**word))
    }

    /// 退单限制, by the longest word in it.
    pub fn return_bar(&self, folded: &str) -> Option<ReturnBar> {
        self.return_bars.longest(folded)
    }

    /// 是否督办, by the longest word in it.
    pub fn supervision(&self, folded: &str) -> Option<Supervision> {
        self.supervisions.longest(folded)
    }

    /// 审核结果.
    pub fn audit_result(&self, folded: &str) -> Option<AuditResult> {
        self.audit_results.get(folded)
    }

    /// 综合满意度.
    pub fn satisfaction(&self, folded: &str) -> Option<Satisfaction> {
        self.satisfactions.get(folded)
    }

    /// What an entry of the contact log tells: its exact word, else the longest
    /// word of a failure in it.
    pub fn attempted(&self, folded: &str) -> Option<Attempted> {
        self.attempts.get(folded).or_else(|| {
            let failures = self.attempts.meanings.iter().filter(|(_, attempted)| *attempted != Attempted::Reached);
            failures
                .filter(|(word, _)| folded.contains(&**word))
                .max_by_key(|(word, _)| word.len())
                .map(|(_, attempted)| *attempted)
        })
    }

    /// The town's name, from its name or the platform's code; a code that the
    /// list does not know is no name.
    pub fn town<'a>(&'a self, folded: &'a str) -> Option<&'a str> {
        match self.towns.get(folded) {
            Some(name) => Some(name),
            None if folded.bytes().all(|byte| byte.is_ascii_digit()) => None,
            None => Some(folded),
        }
    }

    /// Whether a text about a number says that it is kept back.
    pub fn keeps_number_back(&self, folded: &str) -> bool {
        self.secret_phone.iter().any(|word| folded.contains(word.as_str()))
    }

    fn none() -> Self {
        Self {
            null: Table::default(),
            null_prefixes: Vec::new(),
            answers: Table::default(),
            secret_phone: Vec::new(),
            origins: Table::default(),
            urgencies: Table::default(),
            difficulties: Table::default(),
            statuses: Table::default(),
            attempts: Table::default(),
            return_results: Table::default(),
            return_papers: Inside::default(),
            return_bars: Inside::default(),
            supervisions: Inside::default(),
            audit_results: Table::default(),
            satisfactions: Table::default(),
            towns: BTreeMap::new(),
        }
    }

    /// Adds the words of one file; they win over those that are there.
    fn add(&mut self, lists: WordLists) -> Result<(), WordsError> {
        self.null.add([((), lists.null)], "null")?;
        self.null_prefixes.extend(folded_words(lists.null_prefixes, "null_prefixes")?);
        self.answers.add([(Answer::Yes, lists.yes), (Answer::No, lists.no)], "yes and no")?;
        self.secret_phone.extend(folded_words(lists.secret_phone, "secret_phone")?);
        self.origins.add(lists.origin, "origin")?;
        self.urgencies.add(lists.urgency, "urgency")?;
        self.difficulties.add(lists.difficulty, "difficulty")?;
        self.statuses.add(lists.status, "status")?;
        let failures = lists.contact.into_iter().map(|(result, words)| (Attempted::Failed(result), words));
        self.attempts.add(failures.chain([(Attempted::Reached, lists.reached)]), "contact and reached")?;
        self.return_results.add(lists.return_result, "return_result")?;
        self.return_papers.add(lists.return_paper, "return_paper")?;
        self.return_bars.add(lists.return_bar, "return_bar")?;
        self.supervisions.add(lists.supervision, "supervision")?;
        self.audit_results.add(lists.audit_result, "audit_result")?;
        self.satisfactions.add(lists.satisfaction, "satisfaction")?;
        self.towns.extend(lists.towns.iter().map(|(code, name)| (text::fold(code).into(), text::squeeze(name).into())));
        Ok(())
    }
}

impl Default for Words {
    fn default() -> Self {
        Self::embedded()
    }
}

impl TryFrom<WordLists> for Words {
    type Error = WordsError;

    fn try_from(lists: WordLists) -> Result<Self, WordsError> {
        let mut words = Self::embedded();
        words.add(lists)?;
        Ok(words)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordFile {
    words: WordLists,
}

/// The words as a file gives them.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WordLists {
    null: Vec<String>,
    null_prefixes: Vec<String>,
    yes: Vec<String>,
    no: Vec<String>,
    secret_phone: Vec<String>,
    reached: Vec<String>,
    origin: BTreeMap<Origin, Vec<String>>,
    urgency: BTreeMap<Urgency, Vec<String>>,
    difficulty: BTreeMap<Difficulty, Vec<String>>,
    status: BTreeMap<Status, Vec<String>>,
    contact: BTreeMap<ContactResult, Vec<String>>,
    return_result: BTreeMap<ReturnResult, Vec<String>>,
    return_paper: BTreeMap<ReturnPaper, Vec<String>>,
    return_bar: BTreeMap<ReturnBar, Vec<String>>,
    supervision: BTreeMap<Supervision, Vec<String>>,
    audit_result: BTreeMap<AuditResult, Vec<String>>,
    satisfaction: BTreeMap<Satisfaction, Vec<String>>,
    towns: BTreeMap<String, String>,
}

/// Words that are looked for inside a text, where an empty one would always be
/// found.
fn folded_words(words: Vec<String>, place: &'static str) -> Result<Vec<String>, WordsError> {
    let folded: Vec<String> = words.iter().map(|word| text::fold(word).into_owned()).collect();
    if folded.iter().any(String::is_empty) { Err(WordsError::Empty { place }) } else { Ok(folded) }
}

/// Folded words that are looked for inside a text; few, and rarely asked for.
#[derive(Clone, Debug)]
struct Inside<T>(Vec<(Box<str>, T)>);

impl<T> Default for Inside<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + PartialEq> Inside<T> {
    fn longest(&self, folded: &str) -> Option<T> {
        let found = self.0.iter().filter(|(word, _)| folded.contains(&**word));
        found.max_by_key(|(word, _)| word.len()).map(|(_, meaning)| *meaning)
    }

    fn add(&mut self, lists: BTreeMap<T, Vec<String>>, place: &'static str) -> Result<(), WordsError> {
        for (meaning, words) in lists {
            for word in folded_words(words, place)? {
                self.0.retain(|(known, _)| **known != *word);
                self.0.push((word.into(), meaning));
            }
        }
        Ok(())
    }
}

/// Folded words and their meanings, found by hash: every cell of every row asks.
#[derive(Clone, Debug)]
struct Table<T> {
    meanings: Vec<(Box<str>, T)>,
    /// Places in `meanings`, plus one; zero is free. Its length is a power of two.
    slots: Vec<u16>,
    /// Bytes of the longest word: a longer text is not even looked for.
    longest: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { meanings: Vec::new(), slots: vec![0; 2], longest: 0 }
    }
}

impl<T: Copy + PartialEq> Table<T> {
    fn get(&self, folded: &str) -> Option<T> {
        if folded.len() > self.longest {
            return None;
        }
        let last = self.slots.len() - 1;
        let mut slot = hash(folded) & last;
        loop {
            // At least half of the slots are free, so the search ends.
            let (word, meaning) = self.meanings.get(usize::from(self.slots[slot]).checked_sub(1)?)?;
            if **word == *folded {
                return Some(*meaning);
            }
            slot = (slot + 1) & last;
        }
    }

    fn add(
        &mut self,
        meanings: impl IntoIterator<Item = (T, Vec<String>)>,
        place: &'static str,
    ) -> Result<(), WordsError> {
        let mut added: BTreeMap<Box<str>, T> = BTreeMap::new();
        for (meaning, words) in meanings {
            for word in words {
                let word: Box<str> = text::fold(&word).into();
                if added.insert(word.clone(), meaning).is_some_and(|before| before != meaning) {
                    return Err(WordsError::Twice { word: word.into(), place });
                }
            }
        }
        self.meanings.retain(|(word, _)| !added.contains_key(word));
        self.meanings.extend(added);
        if self.meanings.len() > usize::from(u16::MAX) / 2 {
            return Err(WordsError::TooMany { place });
        }
        self.fill();
        Ok(())
    }

    fn fill(&mut self) {
        self.slots = vec![0; (self.meanings.len() * 2 + 1).next_power_of_two()];
        self.longest = self.meanings.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
        let last = self.slots.len() - 1;
        for (place, (word, _)) in (1..).zip(&self.meanings) {
            let mut slot = hash(word) & last;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & last;
            }
            self.slots[slot] = place;
        }
    }
}

/// Spreads words by their length and their first and last eight bytes.
fn hash(word: &str) -> usize {
    let bytes = word.as_bytes();
    let (head, tail) = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
        _ => (0, bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))),
    };
    let mixed = (head ^ tail.rotate_left(32) ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_words_are_read() {
        let words = Words::embedded();
        assert_eq!(words.status("已结案"), Some(Status::Archived));
        assert_eq!(words.status("挂起"), None);
        assert_eq!(words.origin("68"), Some(Origin::Hotline12345));
        assert_eq!(words.origin("转自12319平台"), Some(Origin::Hotline12319));
        assert_eq!(words.origin("1"), None);
        assert_eq!(words.town("1806"), Some("赵巷镇"));
        assert_eq!(words.town("1899"), None);
        assert_eq!(words.answer("Y"), Some(Answer::Yes));
        assert!(words.is_null("") && words.is_null("NULL") && words.is_null("0000-00-0000:00:00"));
    }

    #[test]
    fn a_failure_is_found_inside_a_longer_entry() {
        let words = Words::embedded();
        let rows = [
            ("忙音", Some(Attempted::Failed(ContactResult::Busy))),
            ("电话无人接听", Some(Attempted::Failed(ContactResult::NoAnswer))),
            ("未接通", Some(Attempted::Failed(ContactResult::Unreachable))),
            ("已接通", Some(Attempted::Reached)),
            ("发了短信", None),
        ];
        for (entry, attempted) in rows {
            assert_eq!(words.attempted(entry), attempted, "{entry}");
        }
    }

    #[test]
    fn words_of_a_column_map_are_added_and_win() {
        let words: Words = toml::from_str(
            r#"
            null_prefixes = ["1970-01-01"]
            status.accepted = ["在 办"]
            status.received = ["延期中"]
            towns.1899 = "新镇"
            "#,
        )
        .unwrap();
        assert_eq!(words.status("在办"), Some(Status::Accepted));
        assert_eq!(words.status("延期中"), Some(Status::Received));
        assert_eq!(words.status("处理中"), Some(Status::Accepted));
        assert_eq!(words.town("1899"), Some("新镇"));
        assert!(words.is_null_date("1970-01-01 08:00:00") && words.is_null_date("0000-00-00"));
    }

    #[test]
    fn a_word_with_two_meanings_is_refused_by_name() {
        let fault = toml::from_str::<Words>("status.accepted = [\"在办\"]\nstatus.void = [\"在 办\"]").unwrap_err();
        assert!(fault.to_string().contains("`在办`") && fault.to_string().contains("status"), "{fault}");
    }

    #[test]
    fn an_unknown_key_or_meaning_is_refused() {
        assert!(toml::from_str::<Words>("stauts.accepted = [\"在办\"]").is_err());
        assert!(toml::from_str::<Words>("status.running = [\"在办\"]").is_err());
        assert!(toml::from_str::<Words>("secret_phone = [\" \"]").is_err());
    }
}
