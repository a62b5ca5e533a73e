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
        let empty = || Spanned::new(0..0, DeValue::Table(DeTable::new()));
        let mut value = self.rest.remove(name).unwrap_or_else(empty);
        loop {
            let error = match T::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(taken) => return Some(taken),
                Err(error) => error,
            };
            let key = take_entry(&mut value, error.span());
            let remedy = match error.message() {
                message if message.starts_with("unknown field") => "correct the name, or remove the key",
                message if message.starts_with("missing field") => "add the key",
                _ => "correct the value",
            };
            match key {
                Some(key) => self.add_error(&format!("{name}.{key}"), &error, remedy),
                None => {
                    self.add_error(name, &error, remedy);
                    return None;
                }
            }
        }
    }

    /// Adds a fault of the key `table.key` with its line.
    pub fn add(&mut self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
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
        let line = error.span().filter(|span| *span != (0..0)).map(|span| self.line_at(span.start));
        let line = line.or_else(|| self.line(key));
        let what = error.message().replace('\n', ", ");
        self.faults.push(Fault { file: self.file.clone(), line, key: key.to_owned(), what, remedy: remedy.to_owned() });
    }
}

/// Takes the entry out in whose key or value the span lies.
fn take_entry(value: &mut Spanned<DeValue<'_>>, span: Option<Range<usize>>) -> Option<String> {
    let (DeValue::Table(entries), Some(span)) = (value.get_mut(), span) else { return None };
    let holds = |outer: Range<usize>| outer.start <= span.start && span.end <= outer.end;
    let key = entries.iter().find(|(key, value)| holds(key.span()) || holds(value.span()))?.0.get_ref().to_string();
    entries.remove(key.as_str());
    Some(key)
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
        assert_eq!(document.finish()[0].to_string(), "a.toml:2: email: missing field `host`; add the key");
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
