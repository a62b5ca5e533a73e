//! What every channel with a wire promises, whatever speaks at the other end: the
//! same situation has the same outcome, and a letter is handed over once at most.

use std::sync::Arc;

use duban::{
    channel::{Channel, Class, Letter, memory::Memory},
    notice::{Medium, Outcome, Refusal},
};
use tokio::{net::TcpListener, task::JoinSet};

use crate::peers::{
    SECRET,
    cmpp::{self, CmppPeer, Step, What},
    cmpp_channel,
    gateway::{self, GatewayPeer},
    mail, mail_channel, now,
    providers::{WIRES, Wire},
    sms,
    smtp::{self, At, SmtpPeer},
    tls::Certificates,
};

/// What a provider does with a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Situation {
    TakesIt,
    IsNotThere,
    ClosesBefore,
    StallsBefore,
    IsNotTrusted,
    IsFull,
    KnowsNoSuchRecipient,
    RefusesTheText,
    RefusesUs,
    SaysLater,
    TakesItAndCloses,
    TakesItAndSaysNothing,
    TakesItAndSaysGarbage,
    TakesItAndSaysHalf,
    SaysGbk,
    SaysTenMegabytes,
    SendsUsElsewhere,
    FailsWith500,
}

use Situation::*;

/// The table: each situation, its outcome, and whether the provider had the
/// whole letter.
const TABLE: [(Situation, &str, usize); 18] = [
    (TakesIt, "accepted", 1),
    (IsNotThere, "not-sent", 0),
    (ClosesBefore, "not-sent", 0),
    (StallsBefore, "not-sent", 0),
    (IsNotTrusted, "channel-down", 0),
    (IsFull, "throttled", 1),
    (KnowsNoSuchRecipient, "refused recipient", 1),
    (RefusesTheText, "refused content", 1),
    (RefusesUs, "channel-down", 1),
    (SaysLater, "not-sent", 1),
    (TakesItAndCloses, "unknown", 1),
    (TakesItAndSaysNothing, "unknown", 1),
    (TakesItAndSaysGarbage, "unknown", 1),
    (TakesItAndSaysHalf, "unknown", 1),
    (SaysGbk, "unknown", 1),
    (SaysTenMegabytes, "unknown", 1),
    (SendsUsElsewhere, "channel-down", 1),
    (FailsWith500, "unknown", 1),
];

/// Every wire in one situation; a provider that has no answer for it is left out.
async fn stages(situation: Situation, certificates: &Certificates) -> Vec<(&'static str, Stage)> {
    let mut stages = vec![("mail", mail_stage(situation, certificates).await), ("cmpp", cmpp_stage(situation).await)];
    for wire in &WIRES {
        stages.extend(wire_stage(wire, situation, certificates).await.map(|stage| (wire.kind, stage)));
    }
    stages
}

/// A provider in a situation, and a channel to it.
struct Stage {
    channel: Arc<Channel>,
    letter: Letter,
    /// Whole letters that the provider has.
    taken: Box<dyn Fn() -> usize>,
    /// What must go on until the outcome is there.
    _held: JoinSet<()>,
}

impl Stage {
    fn new(channel: Arc<Channel>, letter: Letter, taken: impl Fn() -> usize + 'static) -> Self {
        Self { channel, letter, taken: Box::new(taken), _held: JoinSet::new() }
    }
}

#[tokio::test]
async fn the_same_situation_has_the_same_outcome_on_every_wire() {
    let certificates = Certificates::made();
    for (situation, expected, taken) in TABLE {
        for (kind, stage) in stages(situation, &certificates).await {
            let outcome = stage.channel.send(&stage.letter, now()).await;
            let name = format!("{situation:?} by {kind}: {outcome:?}");
            assert_eq!(shown(&outcome), expected, "{name}");
            // A mail can be refused before its text, a request only after it.
            let times = (stage.taken)();
            let may_have_it = matches!(expected, "accepted" | "unknown");
            assert!(times == taken || !may_have_it && times < taken, "{name}: handed over {times} times");
            let told = format!("{outcome:?}");
            for hidden in [SECRET, "13800012345", "zhou@example.org"] {
                assert!(!told.contains(hidden), "{name} tells {hidden}");
            }
        }
    }
}

#[tokio::test]
async fn a_wait_is_counted_from_the_attempt() {
    let certificates = Certificates::made();
    for (_, stage) in stages(IsFull, &certificates).await {
        match stage.channel.send(&stage.letter, now()).await {
            Outcome::Throttled { until, .. } => assert!(until > now() && until < now() + chrono::TimeDelta::hours(1)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_letter_of_another_medium_is_refused_before_any_connection() {
    let certificates = Certificates::made();
    let stages = stages(TakesIt, &certificates).await;
    for (kind, stage) in &stages {
        for (_, other) in stages.iter().filter(|(_, other)| other.letter.medium() != stage.letter.medium()) {
            assert_eq!(shown(&stage.channel.send(&other.letter, now()).await), "refused content", "{kind}");
        }
        assert_eq!((stage.taken)(), 0, "{kind}");
    }
}

#[tokio::test]
async fn a_probe_tells_who_is_there_and_sends_nothing() {
    let certificates = Certificates::made();
    for (situation, is_there) in [(TakesIt, true), (IsNotThere, false)] {
        for (_, stage) in stages(situation, &certificates).await {
            let found = stage.channel.probe(now()).await;
            assert_eq!(found.is_ok(), is_there, "{situation:?}: {found:?}");
            assert_eq!((stage.taken)(), 0);
        }
    }
    // A gateway over HTTP says who it refuses only when it is asked for something.
    for wrong in [mail_stage(RefusesUs, &certificates).await, cmpp_stage(IsNotTrusted).await] {
        assert_eq!(wrong.channel.probe(now()).await.unwrap_err().class(), "channel-down");
    }
}

#[tokio::test]
async fn a_channel_in_memory_answers_as_told_and_keeps_every_letter() {
    let (from, to) = (now(), now() + chrono::TimeDelta::minutes(10));
    for class in Class::ALL {
        let memory = Arc::new(Memory::new("sms", Medium::Sms).answering(class, from, to));
        let channel = Channel::Memory(memory.clone());
        let outcome = channel.send(&sms(), from).await;
        let expected = if class.id().starts_with("bad-") { "refused" } else { class.id() };
        assert_eq!(outcome.class(), expected);
        assert_eq!(channel.send(&sms(), to).await.class(), "accepted", "the end of the span is not in it");
        let sent = memory.sent();
        assert_eq!((sent.len(), &sent[0].outcome, sent[1].at), (2, &outcome, to));
    }
}

fn shown(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Refused(Refusal::Recipient(_)) => "refused recipient",
        Outcome::Refused(Refusal::Content(_)) => "refused content",
        other => other.class(),
    }
}

async fn mail_stage(situation: Situation, certificates: &Certificates) -> Stage {
    let account = "user = \"duban@example.org\"\npassword = { file = \"p\" }\n";
    let (place, what) = match situation {
        TakesIt => (At::Dot, smtp::Do::Well),
        IsNotThere => return absent(|port| mail_channel(port, ""), mail("zhou@example.org")).await,
        IsNotTrusted => {
            let peer = SmtpPeer::doing_under_tls(certificates.acceptor(), |_, _| smtp::Do::Well).await;
            return smtp_stage(peer, "tls = \"implicit\"\n");
        }
        ClosesBefore => (At::Data, smtp::Do::Close),
        StallsBefore => (At::Data, smtp::Do::Stall),
        IsFull => (At::Rcpt, smtp::Do::say("450 MI:DMC too many")),
        KnowsNoSuchRecipient => (At::Rcpt, smtp::Do::say("550 5.1.1 <zhou@example.org>: no such user 13800012345")),
        RefusesTheText => (At::Dot, smtp::Do::say("554 DT:SPM")),
        RefusesUs => {
            let refused = smtp::Do::say(&format!("535 5.7.8 wrong password {SECRET}"));
            return smtp_stage(SmtpPeer::doing_at(At::Auth, refused).await, account);
        }
        SaysLater => (At::Dot, smtp::Do::say("451 4.3.0 later")),
        TakesItAndCloses => (At::Dot, smtp::Do::Close),
        TakesItAndSaysNothing => (At::Dot, smtp::Do::Stall),
        TakesItAndSaysGarbage => (At::Dot, smtp::Do::say("<html>welcome</html>")),
        TakesItAndSaysHalf => (At::Dot, smtp::Do::SayAndClose(b"25".to_vec())),
        SaysGbk => (At::Dot, smtp::Do::Say([&encoding_rs::GBK.encode("您好").0[..], b"\r\n"].concat())),
        SaysTenMegabytes => (At::Dot, smtp::Do::Say(vec![b'2'; 10_000_000])),
        // A mail server that will have nothing of ours says so before the mail.
        SendsUsElsewhere => (At::Mail, smtp::Do::say("550 5.7.1 not here")),
        FailsWith500 => (At::Dot, smtp::Do::Close),
    };
    smtp_stage(SmtpPeer::doing_at(place, what).await, "")
}

fn smtp_stage(peer: SmtpPeer, more: &str) -> Stage {
    Stage::new(mail_channel(peer.port, more), mail("zhou@example.org"), move || peer.seen(|seen| seen.mails.len()))
}

/// `None`: the provider has no answer for such a situation.
async fn wire_stage(wire: &'static Wire, situation: Situation, certificates: &Certificates) -> Option<Stage> {
    use gateway::Do;
    let said = |answer: Option<(u16, &str)>| answer.map(|(status, body)| Do::json(status, body));
    let what = match situation {
        TakesIt => said(Some((200, wire.taken)))?,
        IsNotThere => {
            return Some(absent(|port| wire.channel(&format!("http://127.0.0.1:{port}")), wire.letter()).await);
        }
        // Before a request only the handshake can break.
        ClosesBefore | StallsBefore => return Some(silent_stage(wire, situation).await),
        IsNotTrusted => {
            let peer = GatewayPeer::doing_under_tls(certificates.acceptor(), Do::Stall).await;
            return Some(http_stage(wire, "https", peer));
        }
        IsFull => said(wire.full)?,
        KnowsNoSuchRecipient => said(wire.no_recipient)?,
        RefusesTheText => said(wire.bad_text)?,
        RefusesUs => said(wire.refuses_us)?,
        SaysLater => said(wire.later)?,
        TakesItAndCloses => Do::Close,
        TakesItAndSaysNothing => Do::Stall,
        TakesItAndSaysGarbage => Do::text(200, "<html>welcome</html>"),
        TakesItAndSaysHalf => {
            let half = &wire.taken[..wire.taken.len() / 2];
            Do::Raw(format!("HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n{half}", wire.taken.len()).into_bytes())
        }
        SaysGbk => {
            let gbk = encoding_rs::GBK.encode("您好，系统繁忙").0;
            Do::Raw([&b"HTTP/1.1 200 x\r\ncontent-length: 14\r\n\r\n"[..], &gbk].concat())
        }
        SaysTenMegabytes => Do::Flood,
        SendsUsElsewhere => Do::Answer(302, "location: http://127.0.0.1:1/\r\n", Vec::new()),
        FailsWith500 => Do::text(500, "failure"),
    };
    Some(http_stage(wire, "http", GatewayPeer::doing(what).await))
}

async fn cmpp_stage(situation: Situation) -> Stage {
    let submit =
        |result: u32| move |asked: &cmpp::Asked| vec![Step::Say(cmpp::answered(asked, asked.sequence, result))];
    let peer = match situation {
        TakesIt => CmppPeer::well().await,
        IsNotThere => return absent(|port| cmpp_channel(port, ""), sms()).await,
        ClosesBefore => CmppPeer::doing_at(What::Accept, |_| vec![Step::Close]).await,
        StallsBefore => CmppPeer::doing_at(What::Connect, |_| vec![Step::Stall]).await,
        // There is no TLS; the log-in takes its place, in which we are not trusted.
        IsNotTrusted => CmppPeer::doing_at(What::Connect, |asked| vec![Step::Say(cmpp::connected(asked, 3))]).await,
        IsFull => CmppPeer::doing_at(What::Submit, submit(8)).await,
        KnowsNoSuchRecipient => CmppPeer::doing_at(What::Submit, submit(13)).await,
        RefusesTheText => CmppPeer::doing_at(What::Submit, submit(6)).await,
        RefusesUs => CmppPeer::doing_at(What::Submit, submit(10)).await,
        SaysLater => CmppPeer::doing_at(What::Submit, submit(3)).await,
        TakesItAndCloses => CmppPeer::doing_at(What::Submit, |_| vec![Step::Close]).await,
        TakesItAndSaysNothing => CmppPeer::doing_at(What::Submit, |_| vec![Step::Stall]).await,
        TakesItAndSaysGarbage => {
            CmppPeer::doing_at(What::Submit, |_| vec![Step::Say(b"<html>welcome</html>".to_vec())]).await
        }
        TakesItAndSaysHalf => {
            let half = |asked: &cmpp::Asked| vec![Step::Say(cmpp::taken(asked)[..15].to_vec()), Step::Close];
            CmppPeer::doing_at(What::Submit, half).await
        }
        SaysGbk => {
            let gbk = encoding_rs::GBK.encode("您好，系统繁忙，请稍后再试").0.into_owned();
            CmppPeer::doing_at(What::Submit, move |_| vec![Step::Say(gbk.clone())]).await
        }
        SaysTenMegabytes => CmppPeer::doing_at(What::Submit, |_| vec![Step::Say(vec![b' '; 10_000_000])]).await,
        SendsUsElsewhere => CmppPeer::doing_at(What::Connect, |asked| vec![Step::Say(cmpp::connected(asked, 2))]).await,
        FailsWith500 => CmppPeer::doing_at(What::Submit, |_| vec![Step::Close]).await,
    };
    Stage::new(cmpp_channel(peer.port, ""), sms(), move || peer.seen(|seen| seen.submits.len()))
}

fn http_stage(wire: &'static Wire, scheme: &str, peer: GatewayPeer) -> Stage {
    let channel = wire.channel(&format!("{scheme}://127.0.0.1:{}", peer.port));
    Stage::new(channel, wire.letter(), move || peer.asked().len())
}

/// A port where nobody listens any more.
async fn absent(channel: impl Fn(u16) -> Arc<Channel>, letter: Letter) -> Stage {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = channel(listener.local_addr().unwrap().port());
    Stage::new(channel, letter, || 0)
}

/// A listener that answers no handshake: it closes at once, or holds its tongue.
async fn silent_stage(wire: &'static Wire, situation: Situation) -> Stage {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut held = JoinSet::new();
    held.spawn(async move {
        let mut streams = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            if situation == StallsBefore {
                streams.push(stream);
            }
        }
    });
    let channel = wire.channel(&format!("https://127.0.0.1:{port}"));
    Stage { _held: held, ..Stage::new(channel, wire.letter(), || 0) }
}
