//! A planned notice as people and programs read it, with whom it would reach.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{instant, words};
use crate::{
    calendar::civil,
    notice::{Notice, Role, Subject, Wish},
    roster::{Roster, Why},
};

/// A notice that is or will be wanted.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    /// When it is due.
    #[serde(serialize_with = "instant::iso")]
    pub at: DateTime<Utc>,
    pub kind: &'static str,
    pub name: &'static str,
    /// The ticket; for a group the one it began with.
    pub ticket: Option<String>,
    pub round: Option<u16>,
    pub unit: Option<String>,
    pub to: Vec<Audience>,
    pub channels: Vec<&'static str>,
    pub late: bool,
    pub provisional: bool,
    /// Why it is only recorded and not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded: Option<&'static str>,
}

/// Who a role is on that day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Audience {
    pub role: &'static str,
    #[serde(skip)]
    pub name: &'static str,
    /// Names of staff; empty for the citizen.
    pub people: Vec<String>,
    /// Why these are people of the desk instead.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "code")]
    pub instead: Option<Why>,
}

impl Planned {
    /// Reads a notice by a roster.
    pub fn of(notice: &Notice, roster: &Roster) -> Self {
        let (ticket, round) = match &notice.subject {
            Subject::Ticket { no, round, .. } => (Some(no.to_string()), Some(*round)),
            Subject::Group { first } => (Some(first.to_string()), None),
            Subject::Topic { .. }
            | Subject::Year(_)
            | Subject::Source(_)
            | Subject::Channel(_)
            | Subject::Day { .. }
            | Subject::Period { .. } => (None, None),
        };
        Self {
            at: notice.due,
            kind: notice.kind.id(),
            name: notice.kind.chinese(),
            ticket,
            round,
            unit: notice.unit.as_deref().map(|name| present_name(name, roster)),
            to: notice.roles.iter().map(|role| audience(*role, notice, roster)).collect(),
            channels: notice.kind.media().iter().map(|medium| medium.id()).collect(),
            late: notice.late,
            provisional: notice.provisional,
            superseded: match notice.wish {
                Wish::Send => None,
                Wish::Superseded(reason) => Some(reason.code()),
            },
        }
    }

    /// Everybody whom it tells, in one line.
    pub fn to(&self) -> String {
        self.to.iter().map(Audience::text).collect::<Vec<_>>().join("、")
    }
}

impl Audience {
    fn text(&self) -> String {
        let people = self.people.join("/");
        match self.instead {
            Some(why) => format!("{}({},由综合管理科{people}代收)", self.name, words::fell_back(why)),
            None if people.is_empty() => self.name.to_owned(),
            None => format!("{}({people})", self.name),
        }
    }
}

/// A unit under its present name; one that is not on the roster as it is written.
fn present_name(name: &str, roster: &Roster) -> String {
    roster.unit(name).map_or_else(|| name.to_owned(), |unit| unit.name.to_string())
}

fn code<S: serde::Serializer>(why: &Option<Why>, to: S) -> Result<S::Ok, S::Error> {
    why.map(Why::code).serialize(to)
}

fn audience(role: Role, notice: &Notice, roster: &Roster) -> Audience {
    let day = civil::day_of(notice.due);
    let resolved = roster.people(role, notice.unit.as_deref(), notice.category.as_deref(), day);
    Audience {
        role: role.id(),
        name: role.chinese(),
        people: resolved.people.iter().map(|person| person.name.to_string()).collect(),
        instead: resolved.fell_back,
    }
}
