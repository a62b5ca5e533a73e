//! The form of a roster as a spreadsheet: a line for each role of each person.

use super::{
    Fault, RosterError,
    draft::{At, Draft, DraftPerson, DraftUnit, is_of_unit, role},
};
use crate::ticket::text;

/// The columns, in any order.
const COLUMNS: [&str; 8] = ["unit_code", "unit", "former_name", "role", "name", "phone", "email", "matters"];

/// A line of the text.
struct Line<'a> {
    number: usize,
    cells: [&'a str; 8],
}

pub(super) fn read(file: &str, text: &str) -> Result<Draft, Vec<RosterError>> {
    let mut draft = Draft::new(file);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let order = match reader.headers() {
        Ok(header) => order(header, &mut draft),
        Err(error) => {
            draft.fault(1, "header", Fault::Syntax(error.to_string()));
            None
        }
    };
    let Some(order) = order else { return Err(draft.faults) };
    for record in reader.records() {
        match record {
            Ok(record) => {
                let number = record.position().map_or(0, |position| position.line() as usize);
                let cells = order.map(|at| record.get(at).unwrap_or_default().trim());
                if cells.iter().any(|cell| !cell.is_empty()) {
                    read_line(&Line { number, cells }, &mut draft);
                }
            }
            Err(error) => {
                let line = error.position().map(|position| position.line() as usize);
                draft.fault(line, "line", Fault::Syntax(error.to_string()));
            }
        }
    }
    Ok(draft)
}

/// Where each column stands.
fn order(header: &csv::StringRecord, draft: &mut Draft) -> Option<[usize; 8]> {
    for name in header.iter().filter(|name| !COLUMNS.contains(&name.trim())) {
        draft.fault(1, name.trim(), Fault::UnknownKey { known: COLUMNS.join(", ") });
    }
    let mut order = [0; 8];
    for (column, at) in COLUMNS.iter().zip(&mut order) {
        match header.iter().position(|name| name.trim() == *column) {
            Some(found) => *at = found,
            None => draft.fault(1, *column, Fault::Missing),
        }
    }
    draft.faults.is_empty().then_some(order)
}

fn read_line(line: &Line<'_>, draft: &mut Draft) {
    let [code, unit, former, role_word, name, phone, email, matters] = line.cells;
    let at = |value: &str| At::new(line.number, value.to_owned());
    let needed = [("unit_code", code), ("role", role_word), ("name", name)];
    for (field, _) in needed.iter().filter(|(_, cell)| cell.is_empty()) {
        draft.fault(line.number, *field, Fault::Missing);
    }
    let role = match role(role_word) {
        Ok(role) => role,
        Err(fault) => {
            if !role_word.is_empty() {
                draft.fault(line.number, "role", fault);
            }
            return;
        }
    };
    // The bureau's own offices share a code and are no units that handle tickets.
    let unit_code = is_of_unit(role).then(|| at(code));
    if unit_code.is_some() {
        let former = list(former).map(at).collect();
        merge_unit(
            DraftUnit { line: line.number, code: at(code), name: at(unit), former, abolished: None, successor: None },
            draft,
        );
    }
    let person = DraftPerson {
        line: line.number,
        id: At::new(line.number, format!("{code}/{}", text::squeeze(name))),
        name: at(name),
        unit: unit_code,
        roles: vec![At::new(line.number, role)],
        phones: list(phone).map(at).collect(),
        email: Some(email).filter(|cell| !cell.is_empty()).map(at),
        matters: list(matters).map(at).collect(),
        absent: Vec::new(),
        left: None,
    };
    merge(person, draft);
}

/// Adds a unit, or another former name of one that is there already.
fn merge_unit(unit: DraftUnit, draft: &mut Draft) {
    let is_same = |known: &&mut DraftUnit| known.code.value == unit.code.value && known.name.value == unit.name.value;
    let Some(known) = draft.units.iter_mut().find(is_same) else {
        draft.units.push(unit);
        return;
    };
    for former in unit.former {
        if !known.former.iter().any(|have| have.value == former.value) {
            known.former.push(former);
        }
    }
}

/// Adds a person, or another role of one who is there already.
fn merge(person: DraftPerson, draft: &mut Draft) {
    let Some(known) = draft.people.iter_mut().find(|known| known.id.value == person.id.value) else {
        draft.people.push(person);
        return;
    };
    let first = known.line;
    let is_other = |one: &Option<At<String>>, two: &Option<At<String>>| match (one, two) {
        (Some(one), Some(two)) => one.value != two.value,
        _ => false,
    };
    let differs = is_other(&known.email, &person.email);
    known.unit = known.unit.take().or(person.unit);
    known.email = known.email.take().or(person.email);
    known.roles.extend(person.roles);
    known.matters.extend(person.matters);
    for phone in person.phones {
        if !known.phones.iter().any(|have| have.value == phone.value) {
            known.phones.push(phone);
        }
    }
    if differs {
        draft.fault(person.line, "email", Fault::Differs { first });
    }
}

/// The entries of a cell with a list.
fn list(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([';', '；', '、']).map(str::trim).filter(|entry| !entry.is_empty())
}
