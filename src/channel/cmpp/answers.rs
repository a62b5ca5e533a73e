//! What a gateway's answers mean, as a table.

use std::{ops::RangeInclusive, time::Duration};

use serde::Deserialize;

use crate::channel::Class;

/// The table that is built in.
const BUILT_IN: &str = include_str!("answers.toml");

/// A row of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What is answered.
    to: To,
    /// The codes, `8` or `100-199`; none fits all.
    #[serde(default)]
    code: Vec<Codes>,
    /// What it means.
    class: Class,
    /// Seconds to wait.
    wait_s: Option<u64>,
}

/// What a gateway answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum To {
    Connect,
    Submit,
}

/// One code or a range of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Codes(RangeInclusive<u32>);

impl TryFrom<String> for Codes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (from, to) = text.split_once('-').unwrap_or((&text, &text));
        match (from.trim().parse(), to.trim().parse()) {
            (Ok(from), Ok(to)) if 1 <= from && from <= to => Ok(Self(from..=to)),
            _ => Err(format!("`{text}` is no code of a refusal; write \"8\" or \"100-199\"")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    answer: Vec<Rule>,
}

/// All rows, in the order in which they are asked.
#[derive(Clone, Debug)]
pub(super) struct Table(Vec<Rule>);

impl Table {
    /// The built-in rows, after those of the settings.
    pub fn new(first: &[Rule]) -> Self {
        // A test reads the built-in table, so a build that ships cannot fail here.
        let file: File = toml::from_str(BUILT_IN).expect("the built-in table is tested");
        Self(first.iter().cloned().chain(file.answer).collect())
    }

    /// The class of a refusal, and how long to wait.
    pub fn class(&self, to: To, code: u32) -> (Class, Option<Duration>) {
        let fits = |rule: &&Rule| {
            rule.to == to && (rule.code.is_empty() || rule.code.iter().any(|codes| codes.0.contains(&code)))
        };
        match self.0.iter().find(fits) {
            Some(rule) => (rule.class, rule.wait_s.map(Duration::from_secs)),
            // The last rows of the built-in table fit every code.
            None => (Class::NotSent, None),
        }
    }
}

impl Rule {
    /// What cannot be right about it.
    pub(super) fn fault(&self) -> Option<&'static str> {
        match self.class {
            Class::Accepted | Class::Unknown => {
                Some("a refusal is neither accepted nor unknown; write one of the other classes")
            }
            Class::NotSent | Class::Throttled | Class::BadRecipient | Class::BadContent | Class::ChannelDown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_class() {
        let table = Table::new(&[]);
        let rows = [
            (To::Connect, 1, "channel-down"),
            (To::Connect, 2, "channel-down"),
            (To::Connect, 3, "channel-down"),
            (To::Connect, 4, "channel-down"),
            (To::Connect, 5, "not-sent"),
            (To::Connect, u32::MAX, "not-sent"),
            (To::Submit, 1, "bad-content"),
            (To::Submit, 2, "bad-content"),
            (To::Submit, 3, "not-sent"),
            (To::Submit, 4, "bad-content"),
            (To::Submit, 5, "channel-down"),
            (To::Submit, 6, "bad-content"),
            (To::Submit, 7, "channel-down"),
            (To::Submit, 8, "throttled"),
            (To::Submit, 9, "bad-recipient"),
            (To::Submit, 10, "channel-down"),
            (To::Submit, 11, "channel-down"),
            (To::Submit, 12, "channel-down"),
            (To::Submit, 13, "bad-recipient"),
            (To::Submit, 14, "not-sent"),
            (To::Submit, 100, "not-sent"),
            (To::Submit, u32::MAX, "not-sent"),
        ];
        for (to, code, class) in rows {
            assert_eq!(table.class(to, code).0.id(), class, "{to:?} {code}");
        }
        assert_eq!(table.class(To::Submit, 8).1, Some(Duration::from_secs(1)));
    }

    #[test]
    fn rows_of_the_settings_come_first_and_say_no_nonsense() {
        let file: File =
            toml::from_str("[[answer]]\nto = \"submit\"\ncode = [\"100-199\"]\nclass = \"bad-recipient\"").unwrap();
        let table = Table::new(&file.answer);
        assert_eq!(table.class(To::Submit, 150).0, Class::BadRecipient);
        assert_eq!(table.class(To::Connect, 150).0, Class::NotSent);
        for wrong in ["code = [\"0\"]", "code = [\"9-8\"]", "code = [8]", "to = \"deliver\"", "codes = []"] {
            let row = format!("[[answer]]\nto = \"submit\"\nclass = \"not-sent\"\n{wrong}");
            assert!(toml::from_str::<File>(&row).is_err(), "{wrong}");
        }
        let accepting: Rule = toml::from_str("to = \"submit\"\nclass = \"accepted\"").unwrap();
        assert!(accepting.fault().is_some());
        assert!(Table::new(&[]).0.iter().all(|rule| rule.fault().is_none()));
    }
}
