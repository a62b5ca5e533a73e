//! CMPP against a gateway that stops, lies and repeats itself at every step.

use std::{sync::Arc, time::Duration};

use duban::{
    channel::{Channel, Fate, Letter, Sms, cmpp::Cmpp},
    notice::{Outcome, Refusal},
};

use crate::peers::{
    cmpp::{Asked, CmppPeer, Step, Three, Two, V, What, answered, connected, deliver, id, pdu, report, taken},
    cmpp_channel, now, opened, sms, sms_saying,
};

/// 134 units: two parts.
fn long() -> String {
    format!("【甲】{}", "督办😀".repeat(34))
}

fn version(v: V) -> &'static str {
    match v {
        Two => "version = \"2.0\"\n",
        Three => "version = \"3.0\"\n",
    }
}

fn cmpp(channel: &Channel) -> &Cmpp {
    match channel {
        Channel::Cmpp(cmpp) => cmpp,
        other => panic!("{other:?}"),
    }
}

/// What one SMS comes to.
async fn sent(peer: &CmppPeer, text: &str) -> Outcome {
    cmpp_channel(peer.port, "").send(&sms_saying(text), now()).await
}

fn code(outcome: &Outcome) -> String {
    let why = match outcome {
        Outcome::Accepted(receipt) => return format!("accepted {}", receipt.0.clone().unwrap_or_default()),
        Outcome::NotSent { why, .. } | Outcome::Throttled { why, .. } | Outcome::ChannelDown { why, .. } => why,
        Outcome::Refused(Refusal::Recipient(why) | Refusal::Content(why)) | Outcome::Unknown(why) => why,
    };
    format!("{} {}", outcome.class(), why.code)
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

#[tokio::test]
async fn an_sms_arrives_as_the_tables_have_it_in_both_versions() {
    for v in [Two, Three] {
        let peer = CmppPeer::well().await;
        let channel = cmpp_channel(peer.port, version(v));
        let outcome = channel.send(&sms(), now()).await;
        assert_eq!(code(&outcome), format!("accepted {}", id(1)));
        channel.close().await;
        peer.seen(|seen| {
            assert_eq!((seen.connections, seen.goodbyes, seen.submits.len()), (1, 1, 1), "{seen:?}");
            let submit = &seen.submits[0];
            assert_eq!(utf16(&submit.content), "【甲】工单\"1\"已逾期&请办理");
            assert_eq!((submit.total, submit.number, submit.has_header), (1, 1, 0));
            assert_eq!((submit.wants_report, submit.format), (1, 8));
            assert_eq!(submit.dest, b"13800012345");
            assert_eq!(submit.access, b"106573001234");
            assert_eq!((&submit.service[..], &submit.source[..]), (&b"ZWFW"[..], &b"901234"[..]));
            // The log-in was at 09:00:00 in Beijing, which is 0915090000.
            assert_eq!(seen.connects[0][35..39], 915_090_000_u32.to_be_bytes());
        });
    }
}

#[tokio::test]
async fn what_the_contract_says_of_number_signature_and_reports_is_kept() {
    let peer = CmppPeer::well().await;
    let settings = "number_prefix = \"86\"\nsignature = \"end\"\nreports = false\nmsg_src = \"777777\"\n";
    cmpp_channel(peer.port, settings).send(&sms(), now()).await;
    cmpp_channel(peer.port, "signature = \"gateway\"\n").send(&sms(), now()).await;
    peer.seen(|seen| {
        assert_eq!(seen.submits[0].dest, b"8613800012345");
        assert_eq!(utf16(&seen.submits[0].content), "工单\"1\"已逾期&请办理【甲】");
        assert_eq!((seen.submits[0].wants_report, &seen.submits[0].source[..]), (0, &b"777777"[..]));
        assert_eq!(utf16(&seen.submits[1].content), "工单\"1\"已逾期&请办理");
    });
}

#[tokio::test]
async fn the_parts_of_a_long_text_are_one_outcome_with_all_their_ids() {
    for v in [Two, Three] {
        let peer = CmppPeer::well().await;
        let channel = cmpp_channel(peer.port, version(v));
        let outcome = channel.send(&sms_saying(&long()), now()).await;
        assert_eq!(code(&outcome), format!("accepted {},{},{}", id(1), id(2), id(3)));
        channel.send(&sms_saying(&long()), now()).await;
        peer.seen(|seen| {
            let (one, other) = seen.submits.split_at(3);
            let reference = one[0].content[3];
            for (n, part) in (1..).zip(one) {
                assert_eq!((part.total, part.number, part.has_header), (3, n, 1));
                assert_eq!(part.content[..6], [5, 0, 3, reference, 3, n]);
                assert!(part.content.len() <= 140);
            }
            let text: String = one.iter().map(|part| utf16(&part.content[6..])).collect();
            assert_eq!(text, long());
            assert_ne!(other[0].content[3], reference, "another text has another reference");
        });
    }
}

/// A gateway that does something, what comes of one SMS, and how many messages it had.
struct Row {
    name: &'static str,
    at: What,
    steps: fn(&Asked) -> Vec<Step>,
    expected: &'static str,
    submits: usize,
}

fn row(name: &'static str, at: What, steps: fn(&Asked) -> Vec<Step>, expected: &'static str, submits: usize) -> Row {
    Row { name, at, steps, expected, submits }
}

#[tokio::test]
async fn before_the_message_is_written_nothing_is_sent_and_after_it_the_outcome_is_unknown() {
    use Step::{Close, Say, SaySlowly, Stall};
    use What::{Accept, Connect, Submit};
    let rows = [
        row("closes at once", Accept, |_| vec![Close], "not-sent cmpp-lost", 0),
        row("says nothing", Accept, |_| vec![Stall], "not-sent cmpp-timeout-login", 0),
        row("is a web server", Accept, |_| vec![Say(b"HTTP/1.1 400 Bad\r\n\r\n".to_vec())], "not-sent cmpp-garbled", 0),
        row("a length of 0", Accept, |_| vec![Say(vec![0; 12])], "not-sent cmpp-garbled", 0),
        row("a length of 4 GB", Accept, |_| vec![Say(vec![255; 12])], "not-sent cmpp-garbled", 0),
        row("closes at the log-in", Connect, |_| vec![Close], "not-sent cmpp-lost", 0),
        row("stalls at the log-in", Connect, |_| vec![Stall], "not-sent cmpp-timeout-login", 0),
        row("half a log-in", Connect, |a| vec![Say(connected(a, 0)[..20].to_vec()), Close], "not-sent cmpp-lost", 0),
        row("half, no more", Connect, |a| vec![Say(connected(a, 0)[..20].to_vec())], "not-sent cmpp-timeout-login", 0),
        row(
            "a log-in cut short",
            Connect,
            |a| vec![Say(pdu(0x8000_0001, a.sequence, &[0; 5]))],
            "not-sent cmpp-garbled",
            0,
        ),
        row("structure", Connect, |a| vec![Say(connected(a, 1))], "channel-down cmpp-connect-1", 0),
        row("address", Connect, |a| vec![Say(connected(a, 2))], "channel-down cmpp-connect-2", 0),
        row("secret", Connect, |a| vec![Say(connected(a, 3))], "channel-down cmpp-connect-3", 0),
        row("version", Connect, |a| vec![Say(connected(a, 4))], "channel-down cmpp-connect-4", 0),
        row("connections", Connect, |a| vec![Say(connected(a, 5)), Close], "not-sent cmpp-connect-5", 0),
        row(
            "speaks 2.0",
            Connect,
            |a| vec![Say(connected(&Asked { v: Two, ..*a }, 0))],
            "channel-down cmpp-version",
            0,
        ),
        row("closes behind the log-in", Connect, |a| vec![Say(connected(a, 0)), Close], "", 9),
        row("closes", Submit, |_| vec![Close], "unknown cmpp-lost-after-submit", 1),
        row("stalls", Submit, |_| vec![Stall], "unknown cmpp-timeout-after-submit", 1),
        row("half", Submit, |a| vec![Say(taken(a)[..14].to_vec()), Close], "unknown cmpp-lost-after-submit", 1),
        row("half, no more", Submit, |a| vec![Say(taken(a)[..14].to_vec())], "unknown cmpp-timeout-after-submit", 1),
        row("garbage", Submit, |_| vec![Say(b"\xc4\xe3\xba\xc3".repeat(9))], "unknown cmpp-lost-after-submit", 1),
        row(
            "a wrong length",
            Submit,
            |a| vec![Say(pdu(0x8000_0004, a.sequence, &[0; 10]))],
            "unknown cmpp-garbled-after-submit",
            1,
        ),
        row(
            "a wrong sequence",
            Submit,
            |a| vec![Say(answered(a, a.sequence + 1, 0))],
            "unknown cmpp-timeout-after-submit",
            1,
        ),
        row(
            "a wrong answer",
            Submit,
            |a| vec![Say(pdu(0x8000_0008, a.sequence, &[0]))],
            "unknown cmpp-timeout-after-submit",
            1,
        ),
        row("a goodbye", Submit, |_| vec![Say(pdu(2, 9, &[])), Close], "unknown cmpp-lost-after-submit", 1),
        row("an echo", Submit, |a| vec![Say(pdu(4, a.sequence, &[0; 60]))], "unknown cmpp-timeout-after-submit", 1),
        row("twice", Submit, |a| vec![Say([taken(a), taken(a)].concat())], "accepted 10422491447457021953", 1),
        row(
            "no, then yes",
            Submit,
            |a| vec![Say([answered(a, a.sequence, 13), taken(a)].concat())],
            "refused cmpp-submit-13",
            1,
        ),
        row(
            "another's first",
            Submit,
            |a| vec![Say([answered(a, 77, 13), taken(a)].concat())],
            "accepted 10422491447457021953",
            1,
        ),
        row("byte by byte", Submit, |a| vec![SaySlowly(taken(a))], "accepted 10422491447457021953", 1),
        row("2.0's form", Submit, |a| vec![Say(taken(&Asked { v: Two, ..*a }))], "accepted 10422491447457021953", 1),
        row(
            "something new first",
            Submit,
            |a| vec![Say([pdu(0x99, 1, &[1; 40]), taken(a)].concat())],
            "accepted 10422491447457021953",
            1,
        ),
    ];
    for Row { name, at, steps, expected, submits } in rows {
        let peer = CmppPeer::doing_at(at, steps).await;
        let outcome = sent(&peer, "【甲】您好").await;
        if name == "closes behind the log-in" {
            // Either side may be first; what matters is that nothing was handed over,
            // or that it is not called so.
            let handed = peer.seen(|seen| seen.submits.len());
            let may_be = if handed == 0 { ["not-sent", "unknown"] } else { ["unknown"; 2] };
            assert!(may_be.contains(&outcome.class()), "{outcome:?}");
            continue;
        }
        assert_eq!(
            (code(&outcome).as_str(), peer.seen(|seen| seen.submits.len())),
            (expected, submits),
            "{name}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn half_a_text_is_neither_sent_nor_sent_again() {
    let second = |steps: fn(&Asked) -> Vec<Step>| {
        CmppPeer::scripted(move |asked| (asked.what == What::Submit && asked.nth == 2).then(|| steps(asked)))
    };
    for (steps, word) in [
        ((|_| vec![Step::Close]) as fn(&Asked) -> Vec<Step>, "cmpp-lost-after-submit"),
        (|_| vec![Step::Stall], "cmpp-timeout-after-submit"),
        (|asked| vec![Step::Say(answered(asked, asked.sequence, 13))], "cmpp-submit-13"),
    ] {
        let peer = second(steps).await;
        let outcome = sent(&peer, &long()).await;
        assert_eq!((code(&outcome).as_str(), peer.seen(|seen| seen.submits.len())), ("unknown cmpp-partly", 2));
        assert!(format!("{outcome:?}").contains(&format!("1 of 3 parts were taken, then {word}")), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_full_gateway_is_left_alone_and_a_part_behind_the_first_waits_for_it() {
    let full = |nth| {
        move |asked: &Asked| {
            let steps = || vec![Step::Say(answered(asked, asked.sequence, 8))];
            (asked.what == What::Submit && asked.nth == nth).then(steps)
        }
    };
    let peer = CmppPeer::scripted(full(1)).await;
    match sent(&peer, &long()).await {
        Outcome::Throttled { until, why } => {
            assert_eq!((until, why.code.as_str()), (now() + chrono::TimeDelta::seconds(1), "cmpp-submit-8"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(peer.seen(|seen| seen.submits.len()), 1);
    let peer = CmppPeer::scripted(full(2)).await;
    let begun = std::time::Instant::now();
    let outcome = sent(&peer, &long()).await;
    assert_eq!(code(&outcome), format!("accepted {},{},{}", id(1), id(3), id(4)));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let numbers: Vec<u8> = peer.seen(|seen| seen.submits.iter().map(|submit| submit.number).collect());
    assert_eq!(numbers, [1, 2, 2, 3], "only what was refused is sent again");
}

#[tokio::test]
async fn a_refused_log_in_is_not_tried_again_at_once() {
    for (status, class) in [(3, "channel-down"), (5, "not-sent")] {
        let peer = CmppPeer::doing_at(What::Connect, move |asked| vec![Step::Say(connected(asked, status))]).await;
        let channel = cmpp_channel(peer.port, "");
        for _ in 0..5 {
            let outcome = channel.send(&sms(), now()).await;
            assert_eq!(outcome.class(), class);
            let (Outcome::ChannelDown { until, .. } | Outcome::NotSent { not_before: Some(until), .. }) = outcome
            else {
                panic!("{outcome:?}")
            };
            assert!(until > now() + chrono::TimeDelta::seconds(25), "{until}");
        }
        assert_eq!(peer.seen(|seen| seen.connections), 1);
    }
}

#[tokio::test]
async fn a_row_of_the_settings_says_what_a_vendors_code_means() {
    let peer = CmppPeer::doing_at(What::Submit, |asked| vec![Step::Say(answered(asked, asked.sequence, 150))]).await;
    let rows = "answers = [{ to = \"submit\", code = [\"100-199\"], class = \"bad-recipient\" }]\n";
    let outcome = cmpp_channel(peer.port, rows).send(&sms(), now()).await;
    assert!(matches!(outcome, Outcome::Refused(Refusal::Recipient(_))), "{outcome:?}");
    assert_eq!(code(&sent(&peer, "【甲】您好").await), "not-sent cmpp-submit-150");
}

#[tokio::test]
async fn a_connection_that_has_gone_meanwhile_is_replaced_unnoticed() {
    for goodbye in [vec![Step::Close], vec![Step::Say(pdu(2, 1, &[])), Step::Close]] {
        let peer = CmppPeer::scripted(move |asked| {
            let last = [vec![Step::Say(taken(asked))], goodbye.clone()].concat();
            (asked.what == What::Submit && asked.connection == 1).then_some(last)
        })
        .await;
        let channel = cmpp_channel(peer.port, "");
        assert_eq!(channel.send(&sms(), now()).await.class(), "accepted");
        // The end of the connection must have come through.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(channel.send(&sms(), now()).await.class(), "accepted");
        assert_eq!(channel.send(&sms(), now()).await.class(), "accepted");
        let connections: Vec<usize> = peer.seen(|seen| seen.submits.iter().map(|submit| submit.connection).collect());
        assert_eq!(connections, [1, 2, 2], "each once");
    }
}

#[tokio::test]
async fn no_more_messages_wait_for_an_answer_than_the_window_holds() {
    let peer =
        CmppPeer::doing_at(What::Submit, |asked| vec![Step::Wait(Duration::from_millis(5)), Step::Say(taken(asked))])
            .await;
    let channel = cmpp_channel(peer.port, "window = 4\n");
    assert_eq!(channel.limits().at_once, 4);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let channel = channel.clone();
        calls.spawn(async move { channel.send(&sms(), now()).await });
    }
    let mut ids: Vec<String> = calls.join_all().await.iter().map(code).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 40, "each has an id of its own: {ids:?}");
    assert!(ids.iter().all(|id| id.starts_with("accepted ")), "{ids:?}");
    peer.seen(|seen| assert_eq!((seen.submits.len(), seen.connections, seen.most_waiting), (40, 1, 4)));
}

#[tokio::test]
async fn no_more_messages_leave_in_a_second_than_the_contract_says() {
    let peer = CmppPeer::well().await;
    let channel = cmpp_channel(peer.port, "per_second = 20\n");
    let begun = std::time::Instant::now();
    for _ in 0..7 {
        assert_eq!(channel.send(&sms(), now()).await.class(), "accepted");
    }
    assert!(begun.elapsed() >= Duration::from_millis(6 * 50), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_call_that_is_broken_off_before_its_turn_is_never_written() {
    let peer = CmppPeer::well().await;
    let limits = "per_second = 1\nconnect_ms = 200\nlogin_ms = 200\nanswer_ms = 400\ncall_ms = 500\n";
    let channel = cmpp_channel(peer.port, limits);
    assert_eq!(channel.send(&sms(), now()).await.class(), "accepted");
    // The next may leave after a second: one call is dropped, the other's time ends long before.
    let dropped = tokio::time::timeout(Duration::from_millis(100), channel.send(&sms(), now())).await;
    assert!(dropped.is_err());
    assert_eq!(code(&channel.send(&sms(), now()).await), "not-sent cmpp-no-room");
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let last = channel.send(&sms_saying("【甲】最后"), now()).await;
    assert_eq!(last.class(), "accepted", "{last:?}");
    assert_eq!(peer.seen(|seen| seen.submits.len()), 2);
}

/// What was answered to the reports, by sequence.
fn answered_reports(peer: &CmppPeer) -> Vec<u32> {
    peer.seen(|seen| seen.answers.iter().filter(|answer| answer.0 == 0x8000_0005).map(|answer| answer.1).collect())
}

#[tokio::test]
async fn reports_are_handed_out_in_their_order_and_answered_when_they_are_kept() {
    for v in [Two, Three] {
        let peer = CmppPeer::well().await;
        let channel = cmpp_channel(peer.port, version(v));
        let outcome = channel.send(&sms_saying(&long()), now()).await;
        let Outcome::Accepted(receipt) = outcome else { panic!("{outcome:?}") };
        let ids = receipt.0.unwrap();
        // The last part first, and one twice.
        for (sequence, (of, stat)) in
            (100..).zip([(id(3), "DELIVRD"), (id(1), "ACCEPTD"), (id(2), "MK:0001"), (id(3), "DELIVRD")])
        {
            peer.say(report(v, sequence, of, stat));
        }
        let mut told = Vec::new();
        for _ in 0..4 {
            let reported = cmpp(&channel).report(now()).await;
            assert!(ids.split(',').any(|id| id == reported.report.id), "{reported:?}");
            assert_eq!(reported.report.at, "2026-09-01T01:03:00Z".parse().ok());
            told.push((reported.report.fate, reported.report.code.clone()));
            if told.len() != 2 {
                reported.kept();
            }
        }
        let word = |fate, code: &str| (fate, code.to_owned());
        let expected = [
            word(Fate::Delivered, "DELIVRD"),
            word(Fate::Underway, "ACCEPTD"),
            word(Fate::Failed, "MK:0001"),
            word(Fate::Delivered, "DELIVRD"),
        ];
        assert_eq!(told, expected);
        // The answers leave when somebody moves the connection.
        channel.send(&sms(), now()).await;
        peer.until("three answers", |seen| seen.answers.len() >= 3).await;
        assert_eq!(answered_reports(&peer), [100, 102, 103], "what was not kept is not answered");
        let body = peer.seen(|seen| seen.answers[0].2.clone());
        assert_eq!((body.len(), &body[..8]), (if v == Two { 9 } else { 12 }, &7_000_100_u64.to_be_bytes()[..]));
    }
}

#[tokio::test]
async fn a_report_that_comes_before_the_answer_waits_for_whoever_fetches_it() {
    let peer = CmppPeer::doing_at(What::Submit, |asked| {
        vec![Step::Say([report(asked.v, 50, id(asked.nth), "DELIVRD"), taken(asked)].concat())]
    })
    .await;
    // A call alone, as of `send-test`, takes no report from the daemon.
    let alone = cmpp_channel(peer.port, "");
    assert_eq!(alone.send(&sms(), now()).await.class(), "accepted");
    alone.close().await;
    assert!(answered_reports(&peer).is_empty());
    let channel = cmpp_channel(peer.port, "");
    let fetching = async {
        let reported = cmpp(&channel).report(now()).await;
        let report = reported.report.clone();
        reported.kept();
        report
    };
    let sending = async {
        // Whoever fetches was there first.
        tokio::task::yield_now().await;
        channel.send(&sms(), now()).await
    };
    let (report, outcome) = tokio::join!(fetching, sending);
    assert_eq!(code(&outcome), format!("accepted {}", report.id));
}

#[tokio::test]
async fn a_report_in_no_known_form_is_kept_raw_and_what_users_write_is_answered_and_dropped() {
    let peer = CmppPeer::well().await;
    let channel = cmpp_channel(peer.port, "");
    channel.send(&sms(), now()).await;
    peer.say(deliver(Three, 60, 0, "退订".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>().as_slice()));
    peer.say(deliver(Three, 61, 1, b"id:1 stat:FAILED"));
    // Without end within: the length of the content lies.
    let mut lying = deliver(Three, 62, 1, b"");
    lying[12 + 76] = 255;
    peer.say(lying);
    peer.say(report(Two, 63, id(1), "DELIVRD"));
    peer.say(report(Three, 64, id(1), "EXPIRED"));
    let reported = cmpp(&channel).report(now()).await;
    assert_eq!((reported.report.fate, reported.report.id.as_str()), (Fate::Unreadable, ""));
    assert_eq!(reported.report.code, hex::encode("id:1 stat:FAILED"));
    reported.kept();
    let reported = cmpp(&channel).report(now()).await;
    assert_eq!((reported.report.fate, reported.report.code.as_str()), (Fate::Failed, "EXPIRED"));
    channel.send(&sms(), now()).await;
    peer.until("two answers", |seen| seen.answers.len() >= 2).await;
    assert_eq!(answered_reports(&peer), [60, 61]);
}

#[tokio::test]
async fn whoever_waits_for_reports_keeps_the_connection_up() {
    // The second connection comes by itself when the first has gone.
    let peer = CmppPeer::scripted(|asked| {
        let test = || [connected(asked, 0), pdu(8, 500, &[])].concat();
        match (asked.what, asked.connection) {
            (What::Connect, _) => Some(vec![Step::Say(test())]),
            (What::Answer, 1) => Some(vec![Step::Say(pdu(2, 501, &[])), Step::Close]),
            (What::Answer, _) => Some(vec![Step::Say(report(Three, 502, id(1), "DELIVRD"))]),
            _ => None,
        }
    })
    .await;
    let channel = cmpp_channel(peer.port, "");
    let reported = tokio::time::timeout(Duration::from_secs(10), cmpp(&channel).report(now())).await.unwrap();
    assert_eq!(reported.report.fate, Fate::Delivered);
    peer.seen(|seen| {
        assert_eq!(seen.connections, 2);
        assert!(seen.answers.iter().any(|answer| answer.0 == 0x8000_0008 && answer.1 == 500), "{seen:?}");
    });
}

#[tokio::test]
async fn a_log_in_proves_the_secret_without_telling_it() {
    let peer = CmppPeer::well().await;
    let channel = cmpp_channel(peer.port, "");
    assert!(channel.probe(now()).await.is_ok());
    peer.seen(|seen| {
        assert_eq!((seen.connects.len(), seen.submits.len(), seen.goodbyes), (1, 0, 1));
        let secret = crate::peers::SECRET.as_bytes();
        assert!(!seen.connects[0].windows(secret.len()).any(|bytes| bytes == secret));
    });
    let Letter::Sms(letter) = sms() else { panic!() };
    let landline = Sms { to: duban::ticket::Private::new("021-59720000".to_owned()), ..letter };
    let outcome = channel.send(&Letter::Sms(landline), now()).await;
    assert!(matches!(outcome, Outcome::Refused(Refusal::Recipient(_))));
}

#[test]
fn settings_that_cannot_be_right_are_all_named() {
    let settings = "[cmpp.peer]\nhost = \"gateway:7890\"\nversion = \"2.0\"\nsp_id = \"1\"\nsecret = { file = \"s\" }\n\
                    service_id = \"\"\nsrc_id = \"1065730012341065730012\"\nmsg_level = 10\nfee_user_type = 3\n\
                    number_prefix = \"+86\"\nwindow = 0\ncall_ms = 100\n\
                    answers = [{ to = \"submit\", class = \"accepted\" }]\n";
    let faults = opened(settings).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    for field in [
        "host",
        "sp_id",
        "service_id",
        "src_id",
        "msg_level",
        "fee_user_type",
        "number_prefix",
        "window",
        "call_ms",
        "answers",
    ] {
        assert!(told.iter().any(|fault| fault.contains(&format!("`peer`, {field}: "))), "{field}: {told:#?}");
    }
    let far = "[cmpp.peer]\nhost = \"cmpp.example.org\"\nversion = \"2.0\"\nsp_id = \"901234\"\nsecret = { file = \"s\" }\n\
               service_id = \"Z\"\nsrc_id = \"1\"\n";
    assert!(crate::peers::warnings(far).iter().any(|warning| warning.what.contains("no encryption")));
    assert!(crate::peers::warnings(&far.replace("cmpp.example.org", "10.1.2.3")).is_empty());
    let channel: Arc<Channel> = opened(far).unwrap();
    assert_eq!(channel.limits().call, Duration::from_secs(20));
}
