//! What the demo shows while the daemon works.

use std::{
    collections::{BTreeMap, HashMap},
    io::Write,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::{
    calendar::civil,
    daemon::{CycleReport, Observer},
    delivery::{Leaving, Round},
    notice::{Kind, Medium},
    outbox::CITIZEN,
    roster::Roster,
};

/// Prints what leaves, to whom, as it happens.
pub struct Screen {
    /// Person and unit by the roster's id.
    people: HashMap<String, String>,
    tally: Mutex<Tally>,
    lines: UnboundedSender<String>,
}

#[derive(Debug, Default)]
struct Tally {
    open: bool,
    kinds: BTreeMap<Kind, u32>,
    mails: u32,
    sms: u32,
    to_citizens: u32,
    not_accepted: u32,
}

impl Screen {
    /// A screen that knows the people of a roster; what it shows comes out of the
    /// receiver, for the one who owns the output.
    pub fn new(roster: &Roster) -> (Self, UnboundedReceiver<String>) {
        let name = |person: &crate::roster::Person| {
            let unit = person.unit.as_deref().and_then(|code| roster.unit_of_code(code));
            format!("{} {}", unit.map_or("", |unit| &unit.name), person.name).trim().to_owned()
        };
        let people = roster.everyone().iter().map(|person| (person.id.to_string(), name(person))).collect();
        let (lines, shown) = mpsc::unbounded_channel();
        (Self { people, tally: Mutex::default(), lines }, shown)
    }

    fn show(&self, line: String) {
        // Whoever shows the lines is gone only when the demo ends.
        let _ = self.lines.send(line);
    }

    /// Writes the sums at the end.
    ///
    /// # Errors
    ///
    /// When nobody takes them.
    pub fn summary(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(
            out,
            "\n演示结束:邮件 {} 封,短信 {} 条(其中发给诉求人 {} 条)",
            tally.mails, tally.sms, tally.to_citizens
        )?;
        for (kind, n) in &tally.kinds {
            writeln!(out, "  {:<24} {} {n}", kind.id(), kind.chinese())?;
        }
        if tally.not_accepted > 0 {
            writeln!(out, "  未被通道接受 {}", tally.not_accepted)?;
        }
        Ok(())
    }

    fn line(&self, leaving: &Leaving) -> String {
        let time = leaving.at.with_timezone(&civil::zone()).format("%H:%M:%S");
        let medium = match leaving.medium {
            Medium::Sms => "短信",
            Medium::Email => "邮件",
            Medium::Chat => "群聊",
            Medium::Webhook => "回调",
            Medium::File => "文件",
        };
        let who = if leaving.person == CITIZEN {
            "诉求人(号码只在发送时读取)"
        } else {
            self.people.get(&leaving.person).map_or(leaving.person.as_str(), String::as_str)
        };
        let words = leaving.text.subject.as_deref().unwrap_or(&leaving.text.body);
        format!("{time} {medium} → {who}:{}", words.lines().next().unwrap_or_default())
    }
}

impl Observer for Screen {
    fn cycle(&self, report: &CycleReport, _now: DateTime<Utc>) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        if !tally.open && report.read > 0 {
            tally.open = true;
            let (read, planned, new) = (report.read, report.planned, report.kept.new);
            self.show(format!("读取工单 {read} 件,计划 {planned} 件,待发通知 {new} 条"));
        }
    }

    fn round(&self, round: &Round) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        for leaving in &round.left {
            self.show(self.line(leaving));
            match leaving.medium {
                Medium::Sms => tally.sms += 1,
                Medium::Email => tally.mails += 1,
                Medium::Chat | Medium::Webhook | Medium::File => {}
            }
            tally.to_citizens += u32::from(leaving.person == CITIZEN);
            tally.not_accepted += u32::from(!matches!(leaving.outcome, crate::notice::Outcome::Accepted(_)));
            if let Some(first) = leaving.notices.first() {
                *tally.kinds.entry(first.key.kind).or_default() += 1;
            }
        }
    }
}
