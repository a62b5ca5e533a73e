//! What will be wanted between two instants if nothing but time changes.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::notice::{Notice, Wish};

use super::{Policy, View, Watch, wanted};

/// A bound on the walk: no ticket has this many changes of its set in a year.
const MOST_STEPS: usize = 2_000;

/// The notices a ticket will want in `[from, to)`, each once, in time order.
pub fn upcoming(view: View<'_>, policy: &Policy, watch: Watch, span: std::ops::Range<DateTime<Utc>>) -> Vec<Notice> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let mut at = span.start;
    // What has come due before the span is not news.
    let (_, before) = wanted(view, policy, watch, span.start - chrono::TimeDelta::seconds(1));
    seen.extend(before.notices.iter().map(identity));
    for _ in 0..MOST_STEPS {
        let (_, plan) = wanted(view, policy, watch, at);
        for notice in plan.notices {
            if notice.wish == Wish::Send && seen.insert(identity(&notice)) {
                found.push(notice);
            }
        }
        match plan.next {
            Some(next) if next > at && next < span.end => at = next,
            Some(_) | None => break,
        }
    }
    found
}

fn identity(notice: &Notice) -> (String, crate::notice::Kind, String) {
    (notice.subject.text(), notice.kind, notice.occurrence.text())
}
