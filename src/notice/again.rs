//! Which notices only say again what was said before: these an acknowledgement
//! (签收) stops for the person who gave it. The steps of the ladder it never stops.

use super::{Facts, Kind};

/// What a notice of a repeating kind says again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again {
    /// The steps whose acknowledgement stops it.
    pub of: &'static [Kind],
    /// Facts that must be the same in both: with another deadline, order, form or
    /// beginning it is another matter.
    pub same: &'static [&'static str],
}

/// Every kind that says again what was said before, with what it repeats. All other
/// kinds are said once, or are steps of a ladder: each of these is told.
const REPEATS: [(Kind, &[Kind], &[&str]); 12] = [
    // Art. 7(3): the daily list goes on from the third step.
    (Kind::OverdueDaily, &[Kind::Overdue3, Kind::OverdueDaily], &["due"]),
    (Kind::DispatchOverdue, &[Kind::DispatchOverdue], &["recv"]),
    (Kind::SupervisionOverdue, &[Kind::SupervisionOverdue], &["order", "ds"]),
    (Kind::AuditPending, &[Kind::AuditPending], &["fed_back"]),
    (Kind::SecondRevisitDue, &[Kind::SecondRevisitDue], &["due"]),
    (Kind::ReassignDue, &[Kind::ReassignDue], &["revisited"]),
    (Kind::ExclusionReviewPending, &[Kind::ExclusionReviewPending], &["seen"]),
    (Kind::ArchiveDue, &[Kind::ArchiveDue], &["since"]),
    (Kind::BatchMeetingDue, &[Kind::BatchMeetingDue], &["form"]),
    (Kind::CalendarMissing, &[Kind::CalendarMissing], &["year"]),
    (Kind::SourceDown, &[Kind::SourceDown], &["source", "since"]),
    (Kind::GatewayDown, &[Kind::GatewayDown], &["channel", "since"]),
];

impl Kind {
    /// What a notice of this kind repeats, if it is a repeat of an earlier one.
    pub fn repeats(self) -> Option<Again> {
        let (_, of, same) = REPEATS.into_iter().find(|(kind, _, _)| *kind == self)?;
        Some(Again { of, same })
    }
}

/// A notice as far as an acknowledgement concerns it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The subject as it stands in the key: it names round and assignment.
    pub subject: &'a str,
    pub kind: Kind,
    pub facts: &'a Facts,
}

impl Said<'_> {
    /// Whether an acknowledgement of `acked` stops this notice for that person: it
    /// only says the same again.
    pub fn is_settled_by(&self, acked: &Said<'_>) -> bool {
        let Some(again) = self.kind.repeats().filter(|_| self.subject == acked.subject) else { return false };
        let same = |name: &&str| self.facts.get(*name) == acked.facts.get(*name);
        again.of.contains(&acked.kind) && again.same.iter().all(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Fact;

    #[test]
    fn repeats_names_only_steps_that_come_again() {
        let repeating: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.repeats().is_some()).collect();
        assert_eq!(repeating.len(), REPEATS.len(), "each kind has one row");
        for kind in repeating {
            let again = kind.repeats().unwrap();
            assert!(again.of.contains(&kind), "{kind} repeats itself");
            assert!(!again.same.is_empty(), "{kind} names what makes it another matter");
        }
    }

    #[test]
    fn is_settled_by_the_same_matter_only() {
        let facts = |due: &str| Facts::from([("due".to_owned(), Fact::Text(due.to_owned()))]);
        let (old, new) = (facts("2026-09-16 24:00"), facts("2026-10-14 24:00"));
        let said = |subject, kind, facts| Said { subject, kind, facts };
        let daily = said("T/A/r1", Kind::OverdueDaily, &old);
        for acked in [Kind::OverdueDaily, Kind::Overdue3] {
            assert!(daily.is_settled_by(&said("T/A/r1", acked, &old)), "{acked}");
        }
        assert!(!daily.is_settled_by(&said("T/A/r1", Kind::Overdue2, &old)), "another step");
        assert!(!daily.is_settled_by(&said("T/A/r2", Kind::OverdueDaily, &old)), "another round");
        assert!(!daily.is_settled_by(&said("T/B/r1", Kind::OverdueDaily, &old)), "another ticket");
        assert!(!said("T/A/r1", Kind::OverdueDaily, &new).is_settled_by(&daily), "another deadline");
        let ladder = said("T/A/r1", Kind::Overdue3, &old);
        assert!(!ladder.is_settled_by(&said("T/A/r1", Kind::Overdue2, &old)), "the ladder goes on");
        assert!(!ladder.is_settled_by(&ladder), "a step of the ladder is told whatever was acknowledged");
    }
}
