//! SMS over HTTP: the request to the byte, and what every answer means.

use std::sync::Arc;

use duban::{
    channel::Channel,
    notice::{Outcome, Receipt, Refusal},
};

use crate::peers::{
    JSON_GATEWAY, SECRET,
    gateway::{Do, GatewayPeer},
    now, opened, sms, sms_channel, sms_saying,
    tls::Certificates,
    warnings,
};

/// A gateway that answers in bare text, `0` and an id or a negative number.
const TEXT_GATEWAY: &str = r#"
connect_ms = 400
call_ms = 900
method = "GET"
query = { mobile = "{phone}", content = "{text}" }
success = { starts_with = ["0,"] }
config_when = [{ starts_with = ["-4"] }]
"#;

#[tokio::test]
async fn a_json_request_is_exact_and_its_id_is_kept() {
    let (channel, peer) = to(Do::json(200, r#"{"code":"0","data":{"id":"00B8BE19"}}"#), JSON_GATEWAY).await;
    assert_eq!(channel.send(&sms(), now()).await, accepted(Some("00B8BE19")));
    let asked = &peer.asked()[0];
    assert_eq!(asked.line, "POST /send HTTP/1.1");
    assert_eq!(asked.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(asked.header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
    let body = r#"{"mobile":"13800012345","content":"【甲】工单\"1\"已逾期&请办理","seq":"leg/7"}"#;
    assert_eq!(String::from_utf8_lossy(&asked.body), body);
}

#[tokio::test]
async fn query_form_and_xml_requests_are_escaped_for_their_place() {
    let rows = [
        (
            "a query",
            "method = \"GET\"\nquery = { to = \"{phone_e164}\", t = \"<{text}>\", k = \"${k}\" }",
            "GET /send?k=s3cret%26%3D%22pass%20word&t=%3C%E3%80%90%E7%94%B2%E3%80%91a%26b%20c%3E&to=%2B8613800012345 HTTP/1.1",
            "",
        ),
        (
            "a form",
            "form = { to = \"{phone}\", t = \"{text}\", k = \"${k}\" }",
            "POST /send HTTP/1.1",
            "k=s3cret%26%3D%22pass%20word&t=%E3%80%90%E7%94%B2%E3%80%91a%26b%20c&to=13800012345",
        ),
        (
            "a form in GBK",
            "charset = \"gbk\"\nform = { to = \"{phone}\", t = \"{text}\", k = \"${k}\" }",
            "POST /send HTTP/1.1",
            "k=s3cret%26%3D%22pass%20word&t=%A1%BE%BC%D7%A1%BFa%26b%20c&to=13800012345",
        ),
        (
            "XML",
            "content_type = \"text/xml\"\nbody = \"<m><k>${k}</k><to>{phone}</to><t>{text}</t><n>{segments}</n></m>\"",
            "POST /send HTTP/1.1",
            "<m><k>s3cret&amp;=&quot;pass word</k><to>13800012345</to><t>【甲】a&amp;b c</t><n>1</n></m>",
        ),
        (
            "JSON as text",
            "content_type = \"application/json\"\nbody = '{{\"k\":\"${k}\",\"to\":\"{phone}\",\"t\":\"{text}\",\"at\":{time}}}'",
            "POST /send HTTP/1.1",
            "{\"k\":\"s3cret&=\\\"pass word\",\"to\":\"13800012345\",\"t\":\"【甲】a&b c\",\"at\":20260915090000}",
        ),
        (
            "a signature by the gateway",
            "signature = \"gateway\"\nform = { to = \"{phone}\", t = \"{text}\", s = \"{sign}\", k = \"${k}\" }",
            "POST /send HTTP/1.1",
            "k=s3cret%26%3D%22pass%20word&s=%E7%94%B2&t=a%26b%20c&to=13800012345",
        ),
    ];
    for (name, more, line, body) in rows {
        let settings = format!("{more}\nsecrets = {{ k = {{ env = \"K\" }} }}\nsuccess = {{ contains = [\"ok\"] }}\n");
        let (channel, peer) = to(Do::text(200, "ok"), &settings).await;
        assert_eq!(channel.send(&sms_saying("【甲】a&b c"), now()).await, accepted(None), "{name}");
        let asked = &peer.asked()[0];
        assert_eq!(asked.line, line, "{name}");
        assert_eq!(String::from_utf8_lossy(&asked.body), body, "{name}");
    }
}

#[tokio::test]
async fn a_preview_is_the_request_that_leaves_with_its_secrets_masked() {
    let (channel, peer) = to(Do::json(200, "{}"), JSON_GATEWAY).await;
    let preview = channel.preview(&sms(), now(), "1").unwrap();
    assert!(peer.asked().is_empty());
    channel.send(&sms(), now()).await;
    let asked = &peer.asked()[0];
    let (head, body) = preview.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.as_bytes(), asked.body);
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some(asked.line.as_str()));
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        let sent = asked.header(name).unwrap_or_else(|| panic!("{name} did not leave"));
        assert_eq!(value, sent.replace(SECRET, "***"), "{name}");
    }
    assert!(preview.contains("Bearer ***") && preview.contains("【甲】"), "{preview}");
}

#[tokio::test]
async fn every_answer_of_a_json_gateway_has_its_class() {
    let rows = [
        ("taken", Do::json(200, r#"{"code":0}"#), "accepted"),
        ("taken, as text", Do::json(200, r#"{"code":"0"}"#), "accepted"),
        ("too often", Do::json(200, r#"{"code":1101}"#), "throttled 90"),
        ("no balance", Do::json(200, r#"{"code":"BALANCE"}"#), "channel-down 300"),
        ("busy, named as not taken", Do::json(200, r#"{"code":"BUSY"}"#), "not-sent"),
        ("a landline", Do::json(200, r#"{"code":21614}"#), "recipient gateway-21614"),
        ("words", Do::json(200, r#"{"code":"WORDS"}"#), "content gateway-WORDS"),
        ("a code nobody listed", Do::json(200, r#"{"code":"X9"}"#), "content unknown-code gateway-X9"),
        ("the code of success with another status", Do::json(500, r#"{"code":0}"#), "unknown"),
        ("nothing", Do::text(200, ""), "unknown"),
        ("blanks", Do::text(200, " \r\n"), "unknown"),
        ("JSON without the code", Do::json(200, r#"{"result":{}}"#), "unknown"),
        ("a code that is a list", Do::json(200, r#"{"code":[0]}"#), "unknown"),
        ("half a JSON, whole by its length", Do::json(200, r#"{"code":0"#), "unknown"),
        ("two JSON documents", Do::json(200, r#"{"code":0}{"code":1}"#), "unknown"),
        ("a page", Do::text(200, "<html>0</html>"), "unknown"),
        ("500", Do::text(500, "oops"), "unknown"),
        ("502", Do::text(502, ""), "unknown"),
        ("503 that is not named", Do::text(503, "busy"), "unknown"),
        ("503 that is named", Do::text(503, "not accepted"), "not-sent"),
        ("504", Do::text(504, ""), "unknown"),
        ("401", Do::text(401, ""), "channel-down 300"),
        ("403", Do::text(403, ""), "channel-down 300"),
        ("404", Do::text(404, ""), "channel-down 300"),
        ("400", Do::text(400, "bad"), "content unknown-code http-400"),
        ("408", Do::text(408, ""), "throttled 60"),
        ("429", Do::text(429, ""), "throttled 60"),
        ("429 with a wait", Do::Answer(429, "retry-after: 30\r\n", Vec::new()), "throttled 30"),
        (
            "429 with a date",
            Do::Answer(429, "retry-after: Tue, 15 Sep 2026 01:02:00 GMT\r\n", Vec::new()),
            "throttled 120",
        ),
        ("429 with a century", Do::Answer(429, "retry-after: 3153600000\r\n", Vec::new()), "throttled 86400"),
        ("429 with nonsense", Do::Answer(429, "retry-after: soon\r\n", Vec::new()), "throttled 60"),
        ("elsewhere", Do::Answer(302, "location: /send2\r\n", Vec::new()), "channel-down 300"),
        ("no HTTP", Do::Raw(b"220 smtp\r\n".to_vec()), "unknown"),
        ("closed at once", Do::Close, "unknown"),
        ("silence", Do::Stall, "unknown"),
        ("half a head", Do::Raw(b"HTTP/1.1 200 x\r\ncontent-le".to_vec()), "unknown"),
        ("half a body", Do::Raw(b"HTTP/1.1 200 x\r\ncontent-length: 10\r\n\r\n{\"code".to_vec()), "unknown"),
        (
            "half a body and silence",
            Do::RawAndStall(b"HTTP/1.1 200 x\r\ncontent-length: 10\r\n\r\n{\"code".to_vec()),
            "unknown",
        ),
        ("ten megabytes", Do::Flood, "unknown"),
    ];
    for (name, what, expected) in rows {
        let (channel, peer) = to(what, JSON_GATEWAY).await;
        let outcome = channel.send(&sms(), now()).await;
        assert_eq!(shown(&outcome), expected, "{name}: {outcome:?}");
        assert_eq!(peer.asked().len(), 1, "{name}: never asked twice, never led elsewhere");
        assert!(!format!("{outcome:?}").contains("13800012345"), "{name}");
    }
}

#[tokio::test]
async fn every_answer_of_a_text_gateway_has_its_class() {
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    let rows = [
        ("taken", Do::text(200, "0,7788"), "accepted"),
        ("a listed number", Do::text(200, "-4"), "channel-down 300"),
        ("a number nobody listed", Do::text(200, "-9"), "content unknown-code http-200"),
        ("a number and words in GBK", Do::Answer(200, "", gbk("-7,号码错误")), "content unknown-code http-200"),
        ("words", Do::text(200, "error"), "unknown"),
        ("a number and words", Do::text(200, "5 apples"), "content unknown-code http-200"),
        ("a page", Do::text(200, "<html>"), "unknown"),
        ("nothing", Do::text(200, ""), "unknown"),
        ("cut", Do::Raw(b"HTTP/1.1 200 x\r\ncontent-length: 90\r\n\r\n0,77".to_vec()), "unknown"),
    ];
    for (name, what, expected) in rows {
        let (channel, peer) = to(what, TEXT_GATEWAY).await;
        let outcome = channel.send(&sms(), now()).await;
        assert_eq!(shown(&outcome), expected, "{name}: {outcome:?}");
        assert_eq!(peer.asked().len(), 1, "{name}");
    }
    let (channel, _peer) = to(Do::Answer(200, "", gbk("-7,号码错误")), TEXT_GATEWAY).await;
    let Outcome::Refused(refusal) = channel.send(&sms(), now()).await else { panic!("refused") };
    assert!(refusal.failure().detail.contains("号码错误"), "{refusal:?}");
}

#[tokio::test]
async fn kannel_is_asked_and_understood_by_its_preset() {
    let settings = "preset = \"kannel\"\nquery = { username = \"duban\", from = \"10690000\" }\n\
                    secrets = { password = { file = \"p\" } }\n";
    let rows = [
        ("taken", Do::text(202, "0: Accepted for delivery"), "accepted"),
        ("queued", Do::text(202, "3: Queued for later delivery"), "accepted"),
        ("for now", Do::text(503, "Temporal failure, try again later."), "not-sent"),
        ("password", Do::text(403, "Authorization failed for sendsms"), "channel-down 300"),
        ("no number", Do::text(400, "Missing receiver number, rejected"), "recipient http-400"),
        ("not Kannel", Do::text(200, "welcome"), "unknown"),
    ];
    for (name, what, expected) in rows {
        let (channel, peer) = to(what, settings).await;
        let outcome = channel.send(&sms_saying("【甲】水"), now()).await;
        assert_eq!(shown(&outcome), expected, "{name}: {outcome:?}");
        let line = "GET /send?charset=UTF-8&coding=2&from=10690000&password=s3cret%26%3D%22pass%20word\
                    &text=%E3%80%90%E7%94%B2%E3%80%91%E6%B0%B4&to=13800012345&username=duban HTTP/1.1";
        assert_eq!(peer.asked()[0].line, line, "{name}");
    }
}

#[tokio::test]
async fn one_letter_is_one_request_though_connections_come_and_go() {
    // Every second answer ends the connection that the next request would use.
    let answer = b"HTTP/1.1 200 x\r\ncontent-length: 10\r\n\r\n{\"code\":0}".to_vec();
    let script = move |n| if n % 2 == 0 { Do::Raw(answer.clone()) } else { Do::json(200, r#"{"code":0}"#) };
    let peer = GatewayPeer::scripted(script).await;
    let channel = sms_channel(&format!("http://127.0.0.1:{}/send", peer.port), JSON_GATEWAY);
    for n in 1..=8 {
        channel.send(&sms(), now()).await;
        assert!(peer.asked().len() <= n);
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_any_connection() {
    let number = |to: &str| {
        let duban::channel::Letter::Sms(mut sms) = sms() else { unreachable!() };
        sms.to = duban::ticket::Private::new(to.to_owned());
        duban::channel::Letter::Sms(sms)
    };
    let (channel, peer) = to(Do::json(200, r#"{"code":0}"#), &format!("charset = \"gbk\"\n{JSON_GATEWAY}")).await;
    let rows = [
        ("a landline", number("02159721234"), "recipient sms-number"),
        ("no number", number(""), "recipient sms-number"),
        ("two numbers", number("13800012345,13800012346"), "recipient sms-number"),
        ("a character outside GBK", sms_saying("【甲】😀"), "content sms-charset"),
        ("too long", sms_saying(&"水".repeat(501)), "content sms-too-long"),
    ];
    for (name, letter, expected) in rows {
        assert_eq!(shown(&channel.send(&letter, now()).await), expected, "{name}");
        assert_eq!(shown(&channel.preview(&letter, now(), "1").unwrap_err()), expected, "{name}");
    }
    assert!(peer.asked().is_empty());
}

#[tokio::test]
async fn a_private_authority_is_trusted_only_where_it_is_named() {
    let certificates = Certificates::made();
    let peer = GatewayPeer::doing_under_tls(certificates.acceptor(), Do::json(200, r#"{"code":0}"#)).await;
    let url = format!("https://127.0.0.1:{}/send", peer.port);
    let ca = format!("ca_file = \"{}\"\n{JSON_GATEWAY}", certificates.ca().display());
    assert_eq!(sms_channel(&url, &ca).send(&sms(), now()).await.class(), "accepted");
    let outcome = sms_channel(&url, JSON_GATEWAY).send(&sms(), now()).await;
    let Outcome::ChannelDown { why, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(why.code, "http-tls");
    let other = Certificates::made_for("DNS:gateway.example.org");
    let peer = GatewayPeer::doing_under_tls(other.acceptor(), Do::json(200, r#"{"code":0}"#)).await;
    let ca = format!("ca_file = \"{}\"\n{JSON_GATEWAY}", other.ca().display());
    let channel = sms_channel(&format!("https://127.0.0.1:{}/send", peer.port), &ca);
    assert_eq!(channel.send(&sms(), now()).await.class(), "channel-down", "for another name");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_not_sent() {
    let outcome = sms_channel("http://gateway.invalid/send", JSON_GATEWAY).send(&sms(), now()).await;
    assert_eq!(outcome.class(), "not-sent", "{outcome:?}");
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let right = format!("[sms.g]\nurl = \"https://gateway.example.org/send\"\n{JSON_GATEWAY}");
    assert!(opened(&right).is_ok());
    let rows = [
        ("no number", "{phone}", "1", "url: {phone} is nowhere"),
        ("no text", "{text}", "1", "url: {text} is nowhere"),
        ("an unknown place", "{id}", "{number}", "json.seq: `{number}` cannot be filled in"),
        ("out of balance", "{id}", "{id", "json.seq: a `{` is never closed"),
        ("a secret that is not set", "${token}", "${other}", "secrets.other: it is used and not set"),
        ("a secret from nowhere", "{ file = \"token\" }", "{}", "secrets.token: say in exactly one way"),
        ("no URL", "https://gateway.example.org/send", "gateway", "url: it is no URL"),
        ("another scheme", "https://", "ftp://", "url: it must begin with http"),
        ("an account in the URL", "https://", "https://a:b@", "url: an account does not belong"),
        ("no test of success", "success =", "# success =", "success: it is missing"),
        (
            "the status alone",
            "pointer = \"/code\", equals = [\"0\"]",
            "status = [200]",
            "success: it looks at the status alone",
        ),
        ("a pointer without values", ", equals = [\"0\"]", "", "success: a pointer needs equals"),
        ("a pointer of another form", "\"/data/id\"", "\"data.id\"", "id_pointer: a pointer begins with"),
        (
            "a rule that fits all",
            "{ pointer = \"/code\", equals = [\"BUSY\"] }",
            "{ wait_s = 5 }",
            "retry_when: a rule without any test",
        ),
        (
            "of what, where nothing is refused",
            "wait_s = 90",
            "of = \"text\"",
            "throttle_when: only a rule of permanent_when",
        ),
        ("two bodies", "json =", "form = { a = \"{phone}\" }\njson =", "body: a request has one body"),
        ("a GET with a body", "json =", "method = \"GET\"\njson =", "method: a GET has no body"),
        (
            "escaping nobody knows",
            "json =",
            "body = \"{phone}{text}{id}\"\ncontent_type = \"text/plain\"\n# json =",
            "escape: say how",
        ),
        ("a header that is none", "authorization =", "\"a b\" =", "headers.a b: it is no name"),
        ("connecting longer than the call", "connect_ms = 400", "connect_ms = 900", "connect_ms: it must be"),
        ("no such file", "json =", "ca_file = \"/nowhere.pem\"\njson =", "ca_file: `/nowhere.pem` cannot be used"),
    ];
    for (name, from, to, expected) in rows {
        assert!(right.contains(from), "{name}");
        let faults = opened(&right.replacen(from, to, 1)).map(drop).unwrap_err();
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        let found = told.iter().any(|fault| fault.starts_with("channel `g`, ") && fault.contains(expected));
        assert!(found, "{name}: {told:?}");
        assert!(!told.concat().contains(SECRET), "{name}");
    }
}

#[test]
fn settings_that_are_odd_are_named() {
    let base = "[sms.g]\njson = { to = \"{phone}\", t = \"{text}\" }\n";
    let rows = [
        ("url = \"https://g.example.org/\"\nsuccess = { status_only = true }\n", vec!["success"]),
        ("url = \"http://g.example.org/\"\nsuccess = { contains = [\"ok\"] }\n", vec!["url"]),
        ("url = \"http://127.0.0.1:13013/\"\nsuccess = { contains = [\"ok\"] }\n", vec![]),
    ];
    for (more, expected) in rows {
        let settings = format!("{base}{more}");
        assert!(opened(&settings).is_ok(), "{more}");
        let fields: Vec<_> = warnings(&settings).into_iter().map(|warning| warning.field).collect();
        assert_eq!(fields, expected, "{more}");
    }
}

async fn to(what: Do, settings: &str) -> (Arc<Channel>, GatewayPeer) {
    let peer = GatewayPeer::doing(what).await;
    (sms_channel(&format!("http://127.0.0.1:{}/send", peer.port), settings), peer)
}

fn accepted(id: Option<&str>) -> Outcome {
    Outcome::Accepted(Receipt(id.map(str::to_owned)))
}

fn shown(outcome: &Outcome) -> String {
    let seconds = |until: &chrono::DateTime<chrono::Utc>| (*until - now()).num_seconds();
    match outcome {
        Outcome::Refused(Refusal::Recipient(why)) => format!("recipient {}", why.code),
        Outcome::Refused(Refusal::Content(why)) => format!("content {}", why.code),
        Outcome::Throttled { until, .. } | Outcome::ChannelDown { until, .. } => {
            format!("{} {}", outcome.class(), seconds(until))
        }
        other => other.class().to_owned(),
    }
}
