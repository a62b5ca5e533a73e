//! Whether every rung of every ladder reaches somebody, asked before it matters.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{Medium, Role, Roster, Why, draft::is_of_unit};

/// A rung: a kind of notice that tells a role by one of some media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung<'a> {
    /// The kind of notice, by its id.
    pub kind: &'a str,
    /// The role that is told.
    pub role: Role,
    /// The media it may go by; only those for which a channel is set up.
    pub media: &'a [Medium],
}

/// A role that some notices would not reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The role.
    pub role: Role,
    /// The unit, by name, for the roles of a unit.
    pub unit: Option<Arc<str>>,
    /// The media by which these notices go.
    pub media: Vec<Medium>,
    /// What is lacking.
    pub lack: Lack,
    /// The kinds of notice that this is about.
    pub kinds: Vec<String>,
}

/// What is lacking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Nobody of the role is there; the desk is told instead.
    Person(Why),
    /// These people have no address for any of the media; by id.
    Address(Vec<Arc<str>>),
    /// There is no channel for any of the media of these notices.
    Channel,
}

/// Where a role is a question of its own.
struct Place {
    unit: Option<Arc<str>>,
    matter: Option<Arc<str>>,
}

impl Roster {
    /// Every gap on `day`. The leader of the matter is asked for each matter that
    /// has one; a 大类 that no leader has is not known here and goes to the desk.
    pub fn coverage(&self, rungs: &[Rung<'_>], day: NaiveDate) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        for rung in rungs.iter().filter(|rung| rung.role != Role::Citizen) {
            for Place { unit, matter } in self.places(rung.role) {
                let Some(lack) = self.lack(rung, unit.as_deref(), matter.as_deref(), day) else { continue };
                let is_same = |gap: &&mut Gap| {
                    gap.role == rung.role && gap.unit == unit && gap.media == rung.media && gap.lack == lack
                };
                match gaps.iter_mut().find(is_same) {
                    Some(gap) => gap.kinds.push(rung.kind.to_owned()),
                    None => gaps.push(Gap {
                        role: rung.role,
                        unit,
                        media: rung.media.to_vec(),
                        lack,
                        kinds: vec![rung.kind.to_owned()],
                    }),
                }
            }
        }
        gaps
    }

    /// The units or matters for which a role is a question of its own.
    fn places(&self, role: Role) -> Vec<Place> {
        let matters = || self.people.iter().flat_map(|person| &person.matters);
        if is_of_unit(role) {
            self.units.iter().map(|unit| Place { unit: Some(unit.name.clone()), matter: None }).collect()
        } else if role == Role::BureauMatter && matters().next().is_some() {
            matters().map(|matter| Place { unit: None, matter: Some(matter.clone()) }).collect()
        } else {
            vec![Place { unit: None, matter: None }]
        }
    }

    fn lack(&self, rung: &Rung<'_>, unit: Option<&str>, category: Option<&str>, day: NaiveDate) -> Option<Lack> {
        if rung.media.is_empty() {
            return Some(Lack::Channel);
        }
        let resolved = self.people(rung.role, unit, category, day);
        let is_reached = resolved.people.iter().any(|person| rung.media.iter().any(|&medium| person.has(medium)));
        match resolved.fell_back {
            _ if !is_reached => Some(Lack::Address(resolved.people.iter().map(|person| person.id.clone()).collect())),
            Some(why) => Some(Lack::Person(why)),
            None => None,
        }
    }
}
