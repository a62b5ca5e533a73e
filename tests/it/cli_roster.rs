//! `duban roster import`: the people of the settings from a spreadsheet.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use duban::roster::{Role, Roster};

use crate::program::{House, bad, fixture, good, object, path};

const DAYS: &str = "\n[[stand_in]]\nof = \"2601-handler\"\nby = \"2601-deputy\"\nfrom = 2026-12-01\nto = 2026-12-05\n\n\
                    [[duty]]\nweek_of = 2026-11-23\ndesk = [\"desk\"]\n";

#[test]
fn the_sample_makes_a_roster_in_which_everything_is_as_in_the_sample() {
    let house = House::new();
    let out = house.state().join("new.toml");
    let text = good(&house.duban(&["roster", "import", path(&sample()), "--out", path(&out)]));
    assert!(text.contains("名册:6 个承办单位、23 人") && text.contains("新增人员 23:"), "{text}");
    let made = fs::read_to_string(&out).unwrap();
    let (made_roster, sample) = (Roster::from_toml("n", &made).unwrap(), fs::read_to_string(sample()).unwrap());
    let sample = Roster::from_csv("s", &sample).unwrap();
    assert_eq!((made_roster.units(), made_roster.everyone()), (sample.units(), sample.everyone()));
    assert!(made.starts_with("# 通讯录") && made.contains("# [[duty]]") && !made.contains("虚构"), "{made}");
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn whoever_is_on_both_keeps_id_and_days_and_the_old_file_is_kept() {
    let house = House::new();
    add(&house, DAYS);
    let before = roster_text(&house);
    let import = ["roster", "import", path(&sample())].map(str::to_owned);
    let run = |house: &House, file: &str, more: &[&str]| house.duban(&[&["roster", "import", file], more].concat());
    assert!(good(&house.duban(&import.each_ref().map(String::as_str))).contains("一致,未写入"));
    assert_eq!(roster_text(&house), before, "the comments of a roster that stays are left alone");
    let changed = edited(
        &house,
        &[
            ("13800090001", "13900090001"),
            ("褚经办", "新经办"),
            ("卫副站,13800090008,deputy.ld@example.org", "卫副站,,deputy.ld@example.org"),
        ],
    );
    let dry = object(&run(&house, &changed, &["--dry-run", "--json"]));
    assert_eq!(dry["written"], false);
    assert_eq!(roster_text(&house), before);
    let told = object(&run(&house, &changed, &["--json"]));
    assert_eq!(told["written"], true);
    assert_eq!(told["added"], serde_json::json!(["2603/新经办"]));
    assert_eq!(told["removed"], serde_json::json!(["2603-handler"]));
    let fields = serde_json::json!([
        { "id": "2601-handler", "fields": ["phones"] },
        { "id": "2603-deputy", "fields": ["phones"] },
    ]);
    assert_eq!((&told["changed"], &dry["changed"]), (&fields, &fields));
    let text = told.to_string();
    assert!(!text.contains("13900090001") && !text.contains("example.org"), "{text}");
    let roster = Roster::from_toml("r", &roster_text(&house)).unwrap();
    assert_eq!((roster.stand_ins().len(), roster.duties().len()), (1, 1));
    assert_eq!(roster.person("2601-handler").unwrap().phones[0].expose(), "13900090001");
    let bak = house.config().join("roster.toml.bak");
    assert_eq!(fs::read_to_string(&bak).unwrap(), before);
    assert!(!good_text(&house).contains("roster.toml.bak"), "the kept file is no setting");
}

#[test]
fn abolished_units_stay_and_entries_of_people_who_are_gone_do_not() {
    let house = House::new();
    house.edit(
        "roster.toml",
        "former = [\"柳溪泵闸所\"]",
        "former = [\"柳溪泵闸所\"]\nabolished = 2026-12-01\nsuccessor = \"2601\"",
    );
    add(&house, DAYS);
    let lines = fs::read_to_string(sample()).unwrap();
    let without: Vec<&str> = lines.lines().filter(|line| !line.contains("2606,") && !line.contains("2605,")).collect();
    let text = without.join("\n").replace("周经办", "某经办");
    let file = house.state().join("new.csv");
    // As a spreadsheet program of the office writes it.
    fs::write(&file, encoding_rs::GB18030.encode(&text).0).unwrap();
    let told = good(&house.duban(&["roster", "import", path(&file)]));
    for part in ["减少单位 1:2605", "减少人员 7:2601-handler、", "随人员减少而删去的代理与值班:1 条", "roster.toml.bak"]
    {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let roster = Roster::from_toml("r", &roster_text(&house)).unwrap();
    let handler = roster.people(Role::Handler, Some("柳溪泵闸所"), None, "2026-12-01".parse().unwrap());
    assert_eq!(&*handler.people[0].name, "某经办");
}

#[test]
fn a_file_with_faults_changes_nothing_and_every_fault_is_told() {
    let house = House::new();
    let before = roster_text(&house);
    let file = edited(&house, &[("13800090001", "59721234"), (",desk,", ",desks,"), ("郑站长", "")]);
    let text = bad(&house.duban(&["roster", "import", &file]), 3);
    for part in
        ["line 2, person.phones: it is no mobile", "line 20, role: `desks` is no role", "line 4, name: it is missing"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(text.contains("; write one mobile number") && !text.contains("59721234"), "{text}");
    assert_eq!(roster_text(&house), before);
    assert!(!house.config().join("roster.toml.bak").exists());
}

#[test]
fn a_roster_at_fault_is_not_written_over() {
    let house = House::new();
    house.edit("roster.toml", "unit = \"2601\"", "unit = \"2699\"");
    let text = bad(&house.duban(&["roster", "import", path(&sample())]), 3);
    assert!(text.contains("no unit has the code `2699`") && text.contains("put it right first"), "{text}");
    let text = bad(&house.duban(&["roster", "import", "no-such-file.csv"]), 3);
    assert!(text.contains("no-such-file.csv: cannot be read"), "{text}");
}

#[test]
fn what_is_carried_over_must_go_with_what_is_new() {
    let house = House::new();
    house.edit(
        "roster.toml",
        "former = [\"柳溪泵闸所\"]",
        "former = [\"柳溪泵闸所\"]\nabolished = 2026-12-01\nsuccessor = \"2605\"",
    );
    let lines = fs::read_to_string(sample()).unwrap();
    let without: Vec<&str> = lines.lines().filter(|line| !line.contains("2606,") && !line.contains("2605,")).collect();
    let file = house.state().join("new.csv");
    fs::write(&file, without.join("\n")).unwrap();
    let before = roster_text(&house);
    let text = bad(&house.duban(&["roster", "import", path(&file)]), 3);
    assert!(text.contains("no unit has the code `2605`") && text.contains("does not go with"), "{text}");
    assert_eq!(roster_text(&house), before);
}

fn sample() -> PathBuf {
    fixture("samples/roster.csv")
}

/// The sample with some texts in it replaced, as a file.
fn edited(house: &House, edits: &[(&str, &str)]) -> String {
    let mut text = fs::read_to_string(sample()).unwrap();
    for (old, new) in edits {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    let file = house.state().join("edited.csv");
    fs::write(&file, text).unwrap();
    path(&file).to_owned()
}

fn add(house: &House, more: &str) {
    let file = house.config().join("roster.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, text + more).unwrap();
}

fn roster_text(house: &House) -> String {
    fs::read_to_string(house.config().join("roster.toml")).unwrap()
}

/// What `check` says; without a store it ends with a fault.
fn good_text(house: &House) -> String {
    String::from_utf8(house.duban(&["check"]).stdout).unwrap()
}
