//! A draft is checked as a whole and becomes a roster, or all its faults.

use std::collections::{BTreeMap, HashMap};

use super::{
    Duty, Fault, Person, Places, Role, Roster, RosterError, RosterKind, StandIn, Unit,
    draft::{At, Draft, DraftPerson, is_of_unit},
};
use crate::ticket::{
    Private,
    phone::{self, NumberKind},
    text,
};

/// What a unit must have.
const STAFF: [Role; 3] = [Role::Handler, Role::Deputy, Role::Chief];

pub(super) fn roster(mut draft: Draft) -> Result<Roster, Vec<RosterError>> {
    let (units, by_name) = units(&mut draft);
    let people = people(&mut draft);
    let stand_ins = stand_ins(&mut draft);
    let duties = duties(&mut draft);
    refuse_cycles(&mut draft);
    refuse_bad_successors(&mut draft);
    refuse_gaps(&mut draft);
    if !draft.faults.is_empty() {
        // Faults are told in the order of the text; those without a line last.
        draft.faults.sort_by_key(|fault| fault.line.unwrap_or(usize::MAX));
        return Err(draft.faults);
    }
    let places = places(&draft);
    Ok(Roster { units, people, stand_ins, duties, by_name, kind: RosterKind::Real, places })
}

fn places(draft: &Draft) -> Places {
    Places {
        file: draft.file.as_str().into(),
        units: draft.units.iter().map(|unit| (unit.code.value.as_str().into(), unit.line)).collect(),
        people: draft.people.iter().map(|person| (person.id.value.as_str().into(), person.line)).collect(),
    }
}

/// The units, and their places by folded name.
fn units(draft: &mut Draft) -> (Vec<Unit>, HashMap<String, usize>) {
    let mut made = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut codes: HashMap<String, usize> = HashMap::new();
    for unit in std::mem::take(&mut draft.units) {
        once(&mut codes, &unit.code, unit.code.value.clone(), "unit.code", draft);
        let names =
            std::iter::once(("unit.name", &unit.name)).chain(unit.former.iter().map(|name| ("unit.former", name)));
        for (field, name) in names {
            if text::squeeze(&name.value).is_empty() {
                draft.fault(name.line, field, Fault::Missing);
                continue;
            }
            let folded = text::fold(&name.value).into_owned();
            match by_name.get(&folded).copied() {
                Some(first) => {
                    let first = draft.units.get(first).map_or(unit.line, |known| known.line);
                    draft.fault(name.line, field, Fault::Duplicate { value: name.value.clone(), first });
                }
                None => {
                    by_name.insert(folded, made.len());
                }
            }
        }
        made.push(Unit {
            code: unit.code.value.as_str().into(),
            name: text::squeeze(&unit.name.value).into(),
            former: unit.former.iter().map(|name| text::squeeze(&name.value).into()).collect(),
            abolished: unit.abolished,
            successor: unit.successor.as_ref().map(|code| code.value.as_str().into()),
        });
        draft.units.push(unit);
    }
    (made, by_name)
}

fn people(draft: &mut Draft) -> Vec<Person> {
    let mut made = Vec::new();
    let mut ids = HashMap::new();
    for person in std::mem::take(&mut draft.people) {
        once(&mut ids, &person.id, person.id.value.clone(), "person.id", draft);
        refuse_bad_places(&person, draft);
        made.push(Person {
            id: person.id.value.as_str().into(),
            name: text::squeeze(&person.name.value).into(),
            unit: person.unit.as_ref().map(|unit| unit.value.as_str().into()),
            roles: Role::ALL.into_iter().filter(|role| has(&person, *role)).collect(),
            phones: person.phones.iter().filter_map(|number| mobile(number, draft)).collect(),
            email: person.email.as_ref().and_then(|address| mail(address, draft)),
            matters: person.matters.iter().map(|matter| text::squeeze(&matter.value).into()).collect(),
            absent: person.absent.clone(),
            left: person.left,
        });
        draft.people.push(person);
    }
    made
}

/// Roles, unit and matters that do not go together.
fn refuse_bad_places(person: &DraftPerson, draft: &mut Draft) {
    match &person.unit {
        Some(code) if !draft.units.iter().any(|unit| unit.code.value == code.value) => {
            draft.fault(code.line, "person.unit", Fault::UnknownUnit(code.value.clone()));
        }
        Some(_) => {}
        None => {
            for role in person.roles.iter().filter(|role| is_of_unit(role.value)) {
                draft.fault(role.line, "person.roles", Fault::NeedsUnit(role.value.id()));
            }
        }
    }
    if has(person, Role::BureauMatter) == person.matters.is_empty() {
        draft.fault(person.matters.first().map_or(person.line, |matter| matter.line), "person.matters", Fault::Matters);
    }
}

fn stand_ins(draft: &mut Draft) -> Vec<StandIn> {
    let mut made = Vec::new();
    for stand_in in std::mem::take(&mut draft.stand_ins) {
        for (field, id) in [("stand_in.of", &stand_in.of), ("stand_in.by", &stand_in.by)] {
            if !draft.people.iter().any(|person| person.id.value == id.value) {
                draft.fault(id.line, field, Fault::UnknownPerson(id.value.clone()));
            }
        }
        if stand_in.of.value == stand_in.by.value {
            draft.fault(stand_in.by.line, "stand_in.by", Fault::StandsInForSelf);
        }
        made.push(StandIn {
            of: stand_in.of.value.as_str().into(),
            by: stand_in.by.value.as_str().into(),
            span: stand_in.span,
        });
        draft.stand_ins.push(stand_in);
    }
    made
}

fn duties(draft: &mut Draft) -> Vec<Duty> {
    let mut made: Vec<Duty> = Vec::new();
    let entries = std::mem::take(&mut draft.duties);
    for (at, entry) in entries.iter().enumerate() {
        for id in &entry.desk {
            match draft.people.iter().find(|person| person.id.value == id.value) {
                None => draft.fault(id.line, "duty.desk", Fault::UnknownPerson(id.value.clone())),
                Some(person) if !has(person, Role::Desk) => {
                    draft.fault(id.line, "duty.desk", Fault::NotOfDesk(id.value.clone()));
                }
                Some(_) => {}
            }
        }
        let meets = |other: &usize| {
            let (one, other) = (&entry.span, &entries[*other].span);
            one.from <= other.to && other.from <= one.to
        };
        if let Some(first) = (0..at).find(meets) {
            let day = entry.span.from.max(entries[first].span.from);
            draft.fault(entry.line, "duty", Fault::DutyTwice { day, first: entries[first].line });
        }
        let desk = entry.desk.iter().map(|id| id.value.as_str().into()).collect();
        made.push(Duty { desk, span: entry.span });
    }
    made
}

/// Refuses successors that are no units, and chains of them that never end.
fn refuse_bad_successors(draft: &mut Draft) {
    let mut found = Vec::new();
    let next = |code: &str| draft.units.iter().find(|unit| unit.code.value == code)?.successor.as_ref();
    for unit in &draft.units {
        let Some(first) = &unit.successor else { continue };
        if !draft.units.iter().any(|other| other.code.value == first.value) {
            found.push((first.line, Fault::UnknownUnit(first.value.clone())));
            continue;
        }
        // As many steps as there are units reach every end there is.
        let mut chain = std::iter::successors(Some(first), |code| next(&code.value)).take(draft.units.len());
        if chain.any(|code| code.value == unit.code.value) {
            found.push((first.line, Fault::SuccessorCycle(unit.code.value.clone())));
        }
    }
    for (line, fault) in found {
        draft.fault(line, "unit.successor", fault);
    }
}

/// Refuses stand-ins that lead back to where they began. Spans that meet do so on
/// the first day of one of them, so only those days are looked at.
fn refuse_cycles(draft: &mut Draft) {
    let mut found = Vec::new();
    for start in draft.stand_ins.iter().filter(|one| one.of.value != one.by.value) {
        let day = start.span.from;
        let mut reached: Vec<&str> = vec![&start.by.value];
        let mut at = 0;
        while let Some(&person) = reached.get(at) {
            let next = draft.stand_ins.iter().filter(|one| one.of.value == person && one.span.contains(day));
            for one in next {
                if !reached.contains(&&*one.by.value) {
                    reached.push(&one.by.value);
                }
            }
            at += 1;
        }
        if reached.contains(&&*start.of.value) {
            found.push((start.line, Fault::Cycle { of: start.of.value.clone(), day }));
        }
    }
    for (line, fault) in found {
        draft.fault(line, "stand_in", fault);
    }
}

/// Refuses a unit without its three, and a roster without a desk. The staff of a
/// unit that is or will be abolished may have left already.
fn refuse_gaps(draft: &mut Draft) {
    let mut staff: BTreeMap<(&str, Role), usize> = BTreeMap::new();
    for person in &draft.people {
        let code = person.unit.as_ref().map_or("", |unit| &unit.value);
        for role in &person.roles {
            *staff.entry((code, role.value)).or_default() += 1;
        }
    }
    let units = draft.units.iter().filter(|unit| unit.abolished.is_none());
    let lacking = units.flat_map(|unit| STAFF.map(|role| (unit, role)));
    let lacking: Vec<_> = lacking
        .filter(|(unit, role)| !staff.contains_key(&(&*unit.code.value, *role)))
        .map(|(unit, role)| (unit.line, Fault::UnitWithout { unit: unit.name.value.clone(), role: role.id() }))
        .collect();
    let has_desk = staff.keys().any(|(_, role)| *role == Role::Desk);
    for (line, fault) in lacking {
        draft.fault(line, "unit", fault);
    }
    if !has_desk {
        draft.fault(None, "person.roles", Fault::NoDesk);
    }
}

fn has(person: &DraftPerson, role: Role) -> bool {
    person.roles.iter().any(|held| held.value == role)
}

/// Notes a fault if the value was there before.
fn once(seen: &mut HashMap<String, usize>, at: &At<String>, value: String, field: &str, draft: &mut Draft) {
    match seen.get(&value) {
        Some(&first) => draft.fault(at.line, field, Fault::Duplicate { value, first }),
        None => {
            seen.insert(value, at.line);
        }
    }
}

/// The one mobile number of a text, 11 digits.
fn mobile(number: &At<String>, draft: &mut Draft) -> Option<Private<String>> {
    match phone::numbers(&number.value).as_slice() {
        [one] if one.kind == NumberKind::Mobile => Some(one.digits.clone()),
        _ => {
            draft.fault(number.line, "person.phones", Fault::NotMobile);
            None
        }
    }
}

/// A mail address. Only plain ASCII: other letters need a server with SMTPUTF8,
/// which few have.
fn mail(address: &At<String>, draft: &mut Draft) -> Option<Private<String>> {
    let is_atom = |part: &str| {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        !part.is_empty() && part.chars().all(is_allowed)
    };
    let is_mail = |text: &str| {
        let Some((local, domain)) = text.rsplit_once('@') else { return false };
        let is_label = |part: &str| is_atom(part) && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        local.len() <= 64 && local.split('.').all(is_atom) && domain.len() <= 255 && domain.split('.').all(is_label)
    };
    if is_mail(&address.value) {
        return Some(Private::new(address.value.clone()));
    }
    draft.fault(address.line, "person.email", Fault::NotMail);
    None
}
