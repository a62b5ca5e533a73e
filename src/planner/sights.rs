//! Facts of a ticket that its row shows without a time, or overwrites.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    rules::{Count, Standing},
    ticket::{ReturnResult, Supervision, Ticket},
};

/// What a row shows without a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// 不纳入测评 without the deputy's approval.
    Excluded,
    /// 状态 is 已办结, and 办结时间 is empty.
    Concluded,
    /// 审核结果 is 退回, and 审核时间 is empty.
    Rejected,
    /// 已退回上级: if it comes again, it must not be returned.
    ReturnedUpstream,
    /// 是否督办 or 领导批示.
    Supervised(Supervision),
}

impl Sight {
    const ALL: [Sight; 9] = [
        Sight::Excluded,
        Sight::Concluded,
        Sight::Rejected,
        Sight::ReturnedUpstream,
        Sight::Supervised(Supervision::Upstream),
        Sight::Supervised(Supervision::LeaderNote),
        Sight::Supervised(Supervision::Review),
        Sight::Supervised(Supervision::Untrue),
        Sight::Supervised(Supervision::Many),
    ];

    /// Its name in the ledger.
    pub(super) fn text(self) -> String {
        match self {
            Sight::Excluded => "excluded".into(),
            Sight::Concluded => "concluded".into(),
            Sight::Rejected => "rejected".into(),
            Sight::ReturnedUpstream => "returned-upstream".into(),
            Sight::Supervised(supervision) => format!("supervised-{}", supervision.id()),
        }
    }

    pub(super) fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sight| sight.text() == name)
    }
}

/// A decided application for a return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub applied: DateTime<Utc>,
    pub result: ReturnResult,
    /// When it was decided, as near as the row tells.
    pub at: DateTime<Utc>,
    /// The unit that had applied.
    pub unit: String,
}

impl Decision {
    /// The decision in the row; its instant is only known to the ledger.
    pub(super) fn of(ticket: &Ticket) -> Option<Self> {
        let applied = ticket.return_applied?;
        let result = ticket.return_result.filter(|result| *result != ReturnResult::Pending)?;
        let at = ticket.updated.filter(|updated| !updated.is_date_only() && updated.is_after(applied));
        Some(Self { applied: applied.at(), result, at: at.unwrap_or(applied).at(), unit: String::new() })
    }

    /// `agreed/1772525400/unit`; without the middle part, the instant it is first seen counts.
    pub(super) fn text(&self, unit: &str) -> String {
        let result = if self.result == ReturnResult::Agreed { "agreed" } else { "refused" };
        let at = if self.at == self.applied { String::new() } else { self.at.timestamp().to_string() };
        format!("{result}/{at}/{unit}")
    }

    pub(super) fn read(applied: &str, value: &str, first_seen: DateTime<Utc>) -> Option<Self> {
        let mut parts = value.splitn(3, '/');
        let result = match parts.next()? {
            "agreed" => ReturnResult::Agreed,
            "refused" => ReturnResult::Refused,
            _ => return None,
        };
        let at = parts.next().and_then(instant).unwrap_or(first_seen);
        Some(Self { applied: instant(applied)?, result, at, unit: parts.next().unwrap_or_default().into() })
    }
}

fn instant(secs: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(secs.parse().ok()?, 0)
}

/// An end of the conclusion limit with what it was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub round: u16,
    pub n: u32,
    pub due: DateTime<Utc>,
    pub start: NaiveDate,
    pub class: String,
    /// `3个工作日`: the limit without the extension.
    pub count: u32,
    /// Days of the extension, 0 without.
    pub extension: u32,
    pub first_seen: DateTime<Utc>,
}

impl Version {
    /// The version of now; nothing is computed anew for a ticket that is concluded.
    pub(super) fn of(ticket: &Ticket, standing: &Standing) -> Option<Self> {
        let due = standing.conclusion.filter(|_| !standing.is_concluded(ticket))?;
        Some(Self {
            round: standing.round,
            n: 0,
            due: due.due,
            start: due.start,
            class: standing.class.id().into(),
            count: due.count.days(),
            extension: due.extended.map_or(0, |extended| Count::days(extended.count)),
            first_seen: due.due,
        })
    }

    /// `1758124800/2025-09-11/complex/3/0`.
    pub(super) fn text(&self) -> String {
        format!("{}/{}/{}/{}/{}", self.due.timestamp(), self.start, self.class, self.count, self.extension)
    }

    /// Reads what a `due:1-2` fact is about: round and ordinal.
    pub(super) fn read(name: &str, value: &str, first_seen: DateTime<Utc>) -> Option<Self> {
        let (round, n) = name.split_once('-')?;
        let mut parts = value.split('/');
        let mut part = || parts.next();
        Some(Self {
            round: round.parse().ok()?,
            n: n.parse().ok()?,
            due: instant(part()?)?,
            start: part()?.parse().ok()?,
            class: part()?.into(),
            count: part()?.parse().ok()?,
            extension: part()?.parse().ok()?,
            first_seen,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_it_was_written() {
        let first_seen = DateTime::UNIX_EPOCH;
        let version = Version::read("2-3", "1758124800/2025-09-11/complex/3/15", first_seen).unwrap();
        assert_eq!((version.round, version.n, version.count, version.extension), (2, 3, 3, 15));
        assert_eq!(version.text(), "1758124800/2025-09-11/complex/3/15");
        for (name, value) in [("2", "1/2025-09-11/complex/3/0"), ("2-3", "1/2025-09-31/complex/3/0"), ("2-3", "")] {
            assert_eq!(Version::read(name, value, first_seen), None, "{name} {value}");
        }
    }

    #[test]
    fn a_decision_without_an_instant_has_that_of_its_first_sight() {
        let first_seen = instant("1772525400").unwrap();
        let decision = Decision::read("1772503200", "refused//河道/管理站", first_seen).unwrap();
        assert_eq!((decision.at, decision.unit.as_str()), (first_seen, "河道/管理站"));
        assert_eq!(decision.result, ReturnResult::Refused);
        assert_eq!(Decision::read("1772503200", "perhaps//x", first_seen), None);
        assert_eq!(Decision::read("soon", "agreed//x", first_seen), None);
    }
}
