//! What people change by hand; each change leaves an audit row.

use chrono::{DateTime, Utc};

use super::{SqliteLedger, Work, cell, rows};
use crate::{
    notice::Reason,
    outbox::{CITIZEN, LegId, LegState, NOBODY, NoticeId, NoticeState, OutboxError},
};

const LEG: &str = "SELECT state, person, notice FROM leg WHERE id = ?1";
const RETRY_LEG: &str = "UPDATE leg SET state = 'pending', cause = 'retried', not_before = ?2, tries = 0, \
     ended_at = NULL WHERE id = ?1 AND state IN ('unknown', 'failed', 'dead', 'expired')";
const REOPEN: &str = "UPDATE notice SET state = 'open', reason = NULL, expires = NULL, ended_at = NULL \
     WHERE id = ?1 AND state <> 'open'";
// Nobody was found: the roster is asked again.
const FORGET_NOBODY: &str = "UPDATE leg SET state = 'superseded', cause = 'retried' WHERE id = ?1";
const REEXPAND: &str = "UPDATE notice SET state = 'open', reason = NULL, expanded_at = NULL, ended_at = NULL \
     WHERE id = ?1";
const CANCEL_LEG: &str = "UPDATE leg SET state = CASE WHEN repeats > 0 THEN 'unknown' ELSE 'superseded' END, \
     cause = 'cancelled', ended_at = ?2 WHERE id = ?1 AND state IN ('pending', 'held')";

const NOTICE: &str = "SELECT state FROM notice WHERE id = ?1";

const HOLD: &str = "UPDATE notice SET state = 'held', reason = ?2 WHERE state = 'open' AND due <= ?1";
const HOLD_LEGS: &str = "UPDATE leg SET state = 'held', cause = ?1 WHERE state = 'pending' \
     AND notice IN (SELECT id FROM notice WHERE state = 'held')";
const FREE: &str = "UPDATE notice SET state = 'open', reason = NULL WHERE id = ?1 AND state = 'held'";
const FREE_LEGS: &str = "UPDATE leg SET state = 'pending', cause = 'released' WHERE notice = ?1 AND state = 'held'";

const AUDIT: &str = "INSERT INTO audit (at, who, what, subject) VALUES (?1, ?2, ?3, ?4)";

impl SqliteLedger {
    pub(in crate::outbox) async fn retry(&self, leg: LegId, who: &str, now: DateTime<Utc>) -> Result<(), OutboxError> {
        let mut work = self.write().await?;
        let (state, person, notice) = work.leg(leg).await?;
        may_retry(leg, state, &person)?;
        if person == NOBODY {
            work.run(sqlx::query(FORGET_NOBODY).bind(leg.0)).await?;
            work.run(sqlx::query(REEXPAND).bind(notice)).await?;
        } else {
            work.run(sqlx::query(RETRY_LEG).bind(leg.0).bind(now.timestamp_micros())).await?;
            work.run(sqlx::query(REOPEN).bind(notice)).await?;
        }
        work.audit(who, "retry", &format!("leg {}", leg.0), now).await?;
        work.commit().await
    }

    pub(in crate::outbox) async fn cancel_leg(
        &self,
        leg: LegId,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<(), OutboxError> {
        let mut work = self.write().await?;
        let (state, _, notice) = work.leg(leg).await?;
        if work.run(sqlx::query(CANCEL_LEG).bind(leg.0).bind(now.timestamp_micros())).await? == 0 {
            let why = "only a leg that waits can be cancelled";
            return Err(OutboxError::Forbidden { what: "leg", id: leg.0, state: state.id(), why });
        }
        work.finish(&format!("[{notice}]"), now).await?;
        work.audit(who, "cancel", &format!("leg {}", leg.0), now).await?;
        work.commit().await
    }

    pub(in crate::outbox) async fn cancel(
        &self,
        notice: NoticeId,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<(), OutboxError> {
        let mut work = self.write().await?;
        let state = work.notice_state(notice).await?;
        if !matches!(state, NoticeState::Open | NoticeState::Held) {
            let why = "only a notice that is open or held can be cancelled";
            return Err(OutboxError::Forbidden { what: "notice", id: notice.0, state: state.id(), why });
        }
        work.supersede(&[(notice.0, Reason::Cancelled)], now).await?;
        work.audit(who, "cancel", &format!("notice {}", notice.0), now).await?;
        work.commit().await
    }

    pub(in crate::outbox) async fn hold(&self, until: DateTime<Utc>) -> Result<u64, OutboxError> {
        let mut work = self.write().await?;
        let reason = Reason::Restored.code();
        let held = work.run(sqlx::query(HOLD).bind(until.timestamp_micros()).bind(reason)).await?;
        work.run(sqlx::query(HOLD_LEGS).bind(reason)).await?;
        work.commit().await?;
        Ok(held)
    }

    pub(in crate::outbox) async fn free(
        &self,
        notice: NoticeId,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<(), OutboxError> {
        let mut work = self.write().await?;
        let state = work.notice_state(notice).await?;
        if work.run(sqlx::query(FREE).bind(notice.0)).await? == 0 {
            let why = "only a held notice can be released";
            return Err(OutboxError::Forbidden { what: "notice", id: notice.0, state: state.id(), why });
        }
        work.run(sqlx::query(FREE_LEGS).bind(notice.0)).await?;
        work.audit(who, "release", &format!("notice {}", notice.0), now).await?;
        work.commit().await
    }
}

impl Work<'_> {
    async fn leg(&mut self, leg: LegId) -> Result<(LegState, String, i64), OutboxError> {
        let row = self.row(sqlx::query(LEG).bind(leg.0)).await?;
        let row = row.ok_or(OutboxError::Missing { what: "leg", id: leg.0 })?;
        Ok((rows::leg_state(&row, 0, leg.0)?, cell(&row, 1)?, cell(&row, 2)?))
    }

    pub(super) async fn notice_state(&mut self, notice: NoticeId) -> Result<NoticeState, OutboxError> {
        let row = self.row(sqlx::query(NOTICE).bind(notice.0)).await?;
        rows::notice_state(&row.ok_or(OutboxError::Missing { what: "notice", id: notice.0 })?, 0, notice.0)
    }

    pub(super) async fn audit(
        &mut self,
        who: &str,
        what: &str,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Result<(), OutboxError> {
        let entry = sqlx::query(AUDIT).bind(now.timestamp_micros()).bind(who.to_owned());
        self.run(entry.bind(what.to_owned()).bind(subject.to_owned())).await.map(drop)
    }
}

/// Which legs a person may send on their way again.
fn may_retry(leg: LegId, state: LegState, person: &str) -> Result<(), OutboxError> {
    let why = match state {
        // Promise 5: a second SMS to the citizen is never ours to send.
        LegState::Unknown if person == CITIZEN => "an SMS to the citizen that may have arrived is never sent again",
        LegState::Unknown | LegState::Failed | LegState::Dead | LegState::Expired => return Ok(()),
        LegState::Pending | LegState::Sending => "it is on its way already",
        LegState::Accepted | LegState::Delivered => "it was sent",
        LegState::Superseded => "it is no longer wanted; it comes back by itself if it is wanted again",
        LegState::Held => "release its notice instead",
    };
    Err(OutboxError::Forbidden { what: "leg", id: leg.0, state: state.id(), why })
}
