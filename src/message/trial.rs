//! Every template is tried on made-up facts before it is used.

use crate::notice::{Facts, Kind, Medium};

use super::{Item, MessageError, Templates, Text, fixture, form::provisional, name, sms, wording::HOTLINE};

/// The kinds that may stand in the digest of the first start (A40).
const FIRST_START: [Kind; 4] = [Kind::Overdue1, Kind::Overdue2, Kind::Overdue3, Kind::OverdueDaily];

/// Everything that is wrong, once for each template.
pub fn faults(templates: &Templates) -> Vec<MessageError> {
    let mut faults = Vec::new();
    for kind in Kind::ALL {
        let Some(cases) = fixture::facts(kind, &templates.wording) else { continue };
        for medium in spoken(kind) {
            faults.extend(one(templates, kind, medium, &cases).err());
            if !kind.is_to_citizen() {
                faults.extend(several(templates, kind, medium, &cases).err());
            }
        }
    }
    for medium in [Medium::Sms, Medium::Email] {
        faults.extend(first_start(templates, medium).err());
        faults.extend(gathered(templates, medium).err());
    }
    faults.sort_by(|a, b| (a.file(), a.line()).cmp(&(b.file(), b.line())));
    faults.dedup_by(|a, b| a.to_string() == b.to_string());
    faults
}

/// The media that a kind has words for: the file of a bulletin is written by who
/// counts, and no template has a part in it.
pub fn spoken(kind: Kind) -> impl Iterator<Item = Medium> {
    kind.media().iter().copied().filter(|medium| *medium != Medium::File)
}

/// Each case plainly, and with every mark.
fn one(templates: &Templates, kind: Kind, medium: Medium, cases: &[Facts]) -> Result<(), MessageError> {
    let file = name::one(kind, medium);
    for facts in cases {
        for item in [plain(facts), marked(&provisional(facts.clone()))] {
            let text = templates.render(kind, medium, &[item])?;
            check_sms(templates, &file, &text)?;
            if kind.is_to_citizen() {
                check_citizen(&file, &text)?;
            }
        }
    }
    Ok(())
}

/// Two of a kind, all of its cases together, and a hundred.
fn several(templates: &Templates, kind: Kind, medium: Medium, cases: &[Facts]) -> Result<(), MessageError> {
    let file = templates.template(kind, medium, 2)?;
    let provisional: Vec<Facts> = cases.iter().cloned().map(provisional).collect();
    let every: Vec<Item<'_>> = cases.iter().chain(cases).map(plain).collect();
    let hundreds: Vec<Item<'_>> = provisional.iter().cycle().take(100).map(marked).collect();
    for items in [&every, &hundreds] {
        let text = templates.render(kind, medium, items)?;
        check_sms(templates, &file, &text)?;
    }
    Ok(())
}

fn first_start(templates: &Templates, medium: Medium) -> Result<(), MessageError> {
    let facts: Vec<(Kind, Facts)> = FIRST_START
        .into_iter()
        .filter_map(|kind| Some((kind, provisional(fixture::facts(kind, &templates.wording)?.into_iter().next()?))))
        .collect();
    for count in [1, 100] {
        let items: Vec<(Kind, Item<'_>)> =
            facts.iter().cycle().take(count).map(|(kind, facts)| (*kind, marked(facts))).collect();
        let text = templates.render_first_start(medium, &items)?;
        check_sms(templates, &name::first_start(medium), &text)?;
    }
    Ok(())
}

/// One of every kind that travels by the medium, each alone beside another kind,
/// and a hundred.
fn gathered(templates: &Templates, medium: Medium) -> Result<(), MessageError> {
    let kinds = Kind::ALL.into_iter().filter(|kind| !kind.is_to_citizen() && kind.media().contains(&medium));
    let cases = kinds.filter_map(|kind| Some((kind, fixture::facts(kind, &templates.wording)?)));
    let facts: Vec<(Kind, Facts)> =
        cases.flat_map(|(kind, cases)| cases.into_iter().map(move |facts| (kind, provisional(facts)))).collect();
    let all: Vec<(Kind, Item<'_>)> = facts.iter().map(|(kind, facts)| (*kind, marked(facts))).collect();
    let hundred: Vec<(Kind, Item<'_>)> = all.iter().copied().cycle().take(100).collect();
    let pairs: Vec<&[(Kind, Item<'_>)]> = all.windows(2).collect();
    for items in [&all[..], &hundred[..]].into_iter().chain(pairs) {
        let text = templates.render_gathered(medium, items)?;
        check_sms(templates, &name::gathered(medium), &text)?;
    }
    Ok(())
}

fn check_sms(templates: &Templates, file: &str, text: &Text) -> Result<(), MessageError> {
    if text.subject.is_some() {
        return Ok(());
    }
    if text.body.matches(['【', '】']).count() > 2 {
        return Err(MessageError::Brackets { file: file.to_owned() });
    }
    let (count, limit) = (sms::count(&text.body), templates.wording.sms_parts);
    if count.parts <= limit {
        return Ok(());
    }
    Err(MessageError::TooLong { file: file.to_owned(), units: count.units, parts: count.parts, limit })
}

/// The facts that could tell anything cannot reach the text; what is left is
/// what somebody wrote into it.
fn check_citizen(file: &str, text: &Text) -> Result<(), MessageError> {
    let fault = |what| Err(MessageError::ToCitizen { file: file.to_owned(), what });
    if text.body.contains(HOTLINE) {
        return fault("12345");
    }
    if text.body.contains("工单") {
        return fault("工单");
    }
    if text.body.contains("://") {
        return fault("a link");
    }
    Ok(())
}

fn plain(facts: &Facts) -> Item<'_> {
    Item { facts, late: false, repeat: false }
}

fn marked(facts: &Facts) -> Item<'_> {
    Item { facts, late: true, repeat: true }
}
