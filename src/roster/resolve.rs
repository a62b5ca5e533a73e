//! A role becomes people.

use chrono::NaiveDate;

use super::{Person, Role, Roster, RosterKind, Unit, draft::is_of_unit};
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
    /// The unit was abolished, and none came after it.
    Abolished,
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
            Self::Abolished => "unit-abolished",
        }
    }
}

impl Roster {
    /// The people a role means on `day`: those of the unit for the roles of a
    /// unit, the leader of the 大类 for the leader of the matter, those on duty for
    /// the desk. Whoever is away
    /// is replaced by the stand-in of the day; if nobody is left, the desk is told,
    /// and if the desk is away, the desk all the same, for somebody always hears.
    pub fn people(&self, role: Role, unit: Option<&str>, category: Option<&str>, day: NaiveDate) -> Resolved<'_> {
        if role == Role::Citizen {
            return Resolved { people: Vec::new(), fell_back: None };
        }
        match self.holders(role, unit, category, day) {
            Ok(holders) => match self.present(&holders, day) {
                people if people.is_empty() => self.desk(day, Why::AllAway),
                people => Resolved { people, fell_back: None },
            },
            Err(why) => self.desk(day, why),
        }
    }

    /// The unit that answers on `day` for tickets that name `unit`: itself, or its
    /// successor once it was abolished, or the successor of that one.
    ///
    /// # Errors
    ///
    /// Why the desk answers instead.
    pub fn answering(&self, unit: &str, day: NaiveDate) -> Result<&Unit, Why> {
        let mut unit = self.unit(unit).ok_or(Why::UnknownUnit)?;
        // The load refuses a circle, and one that got through would still end.
        for _ in 0..=self.units.len() {
            if unit.abolished.is_none_or(|first| day < first) {
                return Ok(unit);
            }
            let successor = unit.successor.as_ref().and_then(|code| self.unit_of_code(code));
            unit = successor.ok_or(Why::Abolished)?;
        }
        Err(Why::Abolished)
    }

    /// Those who hold the role, at their desks or not. Whoever has left holds none,
    /// unless somebody stands in for the post.
    fn holders(
        &self,
        role: Role,
        unit: Option<&str>,
        category: Option<&str>,
        day: NaiveDate,
    ) -> Result<Vec<&Person>, Why> {
        match self.kind {
            RosterKind::RolesOnly => return Ok(self.made_up(role, unit)),
            RosterKind::Real => {}
        }
        let is_filled = move |person: &&Person| !person.has_left(day) || self.replacing(person, day).next().is_some();
        let of_role = || self.people.iter().filter(move |person| person.roles.contains(&role)).filter(is_filled);
        let (holders, nobody): (Vec<_>, _) = if is_of_unit(role) {
            let name = unit.filter(|name| !text::squeeze(name).is_empty()).ok_or(Why::NoUnit)?;
            let unit = self.answering(name, day)?;
            (of_role().filter(|person| person.unit.as_ref() == Some(&unit.code)).collect(), Why::NobodyInRole)
        } else if role == Role::BureauMatter {
            let category = text::fold(category.unwrap_or_default());
            let leads = |person: &&Person| person.matters.iter().any(|matter| text::fold(matter) == category);
            (of_role().filter(leads).collect(), Why::NoLeaderOfMatter)
        } else if role == Role::Desk {
            (self.desk_on(day), Why::NobodyInRole)
        } else {
            (of_role().collect(), Why::NobodyInRole)
        };
        if holders.is_empty() { Err(nobody) } else { Ok(holders) }
    }

    /// The desk instead of whom it should have been; if nobody of it is there, all
    /// who belong to it, and at the very last those who once did.
    fn desk(&self, day: NaiveDate, why: Why) -> Resolved<'_> {
        let desk = || self.people.iter().filter(|person| person.roles.contains(&Role::Desk));
        let mut people = self.present(&self.desk_on(day), day);
        if people.is_empty() {
            people = desk().filter(|person| !person.has_left(day)).collect();
        }
        if people.is_empty() {
            people = desk().collect();
        }
        Resolved { people, fell_back: Some(why) }
    }

    /// The desk of a day: those on duty, if one of them or a stand-in of theirs is
    /// there, else all who belong to it.
    fn desk_on(&self, day: NaiveDate) -> Vec<&Person> {
        let duty = self.duties.iter().find(|duty| duty.span.contains(day));
        let on_duty: Vec<_> = duty.iter().flat_map(|duty| &duty.desk).filter_map(|id| self.person(id)).collect();
        if !self.present(&on_duty, day).is_empty() {
            return on_duty;
        }
        let is_filled = |person: &&Person| !person.has_left(day) || self.replacing(person, day).next().is_some();
        self.people.iter().filter(|person| person.roles.contains(&Role::Desk)).filter(is_filled).collect()
    }

    /// Those who stand in for a person on `day`.
    fn replacing<'a>(&'a self, person: &Person, day: NaiveDate) -> impl Iterator<Item = &'a Person> {
        let of = person.id.clone();
        let entries = self.stand_ins.iter().filter(move |one| one.of == of && one.span.contains(day));
        entries.filter_map(|stand_in| self.person(&stand_in.by))
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
        let replacing: Vec<_> = self.replacing(person, day).collect();
        let is_away = person.has_left(day) || person.absent.iter().any(|span| span.contains(day));
        if replacing.is_empty() && !is_away {
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
