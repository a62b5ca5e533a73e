//! Numbers of forms.

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;

use super::{SqliteLedger, Work, cell, list, rows};
use crate::outbox::{FormFilter, IssuedForm, NewForm, OutboxError, Series};

// The writer is alone between reading the last number and adding the next.
const ISSUE: &str = "INSERT INTO form (kind, year, number, subject, issued_at) \
     SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4 FROM form WHERE kind = ?1 AND year = ?2";
const REMEMBER: &str = "INSERT INTO fact (ticket, round, assignment, what, value, first_seen) \
     VALUES (?1, ?2, 0, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

const OF: &str = "SELECT id, kind, year, number, subject, issued_at FROM form WHERE kind = ?1 AND subject = ?2";
const OF_SUBJECTS: &str = "SELECT id, kind, year, number, subject, issued_at FROM form \
     WHERE subject IN (SELECT value FROM json_each(?1)) ORDER BY year, kind, number";
// A number may hold what LIKE takes for a pattern.
const OF_SCOPE: &str = "SELECT id, kind, year, number, subject, issued_at FROM form \
     WHERE substr(subject, 1, length(?1) + 1) IN (?1 || '/', ?1 || '|') ORDER BY year, kind, number";
const OF_SERIES: &str = "SELECT id, kind, year, number, subject, issued_at FROM form WHERE kind = ?1 \
     ORDER BY year, number";
const SINCE: &str = "SELECT id, kind, year, number, subject, issued_at FROM form WHERE issued_at >= ?1 \
     ORDER BY year, kind, number";

impl SqliteLedger {
    pub(in crate::outbox) async fn issue_forms(
        &self,
        forms: &[NewForm],
        now: DateTime<Utc>,
    ) -> Result<Vec<IssuedForm>, OutboxError> {
        if forms.is_empty() {
            return Ok(Vec::new());
        }
        let mut work = self.write().await?;
        let mut issued = Vec::with_capacity(forms.len());
        for form in forms {
            issued.push(work.issue(form, now).await?);
        }
        work.commit().await?;
        Ok(issued)
    }

    pub(in crate::outbox) async fn forms(&self, filter: FormFilter<'_>) -> Result<Vec<IssuedForm>, OutboxError> {
        let statement = match filter {
            FormFilter::Subjects(subjects) => sqlx::query(OF_SUBJECTS).bind(list(subjects)),
            FormFilter::Scope(scope) => sqlx::query(OF_SCOPE).bind(scope.to_owned()),
            FormFilter::Series(series) => sqlx::query(OF_SERIES).bind(series.id()),
            FormFilter::Since(since) => sqlx::query(SINCE).bind(since.timestamp_micros()),
        };
        let mut work = self.read().await?;
        let found = work.rows(statement).await?;
        work.commit().await?;
        found.iter().map(form).collect()
    }
}

impl Work<'_> {
    async fn issue(&mut self, form: &NewForm, now: DateTime<Utc>) -> Result<IssuedForm, OutboxError> {
        let issued = match self.form_of(form).await? {
            Some(issued) => issued,
            None => {
                let add = sqlx::query(ISSUE).bind(form.series.id()).bind(form.year).bind(form.subject.clone());
                self.run(add.bind(now.timestamp_micros())).await?;
                let missing = OutboxError::Missing { what: "form of year", id: form.year.into() };
                self.form_of(form).await?.ok_or(missing)?
            }
        };
        if let Some((ticket, round)) = &form.remembered_by {
            let what = format!("{}:{}-{}", issued.series.id(), issued.year, issued.number);
            let fact = sqlx::query(REMEMBER).bind(ticket.as_str().to_owned()).bind(*round).bind(what);
            let at = issued.issued;
            self.run(fact.bind(at.timestamp().to_string()).bind(at.timestamp_micros())).await?;
        }
        Ok(issued)
    }

    async fn form_of(&mut self, new: &NewForm) -> Result<Option<IssuedForm>, OutboxError> {
        let row = self.row(sqlx::query(OF).bind(new.series.id()).bind(new.subject.clone())).await?;
        row.as_ref().map(form).transpose()
    }
}

fn form(row: &SqliteRow) -> Result<IssuedForm, OutboxError> {
    let (id, kind): (i64, String) = (cell(row, 0)?, cell(row, 1)?);
    let (year, number): (i64, i64) = (cell(row, 2)?, cell(row, 3)?);
    Ok(IssuedForm {
        series: Series::from_id(&kind).ok_or_else(|| rows::odd("form", id, "kind", kind))?,
        year: i32::try_from(year).map_err(|_| rows::odd("form", id, "year", year.to_string()))?,
        number: u32::try_from(number).map_err(|_| rows::odd("form", id, "number", number.to_string()))?,
        subject: cell(row, 4)?,
        issued: rows::instant(cell(row, 5)?),
    })
}
