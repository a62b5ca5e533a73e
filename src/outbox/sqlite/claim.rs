//! Claims legs under a lease, and takes back claims whose lease ran out.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteRow;

use super::{SqliteLedger, Work, cell, list, rows};
use crate::{
    outbox::{
        Bundle, ClaimOrder, ClaimedLeg, Envelope, LegId, LegState, OutboxError, Recovered, Repeats, Together, Token,
        compare::{FIRST_START, GATHERED},
    },
    ticket::TicketNo,
};

// The first ones in order, and with each whatever else of its batch can leave.
// What once travelled in a message travels only with that message's other legs.
const CLAIM: &str = "WITH seed AS (SELECT id, person, channel, batch, envelope FROM leg WHERE state = 'pending' \
     AND channel = ?5 AND not_before <= ?1 ORDER BY urgent DESC, due, id LIMIT ?2), \
     batches AS (SELECT DISTINCT person, channel, batch, envelope FROM seed WHERE batch IS NOT NULL), \
     chosen AS (SELECT id FROM seed UNION SELECT l.id FROM batches b JOIN leg l ON l.person = b.person \
     AND l.channel = b.channel AND l.batch = b.batch AND l.envelope IS b.envelope \
     WHERE l.state = 'pending' AND l.not_before <= ?1) \
     UPDATE leg SET state = 'sending', lease_token = ?3, lease_until = ?4, made = made + 1, \
     envelope = coalesce(envelope, 0) WHERE id IN (SELECT id FROM chosen) AND state = 'pending'";

const ATTEMPTS: &str = "INSERT INTO attempt (leg, n, token, channel, is_repeat, started_at) \
     SELECT id, made, lease_token, channel, repeats > 0, ?2 FROM leg WHERE lease_token = ?1 AND state = 'sending'";

const CLAIMED: &str = concat!(
    "SELECT ",
    rows::notice_columns!(),
    ", l.id, l.person, l.medium, l.channel, l.batch, l.envelope, l.made, l.tries, l.repeats, \
     l.created_at, l.not_before \
     FROM leg l JOIN notice n ON n.id = l.notice WHERE l.lease_token = ?1 AND l.state = 'sending' \
     ORDER BY l.urgent DESC, l.due, l.id"
);

const NAME: &str = "UPDATE leg SET envelope = v.value ->> 1 FROM json_each(?1) v WHERE leg.id = v.value ->> 0";

const LAPSED: &str = "SELECT l.id, l.person, l.medium, l.channel, l.repeats, a.called_at IS NOT NULL, n.scope \
     FROM leg l JOIN attempt a ON a.leg = l.id AND a.n = l.made JOIN notice n ON n.id = l.notice \
     WHERE l.state = 'sending' AND l.lease_until <= ?1 \
     AND l.lease_token NOT IN (SELECT value FROM json_each(?2))";
const LAPSE_ATTEMPTS: &str = "UPDATE attempt SET ended_at = ?2, outcome = 'unknown', code = 'lease-expired', counted = 1 \
     FROM leg WHERE attempt.leg = leg.id AND attempt.n = leg.made AND attempt.outcome IS NULL \
     AND leg.id IN (SELECT value FROM json_each(?1))";
// No call was made: the leg waits as if it had not been claimed.
const UNCALLED_ATTEMPTS: &str = "UPDATE attempt SET ended_at = ?2, outcome = 'released', code = 'lease-expired' \
     FROM leg WHERE attempt.leg = leg.id AND attempt.n = leg.made AND attempt.outcome IS NULL \
     AND leg.id IN (SELECT value FROM json_each(?1))";
const UNCALLED_LEGS: &str = "UPDATE leg SET state = 'pending', cause = 'lease-expired', lease_token = NULL, \
     lease_until = NULL WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'sending'";
const LAPSE_LEGS: &str = "UPDATE leg SET state = ?3, cause = 'lease-expired', ended_at = ?4, not_before = ?2, \
     tries = tries + 1, repeats = repeats + ?5, lease_token = NULL, lease_until = NULL \
     WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'sending'";

/// Which claims are taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::outbox) enum Lapse {
    /// Those whose lease ran out.
    Expired,
    /// All of them.
    Every,
}

impl SqliteLedger {
    pub(in crate::outbox) async fn claim(
        &self,
        order: &ClaimOrder<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Bundle>, OutboxError> {
        let token = Token(rand::random());
        let until = now.checked_add_signed(order.lease).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let mut work = self.write().await?;
        let claim = sqlx::query(CLAIM).bind(now.timestamp_micros()).bind(order.limit);
        let claim = claim.bind(token.0).bind(until.timestamp_micros()).bind(order.channel.to_owned());
        if work.run(claim).await? == 0 {
            work.commit().await?;
            return Ok(Vec::new());
        }
        work.run(sqlx::query(ATTEMPTS).bind(token.0).bind(now.timestamp_micros())).await?;
        let claimed = work.rows(sqlx::query(CLAIMED).bind(token.0)).await?;
        let bundles = bundles(&claimed, token, until)?;
        let names: Vec<(i64, i64)> =
            bundles.iter().flat_map(|bundle| bundle.legs.iter().map(|leg| (leg.id.0, bundle.envelope.0))).collect();
        work.run(sqlx::query(NAME).bind(list(&names))).await?;
        work.commit().await?;
        Ok(bundles)
    }

    pub(in crate::outbox) async fn recover(
        &self,
        repeats: &Repeats,
        mine: &[Token],
        lapse: Lapse,
        now: DateTime<Utc>,
    ) -> Result<Vec<Recovered>, OutboxError> {
        let until = match lapse {
            Lapse::Expired => now.timestamp_micros(),
            Lapse::Every => i64::MAX,
        };
        let mut work = self.write().await?;
        let mine = list(&mine.iter().map(|token| token.0).collect::<Vec<_>>());
        let lapsed = sqlx::query(LAPSED).bind(until).bind(mine);
        let mut recovered = Vec::new();
        let (mut uncalled, mut again, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for row in work.rows(lapsed).await? {
            let id = cell(&row, 0)?;
            let (person, medium): (String, _) = (cell(&row, 1)?, rows::medium(&row, 2, id)?);
            let may_repeat = rows::count(&row, 4)? < repeats.of(&person, medium);
            let (ids, state) = match (rows::flag(&row, 5)?, may_repeat) {
                (false, _) => (&mut uncalled, LegState::Pending),
                (true, true) => (&mut again, LegState::Pending),
                (true, false) => (&mut unknown, LegState::Unknown),
            };
            ids.push(id);
            let scope: String = cell(&row, 6)?;
            let ticket = scope.strip_prefix("T/").map(TicketNo::new);
            recovered.push(Recovered { leg: LegId(id), ticket, person, medium, channel: cell(&row, 3)?, state });
        }
        if !uncalled.is_empty() {
            work.put_back(&list(&uncalled), now).await?;
        }
        for (ids, state) in [(again, LegState::Pending), (unknown, LegState::Unknown)] {
            if !ids.is_empty() {
                work.lapse(&list(&ids), state, now).await?;
            }
        }
        work.commit().await?;
        Ok(recovered)
    }
}

impl Work<'_> {
    async fn put_back(&mut self, ids: &str, now: DateTime<Utc>) -> Result<(), OutboxError> {
        self.run(sqlx::query(UNCALLED_ATTEMPTS).bind(ids.to_owned()).bind(now.timestamp_micros())).await?;
        self.run(sqlx::query(UNCALLED_LEGS).bind(ids.to_owned())).await.map(drop)
    }

    async fn lapse(&mut self, ids: &str, state: LegState, now: DateTime<Utc>) -> Result<(), OutboxError> {
        let micros = now.timestamp_micros();
        let ended = state.is_ended().then_some(micros);
        self.run(sqlx::query(LAPSE_ATTEMPTS).bind(ids.to_owned()).bind(micros)).await?;
        let legs = sqlx::query(LAPSE_LEGS).bind(ids.to_owned()).bind(micros).bind(state.id()).bind(ended);
        self.run(legs.bind(i64::from(!state.is_ended()))).await?;
        let notices = self.notices_of(ids).await?;
        self.finish(&notices, now).await?;
        Ok(())
    }
}

/// Groups claimed rows, which come in order, into messages.
fn bundles(claimed: &[SqliteRow], token: Token, lease_until: DateTime<Utc>) -> Result<Vec<Bundle>, OutboxError> {
    let mut bundles: Vec<Bundle> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for row in claimed {
        const L: usize = rows::NOTICE_WIDTH;
        let id: i64 = cell(row, L)?;
        let (person, channel): (String, String) = (cell(row, L + 1)?, cell(row, L + 3)?);
        let batch: Option<String> = cell(row, L + 4)?;
        let envelope: i64 = cell(row, L + 5)?;
        let leg = ClaimedLeg {
            id: LegId(id),
            attempt: rows::count(row, L + 6)?,
            tries: rows::count(row, L + 7)?,
            repeats: rows::count(row, L + 8)?,
            added: rows::instant(cell(row, L + 9)?),
            first: rows::instant(cell(row, L + 10)?),
            notice: rows::notice(row)?,
        };
        // Without a batch it goes alone: its own id sets it apart.
        let alone = if batch.is_none() { id } else { 0 };
        let together = together(batch.as_deref());
        let place = *places.entry((person.clone(), channel.clone(), batch, envelope, alone)).or_insert(bundles.len());
        if let Some(bundle) = bundles.get_mut(place) {
            bundle.legs.push(leg);
            continue;
        }
        let envelope = if envelope == 0 { name(&leg, &person, &channel) } else { Envelope(envelope) };
        let medium = rows::medium(row, L + 2, id)?;
        bundles.push(Bundle { token, lease_until, person, medium, channel, envelope, together, legs: vec![leg] });
    }
    Ok(bundles)
}

fn together(batch: Option<&str>) -> Together {
    match batch {
        Some(GATHERED) => Together::Gathered,
        Some(batch) if batch.starts_with(FIRST_START) => Together::FirstStart,
        Some(_) | None => Together::Kind,
    }
}

/// Names a message by its first leg, so that even a ledger restored from a backup
/// gives the same promise to the same person the same name.
fn name(leg: &ClaimedLeg, person: &str, channel: &str) -> Envelope {
    let key = &leg.notice.key;
    let text = format!("{}|{}|{}|{person}|{channel}", key.subject, key.kind, key.occurrence);
    let digest = Sha256::digest(text.as_bytes());
    let first: [u8; 8] = std::array::from_fn(|at| digest[at]);
    // Zero stands for no name yet.
    Envelope(i64::from_be_bytes(first) | 1)
}
