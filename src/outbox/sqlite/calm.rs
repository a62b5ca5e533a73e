//! How much a person has had, and what they have acknowledged.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{SqliteLedger, cell, list, rows};
use crate::outbox::{Ack, CITIZEN, HandedOrder, NOBODY, NoticeId, OutboxError};

/// A call begins within this of its claim.
const LONGEST_LEASE: TimeDelta = TimeDelta::minutes(15);

// One row a message and hand-over. A claim whose call has not begun may yet begin.
const HANDED: &str = "SELECT l.person, max(coalesce(a.called_at, a.started_at)) AS at FROM attempt a \
     JOIN leg l ON l.id = a.leg WHERE a.channel IN (SELECT value FROM json_each(?1)) AND a.started_at > ?2 \
     AND coalesce(a.called_at, a.started_at) > ?3 AND a.token <> ?4 AND l.urgent = 0 \
     AND l.person IN (SELECT value FROM json_each(?5)) AND coalesce(a.outcome, 'unknown') IN ('accepted', 'unknown') \
     GROUP BY l.person, a.token, l.envelope ORDER BY at DESC";

// In whatever role they heard of it.
const IS_TOLD: &str = "SELECT count(*) FROM notice n JOIN leg l ON l.subject = n.subject AND l.kind = n.kind \
     AND l.occurrence = n.occurrence WHERE n.id = ?1 AND l.person = ?2";
const ACK: &str = "INSERT INTO ack (notice, person, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
const ACKS: &str = concat!(
    "SELECT ",
    rows::notice_columns!(),
    ", k.person, k.at FROM json_each(?1) s JOIN notice n ON n.scope = s.value JOIN ack k ON k.notice = n.id \
     ORDER BY k.id"
);

impl SqliteLedger {
    pub(in crate::outbox) async fn ack(
        &self,
        notice: NoticeId,
        person: &str,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, OutboxError> {
        let mut work = self.write().await?;
        let state = work.notice_state(notice).await?;
        let told = work.row(sqlx::query(IS_TOLD).bind(notice.0).bind(person.to_owned())).await?;
        let is_told = told.map_or(Ok(0), |row| cell::<i64>(&row, 0))? > 0;
        if !is_told || person == CITIZEN || person == NOBODY {
            let why = "only staff who were told of it can acknowledge it; `outbox show` names them";
            return Err(OutboxError::Forbidden { what: "notice", id: notice.0, state: state.id(), why });
        }
        let ack = sqlx::query(ACK).bind(notice.0).bind(person.to_owned()).bind(now.timestamp_micros());
        let is_new = work.run(ack).await? > 0;
        if is_new {
            work.audit(who, "ack", &format!("notice {} for {person}", notice.0), now).await?;
        }
        work.commit().await?;
        Ok(is_new)
    }

    pub(in crate::outbox) async fn acks_of(&self, scopes: &[String]) -> Result<Vec<Ack>, OutboxError> {
        const N: usize = rows::NOTICE_WIDTH;
        if scopes.is_empty() {
            return Ok(Vec::new());
        }
        let mut work = self.read().await?;
        let found = work.rows(sqlx::query(ACKS).bind(list(scopes))).await?;
        work.commit().await?;
        let ack = |row| {
            let notice = rows::notice(row)?;
            Ok(Ack {
                notice: notice.id,
                subject: notice.key.subject,
                kind: notice.key.kind,
                facts: notice.facts,
                person: cell(row, N)?,
                at: rows::instant(cell(row, N + 1)?),
            })
        };
        found.iter().map(ack).collect()
    }

    pub(in crate::outbox) async fn handed(
        &self,
        order: &HandedOrder<'_>,
    ) -> Result<HashMap<String, Vec<DateTime<Utc>>>, OutboxError> {
        let claimed = order.since.checked_sub_signed(LONGEST_LEASE).unwrap_or(order.since);
        let query = sqlx::query(HANDED).bind(list(order.channels)).bind(claimed.timestamp_micros());
        let query = query.bind(order.since.timestamp_micros()).bind(order.except.0).bind(list(order.persons));
        let mut work = self.read().await?;
        let found = work.rows(query).await?;
        work.commit().await?;
        let mut handed: HashMap<String, Vec<DateTime<Utc>>> = HashMap::new();
        for row in &found {
            handed.entry(cell(row, 0)?).or_default().push(rows::instant(cell(row, 1)?));
        }
        Ok(handed)
    }
}
