//! Whether every rung of every ladder reaches somebody, asked before it matters.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{Days, NaiveDate};

use super::{Medium, Role, Roster, Span, Why, draft::is_of_unit};

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

/// Where something stands that an administrator can put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as the one who loaded it named it.
    pub file: Arc<str>,
    /// The line, counted from 1, where one can be named.
    pub line: Option<usize>,
}

/// For what a role is a question of its own.
struct Asked {
    unit: Option<Arc<str>>,
    matter: Option<Arc<str>>,
}

impl Roster {
    /// Every gap on `day`. The leader of the matter is asked for each matter that
    /// has one; a 大类 that no leader has is not known here and goes to the desk.
    pub fn coverage(&self, rungs: &[Rung<'_>], day: NaiveDate) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Citizen) {
            let of_role: Vec<&Rung<'_>> = rungs.iter().filter(|rung| rung.role == role).collect();
            if of_role.is_empty() {
                continue;
            }
            for asked in self.asked(role) {
                self.gaps_of(&of_role, &asked, day, &mut gaps);
            }
        }
        gaps
    }

    /// The days of `within` on which an answer may differ from the day before: the
    /// first, and those on which somebody goes, comes or changes. What is covered on
    /// all of these is covered on every day between.
    pub fn turning_days(&self, within: Span) -> Vec<NaiveDate> {
        let after = |day: NaiveDate| day.checked_add_days(Days::new(1)).unwrap_or(day);
        let absences = self.people.iter().flat_map(|person| &person.absent);
        let spans = absences.chain(self.stand_ins.iter().map(|one| &one.span));
        let spans = spans.chain(self.duties.iter().map(|duty| &duty.span));
        let turns = spans.flat_map(|span| [span.from, after(span.to)]);
        let gone = self.people.iter().filter_map(|person| person.left).map(after);
        let abolished = self.units.iter().filter_map(|unit| unit.abolished);
        let days: BTreeSet<NaiveDate> =
            turns.chain(gone).chain(abolished).filter(|day| within.contains(*day)).collect();
        std::iter::once(within.from).chain(days.into_iter().filter(|day| *day != within.from)).collect()
    }

    /// Where a gap can be put right: at the person without an address, or at the
    /// unit; without either, the file.
    pub fn place(&self, gap: &Gap) -> Place {
        let unit = gap.unit.as_deref().and_then(|name| self.unit(name)).map(|unit| &unit.code);
        let of_unit = || unit.and_then(|code| self.places.units.get(code));
        let line = match &gap.lack {
            Lack::Address(people) => people.first().and_then(|id| self.places.people.get(id)),
            Lack::Person(_) => of_unit(),
            Lack::Channel => None,
        };
        Place { file: self.places.file.clone(), line: line.copied() }
    }

    /// The units or matters for which a role is a question of its own.
    fn asked(&self, role: Role) -> Vec<Asked> {
        let matters: BTreeSet<&Arc<str>> = self.people.iter().flat_map(|person| &person.matters).collect();
        if is_of_unit(role) {
            self.units.iter().map(|unit| Asked { unit: Some(unit.name.clone()), matter: None }).collect()
        } else if role == Role::BureauMatter && !matters.is_empty() {
            matters.into_iter().map(|matter| Asked { unit: None, matter: Some(matter.clone()) }).collect()
        } else {
            vec![Asked { unit: None, matter: None }]
        }
    }

    fn gaps_of(&self, rungs: &[&Rung<'_>], asked: &Asked, day: NaiveDate, gaps: &mut Vec<Gap>) {
        let Some(role) = rungs.first().map(|rung| rung.role) else { return };
        let resolved = self.people(role, asked.unit.as_deref(), asked.matter.as_deref(), day);
        for rung in rungs {
            let is_reached = |medium: &Medium| resolved.people.iter().any(|person| person.has(*medium));
            let lack = match resolved.fell_back {
                _ if rung.media.is_empty() => Lack::Channel,
                _ if !rung.media.iter().any(is_reached) => {
                    Lack::Address(resolved.people.iter().map(|person| person.id.clone()).collect())
                }
                Some(why) => Lack::Person(why),
                None => continue,
            };
            let is_same = |gap: &&mut Gap| {
                gap.role == role && gap.unit == asked.unit && gap.media == rung.media && gap.lack == lack
            };
            match gaps.iter_mut().find(is_same) {
                Some(gap) => gap.kinds.push(rung.kind.to_owned()),
                None => gaps.push(Gap {
                    role,
                    unit: asked.unit.clone(),
                    media: rung.media.to_vec(),
                    lack,
                    kinds: vec![rung.kind.to_owned()],
                }),
            }
        }
    }
}
