//! What a form is about, as its subject in the ledger says.

use crate::{notice::Kind, outbox::Series, planner::Order, ticket::TicketNo};

/// What a form is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A ticket in a round, and the kind of notice that told of the order; none if
    /// it was issued by hand.
    Ticket { no: TicketNo, round: u16, kind: Option<Kind> },
    /// A repeat group, by its first ticket, and the same.
    Group { first: TicketNo, kind: Option<Kind> },
}

impl About {
    /// Reads a subject: `T/no/r1|overdue-3|1782262800`, `G/no|batch-form-issued|size5`.
    pub fn read(subject: &str) -> Option<Self> {
        let mut parts = subject.rsplitn(3, '|').skip(1);
        let (kind, of) = (parts.next()?, parts.next()?);
        if let Some(first) = of.strip_prefix("G/") {
            return Some(Self::Group { first: TicketNo::new(first), kind: Kind::from_id(kind) });
        }
        let (no, rest) = of.strip_prefix("T/")?.rsplit_once("/r")?;
        let round = rest.split('/').next()?.parse().ok()?;
        Some(Self::Ticket { no: TicketNo::new(no), round, kind: Kind::from_id(kind) })
    }

    /// The ticket under which the ledger remembers it, and the round.
    pub fn holder(&self) -> (&TicketNo, u16) {
        match self {
            Self::Ticket { no, round, .. } => (no, *round),
            Self::Group { first, .. } => (first, 0),
        }
    }
}

/// The series of the form that a kind of notice is told with.
pub fn series(kind: Kind) -> Option<Series> {
    if matches!(kind, Kind::Overdue3 | Kind::SupervisionOrder) {
        Some(Series::Order)
    } else if kind == Kind::BatchFormIssued {
        Some(Series::Batch)
    } else {
        None
    }
}

/// A form as the planner knows it.
pub fn order(form: &crate::outbox::IssuedForm) -> Order {
    // A fact has whole seconds, and both must be equal.
    let issued = chrono::DateTime::from_timestamp(form.issued.timestamp(), 0).unwrap_or(form.issued);
    Order { year: form.year, number: form.number, issued }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_takes_the_subjects_that_forms_have_and_no_others() {
        let ticket = |no: &str, round, kind| Some(About::Ticket { no: TicketNo::new(no), round, kind });
        let rows = [
            ("T/A1/r2|overdue-3|1782262800", ticket("A1", 2, Some(Kind::Overdue3))),
            ("T/A/r9/r1|supervision-order|x", ticket("A/r9", 1, Some(Kind::SupervisionOrder))),
            ("T/A1/r1|by-hand|", ticket("A1", 1, None)),
            (
                "G/A1|batch-form-issued|size5",
                Some(About::Group { first: TicketNo::new("A1"), kind: Some(Kind::BatchFormIssued) }),
            ),
            ("Y/2026|calendar-missing|", None),
            ("T/A1|overdue-3|1", None),
            ("A1", None),
        ];
        for (subject, expected) in rows {
            assert_eq!(About::read(subject), expected, "{subject}");
        }
    }
}
