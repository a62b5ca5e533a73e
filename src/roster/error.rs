//! What can be wrong with a roster.
//!
//! An error names file, line and field, and never a telephone number or mail
//! address, not even the one that is wrong: the line shows it.

use std::fmt;

/// A fault and where it stands.
#[derive(Debug)]
pub struct RosterError {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, counted from 1; `None` when the fault is that something is not there.
    pub line: Option<usize>,
    /// The key or column, with the table it stands in: `person.phones`.
    pub field: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a roster.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The text is no TOML or no CSV.
    #[error("it cannot be read: {0}")]
    Syntax(String),
    /// A key or table that nothing reads.
    #[error("unknown; known here are {known}")]
    UnknownKey { known: String },
    /// A key, column or cell that must be there is not.
    #[error("it is missing or empty")]
    Missing,
    /// A value of another type.
    #[error("it is {found}, wanted is {wanted}")]
    WrongType { wanted: &'static str, found: &'static str },
    /// A day that is none.
    #[error("`{0}` is no day; write it as 2026-10-01")]
    NotADay(String),
    /// A span that ends before it begins.
    #[error("it ends before it begins")]
    Backwards,
    /// A number that takes no SMS.
    #[error("it is no mobile number of 11 digits, which alone takes an SMS")]
    NotMobile,
    /// An address that no mail can go to.
    #[error("it is no mail address of the form name@domain in plain letters")]
    NotMail,
    /// A role that nobody on a roster can have.
    #[error("`{0}` is no role; the roles are handler, deputy, chief, desk, bureau_hotline, bureau_matter and ops")]
    UnknownRole(String),
    /// A unit code that no unit has.
    #[error("no unit has the code `{0}`")]
    UnknownUnit(String),
    /// An id that no person has.
    #[error("no person has the id `{0}`")]
    UnknownPerson(String),
    /// A code, name or id that something before it has already.
    #[error("`{value}` stands in line {first} already")]
    Duplicate { value: String, first: usize },
    /// Two lines about one person that contradict each other.
    #[error("it differs from line {first}, which is about the same person")]
    Differs { first: usize },
    /// A role within a unit, of somebody without one.
    #[error("the role `{0}` belongs to a unit, and this person has none")]
    NeedsUnit(&'static str),
    /// A leader of matters without matters, or matters of somebody else.
    #[error("matters belong to the role bureau_matter and to no other, which must have at least one")]
    Matters,
    /// Somebody who stands in for himself.
    #[error("a person cannot stand in for himself")]
    StandsInForSelf,
    /// Stand-ins that lead back to where they began.
    #[error("on {day} the stand-ins lead back to `{of}`, so nobody would answer")]
    Cycle { of: String, day: chrono::NaiveDate },
    /// A successor of a unit that goes on.
    #[error("a unit has a successor only from the day on which it is abolished, and that day is missing")]
    SuccessorWithoutDay,
    /// Abolished units whose successors lead back to where they began.
    #[error("the successors lead back to `{0}`, so no unit would answer")]
    SuccessorCycle(String),
    /// Somebody on duty at the desk who is not of the desk.
    #[error("`{0}` is not of the desk, so the table cannot put this person on duty there")]
    NotOfDesk(String),
    /// Two entries of the duty table for one day.
    #[error("{day} stands in the entry of line {first} already, so it is not plain who is on duty")]
    DutyTwice { day: chrono::NaiveDate, first: usize },
    /// A week and days in one entry.
    #[error("an entry names a week, or a first and a last day, and not both")]
    WeekAndDays,
    /// A unit that lacks one of the three.
    #[error("the unit `{unit}` has no {role}")]
    UnitWithout { unit: String, role: &'static str },
    /// There is nobody to fall back to.
    #[error("nobody has the role desk, to whom everything falls back")]
    NoDesk,
}

impl Fault {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "correct the line",
            Self::UnknownKey { .. } => "correct the name, or remove it",
            Self::Missing => "fill it in, or remove the entry",
            Self::WrongType { .. } => "write it as the comment at the top of the shipped file shows",
            Self::NotADay(_) => "write a day of the calendar",
            Self::Backwards => "swap the two days, or correct one of them",
            Self::NotMobile => "write one mobile number, 11 digits, in quotes; further numbers are further entries",
            Self::NotMail => "write the address alone, without a name",
            Self::UnknownRole(_) => "write one of them",
            Self::UnknownUnit(_) => "correct the code, or add the unit",
            Self::UnknownPerson(_) => "correct the id, or add the person",
            Self::Duplicate { .. } => "give one of them another, or remove one",
            Self::Differs { .. } => "make the two lines agree",
            Self::NeedsUnit(_) => "name the unit, or take the role away",
            Self::Matters => "add the matters, or take them away",
            Self::StandsInForSelf => "name somebody else, or remove the entry",
            Self::Cycle { .. } => "let one of the stand-ins be somebody who is there on that day",
            Self::SuccessorWithoutDay => "add abolished = the first day without it, or remove the successor",
            Self::SuccessorCycle(_) => "let the chain end at a unit that goes on, or leave the last successor out",
            Self::NotOfDesk(_) => "give this person the role desk, or correct the id",
            Self::DutyTwice { .. } => "let the two entries not meet: shorten or remove one",
            Self::WeekAndDays => "keep week_of, or keep from and to",
            Self::UnitWithout { .. } => "add somebody, or let somebody of the unit have several roles",
            Self::NoDesk => "give roles = [\"desk\"] to at least one person",
        }
    }
}

impl fmt::Display for RosterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ", {}: {}", self.field, self.fault)
    }
}

impl std::error::Error for RosterError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The fault is already in the text; beneath it there is nothing.
        None
    }
}
