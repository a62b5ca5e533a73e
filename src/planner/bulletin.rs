//! Art. 11: the bulletin of each week and month, to the desk, and to the units'
//! leaders once the desk has released it.

use std::{ops::Range, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    calendar::civil,
    notice::{Fact, Facts, Kind, Notice, Occurrence, Period, Role, Subject},
    rules::rates::Bulletin,
};

use super::words;

/// A bulletin that was made and stored, as the ledger remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// 1 for the first, more for a corrected one.
    pub revision: u16,
    /// The instant at which it was to be made.
    pub due: DateTime<Utc>,
    /// The instant as of which it is.
    pub cut: DateTime<Utc>,
    /// What the readings of the rates were called.
    pub version: String,
    /// How many tickets came in.
    pub n: u64,
    /// Where it is stored, without the endings of the files.
    pub path: String,
    /// The rates in a few lines.
    pub lines: Vec<String>,
    /// The units it tells of.
    pub units: Vec<String>,
    /// A print of what makes it wrong when it changes.
    pub figures: String,
}

/// That the desk lets the units' leaders have a bulletin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    pub revision: u16,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// The kind of a period's bulletin.
pub fn kind(period: Period) -> Kind {
    match period {
        Period::Week(_) => Kind::WeeklyBulletin,
        Period::Month(_) => Kind::MonthlyBulletin,
    }
}

/// When the bulletin of a period is due: on the first day after it.
pub fn due(period: Period, rules: &Bulletin) -> DateTime<Utc> {
    rules.at.on(period.after().first())
}

/// The week and the month whose bulletins came due last.
pub fn last_due(now: DateTime<Utc>, rules: &Bulletin) -> [Period; 2] {
    let today = civil::day_of(now);
    [Period::week_of(today), Period::month_of(today)].map(|period| {
        let before = period.before();
        if due(before, rules) <= now { before } else { before.before() }
    })
}

/// When the next bulletin of either kind is due.
pub fn next_due(now: DateTime<Utc>, rules: &Bulletin) -> DateTime<Utc> {
    let [week, month] = last_due(now, rules).map(|period| due(period.after(), rules));
    week.min(month)
}

/// The months that are looked at again with a weekly bulletin, the oldest first.
pub fn corrigible(now: DateTime<Utc>, rules: &Bulletin) -> Vec<Period> {
    let today = civil::day_of(now);
    let is_open = |month: &Period| (today - month.last()).num_days() <= i64::from(rules.corrections_days);
    let months = std::iter::successors(Some(Period::month_of(today).before()), |month| Some(month.before()));
    let mut months: Vec<Period> = months.take_while(is_open).collect();
    months.reverse();
    months
}

/// What is wanted for a bulletin that was issued: for the desk at once, and for the
/// leaders of its units once it was released; each in a set of its own.
pub fn bulletin(period: Period, issued: &Issued, released: Option<&Released>, late: TimeDelta) -> Vec<Notice> {
    let facts = facts(period, issued);
    let mut desk = notice(period, issued.due, facts.clone());
    desk.occurrence = Occurrence::Revision(issued.revision);
    desk.late = issued.cut - issued.due > late;
    let mut wanted = vec![desk];
    // A release is of what the desk has seen, not of a correction after it.
    let released = released.filter(|released| released.revision == issued.revision);
    for unit in released.map(|_| &issued.units).into_iter().flatten() {
        let at = released.map_or(issued.due, |released| released.at);
        let unit: Arc<str> = Arc::from(unit.as_str());
        wanted.push(Notice {
            subject: Subject::Period { period, unit: Some(unit.clone()) },
            occurrence: Occurrence::Revision(issued.revision),
            roles: vec![Role::Chief],
            unit: Some(unit),
            ..notice(period, at, facts.clone())
        });
    }
    wanted
}

/// The bulletins that come due in a span, as far as they can be known before.
pub fn bulletins_ahead(span: Range<DateTime<Utc>>, rules: &Bulletin) -> Vec<Notice> {
    let ahead = |last: Period| {
        std::iter::successors(Some(last.after()), |period| Some(period.after()))
            .take_while(|period| due(*period, rules) < span.end)
    };
    let periods = last_due(span.start, rules).into_iter().flat_map(ahead);
    periods.map(|period| notice(period, due(period, rules), Facts::new())).collect()
}

fn facts(period: Period, issued: &Issued) -> Facts {
    let number = |n: u32| words::number(n);
    let own = match period {
        Period::Week(_) => vec![("week", number(period.number()))],
        Period::Month(_) => {
            let revision = number(issued.revision.into());
            vec![("month", number(period.number())), ("r", revision), ("version", words::text(&issued.version))]
        }
    };
    let pairs = [
        ("year", words::number(period.year())),
        ("from", words::text(period.first().to_string())),
        ("to", words::text(period.last().to_string())),
        ("cut", words::text(words::event(issued.cut))),
        ("n", words::number(i64::try_from(issued.n).unwrap_or(i64::MAX))),
        ("path", words::text(&issued.path)),
        ("lines", Fact::List(issued.lines.clone())),
        ("notice_id", words::text(format!("{}/{}/v{}", kind(period), period.name(), issued.revision))),
    ];
    pairs.into_iter().chain(own).map(|(name, fact)| (name.to_owned(), fact)).collect()
}

/// The desk's notice.
fn notice(period: Period, due: DateTime<Utc>, facts: Facts) -> Notice {
    let subject = Subject::Period { period, unit: None };
    Notice { roles: vec![Role::Desk], facts, ..Notice::new(kind(period), subject, Occurrence::Revision(1), due) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    fn at(text: &str) -> DateTime<Utc> {
        civil::instant(chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
    }

    fn rules() -> Bulletin {
        Rules::embedded().unwrap().bulletin
    }

    #[test]
    fn bulletins_are_due_on_monday_and_on_the_first_at_nine() {
        let names = |now: &str| last_due(at(now), &rules()).map(Period::name);
        assert_eq!(names("2026-09-21 09:00"), ["2026-W38", "2026-08"]);
        assert_eq!(names("2026-09-21 08:59"), ["2026-W37", "2026-08"]);
        assert_eq!(names("2026-10-01 08:59"), ["2026-W39", "2026-08"]);
        assert_eq!(names("2026-10-01 09:00"), ["2026-W39", "2026-09"]);
        assert_eq!(next_due(at("2026-09-30 10:00"), &rules()), at("2026-10-01 09:00"));
        assert_eq!(next_due(at("2026-10-01 09:00"), &rules()), at("2026-10-05 09:00"));
    }

    #[test]
    fn a_month_is_looked_at_again_as_long_as_the_settings_say() {
        let names = |days| {
            let rules = Bulletin { corrections_days: days, ..rules() };
            corrigible(at("2026-10-05 09:00"), &rules).into_iter().map(Period::name).collect::<Vec<_>>()
        };
        assert_eq!(names(62), ["2026-08", "2026-09"]);
        assert_eq!(names(5), ["2026-09"]);
        assert_eq!(names(0), [""; 0]);
    }

    fn issued(revision: u16) -> Issued {
        Issued {
            revision,
            due: at("2026-10-01 09:00"),
            cut: at("2026-10-01 09:00"),
            version: "2020-32-1".into(),
            n: 12,
            path: "reports/2026/month-09".into(),
            lines: vec!["先行联系率 无".into()],
            units: vec!["甲所".into(), "乙所".into()],
            figures: String::new(),
        }
    }

    #[test]
    fn leaders_are_told_of_the_revision_that_was_released_and_of_no_other() {
        let period = last_due(at("2026-10-01 09:00"), &rules())[1];
        let released = Released { revision: 1, by: "周管理".into(), at: at("2026-10-01 10:00") };
        let roles = |revision, released: Option<&Released>| {
            let notices = bulletin(period, &issued(revision), released, TimeDelta::minutes(10));
            notices.iter().map(|notice| (notice.subject.text(), notice.roles[0])).collect::<Vec<_>>()
        };
        let desk = ("P/2026-09".to_owned(), Role::Desk);
        assert_eq!(roles(1, None), std::slice::from_ref(&desk));
        let chief = |unit: &str| (format!("P/2026-09/{unit}"), Role::Chief);
        assert_eq!(roles(1, Some(&released)), [desk.clone(), chief("甲所"), chief("乙所")]);
        assert_eq!(roles(2, Some(&released)), [desk], "the correction waits for a release of its own");
    }

    #[test]
    fn bulletins_ahead_are_each_told_once() {
        let span = at("2026-09-30 10:00")..at("2026-10-12 09:00");
        let ahead: Vec<String> = bulletins_ahead(span, &rules()).iter().map(|notice| notice.subject.text()).collect();
        assert_eq!(ahead, ["P/2026-W40", "P/2026-09"]);
    }
}
