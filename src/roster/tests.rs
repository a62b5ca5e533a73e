use proptest::prelude::*;

use super::*;

const SHIPPED: &str = include_str!("../../config/roster.toml");
const SAMPLE: &str = include_str!("../../tests/fixtures/samples/roster.csv");

/// Two units; the handler of the first is away twice.
const SMALL: &str = r#"
[[unit]]
code = "1"
name = "甲站"
former = ["甲所", "老 甲所"]

[[unit]]
code = "2"
name = "乙站"

[[person]]
id = "h1"
name = "甲经办"
unit = "1"
roles = ["handler"]
phones = ["138 0009 0001", "13800090002"]
email = "h1@example.org"
absent = [{ from = 2026-10-01, to = 2026-10-08 }, { from = "2026-12-01", to = "2026-12-01" }]

[[person]]
id = "d1"
name = "甲副站"
unit = "1"
roles = ["deputy", "chief"]
phones = ["13800090003"]

[[person]]
id = "all2"
name = "乙一人"
unit = "2"
roles = ["handler", "deputy", "chief"]
email = "all2@example.org"

[[person]]
id = "desk1"
name = "综管"
roles = ["desk"]
phones = ["13800090004"]
email = "desk@example.org"

[[person]]
id = "m1"
name = "曹副局"
roles = ["bureau_matter"]
email = "m1@example.org"
matters = ["供水"]

[[stand_in]]
of = "h1"
by = "d1"
from = 2026-10-01
to = 2026-10-03
"#;

fn small() -> Roster {
    Roster::from_toml("roster.toml", SMALL).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn ids<'a>(resolved: &Resolved<'a>) -> Vec<&'a str> {
    resolved.people.iter().map(|person| &*person.id).collect()
}

#[test]
fn the_shipped_roster_is_the_sample_roster() {
    let shipped = Roster::from_toml("config/roster.toml", SHIPPED).unwrap();
    let sample = Roster::from_csv("roster.csv", SAMPLE).unwrap();
    assert_eq!(shipped.units(), sample.units());
    let facts = |roster: &Roster| -> Vec<_> {
        let of = |person: &Person| {
            let phones: Vec<_> = person.phones.iter().map(|phone| phone.expose().clone()).collect();
            let email = person.email.as_ref().map(|email| email.expose().clone());
            (person.name.clone(), person.unit.clone(), person.roles.clone(), phones, email, person.matters.clone())
        };
        roster.everyone().iter().map(of).collect()
    };
    assert_eq!(facts(&shipped), facts(&sample));
    assert_eq!((sample.units().len(), sample.everyone().len()), (6, 23));
}

#[test]
fn a_unit_is_found_by_every_spelling_of_a_present_or_former_name() {
    let roster = small();
    for name in ["甲站", " 甲 站\u{3000}", "甲所", "老甲所", "\u{feff}甲所"] {
        assert_eq!(roster.unit(name).map(|unit| &*unit.code), Some("1"), "{name:?}");
    }
    assert_eq!(roster.unit("丙站"), None);
    assert_eq!(roster.unit(""), None);
}

#[test]
fn unit_staff_has_only_those_of_the_unit() {
    let roster = small();
    assert!(roster.unit_staff_has("甲所", "甲 经办", day("2026-09-30")));
    assert!(roster.unit_staff_has("甲站", "甲副站", day("2026-09-30")));
    assert!(!roster.unit_staff_has("乙站", "甲经办", day("2026-09-30")));
    assert!(!roster.unit_staff_has("丙站", "甲经办", day("2026-09-30")));
    assert!(!roster.unit_staff_has("甲站", "", day("2026-09-30")));
}

#[test]
fn people_of_a_role_are_found_by_unit_matter_and_day() {
    let roster = small();
    let rows = [
        ("handler", Role::Handler, Some("甲所"), None, "2026-09-30", "h1", None),
        ("first day away: stand-in", Role::Handler, Some("甲站"), None, "2026-10-01", "d1", None),
        ("last day of the stand-in", Role::Handler, Some("甲站"), None, "2026-10-03", "d1", None),
        ("away without a stand-in", Role::Handler, Some("甲站"), None, "2026-10-04", "desk1", Some(Why::AllAway)),
        ("last day away", Role::Handler, Some("甲站"), None, "2026-10-08", "desk1", Some(Why::AllAway)),
        ("back again", Role::Handler, Some("甲站"), None, "2026-10-09", "h1", None),
        ("no unit", Role::Handler, None, None, "2026-09-30", "desk1", Some(Why::NoUnit)),
        ("blank unit", Role::Deputy, Some(" "), None, "2026-09-30", "desk1", Some(Why::NoUnit)),
        ("unknown unit", Role::Chief, Some("丙站"), None, "2026-09-30", "desk1", Some(Why::UnknownUnit)),
        ("matter", Role::BureauMatter, Some("甲站"), Some("供 水"), "2026-09-30", "m1", None),
        ("other matter", Role::BureauMatter, None, Some("河道"), "2026-09-30", "desk1", Some(Why::NoLeaderOfMatter)),
        ("no matter", Role::BureauMatter, None, None, "2026-09-30", "desk1", Some(Why::NoLeaderOfMatter)),
        ("nobody", Role::BureauHotline, None, None, "2026-09-30", "desk1", Some(Why::NobodyInRole)),
        ("desk", Role::Desk, None, None, "2026-09-30", "desk1", None),
    ];
    for (name, role, unit, category, on, expected, why) in rows {
        let resolved = roster.people(role, unit, category, day(on));
        assert_eq!((ids(&resolved), resolved.fell_back), (vec![expected], why), "{name}");
    }
    assert_eq!(ids(&roster.people(Role::Citizen, Some("甲站"), None, day("2026-09-30"))), [""; 0]);
}

#[test]
fn a_chain_of_stand_ins_is_followed_and_each_person_told_once() {
    let more = r#"
[[person]]
id = "h2"
name = "甲经办二"
unit = "1"
roles = ["handler"]
phones = ["13800090008"]

[[stand_in]]
of = "h2"
by = "d1"
from = 2026-10-02
to = 2026-10-02

[[stand_in]]
of = "d1"
by = "desk1"
from = 2026-10-03
to = 2026-10-03
"#;
    let roster = Roster::from_toml("roster.toml", &format!("{SMALL}{more}")).unwrap();
    let rows = [
        ("2026-10-01", vec!["d1", "h2"]),
        ("2026-10-02", vec!["d1"]),
        ("2026-10-03", vec!["desk1", "h2"]),
        ("2026-10-04", vec!["h2"]),
    ];
    for (on, expected) in rows {
        let resolved = roster.people(Role::Handler, Some("甲站"), None, day(on));
        assert_eq!((ids(&resolved), resolved.fell_back), (expected, None), "{on}");
    }
}

#[test]
fn the_desk_is_told_even_when_the_desk_is_away() {
    let text =
        SMALL.replace("roles = [\"desk\"]", "roles = [\"desk\"]\nabsent = [{ from = 2026-10-01, to = 2026-10-31 }]");
    let roster = Roster::from_toml("roster.toml", &text).unwrap();
    let resolved = roster.people(Role::Desk, None, None, day("2026-10-05"));
    assert_eq!((ids(&resolved), resolved.fell_back), (vec!["desk1"], Some(Why::AllAway)));
}

#[test]
fn every_fault_is_told_with_line_and_field() {
    let rows: [(&str, &str, &str, &[&str]); 29] = [
        ("unknown key", "id = \"m1\"", "id = \"m1\"\nphone = \"1\"", &["line 43, person.phone: unknown; known here"]),
        ("unknown table", "[[stand_in]]", "[[standin]]", &["line 48, standin: unknown"]),
        ("a landline", "13800090003", "021-59721234", &["line 25, person.phones: it is no mobile"]),
        ("two numbers in one", "13800090003", "13800090003/13800090009", &["line 25, person.phones: it is no mobile"]),
        ("no domain", "all2@example.org", "all2", &["line 32, person.email: it is no mail"]),
        ("a Chinese address", "all2@example.org", "张三@例子.中国", &["line 32, person.email: it is no mail"]),
        ("a name in the address", "all2@example.org", "乙 <all2@example.org>", &["line 32, person.email"]),
        (
            "unknown role",
            "\"desk\"",
            "\"des\"",
            &["line 37, person.roles: `des` is no role", "nobody has the role desk"],
        ),
        ("the citizen", "\"desk\"", "\"desk\", \"citizen\"", &["line 37, person.roles: `citizen` is no role"]),
        (
            "unknown unit",
            "unit = \"2\"",
            "unit = \"3\"",
            &[
                "line 7, unit: the unit `乙站` has no handler",
                "line 7, unit: the unit `乙站` has no deputy",
                "line 7, unit: the unit `乙站` has no chief",
                "line 30, person.unit: no unit has the code `3`",
            ],
        ),
        ("duplicate id", "\"desk1\"", "\"m1\"", &["line 42, person.id: `m1` stands in line 35 already"]),
        (
            "duplicate code",
            "code = \"2\"",
            "code = \"1\"",
            &["line 8, unit.code: `1` stands in line 3 already", "line 30, person.unit: no unit has the code `2`"],
        ),
        ("duplicate name", "\"乙站\"", "\"老甲所\"", &["line 9, unit.name: `老甲所` stands in line 2 already"]),
        ("a stand-in of nobody", "by = \"d1\"", "by = \"d9\"", &["line 50, stand_in.by: no person has the id `d9`"]),
        ("a stand-in for himself", "by = \"d1\"", "by = \"h1\"", &["line 50, stand_in.by: a person cannot"]),
        (
            "a role of a unit without one",
            "roles = [\"desk\"]",
            "roles = [\"desk\", \"chief\"]",
            &["line 37, person.roles"],
        ),
        ("no number", "\"13800090003\"", "\"\"", &["line 25, person.phones: it is missing or empty"]),
        (
            "a last day that is none",
            "id = \"m1\"",
            "id = \"m1\"\nleft = \"2026-02-30\"",
            &["line 43, person.left: `2026"],
        ),
        (
            "a successor before its day",
            "code = \"1\"",
            "code = \"1\"\nsuccessor = \"2\"",
            &["line 4, unit.successor: a unit"],
        ),
        (
            "a successor that is no unit",
            "code = \"1\"",
            "code = \"1\"\nabolished = 2026-07-01\nsuccessor = \"7\"",
            &["line 5, unit.successor: no unit has the code `7`"],
        ),
        (
            "a duty of nobody",
            "[[stand_in]]",
            "[[duty]]\nweek_of = 2026-11-23\ndesk = [\"d9\", \"h1\"]\n\n[[stand_in]]",
            &["line 50, duty.desk: no person has the id `d9`", "line 50, duty.desk: `h1` is not of the desk"],
        ),
        (
            "a duty of a week and of days",
            "[[stand_in]]",
            "[[duty]]\nweek_of = 2026-11-23\nto = 2026-11-24\ndesk = [\"desk1\"]\n\n[[stand_in]]",
            &["line 49, duty.week_of: an entry names a week, or"],
        ),
        (
            "a duty without people",
            "[[stand_in]]",
            "[[duty]]\nweek_of = 2026-11-23\ndesk = []\n\n[[stand_in]]",
            &["line 50, duty.desk: it is missing or empty"],
        ),
        (
            "a day with two duties",
            "[[stand_in]]",
            "[[duty]]\nweek_of = 2026-11-25\ndesk = [\"desk1\"]\n[[duty]]\nfrom = 2026-11-29\nto = 2026-11-30\n\
             desk = [\"desk1\"]\n[[stand_in]]",
            &["line 51, duty: 2026-11-29 stands in the entry of line 48 already"],
        ),
        ("matters of nobody's", "matters = [\"供水\"]", "", &["line 41, person.matters: matters belong"]),
        ("not a day", "\"2026-12-01\", to", "\"2026-13-01\", to", &["line 18, absent.from: `2026-13-01` is no day"]),
        ("backwards", "to = 2026-10-03", "to = 2026-09-30", &["line 52, stand_in.to: it ends before it begins"]),
        ("a number for a text", "id = \"m1\"", "id = 1", &["line 42, person.id: it is integer, wanted is a text"]),
        ("no TOML", "id = \"m1\"", "id = \"m1", &["line 42, toml: it cannot be read"]),
    ];
    for (name, right, wrong, expected) in rows {
        assert!(SMALL.contains(right), "{name}");
        let faults = Roster::from_toml("r.toml", &SMALL.replacen(right, wrong, 1)).unwrap_err();
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), expected.len(), "{name}: {told:#?}");
        for part in expected {
            assert!(told.iter().any(|fault| fault.starts_with("r.toml") && fault.contains(part)), "{name}: {told:#?}");
        }
        assert!(faults.iter().all(|fault| !fault.fault.remedy().is_empty()), "{name}");
    }
}

#[test]
fn a_cycle_of_stand_ins_is_refused_only_where_the_days_meet() {
    let back = |from: &str, to: &str| {
        let more = format!("[[stand_in]]\nof = \"d1\"\nby = \"h1\"\nfrom = {from}\nto = {to}\n");
        Roster::from_toml("r.toml", &format!("{SMALL}{more}"))
    };
    let faults = back("2026-10-03", "2026-10-05").unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["r.toml, line 53, stand_in: on 2026-10-03 the stand-ins lead back to `d1`, so nobody would answer"]
    );
    assert!(back("2026-10-04", "2026-10-05").is_ok());
}

#[test]
fn a_fault_never_names_a_telephone_or_mail() {
    let text = SMALL.replace("13800090003", "138000900033").replace("all2@example.org", "all2@@example.org");
    let faults = Roster::from_toml("r.toml", &text).unwrap_err();
    assert_eq!(faults.len(), 2);
    let told = format!("{faults:?}{}{}", faults[0], faults[1]);
    assert!(!told.contains("13800") && !told.contains("all2"), "{told}");
    assert!(!format!("{:?}", small()).contains("13800"));
}

#[test]
fn faults_of_a_csv_have_line_and_column() {
    let rows = [
        ("a landline", "13800090001", "59721234", vec!["line 2, person.phones: it is no mobile"]),
        ("unknown role", ",desk,", ",desks,", vec!["line 20, role: `desks` is no role", "nobody has the role desk"]),
        ("no name", "郑站长", "", vec!["line 4, name: it is missing"]),
        (
            "no column",
            "former_name",
            "old_name",
            vec!["line 1, old_name: unknown", "line 1, former_name: it is missing"],
        ),
        (
            "code of two units",
            "2602,苇塘排水养护站,苇塘排水所,handler",
            "2601,苇塘排水养护站,苇塘排水所,handler",
            vec![
                "line 5, unit.code: `2601` stands in line 2 already",
                "line 6, unit.name: `苇塘排水养护站` stands in line",
                "line 6, unit.former",
                "has no handler",
            ],
        ),
    ];
    for (name, right, wrong, expected) in rows {
        assert!(SAMPLE.contains(right), "{name}");
        let faults = Roster::from_csv("r.csv", &SAMPLE.replacen(right, wrong, 1)).unwrap_err();
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), expected.len(), "{name}: {told:#?}");
        for part in expected {
            assert!(told.iter().any(|fault| fault.contains(part)), "{name}: {told:#?}");
        }
    }
}

#[test]
fn two_lines_of_a_csv_with_one_name_in_one_unit_are_one_person() {
    let text = format!("\u{feff}{SAMPLE}2600,局领导,,ops,孔副局,13800090099,,\n");
    let roster = Roster::from_csv("r.csv", &text).unwrap();
    let person = roster.person("2600/孔副局").unwrap();
    assert_eq!(person.roles, [Role::BureauHotline, Role::Ops]);
    assert_eq!(person.phones.len(), 2);
    let text = format!("{SAMPLE}2600,局领导,,ops,孔副局,,other@example.org,\n");
    let faults = Roster::from_csv("r.csv", &text).unwrap_err();
    assert_eq!(faults[0].to_string(), "r.csv, line 25, email: it differs from line 21, which is about the same person");
}

#[test]
fn the_desk_of_a_day_are_those_on_duty_and_without_an_entry_all() {
    let more = r#"
[[person]]
id = "desk2"
name = "综管二"
roles = ["desk"]
phones = ["13800090011"]
absent = [{ from = 2026-11-28, to = 2026-11-28 }]

[[person]]
id = "desk3"
name = "综管三"
roles = ["desk"]
phones = ["13800090012"]

[[duty]]
week_of = 2026-11-25
desk = ["desk2"]

[[duty]]
from = 2026-11-30
to = 2026-12-01
desk = ["desk3", "desk1"]

[[stand_in]]
of = "desk2"
by = "d1"
from = 2026-11-26
to = 2026-11-26
"#;
    let roster = Roster::from_toml("roster.toml", &format!("{SMALL}{more}")).unwrap();
    let rows = [
        ("the Sunday before", "2026-11-22", vec!["desk1", "desk2", "desk3"]),
        ("Monday", "2026-11-23", vec!["desk2"]),
        ("somebody stands in", "2026-11-26", vec!["d1"]),
        ("nobody on duty is there", "2026-11-28", vec!["desk1", "desk3"]),
        ("Sunday", "2026-11-29", vec!["desk2"]),
        ("days", "2026-12-01", vec!["desk3", "desk1"]),
        ("after the table", "2026-12-02", vec!["desk1", "desk2", "desk3"]),
    ];
    for (name, on, expected) in rows {
        let resolved = roster.people(Role::Desk, None, None, day(on));
        assert_eq!((ids(&resolved), resolved.fell_back), (expected.clone(), None), "{name}");
        // What falls back to the desk goes to the same people.
        assert_eq!(ids(&roster.people(Role::Chief, Some("丙站"), None, day(on))), expected, "{name}");
    }
    assert_eq!(roster.duties()[0].span, Span { from: day("2026-11-23"), to: day("2026-11-29") });
}

#[test]
fn whoever_has_left_is_told_no_more() {
    let text = SMALL.replace("id = \"h1\"", "id = \"h1\"\nleft = 2026-10-31");
    let roster = Roster::from_toml("r.toml", &text).unwrap();
    let handler = |roster: &Roster, on| {
        let resolved = roster.people(Role::Handler, Some("甲站"), None, day(on));
        (resolved.people[0].id.to_string(), resolved.fell_back)
    };
    assert_eq!(handler(&roster, "2026-10-31"), ("h1".to_owned(), None));
    assert_eq!(handler(&roster, "2026-11-01"), ("desk1".to_owned(), Some(Why::NobodyInRole)));
    assert!(roster.unit_staff_has("甲站", "甲经办", day("2026-10-31")));
    assert!(!roster.unit_staff_has("甲站", "甲经办", day("2026-11-01")));
    // The post may be filled for a time all the same.
    let text = text.replace("to = 2026-10-03", "to = 2026-11-15");
    let roster = Roster::from_toml("r.toml", &text).unwrap();
    assert_eq!(handler(&roster, "2026-11-15"), ("d1".to_owned(), None));
    assert_eq!(handler(&roster, "2026-11-16"), ("desk1".to_owned(), Some(Why::NobodyInRole)));
    // A colleague in the same role goes on alone.
    let colleague = "[[person]]\nid = \"h2\"\nname = \"乙\"\nunit = \"1\"\nroles = [\"handler\"]\n";
    let roster = Roster::from_toml("r.toml", &format!("{text}{colleague}")).unwrap();
    assert_eq!(handler(&roster, "2026-11-16"), ("h2".to_owned(), None));
}

#[test]
fn a_desk_that_has_left_is_told_at_the_very_last() {
    let text = SMALL.replace("id = \"desk1\"", "id = \"desk1\"\nleft = 2026-10-31");
    let roster = Roster::from_toml("r.toml", &text).unwrap();
    let resolved = roster.people(Role::Desk, None, None, day("2026-11-01"));
    assert_eq!((ids(&resolved), resolved.fell_back), (vec!["desk1"], Some(Why::NobodyInRole)));
}

#[test]
fn tickets_of_an_abolished_unit_go_to_its_successor_or_the_desk() {
    let with = |of_1: &str, of_2: &str| {
        let text = SMALL.replace("code = \"1\"", &format!("code = \"1\"\n{of_1}"));
        Roster::from_toml("r.toml", &text.replace("code = \"2\"", &format!("code = \"2\"\n{of_2}")))
    };
    let handler = |roster: &Roster, on| {
        let resolved = roster.people(Role::Handler, Some("甲所"), None, day(on));
        (resolved.people[0].id.to_string(), resolved.fell_back)
    };
    let roster = with("abolished = 2026-07-01\nsuccessor = \"2\"", "").unwrap();
    assert_eq!(handler(&roster, "2026-06-30"), ("h1".to_owned(), None));
    assert_eq!(handler(&roster, "2026-07-01"), ("all2".to_owned(), None));
    assert!(roster.unit_staff_has("甲站", "乙一人", day("2026-07-01")));
    assert!(!roster.unit_staff_has("甲站", "甲经办", day("2026-07-01")));
    let roster = with("abolished = 2026-07-01", "").unwrap();
    assert_eq!(handler(&roster, "2026-07-01"), ("desk1".to_owned(), Some(Why::Abolished)));
    let roster = with("abolished = 2026-07-01\nsuccessor = \"2\"", "abolished = 2026-08-01").unwrap();
    assert_eq!(handler(&roster, "2026-07-31"), ("all2".to_owned(), None));
    assert_eq!(handler(&roster, "2026-08-01"), ("desk1".to_owned(), Some(Why::Abolished)));
    let back = "abolished = 2026-08-01\nsuccessor = \"1\"";
    let faults = with("abolished = 2026-07-01\nsuccessor = \"2\"", back).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let cycle = |line, code| {
        format!("r.toml, line {line}, unit.successor: the successors lead back to `{code}`, so no unit would answer")
    };
    assert_eq!(told, [cycle(5, "1"), cycle(12, "2")]);
    // The staff of a unit that is no more need not be listed.
    let gone = "[[unit]]\ncode = \"3\"\nname = \"丙站\"\nabolished = 2025-01-01\nsuccessor = \"1\"\n";
    let roster = Roster::from_toml("r.toml", &format!("{SMALL}{gone}")).unwrap();
    assert_eq!(ids(&roster.people(Role::Chief, Some("丙站"), None, day("2026-07-01"))), ["d1"]);
}

#[test]
fn a_handler_whom_the_roster_does_not_know_changes_nobody_who_is_told() {
    let roster = small();
    assert!(!roster.unit_staff_has("甲站", "某某", day("2026-09-30")));
    assert_eq!(ids(&roster.people(Role::Handler, Some("甲站"), None, day("2026-09-30"))), ["h1"]);
}

#[test]
fn coverage_names_every_rung_that_reaches_nobody() {
    let roster = small();
    let rungs = [
        Rung { kind: "due-soon", role: Role::Handler, media: &[Medium::Sms] },
        Rung { kind: "due-today", role: Role::Handler, media: &[Medium::Sms] },
        Rung { kind: "overdue-1", role: Role::Deputy, media: &[Medium::Sms, Medium::Email] },
        Rung { kind: "overdue-3", role: Role::BureauHotline, media: &[Medium::Email] },
        Rung { kind: "overdue-3", role: Role::BureauMatter, media: &[Medium::Email] },
        Rung { kind: "daily-digest", role: Role::Desk, media: &[] },
        Rung { kind: "citizen-neutral-sms", role: Role::Citizen, media: &[] },
    ];
    let told: Vec<_> = roster
        .coverage(&rungs, day("2026-10-05"))
        .into_iter()
        .map(|gap| (gap.role, gap.unit.as_deref().map(str::to_owned), gap.lack, gap.kinds.join(" ")))
        .collect();
    let unit = |name: &str| Some(name.to_owned());
    assert_eq!(
        told,
        [
            (Role::Handler, unit("甲站"), Lack::Person(Why::AllAway), "due-soon due-today".to_owned()),
            (Role::Handler, unit("乙站"), Lack::Address(vec!["all2".into()]), "due-soon due-today".to_owned()),
            (Role::Desk, None, Lack::Channel, "daily-digest".to_owned()),
            (Role::BureauHotline, None, Lack::Person(Why::NobodyInRole), "overdue-3".to_owned()),
        ]
    );
}

#[test]
fn turning_days_are_all_days_on_which_an_answer_changes() {
    let more = "[[duty]]\nweek_of = 2026-10-12\ndesk = [\"desk1\"]\n";
    let text = SMALL
        .replace("id = \"d1\"", "id = \"d1\"\nleft = 2026-10-20")
        .replace("code = \"2\"", "code = \"2\"\nabolished = 2026-10-25");
    let roster = Roster::from_toml("r.toml", &format!("{text}{more}")).unwrap();
    let days = roster.turning_days(Span { from: day("2026-09-25"), to: day("2026-10-31") });
    let expected =
        ["09-25", "10-01", "10-04", "10-09", "10-12", "10-19", "10-21", "10-25"].map(|at| day(&format!("2026-{at}")));
    assert_eq!(days, expected);
    let rungs = [Role::Handler, Role::Deputy, Role::Desk].map(|role| Rung {
        kind: "overdue-1",
        role,
        media: &[Medium::Sms, Medium::Email],
    });
    let mut before = roster.coverage(&rungs, day("2026-09-25"));
    for on in day("2026-09-26").iter_days().take(36) {
        let gaps = roster.coverage(&rungs, on);
        assert!(gaps == before || expected.contains(&on), "{on}");
        before = gaps;
    }
}

#[test]
fn a_gap_is_placed_at_the_unit_or_at_the_person_without_an_address() {
    let roster = small();
    let rungs = [Rung { kind: "due-soon", role: Role::Handler, media: &[Medium::Sms] }];
    let gaps = roster.coverage(&rungs, day("2026-10-05"));
    let places: Vec<_> = gaps.iter().map(|gap| roster.place(gap)).collect();
    let file: Arc<str> = "roster.toml".into();
    assert_eq!(places, [Place { file: file.clone(), line: Some(2) }, Place { file, line: Some(27) }]);
}

#[test]
fn roles_only_gives_every_role_one_person_and_never_falls_back() {
    let roster = Roster::roles_only(["甲站", "乙 站", "甲站"]);
    let today = day("2026-10-05");
    for role in Role::ALL.into_iter().filter(|&role| role != Role::Citizen) {
        let resolved = roster.people(role, None, None, today);
        assert_eq!((ids(&resolved), resolved.fell_back), (vec![role.id()], None), "{role}");
    }
    let handler = |unit| ids(&roster.people(Role::Handler, unit, None, today)).concat();
    assert_eq!(handler(Some("甲站")), "handler@甲站");
    assert_eq!(handler(Some("乙站")), "handler@乙站");
    assert_eq!(handler(Some("丙站")), "handler");
    assert_eq!(ids(&roster.people(Role::Desk, Some("甲站"), None, today)), ["desk"]);
    let gaps = roster.coverage(&[Rung { kind: "overdue-3", role: Role::Chief, media: &[Medium::Email] }], today);
    assert_eq!(gaps, []);
}

proptest! {
    #[test]
    fn no_text_makes_the_reading_of_a_roster_panic(cut in 0..SMALL.len(), junk in "[\\[\\]{}=\"',.\\n\u{4e00}a1]{0,6}") {
        let cut = (cut..).find(|&at| SMALL.is_char_boundary(at)).unwrap();
        let text = format!("{}{junk}{}", &SMALL[..cut], &SMALL[cut..]);
        let _ = Roster::from_toml("r.toml", &text);
        let _ = Roster::from_csv("r.csv", &text);
        let _ = Roster::from_csv("r.csv", &format!("{SAMPLE}{junk}\n{text}"));
    }

    /// Whatever stands in for whom: a text that is taken leads every role to a
    /// person on every day, by a walk that ends, and to nobody twice.
    #[test]
    fn a_role_always_ends_at_a_person(
        edges in proptest::collection::vec((0..6usize, 0..5usize, 1..28u32, 0..9u32), 0..8),
        absent in proptest::collection::vec((0..6usize, 1..28u32, 0..9u32), 0..8),
        left in proptest::collection::vec((0..6usize, 1..28u32), 0..4),
    ) {
        let text = random(&edges, &absent, &left);
        let roster = match Roster::from_toml("r.toml", &text) {
            Ok(roster) => roster,
            Err(faults) => {
                for fault in &faults {
                    prop_assert!(matches!(fault.fault, Fault::Cycle { .. }), "{fault}\n{text}");
                }
                return Ok(());
            }
        };
        for on in day("2026-10-01").iter_days().take(40) {
            for role in Role::ALL.into_iter().filter(|role| *role != Role::Citizen) {
                for unit in [Some("甲站"), Some("乙站"), None] {
                    let resolved = roster.people(role, unit, None, on);
                    prop_assert!(!resolved.people.is_empty(), "{role} {on}\n{text}");
                    let mut ids = ids(&resolved);
                    ids.sort_unstable();
                    let n = ids.len();
                    ids.dedup();
                    prop_assert_eq!(ids.len(), n, "{} {}\n{}", role, on, text);
                    let is_there = |person: &&Person| {
                        let is_absent = person.absent.iter().any(|span| span.contains(on));
                        !is_absent && !person.has_left(on)
                    };
                    let desk_is_empty = resolved.fell_back.is_some();
                    prop_assert!(desk_is_empty || resolved.people.iter().all(is_there), "{role} {on}\n{text}");
                }
            }
        }
    }
}

/// Six people: two handlers and a deputy of one unit, all of another, two of the desk.
fn random(edges: &[(usize, usize, u32, u32)], absent: &[(usize, u32, u32)], left: &[(usize, u32)]) -> String {
    use std::fmt::Write;
    let span = |from: u32, days: u32| {
        let from = day(&format!("2026-10-{from:02}"));
        format!("from = {from}, to = {}", from + chrono::Days::new(u64::from(days)))
    };
    let mut text = String::new();
    for (code, name) in [("1", "甲站"), ("2", "乙站")] {
        write!(text, "[[unit]]\ncode = \"{code}\"\nname = \"{name}\"\n").unwrap();
    }
    let roles = [
        ("\"handler\"", "1"),
        ("\"handler\", \"deputy\"", "1"),
        ("\"chief\"", "1"),
        ("\"handler\", \"deputy\", \"chief\"", "2"),
        ("\"desk\", \"ops\"", ""),
        ("\"desk\"", ""),
    ];
    for (at, (roles, unit)) in roles.into_iter().enumerate() {
        write!(text, "[[person]]\nid = \"p{at}\"\nname = \"p{at}\"\nroles = [{roles}]\n").unwrap();
        if !unit.is_empty() {
            writeln!(text, "unit = \"{unit}\"").unwrap();
        }
        let spans = absent.iter().filter(|(who, ..)| *who == at).map(|(_, from, days)| span(*from, *days));
        let spans: Vec<String> = spans.map(|span| format!("{{ {span} }}")).collect();
        writeln!(text, "absent = [{}]", spans.join(", ")).unwrap();
        if let Some((_, last)) = left.iter().find(|(who, _)| *who == at) {
            writeln!(text, "left = 2026-10-{last:02}").unwrap();
        }
    }
    for (of, next, from, days) in edges {
        let by = (of + 1 + next) % 6;
        let span = span(*from, *days).replace(", ", "\n");
        write!(text, "[[stand_in]]\nof = \"p{of}\"\nby = \"p{by}\"\n{span}\n").unwrap();
    }
    text
}
