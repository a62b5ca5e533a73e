//! When each background task last ran, and with what result.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Run {
    /// Well; what it did, in a few words.
    Done(String),
    /// Not well; why, with its causes.
    Failed(String),
}

/// The state of one task.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Task {
    /// It runs since.
    pub running_since: Option<DateTime<Utc>>,
    /// When the last run ended, and how.
    pub last: Option<(DateTime<Utc>, Run)>,
    /// When a run last ended well.
    pub last_done: Option<DateTime<Utc>>,
    /// Runs that failed since one ended well.
    pub failures_in_a_row: u32,
}

/// The state of every background task, as data that anybody may read.
#[derive(Debug, Default)]
pub struct Tasks(Mutex<BTreeMap<&'static str, Task>>);

impl Tasks {
    /// A run of the task begins.
    pub fn begin(&self, name: &'static str, now: DateTime<Utc>) {
        self.tasks().entry(name).or_default().running_since = Some(now);
    }

    /// The run of the task has ended.
    pub fn end(&self, name: &'static str, now: DateTime<Utc>, run: Run) {
        let mut tasks = self.tasks();
        let task = tasks.entry(name).or_default();
        task.running_since = None;
        match run {
            Run::Done(_) => {
                task.last_done = Some(now);
                task.failures_in_a_row = 0;
            }
            Run::Failed(_) => task.failures_in_a_row = task.failures_in_a_row.saturating_add(1),
        }
        task.last = Some((now, run));
    }

    /// The state of every task, by name.
    pub fn all(&self) -> BTreeMap<&'static str, Task> {
        self.tasks().clone()
    }

    /// Each update is whole before the lock is left, so a panic elsewhere spoils nothing.
    fn tasks(&self) -> MutexGuard<'_, BTreeMap<&'static str, Task>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_counts_failures_until_one_run_ends_well() {
        let at = |minute: i64| DateTime::from_timestamp(minute * 60, 0).unwrap();
        let tasks = Tasks::default();
        tasks.begin("reconcile", at(0));
        assert_eq!(tasks.all()["reconcile"].running_since, Some(at(0)));
        tasks.end("reconcile", at(1), Run::Failed("the store cannot be reached".to_owned()));
        tasks.begin("reconcile", at(2));
        tasks.end("reconcile", at(3), Run::Failed("the store cannot be reached".to_owned()));
        assert_eq!(tasks.all()["reconcile"].failures_in_a_row, 2);
        assert_eq!(tasks.all()["reconcile"].last_done, None);
        tasks.end("reconcile", at(5), Run::Done("300 tickets".to_owned()));
        let task = tasks.all().remove("reconcile").unwrap();
        assert_eq!((task.failures_in_a_row, task.last_done, task.running_since), (0, Some(at(5)), None));
    }
}
