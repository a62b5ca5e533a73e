//! Settings that do not fit are refused, every fault at once with file, line and
//! key; those that are shipped fit.
//!
//! A fixture is named by its one peculiarity and says in its first line what it
//! is for.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use duban::config::{Fault, Loaded, Places, Settings, load};

/// What every file of settings needs, below a fixture that is about something else.
const CHANNELS: &str =
    "[channels.file]\nm = { medium = \"email\", dir = \"m\" }\ns = { medium = \"sms\", dir = \"s\" }\n";

/// A fixture, the file that it stands for, and how each of its faults begins.
type Row = (&'static str, &'static str, &'static [&'static str]);

const ROWS: [Row; 48] = [
    (
        "chat-of-another-host.toml",
        "duban.toml",
        &["duban.toml:4: channels.chat.group.url: on qyapi.weixin.qq.com are robots of wecom; correct kind or url"],
    ),
    (
        "chat-keyword-in-no-message.toml",
        "duban.toml",
        &["duban.toml:6: channels.chat.group.keyword: messages begin with 【青浦水务热线】, which does not hold it"],
    ),
    (
        "chat-unit-unknown.toml",
        "duban.toml",
        &["duban.toml:6: channels.chat.group.units: no unit of the roster has the code `9999`"],
    ),
    (
        "aliyun-secret-inline.toml",
        "duban.toml",
        &["duban.toml:4: channels.aliyun.cloud.access_key_secret: a secret must not stand in the settings"],
    ),
    ("unknown-key.toml", "duban.toml", &["duban.toml:3: schedule.pol_s: unknown field `pol_s`"]),
    ("unknown-table.toml", "duban.toml", &["duban.toml:2: shedule: there is no such table"]),
    ("not-toml.toml", "duban.toml", &["duban.toml:3: "]),
    (
        "several-faults.toml",
        "duban.toml",
        &[
            "duban.toml:3: state.dir: `state` is not an absolute path",
            "duban.toml:5: schedule.poll_s: invalid type: string \"fast\"",
            "duban.toml:6: schedule.interval: unknown field `interval`",
            "duban.toml:8: wording.sms_parts: it must be at least 1",
        ],
    ),
    ("state-dir-relative.toml", "duban.toml", &["duban.toml:3: state.dir: `state` is not an absolute path"]),
    ("poll-too-slow.toml", "duban.toml", &["duban.toml:3: schedule.poll_s: 31 is out of bounds"]),
    ("cron-five-fields.toml", "duban.toml", &["duban.toml:3: schedule.reconcile: `7 * * * *` is no schedule"]),
    ("zone-elsewhere.toml", "duban.toml", &["duban.toml:3: policy.zone: unknown variant `UTC`"]),
    ("ledger-is-the-store.toml", "duban.toml", &["duban.toml:3: ledger.path: the ledger and the ticket store"]),
    ("columns-outside.toml", "duban.toml", &["duban.toml:3: store.columns: `../other` is no name"]),
    ("signature-in-brackets.toml", "duban.toml", &["duban.toml:3: wording.signature: it must be one line"]),
    ("public-phone-is-the-hotline.toml", "duban.toml", &["duban.toml:3: wording.public_phone: it must not be"]),
    ("log-level-unknown.toml", "duban.toml", &["duban.toml:3: log.level: log.level `duban=loud` is neither"]),
    (
        "email-password-inline.toml",
        "duban.toml",
        &["duban.toml:6: channels.email.office.password: a secret must not stand in the settings"],
    ),
    (
        "email-password-in-two-places.toml",
        "duban.toml",
        &["duban.toml:6: channels.email.office.password: it is not said in exactly one way"],
    ),
    (
        "email-credential-missing.toml",
        "duban.toml",
        &["duban.toml:6: channels.email.office.password.credential: there is no systemd credential `smtp`"],
    ),
    ("email-tls-unsaid.toml", "duban.toml", &["duban.toml:2: channels.email.office.tls: missing field `tls`"]),
    (
        "email-from-a-name-only.toml",
        "duban.toml",
        &["duban.toml:6: channels.email.office.from_address: it is no mail address"],
    ),
    (
        "sms-secret-inline.toml",
        "duban.toml",
        &["duban.toml:5: channels.sms.kannel.secrets.password: a secret must not stand in the settings"],
    ),
    ("sms-secret-file-missing.toml", "duban.toml", &["duban.toml:5: channels.sms.kannel.secrets.password.file: `"]),
    (
        "cmpp-secret-inline.toml",
        "duban.toml",
        &["duban.toml:6: channels.cmpp.carrier.secret: a secret must not stand in the settings"],
    ),
    (
        "cmpp-account-too-short.toml",
        "duban.toml",
        &["duban.toml:5: channels.cmpp.carrier.sp_id: it has six characters, as the carrier gave it"],
    ),
    ("no-channel-for-sms.toml", "duban.toml", &["duban.toml:2: channels.sms: no channel takes sms"]),
    ("channel-name-twice.toml", "duban.toml", &["duban.toml:7: channels.file.office: there is another channel"]),
    (
        "rules-of-a-wrong-kind.toml",
        "rules.toml",
        &[
            "rules.toml:2: dispatch.grace_h: missing field",
            "rules.toml:4: dispatch.reminder: invalid type",
            "rules.toml:6: dispatch.grace: unknown field `grace`",
        ],
    ),
    (
        "rules-out-of-bounds.toml",
        "rules.toml",
        &["rules.toml:7: repeat.again_every: 0 is out of bounds; write 1 to 100"],
    ),
    ("roster-without-a-chief.toml", "roster.toml", &["roster.toml:2: unit: the unit `某某所` has no chief"]),
    (
        "roster-cycle.toml",
        "roster.toml",
        &["roster.toml:25: stand_in: on 2026-10-08 the stand-ins lead back to `desk`, so nobody would answer; let one"],
    ),
    ("roster-unknown-unit.toml", "roster.toml", &["roster.toml:16: person.unit: no unit has the code `2`; correct"]),
    (
        "roster-unit-of-nobody.toml",
        "roster.toml",
        &[
            "roster.toml:2: unit: the unit `甲站` has no handler; add somebody",
            "roster.toml:2: unit: the unit `甲站` has no deputy; add somebody",
            "roster.toml:2: unit: the unit `甲站` has no chief; add somebody",
        ],
    ),
    ("roster-id-twice.toml", "roster.toml", &["roster.toml:14: person.id: `a` stands in line 7 already; give one"]),
    (
        "roster-days-backwards.toml",
        "roster.toml",
        &[
            "roster.toml:11: absent.to: it ends before it begins; swap",
            "roster.toml:23: stand_in.to: it ends before it begins; swap",
            "roster.toml:27: duty.to: it ends before it begins; swap",
        ],
    ),
    ("roster-phone-empty.toml", "roster.toml", &["roster.toml:11: person.phones: it is missing or empty; fill it in"]),
    (
        "roster-successor-cycle.toml",
        "roster.toml",
        &[
            "roster.toml:6: unit.successor: the successors lead back to `1`, so no unit would answer; let",
            "roster.toml:12: unit.successor: the successors lead back to `2`, so no unit would answer; let",
        ],
    ),
    (
        "roster-duty-of-no-desk.toml",
        "roster.toml",
        &[
            "roster.toml:21: duty.desk: `a` is not of the desk",
            "roster.toml:23: duty: 2026-11-29 stands in the entry of line 19 already",
        ],
    ),
    ("columns-header-twice.toml", "columns/default.toml", &["columns/default.toml:6: the header `来源` is listed"]),
    ("columns-of-no-file.toml", "duban.toml", &["columns/other.toml: it is not there; create it"]),
    (
        "template-missing-fact.txt",
        "templates/due-today.sms.txt",
        &["templates/due-today.sms.txt:3: `handler` has no such fact"],
    ),
    ("template-broken-syntax.txt", "templates/due-today.sms.txt", &["templates/due-today.sms.txt:3: "]),
    (
        "template-too-long.txt",
        "templates/due-today.sms.txt",
        &["templates/due-today.sms.txt: an SMS of 72 units takes 2 parts"],
    ),
    (
        "template-tells-the-citizen.txt",
        "templates/citizen-unreachable-sms.sms.txt",
        &["templates/citizen-unreachable-sms.sms.txt:2: `cat` has no such fact"],
    ),
    (
        "template-of-no-notice.txt",
        "templates/due-tomorrow.sms.txt",
        &["templates/due-tomorrow.sms.txt: no notice has a text of this name"],
    ),
    ("calendar-truncated.json", "calendars/2027.json", &["calendars/2027.json:6: not in the form of a calendar file"]),
    (
        "calendar-of-another-year.json",
        "calendars/2027.json",
        &["calendars/2027.json:6: 2028-01-26 lies neither in 2027"],
    ),
];

#[test]
fn every_fixture_is_refused_for_its_peculiarity_and_nothing_else() {
    for (fixture, stands_for, expected) in ROWS {
        let house = House::shipped();
        let mut text = fs::read_to_string(fixtures().join(fixture)).unwrap();
        if stands_for == "duban.toml" && !text.contains("[channels") {
            text.push_str(CHANNELS);
        }
        if stands_for == "rules.toml" {
            text.push_str(&shipped_rules_without(&text));
        }
        house.put(stands_for, &text);
        let faults = told(&house, &house.load().unwrap_err());
        assert_eq!(faults.len(), expected.len(), "{fixture}: {faults:#?}");
        for (fault, start) in faults.iter().zip(expected) {
            assert!(fault.starts_with(start), "{fixture}: {fault}");
            assert!(fault.contains("; "), "{fixture} says what to do: {fault}");
            assert!(!fault.contains("correct horse"), "{fixture} shows no secret");
        }
    }
}

#[test]
fn every_fixture_has_a_row_and_says_what_it_is_for() {
    let rows: BTreeSet<&str> = ROWS.iter().map(|(fixture, ..)| *fixture).collect();
    let files: BTreeSet<String> =
        fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files.iter().map(String::as_str).collect::<BTreeSet<_>>(), rows);
    for file in files.iter().filter(|file| !file.ends_with(".json")) {
        let text = fs::read_to_string(fixtures().join(file)).unwrap();
        assert!(text.starts_with("# ") || text.starts_with("{# "), "{file}");
    }
}

#[test]
fn the_shipped_settings_fit_and_are_the_defaults() {
    let loaded = House::shipped().load().unwrap();
    assert_eq!(loaded.settings, Settings::default());
    assert_eq!(loaded.calendars.calendar.horizon(), Some(2026));
}

#[test]
fn a_file_of_settings_needs_nothing_but_channels() {
    let house = House::shipped();
    house.put("duban.toml", CHANNELS);
    let loaded = house.load().unwrap();
    assert_eq!(loaded.settings, Settings::default());
    assert_eq!(loaded.channels.file["m"].dir, Path::new("/var/lib/duban/m"));
    house.put("duban.toml", "");
    assert_eq!(house.load().unwrap_err().len(), 2);
}

/// What is a comment in the shipped file is an example, and an example must fit.
#[test]
fn the_examples_of_the_shipped_settings_fit() {
    let shipped = include_str!("../../config/duban.toml");
    let (start, end) = (shipped.find("# [channels.email.office]").unwrap(), shipped.find("# 轮询间隔").unwrap());
    let is_example = |line: &&str| line.starts_with("# [") || line.starts_with("# ") && line.contains(" = ");
    let lines = shipped[start..end].lines().filter(is_example);
    let house = House::shipped();
    let examples: String = lines.map(|line| format!("{}\n", &line[2..])).collect();
    assert_eq!(examples.matches("[channels.").count(), 13, "{examples}");
    house.put("duban.toml", &examples.replace("credential = ", "file = "));
    for secret in [
        "smtp-password",
        "sms-password",
        "secrets/sms-token",
        "secrets/cmpp-secret",
        "aliyun-secret",
        "tencent-secret",
        "mas-secret",
        "chat-key",
        "unit-key",
        "unit-secret",
        "webhook-secret",
    ] {
        house.put_secret(secret, "s3cret");
    }
    let faults = told(&house, &house.load().unwrap_err());
    assert!(faults.len() == 1 && faults[0].contains("ca_file"), "only the made-up certificate is missing: {faults:#?}");
}

#[test]
fn a_secret_comes_from_a_file_beside_the_settings_and_belongs_to_the_print() {
    let house = House::shipped();
    let fixture = fs::read_to_string(fixtures().join("email-credential-missing.toml")).unwrap();
    house.put("duban.toml", &fixture.replace("credential = \"smtp\"", "file = \"secrets/smtp\""));
    let print = |secret| {
        house.put_secret("secrets/smtp", secret);
        let loaded = house.load().unwrap();
        assert!(loaded.secrets.get("office", "password").is_some());
        assert!(!format!("{loaded:?}{:?}", loaded.secrets).contains(secret));
        loaded.print
    };
    assert_ne!(print("one-secret"), print("another-secret"));
}

#[test]
fn settings_without_a_file_name_the_folder_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let faults = load(&Places { dir: folder.path().to_owned(), credentials: None }).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().contains("duban.toml: it is not there; copy it from config/"), "{}", faults[0]);
    let house = House::shipped();
    fs::remove_file(house.0.path().join("roster.toml")).unwrap();
    assert!(told(&house, &house.load().unwrap_err())[0].starts_with("roster.toml: it is not there; copy it"));
}

#[test]
fn a_unit_with_a_long_name_is_measured_in_the_texts() {
    let house = House::shipped();
    house.put("templates/due-today.sms.txt", "{{ unit }}工单尾号{{ t4 }}今日24时办结到期,请按时办结并反馈。");
    house.load().unwrap();
    let roster = fs::read_to_string(house.0.path().join("roster.toml")).unwrap();
    house.put("roster.toml", &roster.replace("\"澄湾供水服务站\"", &format!("\"{}\"", "一个名字很长的单位".repeat(4))));
    let faults = told(&house, &house.load().unwrap_err());
    assert!(faults[0].starts_with("templates/due-today.sms.txt: an SMS of"), "{faults:?}");
}

#[test]
fn a_file_that_nobody_reads_is_refused() {
    let house = House::shipped();
    house.put("rule.toml", "");
    let faults = told(&house, &house.load().unwrap_err());
    assert_eq!(faults, ["rule.toml: no settings are read from a file of this name; correct the name, or remove it"]);
}

#[test]
fn a_year_file_on_disk_is_added_to_the_embedded_ones() {
    let house = House::shipped();
    let day = r#"{"name": "元旦", "date": "2027-01-01", "isOffDay": true}"#;
    house.put("calendars/2027.json", &format!(r#"{{"year": 2027, "papers": [], "days": [{day}]}}"#));
    let calendar = house.load().unwrap().calendars.calendar;
    assert!(calendar.knows(2026) && calendar.knows(2027));
}

#[test]
fn the_print_changes_with_every_file_that_is_read_and_with_nothing_else() {
    let house = House::shipped();
    let print = |house: &House| house.load().unwrap().print;
    let first = print(&house);
    assert_eq!(print(&house), first);
    house.put("notes.md", "not a setting");
    assert_eq!(print(&house), first);
    house.put("templates/due-today.sms.txt", "工单尾号{{ t4 }}今日到期。");
    assert_ne!(print(&house), first);
}

/// The shipped rules without the tables that a fixture has of its own.
fn shipped_rules_without(fixture: &str) -> String {
    let mut own = false;
    let lines = include_str!("../../config/rules.toml").lines().filter(|line| {
        if line.starts_with('[') {
            own = fixture.lines().any(|in_fixture| in_fixture == line.split('#').next().unwrap_or(line).trim());
        }
        !own
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// A settings folder of its own, with what is shipped in it.
struct House(tempfile::TempDir);

impl House {
    fn shipped() -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config");
        for entry in fs::read_dir(&shipped).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                house.put(&name, &fs::read_to_string(&path).unwrap());
            }
        }
        house
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn put_secret(&self, name: &str, secret: &str) {
        self.put(name, secret);
        fs::set_permissions(self.0.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn load(&self) -> Result<Loaded, Vec<Fault>> {
        load(&Places { dir: self.0.path().to_owned(), credentials: None })
    }
}

/// The faults as they are printed, without the folder's own path.
fn told(house: &House, faults: &[Fault]) -> Vec<String> {
    let folder = format!("{}/", house.0.path().display());
    faults.iter().map(|fault| fault.to_string().replace(&folder, "")).collect()
}

fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/config"))
}
