//! `duban check`: every fault at once, and in the end what is fine.

use serde_json::Value;

use crate::{
    peers::mail::MailPeer,
    program::{House, bad, duban, ended, fixture, good, path},
};

const NOW: &str = "2026-11-24T17:30:00+08:00";

const MAIL: &str = "[channels.email.office]\nhost = \"127.0.0.1\"\nport = 25\ntls = \"plain\"\nfrom_name = \"督办\"\n\
                    from_address = \"duban@example.org\"\n";

#[test]
fn settings_at_fault_are_all_named_with_file_line_and_key() {
    let house = House::new();
    house.edit("duban.toml", "poll_s = 15", "poll_s = 99");
    house.edit("duban.toml", "signature = \"青浦水务\"", "signature = \"【青浦水务】\"");
    house.edit("roster.toml", "unit = \"2601\"", "unit = \"2699\"");
    house.edit("rules.toml", "tries = 3", "tries = 99");
    std::fs::create_dir(house.config().join("calendars")).unwrap();
    std::fs::write(house.config().join("calendars/2027.json"), "{}").unwrap();
    let text = ended(&house.duban(&["check", "--now", NOW]), 6);
    for part in [
        "duban.toml:",
        "schedule.poll_s: 99 is out of bounds; write 1 to 30",
        "wording.signature",
        "roster.toml:",
        "2699",
        "rules.toml:",
        "contact_attempts.tries",
        "2027.json:",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let faults = objects(&house.duban(&["check", "--now", NOW, "--json"]), 6);
    let poll = faults.iter().find(|fault| fault["key"] == "schedule.poll_s").unwrap();
    assert!(poll["line"].is_u64() && poll["file"].as_str().unwrap().ends_with("duban.toml"), "{poll}");
    assert!(faults.iter().filter(|fault| fault["level"] == "fault").count() >= 5, "{faults:#?}");
}

#[tokio::test]
async fn what_is_fine_is_said_in_the_end_and_nothing_is_made() {
    let house = House::new();
    house.edit("duban.toml", "# [channels.email.office]", MAIL);
    good(&house.duban(&["import", path(&fixture("samples/export-utf8.csv"))]));
    house.watch(NOW).await;
    let before = names(&house);
    let text = good(&house.duban(&["check", "--now", NOW]));
    for part in [
        "设置:",
        "名册:6 个承办单位、23 人,今后 60 天每一级通知都有人可达",
        "日历:2018-2026 #",
        "通道:",
        "工单 300 件,在办 242 件",
        "台账:",
        "通知:待发",
    ] {
        assert!(text.lines().any(|line| line.starts_with("[正常]") && line.contains(part)), "{part}\n{text}");
    }
    assert!(text.contains("[提示] 工单库:2 件的承办单位“原水务二所”不在名册"), "{text}");
    let below: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("[正常]")).collect();
    assert!(below.iter().all(|line| line.starts_with("[正常]") || line.starts_with("错误 0 项")), "{text}");
    assert_eq!(names(&house), before);
}

#[test]
fn a_rung_without_a_person_or_address_is_a_fault_and_an_absence_a_warning() {
    let house = House::new();
    house.edit("roster.toml", "phones = [\"13800090001\"]\nemail = \"handler.cw@example.org\"\n", "");
    let absent = "name = \"王经办\"\nabsent = [{ from = 2026-11-26, to = 2026-12-31 }]";
    house.edit("roster.toml", "name = \"王经办\"", absent);
    let text = ended(&house.duban(&["check", "--now", NOW]), 6);
    assert!(
        text.contains("[错误] 名册:澄湾供水服务站的经办人 周经办 没有短信、邮件地址,2026-11-24 起收不到"),
        "{text}"
    );
    assert!(text.contains("[提示] 名册:2026-11-26 起苇塘排水养护站的经办人均不在岗且无人代理"), "{text}");
    assert!(!text.contains("13800090001"), "{text}");
    let told = objects(&house.duban(&["check", "--now", NOW, "--json"]), 6);
    let roster = std::fs::read_to_string(house.config().join("roster.toml")).unwrap();
    let line = |text: &str| roster.lines().position(|line| line == text).unwrap();
    let of = |what: &str| told.iter().find(|one| one["what"].as_str().is_some_and(|text| text.contains(what))).unwrap();
    let place = |what: &str| (of(what)["line"].as_u64().unwrap() as usize, of(what)["file"].to_string());
    // The lines are those of the headings above.
    let (person, file) = place("周经办");
    assert_eq!(person, line("id = \"2601-handler\""));
    assert!(file.contains("roster.toml"));
    assert_eq!(place("2026-11-26 起").0, line("code = \"2602\""));
}

#[test]
fn what_the_next_sixty_days_bring_is_told_with_its_first_day() {
    let house = House::new();
    house.edit("roster.toml", "name = \"郑站长\"", "name = \"郑站长\"\nleft = 2026-12-31");
    house.edit("roster.toml", "name = \"莲渡河道管理站\"", "name = \"莲渡河道管理站\"\nabolished = 2026-12-15");
    house.edit(
        "roster.toml",
        "name = \"芦汀水利管理站\"",
        "name = \"芦汀水利管理站\"\nabolished = 2027-01-10\nsuccessor = \"2603\"",
    );
    let beyond = "name = \"吕站长\"\nabsent = [{ from = 2027-02-10, to = 2027-02-20 }]";
    house.edit("roster.toml", "name = \"吕站长\"", beyond);
    let duty = "[[duty]]\nweek_of = 2026-11-23\ndesk = [\"desk\"]\n\n[[person]]\nid = \"ops\"";
    house.edit("roster.toml", "[[person]]\nid = \"ops\"", duty);
    let text = ended(&house.duban(&["check", "--now", NOW]), 6);
    for part in [
        "[错误] 名册:2027-01-01 起澄湾供水服务站的主要领导无人(无人任此角色),将通知综合管理科(",
        "[提示] 名册:2026-12-15 起莲渡河道管理站已撤销且未写继任单位,经办人的通知改发综合管理科(",
        "[提示] 名册:2027-01-10 起芦汀水利管理站已撤销且未写继任单位,主要领导的通知改发综合管理科(",
        " 种通知)(",
        " 行)",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("柳溪泵闸运行站的主要领导"), "{text}");
    assert_eq!(text.matches("澄湾供水服务站的主要领导").count(), 1, "one line a gap: {text}");
}

#[test]
fn a_duty_table_is_told_with_its_end() {
    let house = House::new();
    let duty = "[[duty]]\nweek_of = 2026-11-23\ndesk = [\"desk\"]\n\n[[person]]\nid = \"ops\"";
    house.edit("roster.toml", "[[person]]\nid = \"ops\"", duty);
    let text = checked(&house, NOW, 0);
    assert!(text.contains("每一级通知都有人可达;值班表排到 2026-11-29,此后通知综合管理科全体"), "{text}");
}

#[test]
fn a_calendar_that_ends_is_a_fault_from_december_on() {
    let house = House::new();
    let before = checked(&house, "2026-11-30T12:00", 0);
    assert!(before.contains("[正常] 日历:2027 年的放假安排未载入"), "{before}");
    let after = checked(&house, "2026-12-01T12:00", 6);
    assert!(after.contains("[错误] 日历:2027 年的放假安排未载入"), "{after}");
    let late = checked(&house, "2027-02-01T12:00", 6);
    assert!(late.contains("[错误] 日历:今年(2027)的放假安排未载入,所有期限都是暂定"), "{late}");
}

#[test]
fn a_store_a_ledger_and_a_key_that_cannot_be_used_are_faults_each() {
    let house = House::new();
    let text = checked(&house, NOW, 0);
    assert!(
        text.contains("[提示] 工单库:") && text.contains("先用 duban import 导入工单"),
        "a fresh installation: {text}"
    );
    for file in ["tickets.db", "ledger.db"] {
        std::fs::write(house.state().join(file), "something that is no database, and is not ours to touch").unwrap();
    }
    let text = ended(&house.duban(&["check", "--now", NOW]), 6);
    assert!(text.contains("[错误] ticket store") && text.contains("[错误] ledger"), "{text}");
    std::fs::write(house.state().join("number.key"), "short").unwrap();
    let text = ended(&house.duban(&["check", "--now", NOW]), 6);
    assert!(text.contains("number.key"), "{text}");
}

#[tokio::test]
async fn a_ledger_without_its_key_is_a_fault() {
    let house = House::new();
    good(&house.duban(&["import", path(&fixture("samples/export-utf8.csv"))]));
    house.watch(NOW).await;
    std::fs::remove_file(house.state().join("number.key")).unwrap();
    let text = ended(&house.duban(&["check", "--now", NOW]), 6);
    assert!(text.contains("number.key: it is not there, though there is a ledger"), "{text}");
}

#[test]
fn a_state_folder_that_is_not_there_yet_is_a_warning() {
    let house = House::new();
    std::fs::remove_dir(house.state()).unwrap();
    let text = good(&house.duban(&["check", "--now", NOW]));
    assert!(text.contains("[提示] 数据目录:") && text.contains("尚未建立"), "{text}");
}

#[test]
fn online_tells_which_server_answers() {
    let server = MailPeer::plain();
    let house = House::new();
    let channel = MAIL.replace("port = 25", &format!("port = {}", server.port));
    house.edit("duban.toml", "# [channels.email.office]", &channel);
    good(&house.duban(&["import", path(&fixture("samples/export-utf8.csv"))]));
    let text = good(&house.duban(&["check", "--online", "--now", NOW]));
    assert!(text.contains("[正常] 通道 office:可以登录,未发送任何内容"), "{text}");
    // Nothing listens on port 1.
    house.edit("duban.toml", &format!("port = {}", server.port), "port = 1");
    let text = ended(&house.duban(&["check", "--online", "--now", NOW]), 6);
    assert!(text.contains("[错误] 通道 office:not-sent "), "{text}");
    assert!(good(&house.duban(&["check", "--now", NOW])).contains("的设置可用"), "without --online nobody is asked");
}

#[test]
fn a_folder_without_settings_is_a_fault() {
    let out = duban(&["check"]);
    assert!(ended(&out, 6).contains("duban.toml: it is not there"), "{out:?}");
    assert_eq!(bad(&out, 6), "duban: faults found: 1\n");
}

/// What a check says that ends with `code`.
fn checked(house: &House, now: &str, code: i32) -> String {
    ended(&house.duban(&["check", "--now", now]), code)
}

fn names(house: &House) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(house.state())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // Beside files of SQLite; they come and go with its connections.
        .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
        .collect();
    names.sort();
    names
}

fn objects(out: &std::process::Output, code: i32) -> Vec<Value> {
    ended(out, code).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
