//! Which text an SMS is and the values in it, for providers that take no words of
//! ours but fill a text that was approved beforehand.

use std::collections::{BTreeMap, BTreeSet};

use crate::notice::{Fact, Facts, Kind, Medium};

use super::{Item, Templates, Wording, context::Context, fixture, name};

/// An SMS as a form: its name and its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The name of the text: `due-soon`, `due-soon.many`, `digest`, `gathered`,
    /// `first-start`.
    pub name: String,
    /// The values by name: the facts of one notice, and `name`, `count`, `marks`,
    /// `tails`, `kinds`, `public_phone` of any message.
    pub values: BTreeMap<String, String>,
}

impl Form {
    /// The form of a message whose text is in `file`.
    pub(super) fn of(file: &str, context: &Context) -> Self {
        Self { name: stem(file), values: context.plain().clone() }
    }
}

/// `due-soon.sms.many.txt` is `due-soon.many`.
fn stem(file: &str) -> String {
    let stem = file.strip_suffix(".txt").unwrap_or(file);
    stem.split('.').filter(|part| *part != Medium::Sms.id()).collect::<Vec<_>>().join(".")
}

/// The name of the form of several notices of any kind; also of one whose own text
/// failed.
pub const DIGEST: &str = "digest";

/// The forms that a provider must know: one for each kind that goes by SMS, and those
/// of several notices at once.
pub fn needed() -> impl Iterator<Item = String> {
    let kinds = Kind::ALL.into_iter().filter(|kind| kind.media().contains(&Medium::Sms));
    let several = [name::digest(Medium::Sms), name::gathered(Medium::Sms), name::first_start(Medium::Sms)];
    kinds.map(|kind| kind.id().to_owned()).chain(several.into_iter().map(|file| stem(&file)))
}

/// Whether a form of this name can ever be sent.
pub fn is_known(form: &str) -> bool {
    let one = form.strip_suffix(".many").unwrap_or(form);
    needed().any(|needed| needed == one)
        && (one == form || Kind::from_id(one).is_some_and(|kind| !kind.is_to_citizen()))
}

/// Every form with values as wide as they get, marks included.
pub fn widest(templates: &Templates, wording: &Wording) -> Vec<Form> {
    let of_kind = |kind: Kind| {
        let cases = fixture::facts(kind, wording).unwrap_or_default();
        cases.into_iter().map(move |facts| (kind, provisional(facts)))
    };
    let kinds = Kind::ALL.into_iter().filter(|kind| kind.media().contains(&Medium::Sms));
    let cases: Vec<(Kind, Facts)> = kinds.flat_map(of_kind).collect();
    let marked = |facts| Item { facts, late: true, repeat: true };
    let rows: Vec<(Kind, Item<'_>)> = cases.iter().map(|(kind, facts)| (*kind, marked(facts))).collect();
    let mut texts = Vec::new();
    for (kind, item) in &rows {
        texts.push(templates.render(*kind, Medium::Sms, &[*item]));
        if !kind.is_to_citizen() {
            texts.push(templates.render(*kind, Medium::Sms, &vec![*item; 100]));
            texts.push(Ok(templates.fallback(*kind, Medium::Sms, &[*item]).unwrap_or_default()));
        }
    }
    let hundred: Vec<_> = rows.iter().copied().filter(|(kind, _)| !kind.is_to_citizen()).cycle().take(100).collect();
    texts.push(templates.render_first_start(Medium::Sms, &hundred));
    texts.push(templates.render_gathered(Medium::Sms, &hundred));
    // What cannot be rendered is a fault of the templates and told there.
    texts.into_iter().filter_map(|text| text.ok()?.form).collect()
}

/// The facts with the one flag that no case sets.
pub(super) fn provisional(mut facts: Facts) -> Facts {
    facts.insert("provisional".to_owned(), Fact::Flag(true));
    facts
}

/// `办结临期提醒3条、逾期督办1条等`: the first two kinds with their numbers.
pub(super) fn kinds(rows: &[(Kind, Item<'_>)]) -> String {
    let kinds: BTreeSet<&str> = rows.iter().map(|(kind, _)| kind.chinese()).collect();
    let count = |name: &str| rows.iter().filter(|(kind, _)| kind.chinese() == name).count();
    let told: Vec<String> = kinds.iter().take(2).map(|name| format!("{name}{}条", count(name))).collect();
    format!("{}{}", told.join("、"), if kinds.len() > 2 { "等" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widest_knows_every_form_that_is_needed_and_none_that_is_not() {
        let wording = Wording::default();
        let templates = Templates::load(&[], &wording).unwrap();
        let forms: BTreeSet<String> = widest(&templates, &wording).into_iter().map(|form| form.name).collect();
        for name in needed() {
            assert!(forms.contains(&name), "{name}");
        }
        for name in &forms {
            assert!(is_known(name), "{name}");
        }
        assert!(!is_known("nothing") && !is_known("citizen-neutral-sms.many") && !is_known("digest.many"));
    }

    #[test]
    fn a_form_to_a_citizen_has_no_facts() {
        let wording = Wording::default();
        let templates = Templates::load(&[], &wording).unwrap();
        for form in widest(&templates, &wording).into_iter().filter(|form| form.name.starts_with("citizen-neutral")) {
            assert!(form.values.keys().all(|name| ["count", "name", "public_phone"].contains(&name.as_str())));
        }
    }
}
