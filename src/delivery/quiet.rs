//! Quiet hours: an SMS is deferred, never dropped.

use chrono::{DateTime, NaiveTime, Utc};

use crate::{calendar::civil, outbox::CITIZEN, roster::Medium};

/// A span of the day in which no SMS leaves, in the policy zone. It may run over
/// midnight; `from` equal to `to` is no span at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The first quiet instant of the day.
    pub from: NaiveTime,
    /// The first instant that is no longer quiet.
    pub to: NaiveTime,
}

/// When SMS wait (A33). Mail does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// For staff; urgent notices do not wait.
    pub staff: Quiet,
    /// For citizens, without exception.
    pub citizen: Quiet,
}

impl Default for QuietHours {
    fn default() -> Self {
        let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or(NaiveTime::MIN);
        Self {
            staff: Quiet { from: time(21, 0), to: time(7, 0) },
            citizen: Quiet { from: time(20, 30), to: time(8, 0) },
        }
    }
}

/// Whether quiet hours hold a notice back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    Ordinary,
    /// On a class urgent ticket.
    Urgent,
}

impl Haste {
    /// Of a notice's flag.
    pub fn of(urgent: bool) -> Self {
        if urgent { Self::Urgent } else { Self::Ordinary }
    }
}

impl QuietHours {
    /// The first instant from `at` on at which a message may go to a person.
    pub fn first_open(&self, person: &str, medium: Medium, haste: Haste, at: DateTime<Utc>) -> DateTime<Utc> {
        let quiet = match (medium, haste) {
            (Medium::Email | Medium::Chat | Medium::Webhook | Medium::File, Haste::Ordinary | Haste::Urgent) => {
                return at;
            }
            (Medium::Sms, Haste::Ordinary | Haste::Urgent) if person == CITIZEN => self.citizen,
            (Medium::Sms, Haste::Urgent) => return at,
            (Medium::Sms, Haste::Ordinary) => self.staff,
        };
        quiet.end(at).unwrap_or(at)
    }
}

impl Quiet {
    /// The end of the quiet span that `at` lies in; `None` if it lies in none.
    pub fn end(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = at.with_timezone(&civil::zone());
        let (day, time) = (local.date_naive(), local.time());
        let end_day = if self.from <= self.to {
            (self.from <= time && time < self.to).then_some(day)
        } else if time >= self.from {
            day.succ_opt()
        } else {
            (time < self.to).then_some(day)
        };
        Some(civil::instant(end_day?.and_time(self.to)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_agrees_with_a_walk_over_the_day_for_every_pair_of_half_hours() {
        let time = |half: u32| NaiveTime::from_hms_opt(half / 2 % 24, half % 2 * 30, 0).unwrap();
        let day = chrono::NaiveDate::from_ymd_opt(2026, 9, 30).unwrap();
        for (from, to, now) in triples() {
            let quiet = Quiet { from: time(from), to: time(to) };
            let at = civil::instant(day.and_time(time(now)));
            // Walking on from now: the first half hour that is not quiet.
            let is_quiet = |half: u32| (half + 48 - from) % 48 < (to + 48 - from) % 48;
            let walked = (now..now + 48).find(|half| !is_quiet(half % 48)).unwrap();
            let expected = (walked > now).then(|| at + chrono::TimeDelta::minutes(i64::from(walked - now) * 30));
            assert_eq!(quiet.end(at), expected, "{quiet:?} at {now}");
        }
    }

    fn triples() -> impl Iterator<Item = (u32, u32, u32)> {
        (0..48).flat_map(|from| (0..48).flat_map(move |to| (0..48).map(move |now| (from, to, now))))
    }

    #[test]
    fn first_open_holds_staff_sms_at_night_and_no_mail() {
        let hours = QuietHours::default();
        let at =
            |day: u32, hour, minute| civil::at(chrono::NaiveDate::from_ymd_opt(2026, 9, day).unwrap(), hour, minute);
        let night = at(30, 21, 0);
        let open = |person, medium, haste| hours.first_open(person, medium, haste, night);
        assert_eq!(open("p1", Medium::Sms, Haste::Ordinary), at(30, 7, 0) + chrono::TimeDelta::days(1));
        assert_eq!(open("p1", Medium::Sms, Haste::Urgent), night);
        assert_eq!(open("p1", Medium::Email, Haste::Ordinary), night);
        assert_eq!(open(CITIZEN, Medium::Sms, Haste::Urgent), at(30, 8, 0) + chrono::TimeDelta::days(1));
        let evening = at(30, 20, 29);
        assert_eq!(hours.first_open(CITIZEN, Medium::Sms, Haste::Ordinary, evening), evening);
    }
}
