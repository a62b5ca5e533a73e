//! `duban send-test`: the exact request, with its secrets masked.

use std::os::unix::fs::PermissionsExt;

use crate::program::{House, bad, good, object};

const KANNEL: &str = "[channels.sms.kannel]\npreset = \"kannel\"\nurl = \"http://127.0.0.1:13013/cgi-bin/sendsms\"\n\
                      query = { username = \"duban\", from = \"10690000\" }\n\
                      secrets = { password = { file = \"secrets/sms-password\" } }\n\n# [channels.email.office]";

const MAIL: &str = "[channels.email.office]\nhost = \"mail.example.org\"\ntls = \"plain\"\nfrom_name = \"督办\"\n\
                    from_address = \"duban@example.org\"\n";

fn with_kannel() -> House {
    let house = House::new();
    house.edit("duban.toml", "# [channels.email.office]", KANNEL);
    let secrets = house.config().join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    let file = secrets.join("sms-password");
    std::fs::write(&file, "open-sesame-0815").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    house
}

#[test]
fn a_dry_run_shows_the_request_with_the_signature_and_without_the_secret() {
    let house = with_kannel();
    let args = ["send-test", "--channel", "kannel", "--to", "13800012345", "--dry-run", "--now", "2026-09-01T10:00"];
    let text = good(&house.duban(&args));
    assert!(
        text.starts_with("GET /cgi-bin/sendsms?") && text.contains(" HTTP/1.1\r\nhost: 127.0.0.1:13013\r\n"),
        "{text}"
    );
    assert!(text.contains("username=duban") && text.contains("to=13800012345"), "{text}");
    assert!(!text.contains("open-sesame-0815") && !text.contains("0815"), "{text}");
    let shown = object(&house.duban(&[&args[..], &["--json"]].concat()));
    assert_eq!(shown["request"], text);
}

#[test]
fn a_dry_run_of_a_mail_shows_its_headers() {
    let house = House::new();
    house.edit("duban.toml", "# [channels.email.office]", MAIL);
    let args = [
        "send-test",
        "--channel",
        "office",
        "--to",
        "a@example.org",
        "--dry-run",
        "--now",
        "2026-09-01T10:00",
        "--nonce",
        "7",
    ];
    let text = good(&house.duban(&args));
    for part in ["Date: Tue, 1 Sep 2026 ", "Message-ID: <test_7@example.org>", "duban@example.org", "Auto-Submitted:"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(good(&house.duban(&args)), text, "the same twice");
}

#[test]
fn a_number_that_takes_no_sms_and_a_channel_that_is_not_there_are_refused() {
    let house = with_kannel();
    let error = bad(&house.duban(&["send-test", "--channel", "kannel", "--to", "021-59720000", "--dry-run"]), 1);
    assert!(error.contains("channel `kannel`: refused: sms-number"), "{error}");
    let error = bad(&house.duban(&["send-test", "--channel", "nobody", "--to", "13800012345", "--dry-run"]), 3);
    assert!(error.contains("there is no channel `nobody`") && error.contains("kannel"), "{error}");
    bad(&house.duban(&["send-test", "--to", "13800012345"]), 2);
}

#[test]
fn a_letter_that_is_sent_is_told_with_its_outcome() {
    let house = House::new();
    let args = ["send-test", "--channel", "sms-files", "--to", "13800012345", "--now", "2026-09-01T10:00"];
    let dry = good(&house.duban(&[&args[..], &["--dry-run"]].concat()));
    assert!(dry.contains("【青浦水务】这是一条测试消息,请忽略。"), "{dry}");
    let folder = house.state().join("outgoing/sms");
    assert_eq!(std::fs::read_dir(&folder).map_or(0, Iterator::count), 0, "nothing is sent by a dry run");
    let sent = object(&house.duban(&[&args[..], &["--json"]].concat()));
    assert_eq!(sent["outcome"], "accepted");
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(
        files.iter().any(|file| std::fs::read_to_string(file).unwrap_or_default().contains("测试消息")),
        "{files:?}"
    );
}

#[test]
fn a_server_that_does_not_answer_ends_it_with_1() {
    let house = with_kannel();
    // Nothing listens on port 1.
    house.edit("duban.toml", "127.0.0.1:13013", "127.0.0.1:1");
    let out = house.duban(&["send-test", "--channel", "kannel", "--to", "13800012345"]);
    let error = bad(&out, 1);
    assert!(error.contains("channel `kannel`: not-sent") && !error.contains("13800012345"), "{error}");
}
