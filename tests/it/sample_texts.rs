//! No text tells of a citizen: every ticket of the sample exports, in every
//! template and in everything that the planner wants for it.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, LazyLock},
};

use chrono::{DateTime, TimeDelta, Utc};
use duban::{
    calendar::{Calendar, civil, embedded},
    message::{Item, MessageError, Templates, Wording, fixture_facts, sms},
    notice::{Fact, Facts, Kind, Medium, Notice, Wish},
    planner::{Digest, GroupView, Policy, SmsOutcome, SmsState, TicketFacts, View, Watch, group, upcoming, wanted},
    roster::Roster,
    rules::{
        Rules,
        repeat::{RepeatEntry, RepeatIndex},
    },
    source::{ColumnMap, Export},
    ticket::{Field, NumberKey, RawRow, Reader, Ticket, TicketNo},
};
use unicode_normalization::UnicodeNormalization;

use crate::program::fixture;

const EXPORTS: [&str; 3] = ["export-utf8.csv", "export-gb18030.csv", "export.xlsx"];

/// So many characters in a row are a quotation of the complaint.
const RUN: usize = 8;

/// Cells that hold nothing, and what stands for the name of who gives none.
const NOBODY: [&str; 7] = ["", "NULL", "无", "空", "-", "--", "匿名"];

const LONG_AGO: Watch = Watch { since: DateTime::<Utc>::UNIX_EPOCH };

/// How a ticket may have stood before the export was taken.
const BEFORE: [(&str, &[(Field, &str)]); 3] = [
    ("as exported", &[]),
    (
        "open",
        &[
            (Field::Status, "待处置"),
            (Field::Accepted, ""),
            (Field::Contacted, ""),
            (Field::Concluded, ""),
            (Field::FedBack, ""),
            (Field::Audited, ""),
            (Field::AuditResult, ""),
            (Field::Revisited, ""),
            (Field::Satisfaction, ""),
            (Field::ReturnApplied, ""),
            (Field::ReturnResult, ""),
        ],
    ),
    (
        "not dispatched",
        &[
            (Field::Status, "待派遣"),
            (Field::Dispatched, ""),
            (Field::Units, ""),
            (Field::Accepted, ""),
            (Field::Contacted, ""),
            (Field::Concluded, ""),
        ],
    ),
];

/// Kinds about one ticket that no sample ticket makes wanted, however it stood.
const NOT_IN_THE_SAMPLES: [&str; 7] = [
    "return-material-missing",
    "return-not-allowed",
    "extension-repeat-refused",
    "deadline-recomputed",
    "report-incomplete",
    "supervision-due",
    "supervision-overdue",
];

#[test]
fn no_template_tells_of_a_citizen_for_any_sample_ticket() {
    let samples = samples();
    let bench = Bench::new(&samples);
    let mut texts = 0;
    for sample in &samples {
        let (standing, _) = wanted(view(&sample.ticket, &[]), &bench.policy, LONG_AGO, taken());
        for kind in Kind::ALL {
            let cases = fixture_facts(kind, &bench.wording).unwrap();
            let cases: Vec<Facts> =
                cases.into_iter().map(|facts| own(facts, &sample.ticket, standing.class.chinese())).collect();
            for medium in spoken(kind) {
                let items = cases.iter().map(plain).map(|item| vec![item]);
                let all: Vec<Item<'_>> = cases.iter().map(plain).collect();
                let many = (all.len() > 1 && !kind.is_to_citizen()).then_some(all);
                for items in items.chain(many) {
                    bench.check(sample, kind, medium, &items);
                    texts += 1;
                }
            }
        }
    }
    assert!(texts > 40_000, "{texts}");
}

#[test]
fn nothing_that_is_wanted_for_a_sample_ticket_tells_of_its_citizen() {
    let samples = samples();
    let bench = Bench::new(&samples);
    let mut kinds = BTreeSet::new();
    for (sample, (name, changes)) in samples.iter().flat_map(|sample| BEFORE.iter().map(move |before| (sample, before)))
    {
        let ticket = sample.changed(&bench.reader, changes);
        let outcomes = if *name == "open" { vec![failed(&ticket)] } else { vec![] };
        for notice in bench.notices(&ticket, &outcomes) {
            kinds.insert(notice.kind);
            sample.silent(notice.kind, &serde_json::to_string(&notice.facts).unwrap());
            for medium in spoken(notice.kind) {
                bench.check(sample, notice.kind, medium, &[plain(&notice.facts)]);
                bench.check(sample, notice.kind, medium, &[marked(&notice.facts)]);
            }
        }
    }
    let missing: Vec<&str> =
        Kind::ALL.into_iter().filter(|kind| !kinds.contains(kind)).map(Kind::id).filter(of_a_ticket).collect();
    assert_eq!(missing, NOT_IN_THE_SAMPLES);
}

#[test]
fn nothing_that_is_wanted_for_a_repeat_group_of_the_samples_tells_of_a_citizen() {
    let samples = samples();
    let bench = Bench::new(&samples);
    let mut index = RepeatIndex::default();
    let mut of: BTreeMap<&TicketNo, &Sample> = BTreeMap::new();
    for sample in &samples {
        index.insert(RepeatEntry::of(&sample.ticket));
        of.insert(&sample.ticket.no, sample);
    }
    let mut seen = BTreeSet::new();
    for found in index.groups(365) {
        let newest = index.get(found.members.last().unwrap()).unwrap();
        let view = GroupView { identity: found.first(), group: &found, newest, form: None, meeting: None };
        for notice in group(view, &bench.policy, LONG_AGO, taken()).notices {
            for (sample, medium) in found.members.iter().map(|no| of[no]).zip(spoken(notice.kind).cycle()) {
                bench.check(sample, notice.kind, medium, &[plain(&notice.facts)]);
                seen.insert(notice.kind);
            }
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [Kind::RepeatApproaching, Kind::BatchFormIssued]);
}

#[test]
fn the_digest_of_the_samples_tells_of_no_citizen() {
    let samples = samples();
    let bench = Bench::new(&samples);
    let (mut digest, _) = Digest::today(&bench.policy.rules, taken());
    for sample in &samples {
        digest.add(view(&sample.ticket, &[]), &bench.policy, taken());
    }
    let notices = digest.notices(&bench.policy, LONG_AGO, taken());
    assert!(notices.len() > 5, "the desk and each unit: {}", notices.len());
    for notice in &notices {
        for sample in &samples {
            sample.silent(notice.kind, &serde_json::to_string(&notice.facts).unwrap());
            bench.check(sample, notice.kind, Medium::Email, &[plain(&notice.facts)]);
        }
    }
}

#[test]
fn a_text_too_long_for_the_names_of_the_samples_would_be_named() {
    let samples = samples();
    let wording = widest(&samples);
    assert!(wording.widest_unit.chars().count() >= 7 && wording.widest_town.chars().count() >= 4);
    assert!(Templates::load(&[], &wording).is_ok());
    let longer = Wording { widest_category: "一个特别长的名字的大类/小类".to_owned(), ..wording };
    let faults = Templates::load(&[], &longer).unwrap_err();
    assert!(!faults.is_empty());
    for fault in faults {
        assert!(matches!(&fault, MessageError::TooLong { file, .. } if file.ends_with(".sms.txt")), "{fault}");
    }
}

/// A ticket of the samples, and what no text may hold because of it.
struct Sample {
    rows: Vec<RawRow>,
    ticket: Ticket,
    secrets: BTreeSet<String>,
    complaint: HashSet<String>,
}

impl Sample {
    fn of(rows: Vec<RawRow>, reader: &Reader) -> Self {
        let (ticket, citizen) = reader.read(&rows).unwrap();
        let (mut secrets, mut complaint) = (BTreeSet::new(), HashSet::new());
        for row in &rows {
            let cell = |field| row.get(field).unwrap_or_default().trim();
            let address = cell(Field::Address);
            let (street, door) = address.find('路').map_or((address, ""), |at| address.split_at(at + '路'.len_utf8()));
            // 保密 in the number's place is no number.
            let phone = Some(cell(Field::ContactPhone)).filter(|phone| phone.contains(char::is_numeric));
            let written = [cell(Field::CitizenName), phone.unwrap_or_default(), address, street, door];
            secrets.extend(written.map(str::to_owned));
            secrets.extend([Field::ContactPhone, Field::Content].into_iter().flat_map(|field| numbers(cell(field))));
            complaint.extend(runs(cell(Field::Content)));
        }
        secrets.extend(citizen.mobiles.expose().iter().cloned());
        secrets.retain(|secret| !NOBODY.contains(&secret.as_str()) && secret.chars().count() > 1);
        Self { rows, ticket, secrets, complaint }
    }

    fn changed(&self, reader: &Reader, changes: &[(Field, &str)]) -> Ticket {
        let mut rows = self.rows.clone();
        for row in &mut rows {
            for (field, text) in changes {
                row.set(*field, text);
            }
        }
        reader.ticket(&rows).unwrap()
    }

    fn silent(&self, kind: Kind, text: &str) {
        let told = self.secrets.iter().find(|secret| text.contains(secret.as_str()));
        assert_eq!(told, None, "{kind} of {}: {text}", self.ticket.no);
        let quoted = runs(text).find(|run| self.complaint.contains(run));
        assert_eq!(quoted, None, "{kind} of {}: {text}", self.ticket.no);
    }
}

/// What texts are written with, and the planner's settings.
struct Bench {
    reader: Reader,
    policy: Policy,
    wording: Wording,
    templates: Templates,
}

impl Bench {
    fn new(samples: &[Sample]) -> Self {
        let roster = std::fs::read_to_string(fixture("samples/roster.csv")).unwrap();
        let policy = Policy {
            calendar: Calendar::new(&embedded().unwrap(), &[]).unwrap(),
            rules: Rules::embedded().unwrap(),
            roster: Some(Arc::new(Roster::from_csv("roster.csv", &roster).unwrap())),
        };
        let wording = widest(samples);
        let templates = Templates::load(&[], &wording).unwrap();
        Self { reader: reader(), policy, wording, templates }
    }

    /// What is wanted for a ticket from its receipt until well after the export, and
    /// what stands at many instants between.
    fn notices(&self, ticket: &Ticket, outcomes: &[SmsOutcome]) -> Vec<Notice> {
        let view = view(ticket, outcomes);
        let start = ticket.received.or(ticket.dispatched).map_or_else(|| taken() - TimeDelta::days(90), |at| at.at());
        let end = taken() + TimeDelta::days(40);
        let mut notices = upcoming(view, &self.policy, LONG_AGO, start - TimeDelta::days(1)..end);
        let weekly = (0..).map(|week| start + TimeDelta::hours(36) + TimeDelta::days(7 * week));
        for now in weekly.take_while(|now| *now < end).chain([taken()]) {
            notices.extend(wanted(view, &self.policy, LONG_AGO, now).1.notices);
        }
        notices.retain(|notice| notice.wish == Wish::Send);
        notices
    }

    fn check(&self, sample: &Sample, kind: Kind, medium: Medium, items: &[Item<'_>]) {
        let text = self.templates.render(kind, medium, items).unwrap_or_else(|error| panic!("{kind}: {error}"));
        sample.silent(kind, &text.body);
        sample.silent(kind, text.subject.as_deref().unwrap_or_default());
        if medium == Medium::Sms {
            assert_eq!(sms::count(&text.body).parts, 1, "{kind}: {}", text.body);
        }
        if kind.is_to_citizen() {
            let ticket = &sample.ticket;
            let about = [ticket.no.as_str(), ticket.no.tail(), "12345", "工单", "http", "www"];
            let named = ticket.units.iter().chain(&ticket.category).chain(&ticket.subcategory).chain(&ticket.town);
            let told = about.into_iter().chain(named.map(|name| &**name)).find(|word| text.body.contains(*word));
            assert_eq!(told, None, "{kind}: {}", text.body);
        }
    }
}

/// The tickets of all three exports, each once for each way in which it is read.
fn samples() -> Vec<Sample> {
    let (map, reader) = (ColumnMap::built_in().unwrap(), reader());
    let mut samples: Vec<Sample> = Vec::new();
    let mut known: BTreeMap<TicketNo, Vec<usize>> = BTreeMap::new();
    for name in EXPORTS {
        let mut rows: BTreeMap<TicketNo, Vec<RawRow>> = BTreeMap::new();
        for row in Export::open(&fixture("samples").join(name), &map).unwrap() {
            let cells = row.unwrap().cells;
            rows.entry(reader.number(&cells).unwrap()).or_default().push(cells);
        }
        assert_eq!(rows.len(), 300, "{name}");
        for (no, rows) in rows {
            let sample = Sample::of(rows, &reader);
            let same = known.entry(no).or_default();
            let is_known = |at: &usize| samples[*at].ticket == sample.ticket && samples[*at].secrets == sample.secrets;
            if !same.iter().any(is_known) {
                same.push(samples.len());
                samples.push(sample);
            }
        }
    }
    assert!(samples.iter().filter(|sample| sample.secrets.len() > 4).count() > 200);
    samples
}

fn reader() -> Reader {
    ColumnMap::built_in().unwrap().reader(NumberKey::new([1; 32]))
}

/// When the sample was exported.
fn taken() -> DateTime<Utc> {
    civil::at(chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap(), 17, 30)
}

fn view<'a>(ticket: &'a Ticket, outcomes: &'a [SmsOutcome]) -> View<'a> {
    static FACTS: LazyLock<TicketFacts> = LazyLock::new(TicketFacts::default);
    View { ticket, facts: &FACTS, outcomes, told: &[] }
}

/// An SMS to the citizen that the gateway refused on the day after the dispatch.
fn failed(ticket: &Ticket) -> SmsOutcome {
    let at = ticket.dispatched.map_or_else(taken, |dispatched| dispatched.at() + TimeDelta::hours(20));
    let kind = Kind::CitizenUnreachableSms;
    SmsOutcome { round: 1, kind, occurrence: String::new(), state: SmsState::Failed, at, code: "UNDELIV".into() }
}

/// The media that a kind has words for; a bulletin's file is written elsewhere.
fn spoken(kind: Kind) -> impl Iterator<Item = Medium> + Clone {
    kind.media().iter().copied().filter(|medium| *medium != Medium::File)
}

/// The fixture's facts with the ticket's own in their place.
fn own(mut facts: Facts, ticket: &Ticket, class: &str) -> Facts {
    let name = |name: &Option<Arc<str>>| name.as_deref().unwrap_or("未知").to_owned();
    let category = [&ticket.category, &ticket.subcategory].map(|part| part.as_deref().unwrap_or("未知")).join("/");
    let own = [
        ("no", ticket.no.to_string()),
        ("t4", ticket.no.tail().to_owned()),
        ("class", class.to_owned()),
        ("unit", ticket.units.first().map_or("待定", |unit| unit).to_owned()),
        ("cat", category),
        ("cat1", name(&ticket.category)),
        ("town", name(&ticket.town)),
    ];
    for (name, text) in own {
        if facts.contains_key(name) {
            facts.insert(name.to_owned(), Fact::Text(text));
        }
    }
    for name in ["nos", "overdue", "data_problems"] {
        if facts.contains_key(name) {
            facts.insert(name.to_owned(), Fact::List(vec![ticket.no.to_string()]));
        }
    }
    facts
}

/// The longest names of the samples, in the settings' place.
fn widest(samples: &[Sample]) -> Wording {
    let longest = |names: Vec<String>| names.into_iter().max_by_key(|name| name.chars().count()).unwrap();
    let tickets = || samples.iter().map(|sample| &sample.ticket);
    let units = tickets().flat_map(|ticket| ticket.units.iter()).map(|unit| unit.to_string());
    let towns = tickets().flat_map(|ticket| &ticket.town).map(|town| town.to_string());
    let categories = tickets().map(|ticket| {
        [&ticket.category, &ticket.subcategory].map(|part| part.as_deref().unwrap_or_default()).join("/")
    });
    Wording {
        widest_unit: longest(units.collect()),
        widest_town: longest(towns.collect()),
        widest_category: longest(categories.collect()),
        ..Wording::default()
    }
}

/// Runs of seven digits or more, with and without what stands between them, and the
/// mobile numbers in them.
fn numbers(cell: &str) -> Vec<String> {
    let plain: String = cell.nfkc().collect();
    let bare: String = plain.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let mut numbers: Vec<String> =
        [plain, bare].iter().flat_map(|text| text.split(|c: char| !c.is_ascii_digit())).map(str::to_owned).collect();
    let mobiles: Vec<String> =
        numbers.iter().filter_map(|run| run.find("1380").map(|at| run[at..].chars().take(11).collect())).collect();
    numbers.extend(mobiles);
    numbers.retain(|number| number.len() >= 7);
    numbers
}

/// Every run of [`RUN`] characters.
fn runs(text: &str) -> impl Iterator<Item = String> {
    let chars: Vec<char> = text.chars().collect();
    (RUN..=chars.len()).map(move |end| chars[end - RUN..end].iter().collect())
}

fn plain(facts: &Facts) -> Item<'_> {
    Item { facts, late: false, repeat: false }
}

fn marked(facts: &Facts) -> Item<'_> {
    Item { facts, late: true, repeat: true }
}

/// Whether a kind is about one ticket, so that a ticket alone can make it wanted.
fn of_a_ticket(id: &&str) -> bool {
    ![
        "repeat-approaching",
        "batch-form-issued",
        "batch-meeting-due",
        "hot-topic",
        "daily-digest",
        "weekly-bulletin",
        "monthly-bulletin",
        "calendar-missing",
        "source-down",
        "source-restored",
        "gateway-down",
        "settings-refused",
    ]
    .contains(id)
}
