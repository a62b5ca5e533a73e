//! A role becomes people.

use chrono::NaiveDate;

use super::{Person, Role, Roster, RosterKind, draft::is_of_unit};
use crate::ticket::text;

/// The people that a role means on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// Whom to tell; each person once. Empty only for the citizen.
    pub people: Vec<&'a Person>,
    /// Why these are people of the desk instead of those that were asked for.
    pub fell_back: Option<Why>,
}

/// Why the desk answers instead (A42).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The ticket names no unit.
    NoUnit,
    /// The unit is on no roster, under no name.
    UnknownUnit,
    /// Nobody holds the role.
    NobodyInRole,
    /// No leader has this 大类, or the ticket has none.
    NoLeaderOfMatter,
    /// Everybody in the role is away, and so is every stand-in.
    AllAway,
}

impl Why {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoUnit => "no-unit",
            Self::UnknownUnit => "unknown-unit",
            Self::NobodyInRole => "nobody-in-role",
            Self::NoLeaderOfMatter => "no-leader-of-matter",
            Self::AllAway => "all-away",
        }
    }
}

impl Roster {
    /// The people a role means on `day`: those of the unit for the roles of a
    /// unit, the leader of the 大类 for the leader of the matter. Whoever is away
    /// is replaced by the stand-in of the day; if nobody is left, the desk is told,
    /// and if the desk is away, the desk all the same, for somebody always hears.
    pub fn people(&self, role: Role, unit: Option<&str>, category: Option<&str>, day: NaiveDate) -> Resolved<'_> {
        if role == Role::Citizen {
            return Resolved { people: Vec::new(), fell_back: None };
        }
        match self.holders(role, unit, category) {
            Ok(holders) => match self.present(&holders, day) {
                people if people.is_empty() => self.desk(day, Why::AllAway),
                people => Resolved { people, fell_back: None },
            },
            Err(why) => self.desk(day, why),
        }
    }

    /// Those who hold the role, at their desks or not.
    fn holders(&self, role: Role, unit: Option<&str>, category: Option<&str>) -> Result<Vec<&Person>, Why> {
        match self.kind {
            RosterKind::RolesOnly => return Ok(self.made_up(role, unit)),
            RosterKind::Real => {}
        }
        let of_role = || self.people.iter().filter(move |person| person.roles.contains(&role));
        let (holders, nobody): (Vec<_>, _) = if is_of_unit(role) {
            let name = unit.filter(|name| !text::squeeze(name).is_empty()).ok_or(Why::NoUnit)?;
            let unit = self.unit(name).ok_or(Why::UnknownUnit)?;
            (of_role().filter(|person| person.unit.as_ref() == Some(&unit.code)).collect(), Why::NobodyInRole)
        } else if role == Role::BureauMatter {
            let category = text::fold(category.unwrap_or_default());
            let leads = |person: &&Person| person.matters.iter().any(|matter| text::fold(matter) == category);
            (of_role().filter(leads).collect(), Why::NoLeaderOfMatter)
        } else {
            (of_role().collect(), Why::NobodyInRole)
        };
        if holders.is_empty() { Err(nobody) } else { Ok(holders) }
    }

    fn desk(&self, day: NaiveDate, why: Why) -> Resolved<'_> {
        let desk: Vec<_> = self.people.iter().filter(|person| person.roles.contains(&Role::Desk)).collect();
        let present = self.present(&desk, day);
        let people = if present.is_empty() { desk } else { present };
        Resolved { people, fell_back: Some(why) }
    }

    /// Those of `holders` who are there, and the stand-ins of the others, in the
    /// order of the holders, each once.
    fn present<'a>(&'a self, holders: &[&'a Person], day: NaiveDate) -> Vec<&'a Person> {
        let mut people = Vec::new();
        for holder in holders {
            self.reach(holder, day, &mut vec![holder], &mut people);
        }
        people
    }

    /// Adds `person`, or else those who answer for this person on `day`. `seen`
    /// are those already asked on the way here: the load refuses a circle of
    /// stand-ins, and one that got through would still end.
    fn reach<'a>(
        &'a self,
        person: &'a Person,
        day: NaiveDate,
        seen: &mut Vec<&'a Person>,
        people: &mut Vec<&'a Person>,
    ) {
        let replacing =
            self.stand_ins.iter().filter(|stand_in| stand_in.of == person.id && stand_in.span.contains(day));
        let replacing: Vec<_> = replacing.filter_map(|stand_in| self.person(&stand_in.by)).collect();
        if replacing.is_empty() && !person.absent.iter().any(|span| span.contains(day)) {
            if !people.iter().any(|known| known.id == person.id) {
                people.push(person);
            }
            return;
        }
        for next in replacing {
            if !seen.iter().any(|asked| asked.id == next.id) {
                seen.push(next);
                self.reach(next, day, seen, people);
            }
        }
    }
}
