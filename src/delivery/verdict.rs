//! What follows from an answer. This is the only place that decides to try again.

use chrono::{DateTime, TimeDelta, Utc};

use super::{DeliverySettings, Haste};
use crate::{
    notice::{Medium, Outcome},
    outbox::{CITIZEN, ClaimedLeg, Next},
};

/// Whom a leg goes to, and by what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    pub person: &'a str,
    pub medium: Medium,
}

impl DeliverySettings {
    /// What follows for a leg from what its channel answered.
    pub(super) fn next(&self, way: Way<'_>, leg: &ClaimedLeg, outcome: &Outcome, now: DateTime<Utc>) -> Next {
        // A wait that was asked for counts from then on, and the random part
        // comes on top of it.
        let asked = |asked: DateTime<Utc>| now + self.back_off.with_jitter((asked - now).max(TimeDelta::seconds(1)));
        let open = |at| self.quiet.first_open(way.person, way.medium, Haste::of(leg.notice.urgent), at);
        match outcome {
            Outcome::Accepted(_) => Next::Accepted,
            Outcome::Refused(_) => Next::Failed,
            Outcome::NotSent { .. } if leg.tries + 1 >= self.max_tries => Next::Dead,
            Outcome::NotSent { not_before, .. } => {
                let wait = now + self.back_off.wait(leg.tries);
                Next::Retry { at: open(not_before.map_or(wait, |not_before| asked(not_before).max(wait))) }
            }
            Outcome::Throttled { until, .. } | Outcome::ChannelDown { until, .. } => {
                Next::Park { until: open(asked(*until)) }
            }
            // Promise 5: never a second SMS to a citizen.
            Outcome::Unknown(_) if way.person == CITIZEN => Next::Unknown,
            Outcome::Unknown(_) if leg.repeats < self.repeats.of(way.person, way.medium) => {
                Next::Repeat { at: open(now + self.back_off.with_jitter(self.repeat_after)) }
            }
            Outcome::Unknown(_) => Next::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        delivery::{BackOff, Jitter},
        notice::{Facts, Failure, Kind, NoticeKey, Receipt, Refusal, Role},
        outbox::{KeptNotice, LegId, NoticeId},
    };

    #[test]
    fn next_follows_the_table_of_answers() {
        let why = || Failure::new("x", "");
        let not_sent = |not_before| Outcome::NotSent { not_before, why: why() };
        let staff = Way { person: "p1", medium: Medium::Sms };
        let mail = Way { person: "p1", medium: Medium::Email };
        let citizen = Way { person: CITIZEN, medium: Medium::Sms };
        let table = [
            ("accepted", staff, leg(0, 0), Outcome::Accepted(Receipt(None)), Next::Accepted),
            ("refused", staff, leg(0, 0), Outcome::Refused(Refusal::Recipient(why())), Next::Failed),
            ("bad content", staff, leg(0, 0), Outcome::Refused(Refusal::Content(why())), Next::Failed),
            ("not sent", staff, leg(0, 0), not_sent(None), Next::Retry { at: at(30) }),
            ("not sent again", staff, leg(2, 0), not_sent(None), Next::Retry { at: at(120) }),
            ("not sent, a wait asked", staff, leg(0, 0), not_sent(Some(at(90))), Next::Retry { at: at(90) }),
            ("not sent, a shorter one asked", staff, leg(2, 0), not_sent(Some(at(9))), Next::Retry { at: at(120) }),
            ("the last try", staff, leg(11, 0), not_sent(None), Next::Dead),
            ("the citizen's last try", citizen, leg(11, 0), not_sent(None), Next::Dead),
            ("full", staff, leg(50, 0), Outcome::Throttled { until: at(60), why: why() }, Next::Park { until: at(60) }),
            (
                "full till now",
                staff,
                leg(0, 0),
                Outcome::Throttled { until: at(0), why: why() },
                Next::Park { until: at(1) },
            ),
            ("out", mail, leg(50, 0), Outcome::ChannelDown { until: at(60), why: why() }, Next::Park { until: at(60) }),
            ("unknown", staff, leg(0, 0), Outcome::Unknown(why()), Next::Repeat { at: at(120) }),
            ("unknown twice", staff, leg(1, 1), Outcome::Unknown(why()), Next::Unknown),
            ("unknown mail", mail, leg(2, 2), Outcome::Unknown(why()), Next::Repeat { at: at(120) }),
            ("unknown mail, once more", mail, leg(3, 3), Outcome::Unknown(why()), Next::Unknown),
            ("unknown to a citizen", citizen, leg(0, 0), Outcome::Unknown(why()), Next::Unknown),
        ];
        let settings = settings();
        for (name, way, leg, outcome, next) in table {
            assert_eq!(settings.next(way, &leg, &outcome, at(0)), next, "{name}");
        }
    }

    #[test]
    fn next_waits_for_the_morning_with_a_retry_at_night() {
        let settings = settings();
        // 20:59:40 in the policy zone; thirty seconds later it is quiet.
        let evening = DateTime::from_timestamp(1_790_081_980, 0).unwrap();
        let outcome = Outcome::NotSent { not_before: None, why: Failure::new("x", "") };
        let staff = Way { person: "p1", medium: Medium::Sms };
        let morning = evening + TimeDelta::seconds(10 * 3600 + 20);
        assert_eq!(settings.next(staff, &leg(0, 0), &outcome, evening), Next::Retry { at: morning });
        let mut urgent = leg(0, 0);
        urgent.notice.urgent = true;
        let soon = evening + TimeDelta::seconds(30);
        assert_eq!(settings.next(staff, &urgent, &outcome, evening), Next::Retry { at: soon });
    }

    fn settings() -> DeliverySettings {
        let back_off = BackOff { jitter: Jitter::None, ..BackOff::default() };
        DeliverySettings { back_off, ..DeliverySettings::default() }
    }

    /// Noon of a day in September 2026, and so many seconds more.
    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_049_600 + second, 0).unwrap()
    }

    fn leg(tries: u32, repeats: u32) -> ClaimedLeg {
        let key = NoticeKey {
            subject: "T/A1/r1".into(),
            kind: Kind::DueToday,
            occurrence: String::new(),
            role: Role::Handler,
        };
        let notice = KeptNotice {
            id: NoticeId(1),
            key,
            ticket: None,
            round: Some(1),
            unit: None,
            category: None,
            due: at(0),
            expires: None,
            urgent: false,
            late: false,
            provisional: false,
            facts: Facts::new(),
        };
        ClaimedLeg { id: LegId(1), attempt: tries + 1, tries, repeats, added: at(0), first: at(0), notice }
    }
}
