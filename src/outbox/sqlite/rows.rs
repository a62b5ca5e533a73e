//! A row of the ledger becomes a value.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::sqlite::SqliteRow;

use super::cell;
use crate::{
    notice::{Fact, Facts, Kind, Medium, NoticeKey, Role},
    outbox::{KeptNotice, LegState, NoticeId, NoticeState, OutboxError},
    ticket::TicketNo,
};

/// The columns of [`notice`], in its order.
macro_rules! notice_columns {
    () => {
        "n.id, n.scope, n.subject, n.kind, n.occurrence, n.role, n.unit, n.category, n.due, n.expires, \
         n.urgent, n.late, n.provisional, n.facts"
    };
}
pub(super) use notice_columns;

/// How many columns [`notice_columns`] are.
pub(super) const NOTICE_WIDTH: usize = 14;

/// Reads a notice from [`notice_columns`] at the front of a row.
pub(super) fn notice(row: &SqliteRow) -> Result<KeptNotice, OutboxError> {
    let id: i64 = cell(row, 0)?;
    let (scope, subject): (String, String) = (cell(row, 1)?, cell(row, 2)?);
    let (kind, role): (String, String) = (cell(row, 3)?, cell(row, 5)?);
    let facts: String = cell(row, 13)?;
    let ticket = scope.strip_prefix("T/").map(TicketNo::new);
    let round = ticket.as_ref().and_then(|_| round(&scope, &subject));
    let expires: Option<i64> = cell(row, 9)?;
    let key = NoticeKey {
        kind: Kind::from_id(&kind).ok_or_else(|| odd("notice", id, "kind", kind))?,
        role: Role::from_id(&role).ok_or_else(|| odd("notice", id, "role", role))?,
        occurrence: cell(row, 4)?,
        subject,
    };
    Ok(KeptNotice {
        id: NoticeId(id),
        key,
        ticket,
        round,
        unit: cell(row, 6)?,
        category: cell(row, 7)?,
        due: instant(cell(row, 8)?),
        expires: expires.map(instant),
        urgent: flag(row, 10)?,
        late: flag(row, 11)?,
        provisional: flag(row, 12)?,
        facts: facts_of(&facts).ok_or_else(|| odd("notice", id, "set of facts", "…".into()))?,
    })
}

/// Facts as they were written. By way of plain values: trying each shape of a
/// fact in turn costs ten times as much.
fn facts_of(text: &str) -> Option<Facts> {
    let values: serde_json::Map<String, Value> = serde_json::from_str(text).ok()?;
    let facts = values.into_iter().map(|(name, value)| Some((name, fact_of(value)?)));
    facts.collect()
}

fn fact_of(value: Value) -> Option<Fact> {
    match value {
        Value::Bool(flag) => Some(Fact::Flag(flag)),
        Value::Number(number) => number.as_i64().map(Fact::Number),
        Value::String(text) => Some(Fact::Text(text)),
        Value::Array(items) => {
            let texts = items.into_iter().map(|item| match item {
                Value::String(text) => Some(text),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
            });
            texts.collect::<Option<_>>().map(Fact::List)
        }
        Value::Null | Value::Object(_) => None,
    }
}

/// The round of a ticket's subject, `T/no/r2` or `T/no/r2/1757559900`.
pub(super) fn round(scope: &str, subject: &str) -> Option<u16> {
    let round = subject.strip_prefix(scope)?.strip_prefix("/r")?;
    round.split('/').next()?.parse().ok()
}

/// Whole microseconds as an instant.
pub(super) fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A column that is 0 or 1.
pub(super) fn flag(row: &SqliteRow, column: usize) -> Result<bool, OutboxError> {
    Ok(cell::<i64>(row, column)? != 0)
}

/// A count that cannot be negative.
pub(super) fn count(row: &SqliteRow, column: usize) -> Result<u32, OutboxError> {
    Ok(u32::try_from(cell::<i64>(row, column)?).unwrap_or(0))
}

/// A leg's state.
pub(super) fn leg_state(row: &SqliteRow, column: usize, leg: i64) -> Result<LegState, OutboxError> {
    let text: String = cell(row, column)?;
    LegState::from_id(&text).ok_or_else(|| odd("leg", leg, "state", text))
}

/// A notice's state.
pub(super) fn notice_state(row: &SqliteRow, column: usize, id: i64) -> Result<NoticeState, OutboxError> {
    let text: String = cell(row, column)?;
    NoticeState::from_id(&text).ok_or_else(|| odd("notice", id, "state", text))
}

/// A leg's medium.
pub(super) fn medium(row: &SqliteRow, column: usize, leg: i64) -> Result<Medium, OutboxError> {
    let text: String = cell(row, column)?;
    Medium::from_id(&text).ok_or_else(|| odd("leg", leg, "medium", text))
}

/// A row that this program does not understand.
pub(super) fn odd(table: &'static str, id: i64, column: &'static str, value: String) -> OutboxError {
    OutboxError::Row { table, id, column, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_reads_every_shape_back_as_it_was_written() {
        let facts = Facts::from([
            ("flag".into(), Fact::Flag(true)),
            ("list".into(), Fact::List(vec!["A1".into(), "A2".into()])),
            ("none".into(), Fact::List(vec![])),
            ("number".into(), Fact::Number(-3)),
            ("text".into(), Fact::Text("9月16日\"24时\"".into())),
        ]);
        assert_eq!(facts_of(&serde_json::to_string(&facts).unwrap()), Some(facts));
        assert_eq!(facts_of("{\"x\":null}"), None);
    }

    #[test]
    fn round_is_read_from_a_subject_with_and_without_an_assignment() {
        assert_eq!(round("T/A/r7", "T/A/r7/r2/1757559900"), Some(2));
        assert_eq!(round("T/A1", "T/A1/r1"), Some(1));
        assert_eq!(round("G/A1", "G/A1"), None);
    }
}
