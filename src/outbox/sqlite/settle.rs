//! Settles claims: what the channel answered, and what follows, many in one commit.

use chrono::{DateTime, Utc};

use super::{SqliteLedger, Work, cell, list};
use crate::{
    notice::{Failure, Outcome},
    outbox::{Begun, Fenced, LegId, LegState, NewLeg, Next, OutboxError, Settled, Settlement, compare::GATHERED},
};

// An answer to a claim that was taken away: kept beside what was recorded then.
const LATE: &str = "UPDATE attempt SET late_at = ?2, late_outcome = v.value ->> 2, late_code = v.value ->> 3, \
     late_receipt = v.value ->> 5 FROM json_each(?1) v WHERE attempt.leg = v.value ->> 0 \
     AND attempt.token = v.value ->> 1 AND attempt.outcome IS NOT NULL AND attempt.late_outcome IS NULL";

const ATTEMPTS: &str = "UPDATE attempt SET ended_at = ?2, outcome = v.value ->> 2, code = v.value ->> 3, \
     detail = v.value ->> 4, receipt = v.value ->> 5, counted = v.value ->> 6 FROM json_each(?1) v \
     WHERE attempt.leg = v.value ->> 0 AND attempt.token = v.value ->> 1 AND attempt.outcome IS NULL";

// A repeat that is withdrawn was handed over once: it stays unknown.
const LEGS: &str = "UPDATE leg SET state = CASE WHEN repeats > 0 AND v.value ->> 2 = 'superseded' THEN 'unknown' \
     ELSE v.value ->> 2 END, cause = v.value ->> 3, \
     not_before = coalesce(v.value ->> 4, not_before), tries = tries + (v.value ->> 5), \
     repeats = repeats + (v.value ->> 6), ended_at = CASE WHEN v.value ->> 2 = 'pending' THEN NULL ELSE ?2 END, \
     lease_token = NULL, lease_until = NULL FROM json_each(?1) v \
     WHERE leg.id = v.value ->> 0 AND leg.lease_token = v.value ->> 1 AND leg.state = 'sending' RETURNING leg.id";

// Nobody was told and every leg was withdrawn: the notice itself was superseded.
const WITHDRAWN: &str = "UPDATE notice SET state = 'superseded', ended_at = ?2, \
     reason = (SELECT max(cause) FROM leg WHERE leg.notice = notice.id) \
     WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'open' AND EXISTS (SELECT 1 FROM leg \
     WHERE leg.notice = notice.id) AND NOT EXISTS (SELECT 1 FROM leg WHERE leg.notice = notice.id \
     AND leg.state <> 'superseded')";

// A claim that was taken away, or is about to be, is not acted on.
const BEGIN: &str = "UPDATE attempt SET called_at = ?2 FROM json_each(?1) v, leg \
     WHERE leg.id = v.value ->> 0 AND leg.lease_token = v.value ->> 1 AND leg.state = 'sending' \
     AND attempt.leg = leg.id AND attempt.n = leg.made AND attempt.outcome IS NULL RETURNING attempt.leg";

// What was never handed over loses the name of the message it was to travel in:
// it will leave in another.
const GATHER: &str = "UPDATE leg SET batch = ?2, envelope = NULL WHERE id IN (SELECT value FROM json_each(?1)) \
     AND state = 'pending' AND repeats = 0";

const NOTICES: &str = "SELECT DISTINCT notice FROM leg WHERE id IN (SELECT value FROM json_each(?1))";
// The leg that another way would be, in its present state.
const OTHER: &str = "SELECT l.notice, o.state FROM leg l LEFT JOIN leg o ON o.subject = l.subject AND o.kind = l.kind \
     AND o.occurrence = l.occurrence AND o.person = ?2 AND o.channel = ?3 WHERE l.id = ?1";

/// leg, token, outcome, code, detail, receipt, counted.
type Answer<'a> = (i64, i64, &'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>, i64);
/// leg, token, state, cause, not before, counted, repeated.
type Move<'a> = (i64, i64, &'a str, Option<&'a str>, Option<i64>, i64, i64);

impl SqliteLedger {
    /// Gives the legs that were fenced off.
    pub(in crate::outbox) async fn settle(
        &self,
        settled: &[Settled],
        begun: &[Begun],
        now: DateTime<Utc>,
    ) -> Result<Fenced, OutboxError> {
        let mut fenced = Fenced::default();
        if settled.is_empty() && begun.is_empty() {
            return Ok(fenced);
        }
        let mut work = self.write().await?;
        if !settled.is_empty() {
            fenced.settled = work.settle(settled, now).await?;
        }
        if !begun.is_empty() {
            fenced.begun = work.begin(begun, now).await?;
        }
        work.commit().await?;
        Ok(fenced)
    }
}

impl Work<'_> {
    async fn settle(&mut self, settled: &[Settled], now: DateTime<Utc>) -> Result<Vec<LegId>, OutboxError> {
        let answers = list(&settled.iter().map(answer).collect::<Vec<_>>());
        let moves = list(&settled.iter().map(movement).collect::<Vec<_>>());
        let micros = now.timestamp_micros();
        self.run(sqlx::query(LATE).bind(answers.clone()).bind(micros)).await?;
        self.run(sqlx::query(ATTEMPTS).bind(answers).bind(micros)).await?;
        let moved = self.rows(sqlx::query(LEGS).bind(moves).bind(micros)).await?;
        let mut moved = moved.iter().map(|row| cell::<i64>(row, 0)).collect::<Result<Vec<_>, _>>()?;
        moved.sort_unstable();
        let stands = |leg: &LegId| moved.binary_search(&leg.0).is_ok();
        for one in settled.iter().filter(|one| stands(&one.leg)) {
            if let Settlement::Answered { instead, .. } = &one.settlement {
                self.instead(one.leg, instead, now).await?;
            }
        }
        let gathered = settled.iter().filter(|one| stands(&one.leg) && is_gathered(&one.settlement));
        let gathered: Vec<i64> = gathered.map(|one| one.leg.0).collect();
        if !gathered.is_empty() {
            self.run(sqlx::query(GATHER).bind(list(&gathered)).bind(GATHERED)).await?;
        }
        let notices = self.notices_of(&list(&moved)).await?;
        self.run(sqlx::query(WITHDRAWN).bind(notices.clone()).bind(micros)).await?;
        self.finish(&notices, now).await?;
        Ok(settled.iter().map(|one| one.leg).filter(|leg| !stands(leg)).collect())
    }

    async fn begin(&mut self, begun: &[Begun], now: DateTime<Utc>) -> Result<Vec<LegId>, OutboxError> {
        let calls = list(&begun.iter().map(|one| (one.leg.0, one.token.0)).collect::<Vec<_>>());
        let stand = self.rows(sqlx::query(BEGIN).bind(calls).bind(now.timestamp_micros())).await?;
        let stand = stand.iter().map(|row| cell::<i64>(row, 0)).collect::<Result<Vec<_>, _>>()?;
        Ok(begun.iter().map(|one| one.leg).filter(|leg| !stand.contains(&leg.0)).collect())
    }

    /// The notices of legs, both as lists.
    pub(super) async fn notices_of(&mut self, legs: &str) -> Result<String, OutboxError> {
        let found = self.rows(sqlx::query(NOTICES).bind(legs.to_owned())).await?;
        Ok(list(&found.iter().map(|row| cell::<i64>(row, 0)).collect::<Result<Vec<_>, _>>()?))
    }

    /// Keeps the first other way that was not tried in vain.
    async fn instead(&mut self, of: LegId, ways: &[NewLeg], now: DateTime<Utc>) -> Result<(), OutboxError> {
        for way in ways {
            let other = sqlx::query(OTHER).bind(of.0).bind(way.person.clone()).bind(way.channel.clone());
            let Some(row) = self.row(other).await? else { return Ok(()) };
            let state = cell::<Option<String>>(&row, 1)?.and_then(|state| LegState::from_id(&state));
            match state {
                None | Some(LegState::Expired | LegState::Superseded) => {
                    self.add_legs(&[(cell(&row, 0)?, way)], now).await?;
                    return Ok(());
                }
                Some(LegState::Failed | LegState::Dead) => {}
                Some(
                    LegState::Pending
                    | LegState::Sending
                    | LegState::Accepted
                    | LegState::Delivered
                    | LegState::Unknown
                    | LegState::Held,
                ) => return Ok(()),
            }
        }
        Ok(())
    }
}

fn is_gathered(settlement: &Settlement) -> bool {
    match settlement {
        Settlement::Gathered { .. } => true,
        Settlement::Answered { .. } | Settlement::Superseded(_) | Settlement::Released { .. } => false,
    }
}

fn answer(settled: &Settled) -> Answer<'_> {
    let (leg, token) = (settled.leg.0, settled.token.0);
    match &settled.settlement {
        Settlement::Answered { outcome, next, .. } => {
            let failure = failure(outcome);
            let receipt = match outcome {
                Outcome::Accepted(receipt) => receipt.0.as_deref(),
                Outcome::NotSent { .. }
                | Outcome::Throttled { .. }
                | Outcome::Refused(_)
                | Outcome::ChannelDown { .. }
                | Outcome::Unknown(_) => None,
            };
            let code = failure.map(|failure| failure.code.as_str());
            let detail = failure.map(|failure| failure.detail.as_str());
            (leg, token, outcome.class(), code, detail, receipt, counted(*next))
        }
        Settlement::Superseded(reason) => (leg, token, "withdrawn", Some(reason.code()), None, None, 0),
        Settlement::Released { why, .. } | Settlement::Gathered { why, .. } => {
            (leg, token, "released", Some(why), None, None, 0)
        }
    }
}

fn movement(settled: &Settled) -> Move<'_> {
    let (leg, token) = (settled.leg.0, settled.token.0);
    let (state, cause, not_before, counted, repeated) = match &settled.settlement {
        Settlement::Answered { outcome, next, .. } => {
            let cause = failure(outcome).map(|failure| failure.code.as_str());
            let (state, not_before) = match next {
                Next::Accepted => (LegState::Accepted, None),
                Next::Retry { at } | Next::Repeat { at } | Next::Park { until: at } => (LegState::Pending, Some(*at)),
                Next::Unknown => (LegState::Unknown, None),
                Next::Failed => (LegState::Failed, None),
                Next::Dead => (LegState::Dead, None),
            };
            // A cause is required of these states, whatever the answer was.
            let cause = if state == LegState::Accepted { None } else { cause.or(Some(outcome.class())) };
            (state, cause, not_before, counted(*next), i64::from(matches!(next, Next::Repeat { .. })))
        }
        Settlement::Superseded(reason) => (LegState::Superseded, Some(reason.code()), None, 0, 0),
        Settlement::Released { until, why } | Settlement::Gathered { until, why } => {
            (LegState::Pending, Some(*why), Some(*until), 0, 0)
        }
    };
    (leg, token, state.id(), cause, not_before.map(|at| at.timestamp_micros()), counted, repeated)
}

fn counted(next: Next) -> i64 {
    match next {
        Next::Park { .. } => 0,
        Next::Accepted | Next::Retry { .. } | Next::Repeat { .. } | Next::Unknown | Next::Failed | Next::Dead => 1,
    }
}

fn failure(outcome: &Outcome) -> Option<&Failure> {
    match outcome {
        Outcome::Accepted(_) => None,
        Outcome::NotSent { why, .. }
        | Outcome::Throttled { why, .. }
        | Outcome::ChannelDown { why, .. }
        | Outcome::Unknown(why) => Some(why),
        Outcome::Refused(refusal) => Some(refusal.failure()),
    }
}
