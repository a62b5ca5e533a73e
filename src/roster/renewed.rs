//! A roster from a spreadsheet takes the place of the one that is there.
//!
//! The form of a spreadsheet knows neither ids nor days. What it does not know is
//! carried over: the id of everybody who is on both, for the ledger knows people by
//! it, and with them absences, stand-ins and duties; and units that were abolished,
//! for old tickets still name them.

use std::{collections::HashMap, sync::Arc};

use super::{Duty, Person, Roster, StandIn, Unit};
use crate::ticket::{Private, text};

/// What a new roster changes; nothing in it is a number or an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Ids of people who come in.
    pub added: Vec<Arc<str>>,
    /// Ids of people who are on it no more.
    pub removed: Vec<Arc<str>>,
    /// Ids of people of whom something differs, and which fields.
    pub changed: Vec<(Arc<str>, Vec<&'static str>)>,
    /// Codes of units that come in.
    pub units_added: Vec<Arc<str>>,
    /// Codes of units that are on it no more.
    pub units_removed: Vec<Arc<str>>,
    /// Codes of units whose names differ.
    pub units_changed: Vec<Arc<str>>,
    /// Stand-ins and duties that end with the people they name.
    pub dropped: usize,
}

impl Roster {
    /// This roster with what `old` knows besides, and what it changes of `old`.
    pub fn renewing(mut self, old: &Roster) -> (Roster, Changes) {
        let mut changes = Changes::default();
        self.renew_units(old, &mut changes);
        self.renew_people(old, &mut changes);
        self.renew_entries(old, &mut changes);
        (self, changes)
    }

    fn renew_units(&mut self, old: &Roster, changes: &mut Changes) {
        for unit in &mut self.units {
            let Some(known) = old.unit_of_code(&unit.code) else {
                changes.units_added.push(unit.code.clone());
                continue;
            };
            if (&known.name, &known.former) != (&unit.name, &unit.former) {
                changes.units_changed.push(unit.code.clone());
            }
            (unit.abolished, unit.successor) = (known.abolished, known.successor.clone());
        }
        for known in &old.units {
            if self.unit_of_code(&known.code).is_some() {
                continue;
            }
            let is_named_anew = std::iter::once(&known.name).chain(&known.former).any(|name| self.unit(name).is_some());
            if known.abolished.is_some() && !is_named_anew {
                self.add_unit(known.clone());
            } else {
                changes.units_removed.push(known.code.clone());
            }
        }
    }

    fn add_unit(&mut self, unit: Unit) {
        for name in std::iter::once(&unit.name).chain(&unit.former) {
            self.by_name.insert(text::fold(name).into_owned(), self.units.len());
        }
        self.units.push(unit);
    }

    fn renew_people(&mut self, old: &Roster, changes: &mut Changes) {
        let post = |person: &Person| (person.unit.clone(), text::fold(&person.name).into_owned());
        let known: HashMap<_, &Person> = old.people.iter().map(|person| (post(person), person)).collect();
        for person in &mut self.people {
            let Some(known) = known.get(&post(person)) else {
                changes.added.push(person.id.clone());
                continue;
            };
            person.id = known.id.clone();
            (person.absent, person.left) = (known.absent.clone(), known.left);
            let fields = differing(known, person);
            if !fields.is_empty() {
                changes.changed.push((person.id.clone(), fields));
            }
        }
        let gone = old.people.iter().filter(|known| self.person(&known.id).is_none());
        changes.removed = gone.map(|known| known.id.clone()).collect();
    }

    fn renew_entries(&mut self, old: &Roster, changes: &mut Changes) {
        let is_here = |id: &Arc<str>| self.people.iter().any(|person| person.id == *id);
        let stand_ins: Vec<StandIn> =
            old.stand_ins.iter().filter(|entry| is_here(&entry.of) && is_here(&entry.by)).cloned().collect();
        let duties = old.duties.iter().map(|duty| {
            let desk = duty.desk.iter().filter(|id| is_here(id)).cloned().collect();
            Duty { desk, span: duty.span }
        });
        let duties: Vec<Duty> = duties.filter(|duty| !duty.desk.is_empty()).collect();
        changes.dropped = old.stand_ins.len() - stand_ins.len() + old.duties.len() - duties.len();
        (self.stand_ins, self.duties) = (stand_ins, duties);
    }
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The fields in which two states of one person differ.
fn differing(old: &Person, new: &Person) -> Vec<&'static str> {
    let numbers =
        |person: &Person| -> Vec<String> { person.phones.iter().map(|phone| phone.expose().clone()).collect() };
    let mail = |person: &Person| person.email.as_ref().map(Private::expose).cloned();
    let rows = [
        ("name", old.name != new.name),
        ("roles", old.roles != new.roles),
        ("phones", numbers(old) != numbers(new)),
        ("email", mail(old) != mail(new)),
        ("matters", old.matters != new.matters),
    ];
    rows.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}
