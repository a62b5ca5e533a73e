//! What a provider's answers mean: one table of answers each, as data.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, NaiveTime, TimeDelta, Timelike, Utc};
use serde::Deserialize;

use crate::{
    calendar::civil,
    channel::{
        Class,
        gateway::{Scalar, Statuses},
        http::{Answer, Code, is_loggable, scalar_at},
        scrub::Scrub,
    },
    notice::{Failure, Outcome, Receipt},
};

/// The answers of one provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// What codes are called by in a failure.
    name: String,
    /// Where a code may stand in the JSON, the first that is there counts.
    code: Vec<String>,
    /// Where the provider's own id stands.
    id: Option<String>,
    /// Where the words for people stand.
    words: Vec<String>,
    answer: Vec<Row>,
}

/// An answer with a meaning; all that is named must fit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The statuses; none fits all.
    #[serde(default)]
    pub status: Vec<Statuses>,
    /// The codes; `Family.*` fits every code of a family.
    #[serde(default)]
    pub code: Vec<Scalar>,
    /// What must stand at other places of the JSON.
    #[serde(default)]
    pub at: BTreeMap<String, Scalar>,
    /// What the answer may contain.
    #[serde(default)]
    pub text: Vec<String>,
    /// What it means.
    pub class: Class,
    /// Seconds to wait.
    pub wait_s: Option<u64>,
    /// Until when to wait.
    pub wait: Option<Until>,
    /// It says that the clocks differ.
    #[serde(default)]
    pub clock: bool,
}

/// An instant of Beijing's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// The next full hour.
    NextHour,
    /// The next 08:00.
    NextMorning,
}

impl Row {
    /// What cannot be right about it.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let is_empty = self.status.is_empty() && self.code.is_empty() && self.at.is_empty() && self.text.is_empty();
        if is_empty {
            return Some("a row without any test would fit every answer");
        }
        (self.wait.is_some() && self.wait_s.is_some()).then_some("say how long to wait in one way, wait or wait_s")
    }

    fn fits(&self, answer: &Answer, code: Option<&str>) -> bool {
        let is_code = |wanted: &Scalar| code.is_some_and(|code| is_of(code, &wanted.text()));
        let holds = |(pointer, wanted): (&String, &Scalar)| {
            answer.json.as_ref().and_then(|json| scalar_at(json, pointer)) == Some(wanted.text())
        };
        (self.status.is_empty() || self.status.iter().any(|statuses| statuses.contains(answer.status)))
            && (self.code.is_empty() || self.code.iter().any(is_code))
            && self.at.iter().all(holds)
            && (self.text.is_empty() || self.text.iter().any(|text| answer.text.contains(text.as_str())))
    }

    fn wait(&self, now: DateTime<Utc>) -> Option<Duration> {
        let until = |until: Until| {
            let local = now.with_timezone(&civil::zone()).naive_local();
            let wait = match until {
                Until::NextHour => TimeDelta::seconds(3600 - i64::from(local.num_seconds_from_midnight() % 3600)),
                Until::NextMorning => {
                    let morning = local.date().and_time(NaiveTime::MIN) + TimeDelta::hours(8);
                    if morning > local { morning - local } else { morning + TimeDelta::days(1) - local }
                }
            };
            wait.to_std().ok()
        };
        self.wait_s.map(Duration::from_secs).or_else(|| self.wait.and_then(until))
    }
}

impl Table {
    /// A shipped table with rows of the settings in front.
    pub fn new(shipped: &str, ours: &[Row]) -> Self {
        // A test reads every shipped table, so a build that ships cannot fail here.
        let mut table: Self = toml::from_str(shipped).expect("the shipped tables are tested");
        table.answer.splice(0..0, ours.iter().cloned());
        table
    }

    /// The outcome of an answer: the rows first, and where they say nothing, the
    /// status and form of the answer.
    pub fn outcome(&self, answer: &Answer, now: DateTime<Utc>, scrub: &Scrub) -> Outcome {
        let found = |pointer: &String| scalar_at(answer.json.as_ref()?, pointer);
        let code = self.code.iter().find_map(found);
        let row = self.answer.iter().find(|row| row.fits(answer, code.as_deref()));
        let told = match code.as_deref().filter(|code| is_loggable(code)) {
            Some(code) => format!("{}-{code}", self.name),
            None => format!("http-{}", answer.status),
        };
        let words = self.words.iter().find_map(found).unwrap_or_else(|| answer.text.trim().to_owned());
        let why = |code: &str, what: &str| {
            Failure::new(code, &scrub.line(&format!("HTTP {} {what}: {words}", answer.status)))
        };
        match row {
            Some(row) if row.class == Class::Accepted => {
                let id = self.id.as_ref().and_then(found).filter(|id| !id.trim().is_empty());
                Outcome::Accepted(Receipt(id.map(|id| id.trim().to_owned())))
            }
            Some(row) => {
                let what = if row.clock { check_the_clock(answer, now) } else { "as listed".to_owned() };
                row.class.outcome(why(&told, &what), now, row.wait(now).or(answer.retry_after))
            }
            None => {
                let (class, what) = answer.unnamed(if code.is_some() { Code::There } else { Code::Missing });
                let told = if class == Class::BadContent { format!("unknown-code {told}") } else { told };
                class.outcome(why(&told, what), now, answer.retry_after)
            }
        }
    }
}

/// Whether a code is the one wanted, or of the family wanted.
fn is_of(code: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(family) => code.starts_with(family),
        None => code == wanted,
    }
}

fn check_the_clock(answer: &Answer, now: DateTime<Utc>) -> String {
    match answer.date {
        Some(date) => format!("check the clock, it is {} s ahead of the provider's", (now - date).num_seconds()),
        None => "check the clock".to_owned(),
    }
}
