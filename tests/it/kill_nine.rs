//! Killed with SIGKILL twenty times while a thousand messages are due: nothing
//! is lost and nothing doubled.
//!
//! *Doubled* is a second SMS to a citizen, a repeat to staff that is not tied to
//! an attempt recorded as unknown or not marked as one, or a mail that comes again
//! under another Message-ID. *Lost* is a message that ended neither accepted, nor
//! unknown, nor with a stated cause, or that the ledger says was taken and no peer
//! has seen.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};

use duban::{
    notice::Medium,
    outbox::{CITIZEN, LegState, Listed, ListedLeg},
};

use crate::{
    handed::{self, Handed, name_peers},
    peers::{
        gateway::{self, GatewayPeer},
        smtp::{self, At, SmtpPeer},
    },
    program::House,
    running::{Running, Time, is_over, ledger, notices},
    wanted::{citizen, ordinary, urgent, urgent_unreached},
};

/// Urgent tickets, of ten messages to staff each.
const URGENT: usize = 94;
/// Of these, tickets whose citizen was called in vain three times.
const UNREACHED: usize = 60;
/// Ordinary tickets, of two.
const ORDINARY: usize = 24;
const KILLS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_kills_on_the_way_lose_nothing_and_double_nothing() {
    let mail = SmtpPeer::doing(|_, at| {
        if at == At::Dot {
            a_little_later();
        }
        smtp::Do::Well
    })
    .await;
    let sms = GatewayPeer::scripted(|_| {
        a_little_later();
        gateway::Do::json(200, r#"{"code":0}"#)
    })
    .await;
    let house = house(mail.port, sms.port);
    let unreached = (0..UNREACHED).map(urgent_unreached);
    let tickets = unreached.chain((UNREACHED..URGENT).map(urgent)).chain((URGENT..URGENT + ORDINARY).map(ordinary));
    house.import_all(tickets);
    let time = Time::morning();
    let handed = || mail.seen(|seen| seen.mails.len()) + sms.asked().len();

    let began = Instant::now();
    for n in 0..KILLS {
        let mut running = Running::start(&house, &time);
        match n % 4 {
            // At any moment: while it starts, reads, plans.
            3 => tokio::time::sleep(Duration::from_millis(rand::random_range(0..400))).await,
            // In the middle of handing over.
            _ => {
                let enough = (handed() + rand::random_range(1..=50)).min(URGENT * 10);
                running.until("enough was handed over", async || handed() >= enough).await;
            }
        }
        running.kill();
    }
    let on_the_way = handed();
    let mut running = Running::start(&house, &time);
    let outbox = ledger(&house).await;
    running.until("everything had ended", async || is_over(&outbox).await).await;
    running.stop().await;

    let seen = Seen::of(&mail, &sms);
    let report = Report::of(&notices(&outbox).await, &seen);
    println!("{KILLS} kills in {:.1?}, {on_the_way} handed over until the last\n{report}", began.elapsed());
    assert!(report.faults.is_empty(), "{}", report.faults.join("\n"));
    let wanted: usize = report.rows.values().map(|row| row.wanted).sum();
    assert!(wanted >= URGENT * 10 + UNREACHED + ORDINARY * 2, "{wanted}");
    assert_eq!(report.rows["citizen sms"].wanted, UNREACHED);
}

/// A peer that is a little slow, so that kills hit in the middle.
fn a_little_later() {
    std::thread::sleep(Duration::from_millis(3));
}

fn house(mail: u16, sms: u16) -> House {
    let house = House::new();
    house.edit("duban.toml", "poll_s = 15", "poll_s = 1");
    name_peers(&house, mail, sms);
    house
}

/// What the peers have seen, by the id of the message: its texts in order.
struct Seen {
    sms: BTreeMap<String, Vec<Handed>>,
    mails: BTreeMap<String, Vec<Handed>>,
}

impl Seen {
    fn of(mail: &SmtpPeer, sms: &GatewayPeer) -> Self {
        Self { sms: by_id(handed::sms(sms)), mails: by_id(handed::mails(mail)) }
    }

    fn by(&self, medium: Medium) -> &BTreeMap<String, Vec<Handed>> {
        if medium == Medium::Sms { &self.sms } else { &self.mails }
    }
}

fn by_id(all: Vec<Handed>) -> BTreeMap<String, Vec<Handed>> {
    let mut by_id: BTreeMap<String, Vec<Handed>> = BTreeMap::new();
    for one in all {
        by_id.entry(one.id.clone()).or_default().push(one);
    }
    by_id
}

/// What came of one kind of message, in legs; those that travel together are
/// counted as handed over each.
#[derive(Default)]
struct Row {
    wanted: usize,
    accepted: usize,
    unknown: usize,
    ended: usize,
    handed_over: usize,
    lost: usize,
    doubled: usize,
}

#[derive(Default)]
struct Report {
    rows: BTreeMap<&'static str, Row>,
    faults: Vec<String>,
}

impl Report {
    fn of(notices: &[Listed], seen: &Seen) -> Self {
        let mut report = Self::default();
        let mut named = BTreeSet::new();
        let mut promises: HashMap<(String, String, &str), String> = HashMap::new();
        for notice in notices {
            for leg in &notice.legs {
                let id = leg.envelope.map_or_else(String::new, |envelope| format!("{:016x}", envelope.0));
                let handed = leg.medium.and_then(|medium| seen.by(medium).get(&id)).map_or(&[][..], Vec::as_slice);
                report.add(notice, leg, handed);
                named.insert(id.clone());
                // A promise to a person goes by one message of a medium, ever.
                let promise = (format!("{}", notice.notice.key), leg.person.clone(), leg.channel.as_str());
                if let Some(other) = promises.insert(promise, id.clone()).filter(|other| *other != id) {
                    report.faults.push(format!("{} goes as {id} and as {other}", notice.notice.key));
                }
            }
        }
        let strange = seen.sms.keys().chain(seen.mails.keys()).filter(|id| !named.contains(*id));
        report.faults.extend(strange.map(|id| format!("the ledger does not know {id}, which was handed over")));
        report.mails_named_twice(seen);
        report.citizens_written_to_twice(seen);
        report
    }

    fn add(&mut self, notice: &Listed, leg: &ListedLeg, handed: &[Handed]) {
        let about =
            format!("{} to {} by {}: {} {:?}", notice.notice.key, leg.person, leg.channel, leg.state, leg.cause);
        let kind = match leg.medium {
            _ if leg.person == CITIZEN => "citizen sms",
            Some(Medium::Sms) => "staff sms",
            _ => "mail",
        };
        let row = self.rows.entry(kind).or_default();
        row.wanted += 1;
        row.handed_over += handed.len();
        let was_taken = !handed.is_empty();
        let is_lost = match leg.state {
            LegState::Accepted => {
                row.accepted += 1;
                !was_taken
            }
            LegState::Unknown => {
                row.unknown += 1;
                leg.cause.is_none()
            }
            LegState::Failed | LegState::Dead | LegState::Superseded | LegState::Expired => {
                row.ended += 1;
                leg.cause.is_none()
            }
            LegState::Pending | LegState::Sending | LegState::Held | LegState::Delivered => true,
        };
        let is_doubled = handed.len() > 1 + repeats_allowed(leg)
            || (leg.person == CITIZEN && handed.len() > 1)
            || (kind == "staff sms" && handed.iter().skip(1).any(|again| !again.words.contains("重发")));
        row.lost += usize::from(is_lost);
        row.doubled += usize::from(is_doubled);
        if is_lost || is_doubled {
            let words: Vec<&str> = handed.iter().map(|handed| handed.words.as_str()).collect();
            self.faults.push(format!("{about}, handed over {words:?}, attempts {:#?}", leg.attempts));
        }
    }

    /// The subject of a mail about one ticket names ticket and kind, so that equal
    /// ones to one person are one mail.
    fn mails_named_twice(&mut self, seen: &Seen) {
        let mut known: HashMap<(&str, String), &str> = HashMap::new();
        for (id, handed) in &seen.mails {
            for mail in handed.iter().filter(|mail| mail.words.contains("20260915A")) {
                let subject = mail.words.replace("(重发)", "").replace("/重发", "");
                let other = known.insert((&mail.to, subject.clone()), id);
                if let Some(other) = other.filter(|other| other != id) {
                    self.faults.push(format!("{subject} to {} has the ids {id} and {other}", mail.to));
                }
            }
        }
    }

    fn citizens_written_to_twice(&mut self, seen: &Seen) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for handed in seen.sms.values().flatten() {
            *counts.entry(&handed.to).or_default() += 1;
        }
        let twice = (0..UNREACHED).map(citizen).filter(|number| counts.get(number.as_str()).is_some_and(|n| *n > 1));
        self.faults.extend(twice.map(|number| format!("{number} was written to twice")));
    }
}

/// How often a leg may be handed over once more: after each attempt but the last
/// that is recorded as unknown.
fn repeats_allowed(leg: &ListedLeg) -> usize {
    let before = leg.attempts.len().saturating_sub(1);
    leg.attempts[..before].iter().filter(|attempt| attempt.outcome.as_deref() == Some("unknown")).count()
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:12} wanted accepted unknown ended handed-over lost doubled", "")?;
        for (name, row) in &self.rows {
            let Row { wanted, accepted, unknown, ended, handed_over, lost, doubled } = row;
            writeln!(
                f,
                "{name:12} {wanted:6} {accepted:8} {unknown:7} {ended:5} {handed_over:11} {lost:4} {doubled:7}"
            )?;
        }
        Ok(())
    }
}
