//! Whom a channel serves that belongs to a group and not to a person.

use std::collections::BTreeSet;

use crate::notice::{Kind, Role};

/// The notices that go to a group: those of its roles, of its units, and of its kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// The roles that sit in the group.
    pub roles: BTreeSet<Role>,
    /// The codes of the units whose group it is; none: all of the bureau's.
    pub units: BTreeSet<String>,
    /// The kinds it is told; none: every kind that these roles are told.
    pub kinds: BTreeSet<Kind>,
}

impl Audience {
    /// Whether a notice of a kind to a role goes to the group; `unit` is the code of
    /// the unit it is about.
    pub fn hears(&self, kind: Kind, role: Role, unit: Option<&str>) -> bool {
        // Whatever the settings say, nothing to a citizen goes to a group.
        !kind.is_to_citizen()
            && self.roles.contains(&role)
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.units.is_empty() || unit.is_some_and(|unit| self.units.contains(unit)))
    }

    /// Reads the words of the settings; each that is none is a fault of its field.
    pub(super) fn read(roles: &[String], units: &[String], kinds: &[String]) -> (Self, Vec<(&'static str, String)>) {
        let mut audience = Self { units: units.iter().cloned().collect(), ..Self::default() };
        let mut faults = Vec::new();
        for word in roles {
            match Role::from_id(word) {
                Some(Role::Citizen) => faults.push(("roles", "no group is told what goes to a citizen".to_owned())),
                Some(role) => drop(audience.roles.insert(role)),
                None => faults.push(("roles", format!("`{word}` is no role; there are {}", staff()))),
            }
        }
        for word in kinds {
            match Kind::from_id(word) {
                Some(kind) if kind.is_to_citizen() => {
                    faults.push(("kinds", format!("`{word}` goes to a citizen and never to a group")));
                }
                Some(kind) => drop(audience.kinds.insert(kind)),
                None => faults.push(("kinds", format!("`{word}` is no notice"))),
            }
        }
        if roles.is_empty() {
            faults.push(("roles", format!("it is missing; say who sits in the group: {}", staff())));
        }
        (audience, faults)
    }
}

fn staff() -> String {
    let staff = Role::ALL.into_iter().filter(|role| *role != Role::Citizen);
    staff.map(Role::id).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_group_hears_what_its_roles_are_told_about_its_units() {
        let (desk, faults) = Audience::read(&words(&["desk"]), &[], &[]);
        assert!(faults.is_empty());
        let (unit, _) = Audience::read(&words(&["handler", "deputy"]), &words(&["2601"]), &words(&["overdue-1"]));
        let rows = [
            (&desk, Kind::Overdue1, Role::Desk, Some("2602"), true),
            (&desk, Kind::CalendarMissing, Role::Desk, None, true),
            (&desk, Kind::Overdue1, Role::Handler, Some("2602"), false),
            (&desk, Kind::CitizenNeutralSms, Role::Desk, None, false),
            (&unit, Kind::Overdue1, Role::Handler, Some("2601"), true),
            (&unit, Kind::Overdue1, Role::Handler, Some("2602"), false),
            (&unit, Kind::Overdue1, Role::Handler, None, false),
            (&unit, Kind::Overdue2, Role::Deputy, Some("2601"), false),
        ];
        for (audience, kind, role, of, expected) in rows {
            assert_eq!(audience.hears(kind, role, of), expected, "{kind} {role} {of:?}");
        }
    }

    #[test]
    fn no_group_is_told_what_goes_to_a_citizen() {
        let (_, faults) = Audience::read(&words(&["citizen", "boss"]), &[], &words(&["citizen-neutral-sms", "x"]));
        let told: Vec<&str> = faults.iter().map(|(field, _)| *field).collect();
        assert_eq!(told, ["roles", "roles", "kinds", "kinds"]);
        assert_eq!(Audience::read(&[], &[], &[]).1.len(), 1);
    }
}
