//! What fails beside the tickets: a source that cannot be read, a channel that
//! hands nothing over.
//!
//! How something fares is remembered between looks and restarts as [`Health`].
//! An outage is told when it has lasted, each hour of its first day and then each
//! day; one that comes and goes is told no oftener than hourly all the same.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::notice::{Fact, Facts, Kind, Notice, Occurrence, Subject};

use super::{Plan, words};

const HOUR: TimeDelta = TimeDelta::hours(1);
const DAY: TimeDelta = TimeDelta::days(1);

/// What makes failures an outage that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// So many in a row.
    pub failures: u32,
    /// For so long.
    pub lasting: TimeDelta,
}

impl Patience {
    /// Of a source: the third poll that fails.
    pub const SOURCE: Patience = Patience { failures: 3, lasting: TimeDelta::zero() };
    /// Of a channel: ten minutes in which nothing got through.
    pub const GATEWAY: Patience = Patience { failures: 1, lasting: TimeDelta::minutes(10) };
}

/// How a source or a channel fares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    outage: Option<Outage>,
    restored: Option<Restored>,
    /// When an outage was last told, this or one before.
    told: Option<DateTime<Utc>>,
}

/// Failures in a row, with nothing good between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Outage {
    since: DateTime<Utc>,
    last: DateTime<Utc>,
    failures: u32,
    /// Since when it is told.
    alarm: Option<DateTime<Utc>>,
}

/// An outage that was told and is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Restored {
    since: DateTime<Utc>,
    at: DateTime<Utc>,
}

impl Health {
    /// It failed once more.
    pub fn fails(&mut self, now: DateTime<Utc>) {
        let outage = self.outage.get_or_insert(Outage { since: now, last: now, failures: 0, alarm: None });
        outage.failures = outage.failures.saturating_add(1);
        outage.last = now;
    }

    /// It went well.
    pub fn mends(&mut self, now: DateTime<Utc>) {
        if let Some(outage) = self.outage.take().filter(|outage| outage.alarm.is_some()) {
            self.restored = Some(Restored { since: outage.since, at: now });
        }
    }

    /// Whether it failed last.
    pub fn is_failing(&self) -> bool {
        self.outage.is_some()
    }

    /// When it failed last, if nothing went well since.
    pub fn last_failure(&self) -> Option<DateTime<Utc>> {
        self.outage.as_ref().map(|outage| outage.last)
    }

    /// Notices that an outage has lasted, and that another step of it is due.
    pub fn look(&mut self, patience: Patience, now: DateTime<Utc>) {
        let told = self.told;
        let Some(outage) = &mut self.outage else { return };
        if outage.alarm.is_none() && outage.failures >= patience.failures && now >= ripe(outage, patience, told) {
            outage.alarm = Some(now);
        }
        if let Some(alarm) = outage.alarm {
            self.told = Some(step(alarm, now).0);
        }
    }

    /// When [`Health::look`] may find something by time alone.
    pub fn next(&self, patience: Patience, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let outage = self.outage.as_ref()?;
        match outage.alarm {
            Some(alarm) => Some(step(alarm, now).1),
            None if outage.failures >= patience.failures => Some(ripe(outage, patience, self.told)),
            None => None,
        }
    }
}

/// When an outage is to be told at the earliest.
fn ripe(outage: &Outage, patience: Patience, told: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let lasted = outage.since + patience.lasting;
    told.map_or(lasted, |told| lasted.max(told + HOUR))
}

/// The step of an outage that is due, and the next: hourly for a day, then daily.
fn step(alarm: DateTime<Utc>, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let passed = (now - alarm).max(TimeDelta::zero());
    let (unit, steps) = match passed < DAY {
        true => (HOUR, passed.num_hours()),
        false => (DAY, passed.num_days()),
    };
    let steps = i32::try_from(steps).unwrap_or(i32::MAX);
    let due = alarm + unit * steps;
    (due, due + unit)
}

/// source-down and source-restored: at the third poll in a row that failed, and
/// when the source can be read again.
pub fn source(name: &str, health: &Health, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan::default();
    let subject = || Subject::Source(name.to_owned());
    if let Some((outage, due)) = told(health, now) {
        let (since, n) = (event(outage.since), words::number(outage.failures));
        let facts = facts([("source", words::text(name)), ("since", since), ("n", n)]);
        plan.notices.push(notice(Kind::SourceDown, subject(), due, facts));
    } else if let Some(Restored { since, at }) = &health.restored {
        let facts = facts([("source", words::text(name)), ("since", event(*since)), ("at", event(*at))]);
        let restored = notice(Kind::SourceRestored, subject(), *at, facts);
        plan.notices.push(Notice { expires: Some(*at + DAY), ..restored });
    }
    plan.next = health.next(Patience::SOURCE, now);
    plan
}

/// What is told of a channel besides its health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gateway<'a> {
    /// Its name in the settings: the notice goes by any other.
    pub name: &'a str,
    /// What it is called: 短信, 邮件, or its name.
    pub called: &'a str,
    /// Messages that wait for it.
    pub waiting: u64,
}

/// gateway-down: when nothing got through for ten minutes, as long as something
/// waits or has failed within the hour.
pub fn gateway(gateway: Gateway<'_>, health: &Health, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan { notices: Vec::new(), next: health.next(Patience::GATEWAY, now) };
    let is_still = |outage: &Outage| gateway.waiting > 0 || outage.last + HOUR > now;
    if let Some((outage, due)) = told(health, now).filter(|(outage, _)| is_still(outage)) {
        let waiting = i64::try_from(gateway.waiting).unwrap_or(i64::MAX);
        let facts = facts([
            ("channel", words::text(gateway.called)),
            ("since", event(outage.since)),
            ("n", words::number(outage.failures)),
            ("waiting", words::number(waiting)),
        ]);
        plan.notices.push(notice(Kind::GatewayDown, Subject::Channel(gateway.name.to_owned()), due, facts));
    }
    plan
}

/// Settings that were read again and do not fit: those in force stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// When they were read first.
    pub since: DateTime<Utc>,
    /// What is wrong with them, as it is told; nothing of a ticket is in it.
    pub lines: Vec<String>,
}

/// settings-refused: once for each set of faults.
pub fn refused(name: &str, refused: &Refused) -> Plan {
    let lines = Fact::List(refused.lines.clone());
    let facts = facts([("source", words::text(name)), ("since", event(refused.since)), ("lines", lines)]);
    let notice = notice(Kind::SettingsRefused, Subject::Source(name.to_owned()), refused.since, facts);
    Plan { notices: vec![notice], next: None }
}

/// The outage that is told, with the step that is due.
fn told(health: &Health, now: DateTime<Utc>) -> Option<(&Outage, DateTime<Utc>)> {
    let outage = health.outage.as_ref()?;
    outage.alarm.map(|alarm| (outage, step(alarm, now).0))
}

fn facts<const N: usize>(pairs: [(&str, Fact); N]) -> Facts {
    pairs.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
}

fn event(instant: DateTime<Utc>) -> Fact {
    words::text(words::event(instant))
}

fn notice(kind: Kind, subject: Subject, due: DateTime<Utc>, mut facts: Facts) -> Notice {
    facts.insert("notice_id".into(), words::text(format!("{kind}/{}", subject.text())));
    Notice { facts, ..Notice::new(kind, subject, Occurrence::Due(due), due) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + minute * 60, 0).unwrap()
    }

    fn failing(health: &mut Health, patience: Patience, minutes: impl IntoIterator<Item = i64>) {
        for minute in minutes {
            health.fails(at(minute));
            health.look(patience, at(minute));
        }
    }

    fn of_source(health: &Health, minute: i64) -> Vec<(Kind, DateTime<Utc>)> {
        source("工单库", health, at(minute)).notices.iter().map(|notice| (notice.kind, notice.due)).collect()
    }

    /// Every step of an outage that is looked at each minute.
    fn steps(minutes: i64) -> Vec<i64> {
        let mut health = Health::default();
        let mut told = Vec::new();
        for minute in 0..minutes {
            failing(&mut health, Patience::SOURCE, [minute]);
            let due = of_source(&health, minute).iter().map(|(_, due)| (*due - at(0)).num_minutes()).next();
            if told.last() != due.as_ref() {
                told.extend(due);
            }
        }
        told
    }

    #[test]
    fn a_source_is_told_down_at_the_third_failure_and_restored_once_it_was() {
        let mut health = Health::default();
        failing(&mut health, Patience::SOURCE, [0, 1]);
        assert_eq!(of_source(&health, 1), []);
        health.mends(at(2));
        assert_eq!(of_source(&health, 2), [], "nobody was told that it was down");
        failing(&mut health, Patience::SOURCE, [3, 4, 5]);
        assert_eq!(of_source(&health, 5), [(Kind::SourceDown, at(5))]);
        let down = source("工单库", &health, at(5)).notices.remove(0);
        assert_eq!((&down.facts["n"], &down.facts["source"]), (&Fact::Number(3), &Fact::Text("工单库".into())));
        health.mends(at(6));
        assert_eq!(of_source(&health, 6), [(Kind::SourceRestored, at(6))]);
        failing(&mut health, Patience::SOURCE, [7]);
        assert_eq!(of_source(&health, 7), [(Kind::SourceRestored, at(6))], "one failure is no outage");
    }

    #[test]
    fn an_outage_is_told_hourly_for_a_day_and_then_daily() {
        let hours: Vec<i64> = steps(4 * 24 * 60).iter().map(|minute| (minute - 2) / 60).collect();
        let expected: Vec<i64> = (0..24).chain([24, 48, 72]).collect();
        assert_eq!(hours, expected);
    }

    #[test]
    fn an_outage_that_comes_and_goes_is_told_no_oftener_than_hourly() {
        let mut health = Health::default();
        let mut told = Vec::new();
        for minute in 0..300 {
            if minute % 5 == 4 {
                health.mends(at(minute));
            } else {
                failing(&mut health, Patience::SOURCE, [minute]);
            }
            told.extend(of_source(&health, minute).into_iter().filter(|(kind, _)| *kind == Kind::SourceDown));
        }
        told.dedup();
        assert!(told.len() > 3, "{told:?}");
        for pair in told.windows(2) {
            assert!(pair[1].1 - pair[0].1 >= HOUR, "{told:?}");
        }
    }

    #[test]
    fn a_channel_is_told_down_after_ten_minutes_in_which_nothing_got_through() {
        let mut health = Health::default();
        let seen = |health: &Health, waiting, minute| {
            let which = Gateway { name: "kannel", called: "短信", waiting };
            gateway(which, health, at(minute)).notices
        };
        failing(&mut health, Patience::GATEWAY, [0, 5, 9]);
        assert!(seen(&health, 4, 9).is_empty());
        assert_eq!(health.next(Patience::GATEWAY, at(9)), Some(at(10)));
        health.look(Patience::GATEWAY, at(10));
        let down = seen(&health, 4, 10).remove(0);
        let facts = ["channel", "n", "waiting"].map(|name| down.facts[name].clone());
        assert_eq!(facts, [Fact::Text("短信".into()), Fact::Number(3), Fact::Number(4)]);
        assert_eq!(down.subject.text(), "C/kannel");
        assert!(seen(&health, 0, 70).is_empty(), "nothing waits and nothing fails");
        assert_eq!(seen(&health, 1, 70).len(), 1);
        health.mends(at(71));
        assert!(seen(&health, 4, 71).is_empty());
    }

    #[test]
    fn health_is_as_it_was_after_it_was_written_down() {
        let mut health = Health::default();
        failing(&mut health, Patience::SOURCE, [0, 1, 2]);
        let text = serde_json::to_string(&health).unwrap();
        assert_eq!(serde_json::from_str::<Health>(&text).unwrap(), health);
        assert!(serde_json::from_str::<Health>("{}").is_ok(), "what an older program wrote is read");
    }
}
