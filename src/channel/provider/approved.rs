//! Texts that a provider approved beforehand, and how their variables are filled.
//!
//! A variable may hold only so many characters. One that is made of names alone (a
//! unit, a town, a category) is shortened to its first characters and 略; anything
//! else (a date, a number, a list of tickets) is never cut, for half of it would be
//! wrong: then the text does not fit, and the check at load says so.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    channel::{ChannelError, Warning},
    message::{Form, form},
    notice::Kind,
};

/// `templates.NAME` of a channel.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Approved {
    /// The provider's id of the text.
    pub id: Option<String>,
    /// Another text of this channel is used in its place.
    pub like: Option<String>,
    /// Its variables by name, for a provider that names them.
    pub params: BTreeMap<String, String>,
    /// Its variables in order, for a provider that numbers them.
    pub list: Vec<String>,
    /// Characters that a variable may hold, by its name or number, where the
    /// channel's own limit does not fit.
    pub chars: BTreeMap<String, usize>,
}

/// How a provider knows the variables of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variables {
    Named,
    Numbered,
}

/// What the settings of a channel say of its texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub texts: &'a BTreeMap<String, Approved>,
    /// The text of every notice to staff that has none.
    pub rest: Option<&'a str>,
    pub variables: Variables,
    /// Characters that a variable may hold.
    pub chars: usize,
}

impl Asked<'_> {
    /// A text with an id of its own; `None`: another stands in for it.
    fn text(&self, name: &str, approved: &Approved) -> Result<Option<Text>, String> {
        if !form::is_known(name) {
            let what = "no SMS has a text of this name; it is a notice's name, one of those with .many, digest, \
                        gathered or first-start";
            return Err(what.to_owned());
        }
        match (&approved.id, &approved.like) {
            (Some(id), None) if id.trim().is_empty() => Err("id: the provider's id of the text is empty".to_owned()),
            (Some(id), None) => {
                let variables = approved.variables(self.variables, self.chars)?;
                Ok(Some(Text { id: id.clone(), variables }))
            }
            (None, Some(like)) if is_to_citizen(name) != is_to_citizen(like) => {
                Err(format!("like: `{like}` is not written for the same reader, a citizen or staff"))
            }
            (None, Some(like)) if self.texts.get(like).is_some_and(|other| other.id.is_some()) => Ok(None),
            (None, Some(like)) => Err(format!("like: `{like}` is no text of this channel with an id of its own")),
            (Some(_), Some(_)) | (None, None) => {
                Err("say one of id, the provider's id of the text, and like, the name of another text".to_owned())
            }
        }
    }
}

fn is_to_citizen(name: &str) -> bool {
    Kind::from_id(name).is_some_and(Kind::is_to_citizen)
}

/// The approved texts of a channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Book(BTreeMap<String, Text>);

/// An approved text.
#[derive(Clone, Debug)]
struct Text {
    id: String,
    variables: Vec<Variable>,
}

#[derive(Clone, Debug)]
struct Variable {
    name: String,
    pieces: Vec<Piece>,
    chars: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(String),
    /// A value, and what stands there if it is empty.
    Value {
        name: String,
        otherwise: String,
    },
}

/// A form as the provider takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filled {
    pub id: String,
    /// Variables by name or number, in order.
    pub values: Vec<(String, String)>,
    /// Variables that were shortened.
    pub shortened: Vec<String>,
}

/// Why a form cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    NoText,
    NoValue { variable: String, value: String },
    TooLong { variable: String, chars: usize, most: usize },
}

/// Values that are names, which stay what they are when their end is cut off.
const NAMES: [&str; 5] = ["unit", "town", "cat", "cat1", "topic"];
/// What a shortened value ends with. An ellipsis counts as a special symbol in the
/// eyes of some providers.
const CUT: char = '略';

impl Book {
    /// Reads the texts of a channel; what does not fit goes to `faults`.
    pub fn read(channel: &str, asked: &Asked<'_>, faults: &mut Vec<ChannelError>) -> Self {
        let mut fault = |field: String, why: String| faults.push(ChannelError::setting(channel, field, why));
        if asked.chars < 2 {
            fault("param_chars".to_owned(), "a variable of fewer than 2 characters holds nothing".to_owned());
        }
        let mut book = Self::default();
        for (name, approved) in asked.texts {
            match asked.text(name, approved) {
                Ok(Some(text)) => drop(book.0.insert(name.clone(), text)),
                Ok(None) => {}
                Err(why) => fault(format!("templates.{name}"), why),
            }
        }
        for (name, approved) in asked.texts {
            if let Some(text) = approved.like.as_ref().and_then(|like| book.0.get(like).cloned()) {
                book.0.entry(name.clone()).or_insert(text);
            }
        }
        let rest = asked.rest.and_then(|rest| book.0.get(rest).cloned());
        if let Some(name) = asked.rest.filter(|_| rest.is_none()) {
            fault("rest".to_owned(), format!("`{name}` is no text of this channel with an id of its own"));
        }
        let mut missing = Vec::new();
        for name in form::needed().filter(|name| !asked.texts.contains_key(name)) {
            match rest.clone().filter(|_| !is_to_citizen(&name)) {
                Some(text) => drop(book.0.insert(name, text)),
                None => missing.push(name),
            }
        }
        if !missing.is_empty() {
            let why = format!(
                "there is no approved text for {}; have one approved and write templates.NAME = {{ id = \"…\", … }}, let \
                 another stand in by templates.NAME = {{ like = \"digest\" }}, or one for all that are left to staff by \
                 rest = \"digest\"",
                missing.join(", ")
            );
            fault("templates".to_owned(), why);
        }
        book
    }

    /// A form filled.
    pub fn fill(&self, form: &Form) -> Result<Filled, Unfit> {
        let of_many = || form.name.ends_with(".many").then(|| self.0.get(form::DIGEST)).flatten();
        let text = self.0.get(&form.name).or_else(of_many).ok_or(Unfit::NoText)?;
        let mut filled = Filled { id: text.id.clone(), values: Vec::new(), shortened: Vec::new() };
        for variable in &text.variables {
            let value = variable.fill(&form.values)?;
            let chars = value.chars().count();
            let value = match chars <= variable.chars {
                true => value,
                false if variable.is_of_names() => {
                    filled.shortened.push(variable.name.clone());
                    value.chars().take(variable.chars.saturating_sub(1)).chain([CUT]).collect()
                }
                false => {
                    return Err(Unfit::TooLong { variable: variable.name.clone(), chars, most: variable.chars });
                }
            };
            filled.values.push((variable.name.clone(), value));
        }
        Ok(filled)
    }

    /// What would not fit with the widest values, and what would be shortened.
    pub fn try_out(&self, channel: &str, widest: &[Form]) -> (Vec<ChannelError>, Vec<Warning>) {
        let (mut faults, mut warnings) = (BTreeMap::new(), BTreeMap::new());
        for form in widest {
            let field = format!("templates.{}", form.name);
            match self.fill(form) {
                // That there is none is told when the settings are read.
                Err(Unfit::NoText) => {}
                Err(unfit) => drop(faults.insert(field, unfit.to_string())),
                Ok(filled) if filled.shortened.is_empty() => {}
                Ok(filled) => {
                    let cut: Vec<String> = filled
                        .values
                        .iter()
                        .filter(|(name, _)| filled.shortened.contains(name))
                        .map(|(name, value)| format!("{name} = {value}"))
                        .collect();
                    warnings.insert(field, format!("the longest names are shortened: {}", cut.join(", ")));
                }
            }
        }
        let faults = faults.into_iter().map(|(field, why)| ChannelError::setting(channel, field, why));
        let warn = |(field, what)| Warning { channel: channel.to_owned(), field, what };
        (faults.collect(), warnings.into_iter().map(warn).collect())
    }

    /// The names of the texts that staff get and that do not show the marks.
    pub fn unmarked(&self) -> impl Iterator<Item = &str> {
        let shows = |text: &Text| {
            let mut pieces = text.variables.iter().flat_map(|variable| &variable.pieces);
            pieces.any(|piece| matches!(piece, Piece::Value { name, .. } if name == "marks"))
        };
        self.0.iter().filter(move |(name, text)| !is_to_citizen(name) && !shows(text)).map(|(name, _)| name.as_str())
    }
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoText => f.write_str("no approved text of this name"),
            Self::NoValue { variable, value } => write!(f, "variable {variable}: there is no value `{value}` in it"),
            Self::TooLong { variable, chars, most } => write!(
                f,
                "variable {variable} has {chars} characters and may have {most}, and what it holds must not be cut; \
                 split it, or raise the limit in chars or param_chars if the provider allows more"
            ),
        }
    }
}

impl Approved {
    fn variables(&self, variables: Variables, chars: usize) -> Result<Vec<Variable>, String> {
        let texts: Vec<(String, &String)> = match variables {
            Variables::Named if !self.list.is_empty() => {
                return Err("list: this provider names its variables; write params = { name = \"{t4}\" }".to_owned());
            }
            Variables::Numbered if !self.params.is_empty() => {
                return Err("params: this provider numbers its variables; write list = [\"{t4}\"]".to_owned());
            }
            Variables::Named => self.params.iter().map(|(name, text)| (name.clone(), text)).collect(),
            Variables::Numbered => self.list.iter().enumerate().map(|(n, text)| ((n + 1).to_string(), text)).collect(),
        };
        if let Some(name) = self.chars.keys().find(|name| !texts.iter().any(|(known, _)| known == *name)) {
            return Err(format!("chars: there is no variable `{name}`"));
        }
        let read = |(name, text): (String, &String)| {
            let pieces = pieces(text).map_err(|why| format!("variable {name}: {why}"))?;
            let chars = self.chars.get(&name).copied().unwrap_or(chars);
            Ok(Variable { name, pieces, chars })
        };
        texts.into_iter().map(read).collect()
    }
}

impl Variable {
    fn fill(&self, values: &BTreeMap<String, String>) -> Result<String, Unfit> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Words(words) => out.push_str(words),
                Piece::Value { name, otherwise } => match values.get(name).map(|value| value.trim()) {
                    Some("") => out.push_str(otherwise),
                    Some(value) => out.push_str(value),
                    None => return Err(Unfit::NoValue { variable: self.name.clone(), value: name.clone() }),
                },
            }
        }
        Ok(out)
    }

    fn is_of_names(&self) -> bool {
        self.pieces.iter().all(|piece| match piece {
            Piece::Words(_) => true,
            Piece::Value { name, .. } => NAMES.contains(&name.as_str()),
        })
    }
}

/// `{t4}`, `{marks:按时}` and words between them.
fn pieces(text: &str) -> Result<Vec<Piece>, &'static str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let tail = rest[at..].strip_prefix('{').ok_or("a `}` closes nothing")?;
        let end = tail.find('}').ok_or("a `{` is never closed")?;
        if at > 0 {
            pieces.push(Piece::Words(rest[..at].to_owned()));
        }
        let (name, otherwise) = tail[..end].split_once(':').unwrap_or((&tail[..end], ""));
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err("between { and } stands the name of a value, such as {t4} or {marks:按时}");
        }
        pieces.push(Piece::Value { name: name.to_owned(), otherwise: otherwise.to_owned() });
        rest = &tail[end + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Words(rest.to_owned()));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(text: &str) -> (Book, Vec<String>) {
        let texts: BTreeMap<String, Approved> = toml::from_str(text).unwrap();
        let mut faults = Vec::new();
        let asked = Asked { texts: &texts, rest: None, variables: Variables::Named, chars: 20 };
        let book = Book::read("c", &asked, &mut faults);
        (book, faults.iter().map(ToString::to_string).collect())
    }

    fn form(name: &str, values: &[(&str, &str)]) -> Form {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Form { name: name.to_owned(), values }
    }

    #[test]
    fn a_name_of_38_characters_is_shortened_and_a_date_is_not() {
        let text = "due-soon = { id = \"S\", params = { u = \"{unit}\", d = \"{due_s}\" }, chars = { u = 35 } }\n\
                    due-today = { id = \"T\", params = { u = \"{unit}\" } }";
        let (book, _) = book(text);
        let unit = "水".repeat(38);
        let filled = book.fill(&form("due-soon", &[("unit", &unit), ("due_s", "12月31日24时")])).unwrap();
        assert_eq!(filled.values[1].1, format!("{}略", "水".repeat(34)));
        assert_eq!(filled.shortened, ["u"]);
        let filled = book.fill(&form("due-today", &[("unit", &unit)])).unwrap();
        assert_eq!(filled.values[0].1, format!("{}略", "水".repeat(19)));
        let unfit = book.fill(&form("due-soon", &[("unit", "甲"), ("due_s", &"1".repeat(21))])).unwrap_err();
        assert_eq!(unfit, Unfit::TooLong { variable: "d".to_owned(), chars: 21, most: 20 });
    }

    #[test]
    fn several_notices_use_the_digest_where_they_have_no_text_of_their_own() {
        let text = "digest = { id = \"D\", params = { n = \"{count}件{marks:按时}\" } }\n\
                    gathered = { like = \"digest\" }\n\"overdue-1.many\" = { id = \"O\" }";
        let (book, _) = book(text);
        let values = [("count", "3"), ("marks", "")];
        let filled = book.fill(&form("due-soon.many", &values)).unwrap();
        assert_eq!((filled.id.as_str(), filled.values[0].1.as_str()), ("D", "3件按时"));
        assert_eq!(book.fill(&form("gathered", &values)).unwrap().id, "D");
        assert_eq!(book.fill(&form("overdue-1.many", &values)).unwrap().id, "O");
        assert_eq!(book.fill(&form("due-soon", &values)), Err(Unfit::NoText));
        let value = Unfit::NoValue { variable: "n".to_owned(), value: "marks".to_owned() };
        assert_eq!(book.fill(&form("digest", &[("count", "3")])), Err(value));
    }

    #[test]
    fn the_rest_of_staff_has_one_text_and_a_citizen_has_none_of_it() {
        let texts: BTreeMap<String, Approved> = toml::from_str("digest = { id = \"D\" }").unwrap();
        let mut faults = Vec::new();
        let asked = Asked { texts: &texts, rest: Some("digest"), variables: Variables::Named, chars: 20 };
        let book = Book::read("c", &asked, &mut faults);
        assert_eq!(book.fill(&form("overdue-3", &[])).unwrap().id, "D");
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("for citizen-unreachable-sms, citizen-neutral-sms;"), "{told:?}");
        assert_eq!(book.fill(&form("citizen-neutral-sms", &[])), Err(Unfit::NoText));
        Book::read("c", &Asked { rest: Some("gathered"), ..asked }, &mut faults);
        assert!(faults.iter().any(|fault| fault.to_string().contains("rest: `gathered` is no text")));
    }

    #[test]
    fn what_cannot_be_an_approved_text_is_told_with_its_name() {
        let rows = [
            ("due-soon = { id = \"\" }", "templates.due-soon: id: the provider's id"),
            ("due-soon = {}", "templates.due-soon: say one of id"),
            ("due-soon = { id = \"a\", like = \"b\" }", "templates.due-soon: say one of id"),
            ("due-soon = { like = \"digest\" }", "templates.due-soon: like: `digest` is no text"),
            ("due-soon = { id = \"a\", list = [\"{t4}\"] }", "templates.due-soon: list: this provider names"),
            ("due-soon = { id = \"a\", params = { a = \"{t4\" } }", "templates.due-soon: variable a: a `{` is never"),
            ("due-soon = { id = \"a\", params = { a = \"{}\" } }", "templates.due-soon: variable a: between"),
            ("due-soon = { id = \"a\", chars = { b = 3 } }", "templates.due-soon: chars: there is no variable `b`"),
            ("due-sooon = { id = \"a\" }", "templates.due-sooon: no SMS has a text of this name"),
            (
                "citizen-neutral-sms = { like = \"digest\" }\ndigest = { id = \"d\" }",
                "like: `digest` is not written for",
            ),
            ("due-soon = { id = \"a\" }", "templates: there is no approved text for dispatch-reminder, "),
        ];
        for (text, expected) in rows {
            let (_, faults) = book(text);
            assert!(faults.iter().any(|fault| fault.contains(expected)), "{text}: {faults:#?}");
        }
    }
}
