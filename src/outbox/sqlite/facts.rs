//! What the ledger remembers for the planner: facts seen, outcomes, repeat groups,
//! and a few settings of its own.

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;

use super::{SqliteLedger, cell, list, rows};
use crate::{
    notice::{Kind, Role},
    outbox::{CITIZEN, CitizenOutcome, FactSeen, LegState, OutboxError, RepeatEntry, Told},
    ticket::{NumberHash, TicketNo},
};

const ADD_FACTS: &str = "INSERT INTO fact (ticket, round, assignment, what, value, first_seen) \
     SELECT v.value ->> 0, v.value ->> 1, v.value ->> 2, v.value ->> 3, v.value ->> 4, v.value ->> 5 \
     FROM json_each(?1) v WHERE true ON CONFLICT DO NOTHING";
const FACTS: &str = "SELECT f.ticket, f.round, f.assignment, f.what, f.value, f.first_seen FROM json_each(?1) w \
     JOIN fact f ON f.ticket = w.value ORDER BY f.ticket, f.round, f.assignment, f.first_seen, f.what, f.value";

// A notice superseded before anyone was told is no outcome.
const CITIZEN_OUTCOMES: &str = "SELECT n.id, n.scope, n.subject, n.kind, n.occurrence, n.due, l.id, l.state, l.cause, \
     l.ended_at FROM json_each(?1) w JOIN notice n ON n.scope = w.value AND n.role = 'citizen' \
     LEFT JOIN leg l ON l.subject = n.subject AND l.kind = n.kind AND l.occurrence = n.occurrence AND l.person = ?2 \
     WHERE n.state IN ('open', 'done', 'held') ORDER BY n.scope, n.id, l.id";

const TOLD: &str = "SELECT n.id, n.scope, n.subject, n.kind, n.role, min(l.ended_at) FROM json_each(?1) w \
     JOIN notice n ON n.scope = w.value JOIN leg l ON l.notice = n.id AND l.state IN ('accepted', 'delivered', \
     'unknown') GROUP BY n.id ORDER BY n.scope, 6, n.id";

const OPEN_SCOPES: &str = "SELECT DISTINCT scope FROM notice WHERE state = 'open' ORDER BY scope";

const META: &str = "SELECT value FROM meta WHERE key = ?1";
const SET_META: &str = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET \
     value = excluded.value";
const FIRST_META: &str = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING";
const WATCH_SINCE: &str = "watch-since";

const SAVE_REPEATS: &str = "INSERT INTO repeat_group (ticket, number_hash, subcategory, received, links, category, \
     town, first) SELECT v.value ->> 0, v.value ->> 1, v.value ->> 2, v.value ->> 3, v.value ->> 4, v.value ->> 5, \
     v.value ->> 6, v.value ->> 7 FROM json_each(?1) v WHERE true ON CONFLICT (ticket) DO UPDATE SET \
     number_hash = excluded.number_hash, subcategory = excluded.subcategory, received = excluded.received, \
     links = excluded.links, category = excluded.category, town = excluded.town, first = excluded.first";
const REPEATS: &str = "SELECT ticket, number_hash, subcategory, received, links, category, town, first \
     FROM repeat_group WHERE received IS NULL OR received >= ?1 ORDER BY received, ticket";

const TAKE_ROLE: &str = "INSERT INTO role_lease (role, holder, epoch, until) VALUES (?1, ?2, 1, ?4) \
     ON CONFLICT (role) DO UPDATE SET epoch = epoch + (holder <> excluded.holder), holder = excluded.holder, \
     until = excluded.until WHERE role_lease.holder = excluded.holder OR role_lease.until <= ?3 RETURNING epoch";

impl SqliteLedger {
    pub(in crate::outbox) async fn add_facts(&self, facts: &[FactSeen]) -> Result<u64, OutboxError> {
        if facts.is_empty() {
            return Ok(0);
        }
        let cells: Vec<(&str, u16, i64, &str, &str, i64)> = facts
            .iter()
            .map(|fact| {
                let assignment = fact.assignment.map_or(0, |at| at.timestamp_micros());
                let seen = fact.first_seen.timestamp_micros();
                (fact.ticket.as_str(), fact.round, assignment, fact.what.as_str(), fact.value.as_str(), seen)
            })
            .collect();
        let mut work = self.write().await?;
        let added = work.run(sqlx::query(ADD_FACTS).bind(list(&cells))).await?;
        work.commit().await?;
        Ok(added)
    }

    pub(in crate::outbox) async fn facts_of(&self, tickets: &[TicketNo]) -> Result<Vec<FactSeen>, OutboxError> {
        let numbers = list(&tickets.iter().map(TicketNo::as_str).collect::<Vec<_>>());
        self.read_rows(sqlx::query(FACTS).bind(numbers)).await?.iter().map(fact).collect()
    }

    pub(in crate::outbox) async fn citizen_outcomes(
        &self,
        tickets: &[TicketNo],
    ) -> Result<Vec<CitizenOutcome>, OutboxError> {
        let rows = self.read_rows(sqlx::query(CITIZEN_OUTCOMES).bind(scopes(tickets)).bind(CITIZEN)).await?;
        rows.iter().map(citizen_outcome).collect()
    }

    pub(in crate::outbox) async fn open_scopes(&self) -> Result<Vec<String>, OutboxError> {
        let rows = self.read_rows(sqlx::query(OPEN_SCOPES)).await?;
        rows.iter().map(|row| cell(row, 0)).collect()
    }

    pub(in crate::outbox) async fn told(&self, tickets: &[TicketNo]) -> Result<Vec<Told>, OutboxError> {
        self.read_rows(sqlx::query(TOLD).bind(scopes(tickets))).await?.iter().map(told).collect()
    }

    pub(in crate::outbox) async fn get(&self, key: &str) -> Result<Option<String>, OutboxError> {
        let rows = self.read_rows(sqlx::query(META).bind(key.to_owned())).await?;
        rows.first().map(|row| cell(row, 0)).transpose()
    }

    pub(in crate::outbox) async fn set(&self, key: &str, value: &str) -> Result<(), OutboxError> {
        let mut work = self.write().await?;
        work.run(sqlx::query(SET_META).bind(key.to_owned()).bind(value.to_owned())).await?;
        work.commit().await
    }

    pub(in crate::outbox) async fn watch_since(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, OutboxError> {
        let mut work = self.write().await?;
        let first = sqlx::query(FIRST_META).bind(WATCH_SINCE).bind(now.timestamp_micros().to_string());
        work.run(first).await?;
        let row = work.row(sqlx::query(META).bind(WATCH_SINCE)).await?;
        work.commit().await?;
        let text: String = row.map_or(Ok(String::new()), |row| cell(&row, 0))?;
        let micros = text.parse().map_err(|_| rows::odd("meta", 0, WATCH_SINCE, text))?;
        Ok(rows::instant(micros))
    }

    pub(in crate::outbox) async fn save_repeats(&self, entries: &[RepeatEntry]) -> Result<(), OutboxError> {
        let cells: Vec<_> = entries
            .iter()
            .map(|entry| {
                let hash = entry.number.map(|number| i64::from_be_bytes(number.0));
                let links = list(&entry.links.iter().map(TicketNo::as_str).collect::<Vec<_>>());
                let received = entry.received.map(|at| at.timestamp_micros());
                let (category, town) = (entry.category.as_deref(), entry.town.as_deref());
                let first = entry.first.as_ref().map(TicketNo::as_str);
                let subcategory = entry.subcategory.as_deref();
                (entry.ticket.as_str(), hash, subcategory, received, links, category, town, first)
            })
            .collect();
        let mut work = self.write().await?;
        work.run(sqlx::query(SAVE_REPEATS).bind(list(&cells))).await?;
        work.commit().await
    }

    pub(in crate::outbox) async fn repeats(&self, since: DateTime<Utc>) -> Result<Vec<RepeatEntry>, OutboxError> {
        let rows = self.read_rows(sqlx::query(REPEATS).bind(since.timestamp_micros())).await?;
        rows.iter().map(repeat).collect()
    }

    pub(in crate::outbox) async fn take_role(
        &self,
        role: &str,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<i64>, OutboxError> {
        let take = sqlx::query(TAKE_ROLE).bind(role.to_owned()).bind(holder.to_owned());
        let mut work = self.write().await?;
        let row = work.row(take.bind(now.timestamp_micros()).bind(until.timestamp_micros())).await?;
        work.commit().await?;
        row.map(|row| cell(&row, 0)).transpose()
    }

    async fn read_rows(&self, statement: super::Statement<'_>) -> Result<Vec<SqliteRow>, OutboxError> {
        let mut work = self.read().await?;
        let rows = work.rows(statement).await?;
        work.commit().await?;
        Ok(rows)
    }
}

fn scopes(tickets: &[TicketNo]) -> String {
    list(&tickets.iter().map(|no| format!("T/{no}")).collect::<Vec<_>>())
}

fn fact(row: &SqliteRow) -> Result<FactSeen, OutboxError> {
    let assignment: i64 = cell(row, 2)?;
    Ok(FactSeen {
        ticket: TicketNo::new(&cell::<String>(row, 0)?),
        round: round_number(row, 1)?,
        assignment: (assignment != 0).then(|| rows::instant(assignment)),
        what: cell(row, 3)?,
        value: cell(row, 4)?,
        first_seen: rows::instant(cell(row, 5)?),
    })
}

fn citizen_outcome(row: &SqliteRow) -> Result<CitizenOutcome, OutboxError> {
    let id = cell(row, 0)?;
    let (ticket, round) = ticket_of(row)?;
    let (leg, ended): (Option<i64>, Option<i64>) = (cell(row, 6)?, cell(row, 9)?);
    Ok(CitizenOutcome {
        ticket,
        round,
        kind: kind(row, id)?,
        occurrence: cell(row, 4)?,
        state: leg.map_or(Ok(LegState::Pending), |leg| rows::leg_state(row, 7, leg))?,
        cause: cell(row, 8)?,
        at: rows::instant(ended.map_or_else(|| cell(row, 5), Ok)?),
    })
}

fn told(row: &SqliteRow) -> Result<Told, OutboxError> {
    let id = cell(row, 0)?;
    let (ticket, round) = ticket_of(row)?;
    let role: String = cell(row, 4)?;
    let role = Role::from_id(&role).ok_or_else(|| rows::odd("notice", id, "role", role))?;
    Ok(Told { ticket, round, kind: kind(row, id)?, role, at: rows::instant(cell(row, 5)?) })
}

/// The ticket and round of a row that has scope and subject in columns 1 and 2.
fn ticket_of(row: &SqliteRow) -> Result<(TicketNo, u16), OutboxError> {
    let (scope, subject): (String, String) = (cell(row, 1)?, cell(row, 2)?);
    let no = scope.strip_prefix("T/").unwrap_or(&scope);
    Ok((TicketNo::new(no), rows::round(&scope, &subject).unwrap_or(1)))
}

fn kind(row: &SqliteRow, id: i64) -> Result<Kind, OutboxError> {
    let text: String = cell(row, 3)?;
    Kind::from_id(&text).ok_or_else(|| rows::odd("notice", id, "kind", text))
}

fn repeat(row: &SqliteRow) -> Result<RepeatEntry, OutboxError> {
    let (hash, first): (Option<i64>, Option<String>) = (cell(row, 1)?, cell(row, 7)?);
    let (received, links): (Option<i64>, String) = (cell(row, 3)?, cell(row, 4)?);
    let links: Vec<String> =
        serde_json::from_str(&links).map_err(|_| rows::odd("repeat_group", 0, "list of tickets", links))?;
    Ok(RepeatEntry {
        ticket: TicketNo::new(&cell::<String>(row, 0)?),
        number: hash.map(|hash| NumberHash(hash.to_be_bytes())),
        subcategory: cell(row, 2)?,
        received: received.map(rows::instant),
        links: links.iter().map(|no| TicketNo::new(no)).collect(),
        category: cell(row, 5)?,
        town: cell(row, 6)?,
        first: first.as_deref().map(TicketNo::new),
    })
}

fn round_number(row: &SqliteRow, column: usize) -> Result<u16, OutboxError> {
    Ok(u16::try_from(cell::<i64>(row, column)?).unwrap_or(u16::MAX))
}
