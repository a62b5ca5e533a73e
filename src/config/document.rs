//! A TOML file that is read table by table, so that every fault is found and not
//! only the first, each with its line.

use std::{ops::Range, path::PathBuf};

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::Fault;

/// A parsed file whose tables are taken out one by one.
pub struct Document<'a> {
    file: PathBuf,
    text: &'a str,
    /// Tables that were not taken yet.
    rest: DeTable<'a>,
    /// The whole, for the lines of keys.
    whole: DeTable<'a>,
    faults: Vec<Fault>,
}

impl<'a> Document<'a> {
    /// Parses `text`; what is no TOML is a fault, and the rest goes on.
    pub fn parse(file: PathBuf, text: &'a str) -> Self {
        let (whole, errors) = DeTable::parse_recoverable(text);
        let whole = whole.into_inner();
        let mut document = Self { file, text, rest: whole.clone(), whole, faults: Vec::new() };
        for error in errors {
            document.add_error("", &error, "correct the line; the file must be TOML");
        }
        document
    }

    /// Takes the table `name` out as a `T`; a missing table is an empty one.
    ///
    /// What does not fit is a fault and left out, so that one mistake does not
    /// hide the next. `None`: not even the rest makes a `T`.
    pub fn table<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let empty = || Spanned::new(NOWHERE, DeValue::Table(DeTable::new()));
        let value = self.rest.remove(name).unwrap_or_else(empty);
        self.make(value, name, &DeTable::new())
    }

    /// Takes everything out as a `T` in which no key may be missing. What does not
    /// fit is a fault, and `shipped` stands in for it to find the next.
    pub fn whole<T: DeserializeOwned>(&mut self, shipped: &'a str) -> Option<T> {
        let (shipped, _) = DeTable::parse_recoverable(shipped);
        let everything = std::mem::take(&mut self.rest);
        self.make(Spanned::new(NOWHERE, DeValue::Table(everything)), "", shipped.get_ref())
    }

    fn make<T: DeserializeOwned>(
        &mut self,
        mut value: Spanned<DeValue<'a>>,
        name: &str,
        shipped: &DeTable<'a>,
    ) -> Option<T> {
        loop {
            let error = match T::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(made) => return Some(made),
                Err(error) => error,
            };
            let path = path_of(&value, &error);
            let remedy = match error.message() {
                message if message.starts_with("unknown field") => "correct the name, or remove the key",
                message if message.starts_with("missing field") => "add the key",
                _ => "correct the value",
            };
            let names = [name].into_iter().chain(path.iter().map(String::as_str));
            let key: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
            self.add_error(&key.join("."), &error, remedy);
            mend(&mut value, &path, shipped)?;
        }
    }

    /// Takes every text out that stands at the path, in which `*` is any name;
    /// returns their keys.
    pub fn take_texts(&mut self, path: &str) -> Vec<String> {
        let parts: Vec<&str> = path.split('.').collect();
        let mut taken = Vec::new();
        take_texts(&mut self.rest, &parts, "", &mut taken);
        taken
    }

    /// Adds a fault of the key `table.key` with its line, unless one of it, or of
    /// something in it, is known: what follows from a fault is not told again.
    pub fn add(&mut self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let is_in = |known: &str| known.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if self.faults.iter().any(|fault| !key.is_empty() && is_in(&fault.key)) {
            return;
        }
        let line = self.line(key);
        let (what, remedy) = (what.into(), remedy.into());
        self.faults.push(Fault { file: self.file.clone(), line, key: key.to_owned(), what, remedy });
    }

    /// Everything that was found; a table that nobody took is a fault too.
    pub fn finish(mut self) -> Vec<Fault> {
        let left: Vec<String> = self.rest.keys().map(|key| key.get_ref().to_string()).collect();
        for name in left {
            self.add(&name, "there is no such table", "correct the name, or remove it");
        }
        self.faults.sort_by_key(|fault| fault.line);
        self.faults
    }

    /// The line on which a key, or else its table, stands.
    fn line(&self, key: &str) -> Option<usize> {
        let (mut table, mut found) = (&self.whole, None);
        for part in key.split('.') {
            let Some((name, value)) = table.get_key_value(part) else { break };
            found = Some(name.span().start);
            let DeValue::Table(inner) = value.get_ref() else { break };
            table = inner;
        }
        found.map(|at| self.line_at(at))
    }

    fn line_at(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }

    fn add_error(&mut self, key: &str, error: &toml::de::Error, remedy: &str) {
        let line = error.span().filter(|span| *span != NOWHERE).map(|span| self.line_at(span.start));
        let line = line.or_else(|| self.line(key));
        let what = error.message().replace('\n', ", ");
        self.faults.push(Fault { file: self.file.clone(), line, key: key.to_owned(), what, remedy: remedy.to_owned() });
    }
}

fn take_texts(table: &mut DeTable<'_>, path: &[&str], above: &str, taken: &mut Vec<String>) {
    let Some((part, below)) = path.split_first() else { return };
    let names: Vec<String> = table.keys().map(|key| key.get_ref().to_string()).collect();
    for name in names.iter().filter(|name| *part == "*" || part == name) {
        match table.get_mut(name.as_str()).map(Spanned::get_mut) {
            Some(DeValue::Table(inner)) => take_texts(inner, below, &format!("{above}{name}."), taken),
            Some(DeValue::String(_)) if below.is_empty() => {
                table.remove(name.as_str());
                taken.push(format!("{above}{name}"));
            }
            _ => {}
        }
    }
}

/// Where a table stands that is not in the text.
const NOWHERE: Range<usize> = 0..0;

/// The path to the entry at fault, be it there or missing; empty for the whole.
fn path_of(value: &Spanned<DeValue<'_>>, error: &toml::de::Error) -> Vec<String> {
    let mut path = Vec::new();
    let span = error.span().filter(|span| *span != NOWHERE);
    if let (Some(table), Some(span)) = (value.get_ref().as_table(), span) {
        find(table, &span, &mut path);
    }
    let missing = error.message().strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    path.extend(missing.map(str::to_owned));
    path
}

/// Puts what is shipped in the place of an entry, or removes it; `None` if there
/// is neither such an entry nor anything for it.
fn mend<'a>(value: &mut Spanned<DeValue<'a>>, path: &[String], shipped: &DeTable<'a>) -> Option<()> {
    let (last, above) = path.split_last()?;
    let DeValue::Table(top) = value.get_mut() else { return None };
    let (mut table, mut stand_in) = (top, Some(shipped));
    for name in above {
        let DeValue::Table(inner) = table.get_mut(name.as_str())?.get_mut() else { return None };
        table = inner;
        stand_in = stand_in.and_then(|shipped| shipped.get(name.as_str())?.get_ref().as_table());
    }
    match stand_in.and_then(|shipped| shipped.get(last.as_str())) {
        Some(value) => drop(table.insert(Spanned::new(NOWHERE, last.clone().into()), value.clone())),
        None => drop(table.remove(last.as_str())?),
    }
    Some(())
}

/// Finds the innermost entry in whose key or value the span lies.
fn find(table: &DeTable<'_>, span: &Range<usize>, path: &mut Vec<String>) -> bool {
    let holds = |outer: Range<usize>| outer.start <= span.start && span.end <= outer.end;
    for (key, value) in table.iter() {
        path.push(key.get_ref().to_string());
        let within = || value.get_ref().as_table();
        if holds(key.span()) || within().is_some_and(|inner| find(inner, span, path)) || holds(value.span()) {
            return true;
        }
        path.pop();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Email {
        host: String,
        port: u16,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Needed {
        #[expect(dead_code, reason = "only its absence is tested")]
        host: String,
    }

    fn told(text: &str) -> (Option<Email>, Vec<String>) {
        let mut document = Document::parse("a.toml".into(), text);
        let email = document.table("email");
        (email, document.finish().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn table_finds_every_fault_and_keeps_the_rest() {
        let (email, faults) = told("[email]\nhosst = \"a\"\nhost = \"b\"\nport = 99999\n\n[emial]\n");
        assert_eq!(email, Some(Email { host: "b".to_owned(), port: 0 }));
        assert_eq!(faults.len(), 3, "{faults:#?}");
        assert!(faults[0].starts_with("a.toml:2: email.hosst: unknown field `hosst`"), "{faults:#?}");
        assert!(faults[1].starts_with("a.toml:4: email.port: invalid value: integer `99999`"), "{faults:#?}");
        assert_eq!(faults[2], "a.toml:6: emial: there is no such table; correct the name, or remove it");
    }

    #[test]
    fn table_of_a_missing_table_is_an_empty_one() {
        assert_eq!(told(""), (Some(Email::default()), vec![]));
    }

    #[test]
    fn table_names_a_missing_key_on_the_line_of_its_table() {
        let mut document = Document::parse("a.toml".into(), "\n[email]\n");
        assert!(document.table::<Needed>("email").is_none());
        assert_eq!(document.finish()[0].to_string(), "a.toml:2: email.host: missing field `host`; add the key");
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Limits {
        name: String,
        days: Days,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Days {
        urgent: u8,
        complex: u8,
    }

    #[test]
    fn whole_finds_every_fault_at_any_depth() {
        let shipped = "name = \"a\"\n[days]\nurgent = 1\ncomplex = 3\n";
        let mut document =
            Document::parse("a.toml".into(), "name = 1\nnam = 2\n[days]\nurgnt = 1\ncomplex = 300\n[day]\n");
        let limits: Option<Limits> = document.whole(shipped);
        assert_eq!(limits, Some(Limits { name: "a".to_owned(), days: Days { urgent: 1, complex: 3 } }));
        let faults: Vec<String> = document.finish().iter().map(ToString::to_string).collect();
        let starts = [
            "a.toml:1: name: ",
            "a.toml:2: nam: ",
            "a.toml:3: days.urgent: missing",
            "a.toml:4: days.urgnt: ",
            "a.toml:5: days.complex: ",
            "a.toml:6: day: ",
        ];
        assert_eq!(faults.len(), starts.len(), "{faults:#?}");
        for (fault, start) in faults.iter().zip(starts) {
            assert!(fault.starts_with(start), "{fault} {start}");
        }
    }

    #[test]
    fn parse_names_the_lines_that_are_no_toml() {
        let (_, faults) = told("[email]\nhost = \nport = 25\nport = 26\n");
        assert!(faults.len() >= 2, "{faults:#?}");
        assert!(faults[0].starts_with("a.toml:2: "), "{faults:#?}");
        assert!(faults[1].starts_with("a.toml:4: "), "{faults:#?}");
    }

    #[test]
    fn add_names_the_line_of_a_key_or_of_its_table() {
        let mut document = Document::parse("a.toml".into(), "[email]\n\nhost = \"a\"\n[sms.headers]\na = 1\n");
        document.add("email.host", "x", "y");
        document.add("email.port", "x", "y");
        document.add("sms.headers.a", "x", "y");
        let lines: Vec<_> = document.faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [Some(3), Some(1), Some(5)]);
    }
}
