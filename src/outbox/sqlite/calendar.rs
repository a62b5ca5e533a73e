//! Versions of the calendar.

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;

use super::{SqliteLedger, Work, cell, rows};
use crate::{
    calendar::Part,
    outbox::{CalendarVersion, OutboxError},
};

const NEWEST: &str = "SELECT part, digest, source, person, at FROM calendar_version v \
     WHERE id = (SELECT max(id) FROM calendar_version WHERE part = v.part) ORDER BY part";
const ADD: &str = "INSERT INTO calendar_version (part, digest, source, person, at) VALUES (?1, ?2, ?3, ?4, ?5)";

impl SqliteLedger {
    pub(in crate::outbox) async fn calendar_in_force(
        &self,
        parts: &[Part],
        now: DateTime<Utc>,
    ) -> Result<usize, OutboxError> {
        let mut work = self.write().await?;
        let changes = CalendarVersion::changes(&work.newest_versions().await?, parts, now);
        for version in &changes {
            work.add_version(version).await?;
        }
        work.commit().await?;
        Ok(changes.len())
    }

    pub(in crate::outbox) async fn calendar_taken_over(
        &self,
        part: &Part,
        person: &str,
        now: DateTime<Utc>,
    ) -> Result<(), OutboxError> {
        let mut work = self.write().await?;
        let newest = work.newest_versions().await?;
        if !newest.iter().any(|old| old.part == part.name && old.digest == part.digest) {
            work.add_version(&CalendarVersion::of(part, person, now)).await?;
        }
        work.commit().await
    }

    pub(in crate::outbox) async fn calendar_versions(&self) -> Result<Vec<CalendarVersion>, OutboxError> {
        let mut work = self.read().await?;
        let newest = work.newest_versions().await?;
        work.commit().await?;
        Ok(newest)
    }
}

impl Work<'_> {
    async fn newest_versions(&mut self) -> Result<Vec<CalendarVersion>, OutboxError> {
        self.rows(sqlx::query(NEWEST)).await?.iter().map(version).collect()
    }

    async fn add_version(&mut self, version: &CalendarVersion) -> Result<(), OutboxError> {
        let CalendarVersion { part, digest, source, person, at } = version.clone();
        let add = sqlx::query(ADD).bind(part).bind(digest).bind(source).bind(person).bind(at.timestamp_micros());
        self.run(add).await.map(drop)
    }
}

fn version(row: &SqliteRow) -> Result<CalendarVersion, OutboxError> {
    Ok(CalendarVersion {
        part: cell(row, 0)?,
        digest: cell(row, 1)?,
        source: cell(row, 2)?,
        person: cell(row, 3)?,
        at: rows::instant(cell(row, 4)?),
    })
}
