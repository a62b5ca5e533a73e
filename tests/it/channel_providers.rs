//! Providers over HTTP: what leaves is what a preview shows, and settings that cannot
//! work are refused by name.

use crate::peers::{
    SECRET,
    gateway::{Do, GatewayPeer},
    now, opened,
    providers::WIRES,
    warnings,
};

#[tokio::test]
async fn a_preview_is_the_request_that_leaves_with_its_secrets_masked() {
    for wire in &WIRES {
        let peer = GatewayPeer::doing(Do::json(200, wire.taken)).await;
        let channel = wire.channel(&format!("http://127.0.0.1:{}", peer.port));
        let preview = channel.preview(&wire.letter(), now(), "n").unwrap();
        assert!(peer.asked().is_empty(), "{}", wire.kind);
        assert_eq!(channel.send(&wire.letter(), now()).await.class(), "accepted", "{}", wire.kind);
        let asked = &peer.asked()[0];
        let masked = |text: &str| text.replace(SECRET, "***").replace("s3cret%26%3D%22pass%20word", "***");
        let (head, body) = preview.split_once("\r\n\r\n").unwrap();
        assert_eq!(body.as_bytes(), asked.body, "{}", wire.kind);
        let mut lines = head.split("\r\n");
        assert_eq!(lines.next(), Some(masked(&asked.line).as_str()), "{}", wire.kind);
        let shown: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").unwrap()).collect();
        for (name, value) in &shown {
            let sent = asked.header(name).unwrap_or_else(|| panic!("{}: {name} did not leave", wire.kind));
            // A nonce is never the same, nor is what signs it.
            if *name == "x-acs-signature-nonce" || *name == "authorization" && wire.kind == "aliyun" {
                continue;
            }
            assert_eq!(*value, masked(sent), "{}: {name}", wire.kind);
        }
        let unshown = asked.headers.iter().filter(|(name, _)| !shown.iter().any(|(known, _)| known == name));
        assert_eq!(unshown.count(), 0, "{}: everything that leaves is shown", wire.kind);
        assert!(!preview.contains("s3cret"), "{}: {preview}", wire.kind);
    }
}

#[tokio::test]
async fn no_two_requests_of_aliyun_have_one_nonce() {
    let wire = WIRES.iter().find(|wire| wire.kind == "aliyun").unwrap();
    let peer = GatewayPeer::doing(Do::json(200, wire.taken)).await;
    let channel = wire.channel(&format!("http://127.0.0.1:{}", peer.port));
    for _ in 0..2 {
        channel.send(&wire.letter(), now()).await;
    }
    let nonces: Vec<_> =
        peer.asked().iter().map(|asked| asked.header("x-acs-signature-nonce").unwrap().to_owned()).collect();
    assert!(nonces[0] != nonces[1] && nonces.iter().all(|nonce| nonce.len() == 32), "{nonces:?}");
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let aliyun = "[aliyun.p]\naccess_key_id = \"k\"\naccess_key_secret = { file = \"s\" }\nsign_name = \"甲\"\n";
    let tencent =
        "[tencent.p]\nsecret_id = \"k\"\nsecret_key = { file = \"s\" }\nsdk_app_id = \"1\"\nsign_name = \"甲\"\n";
    let mas = "[mas.p]\nurl = \"https://mas.example.org/sms/submit\"\nec_name = \"局\"\nap_id = \"a\"\n\
               secret_key = { file = \"s\" }\nsign = \"c\"\n";
    let chat = "[chat.p]\nkind = \"feishu\"\nkey = { file = \"k\" }\nroles = [\"desk\"]\n";
    let webhook = "[webhook.p]\nurl = \"https://oa.example.org/\"\nsecret = { file = \"s\" }\nroles = [\"desk\"]\n";
    for right in [mas, chat, webhook] {
        assert!(opened(right).is_ok(), "{right}");
    }
    let rows = [
        (aliyun, "\"k\"", "\"\"", "access_key_id: it is missing"),
        (aliyun, "{ file = \"s\" }", "{}", "access_key_secret: say in exactly one way"),
        (aliyun, "\"甲\"", "\"【甲】\"", "sign_name: write it without 【】"),
        (aliyun, "sign_name", "param_chars = 1\nsign_name", "param_chars: a variable of fewer"),
        (aliyun, "sign_name", "rest = \"digest\"\nsign_name", "rest: `digest` is no text"),
        (aliyun, "\"甲\"\n", "\"甲\"\n", "templates: there is no approved text for dispatch-reminder, ticket-assigned"),
        (aliyun, "sign_name", "url = \"ftp://x\"\nsign_name", "url: it must begin with http"),
        (
            tencent,
            "sign_name",
            "url = \"https://x.example.org/v2\"\nsign_name",
            "url: the path of this provider is `/`",
        ),
        (tencent, "\"1\"", "\" \"", "sdk_app_id: it is missing"),
        (mas, "/submit", "/tmpsubmit", "templates: the url takes approved texts only"),
        (mas, "sign = ", "calls = { call_ms = 100 }\nsign = ", "calls.connect_ms: it must be"),
        (mas, "sign = ", "calls = { at_once = 0 }\nsign = ", "calls: at_once and per_minute"),
        (mas, "sign = ", "answers = [{ class = \"accepted\" }]\nsign = ", "answers: a row without any test"),
        (mas, "sign = ", "ca_file = \"/nowhere.pem\"\nsign = ", "ca_file: `/nowhere.pem` cannot be used"),
        (chat, "[\"desk\"]", "[]", "roles: it is missing; say who sits in the group"),
        (chat, "[\"desk\"]", "[\"citizen\"]", "roles: no group is told what goes to a citizen"),
        (chat, "roles", "kinds = [\"citizen-neutral-sms\"]\nroles", "kinds: `citizen-neutral-sms` goes to a citizen"),
        (
            chat,
            "roles",
            "url = \"https://oapi.dingtalk.com/robot/send\"\nroles",
            "url: on oapi.dingtalk.com are robots of",
        ),
        (chat, "roles", "url = \"https://open.feishu.cn/open-apis/bot/v2/hook/abc\"\nroles", "url: the robot's key is"),
        (chat, "roles", "text_bytes = 20\nroles", "text_bytes: it must be 300 to"),
        (webhook, "https://oa.example.org/", "oa", "url: it is no URL"),
        (webhook, "roles", "kinds = [\"x\"]\nroles", "kinds: `x` is no notice"),
    ];
    for (right, from, to, expected) in rows {
        assert!(right.contains(from), "{expected}");
        let faults = opened(&right.replacen(from, to, 1)).map(drop).unwrap_err();
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|fault| fault.contains(&format!("channel `p`, {expected}"))), "{expected}: {told:?}");
    }
}

#[test]
fn what_is_odd_about_a_robot_is_named() {
    let rows = [
        ("kind = \"dingtalk\"\n", vec!["secret"]),
        ("kind = \"dingtalk\"\nsecret = { file = \"s\" }\n", vec![]),
        ("kind = \"feishu\"\nkeyword = \"热线\"\n", vec![]),
        ("kind = \"wecom\"\nurl = \"http://wx.example.org/cgi-bin/webhook/send\"\n", vec!["url"]),
    ];
    for (more, expected) in rows {
        let found = warnings(&format!("[chat.p]\n{more}key = {{ file = \"k\" }}\nroles = [\"desk\"]\n"));
        assert_eq!(found.iter().map(|warning| warning.field.as_str()).collect::<Vec<_>>(), expected, "{more}");
    }
}

#[test]
fn every_robot_states_its_limits() {
    let limits = |kind: &str| {
        opened(&format!("[chat.p]\nkind = \"{kind}\"\nkey = {{ file = \"k\" }}\nroles = [\"desk\"]\n"))
            .unwrap()
            .limits()
    };
    let told = ["wecom", "dingtalk", "feishu"].map(|kind| (limits(kind).per_minute, limits(kind).text_bytes));
    assert_eq!(told, [(Some(18), Some(2048)), (Some(18), Some(16_000)), (Some(90), Some(16_000))]);
}
