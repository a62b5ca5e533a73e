//! The daemon and servers that fail it: each message ends in the right state, told
//! as often as is allowed and to whom else it must be told.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use duban::outbox::{LegState, NoticeState, Outbox};
use tokio::task::{JoinSet, LocalSet};

use crate::{
    handed::{self, Handed, name_peers_with},
    peers::{
        gateway::{Do as Answer, GatewayPeer},
        smtp::{At, Do as Reply, SmtpPeer},
    },
    program::House,
    running::{Running, Time, is_over, ledger, notices},
    wanted::{CITIZEN_SMS, Case, MAIL, STAFF_SMS},
};

/// Servers that do something, and what must come of it.
struct Trial {
    name: &'static str,
    case: &'static Case,
    mail: Box<dyn Fn(usize, At) -> Reply + Send + Sync>,
    sms: Box<dyn Fn(usize) -> Answer + Send + Sync>,
    /// The outcome of each attempt.
    attempts: &'static [&'static str],
    /// How often the provider had it.
    handed_over: usize,
    ends: LegState,
    /// Who else was told.
    told: &'static [&'static str],
}

/// What the daemon says after each look.
const CYCLE: &str = "a cycle has ended";

const HANDLER: &str = "handler.cw@example.org";
const DESK: &str = "desk@example.org";
const DESK_PHONE: &str = "13800090019";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_sms_to_a_citizen_is_handed_over_once_whatever_the_gateway_does() {
    let trial = |name, sms: Answer, outcome: &'static [&'static str], ends| Trial {
        name,
        case: &CITIZEN_SMS,
        mail: well(),
        sms: Box::new(move |_| sms.clone()),
        attempts: outcome,
        handed_over: 1,
        ends,
        told: &[HANDLER, DESK],
    };
    all(vec![
        trial("500", Answer::text(500, "oops"), &["unknown"], LegState::Unknown),
        trial("502 with a body that says yes", Answer::json(502, r#"{"code":0}"#), &["unknown"], LegState::Unknown),
        trial("200 with an error in the body", Answer::json(200, r#"{"code":9}"#), &["refused"], LegState::Failed),
        trial("200 with nothing in it", Answer::text(200, ""), &["unknown"], LegState::Unknown),
        trial("half an answer", Answer::Raw(b"HTTP/1.1 200 x\r\ncontent-le".to_vec()), &["unknown"], LegState::Unknown),
        trial("no answer", Answer::Stall, &["unknown"], LegState::Unknown),
        trial("a closed connection", Answer::Close, &["unknown"], LegState::Unknown),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_sms_to_staff_is_repeated_once_after_an_unknown_outcome_and_goes_by_mail_when_refused() {
    let trial = |name, times, sms: Answer, attempts, ends| Trial {
        name,
        case: &STAFF_SMS,
        mail: well(),
        sms: Box::new(move |n| if n <= times { sms.clone() } else { Answer::json(200, r#"{"code":0}"#) }),
        attempts,
        handed_over: attempts.len(),
        ends,
        told: if ends == LegState::Failed { &[HANDLER] } else { &[] },
    };
    let always = usize::MAX;
    let (accepted, unknown) = (LegState::Accepted, LegState::Unknown);
    all(vec![
        trial("500 once", 1, Answer::text(500, "oops"), &["unknown", "accepted"], accepted),
        trial("500 always", always, Answer::text(500, "oops"), &["unknown", "unknown"], unknown),
        trial("200 with nothing in it", always, Answer::text(200, ""), &["unknown", "unknown"], unknown),
        trial("no answer once", 1, Answer::Stall, &["unknown", "accepted"], accepted),
        trial("an error in the body", always, Answer::json(200, r#"{"code":9}"#), &["refused"], LegState::Failed),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_mail_is_tried_again_under_its_one_name_and_goes_by_sms_when_refused() {
    let trial = |name, mail, attempts: &'static [&'static str], handed_over, ends| Trial {
        name,
        case: &MAIL,
        mail,
        sms: Box::new(|_| Answer::json(200, r#"{"code":0}"#)),
        attempts,
        handed_over,
        ends,
        told: if ends == LegState::Failed { &[DESK_PHONE] } else { &[] },
    };
    let (accepted, unknown) = (LegState::Accepted, LegState::Unknown);
    all(vec![
        trial("no such address", at(At::Rcpt, 9, Reply::say("550 5.1.1 no")), &["refused"], 0, LegState::Failed),
        trial("busy twice", at(At::Greeting, 2, Reply::Close), &["not-sent", "not-sent", "accepted"], 1, accepted),
        trial("451 once", at(At::Mail, 1, Reply::say("451 4.3.0 later")), &["not-sent", "accepted"], 1, accepted),
        trial("stalls before the text", at(At::Rcpt, 1, Reply::Stall), &["not-sent", "accepted"], 1, accepted),
        trial("dot and closes", at(At::Dot, 1, Reply::Close), &["unknown", "accepted"], 2, accepted),
        trial("dot and nothing", at(At::Dot, 9, Reply::Stall), &["unknown"; 4], 4, unknown),
    ])
    .await;
}

fn well() -> Box<dyn Fn(usize, At) -> Reply + Send + Sync> {
    Box::new(|_, _| Reply::Well)
}

/// Does it the first so many times at one place.
fn at(place: At, times: usize, what: Reply) -> Box<dyn Fn(usize, At) -> Reply + Send + Sync> {
    let left = AtomicUsize::new(times);
    Box::new(move |_, at| {
        let now =
            at == place && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if now { what.clone() } else { Reply::Well }
    })
}

async fn all(trials: Vec<Trial>) {
    let together = async {
        let mut running = JoinSet::new();
        for trial in trials {
            running.spawn_local(run(trial));
        }
        running.join_all().await
    };
    LocalSet::new().run_until(together).await;
}

async fn run(trial: Trial) {
    let mail = SmtpPeer::doing(trial.mail).await;
    let sms = GatewayPeer::scripted(trial.sms).await;
    let house = House::new();
    house.edit("duban.toml", "poll_s = 15", "poll_s = 1");
    let limits = "connect_ms = 300\ncall_ms = 900";
    let of_mail = format!("port = {}\nstep_ms = 300\nbody_ms = 300\n{limits}", mail.port);
    name_peers_with(&house, &of_mail, &format!("url = \"http://127.0.0.1:{}/send\"\n{limits}", sms.port));
    house.import_all([trial.case.ticket.to_owned()]);
    let time = Time::starting_at(trial.case.now);
    let mut daemon = Running::start_with(&house, &time, &["--log", "debug"], &[]);
    let outbox = ledger(&house).await;
    // Whatever waits for its time is given it.
    loop {
        let mut rest = Rest::No;
        let what = format!("{}: all had ended or waited", trial.name);
        daemon
            .until(&what, async || {
                rest = Rest::of(&outbox, &time).await;
                rest != Rest::No
            })
            .await;
        let Rest::Until(first) = rest else { break };
        time.forward(first - time.now() + TimeDelta::seconds(1));
    }
    // And once more, for what should not come.
    time.forward(TimeDelta::minutes(5));
    let cycles = daemon.said().matches(CYCLE).count();
    daemon.until_said(CYCLE, cycles + 2).await;
    daemon.until(&format!("{}: all was over", trial.name), async || is_over(&outbox).await).await;
    let said = daemon.stop().await;

    // That a channel is out is told by the other one; `outages` has its tests.
    let mut all = [handed::sms(&sms), handed::mails(&mail)].concat();
    all.retain(|one| !one.words.contains("通道"));
    let (ours, others): (Vec<Handed>, Vec<Handed>) = all.into_iter().partition(|one| one.to == trial.case.to);
    let listed = notices(&outbox).await;
    let notice = listed.iter().find(|one| one.notice.key.kind == trial.case.kind).unwrap();
    let leg = notice.legs.first().unwrap();
    let attempts: Vec<&str> = leg.attempts.iter().map(|attempt| attempt.outcome.as_deref().unwrap()).collect();
    let context = format!("{}: {ours:?} {leg:#?}\n{said}", trial.name);
    assert_eq!((attempts.as_slice(), leg.state), (trial.attempts, trial.ends), "{context}");
    assert_eq!(ours.len(), trial.handed_over, "{context}");
    assert!(ours.iter().skip(1).all(|again| again.id == ours[0].id && again.words.contains("重发")), "{context}");
    let told: Vec<&str> = others.iter().map(|one| one.to.as_str()).collect();
    assert_eq!(told, trial.told, "{context}");
    assert!(!said.contains("13800070"), "{context}");
}

/// Whether nothing is under way or could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    No,
    /// Something waits for its time.
    Until(DateTime<Utc>),
    /// Everything has ended.
    Over,
}

impl Rest {
    async fn of(outbox: &Outbox, time: &Time) -> Self {
        let listed = notices(outbox).await;
        let open: Vec<_> = listed.iter().filter(|one| one.state == NoticeState::Open).collect();
        let legs: Vec<_> = open.iter().flat_map(|one| &one.legs).filter(|leg| leg.ended.is_none()).collect();
        match legs.iter().map(|leg| leg.not_before).min() {
            None if open.is_empty() && !listed.is_empty() => Self::Over,
            Some(first) if first > time.now() && legs.iter().all(|leg| leg.state == LegState::Pending) => {
                Self::Until(first)
            }
            Some(_) | None => Self::No,
        }
    }
}
