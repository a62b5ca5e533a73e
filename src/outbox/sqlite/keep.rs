//! Keeps wanted sets: what is there is read, compared, and changed in one commit
//! per two thousand scopes.

use chrono::{DateTime, Utc};
use sqlx::{Arguments, AssertSqlSafe, sqlite::SqliteArguments};

use super::{SqliteLedger, Work, cell, list, rows};
use crate::{
    notice::Reason,
    outbox::{
        Kept, NoticeState, OutboxError, Wanted, backup,
        compare::{Changes, KnownRow, NewRow, Renewed},
    },
};

/// Scopes in one commit: large enough for the budget, small enough that a claim
/// need not wait long for the writer.
const SCOPES: usize = 2_000;
/// Rows in one INSERT: each size is prepared once.
const ROWS: [usize; 4] = [256, 32, 4, 1];

const RESTORED: &str = "SELECT value FROM meta WHERE key = ?1";
const KNOWN: &str = "SELECT n.scope, n.id, n.subject, n.kind, n.occurrence, n.role, n.state, n.reason, n.digest, \
     n.late, n.expanded_at IS NOT NULL \
     FROM json_each(?1) w JOIN notice n ON n.scope = w.value ORDER BY n.scope";

const INSERT: &str = "INSERT INTO notice (scope, subject, kind, occurrence, role, unit, category, due, expires, batch, \
     urgent, late, provisional, facts, digest, state, reason, created_at, ended_at) VALUES ";
const INSERT_ROW: &str = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
const INSERT_END: &str = " ON CONFLICT DO NOTHING";

const REFRESH: &str = "UPDATE notice SET unit = ?2, category = ?3, due = ?4, expires = ?5, urgent = ?6, \
     late = CASE WHEN expanded_at IS NULL THEN max(late, ?7) ELSE late END, provisional = ?8, facts = ?9, digest = ?10 WHERE id = ?1 AND state = 'open'";
const REBATCH: &str = "UPDATE notice SET batch = ?2 WHERE id = ?1 AND expanded_at IS NULL";
const REOPEN: &str = "UPDATE notice SET unit = ?2, category = ?3, due = ?4, expires = ?5, urgent = ?6, late = ?7, \
     provisional = ?8, facts = ?9, digest = ?10, state = 'open', reason = NULL, ended_at = NULL, expanded_at = NULL \
     WHERE id = ?1 AND state IN ('superseded', 'expired') AND NOT EXISTS (SELECT 1 FROM leg WHERE leg.notice = \
     notice.id AND leg.state IN ('sending', 'accepted', 'delivered', 'unknown'))";

const HOLD_SOME: &str = "UPDATE notice SET state = 'held', reason = ?2 \
     WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'open'";

// A leg that waits to be repeated was handed over once: it stays unknown.
const DROP_LEGS: &str = "UPDATE leg SET state = CASE WHEN repeats > 0 THEN 'unknown' ELSE 'superseded' END, \
     cause = ?2, ended_at = ?3 WHERE notice IN (SELECT value FROM json_each(?1)) AND state IN ('pending', 'held')";
const SUPERSEDE: &str = "UPDATE notice SET state = 'superseded', reason = ?2, ended_at = ?3 \
     WHERE id IN (SELECT value FROM json_each(?1)) AND state IN ('open', 'held') AND NOT EXISTS (SELECT 1 FROM leg \
     WHERE leg.notice = notice.id AND leg.state IN ('sending', 'accepted', 'delivered', 'unknown'))";
const FINISH: &str = "UPDATE notice SET state = 'done', reason = NULL, ended_at = ?2 \
     WHERE id IN (SELECT value FROM json_each(?1)) AND state IN ('open', 'held') AND expanded_at IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM leg WHERE leg.notice = notice.id AND leg.state IN ('pending', 'sending', 'held'))";

impl SqliteLedger {
    pub(in crate::outbox) async fn keep(&self, sets: &[Wanted], now: DateTime<Utc>) -> Result<Kept, OutboxError> {
        let mut kept = Kept::default();
        for sets in sets.chunks(SCOPES) {
            let mut work = self.write().await?;
            let restored = work.restored().await?;
            let changes = work.changes(sets, Changes { restored, ..Changes::default() }, now).await?;
            kept.unchanged += changes.unchanged;
            work.apply(&changes, &mut kept, now).await?;
            work.commit().await?;
        }
        Ok(kept)
    }
}

impl Work<'_> {
    async fn restored(&mut self) -> Result<Option<DateTime<Utc>>, OutboxError> {
        let row = self.row(sqlx::query(RESTORED).bind(backup::RESTORED)).await?;
        let text: Option<String> = row.map(|row| cell(&row, 0)).transpose()?;
        Ok(text.as_deref().and_then(backup::moment))
    }

    async fn changes(
        &mut self,
        sets: &[Wanted],
        mut changes: Changes,
        now: DateTime<Utc>,
    ) -> Result<Changes, OutboxError> {
        let mut scopes: Vec<&str> = sets.iter().map(|set| set.scope.as_str()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let mut known: Vec<(String, Vec<KnownRow>)> = Vec::new();
        for row in self.rows(sqlx::query(KNOWN).bind(list(&scopes))).await? {
            let (scope, row) = known_row(&row)?;
            match known.last_mut() {
                Some((last, rows)) if *last == scope => rows.push(row),
                _ => known.push((scope, vec![row])),
            }
        }
        for set in sets {
            let found = known.binary_search_by(|(scope, _)| scope.as_str().cmp(&set.scope));
            changes.add(set, found.map_or(&[], |at| &known[at].1), now)?;
        }
        Ok(changes)
    }

    async fn apply(&mut self, changes: &Changes, kept: &mut Kept, now: DateTime<Utc>) -> Result<(), OutboxError> {
        kept.new += self.insert(&changes.new, now).await?;
        kept.recorded += self.insert(&changes.recorded, now).await?;
        for renewed in &changes.refreshed {
            kept.refreshed += self.renew(REFRESH, renewed).await?;
        }
        for renewed in &changes.reopened {
            kept.reopened += self.renew(REOPEN, renewed).await?;
        }
        if !changes.held.is_empty() {
            let hold = sqlx::query(HOLD_SOME).bind(list(&changes.held)).bind(Reason::Restored.code());
            self.run(hold).await?;
        }
        kept.superseded += self.supersede(&changes.superseded, now).await?;
        Ok(())
    }

    async fn insert(&mut self, mut rows: &[NewRow], now: DateTime<Utc>) -> Result<u64, OutboxError> {
        let mut added = 0;
        for size in ROWS {
            let sql = || format!("{INSERT}{}{INSERT_ROW}{INSERT_END}", format!("{INSERT_ROW},").repeat(size - 1));
            let mut text = None;
            while let Some((some, rest)) = rows.split_at_checked(size) {
                let mut values = SqliteArguments::default();
                for row in some {
                    bind_row(&mut values, row, now).map_err(|error| self.unbindable(error))?;
                }
                // The text is made of the constants above and a number of them.
                let text = AssertSqlSafe(text.get_or_insert_with(sql).clone());
                added += self.run(sqlx::query_with(text, values)).await?;
                rows = rest;
            }
        }
        Ok(added)
    }

    fn unbindable(&self, error: sqlx::error::BoxDynError) -> OutboxError {
        OutboxError::Statement { path: self.path.to_owned(), source: sqlx::Error::Encode(error) }
    }

    async fn renew(&mut self, sql: &'static str, renewed: &Renewed) -> Result<u64, OutboxError> {
        let content = &renewed.content;
        let statement = sqlx::query(sql)
            .bind(renewed.id)
            .bind(content.unit.clone())
            .bind(content.category.clone())
            .bind(content.due)
            .bind(content.expires)
            .bind(content.urgent)
            .bind(content.late)
            .bind(content.provisional)
            .bind(content.facts.clone())
            .bind(content.digest);
        let changed = self.run(statement).await?;
        if let Some(batch) = &renewed.batch {
            self.run(sqlx::query(REBATCH).bind(renewed.id).bind(batch.clone())).await?;
        }
        Ok(changed)
    }

    /// Ends notices that are no longer wanted, as far as nobody was told.
    pub(super) async fn supersede(&mut self, ids: &[(i64, Reason)], now: DateTime<Utc>) -> Result<u64, OutboxError> {
        let mut changed = 0;
        let mut ids = ids.to_vec();
        ids.sort_unstable_by_key(|(id, reason)| (reason.code(), *id));
        for group in ids.chunk_by(|a, b| a.1 == b.1) {
            let reason = group[0].1.code();
            let ids = list(&group.iter().map(|(id, _)| *id).collect::<Vec<_>>());
            let now = now.timestamp_micros();
            self.run(sqlx::query(DROP_LEGS).bind(ids.clone()).bind(reason).bind(now)).await?;
            changed += self.run(sqlx::query(SUPERSEDE).bind(ids.clone()).bind(reason).bind(now)).await?;
            self.run(sqlx::query(FINISH).bind(ids).bind(now)).await?;
        }
        Ok(changed)
    }
}

fn known_row(row: &sqlx::sqlite::SqliteRow) -> Result<(String, KnownRow), OutboxError> {
    let id = cell(row, 1)?;
    let known = KnownRow {
        id,
        subject: cell(row, 2)?,
        kind: cell(row, 3)?,
        occurrence: cell(row, 4)?,
        role: cell(row, 5)?,
        state: rows::notice_state(row, 6, id)?,
        reason: cell(row, 7)?,
        digest: cell(row, 8)?,
        late: rows::flag(row, 9)?,
        expanded: rows::flag(row, 10)?,
    };
    Ok((cell(row, 0)?, known))
}

fn bind_row(values: &mut SqliteArguments, row: &NewRow, now: DateTime<Utc>) -> Result<(), sqlx::error::BoxDynError> {
    let now = now.timestamp_micros();
    let content = &*row.content;
    let ended = (row.state == NoticeState::Superseded).then_some(now);
    // Shared texts are bound as they are, without a copy.
    values.add(row.scope.clone())?;
    values.add(row.subject.clone())?;
    values.add(row.kind.clone())?;
    values.add(row.occurrence.clone())?;
    values.add(row.role.clone())?;
    values.add(content.unit.clone())?;
    values.add(content.category.clone())?;
    values.add(content.due)?;
    values.add(content.expires)?;
    values.add(row.batch.clone())?;
    values.add(content.urgent)?;
    values.add(content.late)?;
    values.add(content.provisional)?;
    values.add(content.facts.clone())?;
    values.add(content.digest)?;
    values.add(row.state.id())?;
    values.add(row.reason.map(Reason::code))?;
    values.add(now)?;
    values.add(ended)
}
