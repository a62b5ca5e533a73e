//! From notices that have come due to legs, and notices whose moment has passed.

use chrono::{DateTime, Utc};

use super::{SqliteLedger, Work, cell, list, rows};
use crate::{
    notice::Reason,
    outbox::{CITIZEN, Expanded, Expansion, KeptNotice, NOBODY, NewLeg, OutboxError},
};

// Two halves, so that the index gives the order: urgent ones first, then by due.
macro_rules! unexpanded {
    ($also:literal) => {
        concat!(
            "SELECT * FROM (SELECT ",
            rows::notice_columns!(),
            " FROM notice n WHERE n.state = 'open' AND n.expanded_at IS NULL AND n.urgent = 1 AND n.due <= ?1",
            $also,
            " ORDER BY n.due, n.id LIMIT ?2) UNION ALL SELECT * FROM (SELECT ",
            rows::notice_columns!(),
            " FROM notice n WHERE n.state = 'open' AND n.expanded_at IS NULL AND n.urgent = 0 AND n.due <= ?1",
            $also,
            " ORDER BY n.due, n.id LIMIT ?2) LIMIT ?2"
        )
    };
}
const UNEXPANDED: &str = unexpanded!("");
const UNEXPANDED_ALONE: &str = unexpanded!(" AND n.batch IS NULL");

// One person in two roles hears once: the leg that is there stands. One that was
// superseded before anyone was told is taken up again.
const ADD: &str = "INSERT INTO leg (notice, subject, kind, occurrence, person, medium, channel, batch, urgent, due, \
     state, cause, not_before, created_at, ended_at) \
     SELECT n.id, n.subject, n.kind, n.occurrence, v.value ->> 1, v.value ->> 2, v.value ->> 3, \
     CASE WHEN v.value ->> 1 = ?3 THEN NULL ELSE n.batch END, n.urgent, n.due, v.value ->> 5, v.value ->> 6, \
     coalesce(v.value ->> 4, ?2), ?2, CASE WHEN v.value ->> 5 <> 'pending' THEN ?2 END \
     FROM json_each(?1) v JOIN notice n ON n.id = v.value ->> 0 WHERE n.state = 'open' \
     ON CONFLICT (subject, kind, occurrence, person, channel) DO UPDATE SET notice = excluded.notice, \
     medium = excluded.medium, batch = excluded.batch, urgent = excluded.urgent, due = excluded.due, \
     state = excluded.state, cause = excluded.cause, not_before = excluded.not_before, \
     created_at = excluded.created_at, ended_at = excluded.ended_at \
     WHERE leg.state IN ('superseded', 'expired') AND leg.cause <> 'cancelled'";

const EXPAND: &str = "UPDATE notice SET expanded_at = ?2 WHERE id IN (SELECT value FROM json_each(?1)) \
     AND state = 'open' AND expanded_at IS NULL";
const TOLD: &str = "UPDATE notice SET state = 'done', ended_at = ?2 WHERE id IN (SELECT value FROM json_each(?1)) \
     AND state = 'open' AND expanded_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM leg WHERE leg.notice = notice.id \
     AND leg.state IN ('pending', 'sending', 'held'))";

const PASSED: &str = "SELECT id FROM notice WHERE state = 'open' AND expanded_at IS NULL AND urgent IN (0, 1) \
     AND due <= ?1 AND expires <= ?1 \
     UNION SELECT l.notice FROM leg l JOIN notice n ON n.id = l.notice WHERE l.state = 'pending' AND n.expires <= ?1";
const EXPIRE_LEGS: &str = "UPDATE leg SET state = CASE WHEN repeats > 0 THEN 'unknown' ELSE 'expired' END, \
     cause = 'expired', ended_at = ?2 WHERE notice IN (SELECT value FROM json_each(?1)) AND state = 'pending'";
const EXPIRE: &str = "UPDATE notice SET state = 'expired', ended_at = ?2 \
     WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'open' AND NOT EXISTS (SELECT 1 FROM leg \
     WHERE leg.notice = notice.id AND leg.state NOT IN ('expired', 'superseded'))";

impl SqliteLedger {
    pub(in crate::outbox) async fn unexpanded(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<KeptNotice>, OutboxError> {
        self.notices(UNEXPANDED, now, limit).await
    }

    pub(in crate::outbox) async fn unexpanded_alone(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<KeptNotice>, OutboxError> {
        self.notices(UNEXPANDED_ALONE, now, limit).await
    }

    async fn notices(
        &self,
        select: &'static str,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<KeptNotice>, OutboxError> {
        let mut work = self.read().await?;
        let found = work.rows(sqlx::query(select).bind(now.timestamp_micros()).bind(limit)).await?;
        work.commit().await?;
        found.iter().map(rows::notice).collect()
    }

    pub(in crate::outbox) async fn expand(
        &self,
        expansions: &[Expansion],
        now: DateTime<Utc>,
    ) -> Result<Expanded, OutboxError> {
        let mut expanded = Expanded::default();
        let mut work = self.write().await?;
        let ids = list(&expansions.iter().map(|expansion| expansion.notice.0).collect::<Vec<_>>());
        let micros = now.timestamp_micros();
        work.run(sqlx::query(EXPAND).bind(ids.clone()).bind(micros)).await?;
        let legs: Vec<(i64, &NewLeg)> =
            expansions.iter().flat_map(|one| one.legs.iter().map(move |leg| (one.notice.0, leg))).collect();
        expanded.legs = work.add_legs(&legs, now).await?;
        let left_out = expansions.iter().flat_map(|one| one.left_out.iter().map(move |leg| (one.notice.0, leg)));
        expanded.left_out = work.leave_out(&left_out.collect::<Vec<_>>(), now).await?;
        let reach_nobody = |one: &&Expansion| one.legs.is_empty() && one.left_out.is_empty();
        let nobody: Vec<i64> = expansions.iter().filter(reach_nobody).map(|one| one.notice.0).collect();
        expanded.nobody = work.add_nobody(&nobody, now).await?;
        let ended = work.run(sqlx::query(TOLD).bind(ids).bind(micros)).await?;
        expanded.told_already = ended.saturating_sub(expanded.nobody);
        work.commit().await?;
        Ok(expanded)
    }

    pub(in crate::outbox) async fn expire(&self, now: DateTime<Utc>) -> Result<u64, OutboxError> {
        let mut work = self.write().await?;
        let micros = now.timestamp_micros();
        let passed = work.rows(sqlx::query(PASSED).bind(micros)).await?;
        let ids = list(&passed.iter().map(|row| cell::<i64>(row, 0)).collect::<Result<Vec<_>, _>>()?);
        work.run(sqlx::query(EXPIRE_LEGS).bind(ids.clone()).bind(micros)).await?;
        let expired = work.run(sqlx::query(EXPIRE).bind(ids.clone()).bind(micros)).await?;
        work.run(sqlx::query(TOLD).bind(ids).bind(micros)).await?;
        work.commit().await?;
        Ok(expired)
    }
}

/// A leg as the statement takes it: notice, person, medium, channel, first
/// instant, state, cause.
type LegCells<'a> = (i64, &'a str, &'a str, &'a str, Option<i64>, &'a str, Option<&'a str>);

impl Work<'_> {
    /// Adds pending legs; gives how many are new or taken up again.
    pub(super) async fn add_legs(&mut self, legs: &[(i64, &NewLeg)], now: DateTime<Utc>) -> Result<u64, OutboxError> {
        let legs: Vec<LegCells<'_>> = legs.iter().map(|(notice, leg)| cells(*notice, leg, "pending", None)).collect();
        self.add(&legs, now).await
    }

    /// Records who is not told, for they have acknowledged it.
    async fn leave_out(&mut self, legs: &[(i64, &NewLeg)], now: DateTime<Utc>) -> Result<u64, OutboxError> {
        let cause = Some(Reason::Acknowledged.code());
        let legs: Vec<LegCells<'_>> =
            legs.iter().map(|(notice, leg)| cells(*notice, leg, "superseded", cause)).collect();
        self.add(&legs, now).await
    }

    /// Records that nobody could be reached.
    async fn add_nobody(&mut self, notices: &[i64], now: DateTime<Utc>) -> Result<u64, OutboxError> {
        let cause = Some(Reason::NobodyReachable.code());
        let legs: Vec<LegCells<'_>> =
            notices.iter().map(|notice| (*notice, NOBODY, "none", "none", None, "dead", cause)).collect();
        self.add(&legs, now).await?;
        Ok(legs.len() as u64)
    }

    async fn add(&mut self, legs: &[LegCells<'_>], now: DateTime<Utc>) -> Result<u64, OutboxError> {
        if legs.is_empty() {
            return Ok(0);
        }
        self.run(sqlx::query(ADD).bind(list(legs)).bind(now.timestamp_micros()).bind(CITIZEN)).await
    }

    /// Ends the notices of `ids` all of whose legs have ended.
    pub(super) async fn finish(&mut self, ids: &str, now: DateTime<Utc>) -> Result<u64, OutboxError> {
        self.run(sqlx::query(TOLD).bind(ids.to_owned()).bind(now.timestamp_micros())).await
    }
}

fn cells<'a>(notice: i64, leg: &'a NewLeg, state: &'a str, cause: Option<&'a str>) -> LegCells<'a> {
    let first = leg.not_before.map(|at| at.timestamp_micros());
    (notice, &leg.person, leg.medium.id(), &leg.channel, first, state, cause)
}
