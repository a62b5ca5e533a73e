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
fn a_dry_run_over_cmpp_shows_log_in_and_message_as_hex_digits() {
    let house = with_kannel();
    let carrier = "[channels.cmpp.carrier]\nhost = \"127.0.0.1\"\nversion = \"2.0\"\nsp_id = \"901234\"\n\
                   secret = { file = \"secrets/cmpp\" }\nservice_id = \"ZWFW\"\nsrc_id = \"106573001234\"\n\n\
                   # [channels.email.office]";
    house.edit("duban.toml", "# [channels.email.office]", carrier);
    house.edit("duban.toml", "sms_parts = 1", "sms_parts = 2");
    house.edit("duban.toml", "signature = \"青浦水务\"", "signature = \"某市政务服务\"");
    let file = house.config().join("secrets/cmpp");
    std::fs::write(&file, "1234\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let args =
        ["send-test", "--channel", "carrier", "--to", "13800138000", "--dry-run", "--now", "2026-09-01T09:02:03"];
    let words = ["--text", "您的工单A1024已受理。"];
    let text = good(&house.duban(&[&args[..], &words].concat()));
    // The examples of the specification.
    let connect = "00000027000000010000000139303132333473d90e51994da9367008231c400363162035b58b9b";
    let submit = [
        "000000c900000004000000020000000000000000010101005a57465700000000000002000000000000000000000000000000",
        "0000000000000000083930313233343031300000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000031303635373330303132333400000000000000000001313338303031333830303000000000000000000000",
        "2a301067d05e02653f52a1670d52a1301160a876845de55355004100310030003200345df253d77406300200000000000000",
        "00",
    ];
    assert_eq!(text, format!("{connect}\n{}\n", submit.concat()));
    let long = good(&house.duban(&[&args[..], &["--text", &"水".repeat(80)]].concat()));
    assert_eq!(long.lines().count(), 3, "{long}");
    let error = bad(&house.duban(&["send-test", "--channel", "carrier", "--to", "13800138000"]), 1);
    assert!(error.contains("channel `carrier`: not-sent: cmpp-connect"), "{error}");
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
