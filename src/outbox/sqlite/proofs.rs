//! SMS to citizens that were taken, and whether the ticket store was told of them.

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;

use super::{SqliteLedger, cell, rows};
use crate::{
    notice::Kind,
    outbox::{
        CITIZEN, OutboxError, Proof, ProofState,
        proof::{BEGUN, WRITTEN},
    },
    ticket::TicketNo,
};

// One row a notice, though a leg may have been taken by two channels.
const PROOFS: &str = "SELECT n.id, n.scope, n.subject, n.kind, n.subject || '|' || n.kind || '|' || n.occurrence AS key, \
     l.at, (SELECT f.first_seen FROM fact f WHERE f.ticket = substr(n.scope, 3) AND f.what = ?3 \
     AND f.value = n.subject || '|' || n.kind || '|' || n.occurrence), \
     (SELECT f.first_seen FROM fact f WHERE f.ticket = substr(n.scope, 3) AND f.what = ?4 \
     AND f.value = n.subject || '|' || n.kind || '|' || n.occurrence) \
     FROM (SELECT notice, min(ended_at) AS at FROM leg WHERE person = ?1 AND state IN ('accepted', 'delivered') \
     GROUP BY notice) l JOIN notice n ON n.id = l.notice \
     WHERE l.at >= ?2 AND substr(n.scope, 1, 2) = 'T/' ORDER BY l.at, n.id";

impl SqliteLedger {
    pub(in crate::outbox) async fn proofs(&self, since: DateTime<Utc>) -> Result<Vec<Proof>, OutboxError> {
        let statement = sqlx::query(PROOFS).bind(CITIZEN).bind(since.timestamp_micros()).bind(BEGUN).bind(WRITTEN);
        let mut work = self.read().await?;
        let found = work.rows(statement).await?;
        work.commit().await?;
        found.iter().map(proof).collect()
    }
}

fn proof(row: &SqliteRow) -> Result<Proof, OutboxError> {
    let id: i64 = cell(row, 0)?;
    let (scope, subject, kind): (String, String, String) = (cell(row, 1)?, cell(row, 2)?, cell(row, 3)?);
    let (begun, written): (Option<i64>, Option<i64>) = (cell(row, 6)?, cell(row, 7)?);
    Ok(Proof {
        ticket: TicketNo::new(scope.strip_prefix("T/").unwrap_or(&scope)),
        round: rows::round(&scope, &subject).unwrap_or(1),
        kind: Kind::from_id(&kind).ok_or_else(|| rows::odd("notice", id, "kind", kind))?,
        sent: rows::instant(cell(row, 5)?),
        state: match (begun, written) {
            (_, Some(at)) => ProofState::Written { at: rows::instant(at) },
            (Some(begun), None) => ProofState::Unknown { begun: rows::instant(begun) },
            (None, None) => ProofState::Open,
        },
        key: cell(row, 4)?,
    })
}
