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

/// A house with a provider whose texts are approved; `own` is the text of due-soon.
fn with_provider(settings: &str, secret: &str, own: &str) -> House {
    let house = House::new();
    let kind = settings.split(['.', ']']).nth(1).unwrap();
    let others = duban::message::form::needed().filter(|name| name != "due-soon");
    let others: String = others.map(|name| format!("{name} = {{ id = \"SMS_0\" }}\n")).collect();
    let templates = format!("[channels.{kind}.p.templates]\ndue-soon = {{ {own} }}\n{others}");
    house.edit(
        "duban.toml",
        "# [channels.email.office]",
        &format!("{settings}\n{templates}\n# [channels.email.office]"),
    );
    let secrets = house.config().join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    let file = secrets.join("key");
    std::fs::write(&file, secret).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    house
}

/// The values of the worked examples.
const EXAMPLE: [&str; 16] = [
    "send-test",
    "--channel",
    "p",
    "--to",
    "13800138000",
    "--dry-run",
    "--now",
    "2026-09-01T09:02:03+08:00",
    "--id",
    "n-20260901-0001",
    "--set",
    "t4=A1024",
    "--set",
    "left=15",
    "--nonce",
    "0123456789abcdef0123456789abcdef",
];

#[test]
fn a_dry_run_of_aliyun_is_the_worked_example_to_the_byte() {
    let settings = "[channels.aliyun.p]\naccess_key_id = \"testAccessKeyId\"\n\
                    access_key_secret = { file = \"secrets/key\" }\nsign_name = \"某市政务服务\"\n";
    let own = "id = \"SMS_123456789\", params = { code = \"{t4}\", dept = \"{unit}\" }";
    let house = with_provider(settings, "testAccessKeySecret", own);
    let text = good(&house.duban(&[&EXAMPLE[..], &["--set", "unit=市大数据局"]].concat()));
    assert_eq!(
        text,
        "POST /?OutId=n-20260901-0001&PhoneNumbers=13800138000&SignName=%E6%9F%90%E5%B8%82%E6%94%BF%E5%8A%A1%E6%9C%8D\
         %E5%8A%A1&TemplateCode=SMS_123456789&TemplateParam=%7B%22code%22%3A%22A1024%22%2C%22dept%22%3A%22%E5%B8%82%E5\
         %A4%A7%E6%95%B0%E6%8D%AE%E5%B1%80%22%7D HTTP/1.1\r\nhost: dysmsapi.aliyuncs.com\r\nx-acs-action: SendSms\r\n\
         x-acs-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n\
         x-acs-date: 2026-09-01T01:02:03Z\r\nx-acs-signature-nonce: 0123456789abcdef0123456789abcdef\r\n\
         x-acs-version: 2017-05-25\r\nauthorization: ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=host;\
         x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
         Signature=90bfcaa4425872e1a381bd4564677dc0d9e20b2e7aaabf4262f3435f371dc7a9\r\naccept: */*\r\n\
         content-length: 0\r\n\r\n"
    );
    assert!(!text.contains("testAccessKeySecret"));
    let error = bad(&house.duban(&[&EXAMPLE[..], &["--template", "nothing"]].concat()), 3);
    assert!(error.contains("no SMS is called `nothing`") && error.contains("due-soon"), "{error}");
}

#[test]
fn a_dry_run_of_tencent_is_the_worked_example_to_the_byte() {
    let settings = "[channels.tencent.p]\nsecret_id = \"AKIDEXAMPLE\"\nsecret_key = { file = \"secrets/key\" }\n\
                    sdk_app_id = \"1400006666\"\nsign_name = \"某市政务服务\"\n";
    let house = with_provider(settings, "testSecretKey", "id = \"1110\", list = [\"{t4}\", \"{left}\"]");
    let text = good(&house.duban(&EXAMPLE));
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.len(), 185);
    for line in [
        "POST / HTTP/1.1",
        "host: sms.tencentcloudapi.com",
        "content-type: application/json; charset=utf-8",
        "x-tc-action: SendSms",
        "x-tc-version: 2021-01-11",
        "x-tc-timestamp: 1788224523",
        "x-tc-region: ap-guangzhou",
        "content-length: 185",
        "authorization: TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2026-09-01/sms/tc3_request, \
         SignedHeaders=content-type;host;x-tc-action, \
         Signature=42a109455759a477cd60a76fd723ea1fd81518c7e4698cfc2fef39b356712766",
    ] {
        assert!(head.split("\r\n").any(|there| there == line), "{line}\n{head}");
    }
}

#[test]
fn a_dry_run_of_mas_is_the_worked_example_to_the_byte() {
    let settings = "[channels.mas.p]\nurl = \"http://112.35.1.155:1992/sms/tmpsubmit\"\nec_name = \"某市政务服务中心\"\n\
                    ap_id = \"zwtest\"\nsecret_key = { file = \"secrets/key\" }\nsign = \"AbCdEf123\"\n";
    let own = "id = \"38516fabae004eddbfa3ace1d4194696\", list = [\"{t4}\", \"{left}\"]";
    let text = good(&with_provider(settings, "Test@2026", own).duban(&EXAMPLE));
    let body = "eyJlY05hbWUiOiLmn5DluILmlL/liqHmnI3liqHkuK3lv4MiLCJhcElkIjoiend0ZXN0IiwidGVtcGxhdGVJZCI6IjM4NTE2ZmFiYWUw\
                MDRlZGRiZmEzYWNlMWQ0MTk0Njk2IiwibW9iaWxlcyI6IjEzODAwMTM4MDAwIiwicGFyYW1zIjoiW1wiQTEwMjRcIixcIjE1XCJdIiwi\
                c2lnbiI6IkFiQ2RFZjEyMyIsImFkZFNlcmlhbCI6IiIsIm1hYyI6ImE5ODJjZTg1OWNiYjZlYzUwMWI0MWJjNThjOWEzMGJkIn0=";
    assert!(text.starts_with("POST /sms/tmpsubmit HTTP/1.1\r\nhost: 112.35.1.155:1992\r\n"), "{text}");
    assert!(text.ends_with(&format!("\r\n\r\n{body}")), "{text}");
}

#[test]
fn check_names_the_notice_that_has_no_approved_text_and_the_value_that_does_not_fit() {
    let settings = "[channels.aliyun.p]\naccess_key_id = \"k\"\naccess_key_secret = { file = \"secrets/key\" }\n\
                    sign_name = \"甲\"\nparam_chars = 8\n";
    let house = with_provider(settings, "testAccessKeySecret", "id = \"SMS_1\", params = { due = \"{due_s}\" }");
    let told = |house: &House| {
        let out = house.duban(&["check", "--now", "2026-09-01T10:00"]);
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
    };
    let said = told(&house);
    assert!(
        said.contains("channels.aliyun.p.templates.due-soon: variable due has 9 characters and may have 8"),
        "{said}"
    );
    house.edit("duban.toml", "{due_s}", "{unit}");
    let said = told(&house);
    assert!(said.contains("templates.due-soon") && said.contains("due = 青浦区给排水管略"), "{said}");
    house.edit("duban.toml", "overdue-1 = { id = \"SMS_0\" }\n", "");
    let said = told(&house);
    assert!(said.contains("there is no approved text for overdue-1; have one approved"), "{said}");
}
