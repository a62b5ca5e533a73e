//! What is in the ledger: lists, one notice, counts, and when to wake.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::sqlite::SqliteRow;

use super::{SqliteLedger, Work, cell, list, rows};
use crate::{
    notice::Medium,
    outbox::{
        Counts, Envelope, Filter, LegId, Listed, ListedAttempt, ListedLeg, NoticeId, NoticeState, OutboxError,
        SentSince,
    },
};

/// What has waited longer than this past its time is stuck.
const STUCK: TimeDelta = TimeDelta::minutes(10);

macro_rules! listed {
    ($($where:literal)+) => {
        concat!(
            "SELECT ",
            rows::notice_columns!(),
            ", n.state, n.reason, n.created_at, n.ended_at FROM notice n ",
            $($where,)+
            " ORDER BY n.id DESC LIMIT ?1"
        )
    };
}

const ALL: &str = listed!("");
const IN_STATE: &str = listed!("WHERE n.state = ?2");
const WITH_LEG: &str = listed!("WHERE n.id IN (SELECT notice FROM leg WHERE state = ?2)");
const OF_SCOPE: &str = listed!("WHERE n.scope = ?2");
const STUCK_ONES: &str = listed!(
    "WHERE n.id IN (SELECT notice FROM leg WHERE state IN ('unknown', 'failed', 'dead') \
     OR (state = 'sending' AND lease_until <= ?2) OR (state = 'pending' AND not_before <= ?3) \
     UNION SELECT id FROM notice WHERE state = 'open' AND expanded_at IS NULL AND urgent IN (0, 1) AND due <= ?3)"
);
const ONE: &str = listed!("WHERE n.id = ?2");

const LEGS: &str = "SELECT notice, id, person, medium, channel, state, cause, not_before, tries, repeats, lease_until, \
     ended_at, envelope FROM leg WHERE notice IN (SELECT value FROM json_each(?1)) ORDER BY id";
const ATTEMPTS: &str = "SELECT leg, n, is_repeat, started_at, ended_at, outcome, code, detail, receipt, late_outcome, \
     called_at FROM attempt WHERE leg IN (SELECT value FROM json_each(?1)) ORDER BY leg, n";

const NOTICE_COUNTS: &str = "SELECT state, count(*) FROM notice GROUP BY state";
const LEG_COUNTS: &str = "SELECT state, count(*) FROM leg GROUP BY state";
// All legs of one message have one envelope.
const SENT_SINCE: &str = "SELECT count(DISTINCT l.envelope), min(a.started_at) FROM attempt a JOIN leg l ON l.id = a.leg \
     WHERE a.channel = ?1 AND a.started_at > ?2 AND coalesce(a.outcome, '') NOT IN ('withdrawn', 'released')";
const CHANNELS: &str = "SELECT DISTINCT channel FROM leg WHERE state = 'pending'";
const WAITING: &str =
    "SELECT channel, count(*) FROM leg WHERE state IN ('pending', 'sending') GROUP BY channel ORDER BY channel";
const OLDEST: &str = "SELECT min(at) FROM (SELECT min(due) AS at FROM notice WHERE state = 'open' \
     AND expanded_at IS NULL AND urgent IN (0, 1) UNION ALL SELECT min(not_before) FROM leg WHERE state = 'pending')";

// The three indexed sets of what can move by itself.
const WAKE: &str = "SELECT min(at) FROM ( \
     SELECT min(due) AS at FROM notice WHERE state = 'open' AND expanded_at IS NULL AND urgent = 1 AND due > ?1 \
     UNION ALL SELECT min(due) FROM notice WHERE state = 'open' AND expanded_at IS NULL AND urgent = 0 AND due > ?1 \
     UNION ALL SELECT min(not_before) FROM leg WHERE state = 'pending' AND not_before > ?1 \
     UNION ALL SELECT min(lease_until) FROM leg WHERE state = 'sending' AND lease_until > ?1)";

impl SqliteLedger {
    pub(in crate::outbox) async fn list(&self, filter: &Filter, limit: u32) -> Result<Vec<Listed>, OutboxError> {
        let statement = match filter {
            Filter::All => sqlx::query(ALL).bind(limit),
            Filter::Leg(state) => sqlx::query(WITH_LEG).bind(limit).bind(state.id()),
            Filter::Notice(state) => sqlx::query(IN_STATE).bind(limit).bind(state.id()),
            Filter::Ticket(no) => sqlx::query(OF_SCOPE).bind(limit).bind(format!("T/{no}")),
            Filter::Stuck { now } => {
                let long_ago = now.checked_sub_signed(STUCK).unwrap_or(*now);
                sqlx::query(STUCK_ONES).bind(limit).bind(now.timestamp_micros()).bind(long_ago.timestamp_micros())
            }
        };
        let mut work = self.read().await?;
        let found = work.rows(statement).await?;
        let mut listed = found.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
        work.legs_of(&mut listed).await?;
        work.commit().await?;
        Ok(listed)
    }

    pub(in crate::outbox) async fn show(&self, id: NoticeId) -> Result<Listed, OutboxError> {
        let mut work = self.read().await?;
        let found = work.row(sqlx::query(ONE).bind(1).bind(id.0)).await?;
        let missing = OutboxError::Missing { what: "notice", id: id.0 };
        let mut one = [listed(&found.ok_or(missing)?)?];
        work.legs_of(&mut one).await?;
        let [mut one] = one;
        work.attempts_of(&mut one.legs).await?;
        work.commit().await?;
        Ok(one)
    }

    pub(in crate::outbox) async fn counts(&self) -> Result<Counts, OutboxError> {
        let mut work = self.read().await?;
        let mut counts = Counts::default();
        for row in work.rows(sqlx::query(NOTICE_COUNTS)).await? {
            counts.notices.push((rows::notice_state(&row, 0, 0)?, many(&row, 1)?));
        }
        for row in work.rows(sqlx::query(LEG_COUNTS)).await? {
            counts.legs.push((rows::leg_state(&row, 0, 0)?, many(&row, 1)?));
        }
        counts.oldest_waiting = work.moment(sqlx::query(OLDEST)).await?;
        work.commit().await?;
        Ok(counts)
    }

    pub(in crate::outbox) async fn sent_since(
        &self,
        channel: &str,
        since: DateTime<Utc>,
    ) -> Result<SentSince, OutboxError> {
        let mut work = self.read().await?;
        let counted = sqlx::query(SENT_SINCE).bind(channel.to_owned()).bind(since.timestamp_micros());
        let row = work.row(counted).await?;
        work.commit().await?;
        let Some(row) = row else { return Ok(SentSince { messages: 0, first: None }) };
        let first: Option<i64> = cell(&row, 1)?;
        Ok(SentSince { messages: rows::count(&row, 0)?, first: first.map(rows::instant) })
    }

    pub(in crate::outbox) async fn waiting_channels(&self) -> Result<Vec<String>, OutboxError> {
        let mut work = self.read().await?;
        let found = work.rows(sqlx::query(CHANNELS)).await?;
        work.commit().await?;
        found.iter().map(|row| cell(row, 0)).collect()
    }

    pub(in crate::outbox) async fn waiting(&self) -> Result<Vec<(String, u64)>, OutboxError> {
        let mut work = self.read().await?;
        let found = work.rows(sqlx::query(WAITING)).await?;
        work.commit().await?;
        found.iter().map(|row| Ok((cell(row, 0)?, many(row, 1)?))).collect()
    }

    pub(in crate::outbox) async fn next_wake(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, OutboxError> {
        let mut work = self.read().await?;
        let at = work.moment(sqlx::query(WAKE).bind(now.timestamp_micros())).await?;
        work.commit().await?;
        Ok(at)
    }
}

impl Work<'_> {
    async fn moment(&mut self, statement: super::Statement<'_>) -> Result<Option<DateTime<Utc>>, OutboxError> {
        let micros: Option<i64> = self.row(statement).await?.map_or(Ok(None), |row| cell(&row, 0))?;
        Ok(micros.map(rows::instant))
    }

    async fn legs_of(&mut self, listed: &mut [Listed]) -> Result<(), OutboxError> {
        let places: std::collections::HashMap<i64, usize> = listed.iter().map(|one| one.notice.id.0).zip(0..).collect();
        let ids = list(&places.keys().collect::<Vec<_>>());
        for row in self.rows(sqlx::query(LEGS).bind(ids)).await? {
            if let Some(one) = places.get(&cell::<i64>(&row, 0)?).and_then(|&place| listed.get_mut(place)) {
                one.legs.push(leg(&row)?);
            }
        }
        Ok(())
    }

    async fn attempts_of(&mut self, legs: &mut [ListedLeg]) -> Result<(), OutboxError> {
        let ids = list(&legs.iter().map(|leg| leg.id.0).collect::<Vec<_>>());
        for row in self.rows(sqlx::query(ATTEMPTS).bind(ids)).await? {
            let id = LegId(cell(&row, 0)?);
            if let Some(leg) = legs.iter_mut().find(|leg| leg.id == id) {
                leg.attempts.push(attempt(&row)?);
            }
        }
        Ok(())
    }
}

fn listed(row: &SqliteRow) -> Result<Listed, OutboxError> {
    const N: usize = rows::NOTICE_WIDTH;
    let notice = rows::notice(row)?;
    let state: NoticeState = rows::notice_state(row, N, notice.id.0)?;
    let ended: Option<i64> = cell(row, N + 3)?;
    Ok(Listed {
        notice,
        state,
        reason: cell(row, N + 1)?,
        created: rows::instant(cell(row, N + 2)?),
        ended: ended.map(rows::instant),
        legs: Vec::new(),
    })
}

fn leg(row: &SqliteRow) -> Result<ListedLeg, OutboxError> {
    let id: i64 = cell(row, 1)?;
    let medium: String = cell(row, 3)?;
    let (lease, ended): (Option<i64>, Option<i64>) = (cell(row, 10)?, cell(row, 11)?);
    Ok(ListedLeg {
        id: LegId(id),
        person: cell(row, 2)?,
        medium: Medium::from_id(&medium),
        channel: cell(row, 4)?,
        state: rows::leg_state(row, 5, id)?,
        cause: cell(row, 6)?,
        not_before: rows::instant(cell(row, 7)?),
        tries: rows::count(row, 8)?,
        repeats: rows::count(row, 9)?,
        envelope: cell::<Option<i64>>(row, 12)?.map(Envelope),
        lease_until: lease.map(rows::instant),
        ended: ended.map(rows::instant),
        attempts: Vec::new(),
    })
}

fn attempt(row: &SqliteRow) -> Result<ListedAttempt, OutboxError> {
    let (ended, called): (Option<i64>, Option<i64>) = (cell(row, 4)?, cell(row, 10)?);
    Ok(ListedAttempt {
        n: rows::count(row, 1)?,
        is_repeat: rows::flag(row, 2)?,
        started: rows::instant(cell(row, 3)?),
        called: called.map(rows::instant),
        ended: ended.map(rows::instant),
        outcome: cell(row, 5)?,
        code: cell(row, 6)?,
        detail: cell(row, 7)?,
        receipt: cell(row, 8)?,
        late_outcome: cell(row, 9)?,
    })
}

fn many(row: &SqliteRow, column: usize) -> Result<u64, OutboxError> {
    Ok(u64::try_from(cell::<i64>(row, column)?).unwrap_or(0))
}
