//! Which answers of a gateway mean what, as data.

use std::{ops::RangeInclusive, time::Duration};

use serde::Deserialize;

use crate::channel::http::{Answer, Whole, scalar_at};

/// When an SMS was taken.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Success {
    /// The statuses, `202` or `"200-299"`.
    pub status: Vec<Statuses>,
    /// Where in the JSON of the answer the code stands, `/result/code`.
    pub pointer: Option<String>,
    /// What may stand there.
    pub equals: Vec<Scalar>,
    /// What the answer may begin with.
    pub starts_with: Vec<String>,
    /// What the answer may contain.
    pub contains: Vec<String>,
    /// The status alone decides. Many gateways answer 200 with an error in the
    /// body, so this must be said.
    pub status_only: bool,
}

impl Default for Success {
    fn default() -> Self {
        Self {
            status: vec![Statuses(200..=299)],
            pointer: None,
            equals: Vec::new(),
            starts_with: Vec::new(),
            contains: Vec::new(),
            status_only: false,
        }
    }
}

/// An answer with a meaning; all that is named must fit.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// The statuses; none fits all.
    pub status: Vec<Statuses>,
    /// Where in the JSON of the answer to look.
    pub pointer: Option<String>,
    /// What may stand there.
    pub equals: Vec<Scalar>,
    /// What the answer may begin with.
    pub starts_with: Vec<String>,
    /// What the answer may contain.
    pub contains: Vec<String>,
    /// Seconds to wait.
    pub wait_s: Option<u64>,
    /// What is bad for good: the number or the text.
    pub of: Option<Of>,
}

/// What an answer refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    Number,
    Text,
}

/// One status or a range of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Scalar")]
pub struct Statuses(RangeInclusive<u16>);

/// A number or text, compared as text: gateways change between `0` and `"0"`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    Flag(bool),
    Number(i64),
    Text(String),
}

impl Scalar {
    pub(in crate::channel) fn text(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Statuses {
    pub(in crate::channel) fn contains(&self, status: u16) -> bool {
        self.0.contains(&status)
    }
}

impl TryFrom<Scalar> for Statuses {
    type Error = String;

    fn try_from(scalar: Scalar) -> Result<Self, String> {
        let text = scalar.text();
        let (from, to) = text.split_once('-').unwrap_or((&text, &text));
        match (from.trim().parse(), to.trim().parse()) {
            (Ok(from), Ok(to)) if (100..=599).contains(&from) && from <= to && to <= 599 => Ok(Self(from..=to)),
            _ => Err(format!("`{text}` is no HTTP status; write 202 or \"200-299\"")),
        }
    }
}

/// What an answer is asked for; both kinds of tests have the same.
struct Test<'a> {
    status: &'a [Statuses],
    pointer: Option<&'a str>,
    equals: &'a [Scalar],
    starts_with: &'a [String],
    contains: &'a [String],
}

impl Test<'_> {
    fn fits(&self, answer: &Answer) -> bool {
        let text = answer.text.trim_start();
        let at_pointer = || {
            let found = scalar_at(answer.json.as_ref()?, self.pointer?)?;
            Some(self.equals.iter().any(|wanted| wanted.text() == found))
        };
        (self.status.is_empty() || self.status.iter().any(|statuses| statuses.contains(answer.status)))
            && (self.pointer.is_none() || at_pointer() == Some(true))
            && (self.starts_with.is_empty() || self.starts_with.iter().any(|begin| text.starts_with(begin.as_str())))
            && (self.contains.is_empty() || self.contains.iter().any(|part| answer.text.contains(part.as_str())))
    }
}

impl Success {
    fn test(&self) -> Test<'_> {
        Test {
            status: &self.status,
            pointer: self.pointer.as_deref(),
            equals: &self.equals,
            starts_with: &self.starts_with,
            contains: &self.contains,
        }
    }

    /// Whether the answer says that the SMS was taken.
    pub(super) fn fits(&self, answer: &Answer) -> bool {
        // Half an answer proves nothing but its status.
        (self.status_only || answer.whole == Whole::Yes) && self.test().fits(answer)
    }

    /// What cannot be right about it.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let looks_inside = self.pointer.is_some() || !self.starts_with.is_empty() || !self.contains.is_empty();
        match (looks_inside, self.status_only) {
            (false, false) => Some(
                "it looks at the status alone, and many gateways answer 200 with an error; give pointer and equals, \
                 starts_with or contains, or say status_only = true",
            ),
            (true, true) => Some("status_only = true looks at nothing else; remove the other tests"),
            (true, false) | (false, true) => pointer_fault(self.pointer.as_deref(), &self.equals),
        }
    }
}

impl Rule {
    pub(super) fn fits(&self, answer: &Answer) -> bool {
        Test {
            status: &self.status,
            pointer: self.pointer.as_deref(),
            equals: &self.equals,
            starts_with: &self.starts_with,
            contains: &self.contains,
        }
        .fits(answer)
    }

    pub(super) fn wait(&self) -> Option<Duration> {
        self.wait_s.map(Duration::from_secs)
    }

    /// What cannot be right about it.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let names_something = !self.status.is_empty()
            || self.pointer.is_some()
            || !self.starts_with.is_empty()
            || !self.contains.is_empty();
        if names_something {
            pointer_fault(self.pointer.as_deref(), &self.equals)
        } else {
            Some("a rule without any test would fit every answer")
        }
    }
}

fn pointer_fault(pointer: Option<&str>, equals: &[Scalar]) -> Option<&'static str> {
    match pointer {
        Some(pointer) if !pointer.starts_with('/') => Some("a pointer begins with `/`, as in /result/code"),
        Some(_) if equals.is_empty() => Some("a pointer needs equals, the values that may stand there"),
        None if !equals.is_empty() => Some("equals needs pointer, where the value stands"),
        _ => None,
    }
}
