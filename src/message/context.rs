//! What a template is given.

use std::collections::BTreeMap;

use minijinja::Value;

use crate::notice::{Fact, Facts, Kind};

use super::{Wording, form::kinds};

/// A notice to be put into words, as this message sends it.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The facts of the notice.
    pub facts: &'a Facts,
    /// It leaves noticeably after it was due.
    pub late: bool,
    /// It was sent before with an unknown outcome.
    pub repeat: bool,
}

/// The names that a template may use: `items`, `count`, `name`, `marks`, `late`,
/// `repeat`, `provisional`, `public_phone`, and for one notice its facts.
pub struct Context {
    value: Value,
    marks: String,
    tails: Vec<String>,
    numbers: Vec<String>,
    plain: BTreeMap<String, String>,
}

impl Context {
    /// The context of one message.
    pub fn of(wording: &Wording, rows: &[(Kind, Item<'_>)]) -> Self {
        let to_citizen = rows.iter().any(|(kind, _)| kind.is_to_citizen());
        let all = Marks::union(rows.iter().map(|(_, item)| Marks::of(item)));
        let mut names = match rows {
            // Whoever holds the phone may read it: no fact can reach the text.
            [(_, item)] if !to_citizen => values(item.facts),
            _ => BTreeMap::new(),
        };
        all.add_to(&mut names);
        let name = rows.first().map_or("", |(kind, _)| kind.chinese());
        names.insert("name".to_owned(), name.into());
        names.insert("count".to_owned(), rows.len().into());
        names.insert("public_phone".to_owned(), wording.public_phone.as_str().into());
        if !to_citizen {
            names.insert("items".to_owned(), rows.iter().map(item_value).collect());
        }
        let plain = plain(rows, wording, all);
        let texts = |name: &str| rows.iter().filter_map(|(_, item)| fact_text(item.facts, name)).collect();
        Self {
            value: names.into_iter().collect(),
            marks: if to_citizen { String::new() } else { all.text() },
            tails: texts("t4"),
            numbers: texts("no"),
            plain,
        }
    }

    /// The names and values.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The scalars among them as texts.
    pub fn plain(&self) -> &BTreeMap<String, String> {
        &self.plain
    }

    /// `(迟发)`, `(迟发/重发)`, or nothing.
    pub fn marks(&self) -> &str {
        &self.marks
    }

    /// `工单尾号4821、4822,`, or nothing.
    pub fn tails(&self) -> String {
        listed("工单尾号", &self.tails, FEW)
    }

    /// `工单20260615000123、20260615000124,`, or nothing.
    pub fn numbers(&self) -> String {
        listed("工单", &self.numbers, usize::MAX)
    }
}

fn listed(label: &str, texts: &[String], limit: usize) -> String {
    if texts.is_empty() {
        return String::new();
    }
    let more = if texts.len() > limit { format!("等{}件", texts.len()) } else { String::new() };
    format!("{label}{}{more},", texts[..texts.len().min(limit)].join("、"))
}

/// What a form is filled with: facts as texts and what any message has.
fn plain(rows: &[(Kind, Item<'_>)], wording: &Wording, marks: Marks) -> BTreeMap<String, String> {
    let to_citizen = rows.iter().any(|(kind, _)| kind.is_to_citizen());
    let mut plain = BTreeMap::new();
    if let ([(_, item)], false) = (rows, to_citizen) {
        let texts = item.facts.iter().filter_map(|(name, fact)| Some((name.clone(), fact_plain(fact)?)));
        plain.extend(texts);
    }
    let mut add = |name: &str, text: String| plain.insert(name.to_owned(), text);
    add("name", rows.first().map_or("", |(kind, _)| kind.chinese()).to_owned());
    add("count", rows.len().to_string());
    add("public_phone", wording.public_phone.clone());
    if !to_citizen {
        let tails: Vec<String> = rows.iter().filter_map(|(_, item)| fact_text(item.facts, "t4")).collect();
        let more = if tails.len() > FEW { "等" } else { "" };
        add("tails", format!("{}{more}", tails[..tails.len().min(FEW)].join("、")));
        add("kinds", kinds(rows));
        add("marks", marks.text());
    }
    plain
}

/// So many tickets are named in an SMS.
const FEW: usize = 4;

fn fact_plain(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Flag(_) => None,
        Fact::Number(number) => Some(number.to_string()),
        Fact::Text(text) => Some(one_line(text)),
        Fact::List(items) => Some(items.iter().map(|item| one_line(item)).collect::<Vec<_>>().join("、")),
    }
}

/// What is told at the front of a text.
#[derive(Clone, Copy, Default)]
struct Marks {
    late: bool,
    repeat: bool,
    provisional: bool,
}

impl Marks {
    fn of(item: &Item<'_>) -> Self {
        let flag = |name: &str| matches!(item.facts.get(name), Some(Fact::Flag(true)));
        Self { late: item.late || flag("late"), repeat: item.repeat, provisional: flag("provisional") }
    }

    fn union(all: impl Iterator<Item = Marks>) -> Self {
        all.fold(Self::default(), |a, b| Self {
            late: a.late || b.late,
            repeat: a.repeat || b.repeat,
            provisional: a.provisional || b.provisional,
        })
    }

    fn text(self) -> String {
        let words = [(self.late, "迟发"), (self.repeat, "重发"), (self.provisional, "暂定")];
        let words: Vec<&str> = words.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect();
        if words.is_empty() { String::new() } else { format!("({})", words.join("/")) }
    }

    fn add_to(self, names: &mut BTreeMap<String, Value>) {
        names.insert("marks".to_owned(), self.text().into());
        names.insert("late".to_owned(), self.late.into());
        names.insert("repeat".to_owned(), self.repeat.into());
        names.insert("provisional".to_owned(), self.provisional.into());
    }
}

/// One of `items`: its facts, its own marks, and the name of its kind.
fn item_value((kind, item): &(Kind, Item<'_>)) -> Value {
    let mut names = values(item.facts);
    Marks::of(item).add_to(&mut names);
    names.insert("name".to_owned(), kind.chinese().into());
    names.into_iter().collect()
}

fn values(facts: &Facts) -> BTreeMap<String, Value> {
    facts.iter().map(|(name, fact)| (name.clone(), value(fact))).collect()
}

fn value(fact: &Fact) -> Value {
    match fact {
        Fact::Flag(flag) => (*flag).into(),
        Fact::Number(number) => (*number).into(),
        Fact::Text(text) => one_line(text).into(),
        Fact::List(items) => items.iter().map(|item| Value::from(one_line(item))).collect(),
    }
}

fn fact_text(facts: &Facts, name: &str) -> Option<String> {
    match facts.get(name) {
        Some(Fact::Text(text)) => Some(one_line(text)),
        Some(Fact::Flag(_) | Fact::Number(_) | Fact::List(_)) | None => None,
    }
}

/// A line break in a value could end a mail's subject, so none gets through.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
