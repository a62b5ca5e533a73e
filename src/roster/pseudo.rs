//! A roster made of nothing but roles, for `simulate` without one.

use std::{collections::HashMap, sync::Arc};

use super::{Person, Places, Role, Roster, RosterKind, Unit, draft::is_of_unit};
use crate::ticket::{Private, text};

impl Roster {
    /// A roster in which every role is one made-up person, whose id is the role's
    /// (`desk`); in a unit of `units` it is a person of that unit (`handler@甲站`),
    /// so that two units are never one person. Nobody is ever missing or away, so
    /// nothing falls back. The addresses lead nowhere.
    pub fn roles_only<'a>(units: impl IntoIterator<Item = &'a str>) -> Self {
        let mut roster = Self {
            units: Vec::new(),
            people: made_up_roles().map(|role| person(role, role.id(), None)).collect(),
            stand_ins: Vec::new(),
            duties: Vec::new(),
            by_name: HashMap::new(),
            kind: RosterKind::RolesOnly,
            places: Places::default(),
        };
        for name in units {
            let folded = text::fold(name);
            if folded.is_empty() || roster.by_name.contains_key(&*folded) {
                continue;
            }
            roster.by_name.insert(folded.into_owned(), roster.units.len());
            let name: Arc<str> = text::squeeze(name).into();
            roster.units.push(Unit {
                code: name.clone(),
                name: name.clone(),
                former: Vec::new(),
                abolished: None,
                successor: None,
            });
            let of_unit = made_up_roles().filter(|&role| is_of_unit(role));
            roster.people.extend(of_unit.map(|role| person(role, &format!("{role}@{name}"), Some(name.clone()))));
        }
        roster
    }

    /// The made-up person of a role, of the unit if that is known.
    pub(super) fn made_up(&self, role: Role, unit: Option<&str>) -> Vec<&Person> {
        let unit = unit.and_then(|name| self.unit(name)).filter(|_| is_of_unit(role)).map(|unit| &unit.code);
        let is_meant = |person: &&Person| person.roles.contains(&role) && person.unit.as_ref() == unit;
        self.people.iter().find(is_meant).into_iter().collect()
    }
}

fn made_up_roles() -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().filter(|&role| role != Role::Citizen)
}

fn person(role: Role, id: &str, unit: Option<Arc<str>>) -> Person {
    Person {
        id: id.into(),
        name: role.chinese().into(),
        unit,
        roles: vec![role],
        phones: vec![Private::new(id.to_owned())],
        email: Some(Private::new(format!("{role}@roles.invalid"))),
        matters: Vec::new(),
        absent: Vec::new(),
        left: None,
    }
}
