//! Letters kept in a list: for `simulate` and the tests.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::{Class, Letter};
use crate::notice::{Failure, Medium, Outcome, Receipt};

/// A channel that keeps what it was handed, and answers as it was told.
#[derive(Debug)]
pub struct Memory {
    name: String,
    medium: Medium,
    script: Vec<Answer>,
    sent: Mutex<Vec<Sent>>,
}

/// A letter that was handed over, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The instant of the attempt.
    pub at: DateTime<Utc>,
    pub letter: Letter,
    pub outcome: Outcome,
}

#[derive(Debug)]
struct Answer {
    class: Class,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Memory {
    /// A channel that accepts everything.
    pub fn new(name: &str, medium: Medium) -> Self {
        Self { name: name.to_owned(), medium, script: Vec::new(), sent: Mutex::default() }
    }

    /// Makes it answer `class` from one instant until another, which is not
    /// included; of two answers for one instant the later told counts.
    #[must_use]
    pub fn answering(mut self, class: Class, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        self.script.push(Answer { class, from, to });
        self
    }

    /// Every letter that was handed over, in order.
    pub fn sent(&self) -> Vec<Sent> {
        self.list().clone()
    }

    /// The letters handed over since it was asked last.
    pub fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut self.list())
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The medium.
    pub fn medium(&self) -> Medium {
        self.medium
    }

    pub(super) fn send(&self, letter: &Letter, now: DateTime<Utc>) -> Outcome {
        let scripted = self.script.iter().rev().find(|answer| answer.from <= now && now < answer.to);
        let class = scripted.map_or(Class::Accepted, |answer| answer.class);
        let mut sent = self.list();
        let outcome = match class {
            Class::Accepted => Outcome::Accepted(Receipt(Some(format!("memory-{}", sent.len() + 1)))),
            class => class.outcome(Failure::new("scripted", class.id()), now, None),
        };
        sent.push(Sent { at: now, letter: letter.clone(), outcome: outcome.clone() });
        outcome
    }

    fn list(&self) -> MutexGuard<'_, Vec<Sent>> {
        // A list is whole after every push, so a panic elsewhere does not spoil it.
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
