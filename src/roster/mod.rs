//! Units (承办单位), the people who answer for them, and how to reach them.
//!
//! A role becomes a person here and nowhere else. Whoever is away is replaced by
//! the stand-in of that day, and where nobody is left the desk is told (A42): a
//! question about a role never comes back empty, but for the citizen, who is in
//! no roster. The desk of a day are those on duty by the table of that week, and
//! without one all of its people; the tickets of a unit that was abolished go to
//! its successor. The telephone and mail of staff are not citizen data, but they are
//! `Private` all the same, so that no log holds them.
//! The rooms above decide by which medium a person is told; here stands only
//! which media reach them.

use std::{collections::HashMap, sync::Arc};

use chrono::NaiveDate;

use crate::ticket::{Private, text};

mod build;
mod coverage;
mod draft;
mod error;
mod from_csv;
mod from_toml;
mod pseudo;
mod renewed;
mod resolve;
mod role;
mod to_toml;

pub use coverage::{Gap, Lack, Place, Rung};
pub use error::{Fault, RosterError};
pub use renewed::Changes;
pub use resolve::{Resolved, Why};
pub use role::{Medium, Role};

/// The units and people of a bureau. Made only from a whole text that is in
/// order, so every unit has a handler, a deputy and a chief, and there is a desk.
#[derive(Clone, Debug)]
pub struct Roster {
    units: Vec<Unit>,
    people: Vec<Person>,
    stand_ins: Vec<StandIn>,
    duties: Vec<Duty>,
    /// Folded present and former names, and where the unit stands in `units`.
    by_name: HashMap<String, usize>,
    /// What a role without a person means.
    kind: RosterKind,
    /// Where units and people stand in their file.
    places: Places,
}

/// The file of a roster and the lines in it.
#[derive(Clone, Debug, Default)]
struct Places {
    file: Arc<str>,
    /// By the code.
    units: HashMap<Arc<str>, usize>,
    /// By the id.
    people: HashMap<Arc<str>, usize>,
}

/// Whether the people of a roster are real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RosterKind {
    Real,
    /// A person made up for each role, so nobody is ever missing.
    RolesOnly,
}

/// A unit (承办单位).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its code, the same after a change of name.
    pub code: Arc<str>,
    /// Its present name.
    pub name: Arc<str>,
    /// Names it had before, which old tickets still carry.
    pub former: Vec<Arc<str>>,
    /// The first day on which it is no more.
    pub abolished: Option<NaiveDate>,
    /// The code of the unit that answers for its tickets from that day on.
    pub successor: Option<Arc<str>>,
}

/// Somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The id under which the ledger knows this person; never given to another.
    pub id: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// The code of the unit; `None` for people of the bureau itself.
    pub unit: Option<Arc<str>>,
    /// The roles held, in the order of [`Role::ALL`].
    pub roles: Vec<Role>,
    /// Mobile numbers, 11 digits each, the one to try first in front.
    pub phones: Vec<Private<String>>,
    /// The mail address.
    pub email: Option<Private<String>>,
    /// For the leader of a matter: the 大类.
    pub matters: Vec<Arc<str>>,
    /// When this person is away.
    pub absent: Vec<Span>,
    /// The last day on the staff.
    pub left: Option<NaiveDate>,
}

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

/// Somebody who answers for another for a time. On those days the other counts
/// as away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// The id of the one who is replaced.
    pub of: Arc<str>,
    /// The id of the one who answers.
    pub by: Arc<str>,
    /// On which days.
    pub span: Span,
}

/// Who has the desk for a time, a week most often. On those days the desk are
/// these and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// The ids of those on duty; they hold the role desk.
    pub desk: Vec<Arc<str>>,
    /// On which days.
    pub span: Span,
}

impl Span {
    /// Whether a day lies in it.
    pub fn contains(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

impl Person {
    /// Whether a medium can reach this person. Chat and webhooks belong to a
    /// group and not to a person; a file needs no address.
    pub fn has(&self, medium: Medium) -> bool {
        match medium {
            Medium::Sms => !self.phones.is_empty(),
            Medium::Email => self.email.is_some(),
            Medium::File => true,
            Medium::Chat | Medium::Webhook => false,
        }
    }

    /// Whether this person is on the staff no more.
    pub fn has_left(&self, day: NaiveDate) -> bool {
        self.left.is_some_and(|last| day > last)
    }
}

impl Roster {
    /// Reads a roster in TOML; `file` is what errors call it.
    ///
    /// # Errors
    ///
    /// Every fault of the text at once, each with line and field.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, Vec<RosterError>> {
        build::roster(from_toml::read(file, text)?)
    }

    /// Reads a roster in CSV with the header
    /// `unit_code,unit,former_name,role,name,phone,email,matters`; `file` is what
    /// errors call it. Lists within a cell are separated by `;`.
    ///
    /// A line is one role of one person. The same name under the same unit code is
    /// the same person, and the id is made of the two, since the form has none.
    ///
    /// # Errors
    ///
    /// Every fault of the text at once, each with line and field.
    pub fn from_csv(file: &str, text: &str) -> Result<Self, Vec<RosterError>> {
        build::roster(from_csv::read(file, text)?)
    }

    /// The unit of a present or former name, in whatever spelling of blanks and
    /// widths it is written.
    pub fn unit(&self, name: &str) -> Option<&Unit> {
        self.by_name.get(&*text::fold(name)).map(|&at| &self.units[at])
    }

    /// The unit of a code.
    pub fn unit_of_code(&self, code: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| &*unit.code == code)
    }

    /// Whether somebody of this name is on the staff of the unit on `day`, in any
    /// role. The unit may go by a former name; of one that was abolished, the staff
    /// is that of its successor.
    pub fn unit_staff_has(&self, unit: &str, name: &str, day: NaiveDate) -> bool {
        let Ok(unit) = self.answering(unit, day) else { return false };
        let name = text::fold(name);
        let is_meant = |person: &&Person| person.unit.as_ref() == Some(&unit.code) && text::fold(&person.name) == name;
        self.people.iter().filter(is_meant).any(|person| !person.has_left(day))
    }

    /// The person of an id.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| &*person.id == id)
    }

    /// Every unit, in the order of the text.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// Every person, in the order of the text.
    pub fn everyone(&self) -> &[Person] {
        &self.people
    }

    /// Every stand-in, in the order of the text.
    pub fn stand_ins(&self) -> &[StandIn] {
        &self.stand_ins
    }

    /// Every entry of the duty table, in the order of the text.
    pub fn duties(&self) -> &[Duty] {
        &self.duties
    }
}

#[cfg(test)]
mod tests;
