//! Mail over SMTP: what a mail program gets, and where a dialogue can break.

use std::time::{Duration, Instant};

use duban::{
    channel::{Channel, Letter, Mail},
    notice::{Outcome, Receipt, Refusal},
    ticket::Private,
};
use serde_json::{Value, json};

use crate::peers::{
    SECRET, mail,
    mail::MailPeer,
    mail_channel, now, opened,
    smtp::{At, Do, SmtpPeer},
    tls::Certificates,
    warnings,
};

const ACCOUNT: &str = "user = \"duban@example.org\"\npassword = { file = \"p\" }\n";

#[tokio::test]
async fn a_mail_is_read_back_by_another_program_as_it_was_written() {
    let mut peer = MailPeer::plain();
    let channel = mail_channel(peer.port, "");
    assert_eq!(channel.send(&mail("zhou@example.org"), now()).await, accepted("4F2A81"));
    let got = peer.mail();
    assert_eq!(got["subject"], "【甲】逾期督办");
    assert_eq!(got["from"], json!([["市12345,督办", "duban@example.org"]]), "one mailbox, its name whole");
    assert_eq!(got["to"], json!([["周经办", "zhou@example.org"]]));
    assert_eq!((&got["mail_from"], &got["rcpt_tos"]), (&json!("duban@example.org"), &json!(["zhou@example.org"])));
    assert_eq!(got["body"], "您好。\n.开头有点\n");
    assert_eq!((&got["content_type"], &got["charset"]), (&json!("text/plain"), &json!("utf-8")));
    assert_eq!(got["date"], "2026-09-15T09:00:00+08:00");
    let headers = [
        ("MIME-Version", "1.0"),
        ("Message-ID", "<T.1.r1_overdue-1@example.org>"),
        ("In-Reply-To", "<T.1@example.org>"),
        ("References", "<T.1@example.org>"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
    ];
    for (name, value) in headers {
        assert_eq!(got["headers"][name], value, "{name}");
    }
    assert!(got["counts"].as_object().unwrap().values().all(|count| *count == 1), "{}", got["counts"]);
    assert_whole(&got);
}

#[tokio::test]
async fn any_subject_and_body_arrives_byte_for_byte() {
    let subjects = [
        "工单A1024已受理",
        "逾期督办(第3次) 2026091500001 overdue-3  两个空格",
        "Reminder",
        "=?utf-8?b?5bel?= 像编码的字",
        "𠮷😀é \"引号\" <尖括号> \\反斜线, 逗号;分号",
        &"水".repeat(80),
        &"a".repeat(300),
        &"12345热线".repeat(30),
        "工单 A1 已受理 B2 办理 C3",
    ];
    let bodies = [
        "短。\n",
        &format!("{}\n", "水".repeat(5000)),
        &format!("{}\n", "x".repeat(2000)),
        ".\n..\n.hidden\n\n.\n",
        "From here\n  \n末行没有换行",
        "a = b\n=20\ttab \n",
    ];
    let mut peer = MailPeer::plain();
    let channel = mail_channel(peer.port, "");
    for n in 0..subjects.len().max(bodies.len()) {
        let (subject, body) = (subjects[n % subjects.len()], bodies[n % bodies.len()]);
        let letter = changed(|mail| {
            mail.subject = subject.to_owned();
            mail.body = body.to_owned();
        });
        assert_eq!(channel.send(&letter, now()).await.class(), "accepted");
        let got = peer.mail();
        assert_eq!(got["subject"], subject);
        assert_eq!(got["subject_by_policy"], subject, "by the newer reader");
        // A mail ends with a line end, added where the text has none.
        assert_eq!(got["body"].as_str().unwrap().trim_end_matches('\n'), body.trim_end_matches('\n'));
        assert_whole(&got);
    }
}

#[tokio::test]
async fn control_characters_in_a_subject_or_name_start_no_header() {
    let mut peer = MailPeer::plain();
    let letter = changed(|mail| {
        mail.subject = "工单\r\nBcc: all@example.org\r\n\r\n正文".to_owned();
        mail.to_name = "周\r\nX-Evil: 1\n经办".to_owned();
    });
    assert_eq!(mail_channel(peer.port, "").send(&letter, now()).await.class(), "accepted");
    let got = peer.mail();
    assert_eq!(got["subject"], "工单  Bcc: all@example.org    正文");
    assert_eq!((&got["headers"]["Bcc"], &got["headers"]["X-Evil"]), (&Value::Null, &Value::Null));
    assert_eq!(got["rcpt_tos"], json!(["zhou@example.org"]));
}

#[tokio::test]
async fn mails_to_several_people_use_one_connection_and_a_bad_address_spoils_none() {
    let mut peer = MailPeer::plain();
    let channel = mail_channel(peer.port, "");
    let mut peers = Vec::new();
    for to in ["a@example.org", "nobody@example.org", "b@example.org", "c@example.org"] {
        let outcome = channel.send(&mail(to), now()).await;
        if to.starts_with("nobody") {
            let Outcome::Refused(Refusal::Recipient(why)) = outcome else { panic!("{outcome:?}") };
            assert_eq!((why.code.as_str(), why.detail.as_str()), ("smtp-550", "rcpt: 550 5.1.1 <***>: no such user"));
            continue;
        }
        assert_eq!(outcome.class(), "accepted", "{to}");
        let got = peer.mail();
        assert_eq!(got["rcpt_tos"], json!([to]), "nobody sees who else was told");
        peers.push(got["peer"].clone());
    }
    assert!(peers.windows(2).all(|two| two[0] == two[1]), "{peers:?}");
}

#[tokio::test]
async fn starttls_and_implicit_tls_with_a_private_authority_and_an_account() {
    let certificates = Certificates::made();
    let ca = format!("ca_file = \"{}\"\n", certificates.ca().display());
    // aiosmtpd takes an account only under STARTTLS.
    for (mode, account) in [("starttls", Some(["duban@example.org", SECRET])), ("implicit", None)] {
        let mut peer = MailPeer::secured(mode, &certificates, account);
        let login = if account.is_some() { ACCOUNT } else { "" };
        let channel = mail_channel(peer.port, &format!("tls = \"{mode}\"\n{ca}{login}"));
        assert_eq!(channel.send(&mail("zhou@example.org"), now()).await.class(), "accepted", "{mode}");
        let got = peer.mail();
        assert_eq!((&got["tls"], &got["login"]), (&json!(true), &json!(account.is_some())), "{mode}");
        // Without the authority, or for another name, nothing is sent.
        let named = format!("tls = \"{mode}\"\n{ca}server_name = \"mail.example.org\"\n{login}");
        for more in [format!("tls = \"{mode}\"\n{login}"), named] {
            let outcome = mail_channel(peer.port, &more).send(&mail("zhou@example.org"), now()).await;
            let Outcome::ChannelDown { why, .. } = outcome else { panic!("{mode}: {outcome:?}") };
            assert_eq!(why.code, "smtp-tls", "{mode}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_puts_the_channel_down() {
    let certificates = Certificates::made();
    let peer = MailPeer::secured("starttls", &certificates, Some(["duban@example.org", "another"]));
    let more = format!("tls = \"starttls\"\nca_file = \"{}\"\n{ACCOUNT}", certificates.ca().display());
    let outcome = mail_channel(peer.port, &more).send(&mail("zhou@example.org"), now()).await;
    assert_eq!(outcome.class(), "channel-down", "{outcome:?}");
    assert!(!format!("{outcome:?}").contains(SECRET));
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_mail() {
    let peer = SmtpPeer::doing(|_, _| Do::Well).await;
    let outcome = mail_channel(peer.port, "tls = \"starttls\"\n").send(&mail("zhou@example.org"), now()).await;
    assert_eq!(outcome.class(), "channel-down", "{outcome:?}");
    assert!(peer.seen(|seen| seen.commands.iter().all(|command| command.starts_with("EHLO"))));
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_puts_the_channel_down() {
    let peer = SmtpPeer::doing(|_, _| Do::Well).await;
    let outcome = mail_channel(peer.port, "tls = \"implicit\"\n").send(&mail("zhou@example.org"), now()).await;
    assert_eq!(outcome.class(), "channel-down", "{outcome:?}");
}

#[tokio::test]
async fn login_does_not_depend_on_the_words_of_the_prompts() {
    let peer = SmtpPeer::doing(|_, _| Do::Well).await;
    let outcome = mail_channel(peer.port, ACCOUNT).send(&mail("zhou@example.org"), now()).await;
    assert_eq!(outcome, accepted("ABC123"));
    let commands = peer.seen(|seen| seen.commands.clone());
    let at = commands.iter().position(|command| command == "AUTH LOGIN").unwrap();
    assert_eq!(commands[at + 1], "ZHViYW5AZXhhbXBsZS5vcmc=");
}

#[tokio::test]
async fn the_sender_on_the_wire_is_the_account_that_logged_in() {
    for (user, sender) in [("other@example.org", "other@example.org"), ("duban", "duban@example.org")] {
        let peer = SmtpPeer::doing(|_, _| Do::Well).await;
        let account = format!("user = \"{user}\"\npassword = {{ file = \"p\" }}\n");
        let outcome = mail_channel(peer.port, &account).send(&mail("zhou@example.org"), now()).await;
        assert_eq!(outcome.class(), "accepted");
        let command = format!("MAIL FROM:<{sender}>");
        assert!(peer.seen(|seen| seen.commands.contains(&command)), "{user}");
    }
}

#[tokio::test]
async fn whatever_breaks_before_the_final_dot_is_not_sent_and_after_it_unknown() {
    let breaks = || [Do::Close, Do::Stall, Do::say("no reply at all"), Do::SayAndClose(b"2".to_vec())];
    for place in At::ALL.into_iter().filter(|place| ![At::StartTls, At::Rset, At::Text].contains(place)) {
        for what in breaks() {
            let peer = SmtpPeer::doing_at(place, what.clone()).await;
            let channel = mail_channel(peer.port, if place == At::Auth { ACCOUNT } else { "" });
            let outcome = channel.send(&mail("zhou@example.org"), now()).await;
            let expected = if place == At::Dot { "unknown" } else { "not-sent" };
            assert_eq!(outcome.class(), expected, "{what:?} at {place:?}: {outcome:?}");
            let (mails, connections) = peer.seen(|seen| (seen.mails.len(), seen.connections));
            assert_eq!((mails, connections), (usize::from(place == At::Dot), 1), "{what:?} at {place:?}");
        }
    }
}

#[tokio::test]
async fn a_text_that_breaks_off_is_not_sent() {
    // Large enough that it cannot all wait in the buffers of the connection.
    let letter = changed(|mail| mail.body = format!("{}\n", "水".repeat(1000)).repeat(3000));
    for what in [Do::Close, Do::SayAndClose(b"421 4.3.2 going down\r\n".to_vec())] {
        let peer = SmtpPeer::doing_at(At::Text, what).await;
        let outcome = mail_channel(peer.port, "").send(&letter, now()).await;
        assert_eq!(outcome.class(), "not-sent", "{outcome:?}");
        assert_eq!(peer.seen(|seen| seen.mails.len()), 0);
    }
}

#[tokio::test]
async fn a_call_ends_within_its_limit_however_slow_each_step_is() {
    let peer = SmtpPeer::doing_at(At::Greeting, Do::Stall).await;
    let channel = mail_channel(peer.port, "");
    let begun = Instant::now();
    assert_eq!(channel.send(&mail("zhou@example.org"), now()).await.class(), "not-sent");
    assert!(begun.elapsed() < channel.limits().call);
    assert_eq!(channel.limits().call, Duration::from_secs(2));
}

#[tokio::test]
async fn a_kept_connection_that_has_died_is_replaced_unnoticed() {
    let died = [Do::Close, Do::SayAndClose(b"421 4.4.2 idle too long\r\n".to_vec()), Do::Stall, Do::say("garbage")];
    for what in died {
        let counting = std::sync::atomic::AtomicUsize::new(0);
        let script = what.clone();
        let peer = SmtpPeer::doing(move |n, at| {
            let is_second_mail =
                n == 1 && at == At::Mail && counting.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1;
            if is_second_mail { script.clone() } else { Do::Well }
        })
        .await;
        let channel = mail_channel(peer.port, "");
        for _ in 0..3 {
            let outcome = channel.send(&mail("zhou@example.org"), now()).await;
            assert_eq!(outcome.class(), "accepted", "{what:?}: {outcome:?}");
        }
        assert_eq!(peer.seen(|seen| (seen.mails.len(), seen.connections)), (3, 2), "{what:?}");
    }
}

#[tokio::test]
async fn an_idle_connection_closed_by_the_server_is_replaced_unnoticed() {
    // The server closes right behind the answer, as one does whose idle limit passed.
    let peer = SmtpPeer::doing_at(At::Dot, Do::SayAndClose(b"250 2.0.0 Ok: queued as X1\r\n".to_vec())).await;
    let channel = mail_channel(peer.port, "");
    for n in 1..=3 {
        assert_eq!(channel.send(&mail("zhou@example.org"), now()).await, accepted("X1"));
        assert_eq!(peer.seen(|seen| (seen.mails.len(), seen.connections)), (n, n));
    }
}

#[tokio::test]
async fn a_refused_mail_leaves_the_connection_usable_and_forgotten() {
    let peer = SmtpPeer::doing_at(At::Dot, Do::say("554 5.7.1 no")).await;
    let channel = mail_channel(peer.port, "");
    for _ in 0..2 {
        assert_eq!(channel.send(&mail("zhou@example.org"), now()).await.class(), "refused");
    }
    let commands = peer.seen(|seen| seen.commands.clone());
    assert_eq!(commands.iter().filter(|command| *command == "RSET").count(), 1);
    assert_eq!(peer.seen(|seen| seen.connections), 1);
}

#[tokio::test]
async fn a_connection_is_closed_after_as_many_mails_as_it_may_carry() {
    let peer = SmtpPeer::doing(|_, _| Do::Well).await;
    let channel = mail_channel(peer.port, "per_connection = 2\n");
    for _ in 0..5 {
        assert_eq!(channel.send(&mail("zhou@example.org"), now()).await.class(), "accepted");
    }
    let (connections, quits) = peer
        .seen(|seen| (seen.connections, seen.commands.iter().filter(|command| command.starts_with("QUIT")).count()));
    assert_eq!((connections, quits), (3, 2));
}

#[tokio::test]
async fn mails_at_the_same_time_share_the_connections() {
    let peer = SmtpPeer::doing(|_, _| Do::Well).await;
    let channel = mail_channel(peer.port, "connections = 2\n");
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let channel = channel.clone();
        sending.spawn(async move { channel.send(&mail("zhou@example.org"), now()).await.class() });
    }
    assert_eq!(sending.join_all().await, ["accepted"; 10]);
    let (mails, connections) = peer.seen(|seen| (seen.mails.len(), seen.connections));
    assert_eq!(mails, 10);
    assert!(connections <= 2, "{connections}");
}

#[tokio::test]
async fn a_reply_in_gbk_is_classed_by_its_code_under_tls_too() {
    let mut reply = b"550 ".to_vec();
    reply.extend_from_slice(&encoding_rs::GBK.encode("用户不存在").0);
    reply.extend_from_slice(b"\r\n");
    let certificates = Certificates::made();
    let script = move |_, at| if at == At::Rcpt { Do::Say(reply.clone()) } else { Do::Well };
    let peer = SmtpPeer::doing_under_tls(certificates.acceptor(), script).await;
    let more = format!("tls = \"implicit\"\nca_file = \"{}\"\n", certificates.ca().display());
    let outcome = mail_channel(peer.port, &more).send(&mail("zhou@example.org"), now()).await;
    let Outcome::Refused(Refusal::Recipient(why)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((why.code.as_str(), why.detail.as_str()), ("smtp-550", "rcpt: 550 用户不存在"));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_before_any_connection() {
    let peer = SmtpPeer::doing(|_, _| Do::Well).await;
    let channel = mail_channel(peer.port, "");
    for to in ["zhou", "张三@例子.中国", "a@b\r\nRCPT TO:<c@d>", "", "a b@example.org", "<a@example.org>"] {
        let outcome = channel.send(&mail(to), now()).await;
        assert!(matches!(outcome, Outcome::Refused(Refusal::Recipient(_))), "{to}: {outcome:?}");
    }
    assert_eq!(peer.seen(|seen| seen.connections), 0);
}

#[tokio::test]
async fn a_preview_is_the_mail_that_leaves() {
    let peer = SmtpPeer::doing(|_, _| Do::Well).await;
    let channel = mail_channel(peer.port, "");
    channel.send(&mail("zhou@example.org"), now()).await;
    assert_eq!(
        channel.preview(&mail("zhou@example.org"), now(), "1").unwrap(),
        peer.seen(|seen| seen.mails[0].clone())
    );
}

#[tokio::test]
async fn a_mail_in_a_folder_is_one_that_a_mail_program_opens() {
    let dir = tempfile::tempdir().unwrap();
    let settings = format!("[file.demo]\nmedium = \"email\"\ndir = \"{}\"\n", dir.path().join("mail").display());
    let channel = opened(&settings).unwrap();
    let outcome = channel.send(&mail("zhou@example.org"), now()).await;
    let Outcome::Accepted(Receipt(Some(name))) = outcome else { panic!("{outcome:?}") };
    assert_eq!(name, "20260915T090000-leg-7.eml");
    let path = dir.path().join("mail").join(name);
    let read = "import sys, email.policy as p\nfrom email import message_from_file as f\n\
                m = f(open(sys.argv[1], newline=''), policy=p.default)\nprint(m['Subject'], m.get_content(), end='')";
    let output = std::process::Command::new("/usr/bin/python3").args(["-c", read]).arg(path).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "【甲】逾期督办 您好。\r\n.开头有点\r\n");
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let right = "[email.m]\nhost = \"mail.example.org\"\ntls = \"starttls\"\nfrom_name = \"督办\"\n\
                 from_address = \"duban@example.org\"\n";
    assert!(opened(right).is_ok());
    let rows = [
        ("only a name as sender", "duban@example.org", "督办平台", "from_address: it is no mail address"),
        ("no host", "mail.example.org", "", "host: it is empty"),
        ("a zero limit", "host =", "step_ms = 0\nhost =", "step_ms: it must be at least 1"),
        ("a short call", "host =", "call_ms = 5000\nhost =", "call_ms: it must not be shorter"),
        ("an account without password", "host =", "user = \"a\"\nhost =", "password: an account needs one"),
        (
            "a password from two places",
            "host =",
            "user = \"a\"\npassword = { file = \"a\", env = \"B\" }\nhost =",
            "exactly one way",
        ),
        (
            "plain with an authority",
            "tls = \"starttls\"",
            "tls = \"plain\"\nca_file = \"x\"",
            "tls: without TLS neither",
        ),
        ("no such file", "host =", "ca_file = \"/nowhere.pem\"\nhost =", "ca_file: `/nowhere.pem` cannot be used"),
        (
            "a refusal that accepts",
            "host =",
            "replies = [{ class = \"accepted\" }]\nhost =",
            "replies: a refusal cannot",
        ),
    ];
    for (name, from, to, expected) in rows {
        assert!(right.contains(from), "{name}");
        let faults = opened(&right.replacen(from, to, 1)).map(drop).unwrap_err();
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert!(
            told.len() == 1 && told[0].starts_with("channel `m`, ") && told[0].contains(expected),
            "{name}: {told:?}"
        );
    }
}

#[test]
fn settings_that_are_odd_are_named() {
    let base = "[email.m]\nhost = \"mail.example.org\"\nfrom_name = \"督办\"\nfrom_address = \"duban@example.org\"\n";
    let account = |user: &str| format!("user = \"{user}\"\npassword = {{ file = \"p\" }}\n");
    let rows = [
        ("tls = \"implicit\"\nport = 587\n".to_owned(), vec!["tls"]),
        ("tls = \"starttls\"\nport = 465\n".to_owned(), vec!["tls"]),
        (format!("tls = \"plain\"\n{}", account("duban")), vec!["tls"]),
        (format!("tls = \"starttls\"\n{}", account("other@example.org")), vec!["from_address"]),
        (format!("tls = \"starttls\"\n{}", account("duban@example.org")), vec![]),
        (format!("tls = \"implicit\"\nport = 465\n{}", account("duban")), vec![]),
        ("tls = \"plain\"\n".to_owned(), vec![]),
    ];
    for (more, expected) in rows {
        let found = warnings(&format!("{base}{more}"));
        assert_eq!(found.iter().map(|warning| warning.field.as_str()).collect::<Vec<_>>(), expected, "{more}");
    }
}

fn accepted(id: &str) -> Outcome {
    Outcome::Accepted(Receipt(Some(id.to_owned())))
}

fn changed(change: impl FnOnce(&mut Mail)) -> Letter {
    let Letter::Email(mut mail) = mail("zhou@example.org") else { unreachable!() };
    change(&mut mail);
    assert_eq!(mail.to, Private::new("zhou@example.org".to_owned()));
    Letter::Email(mail)
}

/// What must be so whatever the words are.
fn assert_whole(got: &Value) {
    assert_eq!(got["defects"], json!([]));
    assert_eq!(got["is_ascii"], true);
    assert_eq!(got["bare_line_ends"], 0);
    assert!(got["longest"].as_u64().unwrap() <= 76, "{}", got["longest"]);
    assert!(got["longest_head"].as_u64().unwrap() <= 76, "{}", got["longest_head"]);
}

/// The channel is shared by what sends, wherever that runs.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Channel>();
};
