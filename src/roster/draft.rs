//! A roster as a file gives it, before anything is checked against anything else.

use chrono::NaiveDate;

use super::{Fault, Role, RosterError, Span};

/// What a file says, with the lines.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub file: String,
    pub units: Vec<DraftUnit>,
    pub people: Vec<DraftPerson>,
    pub stand_ins: Vec<DraftStandIn>,
    pub duties: Vec<DraftDuty>,
    /// What was found wrong while reading.
    pub faults: Vec<RosterError>,
}

/// A value and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At<T> {
    pub line: usize,
    pub value: T,
}

#[derive(Debug)]
pub(super) struct DraftUnit {
    pub line: usize,
    pub code: At<String>,
    pub name: At<String>,
    pub former: Vec<At<String>>,
    pub abolished: Option<NaiveDate>,
    pub successor: Option<At<String>>,
}

#[derive(Debug)]
pub(super) struct DraftPerson {
    pub line: usize,
    pub id: At<String>,
    pub name: At<String>,
    pub unit: Option<At<String>>,
    pub roles: Vec<At<Role>>,
    pub phones: Vec<At<String>>,
    pub email: Option<At<String>>,
    pub matters: Vec<At<String>>,
    pub absent: Vec<Span>,
    pub left: Option<NaiveDate>,
}

#[derive(Debug)]
pub(super) struct DraftStandIn {
    pub line: usize,
    pub of: At<String>,
    pub by: At<String>,
    pub span: Span,
}

#[derive(Debug)]
pub(super) struct DraftDuty {
    pub line: usize,
    pub desk: Vec<At<String>>,
    pub span: Span,
}

impl Draft {
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }

    /// Notes a fault.
    pub fn fault(&mut self, line: impl Into<Option<usize>>, field: impl Into<String>, fault: Fault) {
        self.faults.push(RosterError { file: self.file.clone(), line: line.into(), field: field.into(), fault });
    }
}

impl<T> At<T> {
    pub fn new(line: usize, value: T) -> Self {
        Self { line, value }
    }
}

/// Reads a role that a person can have.
pub(super) fn role(word: &str) -> Result<Role, Fault> {
    match Role::from_id(word) {
        Some(Role::Citizen) | None => Err(Fault::UnknownRole(word.to_owned())),
        Some(role) => Ok(role),
    }
}

/// Whether a role is held within a unit.
pub(super) fn is_of_unit(role: Role) -> bool {
    match role {
        Role::Handler | Role::Deputy | Role::Chief => true,
        Role::Desk | Role::BureauHotline | Role::BureauMatter | Role::Citizen | Role::Ops => false,
    }
}
