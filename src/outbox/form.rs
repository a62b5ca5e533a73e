//! Forms issued: each has a number of its series and year, given once.

use chrono::{DateTime, Utc};

use super::{Outbox, OutboxError};
use crate::{notice::form_number, ticket::TicketNo};

/// A kind of form with numbers of its own in each year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Series {
    /// 批办单 (art. 13).
    Batch,
    /// 督办单.
    Order,
}

impl Series {
    /// Every series.
    pub const ALL: [Series; 2] = [Series::Batch, Series::Order];

    /// The stable name, also in paths of files.
    pub fn id(self) -> &'static str {
        match self {
            Series::Batch => "batch",
            Series::Order => "order",
        }
    }

    /// The series of a stable name.
    pub fn from_id(id: &str) -> Option<Series> {
        Series::ALL.into_iter().find(|series| series.id() == id)
    }

    /// The form as the clerk calls it.
    pub fn chinese(self) -> &'static str {
        match self {
            Series::Batch => "批办单",
            Series::Order => "督办单",
        }
    }
}

/// A form that is to have a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewForm {
    pub series: Series,
    /// The civil year in which it is issued.
    pub year: i32,
    /// What it is about: the key of its notice without the role. One subject has
    /// one form of a series, ever.
    pub subject: String,
    /// The ticket and round that remember it as a fact, in the same commit:
    /// `order:2026-7`, with the instant of issue in seconds.
    pub remembered_by: Option<(TicketNo, u16)>,
}

/// A form that has its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedForm {
    pub series: Series,
    pub year: i32,
    pub number: u32,
    pub subject: String,
    pub issued: DateTime<Utc>,
}

impl IssuedForm {
    /// Its number as papers write it: `〔2026〕3号`.
    pub fn text(&self) -> String {
        form_number(self.year, self.number)
    }

    /// Its name in the folder of forms, without an ending: `2026/batch-3`.
    pub fn name(&self) -> String {
        format!("{}/{}-{}", self.year, self.series.id(), self.number)
    }
}

/// Which issued forms to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormFilter<'a> {
    /// Those of these subjects.
    Subjects(&'a [String]),
    /// Those about a ticket in any round, or about a group: `T/no`, `G/no`.
    Scope(&'a str),
    /// A whole series.
    Series(Series),
    /// Those issued at this instant or later.
    Since(DateTime<Utc>),
}

impl Outbox {
    /// Gives each form its number, in the order asked, in one commit. A subject
    /// that has one keeps it, whoever asks and however often; the numbers of a
    /// series and year have no gaps.
    ///
    /// # Errors
    ///
    /// When the ledger fails; no number is given then.
    pub async fn issue_forms(&self, forms: &[NewForm], now: DateTime<Utc>) -> Result<Vec<IssuedForm>, OutboxError> {
        self.ledger.issue_forms(forms, now).await
    }

    /// Issued forms, by year, series and number.
    ///
    /// # Errors
    ///
    /// When the ledger fails.
    pub async fn forms(&self, filter: FormFilter<'_>) -> Result<Vec<IssuedForm>, OutboxError> {
        self.ledger.forms(filter).await
    }
}
