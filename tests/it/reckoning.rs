//! What the ledger and the peers say of the same messages, reckoned up.
//!
//! *Doubled* is a second SMS to a citizen, a repeat to staff that is not tied to
//! an attempt recorded as unknown or not marked as one, or a mail that comes again
//! under another Message-ID. *Lost* is a message that ended neither accepted, nor
//! unknown, nor with a stated cause, or that the ledger says was taken and no peer
//! has seen.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use duban::{
    notice::Medium,
    outbox::{CITIZEN, LegState, Listed, ListedLeg},
};

use crate::{
    handed::{self, Handed},
    peers::{gateway::GatewayPeer, smtp::SmtpPeer},
};

/// What the peers have seen, by the id of the message: its texts in order.
pub struct Seen {
    sms: BTreeMap<String, Vec<Handed>>,
    mails: BTreeMap<String, Vec<Handed>>,
}

impl Seen {
    pub fn of(mail: &SmtpPeer, sms: &GatewayPeer) -> Self {
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
pub struct Row {
    pub wanted: usize,
    pub accepted: usize,
    pub unknown: usize,
    pub ended: usize,
    pub handed_over: usize,
    pub lost: usize,
    pub doubled: usize,
}

/// The reckoning, with everything that is lost or doubled.
#[derive(Default)]
pub struct Report {
    pub rows: BTreeMap<&'static str, Row>,
    pub faults: Vec<String>,
}

impl Report {
    pub fn of(notices: &[Listed], seen: &Seen) -> Self {
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
    pub fn mails_named_twice(&mut self, seen: &Seen, tickets: &str) {
        let mut known: HashMap<(&str, String), &str> = HashMap::new();
        for (id, handed) in &seen.mails {
            for mail in handed.iter().filter(|mail| mail.words.contains(tickets)) {
                let subject = mail.words.replace("(重发)", "").replace("/重发", "");
                let other = known.insert((&mail.to, subject.clone()), id);
                if let Some(other) = other.filter(|other| other != id) {
                    self.faults.push(format!("{subject} to {} has the ids {id} and {other}", mail.to));
                }
            }
        }
    }

    /// Each of these numbers belongs to one ticket, so one SMS is all it may get.
    pub fn citizens_written_to_twice(&mut self, seen: &Seen, numbers: impl Iterator<Item = String>) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for handed in seen.sms.values().flatten() {
            *counts.entry(&handed.to).or_default() += 1;
        }
        let twice = numbers.filter(|number| counts.get(number.as_str()).is_some_and(|n| *n > 1));
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
